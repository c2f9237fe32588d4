/// \file
/// Samples of which some numbers are not known.
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

/// Samples with missing entries, a column each: a `BatchSource` that also says what is known. Where nothing
/// is known it gives the mean of the row's known numbers, which any unit takes; trainers put draws in their
/// place.
///
///     MissingData table(values, known);  // NaN where known is false will do
class MissingData {
 public:
  /// Which numbers are known, in the data's shape; all rows of a categorical unit or none.
  using Mask = HostMatrix<bool>;

  /// Values of any number type. \throws ShapeError if values and mask are not of one shape \throws DataError
  /// if a row is known of no sample, a number that is known is not finite, or there are not as many weights
  /// as samples, or none
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
                           values_(r, c), " and said to be known");
          sum += values_(r, c);
          count += 1;
        }
      check<DataError>(count > 0 || values_.cols() == 0, "MissingData: row ", r, " is known of no sample");
      for (Index c = 0; c < values_.cols(); ++c)
        if (!known(r, c)) values_(r, c) = sum / count;
    }
  }
  /// What is not finite is missing.
  template <class Numbers>
  explicit MissingData(const Eigen::MatrixBase<Numbers>& values)
      : MissingData(values, values.array().isFinite().matrix()) {}

  /// Numbers in a sample.
  Index rows() const { return values_.rows(); }
  /// Samples.
  Index size() const { return values_.cols(); }
  /// None.
  std::span<const int> labels() const { return {}; }
  /// How much each sample counts beside the others, or nothing: all the same.
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
