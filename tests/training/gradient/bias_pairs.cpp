// Contrastive divergence for pairs with a Spin, Rectified or Poisson layer that can be normalized for any
// weights, or for small ones; and for mixed layers.
#include "bias.hpp"

using namespace test;

namespace test::training_gradient_bias_pairs {

TEMPLATE_PRODUCT_TEST_CASE(
    "contrastive divergence approaches the likelihood's gradient", "[cd][oracle][slow]", Pair,
    ((Spin, Bernoulli), (Spin, Gaussian), (Spin, Categorical), (Spin, Spin), (Spin, Rectified),
     (Spin, Poisson), (Rectified, Bernoulli), (Rectified, Gaussian), (Rectified, Categorical),
     (Rectified, Spin), (Rectified, Rectified), (Poisson, Bernoulli), (Poisson, Categorical), (Poisson, Spin),
     (Bernoulli, Spin), (Bernoulli, Rectified), (Bernoulli, Poisson), (Gaussian, Spin), (Gaussian, Rectified),
     (Categorical, Spin), (Categorical, Rectified), (Categorical, Poisson))) {
  check_bias(biased_rbm<TestType>());
}

TEMPLATE_TEST_CASE("contrastive divergence of mixed layers approaches the likelihood's gradient",
                   "[cd][mixed][oracle][slow]", Table, Features) {
  check_bias(small_model<TestType>(12, 0.6));
}

}  // namespace test::training_gradient_bias_pairs
