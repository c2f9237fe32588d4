// Reconstruction cross-entropy and free-energy gap.
#include <harmonium/inference/diagnostics.hpp>
#include <harmonium/models/mixed_layer.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::inference_diagnostics {

namespace {
const Cpu<double> on;
}

TEMPLATE_TEST_CASE("the cross-entropy is minus log p(v) given the mean code", "[scores][oracle]",
                   BernoulliBernoulli, CategoricalGaussian, GaussianBernoulli) {
  for (std::uint64_t seed = 1; seed <= models_to_try<TestType>(200); ++seed) {
    const auto rbm = small_rbm<TestType>(seed, 1.0);
    const oracle::Machine machine = oracle_of(rbm);
    const Eigen::MatrixXd v = some_states(rbm, 4, 2);
    const Eigen::VectorXd found = reconstruction_cross_entropy(rbm, v, on);
    for (Index c = 0; c < v.cols(); ++c) {
      const oracle::Numbers x = column_of(v, c),
                            h = oracle::mean(machine.hidden, oracle::hidden_input(machine, x)),
                            down = oracle::visible_input(machine, h);
      const double log_p = -oracle::energy(machine.visible, x) + oracle::dot(down, x) -
                           oracle::log_partition(machine.visible, down);
      CHECK(std::abs(found(c) + log_p) < 1e-11);
    }
  }
}

TEST_CASE("the cross-entropy of binary pixels is the usual one", "[scores]") {
  BernoulliBernoulli rbm{{.visible = 2, .hidden = 1, .weight_scale = 0}};
  rbm.visible.parameters << 0.4, -1;
  const Eigen::MatrixXd grey{{0.25}, {1}};
  const double p = 1 / (1 + std::exp(-0.4)), q = 1 / (1 + std::exp(1.0));
  CHECK(std::abs(reconstruction_cross_entropy(rbm, grey, on)(0) +
                 (0.25 * std::log(p) + 0.75 * std::log(1 - p) + std::log(q))) < 1e-12);
}

TEST_CASE("the free-energy gap is a difference of means", "[scores]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd a = some_states(rbm, 7, 2), b = some_states(rbm, 4, 5);
  const double expected = free_energy(rbm, b).mean() - free_energy(rbm, a).mean();
  REQUIRE(std::abs(expected) > 0.01);
  CHECK(std::abs(free_energy_gap(rbm, a, b, on) - expected) < 1e-12);
  CHECK(std::abs(free_energy_gap(rbm, a, a, on)) < 1e-12);
}

TEST_CASE("scores refuse what makes no sense", "[scores][errors]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd wrong = Eigen::MatrixXd::Zero(3, 2), none(4, 0), v = Eigen::MatrixXd::Zero(4, 2);
  CHECK_THROWS_MATCHES(reconstruction_cross_entropy(rbm, wrong), ShapeError,
                       Message("reconstruction_cross_entropy: the data have 3 rows, the model has 4"));
  CHECK_THROWS_AS(free_energy_gap(rbm, v, wrong), ShapeError);
  CHECK_THROWS_MATCHES(free_energy_gap(rbm, v, none), DataError,
                       Message("free_energy_gap: the data have no samples"));
}

}  // namespace test::inference_diagnostics
