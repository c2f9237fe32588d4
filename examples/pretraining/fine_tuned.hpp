// Fine-tuning of all layers by back-propagation, and measures of a classifier.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <harmonium/io.hpp>
#include <utility>
#include <vector>

#include "cells.hpp"
#include "settings.hpp"

namespace pretraining {

// Training and test digits.
struct Digits {
  Dataset train, test;
};

// The accuracy, the cross-entropy, and the reference's loss: the reference took the outputs of the softmax,
// numbers from 0 to 1, for the fields of a second softmax, so that its loss cannot be less than log(1 + 9 /
// e) = 1.4612.
template <class Model>
Measured measure(const Model& network, const Dataset& digits, const Cpu<float>& on) {
  const Eigen::MatrixXd p = predict_proba(network, digits, on).template cast<double>();
  Measured sum;
  for (Index i = 0; i < p.cols(); ++i) {
    const int label = digits.labels()[static_cast<std::size_t>(i)];
    Index best = 0;
    p.col(i).maxCoeff(&best);
    sum.accuracy += best == label ? 1 : 0;
    sum.loss -= std::log(std::max(p(label, i), 1e-38));  // about the smallest normal float
    sum.reference_loss += std::log(p.col(i).array().exp().sum()) - p(label, i);
  }
  const auto n = static_cast<double>(p.cols());
  return {sum.accuracy / n, sum.loss / n, sum.reference_loss / n};
}

// Five epochs as in the reference, with a cell after each. `cell` identifies the run.
template <class Model>
std::vector<Cell> fine_tune(Cell cell, Model& network, const Digits& digits, std::uint64_t order,
                            const Cpu<float>& on) {
  std::vector<Cell> cells;
  FineTuning trainer{
      network, {.epochs = 5, .batch_size = 64, .optimizer = Adam{.rate = 0.001}, .seed = order}, on};
  const Timer timer;
  trainer.fit(digits.train, [&](const EpochReport& report) {
    cell.epoch = report.epoch;
    cell.test = measure(network, digits.test, on);
    cell.train = measure(network, digits.train, on);
    cells.push_back(cell);
  });
  std::printf("%s %s, seed %llu: test accuracy", cell.table.c_str(), cell.variant.c_str(),
              static_cast<unsigned long long>(cell.seed));
  for (const Cell& done : cells) std::printf(" %.4f", done.test.accuracy);
  std::printf(", %.0f s\n", timer.seconds());
  std::fflush(stdout);
  return cells;
}

}  // namespace pretraining
