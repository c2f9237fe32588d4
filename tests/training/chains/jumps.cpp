// Jumps leave a model's distribution as it is, and find modes that chains have lost.
#include <harmonium/inference/exact/samples.hpp>
#include <harmonium/training/chains/jumps.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::WithinAbs;

namespace test::training_chains_jumps {

namespace {
const Cpu<double> on;
using Spins = Rbm<Spin, Spin, Cpu<double>>;
static_assert(JumpingModel<Spins>);
}  // namespace

TEMPLATE_TEST_CASE("jumps leave a model's distribution as it is", "[trajectory][jumps][oracle]",
                   BernoulliBernoulli, CategoricalBernoulli) {
  const TestType before = small_rbm<TestType>(4);
  TestType model = before;
  model.weights *= 2;  // an update lies between aim and jump
  model.visible.parameters *= 0.5;
  const Index chains = 20'000;
  const Matrix<Cpu<double>> drawn = exact_samples(model, chains, 2), samples = some_states(model, 7, 3);
  auto data = make_state(before, 7), state = make_state(model, chains);
  const auto aims = data.columns(0, 7), x = state.columns(0, chains);
  on.copy(View<const double>(samples), aims.visible);
  refresh(on, before, aims);
  on.copy(View<const double>(drawn), x.visible);
  refresh(on, model, x);
  Jumps<TestType> jumps(model, chains);
  jumps.jump(on, model, x, {.seed = 5});
  CHECK(state.visible == drawn);  // nothing to aim at yet
  jumps.aim(on, before, aims, {.seed = 4});
  jumps.jump(on, model, x, {.seed = 5});
  CHECK(chi_square(state.visible, visible_distribution(oracle_of(model))));
  CHECK(state.visible != drawn);
  CHECK(jumps.rate() > 0.2);
  CHECK(jumps.rate() < 0.95);  // else nothing was at stake
}

TEST_CASE("chains find the modes that data are in, in the model's shares", "[trajectory][jumps][oracle]") {
  // All spins are up, or, less often, all are down. All chains are up, three samples of four down.
  Spins model{{.visible = 20, .hidden = 4}};
  model.weights.setConstant(0.6);
  model.visible.parameters.setConstant(0.02);
  const Index chains = 2'000;
  const auto down = [](const Matrix<Cpu<double>>& v) {
    return static_cast<double>((v.colwise().sum().array() < 0).count()) / static_cast<double>(v.cols());
  };
  auto data = make_state(model, 4), state = make_state(model, chains);
  auto work = make_workspace(model, chains);
  const auto aims = data.columns(0, 4), x = state.columns(0, chains);
  data.visible.setConstant(-1);
  data.visible.col(0).setConstant(1);
  refresh(on, model, aims);
  state.visible.setConstant(1);
  refresh(on, model, x);
  Jumps<Spins> jumps(model, chains);
  jumps.aim(on, model, aims, {.seed = 1});
  for (std::uint64_t step = 2; step < 30; ++step) {
    jumps.jump(on, model, x, {.seed = 1, .step = step});
    transition(on, model, x, x, work, {.seed = 1, .step = step});
  }
  const double expected = down(exact_samples(model, 20'000, 3));
  CHECK(expected > 0.2);
  CHECK(expected < 0.4);
  CHECK_THAT(down(state.visible), WithinAbs(expected, sigmas * 0.5 / std::sqrt(1'800.0)));
}

}  // namespace test::training_chains_jumps
