// Contrastive divergence for all pairs of the first three unit types.
#include "bias.hpp"

using namespace test;

namespace test::training_gradient_bias {

TEMPLATE_TEST_CASE(
    "contrastive divergence has its exact expectation, and approaches the likelihood's gradient",
    "[cd][oracle][slow]", BernoulliBernoulli, BernoulliGaussian, BernoulliCategorical, GaussianBernoulli,
    GaussianGaussian, GaussianCategorical, CategoricalBernoulli, CategoricalGaussian,
    CategoricalCategorical) {
  check_bias(biased_rbm<TestType>());
}

}  // namespace test::training_gradient_bias
