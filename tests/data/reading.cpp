// The order of samples that are read in blocks, against one that is put together by hand.
#include <harmonium/data/reading.hpp>
#include <harmonium/training/run/epochs.hpp>

#include <numeric>

#include "support/catch.hpp"

using namespace harmonium;

namespace test::data_reading {

namespace {

constexpr Draws draws{.seed = 5, .step = 3, .stream = Stream::shuffle};

// All blocks in random order; those of a window one after another, and their samples in a random order.
std::vector<Index> by_hand(Index size, Index block, Index together) {
  const std::vector<Index> blocks = permutation((size + block - 1) / block, draws);
  std::vector<Index> order;
  std::uint32_t window = 0;
  for (std::size_t i = 0; i < blocks.size(); i += static_cast<std::size_t>(together)) {
    std::vector<Index> samples;
    for (std::size_t k = i; k < std::min(blocks.size(), i + static_cast<std::size_t>(together)); ++k)
      for (Index s = blocks[k] * block; s < std::min(size, (blocks[k] + 1) * block); ++s)
        samples.push_back(s);
    Draws own = draws;
    own.first_sample = ++window;
    for (const Index s : permutation(static_cast<Index>(samples.size()), own))
      order.push_back(samples[static_cast<std::size_t>(s)]);
  }
  return order;
}

std::vector<Index> read(detail::SampleOrder order, Index batch, Index first_batch = 0) {
  std::vector<Index> all;
  detail::for_each_batch_of(
      order, batch,
      [&](std::span<const Index> columns) { all.insert(all.end(), columns.begin(), columns.end()); },
      first_batch);
  return all;
}

}  // namespace

TEST_CASE("samples come in blocks, shuffled some blocks at a time, for batches of any size",
          "[data][reading]") {
  for (const Index size : {1, 2, 7, 24, 25, 31})
    for (const Index block : {1, 3, 5, 8})
      for (const Index together : {1, 2, 4}) {
        CAPTURE(size, block, together);
        const Reading reading{.block = block, .together = together};
        const bool whole = block * together >= size;
        CHECK(reading.shuffles_all(size) == whole);
        const auto expected = whole ? permutation(size, draws) : by_hand(size, block, together);
        for (const Index batch : {1, 4, 9, 40})
          CHECK(read(detail::SampleOrder(size, draws, reading), batch) == expected);
        auto sorted = expected;
        std::sort(sorted.begin(), sorted.end());
        for (Index i = 0; i < size; ++i) CHECK(sorted[static_cast<std::size_t>(i)] == i);
        // A run that is resumed starts anywhere.
        const auto rest = read(detail::SampleOrder(size, draws, reading), 4, 2);
        CHECK(
            std::equal(rest.begin(), rest.end(), expected.end() - static_cast<std::ptrdiff_t>(rest.size())));
      }
}

TEST_CASE("a source without wishes is shuffled as a whole", "[data][reading]") {
  CHECK(read(detail::SampleOrder(31, draws), 7) == permutation(31, draws));
  CHECK(reading_of(0).block == 0);
  CHECK(Reading{}.shuffles_all(1'000'000'000'000));
  CHECK(detail::SampleOrder().size() == 0);
}

TEST_CASE("each block is asked for once, before its samples are", "[data][reading]") {
  std::vector<int> asked(31, 0);
  const Reading reading{.block = 3, .together = 2, .ahead = [&](Index first, Index count) {
                          CHECK(first % 3 == 0);
                          CHECK(count == (first == 30 ? 1 : 3));
                          for (Index i = first; i < first + count; ++i) ++asked[static_cast<std::size_t>(i)];
                        }};
  detail::SampleOrder order(31, draws, reading);
  CHECK(order.size() == 31);
  for (Index first = 0; first < 31; first += 4)
    for (const Index sample : order.at(first, std::min<Index>(4, 31 - first)))
      CHECK(asked[static_cast<std::size_t>(sample)] == 1);
  CHECK(std::accumulate(asked.begin(), asked.end(), 0) == 31);
  CHECK(*std::max_element(asked.begin(), asked.end()) == 1);
}

TEST_CASE("all epochs, and all windows of one, have orders of their own", "[data][reading]") {
  const Reading reading{.block = 8, .together = 1};
  std::vector<Index> one, other;
  for_each_batch(
      64, 8, 1, 1, [&](auto c) { one.insert(one.end(), c.begin(), c.end()); }, 0, reading);
  for_each_batch(
      64, 8, 1, 2, [&](auto c) { other.insert(other.end(), c.begin(), c.end()); }, 0, reading);
  CHECK(one != other);
  std::vector<std::vector<Index>> within;
  for (std::size_t w = 0; w < 8; ++w) {
    within.emplace_back();
    for (std::size_t i = 0; i < 8; ++i) within.back().push_back(one[8 * w + i] % 8);
  }
  std::sort(within.begin(), within.end());
  CHECK(std::adjacent_find(within.begin(), within.end()) == within.end());
}

}  // namespace test::data_reading
