/// \file
/// Do a model's samples cover the data? Likelihoods average over the data; here samples are compared with
/// them directly: by nearest neighbours, by pairs and triples of variables, by clusters, and along principal
/// components.
#pragma once

#include <algorithm>
#include <cmath>
#include <optional>
#include <span>
#include <vector>

#include "../backend/cpu.hpp"
#include "../core/permutation.hpp"
#include "../data/batch_source.hpp"
#include "../models/double_samples.hpp"
#include "central_moments.hpp"
#include "k_means.hpp"
#include "nearest_columns.hpp"
#include "principal_components.hpp"
#include "sample_blocks.hpp"

namespace harmonium {

/// Settings of `coverage`.
struct CoverageOptions {
  Index most_samples =
      5000;                ///< of each set, drawn by seed if there are more; the work grows with the square
  Index most_rows = 1000;  ///< of which moments, components and clusters are compared, drawn by seed if there
                           ///< are more
  Index triples = 10'000;  ///< how many triples, drawn by seed
  Index components = 10;   ///< principal components of the data, or as many as there are rows
  Index clusters = 10;     ///< of the data, by k-means; fewer if fewer samples differ
  std::uint64_t seed = 1;  ///< of what is drawn
};

/// How well nearest neighbours tell samples from data (Yale et al., Neurocomputing 416, 2020): the share of
/// points whose nearest neighbour in the other set is farther than that in their own. Ties count half, so
/// that copies have 0 only of data of which no two are equal.
struct AdversarialAccuracy {
  double of_data = 0;     ///< 0 if each datum has a sample nearer than all other data; 1 if none has
  double of_samples = 0;  ///< 0 if each sample is nearer to a datum than to all other samples
  double error = 0;       ///< standard error of `mean()`, as if points were independent
  /// 0.5 if both sets are draws of one distribution. Below: samples are too near to data, the model has
  /// learned them by heart. Above: it has missed them.
  double mean() const { return (of_data + of_samples) / 2; }
};

/// How samples compare with the data, and how held-out data do, which shows what can be expected.
struct Coverage {
  AdversarialAccuracy nearest;                   ///< samples beside the data
  std::optional<AdversarialAccuracy> held_out;   ///< samples beside held-out data
  double pairs = 0;                              ///< correlation of covariances with the data's, over pairs
  double triples = 0;                            ///< the same of third moments about the means
  std::optional<double> held_out_pairs;          ///< `pairs` of held-out data
  std::optional<double> held_out_triples;        ///< `triples` of held-out data
  double nearest_datum = 0;                      ///< mean distance (Euclidean) of a sample to the data
  std::optional<double> held_out_nearest_datum;  ///< the same of held-out data
  Eigen::VectorXd variances;                     ///< of the data, along their principal components
  Eigen::VectorXd sample_variances;              ///< of the samples, along the same
  Eigen::MatrixXd codes;                         ///< the data along them, components x samples
  Eigen::MatrixXd sample_codes;                  ///< the samples along them
  Eigen::VectorXd shares;         ///< of the data, in each of their clusters, the largest first
  Eigen::VectorXd sample_shares;  ///< of the samples, by the nearest of the clusters' centers
  std::optional<Eigen::VectorXd> held_out_shares;  ///< the same of held-out data
  /// Adversarial accuracy beside held-out data minus that beside the data: about 0 unless samples are nearer
  /// to the data than to others of their kind. Empty without held-out data.
  std::optional<double> privacy_loss() const {
    return held_out ? std::optional(held_out->mean() - nearest.mean()) : std::nullopt;
  }
};

namespace detail {

/// How many samples can be drawn: those of a weight above 0.
template <class Source>
Index drawable(const Source& source) {
  const std::span<const double> weights = weights_of(source);
  return source.size() - static_cast<Index>(std::count(weights.begin(), weights.end(), 0.0));
}

/// `count` of them, drawn by the seed. \throws as `for_each_sample_block`
template <class Source>
Eigen::MatrixXd drawn_samples(const char* caller, const Source& source, Index count, std::uint64_t seed) {
  const Cpu<double> on;
  const std::vector<Index> chosen = random_samples(source, count, seed);
  Eigen::MatrixXd all(source.rows(), static_cast<Index>(chosen.size()));
  Index done = 0;
  for_each_block(std::span<const Index>(chosen), block_of(all.rows(), all.cols()),
                 [&](std::span<const Index> columns) {
                   const auto count_here = static_cast<Index>(columns.size());
                   fill_checked(on, caller, source, columns, view_of(all).columns(done, count_here));
                   done += count_here;
                 });
  return all;
}

/// Squared distance of each column of x to the nearest one of `others`; to the nearest other one if both are
/// the same set. Equal columns have a distance of exactly 0.
inline Eigen::VectorXd nearest_distances(const Cpu<double>& on, const Eigen::MatrixXd& x,
                                         const Eigen::MatrixXd& others, bool same) {
  const std::vector<Index> nearest = nearest_columns<double>(on, x, others, same);
  Eigen::VectorXd distances(x.cols());
  for (Index c = 0; c < x.cols(); ++c)
    distances(c) = (x.col(c) - others.col(nearest[static_cast<std::size_t>(c)])).squaredNorm();
  check<DataError>(distances.allFinite(), "coverage: distances are too large for double precision");
  return distances;
}

/// From distances to the other set and within the own.
inline AdversarialAccuracy adversarial_accuracy(const Eigen::VectorXd& data_to_samples,
                                                const Eigen::VectorXd& within_data,
                                                const Eigen::VectorXd& samples_to_data,
                                                const Eigen::VectorXd& within_samples) {
  AdversarialAccuracy result;
  double variance = 0;
  const auto share = [&](const Eigen::VectorXd& across, const Eigen::VectorXd& within) {
    Eigen::ArrayXd farther(across.size());
    for (Index i = 0; i < across.size(); ++i)
      farther(i) = across(i) > within(i) ? 1 : across(i) == within(i) ? 0.5 : 0;
    const double mean = farther.mean();
    const auto n = static_cast<double>(across.size());
    variance += (farther - mean).square().sum() / (n - 1) / n;
    return mean;
  };
  result.of_data = share(data_to_samples, within_data);
  result.of_samples = share(samples_to_data, within_samples);
  result.error = std::sqrt(variance) / 2;
  return result;
}

/// Without held-out samples, `held_out` is nullptr.
template <class Samples, class Data, class HeldOut>
Coverage coverage_of(const Samples& samples, const Data& data, const HeldOut* held_out,
                     const CoverageOptions& options, const Cpu<double>& on) {
  constexpr const char* caller = "coverage";
  check<ValueError>(options.most_samples >= 2, caller, ": most_samples is ", options.most_samples,
                    ", expected at least 2");
  check<ValueError>(options.most_rows >= 1, caller, ": most_rows is ", options.most_rows,
                    ", expected at least 1");
  check<ValueError>(options.triples >= 0 && options.triples <= 0x7fffffff, caller, ": triples is ",
                    options.triples, ", expected 0 to 2147483647");
  check<ValueError>(options.components >= 1, caller, ": components is ", options.components,
                    ", expected at least 1");
  check<ValueError>(options.clusters >= 1 && options.clusters <= 0x7fffffff, caller, ": clusters is ",
                    options.clusters, ", expected 1 to 2147483647");
  const Index rows = data.rows();
  Index count = options.most_samples;  // equal, or the larger set would have the nearer neighbours
  const auto look_at = [&](const auto& source, const char* what) {
    const Index size = drawable(source);
    check_samples(caller, source.rows(), size, rows, what);
    check<DataError>(size >= 2, caller, ": ", what, " have 1 sample, expected at least 2");
    count = std::min(count, size);
  };
  look_at(data, "the data");
  look_at(samples, "the samples");
  if (held_out) look_at(*held_out, "the held-out data");

  Eigen::MatrixXd x = drawn_samples(caller, data, count, options.seed);
  Eigen::MatrixXd s = drawn_samples(caller, samples, count, options.seed);
  const Eigen::VectorXd center = x.rowwise().mean();  // far from 0 distances would lose digits
  x.colwise() -= center;
  s.colwise() -= center;
  const Draws draws{.seed = seed_for(options.seed, SeedFor::coverage), .stream = Stream::shuffle};
  const std::vector<Index> some_rows = random_subset(rows, options.most_rows, draws);
  Draws of_triples = draws;
  of_triples.step = 1;
  const auto triples = random_triples(static_cast<Index>(some_rows.size()), options.triples, of_triples);
  const auto few_rows = [&](const Eigen::MatrixXd& all) {
    Eigen::MatrixXd few(static_cast<Index>(some_rows.size()), all.cols());
    for (Index i = 0; i < few.rows(); ++i) few.row(i) = all.row(some_rows[static_cast<std::size_t>(i)]);
    return few;
  };
  const Eigen::MatrixXd few_x = few_rows(x), few_s = few_rows(s);
  const Moments moments = moments_of(on, few_x, triples);
  const auto compare = [&](const Eigen::MatrixXd& other, auto& pairs, auto& third) {
    const Moments others = moments_of(on, other, triples);
    pairs = correlation(others.pairs, moments.pairs);
    third = correlation(others.triples, moments.triples);
  };

  Coverage result;
  const Eigen::VectorXd within_samples = nearest_distances(on, s, s, true);
  const Eigen::VectorXd within_data = nearest_distances(on, x, x, true);
  const Eigen::VectorXd to_data = nearest_distances(on, s, x, false);
  result.nearest =
      adversarial_accuracy(nearest_distances(on, x, s, false), within_data, to_data, within_samples);
  result.nearest_datum = to_data.cwiseSqrt().mean();
  compare(few_s, result.pairs, result.triples);
  const Clusters clusters = k_means(few_x, {.clusters = options.clusters, .seed = options.seed}, on);
  const auto shares = [&](const Eigen::MatrixXd& other) -> Eigen::VectorXd {
    return shares_of(nearest_columns<double>(on, other, clusters.centers), clusters.centers.cols());
  };
  result.shares = shares_of(clusters.of, clusters.centers.cols());
  result.sample_shares = shares(few_s);
  if (held_out) {
    Eigen::MatrixXd h = drawn_samples(caller, *held_out, count, options.seed);
    h.colwise() -= center;
    result.held_out =
        adversarial_accuracy(nearest_distances(on, h, s, false), nearest_distances(on, h, h, true),
                             nearest_distances(on, s, h, false), within_samples);
    result.held_out_nearest_datum = nearest_distances(on, h, x, false).cwiseSqrt().mean();
    const Eigen::MatrixXd few_h = few_rows(h);
    compare(few_h, result.held_out_pairs, result.held_out_triples);
    result.held_out_shares = shares(few_h);
  }
  const PrincipalComponents pca = principal_components(few_x, std::min(options.components, few_x.rows()));
  result.variances = pca.variances;
  result.codes = encode(pca, few_x);
  result.sample_codes = encode(pca, few_s);
  result.sample_variances =
      (result.sample_codes.colwise() - result.sample_codes.rowwise().mean()).rowwise().squaredNorm() /
      static_cast<double>(count);
  return result;
}

}  // namespace detail

/// Compares samples with the data that a model learned from; both may be of any kind, on the host. As many
/// are taken of each set as the smallest has, drawn by seed; weights are not used, but samples of weight 0
/// are left out. Correlations are NaN where one side does not vary. \throws ShapeError if rows differ \throws
/// DataError if a set has fewer than 2 samples, or a number is not finite \throws ValueError if an entry is
/// missing, or an option is out of range
template <HostSamples Samples, HostSamples Data>
Coverage coverage(const Samples& samples, const Data& data, const CoverageOptions& options = {},
                  const Cpu<double>& on = Cpu<double>::all()) {
  const auto set = detail::DoubleSamples(data);
  return detail::coverage_of(detail::DoubleSamples(samples), set, static_cast<decltype(&set)>(nullptr),
                             options, on);
}

/// The same beside held-out data, which neither the model nor the choice of it has seen.
template <HostSamples Samples, HostSamples Data, HostSamples HeldOut>
Coverage coverage(const Samples& samples, const Data& data, const HeldOut& held_out,
                  const CoverageOptions& options = {}, const Cpu<double>& on = Cpu<double>::all()) {
  const auto others = detail::DoubleSamples(held_out);
  return detail::coverage_of(detail::DoubleSamples(samples), detail::DoubleSamples(data), &others, options,
                             on);
}

}  // namespace harmonium
