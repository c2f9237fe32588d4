// What is expected of missing entries, in models that leave them out.
#include <harmonium/data/missing.hpp>
#include <harmonium/inference/ratings.hpp>

#include "support/catch.hpp"
#include "support/mixed.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::inference_ratings {

namespace {
const Cpu<double> on;

// E[unit | known], by the free energies of the model of the known units and that one.
template <class Model>
Eigen::VectorXd own_mean(const Model& rbm, const Eigen::VectorXd& v, Mask known, Index unit) {
  const Index group = rbm.visible.group;
  known.col(0).segment(unit * group, group).setOnes();
  const std::vector<Index> rows = harmonium::detail::rows_where(View<const bool>(known), true);
  Model own = rbm;
  own.visible = harmonium::detail::pick_rows(rbm.visible, View<const bool>(known), true);
  own.weights = rbm.weights(rows, Eigen::all).eval();
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(group);
  double total = 0;
  for_each_unit_kind(rbm.visible, [&](Index, Index, Index, const Eigen::MatrixXd& states) {
    for (Index k = 0; k < states.cols(); ++k) {
      Eigen::VectorXd x = v;
      x.segment(unit * group, group) = states.col(k);
      const double p = std::exp(-free_energy(own, Eigen::MatrixXd(x(rows)), on)(0, 0));
      sum += p * states.col(k);
      total += p;
    }
  });
  return sum / total;
}
}  // namespace

TEMPLATE_TEST_CASE("means of missing entries are exact", "[ratings][missing][oracle]", BernoulliBernoulli,
                   CategoricalBernoulli, CategoricalGaussian, BernoulliPoisson, SpinAtMostOne) {
  const auto rbm = small_rbm<TestType>(7, 0.9);
  const Eigen::MatrixXd v = some_states(rbm, 5, 3);
  const Index group = rbm.visible.group;
  Mask known = Mask::Ones(v.rows(), 5);
  known.middleRows(0, group).leftCols(3).setZero();
  known.middleRows(group, group).col(1).setZero();
  if (v.rows() > 2 * group) known.middleRows(2 * group, group).rightCols(3).setZero();
  known.col(4).setZero();  // nothing is known
  const Eigen::MatrixXd means = mean_missing(rbm, MissingData(v, known), on);
  for (Index c = 0; c < 5; ++c)
    for (Index unit = 0; unit < rbm.visible.units(); ++unit) {
      const Eigen::VectorXd here = means.col(c).segment(unit * group, group);
      const Eigen::VectorXd expected = known(unit * group, c)
                                           ? Eigen::VectorXd(v.col(c).segment(unit * group, group))
                                           : own_mean(rbm, v.col(c), Mask(known.col(c)), unit);
      CHECK(largest_difference(here, expected) < 1e-12);
    }
  CHECK(largest_difference(mean_missing(rbm, v, on), v) == 0);  // a matrix misses nothing
}

TEST_CASE("of other units the mean is that given the hidden units' means", "[ratings][missing]") {
  Table rbm{table_options};
  Dice dice(3);
  for_each_parameter(
      [&](const ParameterName&, Role, auto x) {
        for (Index i = 0; i < x.size(); ++i) x.data[i] = 0.5 * dice.normal();
      },
      rbm);
  Eigen::MatrixXd v(6, 2);
  v << 1, 0, 0, 1, 0, 1, 1, 0, 0, 0, 2.5, -1;
  Mask known = Mask::Ones(6, 2);
  known(5, 0) = false;
  known.col(1).segment(2, 3).setZero();
  const MissingData data(v, known);
  const Eigen::MatrixXd means = mean_missing(rbm, data, on);
  const Eigen::MatrixXd down = mean_visible(rbm, mean_hidden(rbm, KnownOnly(data), on), on);
  CHECK(std::abs(means(5, 0) - down(5, 0)) < 1e-14);
  CHECK(std::abs(means.col(1).segment(2, 3).sum() - 1) < 1e-12);
  CHECK(std::abs(means(3, 1) - down(3, 1)) > 1e-4);  // exact, and so another number
  CHECK(means.col(0).head(5) == v.col(0).head(5));
}

TEST_CASE("predicted ratings are the means of levels", "[ratings]") {
  const std::vector<Rating> some{{0, 0, 1}, {0, 1, 5}, {1, 2, 2.5}};
  const RatingData data(2, 3, {1, 2.5, 5}, some);
  Rbm<Categorical, Bernoulli> rbm{{.visible = {3, 3}, .hidden = 2, .seed = 1, .weight_scale = 1}};
  const Eigen::MatrixXf p = mean_missing(rbm, data);
  const Eigen::MatrixXd stars = predict_ratings(rbm, data);
  REQUIRE(stars.rows() == 3);
  REQUIRE(stars.cols() == 2);
  CHECK(stars(0, 0) == 1);
  CHECK(stars(1, 0) == 5);
  CHECK(stars(2, 1) == 2.5);
  CHECK(std::abs(stars(2, 0) - static_cast<double>(p(6, 0) + 2.5f * p(7, 0) + 5 * p(8, 0))) < 1e-6);
  // The same for a user alone.
  const RatingData fresh(1, 3, {1, 2.5, 5}, std::vector<Rating>{{0, 2, 2.5}});
  CHECK(largest_difference(predict_ratings(rbm, fresh), Eigen::MatrixXd(stars.col(1))) < 1e-6);

  // What the means leave over: without weights nothing is added to them.
  const CenteredRatings rest(data, rating_means(data));
  Rbm<Gaussian, Bernoulli> real{{.visible = 3, .hidden = 2, .weight_scale = 0}};
  const Eigen::MatrixXd by_means = predict_ratings(real, rest);
  CHECK(std::abs(by_means(2, 0) - rest.by_means(2, 0)) < 1e-6);
  CHECK(std::abs(by_means(1, 0) - 5) < 1e-6);

  CHECK_THROWS_MATCHES(predict_ratings(rbm, RatingData(1, 2, {1, 2, 3}, {})), ShapeError,
                       Message("predict_ratings: the data have 2 items with 3 levels, the model 3 with 3"));
  CHECK_THROWS_MATCHES(mean_levels(std::vector<double>{1, 2}, Eigen::MatrixXd(3, 1)), ShapeError,
                       Message("mean_levels: there are 3 rows, expected a multiple of the 2 levels"));
  // Of a unit some rows are known and others not.
  Eigen::MatrixXd twice = Eigen::MatrixXd::Zero(9, 2);
  twice(0, 0) = NAN;
  CHECK_THROWS_MATCHES(
      mean_missing(rbm, MissingData(twice)), ValueError,
      Message("mean_missing: rows 0 to 2 are one unit: all of them are known, or none, in column 0"));
}

}  // namespace test::inference_ratings
