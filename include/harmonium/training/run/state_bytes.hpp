/// \file
/// A state (training/run/run_state.hpp) as bytes, to be sent to other processes that run the same program.
#pragma once

#include <cstring>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "../../models/parameters.hpp"

namespace harmonium::detail {

/// Visits a state whose matrices are on backend `B`: writes it behind some bytes, or takes it from there.
template <class B>
class StateBytes {
  using T = ScalarOf<B>;

 public:
  /// Writes, behind what is in `bytes`.
  explicit StateBytes(std::string& bytes) : out_(&bytes) {}
  /// Takes from the front of `bytes`, which become fewer.
  explicit StateBytes(std::string_view& bytes) : in_(&bytes) {}

  /// A number, whatever values it may have.
  template <class Number, class... MayBe>
  requires std::is_arithmetic_v<Number>
  void operator()(std::string_view /*name*/, Number& number, const MayBe&... /*may_be*/) {
    move(&number, sizeof number);
  }
  /// Numbers.
  template <class Number, class... MayBe>
  requires std::is_arithmetic_v<Number>
  void operator()(std::string_view /*name*/, std::vector<Number>& row, const MayBe&... /*may_be*/) {
    std::uint64_t size = row.size();
    move(&size, sizeof size);
    row.resize(size);
    move(row.data(), size * sizeof(Number));
  }
  /// A matrix.
  void operator()(std::string_view /*name*/, ViewOf<B> x) {
    std::vector<T> host(static_cast<std::size_t>(x.size()));
    const View<T> here(host.data(), x.rows, x.cols, x.rows);
    if (out_ != nullptr) B{}.download(x, here);
    move(host.data(), host.size() * sizeof(T));
    if (in_ != nullptr) B{}.upload(View<const T>(here), x);
  }
  /// A part with a state of its own, or a model.
  template <class Part>
  requires std::is_class_v<std::remove_reference_t<Part>>
  void operator()(std::string_view name, Part&& part) {
    if constexpr (requires { part.for_each_state(*this); }) {
      part.for_each_state(*this);
    } else {
      for_each_parameter([&](const ParameterName&, Role, ViewOf<B> x) { (*this)(name, x); }, part);
    }
  }

 private:
  void move(void* data, std::size_t size) {
    if (out_ != nullptr) {
      out_->append(static_cast<const char*>(data), size);
    } else if (size > 0) {
      check<DataError>(in_->size() >= size, "a state from another process is too short");
      std::memcpy(data, in_->data(), size);
      in_->remove_prefix(size);
    }
  }

  std::string* out_ = nullptr;
  std::string_view* in_ = nullptr;
};

}  // namespace harmonium::detail
