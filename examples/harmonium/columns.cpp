#include "columns.hpp"

#include <array>
#include <cstdio>
#include <harmonium/data/sparse.hpp>
#include <harmonium/io/formats/json_numbers.hpp>
#include <harmonium/models/standardized.hpp>
#include <harmonium/units/poisson.hpp>
#include <map>
#include <set>

using namespace harmonium;

namespace program {

namespace {

constexpr std::array<const char*, 6> kind_names = {"bernoulli", "categorical", "gaussian",
                                                   "poisson",   "constant",    "ignored"};

Kind kind_from(const std::string& name) {
  for (std::size_t i = 0; i < kind_names.size(); ++i)
    if (name == kind_names[i]) return static_cast<Kind>(i);
  throw ValueError(
      "'" + name +
      "' is not a kind of column, expected bernoulli, categorical, gaussian, poisson or ignored");
}

// The contents of a column.
struct Contents {
  Index known = 0, numbers = 0;
  bool whole = true, unit = true;  // are all numbers whole; between 0 and 1?
  int decimals = 0;                // largest number of decimals
  double least = 0, most = 0;
  std::map<std::string, Index> words;  // their counts, as long as there are no more than 1001 words
  Index odd_row = -1;                  // the first row that is not a number
};

// The columns of a sparse table, where a number that is not listed is 0. Words are not collected: no kind of
// column that such a table can have needs them.
std::vector<Contents> look_at_sparse(const Eigen::SparseMatrix<float>& samples) {
  std::vector<Contents> all(static_cast<std::size_t>(samples.rows()));
  for (Contents& c : all) c.known = c.numbers = samples.cols();
  for (Index sample = 0; sample < samples.cols(); ++sample)
    detail::for_each_stored(samples, sample, [&](Index column, float number) {
      Contents& c = all[static_cast<std::size_t>(column)];
      const auto x = static_cast<double>(number);
      c.least = std::min(c.least, x);
      c.most = std::max(c.most, x);
      c.whole = c.whole && x == std::floor(x);
      c.unit = c.unit && x >= 0 && x <= 1;
    });
  return all;
}

Contents look_at(const RawTable& table, Index column) {
  Contents c;
  for (Index row = 0; row < table.rows(); ++row) {
    if (table.missing(row, column)) continue;
    const double x = table.number(row, column);
    ++c.known;
    if (std::isfinite(x)) {
      c.least = c.numbers == 0 ? x : std::min(c.least, x);
      c.most = c.numbers == 0 ? x : std::max(c.most, x);
      c.whole = c.whole && x == std::floor(x);
      c.unit = c.unit && x >= 0 && x <= 1;
      ++c.numbers;
      if (!table.numeric())
        c.decimals =
            std::max(c.decimals, decimals_of(table.cell(row, column), table.spelling(column).number));
    } else if (c.odd_row < 0) {
      c.odd_row = row;
    }
    if (c.words.size() <= 1000) ++c.words[table.cell(row, column)];
  }
  if (c.numbers == c.known && c.words.size() <= 1000) {
    std::map<std::string, Index> words;
    const Spelling& spelling = table.spelling(column);
    for (const auto& [word, count] : c.words)
      words[table.numeric() ? word : spelled(parse_spelled(word, spelling), spelling)] += count;
    c.words = std::move(words);
  }
  return c;
}

// Words in the order of their states: numbers by size, text alphabetically.
std::vector<std::string> vocabulary(const Contents& c, const Spelling& spelling) {
  std::vector<std::string> words;
  for (const auto& [word, count] : c.words) words.push_back(word);
  if (c.numbers == c.known)
    std::sort(words.begin(), words.end(), [&](const std::string& a, const std::string& b) {
      return parse_spelled(a, spelling) < parse_spelled(b, spelling);
    });
  return words;
}

// "a number", "a number like 1.234,5", "a date or time like DD.MM.YYYY"
std::string like(const Spelling& spelling) {
  if (spelling.plain()) return "a number";
  return (spelling.date.empty() ? "a number like " : "a date or time like ") + name_of(spelling);
}

// What a guess is for.
enum class Part { visible, predicting, target };

Kind guess(const RawTable& table, Index column, const Contents& c, Part part, std::string& reason) {
  const auto distinct = static_cast<Index>(c.words.size());
  const auto because = [&](Kind kind, std::string why) {
    reason = std::move(why);
    return kind;
  };
  const Spelling& spelling = table.spelling(column);
  const std::string numbers = !spelling.date.empty()
                                  ? (is_time_of_day(spelling.date) ? "times (" : "dates (") + spelling.date +
                                        (is_time_of_day(spelling.date) ? "), as hours" : "), as days")
                              : spelling.plain() || spelling.number == NumberSpelling{.point = ','}
                                  ? std::string(spelling.plain() ? "numbers" : "numbers with a decimal comma")
                                  : "numbers like " + name_of(spelling);
  if (table.ambiguous_date(column) && distinct > 1)
    return because(Kind::ignored,
                   "dates that are day/month or month/day, which nobody can tell; write 2020-12-31");
  if (part == Part::target && distinct == 1)
    return because(Kind::constant, "always '" + c.words.begin()->first + "'");
  if (part == Part::target && c.known > 0 && c.numbers == c.known && distinct > 1) {
    if (!spelling.date.empty() && distinct > 2) return because(Kind::gaussian, numbers);
    if (distinct == 2) return because(Kind::categorical, "two different numbers");
    if (c.whole && distinct <= 12)
      return because(Kind::categorical, std::to_string(distinct) + " whole numbers");
    return because(Kind::gaussian, numbers);
  }
  if (table.grey()) return because(Kind::bernoulli, "grey levels from 0 to 255, as probabilities");
  if (c.known == 0) return because(Kind::ignored, "no value is known");
  if (table.numeric() && c.unit && c.numbers == c.known)
    return because(Kind::bernoulli, "numbers from 0 to 1");
  if (table.sparse() != nullptr) {
    const bool counts = c.whole && c.least >= 0;
    return counts ? because(Kind::poisson, "counts, most of them 0")
                  : because(Kind::gaussian, "numbers, most of them 0");
  }
  if (distinct == 1) return because(Kind::constant, "always '" + c.words.begin()->first + "'");
  if (part == Part::predicting && c.numbers == c.known && !c.unit && c.whole && distinct <= 12)
    return because(Kind::gaussian, numbers);
  if (part == Part::target && distinct == 2) return because(Kind::categorical, "2 words");
  if (distinct == 2)
    return because(Kind::bernoulli, c.words.begin()->first + " or " + c.words.rbegin()->first);
  if (c.numbers == c.known && !spelling.date.empty()) return because(Kind::gaussian, numbers);
  if (c.numbers == c.known) {
    if (c.whole && distinct <= 12)
      return because(Kind::categorical, std::to_string(distinct) + " whole numbers");
    if (c.whole && c.known > 20 && c.most - c.least == static_cast<double>(c.known - 1) &&
        (distinct == c.known || distinct > 1000))
      return because(Kind::ignored, "it counts the rows");
    return because(Kind::gaussian, numbers);
  }
  if (10 * c.numbers >= 8 * c.known)
    throw DataError(table.place(c.odd_row, column) + ": '" + table.cell(c.odd_row, column) + "' is not " +
                    like(spelling) +
                    ", as most of the column is. Correct it or leave the cell empty; if it is intended, "
                    "use --visible categorical:" +
                    table.names()[static_cast<std::size_t>(column)]);
  if (distinct == c.known && distinct > 5 && distinct <= 1000)
    return because(Kind::ignored, "all words are different: names of the rows");
  if (distinct > 1000 || (distinct > 20 && 2 * distinct > c.known))
    return because(Kind::ignored, (distinct > 1000 ? "more than 1000" : std::to_string(distinct)) +
                                      " different words: names rather than categories");
  return because(Kind::categorical, std::to_string(distinct) + " words");
}

// Kinds by column, from "gaussian:age..height,bernoulli:smoker". Names may contain commas and colons.
class Specification {
 public:
  Specification(const RawTable& table, const std::string& text) : table_(table), names_(table.names()) {
    if (table.has_labels()) names_.emplace_back(label_column);
    std::size_t longest = 0;  // item
    for (const std::string& name : names_) {
      columns_.emplace(name, columns_.size());
      longest = std::max(longest, 2 * name.size() + 2);
    }
    for (std::size_t at = 0; at < text.size();) {
      const std::size_t colon = text.find(':', at);
      if (colon != std::string::npos && colon - at <= 11 && is_kind(text.substr(at, colon - at))) {
        now_ = kind_from(text.substr(at, colon - at));
        at = colon + 1;
      }
      std::size_t end = std::min(text.find(',', at), text.size());
      const std::size_t first_end = end;
      while (!take(text.substr(at, end - at))) {
        if (end == text.size() || end - at > longest) fail(text.substr(at, first_end - at));
        end = std::min(text.find(',', end + 1), text.size());
      }
      at = end + 1;
    }
  }
  const std::map<std::string, Kind>& kinds() const { return kinds_; }

 private:
  static bool is_kind(const std::string& name) {
    return std::find(kind_names.begin(), kind_names.end(), name) != kind_names.end();
  }
  std::optional<std::size_t> find(const std::string& name) const {
    const auto found = columns_.find(name);
    if (found == columns_.end()) return {};
    return found->second;
  }
  // Is it a column, a range of columns, or all? Then these get the last kind named.
  bool take(const std::string& item) {
    std::optional<std::size_t> first = find(item), last = first;
    if (const std::size_t dots = item.find(".."); !first && dots != std::string::npos) {
      first = find(item.substr(0, dots));
      last = find(item.substr(dots + 2));
      if (!first || !last) return false;
      check<ValueError>(*first <= *last, "--visible: '", item, "' ends before it begins");
    }
    if (!first && item != "*") return false;
    check<ValueError>(now_.has_value(), "--visible: '", item,
                      "' has no kind before it, expected as in gaussian:age..height,bernoulli:smoker");
    if (item == "*" && !first) {
      for (const std::string& name : table_.names()) kinds_.try_emplace(name, *now_);
      return true;
    }
    for (std::size_t i = *first; i <= *last; ++i) kinds_[names_[i]] = *now_;
    return true;
  }
  [[noreturn]] void fail(const std::string& item) const {
    if (const std::size_t colon = item.find(':'); colon != std::string::npos)
      kind_from(item.substr(0, colon));
    throw ValueError("--visible: '" + table_.path() + "' has no column '" + item + "', but " +
                     some_names(table_.names()));
  }

  const RawTable& table_;
  std::vector<std::string> names_;                   // of all columns, labels included
  std::map<std::string_view, std::size_t> columns_;  // by name
  std::optional<Kind> now_;
  std::map<std::string, Kind> kinds_;
};

// Files and reports are UTF-8: better to find out now than when a trained model is to be saved.
void check_text(const RawTable& table, Index index, const Column& column) {
  const auto is_utf8 = [](const std::string& text) {
    try {
      static_cast<void>(nlohmann::ordered_json(text).dump());
      return true;
    } catch (const nlohmann::ordered_json::type_error&) {
      return false;
    }
  };
  constexpr const char* advice = " is not UTF-8. Save the table in that encoding.";
  check<DataError>(is_utf8(column.name), "'", table.path(), "': the name of column ", index + 1, advice);
  if (is_utf8(column.value) && std::all_of(column.words.begin(), column.words.end(), is_utf8)) return;
  for (Index row = 0; row < table.rows(); ++row)
    check<DataError>(is_utf8(table.cell(row, index)), table.place(row, index), ": the text", advice);
}

// Does the requested kind fit the contents?
void check_contents(const RawTable& table, Index index, const Contents& c, const Column& column) {
  const bool numbers = column.kind == Kind::gaussian || column.kind == Kind::poisson;
  check<DataError>(
      !numbers || !table.ambiguous_date(index), table.place(0, index), ": '", table.cell(0, index),
      "' and all other dates of the column could be day/month or month/day: write them as 2020-12-31");
  if (numbers && c.odd_row >= 0)
    throw DataError(table.place(c.odd_row, index) + ": '" + table.cell(c.odd_row, index) +
                    "' is not a number, and the column is " + name_of(column.kind));
  const std::string what =
      "column '" + column.name + "' of '" + table.path() + "' is " + name_of(column.kind);
  check<DataError>(column.kind == Kind::ignored || c.known > 0, what, ", but none of its values is known");
  check<DataError>(column.kind != Kind::bernoulli || table.grey() || c.words.size() <= 2 ||
                       (c.unit && c.numbers == c.known),
                   what, ", but has values other than two words or numbers from 0 to 1");
  check<DataError>(column.kind != Kind::bernoulli || table.grey() || c.words.size() != 1 ||
                       (c.unit && c.numbers == c.known),
                   what, ", but always the same word");
  check<DataError>(column.kind != Kind::categorical || c.words.size() <= 1000, what,
                   ", but has more than 1000 different values");
  check<DataError>(column.kind != Kind::poisson || (c.whole && c.least >= 0), what,
                   ", but has values other than whole numbers from 0");
  check<DataError>(column.kind != Kind::gaussian || c.least < c.most, what, ", but always the same");
  check<DataError>(table.sparse() == nullptr || index == table.columns() || column.kind == Kind::ignored ||
                       column.kind == Kind::poisson || column.kind == Kind::gaussian ||
                       (column.kind == Kind::bernoulli && c.unit),
                   what, ", which takes a table that lists all numbers");
}

}  // namespace

bool has_numeric_words(const Column& column) {
  return std::none_of(column.words.begin(), column.words.end(), [&](const std::string& word) {
    return std::isnan(parse_spelled(word, column.spelling));
  });
}
std::string word_at(const RawTable& table, Index row, Index index, const Spelling& spelling,
                    const Column& column, bool numeric_words) {
  if (!numeric_words) return table.cell(row, index);
  const double number = table.number(row, index, spelling);
  return std::isnan(number) ? table.cell(row, index) : spelled(number, column.spelling);
}
double number_from(const Column& column, const std::string& text) {
  const double number = parse_spelled(text, column.spelling);
  const bool may_be_plain = column.spelling.date.empty() && column.spelling.number.point != ',';
  return std::isnan(number) && may_be_plain ? parse_number(text) : number;
}
std::string number_of_this_kind(const Column& column) {
  return column.spelling.plain() ? "a number, of no more than 38 digits" : like(column.spelling);
}
std::string some_words(const Column& column) {
  std::string text;
  for (std::size_t k = 0; k < std::min<std::size_t>(column.words.size(), 12); ++k)
    text += (k == 0 ? "" : ", ") + column.words[k];
  return text + (column.words.size() > 12 ? ", ..." : "");
}

std::string some_names(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min<std::size_t>(names.size(), 50); ++i)
    text += (i > 0 ? ", '" : "'") + names[i] + "'";
  return text + (names.size() > 50 ? ", ..." : "");
}
std::string some_names(const Columns& columns) {
  std::vector<std::string> names;
  for (const Column& column : columns) names.push_back(column.name);
  return some_names(names);
}
const char* misfit(const Column& column, double x) {
  if (column.kind == Kind::bernoulli && (x < 0 || x > 1)) return "a number from 0 to 1";
  if (column.kind == Kind::poisson && (x < 0 || x != std::floor(x))) return "a whole number from 0";
  return nullptr;
}

const char* name_of(Kind kind) { return kind_names[static_cast<std::size_t>(kind)]; }

void to_json(nlohmann::ordered_json& json, const Column& c) {
  json = {{"name", c.name}, {"kind", name_of(c.kind)}};
  if (!c.words.empty()) json["words"] = c.words;
  if (c.mean != 0) json["mean"] = c.mean;
  if (c.scale != 1) json["scale"] = c.scale;
  if (c.decimals >= 0) json["decimals"] = c.decimals;
  if (c.kind == Kind::constant) json["value"] = c.value;
  if (!c.reason.empty()) json["reason"] = c.reason;
  if (!c.spelling.plain()) json["spelling"] = name_of(c.spelling);
}
void from_json(const nlohmann::ordered_json& json, Column& c) {
  c.name = json.at("name").get<std::string>();
  c.kind = kind_from(json.at("kind").get<std::string>());
  c.words = json.value("words", std::vector<std::string>());
  c.mean = json.value("mean", 0.0);
  c.scale = json.value("scale", 1.0);
  c.decimals = json.contains("decimals") ? whole_number<int>(json["decimals"]) : -1;
  c.value = json.value("value", std::string());
  c.reason = json.value("reason", std::string());
  if (json.contains("spelling")) c.spelling = spelling_named(json["spelling"].get<std::string>());
}

namespace {

constexpr std::size_t longest_description = std::size_t{1} << 25;

// Can the columns be encoded and decoded as they are described?
void check_columns(const Columns& columns) {
  std::set<std::string_view> names;
  for (const Column& c : columns) {
    const auto require = [&](bool condition, const char* what) {
      check<DataError>(condition, "column '", c.name, "' is ", name_of(c.kind), ", but ", what);
    };
    require(names.insert(c.name).second, "there is another one of this name");
    require(std::set<std::string_view>(c.words.begin(), c.words.end()).size() == c.words.size(),
            "a word is there twice");
    if (c.kind == Kind::categorical) {
      require(!c.words.empty(), "has no words");
    } else {
      require(c.words.empty() || (c.kind == Kind::bernoulli && c.words.size() == 2),
              "has words other than those for 0 and 1");
    }
    require(std::isfinite(c.mean) && std::isfinite(c.scale) && c.scale > 0,
            "its mean or its scale is not that of numbers");
    require(c.decimals >= -1 && c.decimals <= 17, "its numbers have more than 17 decimals");
  }
}

}  // namespace

std::string description_of(const Columns& columns) {
  try {
    std::string text = nlohmann::ordered_json(columns).dump();
    check<DataError>(text.size() <= longest_description, "the description of the columns takes ", text.size(),
                     " bytes, expected at most ", longest_description);
    return text;
  } catch (const nlohmann::ordered_json::type_error& error) {
    throw DataError(std::string("a column's name or one of its words is not UTF-8: ") + error.what());
  }
}

Columns columns_from(const std::string& description) {
  check<DataError>(description.size() <= longest_description, "the description of the columns is too long");
  auto columns = nlohmann::ordered_json::parse(description).get<Columns>();
  check_columns(columns);
  return columns;
}

Layout::Layout(const Columns& columns, Index most) {
  const auto size = [&](Kind kind) { return kind == Kind::categorical ? states : 1; };
  const std::pair<Kind, Index*> parts[] = {{Kind::bernoulli, &bernoulli},
                                           {Kind::categorical, &categorical},
                                           {Kind::gaussian, &gaussian},
                                           {Kind::poisson, &poisson}};
  for (const Column& c : columns) {
    if (c.kind == Kind::categorical) states = std::max(states, static_cast<Index>(c.words.size()));
    for (const auto& [kind, count] : parts) *count += c.kind == kind ? 1 : 0;
  }
  check<DataError>(rows() <= most, "its columns take ", rows(), " rows, the model has ", most);
  first.resize(columns.size(), -1);
  Index next = 0;
  for (const auto& [kind, count] : parts)
    for (std::size_t i = 0; i < columns.size(); ++i) {
      if (columns[i].kind != kind) continue;
      first[i] = next;
      next += size(kind);
      if (kind == Kind::categorical)
        for (auto k = static_cast<Index>(columns[i].words.size()); k < states; ++k)
          unused.push_back(first[i] + k);
    }
}

Columns choose_columns(const RawTable& table, const std::string& specification, const Columns& given,
                       const std::string& target) {
  const bool labelled = table.has_labels() && target == label_column;
  check<ValueError>(target.empty() || table.sparse() == nullptr || labelled, "--target: '", table.path(),
                    "' lists only the numbers that are not 0, so column '", target, "' cannot be predicted; ",
                    table.has_labels()
                        ? "--target alone predicts the label that each line begins with"
                        : "expected a table with all of them, such as CSV, or LIBSVM's labels");
  const Specification said(table, specification);
  const auto& kinds = said.kinds();
  std::map<std::string_view, const Column*> before;
  for (const Column& column : given) before.emplace(column.name, &column);
  Columns columns;
  columns.reserve(static_cast<std::size_t>(table.columns() + 1));
  const std::vector<Contents> sparse =
      table.sparse() != nullptr ? look_at_sparse(*table.sparse()) : std::vector<Contents>();
  for (Index i = 0; i < table.columns() + (labelled ? 1 : 0); ++i) {
    const bool label = i == table.columns();
    Column column{.name = label ? label_column : table.names()[static_cast<std::size_t>(i)]};
    const Contents c = sparse.empty() || label ? look_at(table, i) : sparse[static_cast<std::size_t>(i)];
    column.spelling = table.spelling(i);
    const auto known = before.find(column.name);
    if (const auto asked = kinds.find(column.name); asked != kinds.end()) {
      column.kind = asked->second;
      column.reason = "as requested";
    } else if (known != before.end()) {
      column.kind = known->second->kind;
      column.reason = known->second->reason;
    } else {
      const Part part = target.empty() || (labelled && !label) ? Part::visible
                        : column.name == target                ? Part::target
                                                               : Part::predicting;
      column.kind = guess(table, i, c, part, column.reason);
    }
    check_contents(table, i, c, column);
    const bool plain = c.unit && c.numbers == c.known;  // numbers from 0 to 1 are probabilities
    if (column.kind == Kind::categorical || (column.kind == Kind::bernoulli && !plain && !table.grey()))
      column.words = vocabulary(c, column.spelling);
    if (column.kind == Kind::bernoulli && table.grey()) column.scale = 255;
    if (column.kind == Kind::constant) column.value = c.words.begin()->first;
    if (column.kind == Kind::ignored || c.numbers < c.known) column.spelling = {};
    if (c.numbers == c.known && (!table.numeric() || c.whole)) column.decimals = c.decimals;
    check_text(table, i, column);
    columns.push_back(std::move(column));
  }
  check<DataError>(Layout(columns).rows() > 0, "'", table.path(), "' has no column to learn from:\n",
                   explain(columns));
  return columns;
}

std::string explain(const Columns& columns) {
  std::string text;
  for (const Kind kind :
       {Kind::bernoulli, Kind::categorical, Kind::gaussian, Kind::poisson, Kind::constant, Kind::ignored}) {
    std::string line;
    for (std::size_t i = 0; i < columns.size();) {  // merge neighbours of the same kind and reason
      std::size_t end = i + 1;
      while (end < columns.size() && columns[end].kind == columns[i].kind &&
             columns[end].reason == columns[i].reason)
        ++end;
      if (end - i <= 3) end = i + 1;
      if (columns[i].kind == kind)
        line += (line.empty() ? "" : ", ") + columns[i].name +
                (end > i + 1 ? ".." + columns[end - 1].name : "") + " (" + columns[i].reason + ")";
      i = end;
    }
    if (!line.empty())
      text += "  " + (name_of(kind) + std::string(13 - std::string(name_of(kind)).size(), ' ')) + line + '\n';
  }
  return text;
}

Samples Samples::subset(const std::vector<Index>& columns) const {
  Samples part;
  if (sparse) {
    Eigen::SparseMatrix<float> chosen = detail::chosen_columns(*sparse, columns);
    part.sparse.emplace().swap(chosen);
  } else {
    part.values = values(Eigen::all, columns);
    part.known = known(Eigen::all, columns);
  }
  return part;
}

void Samples::keep(const std::vector<Index>& columns) {
  if (!sparse) {
    *this = subset(columns);
    return;
  }
  int *const begins = sparse->outerIndexPtr(), *const indices = sparse->innerIndexPtr();
  float* const numbers = sparse->valuePtr();
  int next = 0;
  for (std::size_t i = 0; i < columns.size(); ++i) {  // to the left, over what is not kept
    const int from = begins[columns[i]], to = begins[columns[i] + 1];
    std::copy(indices + from, indices + to, indices + next);
    std::copy(numbers + from, numbers + to, numbers + next);
    begins[i] = next;
    next += to - from;
  }
  begins[columns.size()] = next;
  sparse->conservativeResize(rows(), static_cast<Index>(columns.size()));
  sparse->resizeNonZeros(next);
}

Eigen::MatrixXf Samples::dense() const {
  if (!sparse) return values;
  check<DataError>(static_cast<double>(rows()) * static_cast<double>(size()) <= 0x1p28, "there are ", size(),
                   " rows of ", rows(), " numbers, and this needs them all: ask it of fewer rows at a time");
  return *sparse;
}

std::vector<Index> Samples::whole_ones() const {
  std::vector<Index> whole;
  for (Index c = 0; sparse && c < size(); ++c) whole.push_back(c);
  for (Index c = 0; c < known.cols(); ++c)
    if (known.col(c).all()) whole.push_back(c);
  return whole;
}

namespace {
// Of all columns of a sparse table; nothing of another one.
detail::RowMoments sparse_moments(const RawTable& table) {
  if (table.sparse() == nullptr) return detail::RowMoments(0);
  const Eigen::SparseMatrix<float>& numbers = *table.sparse();
  Eigen::MatrixXd block(numbers.rows(), 1);
  return detail::moments_of_source(Cpu<double>(), SparseSource(numbers), View<double>(block));
}
}  // namespace

void standardize(const RawTable& table, Columns& columns) {
  const auto is_gaussian = [](const Column& column) { return column.kind == Kind::gaussian; };
  if (std::none_of(columns.begin(), columns.end(), is_gaussian)) return;
  const detail::RowMoments sparse = sparse_moments(table);
  for (Column& column : columns) {
    if (!is_gaussian(column)) continue;
    const Index index = table.column(column.name);
    // Of a sparse table, but for its labels, zeros stay zeros: only the scale changes.
    const bool shifted = table.sparse() == nullptr || index == table.columns();
    detail::RowMoments own(1);
    for (Index row = 0; row < table.rows() && shifted; ++row)
      if (!table.missing(row, index)) own.add(0, table.number(row, index), 1);
    const double mean = shifted ? own.mean()(0) : sparse.mean()(index),
                 spread = std::sqrt(shifted ? own.variance()(0) : sparse.variance()(index));
    check<DataError>(std::isnormal(spread) && std::isfinite(mean), "column '", column.name, "' of '",
                     table.path(), "' has numbers that are too large or too small to standardize: mean ",
                     mean, ", standard deviation ", spread);
    column.mean = shifted ? mean : 0;
    column.scale = spread;
  }
}

namespace {
// The same for a sparse table, whose numbers are replaced where they are, and taken. It may have fewer
// columns than the training table: the others are all 0.
Samples encode_sparse(const RawTable& table, Eigen::SparseMatrix<float>& numbers, const Columns& columns) {
  const Layout layout(columns);
  const Scaling scaling = scaling_of(columns);
  check<DataError>(table.columns() <= static_cast<Index>(columns.size()), "'", table.path(), "' has ",
                   table.columns(), " columns, the training table had ", columns.size());
  std::vector<std::pair<int, float>> entries;
  int* const begins = numbers.outerIndexPtr();
  int next = 0;
  for (Index row = 0; row < numbers.cols(); ++row) {
    entries.clear();
    detail::for_each_stored(numbers, row, [&](Index index, float number) {
      const auto place = static_cast<std::size_t>(index);
      const Column& column = columns[place];
      const Index first = layout.first[place];
      if (first < 0) return;
      const double x = scaling.to_model(first, static_cast<double>(number));
      if (const char* expected = misfit(column, x))
        throw DataError(table.place(row, index) + ": '" + csv_text(number) + "', expected " + expected);
      entries.emplace_back(static_cast<int>(first), static_cast<float>(x));
    });
    if (!std::is_sorted(entries.begin(), entries.end())) std::sort(entries.begin(), entries.end());
    begins[row] = next;
    for (const auto& [first, x] : entries) {
      numbers.innerIndexPtr()[next] = first;
      numbers.valuePtr()[next++] = x;
    }
  }
  begins[numbers.cols()] = next;
  numbers.resizeNonZeros(next);
  if (numbers.rows() != layout.rows()) numbers.conservativeResize(layout.rows(), numbers.cols());
  numbers.makeCompressed();
  Samples samples;
  samples.sparse.emplace().swap(numbers);
  return samples;
}
}  // namespace

Samples encode_table(RawTable&& table, const Columns& columns, bool limited) {
  if (table.sparse() == nullptr) return encode_table(table, columns, limited);
  Eigen::SparseMatrix<float> numbers = std::move(table).take_sparse();
  return encode_sparse(table, numbers, columns);
}

Samples encode_table(const RawTable& table, const Columns& columns, bool limited,
                     const std::string& unknown) {
  if (table.sparse() != nullptr) {
    Eigen::SparseMatrix<float> numbers = *table.sparse();
    return encode_sparse(table, numbers, columns);
  }
  const Layout layout(columns);
  constexpr Index most = (Index{1} << 32) / 5;  // numbers: a float and a bool each
  check<DataError>(layout.rows() <= most / table.rows(), "'", table.path(), "' makes ", table.rows(),
                   " samples of ", layout.rows(), " numbers, which take more than 4 GiB. A column of ",
                   layout.states,
                   " words makes every categorical column as wide: ignore it, --visible ignored:...");
  const Scaling scaling = scaling_of(columns);
  Samples samples{Eigen::MatrixXf::Zero(layout.rows(), table.rows())};
  samples.known.setConstant(layout.rows(), table.rows(), true);
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const Column& column = columns[i];
    if (layout.first[i] < 0) continue;
    const Index first = layout.first[i], size = column.kind == Kind::categorical ? layout.states : 1;
    const auto leave_out = [&](Index row, Index count) {
      samples.values.block(first, row, size, count).setConstant(std::numeric_limits<float>::quiet_NaN());
      samples.known.block(first, row, size, count).setConstant(false);
    };
    if (!unknown.empty() && column.name == unknown) {
      leave_out(0, table.rows());
      continue;
    }
    const Index index = table.column(column.name);
    std::map<std::string, Index> states;
    for (const std::string& word : column.words) states.emplace(word, static_cast<Index>(states.size()));
    const bool numeric_words = has_numeric_words(column);
    const Spelling spelling = table.spelling_like(index, column.spelling);
    const auto fail = [&](Index row, const std::string& expected) {
      throw DataError(table.place(row, index) + ": '" + table.cell(row, index) + "', expected " + expected);
    };
    std::vector<Index> strange;  // rows with a word that training had not
    Index present = 0;
    for (Index row = 0; row < table.rows(); ++row) {
      auto values = samples.values.col(row).segment(first, size);
      if (table.missing(row, index)) {
        leave_out(row, 1);
      } else if (!states.empty()) {
        ++present;
        const auto state = states.find(word_at(table, row, index, spelling, column, numeric_words));
        if (state == states.end()) {
          strange.push_back(row);
          leave_out(row, 1);
        } else if (column.kind == Kind::categorical) {
          values(state->second) = 1;
        } else {
          values(0) = static_cast<float>(state->second);
        }
      } else {
        double x = scaling.to_model(first, table.number(row, index, spelling));
        if (!std::isfinite(static_cast<float>(x))) fail(row, number_of_this_kind(column));
        if (limited && column.kind == Kind::gaussian) x = std::clamp(x, -5.0, 5.0);
        if (limited && column.kind == Kind::bernoulli) x = std::clamp(x, 0.0, 1.0);
        if (const char* expected = misfit(column, x)) fail(row, expected);
        values(0) = static_cast<float>(x);
      }
    }
    if (strange.empty()) continue;
    const Index one = strange.front();
    if (2 * static_cast<Index>(strange.size()) > present)  // another table, or another column
      fail(one, "a word known from training: " + some_words(column));
    std::fprintf(stderr, "harmonium: %s: '%s' is not known from training; missing (%zu cells of that kind)\n",
                 table.place(one, index).c_str(), table.cell(one, index).c_str(), strange.size());
  }
  return samples;
}

namespace {
// Of words that are numbers.
double mean_of_words(const Column& column, const Eigen::VectorXf& shares) {
  double sum = 0, total = 0;
  for (std::size_t k = 0; k < column.words.size(); ++k) {
    const auto share = static_cast<double>(shares(static_cast<Index>(k)));
    sum += share * number_from(column, column.words[k]);
    total += share;
  }
  return sum / total;
}
}  // namespace

char separator_of(const Columns& columns) {
  return std::any_of(columns.begin(), columns.end(),
                     [](const Column& c) { return c.spelling.number.point == ','; })
             ? ';'
             : ',';
}

std::string number_text_of(const Column& column, double number, bool as_drawn) {
  if (!column.spelling.date.empty()) return spelled(number, column.spelling);
  if (!as_drawn || column.decimals < 0 || column.decimals >= 6)
    return spelled(static_cast<float>(number), column.spelling);
  const double power = std::pow(10.0, column.decimals);
  return spelled(std::round(number * power) / power + 0.0, column.spelling);  // not -0
}

Scaling scaling_of(const Columns& columns) {
  const Layout layout(columns);
  Scaling scaling(ScalingOptions{layout.rows()});
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (layout.first[i] >= 0 && columns[i].kind != Kind::categorical) {
      scaling.shift(layout.first[i]) = columns[i].mean;
      scaling.scale(layout.first[i]) = columns[i].scale;
    }
  return scaling;
}

void set_scaling(Columns& columns, const Scaling& scaling) {
  const Layout layout(columns);
  check<DataError>(scaling.rows() == layout.rows(), "its scaling has ", scaling.rows(),
                   " rows, its columns take ", layout.rows());
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (layout.first[i] >= 0 && columns[i].kind != Kind::categorical) {
      columns[i].mean = scaling.shift(layout.first[i]);
      columns[i].scale = scaling.scale(layout.first[i]);
    }
}

Eigen::VectorXd log_scales(const Columns& columns) {
  const Layout layout(columns);
  const Layer<Mixed<Bernoulli, Categorical, Gaussian, Poisson>> visible(
      {layout.bernoulli, {layout.categorical, layout.states}, layout.gaussian, layout.poisson});
  return harmonium::log_scales(visible, scaling_of(columns));
}

std::string decode_table(const Columns& columns, const Eigen::MatrixXf& values, Decoded what) {
  const Layout layout(columns);
  const Scaling scaling = scaling_of(columns);
  std::vector<std::string> cells;
  for (const Column& column : columns)
    if (column.kind != Kind::ignored) cells.push_back(column.name);
  const char separator = separator_of(columns);
  std::string text = csv_line(cells, separator);
  for (Index sample = 0; sample < values.cols(); ++sample) {
    cells.clear();
    for (std::size_t i = 0; i < columns.size(); ++i) {
      const Column& column = columns[i];
      if (column.kind == Kind::ignored) continue;
      if (column.kind == Kind::constant) {
        cells.push_back(column.value);
        continue;
      }
      const Index first = layout.first[i];
      const float x = values(first, sample);
      if (column.kind == Kind::categorical) {
        const auto shares = values.col(sample).segment(first, static_cast<Index>(column.words.size()));
        Index most = 0;
        shares.maxCoeff(&most);
        cells.push_back(what == Decoded::expected && has_numeric_words(column)
                            ? number_text_of(column, mean_of_words(column, shares), false)
                            : column.words[static_cast<std::size_t>(most)]);
      } else if (!column.words.empty() && what == Decoded::expected && has_numeric_words(column)) {
        cells.push_back(number_text_of(column, mean_of_words(column, Eigen::Vector2f(1 - x, x)), false));
      } else if (!column.words.empty()) {
        cells.push_back(column.words[x > 0.5f ? 1 : 0]);
      } else {
        cells.push_back(
            number_text_of(column, scaling.to_data(first, static_cast<double>(x)), what == Decoded::draws));
      }
    }
    text += csv_line(cells, separator);
  }
  return text;
}

}  // namespace program
