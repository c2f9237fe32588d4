/// \file
/// A run's state in a file of tensors: one walk (see training/run/run_state.hpp) writes it, checks a file
/// against it, and reads it back.
#pragma once

#include "../../training/run/run_state.hpp"
#include "history_text.hpp"
#include "model_file.hpp"

namespace harmonium::detail {

/// What a walk over a state does with the file.
enum class Doing {
  write,  ///< appends the state to the file
  check,  ///< compares: is all of it in the file, with permissible numbers?
  take    ///< reads the state from the file; after `check`
};

/// Something that lists its own state.
template <class Part, class Visitor, class... More>
concept Remembers = requires(Part& part, Visitor& visitor, More&... more) {
  part.for_each_state(visitor, more...);
};

/// Visits a run's state, whose matrices are on backend `B`.
template <class B>
class StateFile {
  using T = ScalarOf<B>;

 public:
  /// Names in the file are those of the walk, prefixed with `prefix`; `seen` collects those of tensors.
  StateFile(Doing doing, TensorFile& file, std::string prefix, std::set<std::string>& seen)
      : doing_(doing), file_(file), seen_(seen), prefix_(std::move(prefix)) {}

  /// Numbers, single and in sequence.
  template <class Number, class MayBe = std::nullptr_t>
  requires std::is_arithmetic_v<Number>
  void operator()(std::string_view name, Number& number, const MayBe& may_be = nullptr) {
    using Stored = std::conditional_t<std::is_same_v<Number, bool>, std::uint8_t, Number>;
    const auto stored = static_cast<Stored>(number);
    numbers<Stored>(
        full(name), {}, [&] { return std::vector<Stored>{stored}; },
        [&](const std::vector<Stored>& x) {
          if constexpr (std::is_same_v<Number, bool>) return x[0] <= 1;
          return allowed(static_cast<Number>(x[0]), may_be);
        },
        [&](const std::vector<Stored>& x) { number = static_cast<Number>(x[0]); });
  }
  template <class Number, class MayBe = std::nullptr_t>
  requires std::is_arithmetic_v<Number>
  void operator()(std::string_view name, std::vector<Number>& row, const MayBe& may_be = nullptr) {
    numbers<Number>(
        full(name), {row.size()}, [&] { return row; }, [&](const auto& x) { return allowed(x, may_be); },
        [&](const std::vector<Number>& x) { row = x; });
  }
  /// A matrix.
  void operator()(std::string_view name, ViewOf<B> x) { matrix(full(name), Role::weight, x); }
  /// A part with a state of its own; `more` are its other arguments.
  template <class Part, class... More>
  requires Remembers<Part, StateFile, More...>
  void operator()(std::string_view name, Part&& part, More&... more) {
    StateFile inner = below(name);
    part.for_each_state(inner, more...);
  }
  /// A model.
  template <class Model>
  requires(std::is_class_v<Model> && !Remembers<Model&, StateFile>) void operator()(std::string_view name,
                                                                                    Model& model) {
    StateFile inner = below(name);
    for_each_parameter([&](const ParameterName& parameter, Role role,
                           auto x) { inner.matrix(inner.full(parameter.string()), role, x); },
                       model);
  }
  /// An optional model, of the same shape as another one.
  template <class Model>
  void operator()(std::string_view name, std::optional<Model>& model, const Model& like) {
    if (doing_ == Doing::write) {
      if (model) (*this)(name, *model);
      return;
    }
    std::optional<Model> taken;
    if (has(full(name))) (*this)(name, taken.emplace(like));
    if (doing_ == Doing::take) model = std::move(taken);
  }
  /// A number that may be absent.
  template <class Number>
  requires std::is_arithmetic_v<Number>
  void operator()(std::string_view name, std::optional<Number>& number) {
    if (doing_ == Doing::write) {
      if (number) (*this)(name, *number);
      return;
    }
    std::optional<Number> taken;
    if (file_.find(full(name)) != nullptr) (*this)(name, taken.emplace());
    if (doing_ == Doing::take) number = taken;
  }
  /// Parts with states of their own, of the same shapes as another one; the file says how many.
  template <class Part>
  void operator()(std::string_view name, std::vector<Part>& parts, const Part& like) {
    if (doing_ == Doing::write) {
      for (std::size_t i = 0; i < parts.size(); ++i) below(name)(std::to_string(i), parts[i]);
      return;
    }
    std::vector<Part> taken;
    for (std::size_t i = 0; has(full(name) + '.' + std::to_string(i)); ++i)
      below(name)(std::to_string(i), taken.emplace_back(like));
    if (doing_ == Doing::take) parts = std::move(taken);
  }
  /// Reports.
  void operator()(std::string_view name, History& history) {
    if (doing_ == Doing::write) {
      file_.metadata[full(name)] = text_of(history);
    } else {
      History found = history_from(metadata_at(file_.metadata, full(name)));
      if (doing_ == Doing::take) history = std::move(found);
    }
  }

 private:
  // Is there anything below this name?
  bool has(const std::string& name) const {
    return std::any_of(file_.tensors.begin(), file_.tensors.end(),
                       [&](const Tensor& tensor) { return tensor.name.starts_with(name + '.'); });
  }
  std::string full(std::string_view name) const { return prefix_ + std::string(name); }
  StateFile below(std::string_view name) const { return StateFile(doing_, file_, full(name) + '.', seen_); }
  template <class X, class MayBe>
  static bool allowed(const X& x, const MayBe& may_be) {
    if constexpr (std::is_null_pointer_v<MayBe>) {
      return true;
    } else {
      return may_be(x);
    }
  }

  void matrix(const std::string& name, Role role, ViewOf<B> x) {
    const auto size = static_cast<std::size_t>(x.size());
    const auto finite = [](const std::vector<T>& numbers) {
      return std::all_of(numbers.begin(), numbers.end(), [](T number) { return std::isfinite(number); });
    };
    numbers<T>(
        name, shape_of(role, x),
        [&] {
          std::vector<T> host(size);
          B{}.download(x, View<T>(host.data(), x.rows, x.cols, x.rows));
          check<DataError>(finite(host), "'", name, "' has an infinity or a NaN; a lower rate may help");
          return host;
        },
        finite,
        [&](const std::vector<T>& host) {
          B{}.upload(View<const T>(host.data(), x.rows, x.cols, x.rows), x);
        });
  }

  template <class Number, class Get, class Good, class Set>
  void numbers(const std::string& name, const std::vector<std::uint64_t>& shape, Get get, Good good,
               Set set) {
    seen_.insert(name);
    if (doing_ == Doing::write) {
      const std::vector<Number> own = get();
      file_.tensors.push_back(make_tensor(name, shape, std::span<const Number>(own)));
      return;
    }
    const Tensor* tensor = file_.find(name);
    check<DataError>(tensor != nullptr, "there is no tensor '", name, "'");
    check<DataError>(tensor->shape == shape, "tensor '", name, "' has shape ", text_of(tensor->shape),
                     ", expected ", text_of(shape));
    const auto found = numbers_of<Number>(*tensor);
    if (doing_ == Doing::take) {
      set(found);
    } else {
      check<DataError>(good(found), "tensor '", name, "' has a number that it cannot have");
    }
  }

  Doing doing_;
  TensorFile& file_;
  std::set<std::string>& seen_;
  std::string prefix_;
};

}  // namespace harmonium::detail
