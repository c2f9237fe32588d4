/// \file
/// How a source likes to be read, and the random order of its samples in an epoch. Samples in memory come in
/// any order. Those of a file that is larger than memory come in an order that is shuffled in blocks: what
/// lies together on the disk is read together.
#pragma once

#include <algorithm>
#include <functional>
#include <span>
#include <utility>
#include <vector>

#include "../core/permutation.hpp"

namespace harmonium {

/// What a source says of itself in `reading()`, if not all orders of its samples are equally fast. By
/// default, they are.
struct Reading {
  Index block = 0;     ///< consecutive samples that are read together; 0 if any order will do
  Index together = 1;  ///< blocks that are shuffled with each other, sample by sample
  /// Called with samples that are needed soon, by the first of them and their number, or empty.
  std::function<void(Index first, Index count)> ahead = {};

  /// Are all of so many samples shuffled at once, as if they were in memory?
  bool shuffles_all(Index size) const { return block <= 0 || together >= (size + block - 1) / block; }
};

/// How a source likes to be read.
template <class Source>
Reading reading_of(const Source& source) {
  if constexpr (requires { source.reading(); }) {
    return source.reading();
  } else {
    return {};
  }
}

namespace detail {

/// A random order of samples, a function of the draws' address, the number of samples and how they are read,
/// and of nothing else. If all are shuffled at once, it is a `permutation`. Otherwise it is that of the
/// blocks; `Reading::together` of them at a time make a window, whose samples are permuted in turn. Only one
/// window's indices are held.
class SampleOrder {
 public:
  /// No samples.
  SampleOrder() = default;
  /// \throws ValueError if the size is negative
  SampleOrder(Index size, Draws draws, Reading reading = {})
      : size_(size), draws_(draws), reading_(std::move(reading)) {
    if (reading_.shuffles_all(size)) {
      open_ = permutation(size, draws);
      end_ = size;
    } else {
      reading_.together = std::max<Index>(1, reading_.together);
      blocks_ = permutation((size + reading_.block - 1) / reading_.block, draws);
      const auto last = std::max_element(blocks_.begin(), blocks_.end());
      short_at_ = static_cast<Index>(last - blocks_.begin());
    }
  }
  /// Number of samples.
  Index size() const { return size_; }
  /// The samples in `count` places from place `first` on; valid until the next call.
  std::span<const Index> at(Index first, Index count) {
    open_window_of(first);
    if (first + count <= end_) return part(first, count);
    straddling_.clear();  // more than one window
    while (count > 0) {
      open_window_of(first);
      const auto here = part(first, std::min(count, end_ - first));
      straddling_.insert(straddling_.end(), here.begin(), here.end());
      first += static_cast<Index>(here.size());
      count -= static_cast<Index>(here.size());
    }
    return straddling_;
  }

 private:
  std::span<const Index> part(Index first, Index count) const {
    return std::span(open_).subspan(static_cast<std::size_t>(first - begin_),
                                    static_cast<std::size_t>(count));
  }
  Index blocks() const { return static_cast<Index>(blocks_.size()); }
  Index window() const { return reading_.block * reading_.together; }
  // The last block of the file may be short, wherever it comes in the order.
  Index start_of(Index number) const {
    const Index missing = number * reading_.together > short_at_ ? blocks() * reading_.block - size_ : 0;
    return std::min(number * window() - missing, size_);
  }
  template <class F>
  void for_each_block_of(Index number, F f) const {
    const Index end = std::min((number + 1) * reading_.together, blocks());
    for (Index i = number * reading_.together; i < end; ++i) {
      const Index first = blocks_[static_cast<std::size_t>(i)] * reading_.block;
      f(first, std::min(reading_.block, size_ - first));
    }
  }
  void open_window_of(Index place) {
    if (place >= begin_ && place < end_) return;
    Index number = place / window();
    if (start_of(number + 1) <= place) ++number;
    begin_ = start_of(number);
    end_ = start_of(number + 1);
    there_.clear();
    for_each_block_of(number, [&](Index first, Index count) {
      for (Index i = 0; i < count; ++i) there_.push_back(first + i);
    });
    open_.resize(there_.size());
    Draws draws = draws_;
    draws.first_sample = static_cast<std::uint32_t>(number + 1);  // 0 is the order of the blocks
    permute(open_, draws);
    for (Index& i : open_) i = there_[static_cast<std::size_t>(i)];
    if (!reading_.ahead) return;
    if (number != announced_) for_each_block_of(number, reading_.ahead);
    announced_ = number + 1;
    for_each_block_of(announced_, reading_.ahead);
  }

  Index size_ = 0;
  Draws draws_;
  Reading reading_;
  std::vector<Index> blocks_, there_, open_, straddling_;
  Index short_at_ = 0, begin_ = 0, end_ = 0, announced_ = -1;
};

}  // namespace detail
}  // namespace harmonium
