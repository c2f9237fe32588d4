/// \file
/// A layer: units of one type, their parameters, and the functions that models require of them. Algorithms
/// use a layer through the functions here, in layer_states.hpp and in layer_data.hpp, and never access units
/// directly, so another kind of layer is another set of these functions.
///
/// `input` is what a layer receives from the other (W^T v or W h), without its own bias, which it adds.
/// Samples are columns.
#pragma once

#include <string>
#include <utility>

#include "../units/bernoulli.hpp"
#include "../units/categorical.hpp"
#include "../units/family.hpp"
#include "../units/gaussian.hpp"
#include "metadata.hpp"
#include "parameters.hpp"

namespace harmonium {

/// Size of a layer of grouped units.
struct GroupedSize {
  Index units = 0;   ///< number of units
  Index states = 0;  ///< rows per unit
  /// Are both numbers equal?
  bool operator==(const GroupedSize&) const = default;
};

/// Units of type `U` and their parameters on backend `B`. For a network `U` may be an activation.
template <class U, class B = Cpu<float>>
struct Layer {
  static_assert(require_unit_or_activation<U>());
  using Unit = U;                                ///< the unit type
  using Backend = B;                             ///< where the parameters are stored
  using Scalar = typename B::Scalar;             ///< type of the parameters
  using Functions = Family<U>;                   ///< the unit's functions, own and derived
  static constexpr bool finite = FiniteUnit<U>;  ///< are the layer's states finitely many?
  /// The size of a layer: the number of units and, if they are grouped, of their states.
  using Size = std::conditional_t<is_grouped<U>, GroupedSize, Index>;

  Matrix<B> parameters;  ///< rows x (1 + shapes): the biases, then each shape parameter
  Index group = 1;       ///< rows per unit

  Layer() = default;
  /// A layer with all parameters zero.
  /// \throws ShapeError if the size is not positive, or above 10^9 rows, since draws address rows with 32
  /// bits
  explicit Layer(Size size) {
    if constexpr (is_grouped<U>) {
      check<ShapeError>(size.units >= 1 && size.states >= 1, "Layer: a ", U::name, " layer of ", size.units,
                        " units with ", size.states, " states, expected at least 1 of each");
      check<ShapeError>(!is_circle<U> || size.states == 2, "Layer: a ", U::name, " unit with ", size.states,
                        " states, expected 2, its cosine and its sine");
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

  /// Number of rows, one for each number of a state.
  Index rows() const { return parameters.rows(); }
  /// Number of units; a grouped one spans `group` rows.
  Index units() const { return rows() / group; }
  /// The size that the layer was constructed with.
  Size size() const {
    if constexpr (is_grouped<U>) {
      return {units(), group};
    } else {
      return units();
    }
  }

  /// Number of rows that a layer of this size would have; in double precision, so that absurd sizes do not
  /// overflow.
  static double row_count(Size size) {
    if constexpr (is_grouped<U>) {
      return static_cast<double>(size.units) * static_cast<double>(size.states);
    } else {
      return static_cast<double>(size);
    }
  }
  /// Number of parameters that a layer of this size would have.
  static double parameter_count(Size size) { return row_count(size) * (1 + shapes_of<U>); }
  /// Records unit type and size, for files.
  static void describe(Metadata& metadata, const std::string& name, Size size) {
    metadata[name + ".unit"] = U::name;
    if constexpr (is_grouped<U>) {
      metadata[name + ".units"] = std::to_string(size.units);
      metadata[name + ".states"] = std::to_string(size.states);
    } else {
      metadata[name + ".units"] = std::to_string(size);
    }
  }
  /// Reads the size back. \throws DataError if the unit type differs, or the size is not a whole number
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
  /// The same, read-only.
  auto bias() const { return view_of(parameters).columns(0, 1); }

  /// Are sizes and all parameters equal?
  friend bool operator==(const Layer& a, const Layer& b) {
    return a.group == b.group && detail::equal<B>(a.parameters, b.parameters);
  }

  /// The walk: `bias`, then each shape parameter by its name.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    f(name / "bias", Role::bias, view_of(self.parameters).columns(0, 1),
      view_of(others.parameters).columns(0, 1)...);
    if constexpr (has_shapes<U>) {
      for (Index i = 0; i < shapes_of<U>; ++i)
        f(name / U::shape[i], has_counts<U> ? Role::count : Role::shape,
          view_of(self.parameters).columns(1 + i, 1), view_of(others.parameters).columns(1 + i, 1)...);
    }
  }

 private:
  static void check_row_count(const Size& size) {
    check<ShapeError>(row_count(size) <= 1e9, "Layer: a ", U::name, " layer of ", row_count(size),
                      " rows, expected at most 10^9");
  }
};

/// \throws ShapeError unless a layer has as many parameters per row as its units
template <class U, class B>
void check_shapes(const char* caller, const Layer<U, B>& layer) {
  check<ShapeError>(layer.parameters.cols() == 1 + shapes_of<U> || layer.rows() == 0, caller, ": a ", U::name,
                    " layer has ", layer.parameters.cols(), " parameters per row, expected ",
                    1 + shapes_of<U>);
  check<ShapeError>(layer.group >= 1 && layer.rows() % layer.group == 0, caller, ": a ", U::name,
                    " layer of ", layer.rows(), " rows has ", layer.group, " rows per unit");
}

/// The size type of a layer of units `U`.
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

/// out ~ p(x | input); `first_row` is where the layer starts within a larger one.
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

/// out (1 x columns) += factor * the layer's energy at x, including -bias . x
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
  on.sum_over_samples(StateBody{}, gradient.parameters, x, weights, gradient.bias());
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

/// The same with the expectation given each column's input in place of a state; `mean_x` is E[x | input].
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
    add_mean_statistics(on, layer, input, out, weights, gradient);
    on.scale_columns(out, weights);
  }
}

}  // namespace harmonium
