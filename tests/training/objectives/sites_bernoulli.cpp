#include "training/objectives/sites.hpp"

using namespace test;

namespace test::training_objectives_sites_bernoulli {

TEMPLATE_TEST_CASE("objectives of Bernoulli units' conditionals follow their definitions",
                   "[objective][oracle][slow]", BernoulliBernoulli, BernoulliGaussian, BernoulliCategorical,
                   BernoulliPoisson, (Pair<Bernoulli, Spin>), (Pair<Bernoulli, Rectified>)) {
  check_scores_of<TestType>(1);
}

TEST_CASE("grey levels are mixtures of a Bernoulli unit's states", "[objective][oracle]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(4);
  check_scores(rbm, Eigen::MatrixXd{{0.25, 1}, {0, 0.5}, {1, 0.125}, {0.75, 0}});
}

}  // namespace test::training_objectives_sites_bernoulli
