/// \file
/// Means and variances of the rows of a source of samples.
#pragma once

#include <algorithm>
#include <limits>
#include <span>

#include "../core/host_matrix.hpp"
#include "batch_source.hpp"

namespace harmonium::detail {

/// Weighted means and variances of the known numbers of each row, by Welford's sums (1962): equal numbers
/// have a variance of exactly 0.
class RowMoments {
 public:
  /// No numbers yet.
  explicit RowMoments(Index rows)
      : count_(Eigen::VectorXd::Zero(rows)),
        mean_(count_),
        squares_(count_),
        least_(Eigen::VectorXd::Constant(rows, std::numeric_limits<double>::infinity())),
        most_(-least_) {}
  /// Adds a number to a row.
  void add(Index row, double x, double weight) {
    if (weight > 0) add(x, weight, count_(row), mean_(row), squares_(row), least_(row), most_(row));
  }
  /// Adds a number to each row. Compilers take several rows at once, so that last bits may differ from those
  /// of `add`.
  template <class T>
  void add_to_all(const T* x, double weight) {
    if (!(weight > 0)) return;
    double *const count = count_.data(), *const mean = mean_.data(), *const squares = squares_.data();
    double *const least = least_.data(), *const most = most_.data();
    for (Index r = 0; r < count_.size(); ++r)
      add(static_cast<double>(x[r]), weight, count[r], mean[r], squares[r], least[r], most[r]);
  }
  /// The sum of the weights, rows x 1.
  const Eigen::VectorXd& count() const { return count_; }
  /// 0 where there is no number.
  const Eigen::VectorXd& mean() const { return mean_; }
  /// 0 where there is no number.
  Eigen::VectorXd variance() const {
    return (count_.array() > 0).select(squares_.array() / count_.array(), 0.0).matrix();
  }
  /// How far the farthest number of a row is from its mean; 0 if there is no number.
  double reach(Index row) const {
    return count_(row) > 0 ? std::max(most_(row) - mean_(row), mean_(row) - least_(row)) : 0;
  }

 private:
  static void add(double x, double weight, double& count, double& mean, double& squares, double& least,
                  double& most) {
    count += weight;
    const double off = x - mean;
    mean += weight / count * off;
    squares += weight * off * (x - mean);
    least = std::min(least, x);
    most = std::max(most, x);
  }

  Eigen::VectorXd count_, mean_, squares_, least_, most_;
};

/// Means and variances of the known numbers of samples, which each_block(f) hands to f in blocks of indices,
/// as wide as `block` at most.
template <class B, class Source, class EachBlock>
RowMoments moments_of_blocks(const B& on, const Source& source, EachBlock each_block,
                             View<typename B::Scalar, typename B::Memory> block) {
  using T = typename B::Scalar;
  RowMoments moments(block.rows);
  const std::span<const double> weights = weights_of(source);
  const double mean = mean_weight(source);
  const auto weight_of = [&](Index sample) {
    return weights.empty() ? 1 : weights[static_cast<std::size_t>(sample)] / mean;
  };
  if constexpr (requires { source.is_sparse(); }) {
    if (source.is_sparse()) {
      double total = 0;
      each_block([&](std::span<const Index> samples) {
        for (const Index sample : samples) {
          total += weight_of(sample);
          source.for_each_entry(sample, [&](Index r, double x) { moments.add(r, x, weight_of(sample)); });
        }
      });
      for (Index r = 0; r < block.rows; ++r) moments.add(r, 0, total - moments.count()(r));
      return moments;
    }
  }
  // What has always been learned from data in memory stays the same to the last bit.
  bool at_once = !reading_of(source).shuffles_all(source.size());
  if constexpr (requires(std::span<const Index> columns) { source.fill_known(on, columns, block); })
    at_once = false;
  HostMatrix<T> host(block.rows, block.cols), known = HostMatrix<T>::Ones(block.rows, block.cols);
  each_block([&](std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    const auto here = block.columns(0, n);
    source.fill(on, columns, here);
    on.download(here, View<T>(host).columns(0, n));
    if constexpr (requires { source.fill_known(on, columns, here); }) {
      source.fill_known(on, columns, here);
      on.download(here, View<T>(known).columns(0, n));
    }
    for (Index c = 0; c < n; ++c) {
      const double weight = weight_of(columns[static_cast<std::size_t>(c)]);
      if (at_once) {
        moments.add_to_all(host.col(c).data(), weight);
        continue;
      }
      for (Index r = 0; r < block.rows; ++r)
        if (known(r, c) != T(0)) moments.add(r, static_cast<double>(host(r, c)), weight);
    }
  });
  return moments;
}

/// Means and variances of the known numbers of some of a source's samples. Of a sparse source only what is
/// not zero is visited; the zeros of a row are added at once. \param block scratch space on the device, which
/// sets how many samples are looked at at once
template <class B, class Source>
RowMoments moments_of_samples(const B& on, const Source& source, std::span<const Index> samples,
                              View<typename B::Scalar, typename B::Memory> block) {
  return moments_of_blocks(
      on, source, [&](auto f) { for_each_block(samples, block.cols, f); }, block);
}

/// The same of all samples.
template <class B, class Source>
RowMoments moments_of_source(const B& on, const Source& source,
                             View<typename B::Scalar, typename B::Memory> block) {
  return moments_of_blocks(
      on, source, [&](auto f) { for_each_block(source.size(), block.cols, f); }, block);
}

}  // namespace harmonium::detail
