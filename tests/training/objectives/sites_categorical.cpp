#include "training/objectives/sites.hpp"

using namespace test;

namespace test::training_objectives_sites_categorical {

TEMPLATE_TEST_CASE("objectives of categorical units' conditionals follow their definitions",
                   "[objective][oracle][slow]", CategoricalBernoulli, CategoricalGaussian,
                   CategoricalCategorical, (Pair<Categorical, Spin>), (Pair<Categorical, Poisson>),
                   (Pair<Categorical, Rectified>)) {
  check_scores_of<TestType>(1);
}

TEST_CASE("a distribution over a categorical unit's states is a mixture of them", "[objective][oracle]") {
  const auto rbm = small_rbm<CategoricalBernoulli>(4);
  check_scores(rbm,
               Eigen::MatrixXd{{0.25, 1}, {0.25, 0}, {0.5, 0}, {0, 0.125}, {0.625, 0.125}, {0.375, 0.75}});
}

}  // namespace test::training_objectives_sites_categorical
