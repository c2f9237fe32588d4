/// \file
/// Samples in memory, with optional labels. Grey levels are kept as bytes, and samples of mostly zeros as a
/// sparse matrix; both are converted batch by batch.
#pragma once

#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "../core/error.hpp"
#include "../core/host_matrix.hpp"
#include "../core/variant.hpp"
#include "batch_source.hpp"
#include "sparse.hpp"

namespace harmonium {

namespace detail {
/// The given columns, in the given order.
template <class M>
M chosen_columns(const M& from, std::span<const Index> columns) {
  M chosen(from.rows(), static_cast<Index>(columns.size()));
  auto* to = chosen.data();
  for (const Index c : columns) to = std::copy_n(from.data() + c * from.rows(), from.rows(), to);
  return chosen;
}
}  // namespace detail

/// Samples, one per column, with optional labels (starting from 0), targets and weights. A plain value, and a
/// `BatchSource`.
class Dataset {
 public:
  /// 8-bit samples; each number stands for `scale` times its value.
  using Bytes = HostMatrix<std::uint8_t>;
  /// Samples of which only the numbers that are not zero are stored.
  using Sparse = Eigen::SparseMatrix<float>;

  Dataset() = default;
  /// A copy of all samples.
  Dataset(const Dataset&) = default;
  /// The same.
  Dataset& operator=(const Dataset&) = default;
  /// Sparse samples are not copied either, as Eigen's would be; the other set has none afterwards.
  Dataset(Dataset&& other) noexcept { *this = std::move(other); }
  /// The same.
  Dataset& operator=(Dataset&& other) noexcept {
    if (Sparse* const sparse = std::get_if<Sparse>(&other.values_); sparse && this != &other) {
      values_.emplace<Sparse>().swap(*sparse);
    } else {
      values_ = std::move(other.values_);
    }
    labels_ = std::move(other.labels_);
    weights_ = std::move(other.weights_);
    targets_ = std::move(other.targets_);
    scale_ = other.scale_;
    return *this;
  }
  ~Dataset() = default;
  /// \throws DataError unless there are as many labels as samples, or none; or if a label is negative
  /// \throws ValueError if the scale is not finite
  explicit Dataset(Bytes values, std::vector<int> labels = {}, double scale = 1.0 / 255)
      : values_(std::move(values)), labels_(std::move(labels)), scale_(scale) {
    check<ValueError>(std::isfinite(scale_), "Dataset: scale is ", scale_, ", expected a finite number");
    check_labels();
  }
  /// The same, with numbers in single precision.
  explicit Dataset(Eigen::MatrixXf values, std::vector<int> labels = {})
      : values_(std::move(values)), labels_(std::move(labels)) {
    check_labels();
  }
  /// The same, with numbers in double precision.
  explicit Dataset(Eigen::MatrixXd values, std::vector<int> labels = {})
      : values_(std::move(values)), labels_(std::move(labels)) {
    check_labels();
  }

  /// The same, with a sparse matrix, which stays sparse.
  explicit Dataset(Sparse values, std::vector<int> labels = {}) : labels_(std::move(labels)) {
    Sparse& own = values_.emplace<Sparse>();
    own.swap(values);
    own.makeCompressed();
    check_labels();
  }
  /// The same, with a sparse matrix of another kind, or an expression of one.
  template <class Numbers>
  explicit Dataset(const Eigen::SparseMatrixBase<Numbers>& values, std::vector<int> labels = {})
      : Dataset(Sparse(values.derived().template cast<float>()), std::move(labels)) {}

  /// Numbers per sample.
  Index rows() const {
    return detail::visit_variant([](const auto& values) { return static_cast<Index>(values.rows()); },
                                 values_);
  }
  /// Number of samples.
  Index size() const {
    return detail::visit_variant([](const auto& values) { return static_cast<Index>(values.cols()); },
                                 values_);
  }
  /// The class of each sample, or empty.
  std::span<const int> labels() const& { return labels_; }
  std::span<const int> labels() const&& = delete;  // dangling: the set is a temporary
  /// One more than the largest label; 0 without labels.
  int classes() const { return labels_.empty() ? 0 : 1 + *std::max_element(labels_.begin(), labels_.end()); }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const& { return weights_; }
  std::span<const double> weights() const&& = delete;  // dangling: the set is a temporary
  /// The same samples, each with a weight: training and evaluation treat a sample of weight w like w copies
  /// of it.
  /// \throws DataError unless there is a weight for each sample, finite, not negative, and not all zero
  Dataset with_weights(std::vector<double> weights) const {
    check<DataError>(static_cast<Index>(weights.size()) == size(), "with_weights: ", weights.size(),
                     " weights for ", size(), " samples");
    detail::check_weights("with_weights", weights, size());
    Dataset weighted = *this;
    weighted.weights_ = std::move(weights);
    return weighted;
  }
  /// Numbers per target; 0 without targets.
  Index target_rows() const { return targets_.rows(); }
  /// The target outputs of a network, one column per sample; empty without targets.
  const Eigen::MatrixXd& targets() const& { return targets_; }
  /// The same samples, each with a target for regression: one column per sample, numbers of any type.
  /// \throws DataError unless there are as many targets as samples, of at least one number, all finite
  template <class Numbers>
  Dataset with_targets(const Eigen::MatrixBase<Numbers>& numbers) const {
    Eigen::MatrixXd targets = numbers.template cast<double>();
    check<DataError>(targets.cols() == size() && targets.rows() >= 1, "with_targets: the targets are ",
                     targets.rows(), " x ", targets.cols(),
                     ", expected a column of at least one number for each of ", size(), " samples");
    for (Index c = 0; c < targets.cols(); ++c)
      for (Index r = 0; r < targets.rows(); ++r)
        check<DataError>(std::isfinite(targets(r, c)), "with_targets: the target in row ", r, " of column ",
                         c, " is ", targets(r, c), ", expected a finite number");
    Dataset aimed = *this;
    aimed.targets_ = std::move(targets);
    return aimed;
  }
  /// Are the samples stored as a sparse matrix?
  bool is_sparse() const { return std::holds_alternative<Sparse>(values_); }
  /// The factor by which stored numbers are multiplied.
  double scale() const { return scale_; }

  /// The (scaled) number in a row of a sample.
  double value(Index row, Index sample) const {
    return detail::visit_variant(
        [&](const auto& values) { return static_cast<double>(values.coeff(row, sample)) * scale_; }, values_);
  }

  /// Calls f(row, number) for each number of a sample that is not zero.
  template <class F>
  void for_each_entry(Index sample, F f) const {
    visit_values([&]<class M>(const M& values) {
      const auto visit = [&](Index row, auto x) {
        if (x != 0) f(row, static_cast<double>(x) * scale_);
      };
      if constexpr (std::same_as<M, Sparse>) {
        detail::for_each_stored(values, sample, visit);
      } else {
        for (Index row = 0; row < values.rows(); ++row) visit(row, values(row, sample));
      }
    });
  }

  /// Calls f with the matrix of stored numbers, rows x size: `Bytes`, Eigen::MatrixXf, Eigen::MatrixXd or
  /// `Sparse`.
  template <class F>
  decltype(auto) visit_values(F&& f) const {
    return detail::visit_variant(std::forward<F>(f), values_);
  }

  /// out(:, i) = sample columns[i]
  template <class B>
  void fill(const B& on, std::span<const Index> columns,
            View<typename B::Scalar, typename B::Memory> out) const {
    detail::visit_variant(
        [&]<class M>(const M& values) {
          const auto scale = static_cast<typename B::Scalar>(scale_);
          if constexpr (std::same_as<M, Sparse>) {
            detail::gather_sparse(on, values, columns, scale, out);
          } else {
            on.gather(View<const typename M::Scalar>(values), columns, scale, out);
          }
        },
        values_);
  }

  /// out(:, i) = the target of sample columns[i]
  template <class B>
  void fill_targets(const B& on, std::span<const Index> columns,
                    View<typename B::Scalar, typename B::Memory> out) const {
    on.gather(View<const double>(targets_), columns, typename B::Scalar(1), out);
  }

  /// A new data set with the samples of the given indices, in that order.
  /// \throws ValueError if an index is out of range
  Dataset subset(std::span<const Index> columns) const {
    Dataset part;
    part.scale_ = scale_;
    for (const Index c : columns)
      check<ValueError>(c >= 0 && c < size(), "subset: there is no sample ", c, ", the set has ", size());
    detail::visit_variant(
        [&]<class M>(const M& values) {
          M chosen = detail::chosen_columns(values, columns);
          part.values_.emplace<M>().swap(chosen);
        },
        values_);
    if (!labels_.empty())
      for (const Index c : columns) part.labels_.push_back(labels_[static_cast<std::size_t>(c)]);
    if (!weights_.empty())
      for (const Index c : columns) part.weights_.push_back(weights_[static_cast<std::size_t>(c)]);
    if (targets_.rows() > 0) part.targets_ = detail::chosen_columns(targets_, columns);
    return part;
  }

  /// All samples converted to type `T`, rows x size, dense.
  template <class T>
  HostMatrix<T> to_matrix() const {
    return detail::visit_variant(
        [&](const auto& values) -> HostMatrix<T> {
          return HostMatrix<T>(values.template cast<T>()) * static_cast<T>(scale_);
        },
        values_);
  }

 private:
  void check_labels() const {
    check<DataError>(labels_.empty() || static_cast<Index>(labels_.size()) == size(),
                     "Dataset: ", labels_.size(), " labels for ", size(), " samples");
    for (std::size_t i = 0; i < labels_.size(); ++i)
      check<DataError>(labels_[i] >= 0 && labels_[i] < 1'000'000'000, "Dataset: label ", i, " is ",
                       labels_[i], ", expected 0 to 10^9");
  }

  std::variant<Bytes, Eigen::MatrixXf, Eigen::MatrixXd, Sparse> values_;
  std::vector<int> labels_;
  std::vector<double> weights_;
  Eigen::MatrixXd targets_;
  double scale_ = 1;
};

}  // namespace harmonium
