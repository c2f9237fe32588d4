/// \file
/// Samples with missing entries.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <vector>

#include "../core/error.hpp"
#include "../core/host_matrix.hpp"
#include "batch_source.hpp"

namespace harmonium {

/// Samples with missing entries, one per column: a `BatchSource` that also says which entries are known. It
/// replaces a missing entry with the weighted mean of the row's known numbers, which any unit accepts;
/// trainers replace these with draws, and what is measured leaves them out.
///
///     MissingData table(values, known);  // NaN where known is false will do
class MissingData {
 public:
  /// Which numbers are known, in the shape of the data; the rows of a categorical unit are all known or all
  /// missing.
  using Mask = HostMatrix<bool>;

  /// Values of any number type. \throws ShapeError if values and mask differ in shape \throws DataError if a
  /// row is not known in any sample of a weight above 0, a known number is not finite, or the number of
  /// weights is neither 0 nor the number of samples
  template <class Numbers>
  MissingData(const Eigen::MatrixBase<Numbers>& values, const Mask& known, std::vector<double> weights = {})
      : values_(values.template cast<double>()),
        known_(known.cast<std::uint8_t>()),
        weights_(std::move(weights)) {
    check<ShapeError>(known.rows() == values_.rows() && known.cols() == values_.cols(),
                      "MissingData: values are ", values_.rows(), " x ", values_.cols(), " and the mask is ",
                      known.rows(), " x ", known.cols());
    detail::check_batch_weights("MissingData", weights_, values_.cols());
    for (Index r = 0; r < values_.rows(); ++r) {
      double sum = 0, count = 0;
      for (Index c = 0; c < values_.cols(); ++c)
        if (known(r, c)) {
          check<DataError>(std::isfinite(values_(r, c)), "MissingData: row ", r, " of column ", c, " is ",
                           values_(r, c), " but marked as known");
          const double weight = weights_.empty() ? 1 : weights_[static_cast<std::size_t>(c)];
          sum += weight * values_(r, c);
          count += weight;
        }
      check<DataError>(count > 0 || values_.cols() == 0, "MissingData: row ", r,
                       " is not known in any sample", weights_.empty() ? "" : " of a weight above 0");
      for (Index c = 0; c < values_.cols(); ++c)
        if (!known(r, c)) values_(r, c) = sum / count;
    }
  }
  /// Entries that are not finite are missing.
  template <class Numbers>
  explicit MissingData(const Eigen::MatrixBase<Numbers>& values)
      : MissingData(values, values.array().isFinite().matrix()) {}

  /// Numbers per sample.
  Index rows() const { return values_.rows(); }
  /// Number of samples.
  Index size() const { return values_.cols(); }
  /// There are no labels.
  std::span<const int> labels() const { return {}; }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const { return weights_; }

  /// out(:, i) = sample columns[i]
  template <class B>
  void fill(const B& on, std::span<const Index> columns,
            View<typename B::Scalar, typename B::Memory> out) const {
    on.gather(View<const double>(values_), columns, typename B::Scalar(1), out);
  }
  /// out(:, i) = 1 where sample columns[i] is known, else 0
  template <class B>
  void fill_known(const B& on, std::span<const Index> columns,
                  View<typename B::Scalar, typename B::Memory> out) const {
    on.gather(View<const std::uint8_t>(known_), columns, typename B::Scalar(1), out);
  }

 private:
  Eigen::MatrixXd values_;
  HostMatrix<std::uint8_t> known_;
  std::vector<double> weights_;
};

}  // namespace harmonium
