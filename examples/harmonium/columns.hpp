// The kinds of a table's columns, and the table as a model sees it: numbers, one sample per column.
#pragma once

#include <harmonium/models/scaling.hpp>
#include <nlohmann/json.hpp>

#include "raw_table.hpp"

namespace program {

using harmonium::Index;

enum class Kind { bernoulli, categorical, gaussian, poisson, constant, ignored };
const char* name_of(Kind kind);

// A column of the training table.
struct Column {
  std::string name;
  Kind kind = Kind::ignored;
  std::vector<std::string> words = {};  // names of the states 0, 1, ...; empty: numbers as they are
  double mean = 0, scale = 1;           // a number of the table is mean + scale * the model's number
  int decimals = -1;                    // most decimals of its numbers in the table; -1: any
  std::string value = {};               // of a constant column
  std::string reason = {};              // why this kind was chosen
  harmonium::Spelling spelling = {};    // of its numbers in the table
};
using Columns = std::vector<Column>;

void to_json(nlohmann::ordered_json& json, const Column& column);
void from_json(const nlohmann::ordered_json& json, Column& column);

// Positions of the columns among the visible rows: bernoulli, categorical, gaussian, poisson. All categorical
// columns get as many rows as the one with most words; surplus states are switched off for good.
struct Layout {
  // Throws DataError, before it takes memory for them, if there are more than `most` rows.
  explicit Layout(const Columns& columns, Index most = std::numeric_limits<Index>::max());
  Index bernoulli = 0, categorical = 0, states = 0, gaussian = 0, poisson = 0;
  Index rows() const { return bernoulli + categorical * states + gaussian + poisson; }
  std::vector<Index> first;  // first row of each column, -1 for those without
  std::vector<Index> unused;
};

// Guesses what is not specified. `specification` is that of --visible; `given` are the columns of a run file,
// whose kinds apply where the specification says nothing.
// With a target, columns of numbers other than 0 and 1 are gaussian, few as they may be: rows to predict may
// have others. The target itself is categorical (words, two values, at most 12 whole numbers) or gaussian.
Columns choose_columns(const RawTable& table, const std::string& specification, const Columns& given = {},
                       const std::string& target = "");
// As in a model's file. Throws DataError if a name or a word is not UTF-8.
std::string description_of(const Columns& columns);
Columns columns_from(const std::string& description);
// What was chosen and why, one line per kind.
std::string explain(const Columns& columns);

// Either `values` and `known`, or `sparse`, which misses nothing.
struct Samples {
  Eigen::MatrixXf values = {};                                     // V x n, NaN where a value is missing
  Eigen::Matrix<bool, Eigen::Dynamic, Eigen::Dynamic> known = {};  // V x n
  std::optional<Eigen::SparseMatrix<float>> sparse = {};           // V x n
  Index rows() const { return sparse ? sparse->rows() : values.rows(); }
  Index size() const { return sparse ? sparse->cols() : values.cols(); }
  bool complete() const { return known.all(); }
  // All numbers; DataError if a sparse table has too many numbers to be made dense.
  Eigen::MatrixXf dense() const;
  Samples subset(const std::vector<Index>& samples) const;
  // Leaves only these samples, in ascending order; a sparse table's stay where they are in memory.
  void keep(const std::vector<Index>& samples);
  // Indices of the samples without missing values.
  std::vector<Index> whole_ones() const;
};

// The table as numbers. The columns' means and scales are those of training: `standardize` sets them.
void standardize(const RawTable& table, Columns& columns);
// Words that training had not are missing, which is said, unless most of a column's are: then DataError.
// With `limited`, numbers that lie far out are moved in: 5 standard deviations from the mean, or 0 and 1.
// The column called `unknown` is missing in all rows, whether the table has it or not.
Samples encode_table(const RawTable& table, const Columns& columns, bool limited = false,
                     const std::string& unknown = "");
// The same with no such column; the numbers of a sparse table are not copied.
Samples encode_table(RawTable&& table, const Columns& columns, bool limited = false);

// Are the column's words numbers? Then "1.0" and "1" are the same word.
bool has_numeric_words(const Column& column);
// A cell, whose number is spelled like that in this table, as a word of the column.
std::string word_at(const RawTable& table, Index row, Index index, const harmonium::Spelling& spelling,
                    const Column& column, bool numeric_words);
// The number of a text that a user wrote for this column, spelled as in its table or plainly; otherwise NaN.
double number_from(const Column& column, const std::string& text);
// For messages: "a number", "a number like 1.234,5", "a date like DD.MM.YYYY".
std::string number_of_this_kind(const Column& column);
// For messages: a column's words, at most 12 of them, and the names of columns, at most 50.
std::string some_words(const Column& column);
std::string some_names(const std::vector<std::string>& names);
std::string some_names(const Columns& columns);
// What a number of a bernoulli or poisson column, as the model sees it, should have been; nothing if it is
// right.
const char* misfit(const Column& column, double x);

// The columns' means and scales by visible row, and back. Throws DataError unless there is one for each row.
harmonium::Scaling scaling_of(const Columns& columns);
void set_scaling(Columns& columns, const harmonium::Scaling& scaling);
// What each visible row adds to minus the log density in the table's own units.
Eigen::VectorXd log_scales(const Columns& columns);

// How a table of these columns is written: cells are separated by semicolons if numbers have decimal commas.
char separator_of(const Columns& columns);
// A number as this column spells it; `as_drawn`: with no more decimals than the table had.
std::string number_text_of(const Column& column, double number, bool as_drawn);
// What is written of visible rows.
enum class Decoded {
  draws,    // as they are
  means,    // categories become the most probable word
  expected  // the same, but words that are numbers become their mean
};
// Visible rows as a CSV table with the training table's header.
std::string decode_table(const Columns& columns, const Eigen::MatrixXf& values, Decoded what);

}  // namespace program
