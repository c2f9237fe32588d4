#include "training/objectives/sites.hpp"

using namespace test;

namespace test::training_objectives_sites_spin {

TEMPLATE_TEST_CASE("objectives of spins' conditionals follow their definitions", "[objective][oracle][slow]",
                   (Pair<Spin, Spin>), (Pair<Spin, Categorical>), SpinRectified, SpinAtMostOne,
                   (Pair<Spin, Gaussian>), (Pair<Spin, Poisson>)) {
  check_scores_of<TestType>(1);
}

}  // namespace test::training_objectives_sites_spin
