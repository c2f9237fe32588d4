#include <harmonium/backend/cpu.hpp>
#include <harmonium/data/centered_ratings.hpp>
#include <harmonium/data/known_only.hpp>
#include <harmonium/data/ratings.hpp>
#include <harmonium/models/parameters.hpp>

#include "support/catch.hpp"
#include "support/device.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::data_ratings {

namespace {
const std::vector<Rating> five{{2, 1, 3}, {0, 0, 1}, {2, 0, 5}, {0, 2, 5}, {3, 1, 3}};
const std::vector<double> stars{1, 3, 5};
}  // namespace

TEST_CASE("ratings are samples of categorical units, most of which are missing", "[ratings][backend]") {
  const RatingData data(4, 3, stars, five);
  static_assert(BatchSource<RatingData, Device>);
  CHECK(data.rows() == 9);
  CHECK(data.size() == 4);
  CHECK(data.count() == 5);
  std::vector<std::pair<Index, Index>> of_two;
  data.for_each_rating(2, [&](Index item, Index level) { of_two.emplace_back(item, level); });
  CHECK(of_two == std::vector<std::pair<Index, Index>>{{0, 2}, {1, 1}});

  const std::vector<Index> columns{2, 1};
  Eigen::MatrixXf x(9, 2), known(9, 2), only(9, 2);
  const Device on = Device::all();
  Matrix<Device> there(9, 2);
  const auto get = [&](Eigen::MatrixXf& out) {
    HostMatrix<ScalarOf<Device>> host(9, 2);
    on.download(ConstViewOf<Device>(view_of(there)), View<ScalarOf<Device>>(host));
    out = host.cast<float>();
  };
  data.fill(on, columns, view_of(there));
  get(x);
  data.fill_known(on, columns, view_of(there));
  get(known);
  KnownOnly(data).fill(on, columns, view_of(there));
  get(only);
  Eigen::MatrixXf expected = Eigen::MatrixXf::Zero(9, 2);
  expected(2, 0) = expected(4, 0) = 1;
  CHECK(only == expected);
  Eigen::MatrixXf mask = Eigen::MatrixXf::Zero(9, 2);
  mask.col(0).head(6).setOnes();
  CHECK(known == mask);
  // What stands in: item 0 was given 1 and 5, with one more rating shared by all levels.
  const float third = 1.0f / 3;
  CHECK((x.col(1).head(3) - Eigen::Vector3f(1 + third, third, 1 + third) / 3).norm() < 1e-6f);
  CHECK((x.col(0).tail(3) - Eigen::Vector3f(third, third, 1 + third) / 2).norm() < 1e-6f);
  CHECK(x.col(0).head(6) == expected.col(0).head(6));
}

TEST_CASE("ratings are centered at what items and users add", "[ratings][backend]") {
  // Every user rates every item, and nothing but items and users matters.
  std::vector<Rating> all;
  for (Index user = 0; user < 3; ++user)
    for (Index item = 0; item < 2; ++item)
      all.push_back({user, item, static_cast<double>(1 + user + 3 * item)});
  const RatingData data(3, 2, {1, 2, 3, 4, 5, 6}, all);
  const RatingMeans means = rating_means(data, 0);
  CHECK(std::abs(means.mean - 3.5) < 1e-12);
  CHECK(std::abs(means.items[1] - 1.5) < 1e-12);
  const CenteredRatings rest(data, means);
  static_assert(BatchSource<CenteredRatings, Device>);
  for (const Rating& one : all) CHECK(std::abs(rest.by_means(one.item, one.user) - one.value) < 1e-12);
  // With two ratings more that add nothing, less is added; a new user has a mean of their own.
  const RatingMeans careful = rating_means(data);
  CHECK((careful.items[1] > 0.5 && careful.items[1] < 1.5));
  const RatingData fresh(1, 2, {1, 6}, std::vector<Rating>{{0, 1, 6}});
  const CenteredRatings of_fresh(fresh, means);
  CHECK(std::abs(of_fresh.by_means(0, 0) - (3.5 - 1.5 + 1)) < 1e-12);  // 6 is 1 more than the item's mean

  const Device on;
  const std::vector<Index> columns{0};
  Matrix<Device> x(2, 1), known(2, 1);
  of_fresh.fill(on, columns, view_of(x));
  of_fresh.fill_known(on, columns, view_of(known));
  Eigen::MatrixXd here(2, 2);
  on.download(ConstViewOf<Device>(view_of(x)), View<double>(here).columns(0, 1));
  on.download(ConstViewOf<Device>(view_of(known)), View<double>(here).columns(1, 1));
  CHECK(here(0, 0) == 0);
  CHECK(std::abs(here(1, 0)) < 1e-12);
  CHECK((here(0, 1) == 0 && here(1, 1) == 1));
  CHECK_THROWS_AS(CenteredRatings(RatingData(1, 3, {1, 2}, {}), means), ShapeError);
  CHECK_THROWS_AS(rating_means(RatingData(1, 3, {1, 2}, {})), DataError);
  CHECK_THROWS_AS(rating_means(data, -1), ValueError);
}

TEST_CASE("ratings that cannot be are refused", "[ratings][errors]") {
  const auto message = [](const auto& ratings) {
    return [&] { RatingData(4, 3, stars, std::vector<Rating>(ratings)); };
  };
  const auto with = [&](Rating one) {
    std::vector<Rating> all = five;
    all.push_back(one);
    return all;
  };
  CHECK_THROWS_MATCHES(message(with({4, 0, 1}))(), DataError,
                       Message("RatingData: rating 5 is by user 4, expected 0 to 3"));
  CHECK_THROWS_MATCHES(message(with({0, -1, 1}))(), DataError,
                       Message("RatingData: rating 5 is of item -1, expected 0 to 2"));
  CHECK_THROWS_MATCHES(message(with({1, 0, 2}))(), DataError,
                       Message("RatingData: rating 5 is 2, which is not one of the levels"));
  CHECK_THROWS_AS(message(with({1, 0, NAN}))(), DataError);
  CHECK_THROWS_MATCHES(message(with({2, 1, 5}))(), DataError,
                       Message("RatingData: user 2 has rated item 1 twice"));
  CHECK_THROWS_MATCHES(RatingData(0, 3, stars, {}), ShapeError,
                       Message("RatingData: there are 0 users and 3 items, expected at least 1 of each"));
  CHECK_THROWS_MATCHES(RatingData(1, 3, {1}, {}), ValueError,
                       Message("RatingData: the number of levels is 1, expected at least 2"));
  CHECK_THROWS_MATCHES(RatingData(1, 3, {1, 1}, {}), ValueError,
                       Message("RatingData: level 1 is 1, expected finite numbers in ascending order"));
}

}  // namespace test::data_ratings
