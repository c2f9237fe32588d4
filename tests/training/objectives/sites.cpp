// Some models; the other pairs are slow to compile, and in files of their own.
#include "training/objectives/sites.hpp"

using namespace test;

namespace test::training_objectives_sites {

TEMPLATE_TEST_CASE("objectives of conditionals follow their definitions", "[objective][oracle]",
                   (Pair<Spin, Bernoulli>), (Pair<AtMostOne, Bernoulli>)) {
  check_scores_of<TestType>(1);
}

TEST_CASE("grey levels are mixtures of a Bernoulli unit's states", "[objective][oracle]") {
  const auto rbm = small_rbm<BernoulliBernoulli>(4);
  check_scores(rbm, Eigen::MatrixXd{{0.25, 1}, {0, 0.5}, {1, 0.125}, {0.75, 0}});
}

TEST_CASE("a distribution over a categorical unit's states is a mixture of them", "[objective][oracle]") {
  const auto rbm = small_rbm<CategoricalBernoulli>(4);
  check_scores(rbm,
               Eigen::MatrixXd{{0.25, 1}, {0.25, 0}, {0.5, 0}, {0, 0.125}, {0.625, 0.125}, {0.375, 0.75}});
}

TEST_CASE("a part without units is passed over", "[objective][oracle]") {
  Pair<Mixed<Bernoulli, Categorical, Spin>, Bernoulli> rbm{{.visible = {0, {1, 3}, 2}, .hidden = 3}};
  randomise(rbm, 3);
  check_scores(rbm, Eigen::MatrixXd{{0}, {1}, {0}, {-1}, {1}});
}

}  // namespace test::training_objectives_sites
