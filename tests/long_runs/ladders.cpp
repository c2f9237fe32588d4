// What the ladder of a trajectory's chains knows of log Z, over a hundred seeds.
#include "support/ladders.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace test::long_runs_ladders {

TEMPLATE_TEST_CASE("intervals of the ladder's log Z hold as often as they should",
                   "[trajectory][oracle][slow]", BernoulliBernoulli, CategoricalBernoulli, QuinticBernoulli) {
  TestType model = small_rbm<TestType>(6);
  model.weights *= 3;
  const double exact = oracle::log_z(oracle_of(model));
  int inside = 0;
  for (std::uint64_t seed = 0; seed < 100; ++seed) {
    const LogZEstimate estimate = ladder_to(model, 3, 50, 4, seed).log_z();
    REQUIRE(estimate.standard_error > 0);
    inside += std::abs(estimate.log_z - exact) < 1.96 * estimate.standard_error ? 1 : 0;
  }
  CHECK(inside >= 90);
  CHECK(inside <= 99);
}

}  // namespace test::long_runs_ladders
