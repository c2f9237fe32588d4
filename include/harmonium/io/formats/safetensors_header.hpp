/// \file
/// The header of a safetensors file: JSON that describes tensors and metadata.
#pragma once

#include <nlohmann/json.hpp>
#include <set>

#include "tensor.hpp"

namespace harmonium::detail {

/// The limit of other readers of the format.
inline constexpr std::uint64_t longest_header = 100'000'000;

/// A tensor as described by the header, and the location of its numbers.
struct TensorEntry {
  Tensor tensor;
  std::uint64_t begin, end;
};

/// Collects what a header describes while the parser walks through it (nlohmann::json_sax). There is no tree
/// of JSON, so time and memory are in proportion to the header's length, whatever it contains.
class HeaderReader {
 public:
  std::vector<TensorEntry> tensors;
  Metadata metadata;

  using Json = nlohmann::ordered_json;
  bool null() { return scalar("null"); }
  bool boolean(bool value) { return scalar(value ? "true" : "false"); }
  bool number_integer(Json::number_integer_t value) { return scalar(std::to_string(value)); }
  bool number_float(Json::number_float_t /*value*/, const std::string& text) { return scalar(text); }
  bool binary(Json::binary_t& /*value*/) { return scalar("binary"); }
  bool number_unsigned(Json::number_unsigned_t value) {
    if (list_ == nullptr) return scalar(std::to_string(value));
    check<FileError>(list_->size() < 64, "tensor '", name_, "': ", key_, " has more than 64 sizes");
    list_->push_back(value);
    return true;
  }
  bool string(std::string& text) {
    if (depth_ == 2 && in_metadata_) {
      metadata[key_] = std::move(text);
    } else if (depth_ == 2 && key_ == "dtype") {
      const auto* known =
          std::find_if(std::begin(dtypes), std::end(dtypes), [&](auto& e) { return text == e.name; });
      check<FileError>(known != std::end(dtypes), "tensor '", name_, "': dtype '", text, "' is unknown");
      dtype_ = known->dtype;
    } else {
      scalar('\'' + text + '\'');
    }
    return true;
  }
  bool start_object(std::size_t /*size*/) {
    if (depth_ >= 2) misplaced("an object");
    go_deeper();
    dtype_.reset();
    shape_.reset();
    offsets_.reset();
    return true;
  }
  bool start_array(std::size_t /*size*/) {
    if (depth_ == 2 && !in_metadata_ && key_ != "dtype") {
      list_ = &(key_ == "shape" ? shape_ : offsets_).emplace();
    } else {
      misplaced("a list");
    }
    return go_deeper();
  }
  bool key(std::string& text) {
    if (!misplaced_.empty()) return true;
    bool twice = false;
    if (depth_ == 1) {
      name_ = std::move(text);
      in_metadata_ = name_ == "__metadata__";
      twice = in_metadata_ && std::exchange(has_metadata_, true);
    } else {
      key_ = std::move(text);
      twice = in_metadata_ ? metadata.count(key_) > 0
                           : (key_ == "dtype" && dtype_) || (key_ == "shape" && shape_) ||
                                 (key_ == "data_offsets" && offsets_);
      check<FileError>(in_metadata_ || key_ == "dtype" || key_ == "shape" || key_ == "data_offsets",
                       not_described());
    }
    check<FileError>(!twice, "its header names '", depth_ == 1 ? name_ : key_, "' twice");
    return true;
  }
  bool end_object() {
    if (!misplaced_.empty()) throw FileError(misplaced_);
    if (--depth_ == 1 && !in_metadata_) add_tensor();
    return true;
  }
  bool end_array() {
    if (!misplaced_.empty()) throw FileError(misplaced_);
    list_ = nullptr;
    --depth_;
    return true;
  }
  [[noreturn]] bool parse_error(std::size_t /*at*/, const std::string& /*token*/,
                                const Json::exception& error) {
    throw FileError(std::string("its header is not JSON: ") + error.what());
  }

 private:
  bool go_deeper() {
    check<FileError>(++depth_ <= 3, "its header is nested too deeply");
    return true;
  }
  std::string not_described() const {
    return "tensor '" + name_ + "' is not described by dtype, shape and data_offsets";
  }
  // A single value where none of its kind belongs.
  bool scalar(const std::string& value) {
    if (misplaced_.empty()) {
      misplaced(value);
      throw FileError(misplaced_);
    }
    return true;
  }
  // What is wrong with this value here. That of a list or object is thrown at its end, unless that is nested
  // too deeply.
  void misplaced(const std::string& value) {
    if (!misplaced_.empty()) return;
    if (in_metadata_) {
      misplaced_ =
          depth_ == 1 ? "__metadata__ is not an object" : "__metadata__: '" + key_ + "' is not a string";
    } else if (list_ != nullptr) {
      misplaced_ = "tensor '" + name_ + "': " + key_ + " has " + value + ", expected a whole number";
    } else if (depth_ == 2 && key_ != "dtype") {
      misplaced_ = "tensor '" + name_ + "': " + key_ + " is not a list";
    } else {
      misplaced_ = not_described();
    }
  }
  void add_tensor() {
    check<FileError>(dtype_ && shape_ && offsets_, not_described());
    check<FileError>(offsets_->size() == 2 && (*offsets_)[0] <= (*offsets_)[1], "tensor '", name_,
                     "': data_offsets are not a beginning and an end");
    const std::uint64_t begin = (*offsets_)[0], end = (*offsets_)[1];
    check<FileError>(size_in_bytes(*dtype_, *shape_) == end - begin, "tensor '", name_,
                     "': its shape and dtype do not make ", end - begin, " bytes");
    tensors.push_back({{std::move(name_), *dtype_, *std::move(shape_), {}}, begin, end});
  }

  int depth_ = 0;  // of the value being read: 1 in the header, 2 in a tensor or the metadata, 3 in a list
  bool in_metadata_ = false, has_metadata_ = false;
  std::string name_, key_;  // of that tensor, and in it
  std::optional<Dtype> dtype_;
  std::optional<std::vector<std::uint64_t>> shape_, offsets_;
  std::vector<std::uint64_t>* list_ = nullptr;  // the one being read
  std::string misplaced_;
};

/// The contents described by a header, with tensors in the order of the file, still without numbers. They
/// must fill `size` bytes without gaps or overlaps. Memory: at most 20 times the header's length.
/// \throws FileError
inline TensorFile parse_tensors(const std::string& header, std::uint64_t size) {
  check<FileError>(header.starts_with('{') && header.find('\0') == std::string::npos,  // would end it
                   "its header is not a JSON object");
  HeaderReader reader;
  nlohmann::ordered_json::sax_parse(header, &reader);
  auto& entries = reader.tensors;
  std::vector<std::string_view> names;
  for (const TensorEntry& entry : entries) names.push_back(entry.tensor.name);
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  check<FileError>(twice == names.end(), "its header names '", twice == names.end() ? "" : *twice, "' twice");
  std::stable_sort(entries.begin(), entries.end(), [](const TensorEntry& a, const TensorEntry& b) {
    return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
  });
  TensorFile file{std::move(reader.metadata), {}};
  file.tensors.reserve(entries.size());
  std::uint64_t reached = 0;
  for (TensorEntry& entry : entries) {
    check<FileError>(entry.begin == reached, "tensor '", entry.tensor.name, "' begins at ", entry.begin,
                     ", expected ", reached);
    reached = entry.end;
    file.tensors.push_back(std::move(entry.tensor));
  }
  check<FileError>(reached == size, "its tensors take ", reached, " bytes, it has ", size, " for them");
  return file;
}

/// Text in JSON. \throws nlohmann::ordered_json::exception if it is not UTF-8
inline std::string json_string(const std::string& text) { return nlohmann::ordered_json(text).dump(); }

/// The header for tensors. It is not made of trees of JSON, whose destructors take memory: where there is
/// none, they end the program. \throws ValueError if they cannot be written
inline std::string make_header(const TensorFile& file) {
  std::string header = "{";
  const auto next = [&](const std::string& name) {
    header += (header.back() == '{' ? "" : ",") + json_string(name) + ':';
  };
  try {
    if (!file.metadata.empty()) {
      next("__metadata__");
      header += '{';
      for (const auto& [name, value] : file.metadata) {
        next(name);
        header += json_string(value);
      }
      header += '}';
    }
    std::set<std::string_view> names = {"__metadata__"};
    std::uint64_t begin = 0;
    for (const Tensor& tensor : file.tensors) {
      check<ValueError>(size_in_bytes(tensor.dtype, tensor.shape) == tensor.bytes.size(),
                        "write_safetensors: tensor '", tensor.name, "' has ", tensor.bytes.size(),
                        " bytes, which do not match its shape and dtype");
      check<ValueError>(tensor.shape.size() <= 64, "write_safetensors: tensor '", tensor.name, "' has ",
                        tensor.shape.size(), " sizes, expected at most 64");
      check<ValueError>(names.insert(tensor.name).second, "write_safetensors: there are two tensors '",
                        tensor.name, "'");
      const std::uint64_t end = begin + tensor.bytes.size();
      next(tensor.name);
      header.append(R"({"dtype":")").append(name_of(tensor.dtype)).append(R"(","shape":[)");
      for (std::size_t i = 0; i < tensor.shape.size(); ++i)
        header.append(i == 0 ? "" : ",").append(std::to_string(tensor.shape[i]));
      header.append(R"(],"data_offsets":[)").append(std::to_string(begin)).append(",");
      header.append(std::to_string(end)).append("]}");
      begin = end;
    }
  } catch (const nlohmann::ordered_json::exception& error) {
    throw ValueError(std::string("write_safetensors: a name or metadata is not UTF-8: ") + error.what());
  }
  header += '}';
  header.resize((header.size() + 7) / 8 * 8, ' ');  // aligns the numbers in a memory-mapped file
  check<ValueError>(header.size() <= longest_header, "write_safetensors: the header has ", header.size(),
                    " bytes, expected at most ", longest_header);
  return header;
}

}  // namespace harmonium::detail
