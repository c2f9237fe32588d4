/// \file
/// Mixtures with planted modes of unequal weight: does a model find every mode, and give it its weight?
#pragma once

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "../../core/random.hpp"
#include "../dataset.hpp"

namespace harmonium {

/// Settings of `PlantedModes`.
struct PlantedModesOptions {
  Index rows = 1000;                                          ///< bits of a sample
  std::vector<double> weights = {0.4, 0.25, 0.2, 0.1, 0.05};  ///< of the modes; they sum to 1
  double flip = 0.1;       ///< probability that a bit differs from its mode's, between 0 and 1/2
  std::uint64_t seed = 0;  ///< of the modes' bits, which are fair coins
};

/// A mixture of product distributions around random patterns.
class PlantedModes {
 public:
  /// \throws ValueError if an option is out of range
  explicit PlantedModes(PlantedModesOptions options = {}) : options_(std::move(options)) {
    const auto& [rows, weights, flip, seed] = options_;
    check<ValueError>(rows >= 1 && rows <= 0x7fffffff, "PlantedModes: rows is ", rows,
                      ", expected 1 to 2147483647");
    check<ValueError>(flip > 0 && flip < 0.5, "PlantedModes: flip is ", flip, ", expected between 0 and 0.5");
    check<ValueError>(!weights.empty() && std::all_of(weights.begin(), weights.end(),
                                                      [](double weight) { return weight > 0; }),
                      "PlantedModes: weights must be above 0, and there must be at least one");
    const double total = std::accumulate(weights.begin(), weights.end(), 0.0);
    check<ValueError>(std::abs(total - 1) < 1e-9, "PlantedModes: the weights sum to ", total, ", expected 1");
    patterns_.resize(rows, static_cast<Index>(weights.size()));
    const Draws draws{.seed = seed, .step = 1, .stream = Stream::toy};
    for (Index k = 0; k < patterns_.cols(); ++k)
      for (Index r = 0; r < rows; ++r) patterns_(r, k) = uniform(draws, r, k) < 0.5 ? 1 : 0;
  }

  /// Its options.
  const PlantedModesOptions& options() const { return options_; }
  /// The modes, rows x modes.
  const Eigen::MatrixXd& patterns() const { return patterns_; }

  /// Independent draws, one per column, whose labels are the modes they come from. The seed is another one
  /// than that of the modes. \throws ValueError unless 0 <= count <= 2^31 - 1
  Dataset draw(Index count, std::uint64_t seed) const {
    check<ValueError>(count >= 0 && count <= 0x7fffffff, "PlantedModes: count is ", count,
                      ", expected 0 to 2147483647");
    const Draws draws{.seed = seed, .step = 2, .stream = Stream::toy},
        of_modes{.seed = seed, .step = 3, .stream = Stream::toy};
    Dataset::Bytes bits(patterns_.rows(), count);
    std::vector<int> labels(static_cast<std::size_t>(count));
    for (Index c = 0; c < count; ++c) {
      double left = uniform(of_modes, 0, c);
      Index k = 0;
      for (; k + 1 < patterns_.cols() && left >= options_.weights[static_cast<std::size_t>(k)]; ++k)
        left -= options_.weights[static_cast<std::size_t>(k)];
      labels[static_cast<std::size_t>(c)] = static_cast<int>(k);
      for (Index r = 0; r < patterns_.rows(); ++r)
        bits(r, c) = (uniform(draws, r, c) < options_.flip) != (patterns_(r, k) == 1) ? 1 : 0;
    }
    return Dataset(std::move(bits), std::move(labels), 1.0);
  }

  /// log p of each column of bits under the mixture. \throws ShapeError if rows differ
  template <class X>
  Eigen::VectorXd log_likelihood(const Eigen::MatrixBase<X>& bits) const {
    const Eigen::MatrixXd joint = log_joint(bits);
    const Eigen::RowVectorXd most = joint.colwise().maxCoeff();
    return (most.array() + (joint.rowwise() - most).array().exp().colwise().sum().log()).transpose();
  }
  /// The mode that each column most probably comes from. \throws ShapeError if rows differ
  template <class X>
  std::vector<int> modes_of(const Eigen::MatrixBase<X>& bits) const {
    const Eigen::MatrixXd joint = log_joint(bits);
    std::vector<int> modes(static_cast<std::size_t>(joint.cols()));
    for (Index c = 0; c < joint.cols(); ++c) {
      Index most;
      joint.col(c).maxCoeff(&most);
      modes[static_cast<std::size_t>(c)] = static_cast<int>(most);
    }
    return modes;
  }

 private:
  static double uniform(const Draws& draws, Index row, Index column) {
    return fine_uniform_from(
        draws.block_of_row(static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column), 0));
  }
  // log p(mode, bits), modes x samples.
  template <class X>
  Eigen::MatrixXd log_joint(const Eigen::MatrixBase<X>& bits) const {
    check<ShapeError>(bits.rows() == patterns_.rows(), "PlantedModes: there are ", bits.rows(),
                      " rows, expected ", patterns_.rows());
    const double flipped = std::log(options_.flip), kept = std::log1p(-options_.flip);
    // The bits that differ: |x| + |t| - 2 x t.
    const Eigen::MatrixXd x = bits.template cast<double>();
    const Eigen::MatrixXd differ =
        ((-2 * patterns_.transpose() * x).colwise() + patterns_.colwise().sum().transpose()).rowwise() +
        x.colwise().sum();
    Eigen::MatrixXd joint =
        differ * (flipped - kept) +
        Eigen::MatrixXd::Constant(differ.rows(), differ.cols(), kept * static_cast<double>(x.rows()));
    for (Index k = 0; k < joint.rows(); ++k)
      joint.row(k).array() += std::log(options_.weights[static_cast<std::size_t>(k)]);
    return joint;
  }

  PlantedModesOptions options_;
  Eigen::MatrixXd patterns_;
};

}  // namespace harmonium
