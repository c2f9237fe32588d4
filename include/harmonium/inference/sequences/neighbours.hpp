/// \file
/// How many sites of aligned sequences differ: weights against what was sequenced often, clusters, nearest
/// natural sequences. A gap, or a missing letter, differs from all letters but itself.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <cmath>
#include <limits>
#include <mutex>
#include <numeric>
#include <utility>
#include <vector>

#include "../../backend/cpu.hpp"
#include "../../core/permutation.hpp"
#include "../../data/alignment.hpp"

namespace harmonium {

namespace detail {

/// Sequences in blocks of 128, each site by site, so that a letter is compared with 128 at once.
class PackedSequences {
 public:
  static constexpr Index block = 128;
  using Counts = std::array<std::uint32_t, block>;

  explicit PackedSequences(const Alignment& alignment) : sites_(alignment.sites()), size_(alignment.size()) {
    letters_.resize(static_cast<std::size_t>(blocks() * sites_ * block));
    for (Index c = 0; c < size_; ++c)
      for (Index i = 0; i < sites_; ++i)
        letters_[static_cast<std::size_t>((c / block * sites_ + i) * block + c % block)] =
            alignment.letters(i, c);
  }
  Index blocks() const { return (size_ + block - 1) / block; }
  /// Number of sequences in a block.
  Index in_block(Index b) const { return std::min(block, size_ - b * block); }
  /// counts[j] = number of sites at which sequence j of a block differs from one whose letters are here
  void count_differences(const std::uint8_t* sequence, Index b, Counts& counts) const {
    counts.fill(0);
    const std::uint8_t* row = letters_.data() + b * sites_ * block;
    for (Index i = 0; i < sites_;) {
      std::array<std::uint8_t, block> part{};  // up to 255
      for (const Index end = std::min<Index>(i + 255, sites_); i < end; ++i, row += block) {
        const std::uint8_t letter = sequence[i];
        for (std::size_t j = 0; j < block; ++j)
          part[j] = static_cast<std::uint8_t>(part[j] + (row[j] != letter ? 1 : 0));
      }
      for (std::size_t j = 0; j < block; ++j) counts[j] += part[j];
    }
  }

 private:
  Index sites_, size_;
  std::vector<std::uint8_t> letters_;
};

/// The least number of differing sites that is not closer than `distance`.
inline std::uint32_t least_differences(double distance, Index sites) {
  return static_cast<std::uint32_t>(std::ceil(distance * static_cast<double>(sites) - 1e-9));
}

/// Calls f(pairs) once for each pair of blocks, by all threads, where `pairs` are the sequences (i < j) that
/// are closer than `distance`.
template <class F>
void for_each_close_pair(const Cpu<float>& on, const Alignment& alignment, double distance, const F& f) {
  using Packed = PackedSequences;
  const Packed packed(alignment);
  const std::uint32_t least = least_differences(distance, alignment.sites());
  on.for_each_piece(packed.blocks() * packed.blocks(), [&](Index piece) {
    const Index a = piece / packed.blocks(), b = piece % packed.blocks();
    if (b < a) return;
    std::vector<std::pair<Index, Index>> pairs;
    Packed::Counts counts;
    for (Index i = a * Packed::block; i < a * Packed::block + packed.in_block(a); ++i) {
      packed.count_differences(alignment.letters.data() + i * alignment.sites(), b, counts);
      for (Index k = 0; k < packed.in_block(b); ++k)
        if (const Index j = b * Packed::block + k; j > i && counts[static_cast<std::size_t>(k)] < least)
          pairs.emplace_back(i, j);
    }
    f(pairs);
  });
}

inline void check_distance(const char* caller, double distance) {
  check<ValueError>(distance >= 0 && distance <= 1, caller, ": distance is ", distance, ", expected 0 to 1");
}

/// How many sequences are close to each, from the pairs of all threads.
class CloseNumbers {
 public:
  explicit CloseNumbers(Index size) : close_(static_cast<std::size_t>(size)) {}
  void add(const std::vector<std::pair<Index, Index>>& pairs) {
    for (const auto& [i, j] : pairs) {
      close_[static_cast<std::size_t>(i)].fetch_add(1, std::memory_order_relaxed);
      close_[static_cast<std::size_t>(j)].fetch_add(1, std::memory_order_relaxed);
    }
  }
  /// 1 over the number of those close, itself included.
  std::vector<double> weights() const {
    std::vector<double> weights;
    for (const std::atomic<Index>& others : close_) weights.push_back(1 / (1 + static_cast<double>(others)));
    return weights;
  }

 private:
  std::vector<std::atomic<Index>> close_;
};

/// Clusters that pairs from all threads join.
class JoinedClusters {
 public:
  explicit JoinedClusters(Index size) : first_(static_cast<std::size_t>(size)) {
    std::iota(first_.begin(), first_.end(), Index(0));
  }
  void add(const std::vector<std::pair<Index, Index>>& pairs) {
    const std::lock_guard lock(turn_);
    for (const auto& [i, j] : pairs) {
      const Index a = root(i), b = root(j);
      first_[static_cast<std::size_t>(std::max(a, b))] = std::min(a, b);
    }
  }
  /// Their numbers from 0, in the order of their first sequences.
  std::vector<Index> numbers() {
    Index count = 0;
    std::vector<Index> clusters(first_.size());
    for (std::size_t i = 0; i < first_.size(); ++i) {
      const Index lead = root(static_cast<Index>(i));
      clusters[i] = lead == static_cast<Index>(i) ? count++ : clusters[static_cast<std::size_t>(lead)];
    }
    return clusters;
  }

 private:
  Index root(Index i) {
    while (first_[static_cast<std::size_t>(i)] != i) {
      Index& above = first_[static_cast<std::size_t>(i)];
      above = first_[static_cast<std::size_t>(above)];
      i = above;
    }
    return i;
  }

  std::vector<Index> first_;  // leads to a cluster's first one
  std::mutex turn_;
};

}  // namespace detail

/// The weight of each sequence: 1 over the number of sequences, itself included, that differ from it in less
/// than `distance` of all sites (Morcos et al., 2011). All pairs are compared. \throws ValueError if the
/// distance is not between 0 and 1 \throws DataError if the alignment is not valid
inline std::vector<double> sequence_weights(const Alignment& alignment, double distance = 0.2,
                                            const Cpu<float>& on = Cpu<float>::all()) {
  detail::check_distance("sequence_weights", distance);
  check_alignment("sequence_weights", alignment);
  detail::CloseNumbers close(alignment.size());
  detail::for_each_close_pair(on, alignment, distance, [&](const auto& pairs) { close.add(pairs); });
  return close.weights();
}

/// How many sequences there are, effectively: the sum of their weights.
inline double effective_number(std::span<const double> weights) {
  return std::accumulate(weights.begin(), weights.end(), 0.0);
}

/// The cluster of each sequence, numbered from 0 in the order of their first sequences. Those closer than
/// `distance` are in the same one, and with them those close to these (single linkage). \throws ValueError if
/// the distance is not between 0 and 1 \throws DataError if the alignment is not valid
inline std::vector<Index> sequence_clusters(const Alignment& alignment, double distance = 0.2,
                                            const Cpu<float>& on = Cpu<float>::all()) {
  detail::check_distance("sequence_clusters", distance);
  check_alignment("sequence_clusters", alignment);
  detail::JoinedClusters clusters(alignment.size());
  detail::for_each_close_pair(on, alignment, distance, [&](const auto& pairs) { clusters.add(pairs); });
  return clusters.numbers();
}

/// What `sequence_weights` and `sequence_clusters` give for one distance.
struct WeightsAndClusters {
  std::vector<double> weights;  ///< of each sequence
  std::vector<Index> clusters;  ///< of each sequence
};

/// Both, of which each pair of sequences is compared once, which is what takes the time. \throws as they do
inline WeightsAndClusters sequence_weights_and_clusters(const Alignment& alignment, double distance = 0.2,
                                                        const Cpu<float>& on = Cpu<float>::all()) {
  detail::check_distance("sequence_weights_and_clusters", distance);
  check_alignment("sequence_weights_and_clusters", alignment);
  detail::CloseNumbers close(alignment.size());
  detail::JoinedClusters clusters(alignment.size());
  detail::for_each_close_pair(on, alignment, distance, [&](const auto& pairs) {
    close.add(pairs);
    clusters.add(pairs);
  });
  return {close.weights(), clusters.numbers()};
}

/// Which sequences to learn from and which to hold out, in ascending order.
struct ClusterSplit {
  std::vector<Index> training;  ///< indices
  std::vector<Index> held_out;  ///< indices of the others, at most as many as wanted
};

/// Holds out whole clusters, so that no sequence learned from is close to one held out: in random order, each
/// that leaves at most `count` sequences held out. If a cluster is larger than that, it is learned from.
/// \throws ValueError unless 0 <= count <= the number of sequences, or if a cluster's number is negative
inline ClusterSplit split_by_clusters(std::span<const Index> clusters, Index count, std::uint64_t seed) {
  const auto size = static_cast<Index>(clusters.size());
  check<ValueError>(count >= 0 && count <= size, "split_by_clusters: count is ", count, ", expected 0 to ",
                    size);
  Index number = 0;
  for (const Index cluster : clusters) {
    check<ValueError>(cluster >= 0 && cluster < size, "split_by_clusters: a cluster is ", cluster,
                      ", expected 0 to ", size - 1);
    number = std::max(number, cluster + 1);
  }
  std::vector<Index> sizes(static_cast<std::size_t>(number));
  for (const Index cluster : clusters) ++sizes[static_cast<std::size_t>(cluster)];
  std::vector<bool> held(sizes.size());
  for (const Index cluster : permutation(number, {.seed = seed, .stream = Stream::split}))
    if (const Index some = sizes[static_cast<std::size_t>(cluster)]; some <= count) {
      held[static_cast<std::size_t>(cluster)] = true;
      count -= some;
    }
  ClusterSplit split;
  for (Index i = 0; i < size; ++i)
    (held[static_cast<std::size_t>(clusters[static_cast<std::size_t>(i)])] ? split.held_out : split.training)
        .push_back(i);
  return split;
}

/// The sequence that is nearest to another one.
struct NearestSequence {
  Index index = -1;       ///< which one; the first, if several are as near
  Index differences = 0;  ///< number of sites at which they differ
};

/// For each sequence, which one of `others` is nearest: how new are sampled sequences? \throws ShapeError if
/// numbers of sites differ \throws DataError if there are no others, alphabets differ, or an alignment is not
/// valid
inline std::vector<NearestSequence> nearest_sequences(const Alignment& sequences, const Alignment& others,
                                                      const Cpu<float>& on = Cpu<float>::all()) {
  check_alignment("nearest_sequences", sequences);
  check_alignment("nearest_sequences", others);
  check<DataError>(sequences.alphabet == others.alphabet, "nearest_sequences: the letters are ",
                   sequences.alphabet.letters(), ", those of the others ", others.alphabet.letters());
  check<ShapeError>(sequences.sites() == others.sites(), "nearest_sequences: there are ", sequences.sites(),
                    " sites, the others have ", others.sites());
  check<DataError>(others.size() >= 1, "nearest_sequences: there are no others");
  const detail::PackedSequences packed(others);
  std::vector<NearestSequence> nearest(static_cast<std::size_t>(sequences.size()));
  on.for_each_piece(sequences.size(), [&](Index c) {
    detail::PackedSequences::Counts counts;
    NearestSequence best{-1, std::numeric_limits<Index>::max()};
    for (Index b = 0; b < packed.blocks(); ++b) {
      packed.count_differences(sequences.letters.data() + c * sequences.sites(), b, counts);
      for (Index k = 0; k < packed.in_block(b); ++k)
        if (const Index count = counts[static_cast<std::size_t>(k)]; count < best.differences)
          best = {b * detail::PackedSequences::block + k, count};
    }
    nearest[static_cast<std::size_t>(c)] = best;
  });
  return nearest;
}

}  // namespace harmonium
