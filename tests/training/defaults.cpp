// What a user gets who sets nothing.
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"

using namespace harmonium;

namespace test::training_defaults {

TEST_CASE("by default there are at least ten epochs and 11,000 updates", "[cd][defaults]") {
  CHECK(planned_epochs(automatic_epochs, 100, 60'000) == 19);
  CHECK(planned_epochs(automatic_epochs, 100, 1'000'000) == 10);
  CHECK(planned_epochs(automatic_epochs, 100, 101) == 5500);
  CHECK(planned_epochs(automatic_epochs, 100, 1) == 11'000);
  CHECK(planned_epochs(3, 100, 1) == 3);
  CHECK(planned_epochs(0, 100, 1) == 0);
}

}  // namespace test::training_defaults
