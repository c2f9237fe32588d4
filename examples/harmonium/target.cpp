#include "target.hpp"

#include <algorithm>
#include <cmath>
#include <map>

using namespace harmonium;

namespace program {

Answers Answers::subset(const std::vector<Index>& rows) const {
  Answers part;
  for (const Index row : rows)
    if (!labels.empty()) part.labels.push_back(labels[static_cast<std::size_t>(row)]);
  if (numbers.size() > 0) part.numbers = numbers(rows);
  return part;
}

std::vector<Index> Answers::known() const {
  std::vector<Index> rows;
  for (std::size_t i = 0; i < labels.size(); ++i)
    if (labels[i] >= 0) rows.push_back(static_cast<Index>(i));
  for (Index i = 0; i < numbers.size(); ++i)
    if (!std::isnan(numbers(i))) rows.push_back(i);
  return rows;
}

Column take_target(const RawTable& table, Columns& columns, const std::string& name) {
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
  if (found == columns.end())
    throw ValueError("--target: '" + table.path() + "' has no column '" + name + "', but " +
                     some_names(columns));
  const Column target = *found;
  const auto refuse = [&](const std::string& what) {
    throw DataError("--target: column '" + name + "' of '" + table.path() + "' " + what);
  };
  if (target.kind == Kind::constant)
    refuse("is constant (" + target.reason + "), expected at least two different values");
  if (target.kind == Kind::ignored)
    refuse("is ignored (" + target.reason + "), expected a column of classes or of numbers");
  if (target.kind != Kind::categorical && target.kind != Kind::gaussian)
    refuse(std::string("is ") + name_of(target.kind) + ", expected categorical, for classes, or gaussian");
  columns.erase(found);
  check<DataError>(Layout(columns).rows() > 0, "--target: '", table.path(), "' has no column to predict '",
                   name, "' from:\n", explain(columns));
  return target;
}

Answers read_answers(const RawTable& table, const Column& target) {
  Answers answers;
  const Index column = table.column(target.name);
  const Spelling spelling = table.spelling_like(column, target.spelling);
  if (!has_classes(target)) {
    answers.numbers.resize(table.rows());
    for (Index row = 0; row < table.rows(); ++row) {
      const bool missing = table.missing(row, column);
      const double x = missing ? std::nan("") : table.number(row, column, spelling);
      check<DataError>(missing || std::isfinite(x), table.place(row, column), ": '", table.cell(row, column),
                       "', expected ", target.spelling.plain() ? "a number" : number_of_this_kind(target),
                       ", as the model's target is one");
      answers.numbers(row) = x;
    }
    return answers;
  }
  std::map<std::string, int> classes;
  for (const std::string& word : target.words) classes.emplace(word, static_cast<int>(classes.size()));
  const bool numeric_words = has_numeric_words(target);
  for (Index row = 0; row < table.rows(); ++row) {
    answers.labels.push_back(-1);
    if (table.missing(row, column)) continue;
    const auto found = classes.find(word_at(table, row, column, spelling, target, numeric_words));
    check<DataError>(found != classes.end(), table.place(row, column), ": '", table.cell(row, column),
                     "', expected a class known from training: ", some_words(target));
    answers.labels.back() = found->second;
  }
  return answers;
}

void check_answers(const Column& target, const Answers& answers) {
  const std::vector<Index> known = answers.known();
  check<DataError>(known.size() >= 2, "--target: column '", target.name, "' is known in ", known.size(),
                   " rows, expected at least 2");
  if (!has_classes(target)) return;
  std::vector<int> counts(target.words.size());
  for (const Index row : known)
    ++counts[static_cast<std::size_t>(answers.labels[static_cast<std::size_t>(row)])];
  for (std::size_t k = 0; k < counts.size(); ++k)
    check<DataError>(counts[k] >= 2, "--target: class '", target.words[k], "' of column '", target.name,
                     "' has ", counts[k],
                     " row, expected at least 2 of each class; is it a number? Then "
                     "--visible gaussian:",
                     target.name);
}

std::string describe_target(const Column& target) {
  if (!has_classes(target)) return target.name + ": a number (" + target.reason + ")";
  return target.name + ": " + std::to_string(target.words.size()) + " classes (" + some_words(target) + ")";
}

}  // namespace program
