/// \file
/// Options as words, by name: how a file records the options of a run, and how two runs are compared.
///
/// A struct of options lists its fields next to its definition, in a function
///
///     template <class F>
///     void for_each_option(F&& f, const Momentum& options) {
///       const auto& [rate, momentum] = options;  // every field, or this does not compile
///       f("rate", rate);
///       f("momentum", momentum);
///     }
///
/// and has a static `name` if it is an alternative of a variant.
#pragma once

#include <array>
#include <charconv>
#include <concepts>
#include <string>
#include <string_view>
#include <type_traits>

#include "../../core/variant.hpp"
#include "../../models/metadata.hpp"
#include "../../optimizers/optimizer.hpp"

namespace harmonium {

namespace detail {

/// The shortest text that reads back as the same number.
template <class T>
std::string text_of_number(T value) {
  std::array<char, 64> text;
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value).ptr;
  return {text.data(), end};
}

/// A constant, or values from the beginning of a run to its end.
inline std::string text_of_schedule(const Schedule& schedule) {
  constexpr int pieces = 16;
  const std::string first = text_of_number(schedule.at(0));
  std::string all = first;
  bool constant = true;
  for (int i = 1; i <= pieces; ++i) {
    const std::string value = text_of_number(schedule.at(static_cast<double>(i) / pieces));
    constant = constant && value == first;
    all += ' ' + value;
  }
  return constant ? first : all;
}

/// Collects options, one after another: all, or those that are listed.
template <bool all>
class SettingsOf {
 public:
  /// Names are prefixed with `prefix`.
  SettingsOf(Metadata& out, std::string prefix) : out_(out), prefix_(std::move(prefix)) {}

  void operator()(std::string_view name, bool value) { put(name, value ? "true" : "false"); }
  template <class T>
  requires std::is_arithmetic_v<T>
  void operator()(std::string_view name, T value) { put(name, text_of_number(value)); }
  void operator()(std::string_view name, const std::string& value) { put(name, value); }
  void operator()(std::string_view name, const char* value) { put(name, value); }
  void operator()(std::string_view name, const Schedule& value) { put(name, text_of_schedule(value)); }
  template <class... Policies>
  void operator()(std::string_view name, const std::variant<Policies...>& value) {
    detail::visit_variant([&](const auto& policy) { (*this)(name, policy); }, value);
  }
  /// The words collected so far.
  void operator()(std::string_view name, const Metadata& words) {
    for (const auto& [key, value] : words) put(std::string(name) + '.' + key, value);
  }
  /// Nested options.
  template <class Part>
  requires std::is_class_v<Part>
  void operator()(std::string_view name, const Part& part) {
    if constexpr (requires { Part::name; }) put(name, Part::name);
    SettingsOf inner(out_, prefix_ + std::string(name) + '.');
    constexpr bool listed = requires { for_each_option(inner, part); };
    static_assert(listed || !all,
                  "options that are compared or saved must list their fields: for_each_option(f, "
                  "options), see training/run/option_words.hpp");
    if constexpr (listed) for_each_option(inner, part);
  }

 private:
  void put(std::string_view name, std::string value) { out_[prefix_ + std::string(name)] = std::move(value); }
  Metadata& out_;
  std::string prefix_;
};
using Settings = SettingsOf<true>;

}  // namespace detail

/// Options, or anything else that lists its options.
template <class T>
concept HasOptions = requires(const T& options, detail::Settings& f) {
  for_each_option(f, options);
};

/// Options as words: "epochs" -> "10", "optimizer" -> "momentum", "optimizer.rate" -> "0.1", ... A schedule
/// is written as its value, or as 17 values from the beginning of a run to its end.
template <HasOptions Options>
Metadata settings(const Options& options) {
  Metadata result;
  detail::Settings put(result, "");
  for_each_option(put, options);
  return result;
}

}  // namespace harmonium
