/// \file
/// Couplings between the letters of two sites: those of a Potts model, and what comes closest to them in an
/// RBM. In the zero-sum gauge, in which the norm of a pair's couplings says how much the sites depend on each
/// other.
#pragma once

#include "../../models/boltzmann_machine.hpp"
#include "../../models/rbm.hpp"
#include "check_sequences.hpp"

namespace harmonium {

namespace detail {

/// Subtracts from a group x group block the means of its rows and columns: x_ab - x_a. - x_.b + x_..
template <class T>
void center_block(View<T> block) {
  const auto count = static_cast<T>(block.rows);
  for (Index b = 0; b < block.cols; ++b) {
    T mean = 0;
    for (Index a = 0; a < block.rows; ++a) mean += block(a, b);
    for (Index a = 0; a < block.rows; ++a) block(a, b) -= mean / count;
  }
  for (Index a = 0; a < block.rows; ++a) {
    T mean = 0;
    for (Index b = 0; b < block.cols; ++b) mean += block(a, b);
    for (Index b = 0; b < block.cols; ++b) block(a, b) -= mean / count;
  }
}

/// The same for each pair of groups; blocks on the diagonal become 0.
template <class T>
void center_couplings(View<T> couplings, Index group) {
  for (Index c = 0; c < couplings.cols; c += group)
    for (Index r = 0; r < couplings.rows; r += group) {
      const View<T> block = couplings.columns(c, group).rows_from(r, group);
      if (r != c) {
        center_block(block);
        continue;
      }
      for (Index b = 0; b < group; ++b) std::fill_n(block.column(b), group, T(0));
    }
}

}  // namespace detail

/// The couplings of a Potts model, V x V, in the zero-sum gauge: those of each pair of sites sum to zero over
/// the letters of either. \throws ShapeError if its weights do not fit its layer
template <class B>
Eigen::MatrixXd couplings(const BoltzmannMachine<Categorical, B>& machine) {
  check_shapes("couplings", machine);
  HostMatrix<ScalarOf<B>> weights(machine.weights.rows(), machine.weights.cols());
  B{}.download(ConstViewOf<B>(machine.weights), View<ScalarOf<B>>(weights));
  Eigen::MatrixXd result = weights.template cast<double>();
  detail::center_couplings(View<double>(result), machine.visible.group);
  return result;
}

/// The effective couplings of an RBM, V x V, in the zero-sum gauge: how log p changes with the letters of two
/// sites together and not one by one, averaged over the given sequences, which keep their letters elsewhere
/// (second differences; Tubiana, Cocco and Monasson, 2019). A few dozen sequences, drawn by their weights or
/// from the model, are enough; time grows with their number, the square of the sites, that of the letters,
/// and the hidden units. \throws ShapeError if the alignment or the weights do not fit the layers \throws
/// DataError if there are no sequences, or a letter is missing
template <class H, class B>
Eigen::MatrixXd couplings(const Rbm<Categorical, H, B>& rbm, const Alignment& sequences,
                          const Cpu<ScalarOf<B>>& on = Cpu<ScalarOf<B>>::all()) {
  using T = ScalarOf<B>;
  detail::check_sequences("couplings", rbm, sequences);
  const Index group = rbm.visible.group, sites = rbm.visible.units();
  check<DataError>(sequences.size() >= 1 && !sequences.any_missing(),
                   "couplings: there are no sequences, or letters are missing");
  const auto here = convert<Cpu<T>>(rbm);
  const HostMatrix<T> filters = here.weights.transpose();  // H x V: a column for each letter of each site
  const Index hidden = filters.rows();
  HostMatrix<T> inputs = HostMatrix<T>::Zero(hidden, sequences.size());
  for (Index c = 0; c < sequences.size(); ++c)
    for (Index i = 0; i < sites; ++i) inputs.col(c) += filters.col(i * group + sequences.letters(i, c));
  std::vector<std::pair<Index, Index>> pairs;
  for (Index j = 1; j < sites; ++j)
    for (Index i = 0; i < j; ++i) pairs.emplace_back(i, j);
  Eigen::MatrixXd result = Eigen::MatrixXd::Zero(rbm.visible.rows(), rbm.visible.rows());
  on.for_each_piece(static_cast<Index>(pairs.size()), [&](Index piece) {
    const auto [i, j] = pairs[static_cast<std::size_t>(piece)];
    const Cpu<T> alone;
    HostMatrix<T> input(hidden, group * group), sums(1, group * group);
    Eigen::MatrixXd block = Eigen::MatrixXd::Zero(group, group);
    for (Index c = 0; c < sequences.size(); ++c) {
      const HostVector<T> rest = inputs.col(c) - filters.col(i * group + sequences.letters(i, c)) -
                                 filters.col(j * group + sequences.letters(j, c));
      for (Index b = 0; b < group; ++b)
        for (Index a = 0; a < group; ++a)
          input.col(b * group + a) = rest + filters.col(i * group + a) + filters.col(j * group + b);
      alone.fill(sums, T(0));
      add_log_partition(alone, here.hidden, View<const T>(input), T(1), View<T>(sums));
      for (Index b = 0; b < group; ++b)
        for (Index a = 0; a < group; ++a) block(a, b) += static_cast<double>(sums(0, b * group + a));
    }
    block /= static_cast<double>(sequences.size());
    detail::center_block(View<double>(block));
    result.block(i * group, j * group, group, group) = block;
    result.block(j * group, i * group, group, group) = block.transpose();
  });
  return result;
}

}  // namespace harmonium
