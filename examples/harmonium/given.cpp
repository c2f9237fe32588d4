#include "given.hpp"

#include <harmonium/io/formats/csv.hpp>

using namespace harmonium;

namespace program {

namespace {

// The column whose name and "=" the text has at this place; names may contain commas and "=".
std::optional<std::size_t> column_at(const Columns& columns, const std::string& text, std::size_t at) {
  std::optional<std::size_t> found;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string& name = columns[i].name;
    if (text.compare(at, name.size(), name) != 0 || text.size() <= at + name.size() ||
        text[at + name.size()] != '=')
      continue;
    if (!found || name.size() > columns[*found].name.size()) found = i;
  }
  return found;
}

// The model's number for a cell: a state if the column has words.
double number_for(const Column& column, const std::string& cell) {
  const auto refuse = [&](const std::string& expected) {
    throw ValueError("--given: '" + column.name + "' is '" + cell + "', expected " + expected);
  };
  const double number = number_from(column, cell);
  if (!column.words.empty()) {
    const std::string word =
        has_numeric_words(column) && !std::isnan(number) ? spelled(number, column.spelling) : cell;
    const auto found = std::find(column.words.begin(), column.words.end(), word);
    if (found == column.words.end()) refuse("a word known from training: " + some_words(column));
    return static_cast<double>(found - column.words.begin());
  }
  const double x = scaling_of({column}).to_model(0, number);
  if (!std::isfinite(static_cast<float>(x)))
    refuse(column.spelling.plain() ? "a number" : number_of_this_kind(column));
  if (const char* expected = misfit(column, x)) refuse(expected);
  return x;
}

}  // namespace

Samples read_given(const Columns& columns, const std::string& text) {
  const Layout layout(columns);
  Samples row{Eigen::MatrixXf::Constant(layout.rows(), 1, 0)};
  row.known.setConstant(layout.rows(), 1, false);
  for (std::size_t at = 0; at <= text.size();) {
    const auto place = column_at(columns, text, at);
    if (!place)
      throw ValueError("--given: '" + text.substr(at) +
                       "' does not begin with COLUMN=VALUE, where the columns are " + some_names(columns));
    const Column& column = columns[*place];
    const std::size_t begin = at + column.name.size() + 1;
    // To the comma before the next column; other commas may be part of a value.
    const std::size_t first_comma = text.find(',', begin);
    std::size_t end = first_comma;
    while (end != std::string::npos && !column_at(columns, text, end + 1)) end = text.find(',', end + 1);
    if (end == std::string::npos) end = first_comma;
    const std::string cell = text.substr(begin, end == std::string::npos ? end : end - begin);
    const Index first = layout.first[*place];
    check<ValueError>(column.kind != Kind::ignored, "--given: the model does not know column '", column.name,
                      "', which was ignored in training");
    check<ValueError>(column.kind != Kind::constant || cell == column.value, "--given: '", column.name,
                      "' is '", cell, "', expected '", column.value, "', as it always was in training");
    if (first >= 0) {
      check<ValueError>(!row.known(first, 0), "--given: '", column.name, "' is there twice");
      const double number = number_for(column, cell);
      const Index size = column.kind == Kind::categorical ? layout.states : 1;
      row.known.col(0).segment(first, size).setConstant(true);
      if (column.kind == Kind::categorical) {
        row.values(first + static_cast<Index>(number), 0) = 1;
      } else {
        row.values(first, 0) = static_cast<float>(number);
      }
    }
    if (end == std::string::npos) break;
    at = end + 1;
  }
  return row;
}

}  // namespace program
