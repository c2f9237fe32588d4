#include "training/objectives/sites.hpp"

using namespace test;

namespace test::training_objectives_sites_mixed {

namespace {
template <class H>
void check_mixed(const LayerSize<H>& hidden) {
  Pair<Mixed<Bernoulli, Categorical, Spin, Quintic>, H> rbm{{.visible = {1, {1, 3}, 1, 1}, .hidden = hidden}};
  randomise(rbm, 3);
  check_scores(rbm, Eigen::MatrixXd{{1, 0.25}, {0, 0.5}, {1, 0.125}, {0, 0.375}, {-1, 0.5}, {-2, 1}});
}
}  // namespace

TEST_CASE("objectives of a mixed layer cover the units of all its parts", "[objective][oracle][slow]") {
  check_mixed<Bernoulli>(3);
  check_mixed<Gaussian>(1);
  check_mixed<Mixed<Categorical, Bernoulli>>({{1, 3}, 2});
  check_mixed<Mixed<Gaussian, Spin>>({1, 2});
}

}  // namespace test::training_objectives_sites_mixed
