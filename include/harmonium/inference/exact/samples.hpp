/// \file
/// Independent draws from the distribution of a small model: a state of the enumerable layer by its
/// probability, then the other layer given that state. No chain, so no burn-in.
#pragma once

#include <vector>

#include "../../core/host_matrix.hpp"
#include "log_z.hpp"

namespace harmonium {

namespace detail {

inline constexpr double most_states_to_draw = 1 << 24;  // one number is kept for each

/// Indices of `count` states drawn according to their log weights.
inline std::vector<std::uint64_t> draw_states(std::vector<double> log_weights, Index count, Draws draws) {
  LogSum sum;
  for (const double x : log_weights) sum.add(x);
  const double log_z = sum.value();
  double below = 0;
  for (double& x : log_weights) x = below += std::exp(x - log_z);  // now the distribution function
  std::vector<std::uint64_t> states;
  for (Index c = 0; c < count; ++c) {
    Random random{draws, 0, static_cast<std::uint32_t>(c)};
    const auto place =
        std::upper_bound(log_weights.begin(), log_weights.end() - 1, below * random.open_uniform<double>());
    states.push_back(static_cast<std::uint64_t>(place - log_weights.begin()));
  }
  return states;
}

template <class U>
Eigen::MatrixXd draw_layer(const Layer<U, Cpu<double>>& layer, const std::vector<double>& log_weights,
                           Index count, Draws draws) {
  Eigen::MatrixXd x(layer.rows(), count);
  const auto states = draw_states(log_weights, count, draws);
  for (Index c = 0; c < count; ++c)
    write_states(layer, states[static_cast<std::size_t>(c)], View<double>(x).columns(c, 1));
  return x;
}

template <class V, class H>
Eigen::MatrixXd visible_given(const Rbm<V, H, Cpu<double>>& rbm, const Eigen::MatrixXd& h, Draws draws,
                              const Cpu<double>& on) {
  Eigen::MatrixXd input(rbm.visible.rows(), h.cols()), v(rbm.visible.rows(), h.cols());
  visible_input(on, rbm, View<const double>(h), input);
  draws.step += 1;
  sample(on, rbm.visible, View<const double>(input), v, draws);
  return v;
}

/// `count` independent draws of the visible layer, V x count.
template <class V, class H>
Eigen::MatrixXd draw_exactly(const Rbm<V, H, Cpu<double>>& rbm, Index count, Draws draws,
                             const Cpu<double>& on) {
  std::vector<double> log_weights;
  const auto draw_hidden = [&](const auto& r) {
    HiddenStates all(r, on);
    all.for_each_block([&](View<const double>, const Eigen::MatrixXd& block) {
      log_weights.insert(log_weights.end(), block.data(), block.data() + block.size());
    });
    return draw_layer(r.hidden, log_weights, count, draws);
  };
  return by_smaller_layer(
      rbm, [&](const auto& r) -> Eigen::MatrixXd { return draw_hidden(exchanged(r)); },
      [&](const auto& r) -> Eigen::MatrixXd { return visible_given(r, draw_hidden(r), draws, on); },
      [&](const auto& r) -> Eigen::MatrixXd {
        const GaussianPair joint(r);
        Eigen::MatrixXd h(joint.mean_h.size(), count);
        for (Index c = 0; c < count; ++c)
          for (Index i = 0; i < h.rows(); ++i)
            h(i, c) =
                Random{draws, static_cast<std::uint32_t>(i), static_cast<std::uint32_t>(c)}.normal<double>();
        joint.precision.matrixU().solveInPlace(h);  // of precision L L^T is L^-T z
        h.colwise() += joint.mean_h;
        return visible_given(r, h, draws, on);
      });
}

}  // namespace detail

/// `count` independent draws of the visible layer from p(v), V x count, computed in double precision on the
/// host. \throws ValueError if there are more than 2^24 states to draw from, if the model can't be
/// normalized, or if count is negative
template <class V, class H, class B>
Matrix<B> exact_samples(const Rbm<V, H, B>& rbm, Index count, std::uint64_t seed = 0,
                        const Cpu<double>& on = Cpu<double>::all()) {
  static_assert(detail::can_be_summed<V, H>,
                "exact_samples: one layer's units have finitely many states, or both layers are Gaussian");
  check_shapes("exact_samples", rbm);
  check<ValueError>(count >= 0, "exact_samples: count is ", count, ", expected at least 0");
  const double states = detail::states_to_sum(rbm);
  check<ValueError>(states <= detail::most_states_to_draw, "exact_samples: the smaller layer has ", states,
                    " states, expected at most ", detail::most_states_to_draw);
  const Eigen::MatrixXd v =
      detail::draw_exactly(convert<Cpu<double>>(rbm), count, {.seed = seed, .stream = Stream::exact}, on);
  const HostMatrix<ScalarOf<B>> cast = v.cast<ScalarOf<B>>();
  Matrix<B> result(v.rows(), v.cols());
  B{}.upload(View<const ScalarOf<B>>(cast), view_of(result));
  return result;
}

}  // namespace harmonium
