/// \file
/// Lists of ratings: CSV files with a line `user,item,rating` for each rating, compressed with gzip or not.
/// Other columns, such as a time, are ignored.
///
///     const RatingList list = read_ratings("ratings.csv.gz");
///     const RatingData data = list.data();                        // samples for an RBM
#pragma once

#include <map>

#include "../../data/ratings.hpp"
#include "csv.hpp"
#include "gzip.hpp"

namespace harmonium {

/// Which columns are what, and what is known already.
struct RatingOptions {
  std::string user = {};                ///< the column of users; empty: the first one
  std::string item = {};                ///< the column of items; empty: the second one
  std::string rating = {};              ///< the column of ratings; empty: the third one
  std::vector<double> levels = {};      ///< all values that a rating may have; empty: those in the file
  std::vector<std::string> items = {};  ///< the items, in a model's order; empty: those in the file
  CsvOptions csv = {};                  ///< separator, header, limits
};

/// Ratings with the words that name users and items.
struct RatingList {
  std::vector<std::string> users;  ///< in the order in which they first appear
  std::vector<std::string> items;  ///< likewise, or as the options name them
  std::vector<double> levels;      ///< all values that a rating may have, in ascending order
  std::vector<Rating> ratings;     ///< in the order of the lines

  /// As samples: a column for each user, a categorical unit for each item.
  RatingData data() const {
    return {static_cast<Index>(users.size()), static_cast<Index>(items.size()), levels, ratings};
  }
  /// The index of an item. \throws DataError if there is no such item
  Index item(std::string_view word) const { return index_of("item", items, word); }
  /// The index of a user. \throws DataError if there is no such user
  Index user(std::string_view word) const { return index_of("user", users, word); }

 private:
  static Index index_of(const char* what, const std::vector<std::string>& words, std::string_view word) {
    const auto found = std::find(words.begin(), words.end(), word);
    check<DataError>(found != words.end(), "ratings: there is no ", what, " '", std::string(word), "'");
    return static_cast<Index>(found - words.begin());
  }
};

namespace detail {

/// Numbers words in the order in which they first appear.
class WordNumbers {
 public:
  explicit WordNumbers(std::vector<std::string> words = {}) : words_(std::move(words)) {
    for (const std::string& word : words_) numbers_.emplace(word, static_cast<Index>(numbers_.size()));
  }
  /// The number of a word, a new one if need be and if there may be new ones; otherwise -1.
  Index of(std::string_view word, bool may_be_new) {
    const auto found = numbers_.find(word);
    if (found != numbers_.end()) return found->second;
    if (!may_be_new) return -1;
    words_.emplace_back(word);
    return numbers_.emplace(word, static_cast<Index>(numbers_.size())).first->second;
  }
  std::vector<std::string> words() && { return std::move(words_); }

 private:
  std::vector<std::string> words_;
  std::map<std::string, Index, std::less<>> numbers_;  // a hash could be made to collide
};

/// The values that occur in a column. \throws DataError if a cell is not a number, or there are too many
inline std::vector<double> levels_in(const CsvTable& table, Index column) {
  constexpr std::size_t most = 100;
  std::vector<double> levels;
  for (Index row = 0; row < table.rows(); ++row) {
    const double value = parse_number(table.cell(row, column));
    if (std::isnan(value)) continue;  // reported with the other errors, line by line
    const auto at = std::lower_bound(levels.begin(), levels.end(), value);
    if (at == levels.end() || *at != value) levels.insert(at, value);
    check<DataError>(levels.size() <= most, "CSV file '", table.path(), "': column '",
                     table.names()[static_cast<std::size_t>(column)], "' has more than ", most,
                     " different numbers, too many for the levels of a rating; round them to fewer");
  }
  return levels;
}

/// The ratings of a table; see `read_ratings`.
inline RatingList ratings_in(const CsvTable& table, const RatingOptions& options) {
  check<DataError>(table.columns() >= 3, "CSV file '", table.path(), "': it has ", table.columns(),
                   " columns, expected at least 3: user, item, rating");
  const auto column = [&](const std::string& name, Index place) {
    return name.empty() ? place : table.column(name);
  };
  const Index user = column(options.user, 0), item = column(options.item, 1),
              rating = column(options.rating, 2);
  const std::string& title = table.names()[static_cast<std::size_t>(rating)];
  check<DataError>(!options.csv.header || std::isnan(parse_number(title)), "CSV file '", table.path(),
                   "': the first line should name the columns, but that of the ratings is called '", title,
                   "'; if the file has no header, set .csv.header = false");
  const auto fail = [&](Index row, Index at, const std::string& words) {
    throw DataError(table.place(row, at) + ": " + words);
  };
  RatingList list;
  list.levels = options.levels.empty() ? levels_in(table, rating) : options.levels;
  std::sort(list.levels.begin(), list.levels.end());
  WordNumbers users, items(options.items);
  std::map<std::pair<Index, Index>, Index> rows;  // of users and items
  for (Index row = 0; row < table.rows(); ++row) {
    const std::string_view who = table.cell(row, user), what = table.cell(row, item),
                           stars = table.cell(row, rating);
    if (is_missing(who)) fail(row, user, "the user is missing");
    if (is_missing(what)) fail(row, item, "the item is missing");
    const double value = parse_number(stars);
    if (is_missing(stars)) fail(row, rating, "the rating is missing");
    if (std::isnan(value)) fail(row, rating, "'" + std::string(stars) + "' is not a finite number");
    if (!std::binary_search(list.levels.begin(), list.levels.end(), value)) {
      std::string known;
      for (const double level : list.levels) known += (known.empty() ? "" : ", ") + csv_text(level);
      fail(row, rating, csv_text(value) + " is not one of the levels: " + known);
    }
    const Rating one{users.of(who, true), items.of(what, options.items.empty()), value};
    if (one.item < 0)
      fail(row, item,
           "'" + std::string(what) + "' is not one of the " + std::to_string(options.items.size()) +
               " items that are known");
    const auto [first, is_new] = rows.emplace(std::pair(one.user, one.item), row);
    if (!is_new)
      fail(row, item,
           "user '" + std::string(who) + "' has rated '" + std::string(what) + "' before, at " +
               table.place(first->second, item));
    list.ratings.push_back(one);
  }
  check<DataError>(list.levels.size() >= 2, "CSV file '", table.path(),
                   "': all ratings are equal; name the levels that a rating may have");
  list.users = std::move(users).words();
  list.items = std::move(items).words();
  return list;
}

}  // namespace detail

/// Reads ratings. For users whom a model has not seen, name the model's items and levels:
/// `read_ratings("new.csv", {.levels = list.levels, .items = list.items})`. \throws FileError as `parse_csv`,
/// or if the file cannot be read \throws DataError, with line and column, if a user or an item is missing, a
/// rating is not a number or not one of the levels, an item is not known, or a user has rated an item twice
inline RatingList read_ratings(const std::filesystem::path& path, const RatingOptions& options = {}) {
  return detail::ratings_in(
      parse_csv(detail::unpacked_text(path, options.csv.limits), options.csv, path.string()), options);
}

}  // namespace harmonium
