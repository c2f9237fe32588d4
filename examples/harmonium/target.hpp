// The column that a model learns to predict: a categorical one makes classes, a gaussian one is a number.
#pragma once

#include <span>

#include "columns.hpp"

namespace program {

inline bool has_classes(const Column& target) { return target.kind == Kind::categorical; }

// What is known of a target, row by row.
struct Answers {
  std::vector<int> labels = {};  // classes, -1 where the cell is empty; none if the target is a number
  Eigen::VectorXd numbers = {};  // in the target's own unit, NaN where the cell is empty; none for classes
  Answers subset(const std::vector<Index>& rows) const;
  // Rows whose target is known.
  std::vector<Index> known() const;
};

// Takes the target out of a table's columns. Throws DataError, naming --target, unless something can be
// predicted from the other columns.
Column take_target(const RawTable& table, Columns& columns, const std::string& name);
// Throws DataError if a cell is neither empty nor a class or a number.
Answers read_answers(const RawTable& table, const Column& target);
// Throws DataError, naming --target, if the answers are too few to learn from.
void check_answers(const Column& target, const Answers& answers);
// "species: 3 classes (setosa, versicolor, virginica)"
std::string describe_target(const Column& target);

}  // namespace program
