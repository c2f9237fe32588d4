/// \file
/// Samples scaled batch by batch, and the scaling of rows to mean 0 and variance 1.
///
///     const Scaling scaling = standard_scaling(raw);
///     trainer.fit(Standardized(scaling, raw));
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <span>
#include <utility>
#include <vector>

#include "../data/host_block.hpp"
#include "../data/row_moments.hpp"
#include "../data/samples.hpp"
#include "double_samples.hpp"
#include "scaling.hpp"

namespace harmonium {

/// Samples of any kind as a model sees them, scaled batch by batch: nothing is stored. What comes with them
/// (labels, targets, weights, which entries are known) is passed on. They stay sparse if no row is shifted.
/// Numbers are scaled in double precision, as far as the samples have it.
template <class Data>
class Standardized {
 public:
  /// The data must outlive this. A number that is beyond +-limit, in a row that is scaled, is moved there.
  /// \throws ShapeError, DataError if the scaling does not fit the samples, see `check_scaling`
  Standardized(Scaling scaling, const Data& data, double limit = std::numeric_limits<double>::infinity())
      : scaling_(std::move(scaling)), data_(data), raw_(data), limit_(limit) {
    check_scaling("Standardized", scaling_, rows());
    check<ValueError>(limit > 0, "Standardized: limit is ", limit, ", expected a number above 0");
  }

  /// Numbers per sample.
  Index rows() const { return data_.rows(); }
  /// Number of samples.
  Index size() const { return raw_.size(); }
  /// The samples' classes, or nothing.
  std::span<const int> labels() const { return raw_.labels(); }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const { return raw_.weights(); }
  /// How its source likes to be read.
  Reading reading() const { return reading_of(data_); }

  /// out(:, i) = sample columns[i], scaled
  template <class B>
  void fill(const B& on, std::span<const Index> columns,
            View<typename B::Scalar, typename B::Memory> out) const {
    using T = typename B::Scalar;
    thread_local HostMatrix<double> room;
    if (room.rows() != out.rows || room.cols() < out.cols) room.resize(out.rows, out.cols);
    const auto raw = View<double>(room).columns(0, out.cols);
    raw_.fill(Cpu<double>(), columns, raw);
    detail::write_block(on, out, [&](View<T> to) {
      for (Index c = 0; c < to.cols; ++c)
        for (Index r = 0; r < to.rows; ++r)
          to(r, c) = static_cast<T>(scaling_.to_model(r, raw(r, c), limit_));
    });
  }
  /// out(:, i) = 1 where sample columns[i] is known, else 0
  template <class B>
  requires(requires(const Data& data, const B& on, std::span<const Index> columns,
                    View<typename B::Scalar, typename B::Memory> out) {
    data.fill_known(on, columns, out);
  }) void fill_known(const B& on, std::span<const Index> columns,
                     View<typename B::Scalar, typename B::Memory> out) const {
    data_.fill_known(on, columns, out);
  }
  /// Numbers per target, which are not scaled; 0 without targets.
  Index target_rows() const { return target_rows_of(data_); }
  /// out(:, i) = the target of sample columns[i]
  template <class B>
  void fill_targets(const B& on, std::span<const Index> columns,
                    View<typename B::Scalar, typename B::Memory> out) const {
    if constexpr (requires { data_.fill_targets(on, columns, out); }) data_.fill_targets(on, columns, out);
  }

  /// Are most numbers zero, for the model too?
  bool is_sparse() const {
    if constexpr (SparseColumns<Data>) return (scaling_.shift.array() == 0).all();
    if constexpr (requires { data_.is_sparse(); })
      return data_.is_sparse() && (scaling_.shift.array() == 0).all();
    return false;
  }
  /// Calls f(row, number) for each number of a sample that is not zero, if it `is_sparse`.
  template <class F>
  void for_each_entry(Index sample, F f) const {
    const auto visit = [&](Index row, auto x) {
      f(row, scaling_.to_model(row, static_cast<double>(x), limit_));
    };
    if constexpr (SparseColumns<Data>) {
      detail::for_each_stored(data_, sample, visit);
    } else if constexpr (requires { data_.for_each_entry(sample, visit); }) {
      data_.for_each_entry(sample, visit);
    }
  }

  /// Its source's state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) const {
    if constexpr (requires { data_.for_each_state(f); }) f("source", data_);
  }

 private:
  Scaling scaling_;
  const Data& data_;
  detail::DoubleSamples<Data> raw_;
  double limit_;
};

namespace detail {

/// The scaling to mean 0 and variance 1 of rows with these moments, where `chosen`; a row that does not vary
/// is shifted only. \throws DataError if a row's spread is no normal number
template <class Chosen>
Scaling scaling_of_moments(const RowMoments& moments, bool shifted, Chosen chosen) {
  const Eigen::VectorXd means = moments.mean(), variances = moments.variance();
  Scaling scaling(ScalingOptions{means.size()});
  for (Index r = 0; r < means.size(); ++r) {
    if (!chosen(r)) continue;
    const double spread = std::sqrt(variances(r));
    check<DataError>(std::isfinite(means(r)) && (variances(r) == 0 || std::isnormal(spread)),
                     "standard_scaling: row ", r, " has mean ", means(r), " and standard deviation ", spread,
                     ", which are too large or too small to divide by");
    if (shifted) scaling.shift(r) = means(r);
    if (variances(r) > 0) scaling.scale(r) = spread;
  }
  return scaling;
}

/// Weighted moments of the known numbers, in double precision.
template <class Data>
RowMoments raw_moments(const Data& data, bool& sparse) {
  const Index rows = data.rows();
  const Standardized raw(Scaling(ScalingOptions{rows}), data);
  check_samples("standard_scaling", rows, raw.size(), rows);
  check_weights("standard_scaling", raw.weights(), raw.size());
  sparse = raw.is_sparse();
  HostMatrix<double> block(rows, std::min<Index>(raw.size(), 100));
  return moments_of_source(Cpu<double>(), raw, View<double>(block));
}

}  // namespace detail

/// The scaling of each row to mean 0 and variance 1, over the known numbers of samples of any kind, by sample
/// weights. Sparse samples are not shifted, so that zeros stay zeros; a row that does not vary is shifted
/// only. \throws DataError if there are no samples, or a row's mean or spread is not a normal number
template <class Data>
Scaling standard_scaling(const Data& data) {
  bool sparse = false;
  const detail::RowMoments moments = detail::raw_moments(data, sparse);
  return detail::scaling_of_moments(moments, !sparse, [](Index) { return true; });
}

/// The same for a model's visible layer: only rows whose units take all real numbers (Gaussian ones) are
/// scaled. \throws ShapeError also if the samples do not fit the layer
template <class Units, class B, class Data>
Scaling standard_scaling(const Layer<Units, B>& visible, const Data& data) {
  check<ShapeError>(data.rows() == visible.rows(), "standard_scaling: the data have ", data.rows(),
                    " rows, the layer has ", visible.rows());
  std::vector<bool> real(static_cast<std::size_t>(visible.rows()));
  detail::for_each_real_row(visible, [&](Index r) { real[static_cast<std::size_t>(r)] = true; });
  bool sparse = false;
  const detail::RowMoments moments = detail::raw_moments(data, sparse);
  return detail::scaling_of_moments(moments, !sparse,
                                    [&](Index r) { return real[static_cast<std::size_t>(r)]; });
}

}  // namespace harmonium
