// Ratings of a planted model: five stars, 1,000 users, 500 items, 92 % missing. An RBM of each user's own
// items against means, and against alternating least squares.
#include <Eigen/Cholesky>
#include <harmonium/data/missing.hpp>
#include <harmonium/inference/ratings.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/dice.hpp"

using namespace harmonium;
using namespace test;

namespace test::long_runs_ratings {

namespace {

constexpr Index users = 1000, items = 500;

struct Planted {
  std::vector<Rating> train, test;
};

// Stars are the rounded sum of an item's mean, a user's mean, the product of four taste factors, and noise.
Planted planted(std::uint64_t seed) {
  Dice dice(seed);
  constexpr Index factors = 4;
  const auto normal = [&](Index rows, Index cols, double spread) {
    Eigen::MatrixXd x(rows, cols);
    for (double& number : x.reshaped()) number = spread * dice.normal();
    return x;
  };
  const Eigen::MatrixXd tastes = normal(factors, users, 0.4), traits = normal(factors, items, 1),
                        user_means = normal(users, 1, 0.3), item_means = normal(items, 1, 0.5);
  Planted ratings;
  for (Index user = 0; user < users; ++user)
    for (Index item = 0; item < items; ++item) {
      const double number = 3.3 + user_means(user) + item_means(item) +
                            tastes.col(user).dot(traits.col(item)) + 0.6 * dice.normal();
      const Rating one{user, item, std::clamp(std::round(number), 1.0, 5.0)};
      const double draw = dice.uniform();
      if (draw < 0.08)
        ratings.train.push_back(one);
      else if (draw < 0.1)
        ratings.test.push_back(one);
    }
  return ratings;
}

double rmse(const Eigen::MatrixXd& predicted, const std::vector<Rating>& ratings) {
  double sum = 0;
  for (const Rating& one : ratings) sum += std::pow(predicted(one.item, one.user) - one.value, 2);
  return std::sqrt(sum / static_cast<double>(ratings.size()));
}

// The mean of all ratings, and what each item and each user adds to it, as if each had two ratings more that
// add nothing.
Eigen::MatrixXd by_means(const std::vector<Rating>& ratings) {
  double mean = 0;
  for (const Rating& one : ratings) mean += one.value / static_cast<double>(ratings.size());
  Eigen::VectorXd of_items = Eigen::VectorXd::Zero(items), of_users = Eigen::VectorXd::Zero(users);
  for (int round = 0; round < 20; ++round) {
    Eigen::VectorXd sum = Eigen::VectorXd::Zero(items), count = Eigen::VectorXd::Constant(items, 2);
    for (const Rating& one : ratings) {
      sum(one.item) += one.value - mean - of_users(one.user);
      count(one.item) += 1;
    }
    of_items = sum.cwiseQuotient(count);
    sum = Eigen::VectorXd::Zero(users), count = Eigen::VectorXd::Constant(users, 2);
    for (const Rating& one : ratings) {
      sum(one.user) += one.value - mean - of_items(one.item);
      count(one.user) += 1;
    }
    of_users = sum.cwiseQuotient(count);
  }
  return (Eigen::MatrixXd::Constant(items, users, mean).colwise() + of_items).rowwise() +
         of_users.transpose();
}

// Alternating least squares of what the means leave over (Zhou et al., 2008).
Eigen::MatrixXd by_least_squares(const std::vector<Rating>& ratings, const Eigen::MatrixXd& means,
                                 Index factors, double ridge) {
  using List = std::vector<std::pair<Index, double>>;
  std::vector<List> of_user(users), of_item(items);
  for (const Rating& one : ratings) {
    const double rest = one.value - means(one.item, one.user);
    of_user[static_cast<std::size_t>(one.user)].emplace_back(one.item, rest);
    of_item[static_cast<std::size_t>(one.item)].emplace_back(one.user, rest);
  }
  Dice dice(5);
  Eigen::MatrixXd a(factors, users), b(factors, items);
  for (double& number : b.reshaped()) number = 0.1 * dice.normal();
  const auto solve = [&](Eigen::MatrixXd& out, const Eigen::MatrixXd& other, const std::vector<List>& lists) {
    for (Index i = 0; i < out.cols(); ++i) {
      Eigen::MatrixXd products = ridge * Eigen::MatrixXd::Identity(factors, factors);
      Eigen::VectorXd target = Eigen::VectorXd::Zero(factors);
      for (const auto& [j, rest] : lists[static_cast<std::size_t>(i)]) {
        products += other.col(j) * other.col(j).transpose();
        target += rest * other.col(j);
      }
      out.col(i) = products.llt().solve(target);
    }
  };
  for (int round = 0; round < 20; ++round) {
    solve(a, b, of_user);
    solve(b, a, of_item);
  }
  return means + b.transpose() * a;
}

}  // namespace

TEST_CASE("an RBM of each user's own items predicts ratings nearly as well as least squares",
          "[ratings][slow]") {
  const Planted ratings = planted(1);
  const std::vector<double> stars{1, 2, 3, 4, 5};
  const RatingData data(users, items, stars, ratings.train);
  REQUIRE(static_cast<double>(data.count()) < 0.083 * users * items);
  const double means = rmse(by_means(ratings.train), ratings.test);
  double least_squares = means;  // the best of several: of the planted number of factors, and others
  for (const Index factors : {3, 4, 6})
    for (const double ridge : {2.0, 4.0, 8.0})
      least_squares = std::min(
          least_squares,
          rmse(by_least_squares(ratings.train, by_means(ratings.train), factors, ridge), ratings.test));

  const CenteredRatings rest(data, rating_means(data));
  Rbm<Gaussian, Gaussian> rbm{{.visible = items, .hidden = 4, .seed = 1}};
  ContrastiveDivergence{rbm,
                        {.epochs = 60,
                         .batch_size = 50,
                         .steps = 1,
                         .chains = DataChains{},
                         .optimizer = Momentum{.rate = linear(0.2, 0)},
                         .weight_decay = 1e-3,
                         .missing = Missing::left_out,
                         .seed = 1}}
      .fit(rest);
  const double learned = rmse(predict_ratings(rbm, rest), ratings.test);
  WARN("means " << means << ", least squares " << least_squares << ", RBM " << learned);
  CHECK(learned < 0.9 * means);
  CHECK(learned < 1.05 * least_squares);
  // The library's means are those of this test.
  Eigen::MatrixXd same(items, users);
  for (Index user = 0; user < users; ++user)
    for (Index item = 0; item < items; ++item) same(item, user) = rest.by_means(item, user);
  CHECK(std::abs(rmse(same, ratings.test) - means) < 0.01);
}

}  // namespace test::long_runs_ratings
