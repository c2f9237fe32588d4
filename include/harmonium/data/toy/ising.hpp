/// \file
/// The Ising model on a square lattice with periodic boundaries, drawn exactly: a truth to learn whose log Z
/// and entropy are known, with long-range order above a coupling of 0.4407.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <numeric>
#include <vector>

#include "../../core/random.hpp"
#include "../dataset.hpp"

namespace harmonium {

/// p(s) = exp(K sum of s_i s_j over neighbours) / Z, for spins of -1 and 1 on a torus of side x side. Rows of
/// the lattice form a Markov chain, so that powers of the transfer matrix give everything exactly.
class Ising {
 public:
  /// Takes 8 side 4^side bytes: 84 MB for a side of 10. Of a side of 2 each pair of neighbours counts twice.
  /// \throws ValueError unless 2 <= side <= 10 and |coupling| <= 5
  Ising(Index side, double coupling) : side_(side), coupling_(coupling) {
    check<ValueError>(side >= 2 && side <= 10, "Ising: side is ", side, ", expected 2 to 10");
    check<ValueError>(std::abs(coupling) <= 5, "Ising: coupling is ", coupling, ", expected -5 to 5");
    const Index states = Index{1} << side;
    Eigen::MatrixXd power = Eigen::MatrixXd::Identity(states, states);
    for (Index i = 1; i <= side; ++i) {
      powers_.push_back(power);  // that of i - 1
      multiply(power);
    }
    first_ = power.diagonal();
    const double total = first_.sum();
    log_z_ = std::log(total) + static_cast<double>(2 * side * side) * std::abs(coupling);
    // Each row has as many bonds as each column, and as likely ones.
    double row_bonds = 0;
    for (Index s = 0; s < states; ++s) row_bonds += first_(s) / total * static_cast<double>(bonds(s));
    mean_bonds_ = 2 * static_cast<double>(side) * row_bonds;
  }

  /// Rows and columns of the lattice.
  Index side() const { return side_; }
  /// K.
  double coupling() const { return coupling_; }
  /// log of the sum over all states.
  double log_z() const { return log_z_; }
  /// -(mean of log p), in nats: no model gives independent draws a greater mean log likelihood than minus
  /// this.
  double entropy() const { return log_z_ - coupling_ * mean_bonds_; }

  /// Independent draws, one per column, row by row of the lattice; a bit of 1 is a spin of 1. \throws
  /// ValueError unless 0 <= count <= 2^31 - 1
  Dataset draw(Index count, std::uint64_t seed) const {
    check<ValueError>(count >= 0 && count <= 0x7fffffff, "Ising: count is ", count,
                      ", expected 0 to 2147483647");
    Dataset::Bytes bits(side_ * side_, count);
    const Draws draws{.seed = seed, .stream = Stream::toy};
    std::vector<double> sums(static_cast<std::size_t>(first_.size()));
    for (Index c = 0; c < count; ++c) {
      Index first = 0, state = 0;
      for (Index row = 0; row < side_; ++row) {
        double sum = 0;
        for (Index s = 0; s < first_.size(); ++s) {
          sum += row == 0 ? first_(s)
                          : match(state, s) * powers_[static_cast<std::size_t>(side_ - row)](s, first);
          sums[static_cast<std::size_t>(s)] = sum;
        }
        const double u = sum * fine_uniform_from(draws.block_of_row(static_cast<std::uint32_t>(row),
                                                                    static_cast<std::uint32_t>(c), 0));
        const auto found = std::upper_bound(sums.begin(), sums.end() - 1, u);
        state = static_cast<Index>(found - sums.begin());
        if (row == 0) first = state;
        for (Index i = 0; i < side_; ++i)
          bits(row * side_ + i, c) = static_cast<std::uint8_t>(state >> i & 1);
      }
    }
    return Dataset(std::move(bits), {}, 1.0);
  }

  /// log p of each column of bits. \throws ShapeError unless there are side^2 rows
  template <class X>
  Eigen::VectorXd log_likelihood(const Eigen::MatrixBase<X>& bits) const {
    check<ShapeError>(bits.rows() == side_ * side_, "Ising: there are ", bits.rows(), " rows, expected ",
                      side_ * side_);
    Eigen::VectorXd result(bits.cols());
    for (Index c = 0; c < bits.cols(); ++c) {
      const auto spin = [&](Index y, Index x) {
        return 2 * static_cast<double>(bits(y % side_ * side_ + x % side_, c)) - 1;
      };
      double sum = 0;
      for (Index y = 0; y < side_; ++y)
        for (Index x = 0; x < side_; ++x) sum += spin(y, x) * (spin(y, x + 1) + spin(y + 1, x));
      result(c) = coupling_ * sum - log_z_;
    }
    return result;
  }

 private:
  // Sum of s_i s_{i + 1} within a row.
  Index bonds(Index state) const {
    const Index next = state >> 1 | (state & 1) << (side_ - 1);
    return side_ - 2 * std::popcount(static_cast<unsigned>(state ^ next));
  }
  // exp(K sum of s_i t_i - |K| side) for neighbouring rows s and t.
  double match(Index s, Index t) const {
    const auto agreeing = static_cast<double>(side_ - 2 * std::popcount(static_cast<unsigned>(s ^ t)));
    return std::exp(coupling_ * agreeing - std::abs(coupling_) * static_cast<double>(side_));
  }
  // x = T x for the transfer matrix T(s, t) = exp(K bonds(s)) match(s, t), over its greatest possible entry.
  // The second factor is a product over the row's bits.
  void multiply(Eigen::MatrixXd& x) const {
    const double same = std::exp(coupling_ - std::abs(coupling_)),
                 other = std::exp(-coupling_ - std::abs(coupling_));
    for (Index c = 0; c < x.cols(); ++c) {
      for (Index bit = 1; bit < x.rows(); bit *= 2)
        for (Index s = 0; s < x.rows(); ++s)
          if ((s & bit) == 0) {
            const double a = x(s, c), b = x(s | bit, c);
            x(s, c) = same * a + other * b;
            x(s | bit, c) = other * a + same * b;
          }
      for (Index s = 0; s < x.rows(); ++s)
        x(s, c) *= std::exp(coupling_ * static_cast<double>(bonds(s)) -
                            std::abs(coupling_) * static_cast<double>(side_));
    }
  }

  Index side_;
  double coupling_, log_z_ = 0, mean_bonds_ = 0;
  std::vector<Eigen::MatrixXd> powers_;  // of the transfer matrix, from 0 to side - 1
  Eigen::VectorXd first_;                // weights of the first row's states
};

}  // namespace harmonium
