/// \file
/// Gradients that are too long are scaled back (Pascanu, Mikolov and Bengio, 2013), so that one unusual batch
/// does not derail a model.
#pragma once

#include <algorithm>

#include "../../models/parameters.hpp"

namespace harmonium::detail {

/// Scales gradients back. The norm stays in the backend's memory, so nothing waits for a device.
template <class B>
class Clipping {
  using T = ScalarOf<B>;

 public:
  /// Scales a gradient whose norm over all parameters exceeds `longest` back to that norm; 0: no limit.
  template <class Model>
  void apply(const B& on, double longest, Model& gradient) {
    if (longest <= 0) return;
    if (factor_.cols() == 0) make_room(gradient);
    Index parameter = 0;
    for_each_parameter(
        [&](const ParameterName&, Role, ViewOf<B> g) {
          const auto norms = view_of(norms_).columns(0, g.cols);
          on.column_norms(g, norms);
          on.column_norms(as_column(norms), view_of(parts_).columns(parameter++, 1));
        },
        gradient);
    on.column_norms(as_column(view_of(parts_)), view_of(factor_));
    on.update(NormLimit<T>{static_cast<T>(longest)}, view_of(factor_));
    for_each_parameter(
        [&](const ParameterName&, Role, ViewOf<B> g) { on.scale_columns(g, repeated(factor_, g.cols)); },
        gradient);
  }

 private:
  template <class Model>
  void make_room(Model& gradient) {
    Index parameters = 0, widest = 1;
    for_each_parameter(
        [&](const ParameterName&, Role, ViewOf<B> g) {
          ++parameters;
          widest = std::max(widest, g.cols);
        },
        gradient);
    norms_ = Matrix<B>(1, widest);
    parts_ = Matrix<B>(1, parameters);
    factor_ = Matrix<B>(1, 1);
  }
  // A contiguous row as a column.
  static ConstViewOf<B> as_column(ViewOf<B> row) { return {row.data, row.cols, 1, row.cols}; }
  // One number as a row of equal ones: all columns start at the same address.
  static ConstViewOf<B> repeated(const Matrix<B>& number, Index cols) { return {number.data(), 1, cols, 0}; }

  // Norms of the columns, of each parameter, and of all, which then becomes a factor.
  Matrix<B> norms_, parts_, factor_;
};

}  // namespace harmonium::detail
