#include "training/objectives/sites.hpp"

using namespace test;

namespace test::training_objectives_sites_categorical {

TEMPLATE_TEST_CASE("objectives of categorical units' conditionals follow their definitions",
                   "[objective][oracle][slow]", CategoricalBernoulli, CategoricalGaussian,
                   CategoricalCategorical, (Pair<Categorical, Spin>), (Pair<Categorical, Poisson>),
                   (Pair<Categorical, Rectified>)) {
  check_scores_of<TestType>(1);
}

}  // namespace test::training_objectives_sites_categorical
