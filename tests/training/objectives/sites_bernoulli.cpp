#include "training/objectives/sites.hpp"

using namespace test;

namespace test::training_objectives_sites_bernoulli {

TEMPLATE_TEST_CASE("objectives of Bernoulli units' conditionals follow their definitions",
                   "[objective][oracle][slow]", BernoulliBernoulli, BernoulliGaussian, BernoulliCategorical,
                   BernoulliPoisson, (Pair<Bernoulli, Spin>), (Pair<Bernoulli, Rectified>)) {
  check_scores_of<TestType>(1);
}

}  // namespace test::training_objectives_sites_bernoulli
