// All pairs with a Spin, Rectified, dReLU or Poisson layer. Conditionals and free energies exist whether or
// not the joint distribution can be normalized.
#include "pairs.hpp"

using namespace test;

namespace test::models_pairs {

TEMPLATE_PRODUCT_TEST_CASE("an RBM agrees with the enumeration", "[rbm][oracle][slow]", Pair,
                           ((Spin, Bernoulli), (Spin, Gaussian), (Spin, Categorical), (Spin, Spin),
                            (Spin, Rectified), (Spin, Poisson), (Rectified, Bernoulli), (Rectified, Gaussian),
                            (Rectified, Categorical), (Rectified, Spin), (Rectified, Rectified),
                            (Rectified, Poisson), (Poisson, Bernoulli), (Poisson, Gaussian),
                            (Poisson, Categorical), (Poisson, Spin), (Poisson, Rectified), (Poisson, Poisson),
                            (Bernoulli, Spin), (Bernoulli, Rectified), (Bernoulli, Poisson), (Gaussian, Spin),
                            (Gaussian, Rectified), (Gaussian, Poisson), (Categorical, Spin),
                            (Categorical, Rectified), (Categorical, Poisson), (Categorical, Drelu),
                            (Drelu, Bernoulli))) {
  check_means<TestType>();
  check_draws<TestType>();
  check_energies<TestType>();
  check_statistics<TestType>();
}

}  // namespace test::models_pairs
