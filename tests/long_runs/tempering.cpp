// Tempered chains cross valleys, and their ladder adapts: both take many steps.
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;

namespace test::long_runs_tempering {

namespace {
const Cpu<double> on;
}

TEST_CASE("tempered chains have the model's distribution where plain ones stay in a mode",
          "[cd][tempered][slow]") {
  const BernoulliBernoulli model = two_modes(6, 3, 3);
  const auto expected = oracle::visible_distribution(oracle_of(model));
  const Index chains = 4000;
  Tempered::Memory<BernoulliBernoulli> tempered({.chains = chains, .temperatures = 6}, model);
  auto state = make_state(model, chains), data = make_state(model, 2);
  auto work = make_workspace(model, chains);
  const auto all = state.columns(0, chains), both = data.columns(0, 2);
  data.visible << Eigen::VectorXd::Zero(6), Eigen::VectorXd::Ones(6);  // one sample of each mode
  refresh(on, model, both);
  tempered.begin(on, model, all, {.seed = 1});
  tempered.advance(on, model, both, all, work, 150, {.seed = 1});
  CHECK(chi_square(state.visible, expected));
  // Shares of chains in the mode where units are on. Plain chains that start in the other mode stay there.
  const auto full = [](const Eigen::MatrixXd& v) {
    return (v.colwise().sum().array() > 3).cast<double>().mean();
  };
  CHECK(std::abs(full(state.visible) - 0.5) < 0.05);
  state.visible.setZero();
  refresh(on, model, all);
  for (std::uint32_t k = 0; k < 150; ++k) transition(on, model, all, all, work, {.seed = 1, .step = k});
  CHECK(full(state.visible) < 0.3);
}

TEST_CASE("the spacing of a ladder adapts until all neighbours swap equally often", "[cd][tempered][slow]") {
  const BernoulliBernoulli model = two_modes(6, 3, 3);
  const Index chains = 500;
  auto state = make_state(model, chains), data = make_state(model, 2);
  auto work = make_workspace(model, chains);
  const auto all = state.columns(0, chains), both = data.columns(0, 2);
  data.visible << Eigen::VectorXd::Zero(6), Eigen::VectorXd::Ones(6);
  refresh(on, model, both);
  const auto spread = [&](double adapt) {
    Tempered::Memory<BernoulliBernoulli> tempered({.chains = chains, .temperatures = 5, .adapt = adapt},
                                                  model);
    tempered.begin(on, model, all, {.seed = 1});
    tempered.advance(on, model, both, all, work, 2000, {.seed = 1});
    const auto& ladder = tempered.ladder();
    REQUIRE((ladder.size() == 5 && ladder.front() == 0));
    CHECK_THAT(ladder.back(), Catch::Matchers::WithinAbs(1, 1e-12));
    for (std::size_t i = 0; i + 1 < 5; ++i) CHECK(ladder[i] < ladder[i + 1]);
    const auto& rates = tempered.swap_rates();
    for (const double rate : rates) CHECK((rate > 0 && rate < 1));
    return *std::max_element(rates.begin(), rates.end()) - *std::min_element(rates.begin(), rates.end());
  };
  const double even = spread(0), adapted = spread(0.1);
  INFO("spread of the rates: even " << even << ", adapted " << adapted);
  CHECK(adapted < 0.03);
  CHECK(even > 5 * adapted);
}

}  // namespace test::long_runs_tempering
