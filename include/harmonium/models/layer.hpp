/// \file
/// A layer: units of one type, their parameters, and what models ask of them. Algorithms speak to a layer
/// through the functions below and never to a unit, so another kind of layer is another set of these
/// functions.
///
/// `input` is what a layer receives from the other (W^T v or W h); the layer adds its bias. A sample is a
/// column.
#pragma once

#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "../units/bernoulli.hpp"
#include "../units/categorical.hpp"
#include "../units/family.hpp"
#include "../units/gaussian.hpp"
#include "metadata.hpp"
#include "parameters.hpp"

namespace harmonium {

/// Size of a layer of grouped units.
struct GroupedSize {
  Index units = 0;   ///< how many units
  Index states = 0;  ///< rows of each
  /// Are both numbers the same?
  bool operator==(const GroupedSize&) const = default;
};

/// Units of type `U` and their parameters on backend `B`. For a network `U` may be an activation.
template <class U, class B = Cpu<float>>
struct Layer {
  static_assert(require_unit_or_activation<U>());
  using Unit = U;                                ///< the unit type
  using Backend = B;                             ///< where the parameters live
  using Scalar = typename B::Scalar;             ///< their numbers
  using Functions = Family<U>;                   ///< the unit's functions, own and derived
  static constexpr bool finite = FiniteUnit<U>;  ///< can the layer's states be counted?
  /// What a layer is made with: a number of units; for grouped units, of how many states.
  using Size = std::conditional_t<is_grouped<U>, GroupedSize, Index>;

  Matrix<B> parameters;  ///< rows x (1 + shapes): the biases, then each shape parameter
  Index group = 1;       ///< rows of a unit

  Layer() = default;
  /// A layer with all parameters zero.
  /// \throws ShapeError if the size is not positive, or above 10^9 rows: draws know rows by 32 bits
  explicit Layer(Size size) {
    if constexpr (is_grouped<U>) {
      check<ShapeError>(size.units >= 1 && size.states >= 1, "Layer: a ", U::name, " layer of ", size.units,
                        " units with ", size.states, " states, expected at least 1 of each");
      check_row_count(size);
      group = size.states;
      parameters = Matrix<B>(size.units * size.states, 1 + shapes_of<U>);
    } else {
      check<ShapeError>(size >= 1, "Layer: a ", U::name, " layer of ", size, " units, expected at least 1");
      check_row_count(size);
      parameters = Matrix<B>(size, 1 + shapes_of<U>);
    }
    B{}.fill(view_of(parameters), Scalar(0));
  }

  /// Rows, one for each number of a state.
  Index rows() const { return parameters.rows(); }
  /// Units; a grouped one spans `group` rows.
  Index units() const { return rows() / group; }
  /// What the layer was made with.
  Size size() const {
    if constexpr (is_grouped<U>) {
      return {units(), group};
    } else {
      return units();
    }
  }

  /// Rows of a layer that is not made yet; in double precision, so that absurd sizes do not overflow.
  static double row_count(Size size) {
    if constexpr (is_grouped<U>) {
      return static_cast<double>(size.units) * static_cast<double>(size.states);
    } else {
      return static_cast<double>(size);
    }
  }
  /// Its number of parameters.
  static double parameter_count(Size size) { return row_count(size) * (1 + shapes_of<U>); }
  /// Puts down unit type and size, for files.
  static void describe(Metadata& metadata, const std::string& name, Size size) {
    metadata[name + ".unit"] = U::name;
    if constexpr (is_grouped<U>) {
      metadata[name + ".units"] = std::to_string(size.units);
      metadata[name + ".states"] = std::to_string(size.states);
    } else {
      metadata[name + ".units"] = std::to_string(size);
    }
  }
  /// Reads the size back. \throws DataError if the unit type is another, or the size is none
  static Size size_from(const Metadata& metadata, const std::string& name) {
    detail::check_unit(metadata, name, U::name);
    const Index units = detail::size_at(metadata, name + ".units");
    if constexpr (is_grouped<U>) {
      return {units, detail::size_at(metadata, name + ".states")};
    } else {
      return units;
    }
  }

  /// The biases, rows x 1.
  auto bias() { return view_of(parameters).columns(0, 1); }
  /// The same, to read.
  auto bias() const { return view_of(parameters).columns(0, 1); }

  /// Are sizes and all parameters the same?
  friend bool operator==(const Layer& a, const Layer& b) {
    return a.group == b.group && detail::equal<B>(a.parameters, b.parameters);
  }

  /// The walk: the biases, then each shape parameter by its name.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    f(name / "bias", Role::bias, view_of(self.parameters).columns(0, 1),
      view_of(others.parameters).columns(0, 1)...);
    if constexpr (shapes_of < U >> 0) {
      for (Index i = 0; i < shapes_of<U>; ++i)
        f(name / U::shape[i], Role::shape, view_of(self.parameters).columns(1 + i, 1),
          view_of(others.parameters).columns(1 + i, 1)...);
    }
  }

 private:
  static void check_row_count(const Size& size) {
    check<ShapeError>(row_count(size) <= 1e9, "Layer: a ", U::name, " layer of ", row_count(size),
                      " rows, expected at most 10^9");
  }
};

/// What a layer of units `U` is made with.
template <class U>
using LayerSize = typename Layer<U>::Size;

/// out = E[x | input]
template <class U, class B>
void mean(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input, ViewOf<B> out) {
  on.transform(MeanBody<Family<U>>{}, layer.parameters, layer.group, input, input, out, Draws{}, 0);
}

/// out = the most probable x given the input
template <class U, class B>
void mode(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input, ViewOf<B> out) {
  on.transform(ModeBody<Family<U>>{}, layer.parameters, layer.group, input, input, out, Draws{}, 0);
}

/// out ~ p(x | input); `first_row` is where the layer begins within a larger one.
template <class U, class B>
void sample(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input, ViewOf<B> out, Draws draws,
            Index first_row = 0) {
  on.transform(SampleBody<Family<U>>{}, layer.parameters, layer.group, input, input, out, draws, first_row);
}

/// out = Cov(x | input) delta, column by column: the transposed Jacobian of `mean` applied to delta.
template <class U, class B>
void backpropagate(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input, ConstViewOf<B> delta,
                   ViewOf<B> out) {
  on.transform(BackpropagateBody<Family<U>>{}, layer.parameters, layer.group, input, delta, out, Draws{}, 0);
}

/// out (1 x columns) += factor * the layer's log-partition given the input
template <class U, class B>
void add_log_partition(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input, ScalarOf<B> factor,
                       ViewOf<B> out) {
  on.sum_over_units(LogPartitionBody<Family<U>>{}, layer.parameters, layer.group, input, factor, out);
}

/// out (1 x columns) += factor * the layer's energy at x, -bias . x included
template <class U, class B>
void add_energy(const B& on, const Layer<U, B>& layer, ConstViewOf<B> x, ScalarOf<B> factor, ViewOf<B> out) {
  on.sum_over_units(EnergyBody<Family<U>>{}, layer.parameters, layer.group, x, factor, out);
}

namespace detail {
template <class F, std::size_t... I>
void for_each_shape([[maybe_unused]] F f, std::index_sequence<I...> /*shapes*/) {
  (f(std::integral_constant<int, static_cast<int>(I)>{}), ...);
}
template <class U>
using ShapesOf = std::make_index_sequence<static_cast<std::size_t>(shapes_of<U>)>;
}  // namespace detail

/// The biases of gradient += sum over columns c of weights(0, c) * x(:, c)
template <class U, class B>
void add_bias_statistics(const B& on, ConstViewOf<B> x, ConstViewOf<B> weights, Layer<U, B>& gradient) {
  on.sum_over_samples(StateBody{}, ConstViewOf<B>(gradient.parameters), x, weights, gradient.bias());
}

/// gradient += sum over columns c of weights(0, c) * d(-energy)/d(parameters) at x(:, c)
template <class U, class B>
void add_statistics(const B& on, const Layer<U, B>& layer, ConstViewOf<B> x, ConstViewOf<B> weights,
                    Layer<U, B>& gradient) {
  const ConstViewOf<B> parameters = layer.parameters;
  const ViewOf<B> sums = gradient.parameters;
  add_bias_statistics(on, x, weights, gradient);
  detail::for_each_shape(
      [&](auto which) {
        on.sum_over_samples(StatisticBody<Family<U>, which>{}, parameters, x, weights,
                            sums.columns(1 + which, 1));
      },
      detail::ShapesOf<U>{});
}

namespace detail {
template <class U, class B>
void add_mean_shape_statistics(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input,
                               ConstViewOf<B> weights, Layer<U, B>& gradient) {
  const ConstViewOf<B> parameters = layer.parameters;
  const ViewOf<B> sums = gradient.parameters;
  for_each_shape(
      [&](auto which) {
        on.sum_over_samples(MeanStatisticBody<Family<U>, which>{}, parameters, input, weights,
                            sums.columns(1 + which, 1));
      },
      ShapesOf<U>{});
}
}  // namespace detail

/// The same with each column's expectation given its input in place of a state; `mean_x` is E[x | input].
/// Shape parameters get the mean of their statistic, not the statistic of the mean.
template <class U, class B>
void add_mean_statistics(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input, ConstViewOf<B> mean_x,
                         ConstViewOf<B> weights, Layer<U, B>& gradient) {
  add_bias_statistics(on, mean_x, weights, gradient);
  detail::add_mean_shape_statistics(on, layer, input, weights, gradient);
}

/// out(:, c) = weights(0, c) * E[x | input(:, c)], and gradient += `add_mean_statistics` of these means
template <class U, class B>
void weigh_means(const B& on, const Layer<U, B>& layer, ConstViewOf<B> input, ConstViewOf<B> weights,
                 ViewOf<B> out, Layer<U, B>& gradient) {
  constexpr MeanBody<Family<U>> body{};
  if constexpr (!is_grouped<U> &&
                requires { on.weigh(body, layer.parameters, input, weights, out, gradient.bias()); }) {
    on.weigh(body, layer.parameters, input, weights, out, gradient.bias());
    detail::add_mean_shape_statistics(on, layer, input, weights, gradient);
  } else {
    mean(on, layer, input, out);
    add_mean_statistics(on, layer, input, ConstViewOf<B>(out), weights, gradient);
    on.scale_columns(out, weights);
  }
}

/// Number of joint states of a finite layer; exact up to 2^53, infinite when it overflows.
template <class U, class B>
double state_count(const Layer<U, B>& layer) {
  static_assert(FiniteUnit<U>, "state_count: the layer's unit type has infinitely many states");
  if constexpr (is_grouped<U>) {
    return std::pow(static_cast<double>(U::states(layer.group)), static_cast<double>(layer.units()));
  } else {
    return std::pow(static_cast<double>(U::states), static_cast<double>(layer.units()));
  }
}

/// Calls f(first row, rows of a unit, units, states) for each kind of unit in a finite layer; `states` (rows
/// x number of states) has what a unit is in each.
template <class U, class B, class F>
void for_each_unit_kind(const Layer<U, B>& layer, F f) {
  static_assert(FiniteUnit<U>, "for_each_unit_kind: the layer's unit type has infinitely many states");
  Eigen::MatrixXd states;
  if constexpr (is_grouped<U>) {
    states.resize(layer.group, U::states(layer.group));
    for (Index k = 0; k < states.cols(); ++k)
      for (Index r = 0; r < states.rows(); ++r) states(r, k) = U::template state<double>(k, r);
  } else {
    states.resize(1, U::states);
    for (int k = 0; k < U::states; ++k) states(0, k) = U::template state<double>(k);
  }
  f(Index(0), layer.group, layer.units(), std::move(states));
}

/// Joint states number `first`, `first + 1`, ... of a finite layer, one a column of a host matrix.
template <class U, class B>
void write_states(const Layer<U, B>& layer, std::uint64_t first, View<ScalarOf<B>> out) {
  static_assert(FiniteUnit<U>, "write_states: the layer's unit type has infinitely many states");
  using T = ScalarOf<B>;
  for (Index c = 0; c < out.cols; ++c) {
    std::uint64_t rest = first + static_cast<std::uint64_t>(c);  // digits in base `states`, unit by unit
    for (Index r = 0; r < out.rows; r += layer.group) {
      if constexpr (is_grouped<U>) {
        const auto states = static_cast<std::uint64_t>(U::states(layer.group));
        for (Index i = 0; i < layer.group; ++i)
          out(r + i, c) = U::template state<T>(static_cast<Index>(rest % states), i);
        rest /= states;
      } else {
        out(r, c) = U::template state<T>(static_cast<int>(rest % U::states));
        rest /= U::states;
      }
    }
  }
}

/// The first place (row, column) of a host matrix at which a number is none that the layer's units take, or
/// (-1, -1).
template <class U, class B>
std::pair<Index, Index> find_unacceptable(const Layer<U, B>& layer, View<const ScalarOf<B>> x) {
  using T = ScalarOf<B>;
  for (Index c = 0; c < x.cols; ++c) {
    if constexpr (requires { U::accepts(x(0, 0)); } && !is_grouped<U>) {
      bool all_good = true;  // looked at without a branch first, which compilers vectorise
      for (Index r = 0; r < x.rows; ++r) all_good &= static_cast<bool>(U::accepts(x.column(c)[r]));
      if (all_good) continue;
    }
    for (Index r = 0; r < x.rows; r += layer.group) {
      bool good = false;
      if constexpr (is_grouped<U>) {
        const Group<const T> group{x.column(c) + r, layer.group};
        if constexpr (requires { U::accepts(group); }) {
          good = U::accepts(group);
        } else {
          good = true;
          for (Index i = 0; i < layer.group; ++i) good = good && std::isfinite(group[i]);
        }
      } else if constexpr (requires { U::accepts(x(r, c)); }) {
        good = U::accepts(x(r, c));
      } else {
        good = std::isfinite(x(r, c));
      }
      if (!good) return {r, c};
    }
  }
  return {-1, -1};
}

/// What the unit in a row takes, in words.
template <class U, class B>
std::string accepted_values(const Layer<U, B>& /*layer*/, Index /*row*/ = 0) {
  if constexpr (requires { U::accepted; }) {
    return std::string("a ") + U::name + " unit takes " + U::accepted;
  } else {
    return std::string("a ") + U::name + " unit takes finite numbers";
  }
}

/// Sets the layer's parameters so that without input it has the means and variances (rows x 1, on the host)
/// of `count` samples, as far as the unit type can.
template <class U, class B>
void fit(Layer<U, B>& layer, View<const ScalarOf<B>> means, View<const ScalarOf<B>> variances, Index count) {
  using T = ScalarOf<B>;
  Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> fitted(layer.rows(), 1 + shapes_of<U>);
  B{}.download(layer.parameters, View<T>(fitted));
  for (Index r = 0; r < layer.rows(); r += layer.group) {
    if constexpr (is_grouped<U>) {
      if constexpr (requires(Group<const T> m, Group<T> b) { U::fit(m, T(1), b); })
        U::fit(Group<const T>{means.data + r, layer.group}, static_cast<T>(count),
               Group<T>{fitted.data() + r, layer.group});
    } else {
      [&]<std::size_t... I>(std::index_sequence<I...>) {
        if constexpr (requires(T & b) {
                        U::fit(T(0), T(1), T(1), b, fitted(r, static_cast<Index>(I) + 1)...);
                      })
          U::fit(means(r, 0), variances(r, 0), static_cast<T>(count), fitted(r, 0),
                 fitted(r, static_cast<Index>(I) + 1)...);
      }
      (detail::ShapesOf<U>{});
    }
  }
  B{}.upload(View<const T>(fitted), layer.parameters);
}

}  // namespace harmonium
