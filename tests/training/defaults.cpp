// What a user gets who sets nothing.
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;

namespace test::training_defaults {

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;
const Cpu<float> on;

double learned(const Dataset& data, const ContrastiveDivergenceOptions<>& options) {
  Bits rbm{{.visible = 9, .hidden = 8, .seed = 1}};
  ContrastiveDivergence{rbm, options, on}.fit(data);
  return exact_log_likelihood(rbm, data.to_matrix<float>()).mean();
}

}  // namespace

// Independent columns have -9 log 2 = -6.24, the best possible is -2.60.
TEST_CASE("nothing but defaults learns the bars and stripes, with every optimizer", "[cd][defaults][slow]") {
  const Dataset data = bars_and_stripes(3);
  CHECK(learned(data, {.seed = 1}) > -3);
  const auto optimizer =
      GENERATE(AnyOptimizer{Momentum{}}, AnyOptimizer{Nesterov{}}, AnyOptimizer{Sgd{}}, AnyOptimizer{Adam{}});
  CHECK(learned(data, {.optimizer = optimizer, .seed = 1}) > -3.5);
}

TEST_CASE("nothing but defaults learns the bars and stripes, with every kind of chains",
          "[cd][defaults][slow]") {
  const auto chains = GENERATE(AnyChains{Persistent{}}, AnyChains{DataChains{}}, AnyChains{FastWeights{}},
                               AnyChains{Tempered{}}, AnyChains{Exact{}});
  CHECK(learned(bars_and_stripes(3), {.chains = chains, .seed = 1}) > -3.5);
}

TEST_CASE("by default there are at least ten epochs and 11,000 updates", "[cd][defaults]") {
  CHECK(planned_epochs(automatic_epochs, 100, 60'000) == 19);
  CHECK(planned_epochs(automatic_epochs, 100, 1'000'000) == 10);
  CHECK(planned_epochs(automatic_epochs, 100, 101) == 5500);
  CHECK(planned_epochs(automatic_epochs, 100, 1) == 11'000);
  CHECK(planned_epochs(3, 100, 1) == 3);
  CHECK(planned_epochs(0, 100, 1) == 0);
}

}  // namespace test::training_defaults
