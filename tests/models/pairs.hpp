// Compares an RBM's conditionals, energies and gradients with sums over all joint states, for any pair of
// unit types. All numbers here are below 100 and are sums of fewer than 1e5 terms: 1e-11 is a thousand
// roundings.
#pragma once

#include <harmonium/inference/free_energy.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/models/rbm.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

namespace test {

using namespace harmonium;

/// One layer's means given the other agree with the enumeration.
template <class R>
void check_means() {
  const auto rbm = small_rbm<R>(1);
  const oracle::Machine machine = oracle_of(rbm);
  const Eigen::MatrixXd v = some_states(rbm, 5, 2);
  const Eigen::MatrixXd h = mean_hidden(rbm, v), down = mean_visible(rbm, h);
  REQUIRE((h.rows() == rbm.hidden.rows() && down.rows() == rbm.visible.rows()));
  for (Index c = 0; c < 5; ++c) {
    const auto hidden = oracle::mean(machine.hidden, oracle::hidden_input(machine, column_of(v, c)));
    CHECK(largest_difference(h.col(c), columns({hidden})) < 1e-11);
    const auto visible = oracle::mean(machine.visible, oracle::visible_input(machine, column_of(h, c)));
    CHECK(largest_difference(down.col(c), columns({visible})) < 1e-11);
  }
}

/// Draws of one layer given the other are the layer's draws at its input.
template <class R>
void check_draws() {
  const auto rbm = small_rbm<R>(1);
  const Cpu<double> on;
  const Draws at{.seed = 3, .step = 4, .first_sample = 5};
  const Eigen::MatrixXd v = some_states(rbm, 6, 2), h = sample_hidden(rbm, v, at),
                        down = sample_visible(rbm, h, at);
  Eigen::MatrixXd expected_h(h.rows(), 6), expected_v(v.rows(), 6);
  const Eigen::MatrixXd up = rbm.weights.transpose() * v, input = rbm.weights * h;
  sample(on, rbm.hidden, up, expected_h, at.in(Stream::hidden));
  sample(on, rbm.visible, input, expected_v, at.in(Stream::visible));
  CHECK(largest_difference(h, expected_h) < 1e-12);  // products may be summed in another order
  CHECK(largest_difference(down, expected_v) < 1e-12);
}

/// Energies and free energies agree with the enumeration.
template <class R>
void check_energies() {
  const auto rbm = small_rbm<R>(2);
  const oracle::Machine machine = oracle_of(rbm);
  const Cpu<double> on;
  const Eigen::MatrixXd v = some_states(rbm, 6, 3), h = sample_hidden(rbm, v, {.seed = 4});
  const Eigen::MatrixXd free = free_energy(rbm, v);
  REQUIRE((free.rows() == 1 && free.cols() == 6));
  Eigen::MatrixXd joint = Eigen::MatrixXd::Zero(1, 6);
  add_energy(on, rbm.visible, v, 1, joint);
  add_energy(on, rbm.hidden, h, 1, joint);
  const Eigen::MatrixXd up = rbm.weights.transpose() * v;
  on.dot_columns(-1, up, h, joint);
  for (Index c = 0; c < 6; ++c) {
    CHECK_THAT(joint(0, c),
               Catch::Matchers::WithinAbs(oracle::energy(machine, column_of(v, c), column_of(h, c)), 1e-11));
    CHECK_THAT(free(0, c), Catch::Matchers::WithinAbs(oracle::free_energy(machine, column_of(v, c)), 1e-11));
  }
}

/// Statistics are the slopes of minus the free energy along each parameter. The numerical slope of the
/// oracle's free energy has an error of about 1e-11, and of its sums of several 1e-10.
template <class R>
void check_statistics() {
  auto rbm = small_rbm<R>(3);
  const Cpu<double> on;
  const Index first = 2, count = 5;
  auto state = make_state(rbm, 9);
  auto work = make_workspace(rbm, 9);
  state.visible = some_states(rbm, 9, 5);
  refresh(on, rbm, state.columns(0, 9));
  const Eigen::MatrixXd weights{{0.7, -1.5, 0.2, 1, -0.25}};

  R gradient = rbm;  // must be overwritten, whatever it contains
  for_each_parameter([&](const ParameterName&, Role, auto x) { on.fill(x, std::nan("")); }, gradient);
  set_statistics(on, rbm, state.columns(first, count), View<const double>(weights), 0, gradient, work);
  R twice = gradient;
  set_statistics(on, rbm, state.columns(first, count), View<const double>(weights), 1, twice, work);

  R moved = rbm;
  oracle::Numbers slopes = slopes_of(moved, [&](const R& at) {
    const oracle::Machine machine = oracle_of(at);
    double sum = 0;
    for (Index i = 0; i < count; ++i)
      sum -= weights(0, i) * oracle::free_energy(machine, column_of(state.visible, first + i));
    return sum;
  });
  CHECK(largest_difference(flatten(gradient), slopes) < 1e-9);
  for (double& slope : slopes) slope *= 2;
  CHECK(largest_difference(flatten(twice), slopes) < 2e-9);
  CHECK(moved == rbm);
}

}  // namespace test
