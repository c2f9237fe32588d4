/// \file
/// How a layer is summed out at all inputs of a grid: in the form that its units have, part by part for mixed
/// layers. Another form is another class with the same members, and a specialization here.
#pragma once

#include <optional>
#include <tuple>

#include "../../../models/mixed_layer.hpp"
#include "bilinear.hpp"
#include "finite.hpp"

namespace harmonium::detail {

/// The form for layers of units `U`.
template <class U>
struct PartitionFor {
  using Form = DirectPartition<U>;  ///< whatever the units are
};
/// Finite units factorise.
template <FiniteUnit U>
struct PartitionFor<U> {
  using Form = FinitePartition<U>;  ///< a product over units
};
/// Units that say so split.
template <class U>
requires QuadraticUnit<U> || MultiplicativeUnit<U>
struct PartitionFor<U> {
  using Form = BilinearPartition<U>;  ///< a matrix product
};
/// Mixed layers.
template <class... U>
struct PartitionFor<Mixed<U...>>;

template <class U>
using PartitionOf = typename PartitionFor<U>::Form;

/// The parts of a mixed layer, each in its own form.
template <class... U>
struct MixedPartition {
  static constexpr bool slow = (PartitionOf<U>::slow || ...);  ///< is one of the parts?

  const Layer<Mixed<U...>, Cpu<double>>* layer;  ///< whose parts they are
  std::tuple<std::optional<PartitionOf<U>>...> parts;

  /// \param whole must outlive this object
  /// \param low rows x lows: inputs from the low states
  MixedPartition(const Layer<Mixed<U...>, Cpu<double>>& whole, const Eigen::MatrixXd& low) : layer(&whole) {
    for_each_part(
        [&](PartRows rows, const auto& part, auto& form) {
          form.emplace(part, Eigen::MatrixXd(low.middleRows(rows.first, rows.count)));
        },
        *layer, *this);
  }
  /// Inputs from high states, rows x n.
  void set_high(View<const double> high) {
    for_each_part([&](PartRows rows, const auto&, auto& form) { form->set_high(rows.of(high)); }, *layer,
                  *this);
  }
  /// out (lows x n) += the log-partition at each input
  void add_log_partition(const Cpu<double>& on, View<double> out) const {
    for_each_part([&](PartRows, const auto&, const auto& form) { form->add_log_partition(on, out); }, *layer,
                  *this);
  }
  /// Adds the expectation of the layer's statistics to `sums`, and of x h^T to `weights`.
  void add_moments(const Cpu<double>& on, const GridBlock& block, Layer<Mixed<U...>, Cpu<double>>& sums,
                   View<double> weights) {
    for_each_part([&](PartRows rows, const auto&, auto& form,
                      auto& part_sums) { form->add_moments(on, block, part_sums, rows.of(weights)); },
                  *layer, *this, sums);
  }
  /// Adds what `add_moments` has kept.
  void finish(const Cpu<double>& on, const StateGrid& grid, Layer<Mixed<U...>, Cpu<double>>& sums,
              View<double> weights) {
    for_each_part([&](PartRows rows, const auto&, auto& form,
                      auto& part_sums) { form->finish(on, grid, part_sums, rows.of(weights)); },
                  *layer, *this, sums);
  }
};

template <class... U>
struct PartitionFor<Mixed<U...>> {
  using Form = MixedPartition<U...>;  ///< part by part
};

}  // namespace harmonium::detail
