/// \file
/// Ratings without what is plain: some items are better than others, some users kinder. A model of the rest
/// has one number for each item rather than one for each level, and so fewer weights to learn from the same
/// few ratings.
#pragma once

#include <algorithm>
#include <span>
#include <vector>

#include "ratings.hpp"

namespace harmonium {

/// The mean of all ratings, and what each item adds to it.
struct RatingMeans {
  double mean = 0;            ///< of all ratings
  std::vector<double> items;  ///< what each item adds
  double extra = 2;           ///< ratings that add nothing, counted for each item and each user in addition

  /// What a user adds: the mean of their ratings less those of the items.
  double of_user(const RatingData& data, Index user) const {
    double sum = 0, count = extra;
    data.for_each_rating(user, [&](Index item, Index level) {
      sum += data.levels()[static_cast<std::size_t>(level)] - mean - items[static_cast<std::size_t>(item)];
      count += 1;
    });
    return count > 0 ? sum / count : 0;
  }
  /// What a user would give an item by these means alone.
  double of(Index item, double user_adds) const {
    return mean + items[static_cast<std::size_t>(item)] + user_adds;
  }
};

/// Fits what items and users add to the mean of all ratings, in turn. \throws DataError if there are no
/// ratings \throws ValueError unless `extra` is finite and at least 0
inline RatingMeans rating_means(const RatingData& data, double extra = 2) {
  check<DataError>(data.count() > 0, "rating_means: there are no ratings");
  check<ValueError>(extra >= 0 && std::isfinite(extra), "rating_means: extra is ", extra,
                    ", expected a number of at least 0");
  constexpr int rounds = 20;
  const auto value = [&](Index level) { return data.levels()[static_cast<std::size_t>(level)]; };
  RatingMeans means{.items = std::vector<double>(static_cast<std::size_t>(data.items())), .extra = extra};
  for (Index user = 0; user < data.size(); ++user)
    data.for_each_rating(user, [&](Index, Index level) { means.mean += value(level); });
  means.mean /= static_cast<double>(data.count());
  for (int round = 0; round < rounds; ++round) {
    std::vector<double> sums(means.items.size()), counts(sums.size(), extra);
    for (Index user = 0; user < data.size(); ++user) {
      const double adds = round == 0 ? 0 : means.of_user(data, user);
      data.for_each_rating(user, [&](Index item, Index level) {
        sums[static_cast<std::size_t>(item)] += value(level) - means.mean - adds;
        counts[static_cast<std::size_t>(item)] += 1;
      });
    }
    for (std::size_t i = 0; i < sums.size(); ++i) means.items[i] = counts[i] > 0 ? sums[i] / counts[i] : 0;
  }
  return means;
}

/// Ratings less what the means say, as samples with missing entries: a column for each user, a real number
/// for each item. A `BatchSource` for RBMs with `Gaussian` visible units; the ratings must outlive it.
///
///     const RatingMeans means = rating_means(data);
///     const CenteredRatings rest(data, means);
///     Rbm<Gaussian, Gaussian> rbm{{.visible = data.items(), .hidden = 6}};
class CenteredRatings {
 public:
  /// New users' ratings with the means of those that the model has learned from will do. \throws ShapeError
  /// if there are other items than the means have
  CenteredRatings(const RatingData& data, RatingMeans means) : data_(data), means_(std::move(means)) {
    check<ShapeError>(static_cast<Index>(means_.items.size()) == data.items(), "CenteredRatings: there are ",
                      data.items(), " items, and means of ", means_.items.size());
    for (Index user = 0; user < data.size(); ++user) users_.push_back(means_.of_user(data, user));
  }
  /// Number of items.
  Index rows() const { return data_.items(); }
  /// Number of users, which are the samples.
  Index size() const { return data_.size(); }
  /// There are no labels.
  std::span<const int> labels() const { return {}; }
  /// What a user would give an item by the means alone.
  double by_means(Index item, Index user) const {
    return means_.of(item, users_[static_cast<std::size_t>(user)]);
  }

  /// out(:, i) = ratings of user columns[i], less what the means say; 0 for items without a rating
  template <class B>
  void fill(const B& on, std::span<const Index> columns,
            View<typename B::Scalar, typename B::Memory> out) const {
    write(on, columns, out, [&](Index item, Index user, Index level) {
      return data_.levels()[static_cast<std::size_t>(level)] - by_means(item, user);
    });
  }
  /// out(:, i) = 1 for items that user columns[i] has rated, else 0
  template <class B>
  void fill_known(const B& on, std::span<const Index> columns,
                  View<typename B::Scalar, typename B::Memory> out) const {
    write(on, columns, out, [](Index, Index, Index) { return 1.0; });
  }

 private:
  template <class B, class Number>
  void write(const B& on, std::span<const Index> columns, View<typename B::Scalar, typename B::Memory> out,
             Number number) const {
    using T = typename B::Scalar;
    detail::write_block(on, out, [&](View<T> to) {
      for (Index i = 0; i < to.cols; ++i) {
        const Index user = columns[static_cast<std::size_t>(i)];
        std::fill_n(to.column(i), to.rows, T(0));
        data_.for_each_rating(
            user, [&](Index item, Index level) { to(item, i) = static_cast<T>(number(item, user, level)); });
      }
    });
  }

  const RatingData& data_;
  RatingMeans means_;
  std::vector<double> users_;  // what each adds
};

}  // namespace harmonium
