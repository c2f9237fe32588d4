/// \file
/// Scaling of samples: a value that is kept with a model, so that whoever uses the model applies the same
/// numbers. A row's number is `shift + scale * x` in the data's own unit where the model sees x.
///
///     const Scaling scaling = standard_scaling(raw);              // mean 0 and variance 1 in each row
///     trainer.fit(Standardized(scaling, raw));
///     save("model.safetensors", rbm, scaling);                    // io/models/scaling_file.hpp
///     Eigen::MatrixXd drawn = unscaled(scaling, generate(rbm, {.samples = 10}));
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

#include "../data/row_moments.hpp"
#include "../data/samples.hpp"
#include "mixed_layer.hpp"

namespace harmonium {

/// The size of a `Scaling`.
struct ScalingOptions {
  Index rows = 0;  ///< numbers of a sample
};

/// One shift and one scale per row, in double precision whatever the model's is: rows may be far from 0
/// compared with their spread.
struct Scaling {
  using Backend = Cpu<double>;     ///< where it is stored
  using Scalar = double;           ///< type of its numbers
  using Options = ScalingOptions;  ///< its size

  Eigen::VectorXd shift;  ///< what the model sees as 0
  Eigen::VectorXd scale;  ///< what the model sees as a difference of 1; above 0

  Scaling() = default;
  /// Leaves all numbers as they are.
  explicit Scaling(const Options& options)
      : shift(Eigen::VectorXd::Zero(options.rows)), scale(Eigen::VectorXd::Ones(options.rows)) {}
  /// These numbers. \throws ShapeError, DataError as `check_scaling`
  Scaling(Eigen::VectorXd shifts, Eigen::VectorXd scales);

  /// Numbers of a sample.
  Index rows() const { return shift.size(); }
  /// A row's number as the model sees it.
  double to_model(Index row, double x) const { return (x - shift(row)) / scale(row); }
  /// The same; in a row that is scaled, a number beyond +-limit is moved there.
  double to_model(Index row, double x, double limit) const {
    const double seen = to_model(row, x);
    return shift(row) == 0 && scale(row) == 1 ? seen : std::clamp(seen, -limit, limit);
  }
  /// A row's number in the data's own unit.
  double to_data(Index row, double x) const { return shift(row) + scale(row) * x; }

  /// Are all numbers equal?
  friend bool operator==(const Scaling& a, const Scaling& b) {
    return a.rows() == b.rows() && a.scale.size() == b.scale.size() && a.shift == b.shift &&
           a.scale == b.scale;
  }
  /// The size, from what `describe` wrote. \throws DataError if that is not a scaling
  static Options options_from(const Metadata& metadata) {
    detail::check_kind(metadata, "scaling");
    return {.rows = detail::size_at(metadata, "rows")};
  }
  /// How many numbers a scaling of this size has.
  static double parameter_count(const Options& options) { return 2 * static_cast<double>(options.rows); }
  /// The walk: `shift`, `scale`.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    f(name / "shift", Role::bias, view_of(self.shift), view_of(others.shift)...);
    f(name / "scale", Role::shape, view_of(self.scale), view_of(others.scale)...);
  }
};

/// \throws ShapeError unless there is a shift and a scale for each of `rows` rows \throws DataError unless
/// all are finite, and the scales above 0
inline void check_scaling(const char* caller, const Scaling& scaling, Index rows) {
  check<ShapeError>(scaling.shift.size() == rows && scaling.scale.size() == rows, caller,
                    ": the scaling has ", scaling.shift.size(), " shifts and ", scaling.scale.size(),
                    " scales, the samples have ", rows, " rows");
  for (Index r = 0; r < rows; ++r)
    check<DataError>(std::isfinite(scaling.shift(r)) && std::isfinite(scaling.scale(r)) &&
                         scaling.scale(r) >= std::numeric_limits<double>::min(),
                     caller, ": row ", r, " has shift ", scaling.shift(r), " and scale ", scaling.scale(r),
                     ", expected finite numbers, and a scale above 0");
}

inline Scaling::Scaling(Eigen::VectorXd shifts, Eigen::VectorXd scales)
    : shift(std::move(shifts)), scale(std::move(scales)) {
  check_scaling("Scaling", *this, rows());
}

/// Kind and size, for files.
inline Metadata describe(const Scaling& scaling) {
  return {{"kind", "scaling"}, {"rows", std::to_string(scaling.rows())}};
}

/// Samples of any kind as a model sees them, scaled batch by batch: nothing is stored. What comes with them
/// (labels, targets, weights, which entries are known) is passed on. They stay sparse if no row is shifted.
/// Numbers are scaled in double precision, as far as the samples have it.
template <class Data>
class Standardized {
 public:
  /// The data must outlive this. A number that is beyond +-limit, in a row that is scaled, is moved there.
  /// \throws ShapeError, DataError if the scaling does not fit the samples, see `check_scaling`
  Standardized(Scaling scaling, const Data& data, double limit = std::numeric_limits<double>::infinity())
      : scaling_(std::move(scaling)), data_(data), limit_(limit) {
    check_scaling("Standardized", scaling_, rows());
    check<ValueError>(limit > 0, "Standardized: limit is ", limit, ", expected a number above 0");
  }

  /// Numbers per sample.
  Index rows() const { return data_.rows(); }
  /// Number of samples.
  Index size() const {
    if constexpr (requires { data_.cols(); }) {
      return data_.cols();
    } else {
      return data_.size();
    }
  }
  /// The samples' classes, or nothing.
  std::span<const int> labels() const {
    if constexpr (requires { data_.labels(); }) {
      return data_.labels();
    } else {
      return {};
    }
  }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const { return weights_of(data_); }

  /// out(:, i) = sample columns[i], scaled
  template <class B>
  void fill(const B& on, std::span<const Index> columns,
            View<typename B::Scalar, typename B::Memory> out) const {
    using T = typename B::Scalar;
    thread_local HostMatrix<double> room;
    thread_local HostMatrix<T> block;
    const auto reserve = [&](auto& matrix) {
      if (matrix.rows() != out.rows || matrix.cols() < out.cols) matrix.resize(out.rows, out.cols);
    };
    reserve(room);
    const auto raw = View<double>(room).columns(0, out.cols);
    fill_raw(columns, raw);
    const auto write = [&](View<T> to) {
      for (Index c = 0; c < to.cols; ++c)
        for (Index r = 0; r < to.rows; ++r)
          to(r, c) = static_cast<T>(scaling_.to_model(r, raw(r, c), limit_));
    };
    if constexpr (std::same_as<typename B::Memory, HostMemory>) {
      write(out);
    } else {
      reserve(block);
      write(View<T>(block).columns(0, out.cols));
      on.upload(View<const T>(block).columns(0, out.cols), out);
    }
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
  void fill_raw(std::span<const Index> columns, View<double> out) const {
    const Cpu<double> on;
    if constexpr (BatchSource<Data, Cpu<double>>) {
      data_.fill(on, columns, out);
    } else if constexpr (SparseColumns<Data>) {
      detail::gather_sparse(on, data_, columns, 1.0, out);
    } else if constexpr (BatchSource<Data, Cpu<float>>) {
      thread_local HostMatrix<float> room;
      if (room.rows() != out.rows || room.cols() < out.cols) room.resize(out.rows, out.cols);
      const auto values = View<float>(room).columns(0, out.cols);
      data_.fill(Cpu<float>(), columns, values);
      for (Index c = 0; c < out.cols; ++c) std::copy_n(values.column(c), out.rows, out.column(c));
    } else {
      static_assert(std::convertible_to<const Data&, View<const typename Data::Scalar>>,
                    "Standardized takes samples in host memory: a matrix, a sparse matrix, a Dataset or a "
                    "source of batches");
      on.gather(View<const typename Data::Scalar>(data_), columns, 1.0, out);
    }
  }

  Scaling scaling_;
  const Data& data_;
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

/// Calls f(first, count) for the rows of a layer whose states are all real numbers.
template <class U, class B, class F>
void for_each_real_row(const Layer<U, B>& layer, F f) {
  if constexpr (RealUnit<U>)
    for (Index r = 0; r < layer.rows(); ++r) f(r);
}
template <class... U, class B, class F>
void for_each_real_row(const Layer<Mixed<U...>, B>& layer, F f) {
  for_each_part(
      [&](PartRows rows, const auto& part) { for_each_real_row(part, [&](Index r) { f(rows.first + r); }); },
      layer);
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

/// A matrix of samples in the data's own units, as the model sees it. \throws ShapeError, DataError as
/// `check_scaling`
template <class T = float, class Numbers>
HostMatrix<T> scaled(const Scaling& scaling, const Eigen::MatrixBase<Numbers>& samples) {
  check_scaling("scaled", scaling, samples.rows());
  return ((samples.template cast<double>().colwise() - scaling.shift).array().colwise() /
          scaling.scale.array())
      .template cast<T>();
}

/// What a model has drawn, reconstructed or predicted, in the data's own units. \throws ShapeError, DataError
/// as `check_scaling`
template <class T = double, class Numbers>
HostMatrix<T> unscaled(const Scaling& scaling, const Eigen::MatrixBase<Numbers>& samples) {
  check_scaling("unscaled", scaling, samples.rows());
  return ((samples.template cast<double>().array().colwise() * scaling.scale.array()).colwise() +
          scaling.shift.array())
      .template cast<T>();
}

/// What each row adds to minus the log density when samples are given in their own units (the logarithm of
/// the Jacobian): log(scale), or 0 where the unit has probabilities instead of a density. So log p of raw
/// samples is `log_likelihood(rbm, Standardized(scaling, raw), log_z).array() - log_scales(rbm.visible,
/// scaling).sum()`; where entries are missing, the sum is over the known rows. \throws ShapeError, DataError
/// as `check_scaling`
template <class Units, class B>
Eigen::VectorXd log_scales(const Layer<Units, B>& visible, const Scaling& scaling) {
  check_scaling("log_scales", scaling, visible.rows());
  Eigen::VectorXd logs = Eigen::VectorXd::Zero(visible.rows());
  detail::for_each_real_row(visible, [&](Index r) { logs(r) = std::log(scaling.scale(r)); });
  return logs;
}

}  // namespace harmonium
