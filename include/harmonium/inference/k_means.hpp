/// \file
/// Clusters by k-means (Lloyd, 1982), from starts that lie far apart (k-means++; Arthur and Vassilvitskii,
/// 2007).
#pragma once

#include <algorithm>
#include <limits>
#include <numeric>
#include <span>
#include <vector>

#include "../core/random.hpp"
#include "nearest_columns.hpp"

namespace harmonium {

/// Settings of `k_means`.
struct KMeansOptions {
  Index clusters = 10;     ///< at most; fewer if fewer samples differ
  int starts = 5;          ///< of which the one with the nearest centers is kept
  int most_passes = 100;   ///< of each start, if it does not settle earlier
  std::uint64_t seed = 0;  ///< of the starts
};

/// Clusters of samples, the largest first.
struct Clusters {
  Eigen::MatrixXd centers;      ///< rows x clusters
  std::vector<Index> of;        ///< the cluster of each sample
  double squared_distance = 0;  ///< of samples to their centers, summed
};

/// The share of samples that is in each cluster.
inline Eigen::VectorXd shares_of(std::span<const Index> of, Index clusters) {
  Eigen::VectorXd shares = Eigen::VectorXd::Zero(clusters);
  for (const Index cluster : of) shares(cluster) += 1;
  return shares / static_cast<double>(std::max<std::size_t>(1, of.size()));
}

namespace detail {

/// Samples that become centers: each with a probability proportional to its squared distance to the nearest
/// one before it.
inline Eigen::MatrixXd far_apart(const Eigen::MatrixXd& x, Index count, Draws draws) {
  const auto uniform = [&](Index i) {
    return fine_uniform_from(draws.block_of_row(static_cast<std::uint32_t>(i), 0, 0));
  };
  Eigen::MatrixXd centers(x.rows(), count);
  Index next = std::min(x.cols() - 1, static_cast<Index>(uniform(0) * static_cast<double>(x.cols())));
  Eigen::VectorXd distances = Eigen::VectorXd::Constant(x.cols(), std::numeric_limits<double>::infinity());
  for (Index i = 0;; ++i) {
    centers.col(i) = x.col(next);
    distances = distances.cwiseMin((x.colwise() - centers.col(i)).colwise().squaredNorm().transpose());
    const double total = distances.sum();
    if (i + 1 == count || !(total > 0)) return centers.leftCols(i + 1);
    double left = uniform(i + 1) * total;
    for (next = 0; next + 1 < x.cols() && (left >= distances(next) || distances(next) == 0); ++next)
      left -= distances(next);
  }
}

/// From these centers on, until no sample changes its cluster. A center that no sample is nearest to stays.
inline Clusters settle(const Cpu<double>& on, const Eigen::MatrixXd& x, Eigen::MatrixXd centers,
                       int most_passes) {
  Clusters result{.centers = std::move(centers), .of = {}};
  for (int pass = 0; pass < most_passes; ++pass) {
    std::vector<Index> of = nearest_columns<double>(on, x, result.centers);
    if (of == result.of) break;
    result.of = std::move(of);
    Eigen::MatrixXd sums = Eigen::MatrixXd::Zero(x.rows(), result.centers.cols());
    Eigen::VectorXd counts = Eigen::VectorXd::Zero(sums.cols());
    for (Index c = 0; c < x.cols(); ++c) {
      const Index own = result.of[static_cast<std::size_t>(c)];
      sums.col(own) += x.col(c);
      counts(own) += 1;
    }
    for (Index i = 0; i < sums.cols(); ++i)
      if (counts(i) > 0) result.centers.col(i) = sums.col(i) / counts(i);
  }
  for (Index c = 0; c < x.cols(); ++c)
    result.squared_distance +=
        (x.col(c) - result.centers.col(result.of[static_cast<std::size_t>(c)])).squaredNorm();
  return result;
}

}  // namespace detail

/// Clusters of the columns of x. The same seed gives the same ones on any number of threads. \throws
/// DataError if there are no columns, or a number is not finite \throws ValueError if an option is out of
/// range
inline Clusters k_means(const Eigen::MatrixXd& x, const KMeansOptions& options = {},
                        const Cpu<double>& on = Cpu<double>::all()) {
  check<ValueError>(options.clusters >= 1 && options.clusters <= 0x7fffffff, "k_means: clusters is ",
                    options.clusters, ", expected 1 to 2147483647");
  check<ValueError>(options.starts >= 1, "k_means: starts is ", options.starts, ", expected at least 1");
  check<ValueError>(options.most_passes >= 1, "k_means: most_passes is ", options.most_passes,
                    ", expected at least 1");
  check<DataError>(x.cols() >= 1, "k_means: there are no samples");
  check<DataError>(x.allFinite(), "k_means: a number is not finite");
  Clusters best;
  for (int start = 0; start < options.starts; ++start) {
    const Draws draws{.seed = seed_for(options.seed, SeedFor::clusters, static_cast<std::uint32_t>(start)),
                      .stream = Stream::shuffle};
    Clusters found = detail::settle(on, x, detail::far_apart(x, std::min(options.clusters, x.cols()), draws),
                                    options.most_passes);
    if (start == 0 || found.squared_distance < best.squared_distance) best = std::move(found);
  }
  const Eigen::VectorXd shares = shares_of(best.of, best.centers.cols());
  std::vector<Index> order(static_cast<std::size_t>(shares.size()));
  std::iota(order.begin(), order.end(), Index(0));
  std::stable_sort(order.begin(), order.end(), [&](Index a, Index b) { return shares(a) > shares(b); });
  std::vector<Index> place(order.size());
  for (std::size_t i = 0; i < order.size(); ++i)
    place[static_cast<std::size_t>(order[i])] = static_cast<Index>(i);
  for (Index& cluster : best.of) cluster = place[static_cast<std::size_t>(cluster)];
  best.centers = best.centers(Eigen::all, order).eval();
  return best;
}

}  // namespace harmonium
