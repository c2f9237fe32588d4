/// \file
/// Sums over parts of one whole whose result does not depend on who computed which part. The parts, *shards*,
/// are the leaves of a binary tree whose shape their number alone decides: neighbours are added, then
/// neighbours of these sums, and so on. A process adds what lies below one node by itself; what is left is
/// added by all, each a slice of the numbers, in the same order. (A reduction by MPI adds in an order of its
/// own.)
#pragma once

#include <algorithm>
#include <bit>
#include <vector>

#include "process_group.hpp"
#include "view.hpp"

namespace harmonium {

/// Some shards in sequence: first, ..., last - 1.
struct ShardRange {
  Index first = 0;  ///< number of the first one
  Index last = 0;   ///< number after the last one
  /// How many.
  Index count() const { return last - first; }
  /// Are both the same shards?
  friend bool operator==(const ShardRange&, const ShardRange&) = default;
};

/// Part number `i` of 0, ..., count - 1, cut into `parts` that differ by at most one.
inline ShardRange part_of(Index count, Index parts, Index i) {
  return {count * i / parts, count * (i + 1) / parts};
}

/// The sums that a process has on its way through its shards, as nodes of the tree over all `shards`.
class ShardTree {
 public:
  /// A tree with so many leaves.
  explicit ShardTree(Index shards) : shards_(shards) {}
  /// Forgets all nodes.
  void clear() { nodes_.clear(); }
  /// Adds a node to the right of the others. Wherever it completes a pair, calls add(i, j): node number i,
  /// counted from the left, becomes the sum of i and j, which was the last one.
  template <class AddTo>
  void push(ShardRange node, AddTo add) {
    nodes_.push_back(node);
    while (nodes_.size() >= 2 && is_pair(nodes_[nodes_.size() - 2], nodes_.back())) {
      add(nodes_.size() - 2, nodes_.size() - 1);
      nodes_[nodes_.size() - 2].last = nodes_.back().last;
      nodes_.pop_back();
    }
  }
  /// The nodes, from left to right.
  const std::vector<ShardRange>& nodes() const { return nodes_; }

 private:
  // Nodes at level k have 2^k leaves, except that the last may have fewer.
  bool is_pair(ShardRange left, ShardRange right) const {
    const Index leaves = left.count();
    return std::has_single_bit(static_cast<std::uint64_t>(leaves)) && left.first % (2 * leaves) == 0 &&
           right.last == std::min(left.first + 2 * leaves, shards_);
  }

  Index shards_;
  std::vector<ShardRange> nodes_;
};

/// The nodes that these shards leave when all that can be added are.
inline std::vector<ShardRange> nodes_of(ShardRange range, Index shards) {
  ShardTree tree(shards);
  for (Index i = range.first; i < range.last; ++i) tree.push({i, i + 1}, [](std::size_t, std::size_t) {});
  return tree.nodes();
}

/// Sums of `numbers` numbers over the nodes of all processes of a group, each of which has its part of the
/// shards.
template <class T>
class GroupSum {
 public:
  GroupSum() = default;
  /// Allocates memory for this process's nodes, and for a slice of the others'. There must be a shard for
  /// every process.
  GroupSum(ProcessGroup group, Index shards, Index numbers)
      : group_(std::move(group)), shards_(shards), numbers_(numbers) {
    std::size_t others = 0;
    for (int r = 0; r < group_.size(); ++r) {
      nodes_.push_back(nodes_of(part_of(shards, group_.size(), r), shards));
      if (r != group_.rank()) others += nodes_.back().size();
    }
    own_.resize(static_cast<std::size_t>(numbers) * own_nodes().size());
    others_.resize(static_cast<std::size_t>(slice(group_.rank()).count()) * others);
  }

  /// Room for the numbers of this process's node `i`.
  std::span<T> node(std::size_t i) {
    const auto length = static_cast<std::size_t>(numbers_);
    return std::span<T>(own_).subspan(i * length, length);
  }
  /// The sum of all nodes of all processes, the same in each; it takes the place of node 0.
  std::span<const T> sum() {
    scatter();
    add_slice();
    gather();
    return node(0);
  }

 private:
  const std::vector<ShardRange>& own_nodes() const { return nodes_[static_cast<std::size_t>(group_.rank())]; }
  // The numbers that a process adds up.
  ShardRange slice(int rank) const { return part_of(numbers_, group_.size(), rank); }
  std::span<T> own_slice(std::size_t node_number, int rank) {
    return node(node_number)
        .subspan(static_cast<std::size_t>(slice(rank).first), static_cast<std::size_t>(slice(rank).count()));
  }
  // Each sends its nodes' numbers to who adds them up.
  void scatter() {
    out_.clear();
    in_.clear();
    pointers_.clear();
    std::size_t received = 0;
    const auto length = static_cast<std::size_t>(slice(group_.rank()).count());
    for (int r = 0; r < group_.size(); ++r) {
      for (std::size_t i = 0; i < nodes_[static_cast<std::size_t>(r)].size(); ++i) {
        if (r == group_.rank()) {
          pointers_.push_back(own_slice(i, r).data());
        } else {
          const std::span<T> room = std::span<T>(others_).subspan(received, length);
          received += length;
          pointers_.push_back(room.data());
          in_.push_back({r, std::as_writable_bytes(room)});
        }
      }
      for (std::size_t i = 0; i < own_nodes().size() && r != group_.rank(); ++i)
        out_.push_back({r, std::as_bytes(own_slice(i, r))});
    }
    group_.exchange(out_, in_);
  }
  void add_slice() {
    const auto length = static_cast<std::size_t>(slice(group_.rank()).count());
    ShardTree tree(shards_);
    std::vector<T*> sums;
    std::size_t next = 0;
    for (const auto& nodes : nodes_)
      for (const ShardRange node : nodes) {
        sums.push_back(pointers_[next++]);
        tree.push(node, [&](std::size_t to, std::size_t from) {
          T* const a = sums[to];
          const T* const b = sums[from];
          for (std::size_t k = 0; k < length; ++k) a[k] += b[k];
          sums.pop_back();
        });
      }
    const std::span<T> place = own_slice(0, group_.rank());
    if (sums[0] != place.data()) std::copy(sums[0], sums[0] + length, place.data());
  }
  // Each tells all others what its slice adds up to.
  void gather() {
    out_.clear();
    in_.clear();
    for (int r = 0; r < group_.size(); ++r)
      if (r != group_.rank()) {
        out_.push_back({r, std::as_bytes(own_slice(0, group_.rank()))});
        in_.push_back({r, std::as_writable_bytes(own_slice(0, r))});
      }
    group_.exchange(out_, in_);
  }

  ProcessGroup group_;
  Index shards_ = 1, numbers_ = 0;
  std::vector<std::vector<ShardRange>> nodes_;  // of each process
  std::vector<T> own_, others_;
  std::vector<T*> pointers_;  // this process's slice of every node, from left to right
  std::vector<Transfer<const std::byte>> out_;
  std::vector<Transfer<std::byte>> in_;
};

}  // namespace harmonium
