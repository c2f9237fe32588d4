/// \file
/// How the cells of a column spell numbers or dates, found by looking at them. Plain numbers with a point are
/// the default, and are all that `csv_text` writes.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "../../core/error.hpp"
#include "date_pattern.hpp"
#include "number_spelling.hpp"

namespace harmonium {

/// Numbers, or dates if there is a pattern.
struct Spelling {
  NumberSpelling number = {};  ///< of numbers
  std::string date = {};       ///< the pattern of dates: see date_pattern.hpp
  /// Is it that of plain numbers?
  bool plain() const { return date.empty() && number == NumberSpelling{}; }
  /// Are all parts equal?
  bool operator==(const Spelling&) const = default;
};

/// The number that the whole text spells in this way; otherwise NaN.
inline double parse_spelled(std::string_view text, const Spelling& spelling) {
  return spelling.date.empty() ? parse_number(text, spelling.number) : parse_date(text, spelling.date);
}
/// A number spelled in this way; NaN is empty.
template <class T>
std::string spelled(T number, const Spelling& spelling) {
  return spelling.date.empty() ? spelled_number(number, spelling.number)
                               : date_text(static_cast<double>(number), spelling.date);
}

/// Its name, for people and for files: a pattern, or how 1234.5 is spelled, as in `1.234,5 %`.
inline std::string name_of(const Spelling& spelling) {
  if (!spelling.date.empty()) return spelling.date;
  const NumberSpelling& n = spelling.number;
  return n.before + '1' + (n.group != '\0' ? std::string(1, n.group) : "") + "234" + n.point + '5' + n.after;
}
/// The spelling of this name. \throws DataError if no spelling has it
inline Spelling spelling_named(const std::string& name) {
  const auto& patterns = detail::date_patterns();
  if (std::find(patterns.begin(), patterns.end(), name) != patterns.end()) return {.date = name};
  const auto is_sign = [](std::string_view text) {
    text = detail::without_blanks(text);
    const auto& signs = detail::number_signs;
    return text.empty() || std::find(signs.begin(), signs.end(), text) != signs.end();
  };
  const std::size_t one = name.find('1'), rest = name.find("234"), five = name.find('5');
  const bool has_digits = one != std::string::npos && rest != std::string::npos && five == rest + 4 &&
                          (rest == one + 1 || rest == one + 2);
  check<DataError>(has_digits, "'", name, "' is not a way to spell numbers or dates");
  Spelling spelling{{.point = name[rest + 3],
                     .group = rest == one + 2 ? name[one + 1] : '\0',
                     .before = name.substr(0, one),
                     .after = name.substr(five + 1)}};
  const NumberSpelling& n = spelling.number;
  const bool known = (n.point == '.' || n.point == ',') && n.group != n.point &&
                     std::string_view(",.' \0", 5).find(n.group) != std::string_view::npos &&
                     is_sign(n.before) && is_sign(n.after);
  check<DataError>(known, "'", name, "' is not a way to spell numbers or dates");
  return spelling;
}

/// Counts, cell by cell, in which ways a column could be spelled.
class SpellingVotes {
 public:
  /// A cell that is not missing.
  void add(std::string_view cell) {
    ++cells_;
    if (!cell.empty() && cell.find_first_not_of("0123456789") == std::string_view::npos) {
      ++digits_;
      return;
    }
    if (!may_be_number(cell)) return;
    if (numbers_ == 0) find_signs(cell);
    bool number = false;
    for (std::size_t i = 0; i < ways_.size(); ++i) {
      if (cell.find_first_of(",' \xc2\xe2") == std::string_view::npos && before_.empty() && after_.empty() &&
          ways_[i].point == '.' && ways_[i].group != '.') {  // fast for plain numbers
        if (i == 0 || number) {
          if (i == 0) number = !std::isnan(parse_number(cell));
          counts_[i] += number ? 1 : 0;
        }
        continue;
      }
      const bool fits = !std::isnan(parse_number(cell, spelling(i).number));
      counts_[i] += fits ? 1 : 0;
      number = number || fits;
    }
    if (number) {
      ++numbers_;
      return;
    }
    add_date(cell);
  }

  /// How many cells there were.
  std::int64_t cells() const { return cells_; }
  /// Does it speak for decimal commas (above 0), for points (below), or for neither? Where cells are
  /// separated by semicolons, "1,234" has a comma.
  int prefers_comma(char separator) const {
    const auto best = [&](bool comma) {
      std::int64_t most = 0;
      for (std::size_t i = 0; i < ways_.size(); ++i)
        if ((ways_[i].point == ',') == comma) most = std::max(most, counts_[i]);
      return most;
    };
    const std::int64_t commas = best(true), points = best(false);
    if (commas != points) return commas > points ? 1 : -1;
    return separator == ';' && counts_[comma_] > counts_[0] ? 1 : 0;
  }
  /// The spelling that most cells fit; of several that with this decimal point, and without groups. Plain
  /// unless it fits four cells in five.
  Spelling choose(bool comma) const {
    std::size_t best = comma ? comma_ : 0;
    for (std::size_t k = 0; k < ways_.size(); ++k) {
      const std::size_t i = comma ? (k + comma_) % ways_.size() : k;
      if (counts_[i] > counts_[best]) best = i;
    }
    const Date* date = best_date();
    if (date != nullptr && date->count > counts_[best] + digits_ && 5 * date->count >= 4 * cells_)
      return {.date = *date->pattern};
    const std::int64_t without_signs = before_.empty() && after_.empty() ? digits_ : 0;
    const bool mostly = 5 * (counts_[best] + without_signs) >= 4 * cells_ && cells_ > 0;
    return mostly ? spelling(best) : Spelling{};
  }
  /// Are there dates whose month and day cannot be told apart?
  bool ambiguous_date() const {
    const Date* best = best_date();
    if (best == nullptr || 5 * best->count < 4 * cells_) return false;
    for (const Date& other : dates_)
      if (&other != best && other.count == best->count && other.differs) return true;
    return false;
  }

 private:
  struct Way {
    char point, group;
  };
  static constexpr std::array<Way, 8> ways_ = {
      {{'.', '\0'}, {'.', ','}, {'.', '\''}, {'.', ' '}, {',', '\0'}, {',', '.'}, {',', '\''}, {',', ' '}}};
  static constexpr std::size_t comma_ = 4;  // the first way with one
  struct Date {
    const std::string* pattern;
    std::int64_t count = 0;
    bool differs = false;  // from the first one that fits, in some cell
  };

  Spelling spelling(std::size_t i) const { return {{ways_[i].point, ways_[i].group, before_, after_}}; }
  static bool may_be_number(std::string_view cell) {
    const auto digit = cell.find_first_of("0123456789");
    return digit <= 8 && cell.size() <= 100;
  }
  // What stands before and after the first number.
  void find_signs(std::string_view cell) {
    before_ = after_ = {};
    const auto is_sign = [](std::string_view text) {
      text = detail::without_blanks(text);
      return std::find(detail::number_signs.begin(), detail::number_signs.end(), text) !=
             detail::number_signs.end();
    };
    for (const std::string_view minus : {"-", "\u2212"})
      if (cell.starts_with(minus)) cell.remove_prefix(minus.size());
    std::size_t first = std::min(cell.find_first_of("0123456789.,+-"), cell.size());
    const std::size_t last = cell.find_last_of("0123456789");
    if (last == std::string_view::npos || first > last) return;
    if (is_sign(cell.substr(0, first))) before_ = cell.substr(0, first);
    if (is_sign(cell.substr(last + 1))) after_ = cell.substr(last + 1);
  }
  void add_date(std::string_view cell) {
    if (cell.size() < 4 || !(detail::is_digit(cell.front()))) return;
    if (dates_.empty())
      for (const std::string& pattern : detail::date_patterns())
        if (!std::isnan(parse_date(cell, pattern))) dates_.push_back({&pattern});
    double first = std::numeric_limits<double>::quiet_NaN();
    for (Date& date : dates_) {
      const double number = parse_date(cell, *date.pattern);
      if (std::isnan(number)) continue;
      ++date.count;
      if (std::isnan(first)) first = number;
      date.differs = date.differs || number != first;
    }
  }
  const Date* best_date() const {
    const Date* best = nullptr;
    for (const Date& date : dates_)
      if (best == nullptr || date.count > best->count) best = &date;
    return best;
  }

  std::int64_t cells_ = 0, digits_ = 0, numbers_ = 0;  // digits_: of cells that are nothing else
  std::array<std::int64_t, 8> counts_ = {};            // of all other numbers, by way
  std::string before_ = {}, after_ = {};
  std::vector<Date> dates_ = {};  // the patterns that the first date fits
};

}  // namespace harmonium
