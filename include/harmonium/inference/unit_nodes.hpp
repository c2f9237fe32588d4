/// \file
/// Nodes at which the conditional of a visible unit is summed up, or integrated, for units of any type.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <memory>
#include <vector>

#include "clamped.hpp"
#include "pseudo_likelihood.hpp"

namespace harmonium::detail {

/// All states of finite units. Of others a grid over the range of the samples' known numbers, half a standard
/// deviation and eight of the unit's own more: whole numbers if the samples are whole and the unit takes no
/// numbers below 0, otherwise real ones. Given hidden units, a Gaussian unit has a width of its own, and a
/// grid with that step sums mixtures of such units to within 1e-8; units that are less smooth get as many
/// nodes as there may be.
template <class B>
class UnitNodes {
 public:
  /// \param v samples, rows x n \param known which numbers of them count; empty if all do
  template <class L>
  UnitNodes(const B& on, const L& layer, const Eigen::MatrixXd& v, const Mask& known) {
    add(on, layer, {0, layer.rows()}, v, known);
  }
  UnitNodes(const UnitNodes&) = delete;  // places point into it
  /// The units, in the order of their rows.
  const std::vector<UnitPlace>& places() const { return places_; }

 private:
  template <class... U>
  void add(const B& on, const Layer<Mixed<U...>, B>& layer, PartRows, const Eigen::MatrixXd& v,
           const Mask& known) {
    for_each_part([&](PartRows rows, const auto& part) { add(on, part, rows, v, known); }, layer);
  }
  template <class U>
  void add(const B& on, const Layer<U, B>& layer, PartRows rows, const Eigen::MatrixXd& v,
           const Mask& known) {
    if constexpr (FiniteUnit<U>) {
      for_each_unit_kind(layer, [&](Index first, Index group, Index units, Eigen::MatrixXd states) {
        states_.push_back(std::make_unique<Eigen::MatrixXd>(std::move(states)));
        for (Index i = 0; i < units; ++i)
          places_.push_back({rows.first + first + i * group, states_.back().get()});
      });
    } else if constexpr (CircleUnit<U>) {
      const double full = 6.283185307179586476925;
      Eigen::MatrixXd states(2, static_cast<Index>(most));
      for (Index k = 0; k < states.cols(); ++k) {
        states(0, k) = std::cos(full * static_cast<double>(k) / most);
        states(1, k) = std::sin(full * static_cast<double>(k) / most);
      }
      states_.push_back(std::make_unique<Eigen::MatrixXd>(std::move(states)));
      log_weights_.push_back(std::make_unique<Eigen::VectorXd>(
          Eigen::VectorXd::Constant(static_cast<Index>(most), std::log(full / most))));
      for (Index r = 0; r < rows.count; r += 2)
        places_.push_back({rows.first + r, states_.back().get(), log_weights_.back().get()});
    } else {
      const Eigen::VectorXd spreads = own_spreads(on, layer);
      for (Index r = 0; r < rows.count; ++r) add_grid<U>(rows.first + r, spreads(r), v, known);
    }
  }
  // Standard deviations without input.
  template <class U>
  static Eigen::VectorXd own_spreads(const B& on, const Layer<U, B>& layer) {
    using T = ScalarOf<B>;
    Matrix<B> input(layer.rows(), 1), ones(layer.rows(), 1), variances(layer.rows(), 1);
    on.fill(input, T(0));
    on.fill(ones, T(1));
    backpropagate(on, layer, ConstViewOf<B>(view_of(input)), ConstViewOf<B>(view_of(ones)),
                  view_of(variances));
    return on_host(on, variances).cwiseSqrt();
  }
  // Does a unit take fractions on both sides of 0? Then whole samples do not make it one of counts.
  template <class U>
  static constexpr bool on_the_whole_line() {
    if constexpr (requires { U::accepts(0.0); }) return RealUnit<U> || (U::accepts(-0.5) && U::accepts(0.5));
    return RealUnit<U>;
  }
  template <class U>
  void add_grid(Index row, double spread, const Eigen::MatrixXd& v, const Mask& known) {
    double low = std::numeric_limits<double>::infinity(), high = -low, count = 0, sum = 0, squares = 0;
    bool whole = !on_the_whole_line<U>();
    for (Index c = 0; c < v.cols(); ++c) {
      if (known.size() > 0 && !known(row, c)) continue;
      const double x = v(row, c);
      low = std::min(low, x), high = std::max(high, x);
      whole = whole && x == std::floor(x);
      const double off = x - (count > 0 ? sum / count : 0.0);  // Welford (1962)
      count += 1, sum += x, squares += off * (x - sum / count);
    }
    if (count == 0) low = high = 0;
    if (whole) spread = std::max(spread, 1.0);
    const double margin = 8 * spread + 0.5 * std::sqrt(count > 0 ? squares / count : 0.0);
    low -= margin, high += margin;
    if constexpr (requires { U::accepts(0.0); })
      if (!U::accepts(low)) low = 0;
    double step = (high - low) / most;
    if (RealUnit<U> || !on_the_whole_line<U>()) step = std::max(RealUnit<U> ? spread : spread / 4, step);
    if (whole) low = std::ceil(low), step = std::max(1.0, std::floor(step));
    const auto nodes = static_cast<Index>(std::ceil((high - low) / step));
    Eigen::MatrixXd x(1, nodes);
    for (Index k = 0; k < nodes; ++k) x(0, k) = low + step * (static_cast<double>(k) + (whole ? 0 : 0.5));
    states_.push_back(std::make_unique<Eigen::MatrixXd>(std::move(x)));
    log_weights_.push_back(
        std::make_unique<Eigen::VectorXd>(Eigen::VectorXd::Constant(nodes, std::log(step))));
    places_.push_back({row, states_.back().get(), log_weights_.back().get()});
  }

  static constexpr double most = 400;  // nodes of a unit
  std::vector<std::unique_ptr<Eigen::MatrixXd>> states_;
  std::vector<std::unique_ptr<Eigen::VectorXd>> log_weights_;
  std::vector<UnitPlace> places_;
};

}  // namespace harmonium::detail
