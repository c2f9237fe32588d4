/// \file
/// An RBM in which some units are known is an RBM of the others: known units shift the other layer's biases
/// and add a constant. So anything that can be asked of a model (log Z, moments, samples, annealing) can also
/// be asked when part of it is known.
#pragma once

#include <vector>

#include "../backend/on_host.hpp"
#include "../core/host_matrix.hpp"
#include "../models/mixed_layer.hpp"
#include "../models/rbm.hpp"

namespace harmonium {

/// Which numbers are known, in the shape of the numbers themselves; all rows of a grouped unit or none.
using Mask = HostMatrix<bool>;

/// The remainder of an RBM, in double precision on the host. For all states x of the free units, -E(x, known)
/// = log_weight - E_rbm(x). A layer may have no rows left.
template <class V, class H>
struct ClampedRbm {
  Rbm<V, H, Cpu<double>> rbm;       ///< the free units
  double log_weight = 0;            ///< what the known units contribute
  std::vector<Index> visible_rows;  ///< which rows of the original are free
  std::vector<Index> hidden_rows;   ///< likewise for the hidden layer
};

namespace detail {

/// \throws ValueError if a grouped unit is only partly known
template <class U, class B>
void check_whole_units(const char* caller, const Layer<U, B>& layer, View<const bool> known,
                       Index first_row = 0, Index first_column = 0) {
  for (Index c = 0; c < known.cols && layer.group > 1; ++c)
    for (Index r = 0; r < known.rows; r += layer.group)
      for (Index i = 1; i < layer.group; ++i)
        check<ValueError>(known(r + i, c) == known(r, c), caller, ": rows ", first_row + r, " to ",
                          first_row + r + layer.group - 1,
                          " are one unit: all of them are known, or none, in column ", first_column + c);
}
template <class... U, class B>
void check_whole_units(const char* caller, const Layer<Mixed<U...>, B>& layer, View<const bool> known,
                       Index first_row = 0, Index first_column = 0) {
  for_each_part(
      [&](auto rows, const auto& part) {
        check_whole_units(caller, part, rows.of(known), first_row + rows.first, first_column);
      },
      layer);
}

/// The rows of a layer for which a mask (rows x 1) equals `wanted`; possibly none.
template <class U>
Layer<U, Cpu<double>> pick_rows(const Layer<U, Cpu<double>>& layer, View<const bool> known, bool wanted) {
  Layer<U, Cpu<double>> picked;
  picked.group = layer.group;
  picked.parameters.resize(layer.rows(), layer.parameters.cols());
  Index count = 0;
  for (Index r = 0; r < layer.rows(); ++r)
    if (known(r, 0) == wanted) picked.parameters.row(count++) = layer.parameters.row(r);
  picked.parameters.conservativeResize(count, Eigen::NoChange);
  return picked;
}
template <class... U>
Layer<Mixed<U...>, Cpu<double>> pick_rows(const Layer<Mixed<U...>, Cpu<double>>& layer,
                                          View<const bool> known, bool wanted) {
  Layer<Mixed<U...>, Cpu<double>> picked;
  for_each_part([&](auto rows, const auto& part, auto& to) { to = pick_rows(part, rows.of(known), wanted); },
                layer, picked);
  return picked;
}

/// Indices of the rows for which a mask equals `wanted`.
inline std::vector<Index> rows_where(View<const bool> known, bool wanted) {
  std::vector<Index> rows;
  for (Index r = 0; r < known.rows; ++r)
    if (known(r, 0) == wanted) rows.push_back(r);
  return rows;
}

/// E(x) of a layer's known part, with its states taken from `values`. \throws DataError if a unit does not
/// accept a value
template <class L>
double energy_of_known(const char* caller, const L& layer, View<const bool> known,
                       const Eigen::VectorXd& values) {
  const L part = pick_rows(layer, known, true);
  const std::vector<Index> rows = rows_where(known, true);
  if (rows.empty()) return 0;
  const Eigen::MatrixXd x = values(rows);
  const auto [row, column] = find_unacceptable(part, View<const double>(x));
  check<DataError>(row < 0, caller, ": row ", rows[static_cast<std::size_t>(std::max<Index>(row, 0))], " is ",
                   x(std::max<Index>(row, 0), 0), "; ", accepted_values(part, std::max<Index>(row, 0)));
  Eigen::MatrixXd energy = Eigen::MatrixXd::Zero(1, 1);
  add_energy(Cpu<double>(), part, View<const double>(x), 1, energy);
  return energy(0, 0);
}

template <class L>
void add_to_biases(L& layer, const Eigen::MatrixXd& x) {
  for_each_bias(layer, [&](View<double> bias, Index first) {
    for (Index r = 0; r < bias.rows; ++r) bias(r, 0) += x(first + r, 0);
  });
}

/// `clamp` of a model in double precision, without checks of shapes.
template <class V, class H>
ClampedRbm<V, H> clamp_precise(const Rbm<V, H, Cpu<double>>& rbm, const Eigen::VectorXd& v,
                               View<const bool> known_v, const Eigen::VectorXd& h, View<const bool> known_h) {
  ClampedRbm<V, H> left;
  left.log_weight =
      -energy_of_known("clamp", rbm.visible, known_v, v) - energy_of_known("clamp", rbm.hidden, known_h, h);
  left.visible_rows = rows_where(known_v, false);
  left.hidden_rows = rows_where(known_h, false);
  const std::vector<Index> fixed_v = rows_where(known_v, true), fixed_h = rows_where(known_h, true);
  left.rbm.visible = pick_rows(rbm.visible, known_v, false);
  left.rbm.hidden = pick_rows(rbm.hidden, known_h, false);
  left.rbm.weights = rbm.weights(left.visible_rows, left.hidden_rows);
  const Eigen::VectorXd v_known = v(fixed_v), h_known = fixed_h.empty() ? Eigen::VectorXd() : h(fixed_h);
  add_to_biases(left.rbm.hidden, rbm.weights(fixed_v, left.hidden_rows).transpose() * v_known);
  if (!fixed_h.empty()) {
    add_to_biases(left.rbm.visible, rbm.weights(left.visible_rows, fixed_h) * h_known);
    left.log_weight += v_known.dot(rbm.weights(fixed_v, fixed_h) * h_known);
  }
  return left;
}

}  // namespace detail

/// The RBM of the units that are not known. \param v, h are one column each (V x 1, H x 1); only the numbers
/// marked in `known_v` and `known_h` are used. Without the latter no hidden unit is known. \throws ShapeError
/// if a column's or mask's rows do not match its layer \throws ValueError if a grouped unit is only partly
/// known \throws DataError if a unit does not accept a known number
template <class V, class H, class B>
ClampedRbm<V, H> clamp(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> v,
                       View<const bool> known_v, std::type_identity_t<ConstViewOf<B>> h = {},
                       View<const bool> known_h = {}) {
  check_shapes("clamp", rbm);
  check<ShapeError>(
      v.rows == rbm.visible.rows() && v.cols == 1 && known_v.rows == v.rows && known_v.cols == 1,
      "clamp: v is ", v.rows, " x ", v.cols, " and its mask ", known_v.rows, " x ", known_v.cols,
      ", expected ", rbm.visible.rows(), " x 1");
  const bool no_hidden = known_h.cols == 0;
  check<ShapeError>(no_hidden || (h.rows == rbm.hidden.rows() && h.cols == 1 && known_h.rows == h.rows &&
                                  known_h.cols == 1),
                    "clamp: h is ", h.rows, " x ", h.cols, " and its mask ", known_h.rows, " x ",
                    known_h.cols, ", expected ", rbm.hidden.rows(), " x 1");
  const Mask none = Mask::Zero(rbm.hidden.rows(), 1);
  const View<const bool> fixed_h = no_hidden ? View<const bool>(none) : known_h;
  detail::check_whole_units("clamp", rbm.visible, known_v);
  detail::check_whole_units("clamp", rbm.hidden, fixed_h);
  return detail::clamp_precise(
      convert<Cpu<double>>(rbm), detail::on_host(B{}, v).col(0), known_v,
      no_hidden ? Eigen::VectorXd() : Eigen::VectorXd(detail::on_host(B{}, h).col(0)), fixed_h);
}

}  // namespace harmonium
