/// \file
/// Restricted Boltzmann machine: E(v, h) = E(v) + E(h) - v^T W h, where each layer's energy includes -bias .
/// x (Smolensky, 1986; Hinton, 2002). Given one layer, the units of the other are independent.
#pragma once

#include "../core/host_matrix.hpp"
#include "centering.hpp"
#include "chain_state.hpp"
#include "layer_shapes.hpp"
#include "tempering.hpp"

namespace harmonium {

/// Options of an RBM.
template <class V, class H>
struct RbmOptions {
  LayerSize<V> visible{};      ///< number of visible units (grouped: {units, states})
  LayerSize<H> hidden{};       ///< number of hidden units
  std::uint64_t seed = 0;      ///< seed of the initial weights
  double weight_scale = 0.01;  ///< their standard deviation (Hinton, 2010, section 8)
};

/// Room for a step of n columns.
template <class B>
struct RbmWorkspace {
  Matrix<B> hidden;   ///< H x n: draws or means of the hidden units
  Matrix<B> visible;  ///< V x n: visible input
};

/// An RBM with visible units `V` and hidden units `H` on backend `B`. A plain value: copy, compare, convert.
///
///     Rbm<Bernoulli, Bernoulli> rbm{{.visible = 784, .hidden = 500, .seed = 1}};
template <class V, class H, class B = Cpu<float>>
struct Rbm {
  static_assert(!is_activation<V> && !is_activation<H>,
                "an Rbm is made of units, which have an energy; an activation is for layers of a Network");
  using Backend = B;                  ///< where its parameters are stored
  using Scalar = typename B::Scalar;  ///< type of its parameters
  /// The same model on another backend or with another number type.
  template <class To>
  using On = Rbm<V, H, To>;

  using Options = RbmOptions<V, H>;   ///< options of the constructor
  using State = ChainState<B>;        ///< visible states (V x n) and their hidden input W^T v (H x n)
  using StateView = ChainView<B>;     ///< columns of a state
  using Workspace = RbmWorkspace<B>;  ///< room for a step

  Layer<V, B> visible;  ///< visible units
  Layer<H, B> hidden;   ///< hidden units
  Matrix<B> weights;    ///< V x H: each column is a hidden unit's filter

  Rbm() = default;
  /// Zero biases, normally distributed weights.
  /// \throws ShapeError if a layer has no units \throws ValueError if the scale is negative or not finite
  explicit Rbm(const Options& options)
      : visible(options.visible), hidden(options.hidden), weights(visible.rows(), hidden.rows()) {
    check<ValueError>(options.weight_scale >= 0 && std::isfinite(options.weight_scale),
                      "Rbm: weight_scale is ", options.weight_scale, ", expected a number of at least 0");
    HostMatrix<Scalar> host(visible.rows(), hidden.rows());
    for (Index c = 0; c < host.cols(); ++c)
      for (Index r = 0; r < host.rows(); ++r)
        host(r, c) = static_cast<Scalar>(options.weight_scale) *
                     Random{{.seed = options.seed, .stream = Stream::weights},
                            static_cast<std::uint32_t>(r),
                            static_cast<std::uint32_t>(c)}
                         .template normal<Scalar>();
    B{}.upload(View<const Scalar>(host), weights);
  }
  /// Options that make another RBM of the same shape.
  Options options() const { return {.visible = visible.size(), .hidden = hidden.size()}; }

  /// Options from what `describe` wrote. \throws DataError if that is not an RBM of these unit types
  static Options options_from(const Metadata& metadata) {
    detail::check_kind(metadata, "rbm");
    return {.visible = Layer<V, B>::size_from(metadata, "visible"),
            .hidden = Layer<H, B>::size_from(metadata, "hidden")};
  }
  /// Number of parameters of an RBM made with these options.
  static double parameter_count(const Options& options) {
    return Layer<V, B>::row_count(options.visible) * Layer<H, B>::row_count(options.hidden) +
           Layer<V, B>::parameter_count(options.visible) + Layer<H, B>::parameter_count(options.hidden);
  }

  /// Are all parameters equal?
  friend bool operator==(const Rbm& a, const Rbm& b) {
    return a.visible == b.visible && a.hidden == b.hidden && detail::equal<B>(a.weights, b.weights);
  }

  /// The walk: `weight`, `visible.*`, `hidden.*`.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    f(name / "weight", Role::weight, view_of(self.weights), view_of(others.weights)...);
    Layer<V, B>::walk(f, name / "visible", self.visible, others.visible...);
    Layer<H, B>::walk(f, name / "hidden", self.hidden, others.hidden...);
  }
};

/// \throws ShapeError if the weights or a layer's parameters do not fit the layers
template <class V, class H, class B>
void check_shapes(const char* caller, const Rbm<V, H, B>& rbm) {
  check_shapes(caller, rbm.visible);
  check_shapes(caller, rbm.hidden);
  detail::check_weights_shape(caller, rbm.weights, rbm.visible.rows(), rbm.hidden.rows());
}

/// Kind, unit types and sizes, for files.
template <class V, class H, class B>
Metadata describe(const Rbm<V, H, B>& rbm) {
  Metadata metadata{{"kind", "rbm"}};
  rbm.visible.describe(metadata, "visible", rbm.visible.size());
  rbm.hidden.describe(metadata, "hidden", rbm.hidden.size());
  return metadata;
}

/// out = W^T v, what the hidden layer receives
template <class V, class H, class B>
void hidden_input(const B& on, const Rbm<V, H, B>& rbm, ConstViewOf<B> v, ViewOf<B> out) {
  on.multiply(Op::transposed, Op::plain, 1, rbm.weights, v, 0, out);
}

/// out = W h, what the visible layer receives
template <class V, class H, class B>
void visible_input(const B& on, const Rbm<V, H, B>& rbm, ConstViewOf<B> h, ViewOf<B> out) {
  on.multiply(Op::plain, Op::plain, 1, rbm.weights, h, 0, out);
}

/// Hidden biases -= W^T v (V x 1): at v, hidden units then receive what they received at 0.
template <class V, class H, class B>
void cancel_input(const B& on, Rbm<V, H, B>& rbm, ConstViewOf<B> v) {
  Matrix<B> input(rbm.hidden.rows(), 1);
  hidden_input(on, rbm, v, view_of(input));
  detail::subtract_from_biases<B>(on, input, rbm.hidden);
}

/// Memory for n states.
template <class V, class H, class B>
auto make_state(const Rbm<V, H, B>& rbm, Index n) {
  return ChainState<B>{Matrix<B>(rbm.visible.rows(), n), Matrix<B>(rbm.hidden.rows(), n)};
}

/// Memory for steps of n states.
template <class V, class H, class B>
auto make_workspace(const Rbm<V, H, B>& rbm, Index n) {
  return RbmWorkspace<B>{Matrix<B>(rbm.hidden.rows(), n), Matrix<B>(rbm.visible.rows(), n)};
}

/// input = W^T v
template <class V, class H, class B>
void refresh(const B& on, const Rbm<V, H, B>& rbm, ChainView<B> state) {
  hidden_input(on, rbm, state.visible, state.input);
}

/// Draws visible states from the visible layer alone, at zero input.
template <class V, class H, class B>
void start(const B& on, const Rbm<V, H, B>& rbm, ChainView<B> state, Draws draws) {
  Matrix<B> none(rbm.visible.rows(), state.visible.cols);
  on.fill(none, 0);
  sample(on, rbm.visible, none, state.visible, draws.in(Stream::start));
  refresh(on, rbm, state);
}

/// One step of block Gibbs sampling: h ~ p(h | from), to ~ p(v | h). The draw of h uses the hidden input
/// stored in `from`.
template <class V, class H, class B>
void transition(const B& on, const Rbm<V, H, B>& rbm, ChainView<B> from, ChainView<B> to,
                RbmWorkspace<B>& work, Draws draws) {
  const Index n = from.visible.cols;
  const auto h = view_of(work.hidden).columns(0, n);
  const auto down = view_of(work.visible).columns(0, n);
  sample(on, rbm.hidden, from.input, h, draws.in(Stream::hidden));
  visible_input(on, rbm, h, down);
  sample(on, rbm.visible, down, to.visible, draws.in(Stream::visible));
  refresh(on, rbm, to);
}

/// Statistics of visible states, with the expectations of the hidden units given them.
template <class V, class H, class B>
void set_statistics(const B& on, const Rbm<V, H, B>& rbm, ChainView<B> state, ConstViewOf<B> weights,
                    ScalarOf<B> keep, Rbm<V, H, B>& gradient, RbmWorkspace<B>& work) {
  const auto h = view_of(work.hidden).columns(0, state.visible.cols);
  if (keep == ScalarOf<B>(0)) {
    set_zero(on, gradient.visible);
    set_zero(on, gradient.hidden);
  }
  add_statistics(on, rbm.visible, state.visible, weights, gradient.visible);
  weigh_means(on, rbm.hidden, state.input, weights, h, gradient.hidden);
  on.multiply(Op::plain, Op::transposed, 1, state.visible, h, keep, gradient.weights);
}

/// F(v) = E(v) - log_partition_hidden(W^T v), so that p(v) = exp(-F(v)) / Z
template <class V, class H, class B>
void add_free_energy(const B& on, const Rbm<V, H, B>& rbm, ChainView<B> state, ScalarOf<B> factor,
                     ViewOf<B> out) {
  add_energy(on, rbm.visible, state.visible, factor, out);
  add_log_partition(on, rbm.hidden, state.input, -factor, out);
}

/// out = E[v | E[h | v]]
template <class V, class H, class B>
void reconstruct(const B& on, const Rbm<V, H, B>& rbm, ChainView<B> state, RbmWorkspace<B>& work,
                 ViewOf<B> out) {
  const auto h = view_of(work.hidden).columns(0, state.visible.cols);
  const auto down = view_of(work.visible).columns(0, state.visible.cols);
  mean(on, rbm.hidden, state.input, h);
  visible_input(on, rbm, h, down);
  mean(on, rbm.visible, down, out);
}

/// `set_statistics`, with drawn hidden states in place of their expectations.
template <class V, class H, class B>
void set_sampled_statistics(const B& on, const Rbm<V, H, B>& rbm, ChainView<B> state, ConstViewOf<B> weights,
                            ScalarOf<B> keep, Rbm<V, H, B>& gradient, RbmWorkspace<B>& work, Draws draws) {
  const auto h = view_of(work.hidden).columns(0, state.visible.cols);
  if (keep == ScalarOf<B>(0)) {
    set_zero(on, gradient.visible);
    set_zero(on, gradient.hidden);
  }
  sample(on, rbm.hidden, state.input, h, draws.in(Stream::statistics));
  add_statistics(on, rbm.visible, state.visible, weights, gradient.visible);
  add_statistics(on, rbm.hidden, h, weights, gradient.hidden);
  on.scale_columns(h, weights);
  on.multiply(Op::plain, Op::transposed, 1, state.visible, h, keep, gradient.weights);
}

/// Memory for the layers' means, zero.
template <class V, class H, class B>
LayerMeans<B> make_means(const Rbm<V, H, B>& rbm) {
  return {rbm.visible.rows(), rbm.hidden.rows()};
}

/// Both layers' means given the visible states.
template <class V, class H, class B>
void track_means(const B& on, const Rbm<V, H, B>& rbm, ChainView<B> state, ConstViewOf<B> weights,
                 ScalarOf<B> keep, LayerMeans<B>& means, RbmWorkspace<B>& work) {
  const auto h = view_of(work.hidden).columns(0, state.visible.cols);
  const auto mu = means.mu(), lambda = means.lambda();
  on.update(ScaleBy<ScalarOf<B>>{keep}, mu);
  on.update(ScaleBy<ScalarOf<B>>{keep}, lambda);
  mean(on, rbm.hidden, state.input, h);
  on.sum_over_samples(StateBody{}, state.visible, state.visible, weights, mu);
  on.sum_over_samples(StateBody{}, h, h, weights, lambda);
}

/// G -= mu g_h^T + g_v lambda^T (Melchior et al., 2016, algorithm 1), and shape parameters about the offsets.
template <class V, class H, class B>
void center(const B& on, const Rbm<V, H, B>& rbm, LayerMeans<B>& means, Rbm<V, H, B>& gradient) {
  for_each_bias(gradient.visible, [&](auto bias, Index first) {
    on.copy(bias, means.visible_room().rows_from(first, bias.rows));
  });
  for_each_bias(gradient.hidden, [&](auto bias, Index first) {
    on.copy(bias, means.hidden_room().rows_from(first, bias.rows));
  });
  on.multiply(Op::plain, Op::transposed, -1, view_of(means.visible).columns(0, 2),
              view_of(means.hidden).columns(0, 2), 1, gradient.weights);
  center_shapes(on, rbm.visible, means.mu(), means.visible_room(), gradient.visible);
  center_shapes(on, rbm.hidden, means.lambda(), means.hidden_room(), gradient.hidden);
}

/// W lambda - E'(mu) and W^T mu - E'(lambda)
template <class V, class H, class B>
void set_offset_fields(const B& on, const Rbm<V, H, B>& rbm, LayerMeans<B>& means, Index i) {
  visible_input(on, rbm, means.lambda(), means.visible_fields(i));
  hidden_input(on, rbm, means.mu(), means.hidden_fields(i));
  subtract_energy_slope(on, rbm.visible, means.mu(), means.visible_room(), means.visible_fields(i));
  subtract_energy_slope(on, rbm.hidden, means.lambda(), means.hidden_room(), means.hidden_fields(i));
}

/// a and b follow a step of weights and shape parameters.
template <class V, class H, class B>
void follow_offset_fields(const B& on, LayerMeans<B>& means, Rbm<V, H, B>& rbm) {
  const auto follow = [&](auto& layer, ConstViewOf<B> before, ConstViewOf<B> now) {
    for_each_bias(layer, [&](auto bias, Index first) {
      on.update(AddDifference{}, bias, before.rows_from(first, bias.rows), now.rows_from(first, bias.rows));
    });
  };
  follow(rbm.visible, means.visible_fields(0), means.visible_fields(1));
  follow(rbm.hidden, means.hidden_fields(0), means.hidden_fields(1));
}

/// W lambda and W^T mu
template <class V, class H, class B>
void prepare_tempering(const B& on, const Rbm<V, H, B>& rbm, LayerMeans<B>& means) {
  visible_input(on, rbm, means.lambda(), means.visible_room());
  hidden_input(on, rbm, means.mu(), means.hidden_room());
}

/// One step of block Gibbs sampling with the centered interaction scaled.
template <class V, class H, class B>
void tempered_transition(const B& on, const Rbm<V, H, B>& rbm, ConstViewOf<B> betas,
                         const LayerMeans<B>& means, ChainView<B> state, RbmWorkspace<B>& work, Draws draws) {
  const auto h = view_of(work.hidden).columns(0, state.visible.cols);
  const auto down = view_of(work.visible).columns(0, state.visible.cols);
  detail::temper<B>(on, betas, means.hidden_room(), state.input);
  sample(on, rbm.hidden, state.input, h, draws.in(Stream::hidden));
  visible_input(on, rbm, h, down);
  detail::temper<B>(on, betas, means.visible_room(), down);
  sample(on, rbm.visible, down, state.visible, draws.in(Stream::visible));
  refresh(on, rbm, state);
}

/// v^T W h - v^T W lambda - mu^T W h, where h are the hidden states of the last step
template <class V, class H, class B>
void add_interaction(const B& on, const Rbm<V, H, B>& /*rbm*/, const LayerMeans<B>& means, ChainView<B> state,
                     const RbmWorkspace<B>& work, ScalarOf<B> factor, ViewOf<B> out) {
  const auto h = view_of(work.hidden).columns(0, state.visible.cols);
  on.dot_columns(factor, state.input, h, out);
  on.sum_over_units(ScaledStateBody{}, means.visible_room(), 1, state.visible, -factor, out);
  on.sum_over_units(ScaledStateBody{}, means.hidden_room(), 1, h, -factor, out);
}

static_assert(CenterableModel<Rbm<Bernoulli, Bernoulli>> && TemperedModel<Rbm<Bernoulli, Bernoulli>> &&
              EnergyModel<Rbm<Categorical, Gaussian, Cpu<double>>>);

}  // namespace harmonium
