/// \file
/// Do processes that share a run agree about what it is? What differs is found before the first update.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "../../core/host_matrix.hpp"
#include "../../core/process_group.hpp"
#include "../../models/parameters.hpp"
#include "run_state.hpp"

namespace harmonium::detail {

/// A fingerprint of bytes (FNV-1a), and of what came before.
inline std::uint64_t fingerprint(std::string_view bytes, std::uint64_t before) {
  std::uint64_t hash = before ^ 0xCBF29CE484222325u;
  for (const char byte : bytes) hash = (hash ^ static_cast<unsigned char>(byte)) * 0x100000001B3u;
  return hash;
}

/// A fingerprint of all parameters of a model.
template <class Model>
std::uint64_t fingerprint_of(const Model& model) {
  using B = typename Model::Backend;
  std::uint64_t hash = 0;
  for_each_parameter(
      [&](const ParameterName&, Role, auto x) {
        HostMatrix<ScalarOf<B>> host(x.rows, x.cols);
        B{}.download(x, View<ScalarOf<B>>(host));
        hash = fingerprint({reinterpret_cast<const char*>(host.data()),
                            static_cast<std::size_t>(host.size()) * sizeof(ScalarOf<B>)},
                           hash);
      },
      model);
  return hash;
}

/// Do all processes have the same model? They begin with the same one and take the same steps, which differ
/// only if the processors, or the programs, do not compute alike. \throws ValueError, in all, if not
template <class Model>
void check_same_model(const ProcessGroup& group, const Model& model) {
  if (group.size() == 1) return;
  const std::vector<std::string> all = group.gather(std::to_string(fingerprint_of(model)));
  for (int r = 1; r < group.size(); ++r)
    check<ValueError>(all[static_cast<std::size_t>(r)] == all[0], "fit: ", group.name(r),
                      " has another model than process 0 after the same steps; its processor or its program "
                      "computes differently");
}

/// The first word in which two processes' descriptions differ. \throws ValueError
[[noreturn]] inline void refuse_difference(const ProcessGroup& group, int rank, std::string_view first,
                                           std::string_view other) {
  const auto line_of = [](std::string_view& text) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    const std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    return line.empty() ? std::string_view("nothing") : line;
  };
  std::string_view here, there;
  do {
    here = line_of(first), there = line_of(other);
  } while (here == there);
  throw ValueError("fit: " + group.name(rank) + " has " + std::string(there) + ", process 0 has " +
                   std::string(here));
}

/// \throws ValueError, in all processes, if the options, the model or the progress of a run differ between
/// them
template <class State>
void check_agreement(const ProcessGroup& group, State& state) {
  if (group.size() == 1) return;
  Metadata options;
  SettingsOf<false> put(options, "");
  state.for_each_option(put);
  std::string words;
  for (const auto& [name, value] : options) words += name + ' ' + value + '\n';
  words += "epochs done: " + std::to_string(state.run().epoch) +
           "\nbatches done: " + std::to_string(state.run().batch) + '\n';
  if constexpr (requires { typename std::remove_cvref_t<decltype(state.model())>::Backend; })
    words += "a model whose fingerprint is " + std::to_string(fingerprint_of(state.model())) + '\n';
  const std::vector<std::string> all = group.gather(words);
  for (int r = 1; r < group.size(); ++r)
    if (all[static_cast<std::size_t>(r)] != all[0])
      refuse_difference(group, r, all[0], all[static_cast<std::size_t>(r)]);
}

}  // namespace harmonium::detail
