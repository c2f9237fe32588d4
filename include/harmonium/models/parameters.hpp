/// \file
/// The walk over a model's parameters. Gradients, moments and averages have the model's own type, so walking
/// several models side by side is all that is needed to update, save, load, compare, average and convert.
#pragma once

#include <string>
#include <string_view>
#include <type_traits>

#include "../backend/cpu.hpp"
#include "../core/function_ref.hpp"
#include "../core/host_matrix.hpp"

namespace harmonium {

/// The role of a parameter: penalties apply to weights only. A `count` is a shape parameter that is a whole
/// number from 0 to `largest_count`.
enum class Role { weight, bias, shape, count };

/// Is it the role of a shape parameter?
inline constexpr bool is_shape(Role role) { return role == Role::shape || role == Role::count; }

/// The largest number that a parameter whose role is `count` can have: single precision still counts to
/// there.
inline constexpr double largest_count = 16777215;

/// A parameter's name, assembled on demand so that a walk in a hot loop does not allocate: `weight`,
/// `visible.log_precision`, `layers.0.hidden.bias`.
class ParameterName {
 public:
  ParameterName() = default;
  /// A name below this one.
  ParameterName operator/(std::string_view text) const { return {this, text, -1}; }
  /// A numbered part below this one.
  ParameterName operator/(Index number) const { return {this, {}, number}; }
  /// The whole name, its parts separated by dots.
  std::string string() const {
    if (above_ == nullptr) return {};
    const std::string last = number_ < 0 ? std::string(text_) : std::to_string(number_);
    const std::string first = above_->string();
    return first.empty() ? last : first + '.' + last;
  }

 private:
  ParameterName(const ParameterName* above, std::string_view text, Index number)
      : above_(above), text_(text), number_(number) {}
  const ParameterName* above_ = nullptr;
  std::string_view text_;
  Index number_ = -1;
};

/// Views a matrix, read-only if it is const.
template <class M>
auto view_of(M& matrix) {
  using T = std::remove_pointer_t<decltype(matrix.data())>;
  return View<T, typename detail::MemoryOf<std::remove_const_t<M>>::type>(matrix);
}

namespace detail {
template <class Model>
using ParameterView = std::conditional_t<std::is_const_v<Model>, ConstViewOf<typename Model::Backend>,
                                         ViewOf<typename Model::Backend>>;
}  // namespace detail

/// Calls f(name, role, view, views...) for each parameter of `model`, with the same parameter of the
/// `others`, which have the same shape (their number type and backend may differ).
template <class F, class Model, class... Others>
void for_each_parameter(F&& f, Model& model, Others&... others) {
  using Each = FunctionRef<void(const ParameterName&, Role, detail::ParameterView<Model>,
                                detail::ParameterView<Others>...)>;
  const Each each = f;  // a model's walk is compiled once for all that is done with it
  std::remove_const_t<Model>::walk(each, ParameterName{}, model, others...);
}

/// Sets all parameters to zero.
template <class Model>
void set_zero(const typename Model::Backend& on, Model& model) {
  for_each_parameter([&](const ParameterName&, Role, auto x) { on.fill(x, 0); }, model);
}

/// A model of the same shape with all parameters zero, for gradients and moments.
template <class Model>
Model zeros_like(const Model& model) {
  Model zeros = model;
  set_zero(typename Model::Backend{}, zeros);
  return zeros;
}

/// Number of parameters.
template <class Model>
Index parameter_count(const Model& model) {
  Index count = 0;
  for_each_parameter([&](const ParameterName&, Role, auto x) { count += x.size(); }, model);
  return count;
}

namespace detail {
/// Are two matrices of one backend equal, in shape and in every number?
template <class B>
bool equal(ConstViewOf<B> a, ConstViewOf<B> b) {
  return a.rows == b.rows && a.cols == b.cols && B{}.sum(DifferentBody{}, a, b) == 0;
}
}  // namespace detail

/// Euclidean norm over all parameters, whatever their size: where squares overflow or vanish in double
/// precision, they are taken of scaled numbers.
template <class Model>
double norm(const typename Model::Backend& on, const Model& model) {
  const auto squares = [&](double scale) {
    double sum = 0;
    for_each_parameter(
        [&](const ParameterName&, Role, auto x) { sum += on.sum(detail::SquareBody{scale}, x); }, model);
    return sum;
  };
  const double sum = squares(1);
  if (sum >= 0x1p-900 && sum <= 0x1p900) return std::sqrt(sum);
  const double scale = sum < 1 ? 0x1p600 : 0x1p-600;
  return std::sqrt(squares(scale)) / scale;
}

/// Are all parameters finite?
template <class Model>
bool all_finite(const typename Model::Backend& on, const Model& model) {
  double bad = 0;
  for_each_parameter([&](const ParameterName&, Role, auto x) { bad += on.sum(detail::NotFiniteBody{}, x); },
                     model);
  return bad == 0;
}

namespace detail {
/// Do a model's matrices have the shapes of its layers? Public fields can be set to anything. \throws
/// ShapeError if not
template <class Model>
void check_model(const char* caller, const Model& model) {
  if constexpr (requires { check_shapes(caller, model); }) check_shapes(caller, model);
}

/// \throws ShapeError unless weights are `rows` x `cols`
template <class M>
void check_weights_shape(const char* caller, const M& weights, Index rows, Index cols) {
  check<ShapeError>(weights.rows() == rows && weights.cols() == cols, caller, ": the model's weights are ",
                    weights.rows(), " x ", weights.cols(), ", its layers have ", rows, " and ", cols,
                    " rows");
}
}  // namespace detail

/// The same model with another number type, or on another backend: `convert<Cpu<double>>(rbm)`. \throws
/// ShapeError if its matrices do not fit its layers
template <class To, class Model>
auto convert(const Model& model) {
  detail::check_model("convert", model);
  typename Model::template On<To> result(model.options());
  for_each_parameter(
      [](const ParameterName&, Role, auto to, auto from) {
        using From = ScalarOf<typename Model::Backend>;
        HostMatrix<From> host(from.rows, from.cols);
        typename Model::Backend{}.download(from, View<From>(host));
        const HostMatrix<ScalarOf<To>> converted = host.template cast<ScalarOf<To>>();
        To{}.upload(View<const ScalarOf<To>>(converted), to);
      },
      result, model);
  return result;
}

}  // namespace harmonium
