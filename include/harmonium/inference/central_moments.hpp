/// \file
/// Second and third moments about the means, of all pairs and of some triples of variables.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <span>
#include <vector>

#include "../backend/cpu.hpp"
#include "../core/random.hpp"

namespace harmonium::detail {

/// Pearson's; NaN if either side does not vary.
inline double correlation(const Eigen::ArrayXd& x, const Eigen::ArrayXd& y) {
  const Eigen::ArrayXd a = x - x.mean(), b = y - y.mean();
  return (a * b).sum() / std::sqrt(a.square().sum() * b.square().sum());
}

/// The second and third moments of some rows about their means.
struct Moments {
  Eigen::ArrayXd pairs, triples;
};

inline Moments moments_of(const Cpu<double>& on, const Eigen::MatrixXd& x,
                          std::span<const std::array<Index, 3>> triples) {
  const Index p = x.rows();
  const auto n = static_cast<double>(x.cols());
  Eigen::MatrixXd centered = x.transpose();  // a variable is a column here
  for (Index i = 0; i < p; ++i) centered.col(i).array() -= centered.col(i).mean();
  Eigen::MatrixXd covariance(p, p);
  on.multiply(Op::transposed, Op::plain, 1 / n, centered, centered, 0, covariance);
  Moments result{.pairs = Eigen::ArrayXd(p * (p - 1) / 2),
                 .triples = Eigen::ArrayXd(static_cast<Index>(triples.size()))};
  Index at = 0;
  for (Index j = 0; j < p; ++j)
    for (Index i = 0; i < j; ++i) result.pairs(at++) = covariance(i, j);
  for (std::size_t t = 0; t < triples.size(); ++t) {
    const auto& [i, j, k] = triples[t];
    result.triples(static_cast<Index>(t)) =
        (centered.col(i).array() * centered.col(j).array() * centered.col(k).array()).mean();
  }
  return result;
}

/// `count` triples of different numbers of 0 ... p - 1.
inline std::vector<std::array<Index, 3>> random_triples(Index p, Index count, Draws draws) {
  std::vector<std::array<Index, 3>> triples(p < 3 ? 0 : static_cast<std::size_t>(count));
  for (std::size_t t = 0; t < triples.size(); ++t) {
    const PhiloxBlock block = draws.block_of_row(static_cast<std::uint32_t>(t), 0, 0);
    const auto below = [&](int word, Index limit) {
      return static_cast<Index>(block.word[word] % static_cast<std::uint64_t>(limit));
    };
    Index i = below(0, p), j = below(1, p - 1), k = below(2, p - 2);
    j += j >= i;  // the j-th of those that are left
    for (const Index taken : {std::min(i, j), std::max(i, j)}) k += k >= taken;
    triples[t] = {i, j, k};
  }
  return triples;
}

}  // namespace harmonium::detail
