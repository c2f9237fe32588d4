/// \file
/// Parts of a model's file: further models that it holds, each under a name, such as the network that
/// predicts from what an RBM has learned. Names of a part's tensors and metadata begin with its own and a
/// dot; the metadata `parts` list the names, separated by commas. Whoever asks for the model alone need not
/// know.
#pragma once

#include <algorithm>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "../../core/error.hpp"
#include "../formats/tensor.hpp"

namespace harmonium {

namespace detail {

inline constexpr const char* parts_key = "parts";

/// The names that a file lists. \throws DataError if they are many more than what the file has
inline std::vector<std::string> part_names(const TensorFile& file) {
  std::vector<std::string> names;
  const auto found = file.metadata.find(parts_key);
  if (found == file.metadata.end()) return names;
  // A list of commas would take a hundred times its length.
  const auto count =
      static_cast<std::size_t>(std::count(found->second.begin(), found->second.end(), ',')) + 1;
  const std::size_t entries = file.metadata.size() + file.tensors.size();
  check<DataError>(count <= std::max<std::size_t>(1000, entries), "metadata: '", parts_key, "' lists ", count,
                   " parts, there are ", entries, " tensors and metadata");
  for (std::size_t begin = 0; begin <= found->second.size();) {
    const std::size_t end = std::min(found->second.find(',', begin), found->second.size());
    names.push_back(found->second.substr(begin, end - begin));
    begin = end + 1;
  }
  return names;
}

inline void set_part_names(Metadata& metadata, const std::vector<std::string>& names) {
  metadata.erase(parts_key);
  for (const std::string& name : names) {
    std::string& list = metadata[parts_key];
    list += (list.empty() ? "" : ",") + name;
  }
}

}  // namespace detail

/// Adds the file of a model to that of another, as the part `name`. \throws ValueError if the name is empty,
/// has a comma or a dot, or is that of another part
inline void add_part(TensorFile& file, const std::string& name, TensorFile part) {
  std::vector<std::string> names = detail::part_names(file);
  check<ValueError>(!name.empty() && name.find_first_of(",.") == std::string::npos, "add_part: the name is '",
                    name, "', expected one without commas and dots");
  check<ValueError>(std::find(names.begin(), names.end(), name) == names.end(), "add_part: there is a part '",
                    name, "' already");
  names.push_back(name);
  detail::set_part_names(file.metadata, names);
  for (auto& [key, value] : part.metadata) file.metadata[name + '.' + key] = std::move(value);
  for (Tensor& tensor : part.tensors) {
    tensor.name = name + '.' + tensor.name;
    file.tensors.push_back(std::move(tensor));
  }
}

/// Does a file have a part of this name? \throws DataError if its list of parts is damaged
inline bool has_part(const TensorFile& file, const std::string& name) {
  const std::vector<std::string> names = detail::part_names(file);
  return std::find(names.begin(), names.end(), name) != names.end();
}

/// Takes a part out of a file. \throws DataError if there is no part of this name, or the list of parts is
/// damaged
inline TensorFile take_part(TensorFile& file, const std::string& name) {
  std::vector<std::string> names = detail::part_names(file);
  const auto found = std::find(names.begin(), names.end(), name);
  check<DataError>(found != names.end(), "it has no part '", name, "'");
  names.erase(found);
  const std::string begin = name + '.';
  TensorFile part;
  for (auto entry = file.metadata.begin(); entry != file.metadata.end();) {
    if (entry->first.starts_with(begin)) {
      part.metadata[entry->first.substr(begin.size())] = std::move(entry->second);
      entry = file.metadata.erase(entry);
    } else {
      ++entry;
    }
  }
  std::vector<Tensor> rest;
  for (Tensor& tensor : file.tensors) {
    const bool of_it = tensor.name.starts_with(begin);
    if (of_it) tensor.name.erase(0, begin.size());
    (of_it ? part.tensors : rest).push_back(std::move(tensor));
  }
  file.tensors = std::move(rest);
  detail::set_part_names(file.metadata, names);
  return part;
}

/// Leaves only the model whose file it is. \throws DataError if its list of parts is damaged
inline void drop_parts(TensorFile& file) {
  const std::vector<std::string> listed = detail::part_names(file);
  const std::set<std::string> names(listed.begin(), listed.end());
  const auto of_part = [&](const std::string& name) {
    const std::size_t dot = name.find('.');
    return dot != std::string::npos && names.contains(name.substr(0, dot));
  };
  std::erase_if(file.metadata, [&](const auto& entry) { return of_part(entry.first); });
  std::erase_if(file.tensors, [&](const Tensor& tensor) { return of_part(tensor.name); });
  file.metadata.erase(detail::parts_key);
}

}  // namespace harmonium
