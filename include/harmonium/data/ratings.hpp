/// \file
/// Ratings: which users gave which items how many stars. Most pairs have no rating, and take no memory.
#pragma once

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/view.hpp"
#include "host_block.hpp"

namespace harmonium {

/// One rating.
struct Rating {
  Index user = 0;    ///< from 0
  Index item = 0;    ///< from 0
  double value = 0;  ///< one of the levels
};

/// Ratings as samples with missing entries: a column for each user, a categorical unit for each item, whose
/// states are the levels (such as 1 to 5 stars). A `BatchSource` that also says which entries are known;
/// memory is that of the ratings.
///
///     const RatingData data(users, items, {1, 2, 3, 4, 5}, ratings);
///     Rbm<Categorical, Bernoulli> rbm{{.visible = {items, data.states()}, .hidden = 50}};
///     ContrastiveDivergence{rbm, {.chains = DataChains{}, .missing = Missing::left_out}}.fit(data);
class RatingData {
 public:
  /// \param levels all values that a rating may have, in ascending order; at least 2
  /// \throws ShapeError if there are no users or no items \throws ValueError if the levels are not in order
  /// \throws DataError if a rating's user, item or value is out of range, or a user has rated an item twice
  RatingData(Index users, Index items, std::vector<double> levels, std::span<const Rating> ratings)
      : items_(items), levels_(std::move(levels)) {
    constexpr const char* me = "RatingData";
    check<ShapeError>(users >= 1 && items >= 1, me, ": there are ", users, " users and ", items,
                      " items, expected at least 1 of each");
    check<ValueError>(levels_.size() >= 2, me, ": the number of levels is ", levels_.size(),
                      ", expected at least 2");
    for (std::size_t k = 0; k < levels_.size(); ++k)
      check<ValueError>(std::isfinite(levels_[k]) && (k == 0 || levels_[k] > levels_[k - 1]), me, ": level ",
                        k, " is ", levels_[k], ", expected finite numbers in ascending order");
    begins_.resize(static_cast<std::size_t>(users) + 1);
    for (std::size_t i = 0; i < ratings.size(); ++i) {
      const auto& [user, item, value] = ratings[i];
      check<DataError>(user >= 0 && user < users, me, ": rating ", i, " is by user ", user,
                       ", expected 0 to ", users - 1);
      check<DataError>(item >= 0 && item < items, me, ": rating ", i, " is of item ", item,
                       ", expected 0 to ", items - 1);
      check<DataError>(std::isfinite(value) && std::binary_search(levels_.begin(), levels_.end(), value), me,
                       ": rating ", i, " is ", value, ", which is not one of the levels");
      ++begins_[static_cast<std::size_t>(user) + 1];
    }
    for (std::size_t u = 1; u < begins_.size(); ++u) begins_[u] += begins_[u - 1];
    put_in_order(ratings);
    find_shares();
  }

  /// Number of users, which are the samples.
  Index size() const { return static_cast<Index>(begins_.size()) - 1; }
  /// Number of items, which are the visible units.
  Index items() const { return items_; }
  /// Number of levels, which are the states of a unit.
  Index states() const { return static_cast<Index>(levels_.size()); }
  /// Numbers per sample: `states()` for each item.
  Index rows() const { return items_ * states(); }
  /// All values that a rating may have, in ascending order.
  const std::vector<double>& levels() const { return levels_; }
  /// Number of ratings.
  Index count() const { return static_cast<Index>(entries_.size()); }
  /// Calls f(item, level) for each rating of a user, in the order of the items; levels are counted from 0.
  template <class F>
  void for_each_rating(Index user, F f) const {
    const auto u = static_cast<std::size_t>(user);
    for (std::size_t i = begins_[u]; i < begins_[u + 1]; ++i) f(entries_[i].item, entries_[i].level);
  }
  /// There are no labels.
  std::span<const int> labels() const { return {}; }

  /// out(:, i) = one-hot levels of user columns[i]; where there is no rating, the shares of the item's levels
  template <class B>
  void fill(const B& on, std::span<const Index> columns,
            View<typename B::Scalar, typename B::Memory> out) const {
    using T = typename B::Scalar;
    detail::write_block(on, out, [&](View<T> to) {
      for (Index i = 0; i < to.cols; ++i) {
        std::transform(shares_.begin(), shares_.end(), to.column(i), [](float x) { return T(x); });
        for_each_rating(columns[static_cast<std::size_t>(i)], [&](Index item, Index level) {
          T* const unit = to.column(i) + item * states();
          std::fill_n(unit, states(), T(0));
          unit[level] = T(1);
        });
      }
    });
  }
  /// out(:, i) = 1 in the rows of items that user columns[i] has rated, else 0
  template <class B>
  void fill_known(const B& on, std::span<const Index> columns,
                  View<typename B::Scalar, typename B::Memory> out) const {
    using T = typename B::Scalar;
    detail::write_block(on, out, [&](View<T> to) {
      for (Index i = 0; i < to.cols; ++i) {
        std::fill_n(to.column(i), to.rows, T(0));
        for_each_rating(columns[static_cast<std::size_t>(i)], [&](Index item, Index /*level*/) {
          std::fill_n(to.column(i) + item * states(), states(), T(1));
        });
      }
    });
  }

 private:
  struct Entry {
    Index item, level;
  };

  void put_in_order(std::span<const Rating> ratings) {
    entries_.resize(ratings.size());
    std::vector<std::size_t> next(begins_.begin(), begins_.end() - 1);
    for (const auto& [user, item, value] : ratings) {
      const auto level = std::lower_bound(levels_.begin(), levels_.end(), value) - levels_.begin();
      entries_[next[static_cast<std::size_t>(user)]++] = {item, static_cast<Index>(level)};
    }
    for (std::size_t u = 0; u + 1 < begins_.size(); ++u) {
      const auto from = entries_.begin() + static_cast<std::ptrdiff_t>(begins_[u]),
                 to = entries_.begin() + static_cast<std::ptrdiff_t>(begins_[u + 1]);
      std::sort(from, to, [](const Entry& a, const Entry& b) { return a.item < b.item; });
      const auto twice =
          std::adjacent_find(from, to, [](const Entry& a, const Entry& b) { return a.item == b.item; });
      if (twice != to)
        check<DataError>(false, "RatingData: user ", u, " has rated item ", twice->item, " twice");
    }
  }
  // The shares of each item's levels, with one more rating shared by all levels.
  void find_shares() {
    const auto k = static_cast<std::size_t>(states());
    std::vector<double> counts(static_cast<std::size_t>(rows()), 1.0 / static_cast<double>(k));
    for (const Entry& e : entries_) counts[static_cast<std::size_t>(e.item * states() + e.level)] += 1;
    shares_.resize(counts.size());
    for (std::size_t first = 0; first < counts.size(); first += k) {
      double total = 0;
      for (std::size_t i = first; i < first + k; ++i) total += counts[i];
      for (std::size_t i = first; i < first + k; ++i) shares_[i] = static_cast<float>(counts[i] / total);
    }
  }

  Index items_;
  std::vector<double> levels_;
  std::vector<std::size_t> begins_;  // of each user's entries
  std::vector<Entry> entries_;       // user by user, in the order of the items
  std::vector<float> shares_;        // of each item's levels, in place of a missing rating
};

}  // namespace harmonium
