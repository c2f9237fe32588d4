// Everything found by the study of the published tables, as it is found, and the files that keep it.
#pragma once

#include <algorithm>
#include <harmonium/io.hpp>
#include <optional>
#include <string>
#include <vector>

#include "cells.hpp"
#include "kept_cells.hpp"
#include "settings.hpp"

namespace pretraining {

// One digit per class, its code in a model, and its reconstruction.
struct CodePictures {
  Eigen::MatrixXf digits = {}, codes = {}, reconstructions = {};
};

struct TableResults {
  const Settings& settings;
  std::vector<Cell> cells = {};
  Json layers = Json::array();
  CodePictures rbm = {}, dbn = {};

  // The results of all seeds at one place of a table.
  std::vector<const Cell*> at(std::string_view table, std::string_view variant, int epoch) const {
    std::vector<const Cell*> found;
    for (const Cell& cell : cells)
      if (cell.table == table && cell.variant == variant && cell.epoch == epoch) found.push_back(&cell);
    std::sort(found.begin(), found.end(), [](auto* a, auto* b) { return a->seed < b->seed; });
    return found;
  }
  template <class Pick>
  std::optional<Summary> summary(std::string_view table, std::string_view variant, int epoch,
                                 Pick pick) const {
    std::vector<double> numbers;
    for (const Cell* cell : at(table, variant, epoch)) numbers.push_back(pick(*cell));
    if (numbers.empty()) return {};
    return summary_of(numbers);
  }
};

inline double test_accuracy(const Cell& cell) { return cell.test.accuracy; }
inline double train_accuracy(const Cell& cell) { return cell.train.accuracy; }
inline double test_loss(const Cell& cell) { return cell.test.loss; }
inline double train_loss(const Cell& cell) { return cell.train.loss; }
inline double reference_test_loss(const Cell& cell) { return cell.test.reference_loss; }
inline double reference_train_loss(const Cell& cell) { return cell.train.reference_loss; }

// One digit per class through an RBM, and up and down a whole DBN, averaged over stochastic passes.
CodePictures code_pictures(const Dbn<Stack<Bernoulli>>& dbn, const Dataset& digits, PassOptions options);

// Tables, verdicts, curves, pictures, and a page with all of them. Tables and verdicts are also printed.
void write_results(const TableResults& results);

}  // namespace pretraining
