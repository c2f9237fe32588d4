/// \file
/// Scaling of samples: a value that is kept with a model, so that whoever uses the model applies the same
/// numbers. A row's number is `shift + scale * x` in the data's own unit where the model sees x.
///
///     const Scaling scaling = standard_scaling(raw);              // models/standardized.hpp
///     trainer.fit(Standardized(scaling, raw));
///     save("model.safetensors", rbm, scaling);                    // io/models/scaling_file.hpp
///     Eigen::MatrixXd drawn = unscaled(scaling, generate(rbm, {.samples = 10}));
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <utility>

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

namespace detail {

/// Calls f(row) for the rows of a layer whose states are all real numbers.
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
