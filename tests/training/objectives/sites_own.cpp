#include "training/objectives/sites.hpp"

using namespace test;

namespace test::training_objectives_sites_own {

TEMPLATE_TEST_CASE("objectives of a user's finite units' conditionals follow their definitions",
                   "[objective][oracle][slow]", QuinticBernoulli, (Pair<Quintic, Spin>),
                   (Pair<Quintic, Categorical>), (Pair<Quintic, Gaussian>), (Pair<AtMostOne, Poisson>),
                   (Pair<AtMostOne, Rectified>), (Pair<AtMostOne, Quintic>)) {
  check_scores_of<TestType>(1);
}

}  // namespace test::training_objectives_sites_own
