#include "training/objectives/score.hpp"

using namespace test;

namespace test::training_objectives_score_finite {

TEST_CASE("score matching with finite hidden units follows its definition", "[objective][oracle]") {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    check_score_matching_of<Bernoulli>(4, seed);
    check_score_matching_of<Spin>(4, seed);
    check_score_matching_of<Categorical>({2, 3}, seed);
    check_score_matching_of<Quintic>(2, seed);
    check_score_matching_of<AtMostOne>({2, 2}, seed);
    check_score_matching_of<PlainBernoulli>(3, seed);
  }
}

}  // namespace test::training_objectives_score_finite
