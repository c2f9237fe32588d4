// Training paths climbed again: what arrives at the top is distributed as the model, and it is known when
// nothing does.
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/trajectory/replayed_sandwich.hpp>

#include "support/catch.hpp"
#include "support/ladders.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;

namespace test::inference_trajectory_replay {

namespace {
using Model = BernoulliBernoulli;
const Cpu<double> on;

template <class M>
FrozenPath<M> path_to(const M& model, std::vector<double> shares) {
  FrozenPath<M> path;
  for (const double share : shares) path.models.push_back(with_weights_scaled(model, share));
  return path;
}
Model strong_model() {
  Model model{{.visible = 3, .hidden = 2}};
  randomise(model, 4, 3);
  return model;
}
// Two modes that single steps hardly ever connect: all spins are up, or, less often, all are down.
using Spins = Rbm<Spin, Spin, Cpu<double>>;
Spins two_modes(Index visible, double weight) {
  Spins model{{.visible = visible, .hidden = 4}};
  model.weights.setConstant(weight);
  model.visible.parameters.setConstant(0.05);
  return model;
}
}  // namespace

TEST_CASE("replayed samples are distributed as the model", "[trajectory][replay][oracle]") {
  const Model model = strong_model();
  const auto r = replay(model, path_to(model, {0, 0.4, 0.7}), {.samples = 4'000, .settle = 1, .seed = 1}, on);
  CHECK(chi_square(r.visible, visible_distribution(oracle_of(model))));
  CHECK(r.renewed == 1);
  CHECK(r.renewed_after > 0);
  CHECK(r.sweeps >= 2 * r.renewed_after);
  REQUIRE(r.trade_rates.size() == 3);
  CHECK(r.trade_rates[0] > 0.2);
  CHECK(r.trade_rates[0] < 0.95);
  CHECK(r.log_z.standard_error < 0.1);
  CHECK_THAT(r.log_z.log_z, WithinAbs(exact_log_z(model), sigmas * r.log_z.standard_error));
}

TEST_CASE("a replay gives modes that chains do not connect their weights", "[trajectory][replay][oracle]") {
  const Spins model = two_modes(6, 0.7);
  const auto truth = visible_distribution(oracle_of(model));
  const auto path = path_to(model, {0, 0.3, 0.5, 0.7});
  const auto r = replay(model, path, {.samples = 1'000, .seed = 2}, on);
  CHECK(r.renewed == 1);
  CHECK(chi_square(r.visible, truth));
  CHECK_FALSE(chi_square(generate(model, {.samples = 1'000, .steps = 20, .seed = 2}), truth));
}

TEST_CASE("states that no rung passes on are not newborn", "[trajectory][replay]") {
  const Spins model = two_modes(20, 2);
  const auto r = replay(model, path_to(model, {0}), {.samples = 50, .most_sweeps = 30}, on);
  CHECK(r.renewed < 1);
  CHECK(r.renewed_after == 0);
  CHECK(r.sweeps == 30);
  const Sandwich s = sandwich(model, Eigen::MatrixXd(20, 0), path_to(model, {0}),
                              {.chains = 50, .betas = uniform_betas(10)}, {.most_sweeps = 30}, on);
  CHECK_FALSE(s.consistent());
  CHECK(s.starts == ReverseStarts::heuristic);
  CHECK_THAT(s.reason, ContainsSubstring("of the reverse starts were born at its bottom, expected all"));
}

TEST_CASE("a sandwich whose reverse starts are replayed holds the exact log Z, and says so",
          "[trajectory][replay][oracle]") {
  const Spins model = two_modes(6, 0.7);
  const Sandwich s = sandwich(model, Eigen::MatrixXd(6, 0), path_to(model, {0, 0.3, 0.6}),
                              {.chains = 200, .betas = uniform_betas(100), .seed = 3}, {}, on);
  CHECK(s.consistent());
  CHECK(s.starts == ReverseStarts::replayed);
  CHECK_THAT(s.reason, ContainsSubstring("reverse chains start at states that climbed the training path from "
                                         "exact draws; all of these were born there within"));
  CHECK_THAT(s.log_z, WithinAbs(exact_log_z(model), sigmas * s.standard_error));
  CHECK(s.forward.log_z - 4 * s.forward.standard_error < exact_log_z(model));
  CHECK(s.reverse.log_z + 4 * s.reverse.standard_error > exact_log_z(model));
}

TEST_CASE("a DBN generates from its top RBM's path, and passes that down", "[trajectory][replay][dbn]") {
  Dbn<Stack<Bernoulli>, Cpu<double>> dbn{{.sizes = {4, 3, 2}}};
  randomise(dbn, 7, 1.5);
  const auto& top = std::get<Model>(dbn.rbms[1]);
  const ReplayOptions options{.samples = 4'000, .settle = 2, .seed = 3};
  const auto path = path_to(top, {0, 0.5});
  const Eigen::MatrixXd v = generate(dbn, path, options, on), h = generate(top, path, options, on);
  CHECK(chi_square(h, visible_distribution(oracle_of(top))));
  // Its visible units have the means that the exact distribution of the layer above gives them.
  const auto above = visible_distribution(oracle_of(top));
  Eigen::VectorXd expected = Eigen::VectorXd::Zero(4);
  for (std::size_t i = 0; i < above.states.size(); ++i)
    expected += above.probabilities[i] *
                mean_visible(std::get<Model>(dbn.rbms[0]), columns({above.states[i]})).col(0);
  for (Index r = 0; r < 4; ++r)
    CHECK_THAT(v.row(r).mean(), WithinAbs(expected(r), sigmas * 0.5 / std::sqrt(4'000.0)));
  const Sandwich s = sandwich(dbn, Eigen::MatrixXd(4, 0), path,
                              {.chains = 100, .betas = uniform_betas(50), .seed = 3}, {}, on);
  CHECK(s.consistent());
  CHECK_THAT(s.log_z, WithinAbs(exact_log_z(top), sigmas * s.standard_error));
}

TEST_CASE("a replay has the same bytes for any number of threads", "[trajectory][replay][threads]") {
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 40, .hidden = 30, .seed = 1, .weight_scale = 0.3}};
  FrozenPath<decltype(rbm)> path{{rbm}};
  const ReplayOptions options{.samples = 70, .settle = 3, .most_sweeps = 20, .seed = 4};
  const auto one = replay(rbm, path, options, Cpu<float>(1)),
             three = replay(rbm, path, options, Cpu<float>(3));
  CHECK(one.visible == three.visible);
  CHECK(one.log_z.log_z == three.log_z.log_z);
  CHECK(generate(rbm, path, {.samples = 70, .settle = 3, .most_sweeps = 20, .seed = 5}) != one.visible);
}

TEST_CASE("paths and options that cannot be replayed are refused", "[trajectory][replay][errors]") {
  const Model model = strong_model();
  const auto good = path_to(model, {0, 0.5});
  const auto refused = [&](const FrozenPath<Model>& path, const ReplayOptions& options,
                           const std::string& message) {
    CHECK_THROWS_MATCHES(replay(model, path, options, on), Error, Message(message));
  };
  refused({}, {}, "replay: the path has no models: it is that of chains before their first update");
  auto other = good;
  other.models[1] = Model{{.visible = 3, .hidden = 4}};
  refused(other, {}, "replay: model 1 of the path has 3 x 4 numbers of 'weight', the model has 3 x 2");
  refused(good, {.samples = 0}, "replay: samples is 0, expected at least 1");
  refused(good, {.settle = 0}, "replay: settle is 0, expected at least 1");
  refused(good, {.most_sweeps = 0}, "replay: most_sweeps is 0, expected at least 1");
}

}  // namespace test::inference_trajectory_replay
