/// \file
/// Fully visible Boltzmann machine (Ackley, Hinton and Sejnowski, 1985): E(v) = E_layer(v) - v^T W v / 2,
/// where W is symmetric, with zeros within a unit. With categorical units this is the Potts model. Units are
/// drawn one by one, each given all others.
#pragma once

#include "centering.hpp"
#include "chain_state.hpp"
#include "layer_shapes.hpp"
#include "tempering.hpp"

namespace harmonium {

/// Options of a Boltzmann machine.
template <class U>
struct BoltzmannMachineOptions {
  LayerSize<U> visible{};  ///< number of units (grouped: {units, states})
};

/// Room for a sweep of n columns.
template <class B>
struct BoltzmannMachineWorkspace {
  Matrix<B> states;  ///< V x n
  Matrix<B> field;   ///< group x n: one unit's input
  Matrix<B> drawn;   ///< group x n: its new state
};

/// A Boltzmann machine without hidden units on backend `B`. Couplings are initially zero.
///
///     BoltzmannMachine<Spin> glass{{.visible = 100}};
template <class U, class B = Cpu<float>>
struct BoltzmannMachine {
  static_assert(require_unit<U>());
  using Backend = B;                           ///< where its parameters are stored
  using Scalar = typename B::Scalar;           ///< type of its parameters
  using Options = BoltzmannMachineOptions<U>;  ///< options of the constructor
  /// The same model on another backend or with another number type.
  template <class To>
  using On = BoltzmannMachine<U, To>;

  using State = ChainState<B>;                     ///< states (V x n) and what units receive from each other
  using StateView = ChainView<B>;                  ///< columns of a state
  using Workspace = BoltzmannMachineWorkspace<B>;  ///< room for a sweep

  Layer<U, B> visible;  ///< the units
  Matrix<B> weights;    ///< V x V, with each pair's coupling twice

  BoltzmannMachine() = default;
  /// All parameters zero. \throws ShapeError if there are no units
  explicit BoltzmannMachine(const Options& options)
      : visible(options.visible), weights(visible.rows(), visible.rows()) {
    B{}.fill(weights, 0);
  }
  /// Options that make another machine of the same shape.
  Options options() const { return {.visible = visible.size()}; }

  /// Options from what `describe` wrote. \throws DataError if that is not a Boltzmann machine of these units
  static Options options_from(const Metadata& metadata) {
    detail::check_kind(metadata, "boltzmann_machine");
    return {.visible = Layer<U, B>::size_from(metadata, "visible")};
  }
  /// Number of parameters of a machine made with these options.
  static double parameter_count(const Options& options) {
    const double rows = Layer<U, B>::row_count(options.visible);
    return rows * rows + Layer<U, B>::parameter_count(options.visible);
  }

  /// Are all parameters equal?
  friend bool operator==(const BoltzmannMachine& a, const BoltzmannMachine& b) {
    return a.visible == b.visible && detail::equal<B>(a.weights, b.weights);
  }

  /// The walk: `weight`, `visible.*`.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    f(name / "weight", Role::weight, view_of(self.weights), view_of(others.weights)...);
    Layer<U, B>::walk(f, name / "visible", self.visible, others.visible...);
  }
};

/// \throws ShapeError if the weights or the layer's parameters do not fit the layer
template <class U, class B>
void check_shapes(const char* caller, const BoltzmannMachine<U, B>& machine) {
  check_shapes(caller, machine.visible);
  detail::check_weights_shape(caller, machine.weights, machine.visible.rows(), machine.visible.rows());
}

/// Kind, unit type and size, for files.
template <class U, class B>
Metadata describe(const BoltzmannMachine<U, B>& machine) {
  Metadata metadata{{"kind", "boltzmann_machine"}};
  Layer<U, B>::describe(metadata, "visible", machine.visible.size());
  return metadata;
}

/// Memory for n states.
template <class U, class B>
auto make_state(const BoltzmannMachine<U, B>& machine, Index n) {
  const Index rows = machine.visible.rows();
  return ChainState<B>{Matrix<B>(rows, n), Matrix<B>(rows, n)};
}

/// Memory for steps of n states.
template <class U, class B>
auto make_workspace(const BoltzmannMachine<U, B>& machine, Index n) {
  const Index rows = machine.visible.rows(), group = machine.visible.group;
  return BoltzmannMachineWorkspace<B>{Matrix<B>(rows, n), Matrix<B>(group, n), Matrix<B>(group, n)};
}

/// input = W v
template <class U, class B>
void refresh(const B& on, const BoltzmannMachine<U, B>& machine, ChainView<B> state) {
  on.multiply(Op::plain, Op::plain, 1, machine.weights, state.visible, 0, state.input);
}

/// Biases -= W v (V x 1): at v, units then receive what they received at 0.
template <class U, class B>
void cancel_input(const B& on, BoltzmannMachine<U, B>& machine, ConstViewOf<B> v) {
  Matrix<B> input(machine.visible.rows(), 1);
  on.multiply(Op::plain, Op::plain, 1, machine.weights, v, 0, input);
  detail::subtract_from_biases<B>(on, input, machine.visible);
}

/// Draws states from the layer alone, at zero input.
template <class U, class B>
void start(const B& on, const BoltzmannMachine<U, B>& machine, ChainView<B> state, Draws draws) {
  on.fill(state.input, 0);
  sample(on, machine.visible, state.input, state.visible, draws.in(Stream::start));
  refresh(on, machine, state);
}

namespace detail {
/// One sweep of Gibbs sampling over all units, where temper(row, input) changes a unit's input before it is
/// drawn.
template <class U, class B, class Temper>
void sweep(const B& on, const BoltzmannMachine<U, B>& machine, ChainView<B> state,
           BoltzmannMachineWorkspace<B>& work, Draws draws, Temper temper) {
  const Index group = machine.visible.group, n = state.visible.cols;
  const auto field = view_of(work.field).columns(0, n), drawn = view_of(work.drawn).columns(0, n);
  refresh(on, machine, state);  // the weights may have changed, and accumulated changes drift
  for (Index r = 0; r < machine.visible.rows(); r += group) {
    const auto own = state.visible.rows_from(r, group);
    on.copy(state.input.rows_from(r, group), field);
    temper(r, field);
    on.transform(SampleBody<Family<U>>{}, view_of(machine.visible.parameters).rows_from(r, group), group,
                 field, field, drawn, draws.in(Stream::visible), r);
    on.update(Subtract{}, drawn, ConstViewOf<B>(own));
    on.update(Add{}, own, ConstViewOf<B>(drawn));
    on.multiply(Op::plain, Op::plain, 1, view_of(machine.weights).columns(r, group), drawn, 1, state.input);
  }
}
}  // namespace detail

/// One sweep of Gibbs sampling over all units.
template <class U, class B>
void transition(const B& on, const BoltzmannMachine<U, B>& machine, ChainView<B> from, ChainView<B> to,
                BoltzmannMachineWorkspace<B>& work, Draws draws) {
  if (from.visible.data != to.visible.data) on.copy(from.visible, to.visible);
  detail::sweep(on, machine, to, work, draws, [](Index, ViewOf<B>) {});
}

/// W mu
template <class U, class B>
void prepare_tempering(const B& on, const BoltzmannMachine<U, B>& machine, LayerMeans<B>& means) {
  on.multiply(Op::plain, Op::plain, 1, machine.weights, means.mu(), 0, means.hidden_room());
}

/// One sweep of Gibbs sampling with the centered interaction scaled.
template <class U, class B>
void tempered_transition(const B& on, const BoltzmannMachine<U, B>& machine, ConstViewOf<B> betas,
                         const LayerMeans<B>& means, ChainView<B> state, BoltzmannMachineWorkspace<B>& work,
                         Draws draws) {
  const auto offset_input = means.hidden_room();
  detail::sweep(on, machine, state, work, draws, [&](Index row, ViewOf<B> field) {
    detail::temper<B>(on, betas, offset_input.rows_from(row, field.rows), field);
  });
}

/// v^T W v / 2 - v^T W mu
template <class U, class B>
void add_interaction(const B& on, const BoltzmannMachine<U, B>& /*machine*/, const LayerMeans<B>& means,
                     ChainView<B> state, const BoltzmannMachineWorkspace<B>& /*work*/, ScalarOf<B> factor,
                     ViewOf<B> out) {
  on.dot_columns(factor / 2, state.visible, state.input, out);
  on.sum_over_units(ScaledStateBody{}, means.hidden_room(), 1, state.visible, -factor, out);
}

namespace detail {
/// Removes the couplings of units to themselves.
template <class U, class B>
void clear_diagonal(const B& on, const BoltzmannMachine<U, B>& machine, ViewOf<B> weights) {
  const Index group = machine.visible.group;
  for (Index r = 0; r < weights.rows; r += group) on.fill(weights.columns(r, group).rows_from(r, group), 0);
}
}  // namespace detail

/// Statistics of the states. Each coupling is stored twice, so each number has half the pair's slope.
template <class U, class B>
void set_statistics(const B& on, const BoltzmannMachine<U, B>& machine, ChainView<B> state,
                    ConstViewOf<B> weights, ScalarOf<B> keep, BoltzmannMachine<U, B>& gradient,
                    BoltzmannMachineWorkspace<B>& work) {
  const auto scaled = view_of(work.states).columns(0, state.visible.cols);
  if (keep == ScalarOf<B>(0)) set_zero(on, gradient.visible);
  add_statistics(on, machine.visible, state.visible, weights, gradient.visible);
  on.copy(state.visible, scaled);
  on.scale_columns(scaled, weights);
  on.multiply(Op::plain, Op::transposed, ScalarOf<B>(0.5), state.visible, scaled, keep, gradient.weights);
  detail::clear_diagonal<U, B>(on, machine, gradient.weights);
}

/// The same as `set_statistics`: there are no hidden units to draw.
template <class U, class B>
void set_sampled_statistics(const B& on, const BoltzmannMachine<U, B>& machine, ChainView<B> state,
                            ConstViewOf<B> weights, ScalarOf<B> keep, BoltzmannMachine<U, B>& gradient,
                            BoltzmannMachineWorkspace<B>& work, Draws /*draws*/) {
  set_statistics(on, machine, state, weights, keep, gradient, work);
}

/// F(v) = E(v)
template <class U, class B>
void add_free_energy(const B& on, const BoltzmannMachine<U, B>& machine, ChainView<B> state,
                     ScalarOf<B> factor, ViewOf<B> out) {
  add_energy(on, machine.visible, state.visible, factor, out);
  on.dot_columns(-factor / 2, state.visible, state.input, out);
}

/// out = E[unit | all others], unit by unit
template <class U, class B>
void reconstruct(const B& on, const BoltzmannMachine<U, B>& machine, ChainView<B> state,
                 BoltzmannMachineWorkspace<B>& /*work*/, ViewOf<B> out) {
  mean(on, machine.visible, state.input, out);
}

/// Memory for the layer's means, zero.
template <class U, class B>
LayerMeans<B> make_means(const BoltzmannMachine<U, B>& machine) {
  return {machine.visible.rows(), machine.visible.rows()};
}

/// The units' means over the data, on both sides of the interaction.
template <class U, class B>
void track_means(const B& on, const BoltzmannMachine<U, B>& /*machine*/, ChainView<B> state,
                 ConstViewOf<B> weights, ScalarOf<B> keep, LayerMeans<B>& means,
                 BoltzmannMachineWorkspace<B>& /*work*/) {
  const auto mu = means.mu();
  on.update(ScaleBy<ScalarOf<B>>{keep}, mu);
  on.sum_over_samples(StateBody{}, state.visible, state.visible, weights, mu);
  on.copy(mu, means.lambda());
}

/// G -= (mu g^T + g mu^T) / 2, and shape parameters about the offsets.
template <class U, class B>
void center(const B& on, const BoltzmannMachine<U, B>& machine, LayerMeans<B>& means,
            BoltzmannMachine<U, B>& gradient) {
  for_each_bias(gradient.visible, [&](auto bias, Index first) {
    on.copy(bias, means.visible_room().rows_from(first, bias.rows));
    on.copy(bias, means.hidden_room().rows_from(first, bias.rows));
  });
  on.multiply(Op::plain, Op::transposed, ScalarOf<B>(-0.5), view_of(means.visible).columns(0, 2),
              view_of(means.hidden).columns(0, 2), 1, gradient.weights);
  detail::clear_diagonal<U, B>(on, gradient, gradient.weights);
  center_shapes(on, machine.visible, means.mu(), means.visible_room(), gradient.visible);
}

/// W mu - E'(mu)
template <class U, class B>
void set_offset_fields(const B& on, const BoltzmannMachine<U, B>& machine, LayerMeans<B>& means, Index i) {
  on.multiply(Op::plain, Op::plain, 1, machine.weights, means.mu(), 0, means.visible_fields(i));
  subtract_energy_slope(on, machine.visible, means.mu(), means.visible_room(), means.visible_fields(i));
}

/// Biases follow a step of weights and shape parameters.
template <class U, class B>
void follow_offset_fields(const B& on, LayerMeans<B>& means, BoltzmannMachine<U, B>& machine) {
  const ConstViewOf<B> before = means.visible_fields(0), now = means.visible_fields(1);
  for_each_bias(machine.visible, [&](auto bias, Index first) {
    on.update(AddDifference{}, bias, before.rows_from(first, bias.rows), now.rows_from(first, bias.rows));
  });
}

static_assert(CenterableModel<BoltzmannMachine<Bernoulli>> && TemperedModel<BoltzmannMachine<Categorical>>);

}  // namespace harmonium
