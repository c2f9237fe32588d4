#include <harmonium/core/random.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <set>
#include <vector>

#include "support/catch.hpp"

using namespace harmonium;

namespace {

// draw(0) ... draw(n - 1).
template <class Draw>
std::vector<double> sample(int n, Draw draw) {
  std::vector<double> values;
  for (int i = 0; i < n; ++i) values.push_back(static_cast<double>(draw(static_cast<std::uint32_t>(i))));
  return values;
}

double mean_of_power(const std::vector<double>& values, int power) {
  double sum = 0;
  for (const double x : values) sum += std::pow(x, power);
  return sum / static_cast<double>(values.size());
}

// The Kolmogorov-Smirnov statistic: the largest distance between the sample's distribution function and
// `cdf`, times sqrt(n). It exceeds 2.47 by chance once in 10^5 samples: 2 exp(-2 * 2.47^2).
template <class Cdf>
double kolmogorov_smirnov(std::vector<double> values, Cdf cdf) {
  std::sort(values.begin(), values.end());
  const auto n = static_cast<double>(values.size());
  double most = 0;
  for (std::size_t i = 0; i < values.size(); ++i) {
    const double p = cdf(values[i]), rank = static_cast<double>(i);
    most = std::max({most, std::fabs(p - rank / n), std::fabs(p - (rank + 1) / n)});
  }
  return most * std::sqrt(n);
}

double correlation(const std::vector<double>& x, const std::vector<double>& y) {
  const double mx = mean_of_power(x, 1), my = mean_of_power(y, 1);
  double xy = 0, xx = 0, yy = 0;
  for (std::size_t i = 0; i < x.size(); ++i) {
    xy += (x[i] - mx) * (y[i] - my);
    xx += (x[i] - mx) * (x[i] - mx);
    yy += (y[i] - my) * (y[i] - my);
  }
  return xy / std::sqrt(xx * yy);
}

std::vector<std::uint32_t> words(PhiloxBlock block) {
  return {block.word[0], block.word[1], block.word[2], block.word[3]};
}

const Draws draws{.seed = 20260101, .step = 7, .first_sample = 100, .stream = Stream::hidden};

}  // namespace

TEST_CASE("Philox gives the published known answers", "[core][random]") {
  // From Random123, file kat_vectors, philox4x32 with 10 rounds.
  CHECK(words(philox({{0, 0, 0, 0}}, 0, 0)) ==
        std::vector<std::uint32_t>{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8});
  CHECK(words(philox({{0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}}, 0xffffffff, 0xffffffff)) ==
        std::vector<std::uint32_t>{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd});
  CHECK(words(philox({{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}}, 0xa4093822, 0x299f31d0)) ==
        std::vector<std::uint32_t>{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1});
}

TEST_CASE("Philox in lanes of 64 bits has the same words in their lower halves", "[core][random]") {
  int wrong = 0;
  for (std::uint32_t i = 0; i < 1000; ++i) {
    const Draws own{
        .seed = 0x9E3779B97F4A7C15u * i, .step = i * i, .first_sample = 7 * i, .stream = Stream::hidden};
    const PhiloxBlock words = own.words_of_four_rows(~i, 5 * i);
    const auto lanes = own.lanes_of_four_rows(~i, 5 * i);
    for (int k = 0; k < 4; ++k) wrong += static_cast<std::uint32_t>(lanes.word[k]) != words.word[k] ? 1 : 0;
  }
  CHECK(wrong == 0);
}

TEST_CASE("a draw's address is row, sample, step and purpose, and the seed is the key", "[core][random]") {
  const Draws all{.seed = 0x0123456789abcdef, .step = 5, .first_sample = 40, .stream = Stream::visible};
  const auto stream = static_cast<std::uint32_t>(Stream::visible);
  CHECK(words(all.words_of_four_rows(3, 2)) ==
        words(philox({{3, 42, 5, stream << 20}}, 0x89abcdef, 0x01234567)));
  CHECK(words(all.block_of_row(3, 2, 9)) ==
        words(philox({{3, 42, 5, 0x80000000 | stream << 20 | 9}}, 0x89abcdef, 0x01234567)));
  Draws later = all;  // a batch that starts later gives the same samples the same numbers
  later.first_sample = 41;
  CHECK(words(later.block_of_row(3, 1, 9)) == words(all.block_of_row(3, 2, 9)));
  CHECK((all.in(Stream::hidden).stream == Stream::hidden));
  CHECK(all.in(Stream::hidden).seed == all.seed);
  CHECK(all.in(Stream::hidden).step == all.step);
  CHECK(all.in(Stream::hidden).first_sample == all.first_sample);
}

TEST_CASE("steps are counted beyond 2^32", "[core][random]") {
  Draws all{.seed = 0x0123456789abcdef, .step = 0xffffffff, .first_sample = 40, .stream = Stream::visible};
  const auto stream = static_cast<std::uint32_t>(Stream::visible) << 20;
  const auto by_hand = [&](std::uint32_t step, std::uint64_t key) {
    return words(philox({{3, 42, step, stream}}, static_cast<std::uint32_t>(key),
                        static_cast<std::uint32_t>(key >> 32)));
  };
  CHECK(words(all.words_of_four_rows(3, 2)) == by_hand(0xffffffff, all.seed));  // as with 32 bits
  ++all.step;
  CHECK(words(all.words_of_four_rows(3, 2)) == by_hand(0, all.seed ^ 0x9E3779B97F4A7C15u));
  all.step = (std::uint64_t{7} << 32) + 5;
  CHECK(words(all.words_of_four_rows(3, 2)) == by_hand(5, all.seed ^ 7 * 0x9E3779B97F4A7C15u));
  const auto lanes = all.lanes_of_four_rows(3, 2);
  for (int k = 0; k < 4; ++k)
    CHECK(static_cast<std::uint32_t>(lanes.word[k]) == all.words_of_four_rows(3, 2).word[k]);
  Draws wrapped = all;
  wrapped.step = 5;
  CHECK(words(all.words_of_four_rows(3, 2)) != words(wrapped.words_of_four_rows(3, 2)));
  CHECK(words(all.block_of_row(3, 2, 1)) != words(wrapped.block_of_row(3, 2, 1)));
}

TEST_CASE("derived seeds differ from each other and from the seeds themselves", "[core][random]") {
  std::set<std::uint64_t> seen;
  std::size_t count = 0;
  const auto add = [&](std::uint64_t seed) {
    seen.insert(seed);
    ++count;
  };
  for (std::uint64_t seed = 0; seed < 10; ++seed) {
    for (std::size_t layer = 0; layer < 10; ++layer) add(seed_of_layer(seed, layer));
    for (const SeedFor what : {SeedFor::codes, SeedFor::fine_tuning, SeedFor::wake_sleep, SeedFor::run})
      for (std::uint32_t index = 0; index < 10; ++index) add(seed_for(seed, what, index));
  }
  CHECK(seen.size() == count);
  CHECK(seed_of_layer(7, 0) == 7);
  // The address is apart from those of draws, of one word or of a block.
  const PhiloxBlock block = philox({{3, 2, 0, 0x40000000u}}, 5, 1);
  CHECK(seed_for((std::uint64_t{1} << 32) + 5, SeedFor::fine_tuning, 3) ==
        (std::uint64_t{block.word[1]} << 32 | block.word[0]));
  CHECK(static_cast<std::uint32_t>(Stream::dream) << 20 < 0x40000000u);
}

TEST_CASE("different addresses give different numbers", "[core][random]") {
  // 64 bits of each; two of about 20,000 agree by chance once in 10^11.
  std::set<std::pair<std::uint32_t, std::uint32_t>> seen;
  long count = 0;
  const auto add = [&](PhiloxBlock block) {
    seen.insert({block.word[0], block.word[1]});
    ++count;
  };
  for (std::uint64_t seed : {0ull, 1ull, 1ull << 32})
    for (std::uint32_t step : {0u, 1u, 2u})
      for (Stream stream : {Stream::weights, Stream::shuffle, Stream::split, Stream::start, Stream::hidden,
                            Stream::visible, Stream::binarize, Stream::toy})
        for (std::uint32_t row = 0; row < 8; ++row)
          for (std::uint32_t column = 0; column < 8; ++column) {
            const Draws some{.seed = seed, .step = step, .stream = stream};
            add(some.words_of_four_rows(row, column));
            for (std::uint32_t draw : {0u, 1u, 0xfffffu}) add(some.block_of_row(row, column, draw));
          }
  CHECK(static_cast<long>(seen.size()) == count);
}

TEST_CASE("every bit of a block is 1 half the time", "[core][random]") {
  const int n = 10000;  // standard deviation of a count: sqrt(n) / 2; six of them are exceeded in any of 128
                        // bits once in 10^6
  std::array<int, 128> ones{};
  for (std::uint32_t i = 0; i < n; ++i) {
    const PhiloxBlock block = draws.words_of_four_rows(i, 0);
    for (std::size_t bit = 0; bit < 128; ++bit) ones[bit] += block.word[bit / 32] >> bit % 32 & 1;
  }
  for (const int count : ones) CHECK(std::abs(count - n / 2) < 6 * std::sqrt(n) / 2);
}

TEMPLATE_TEST_CASE("uniform numbers lie in [0, 1) on a grid that both precisions share", "[core][random]",
                   float, double) {
  CHECK(uniform_from<TestType>(0) == 0);
  CHECK(uniform_from<TestType>(0xff) == 0);
  CHECK(uniform_from<TestType>(0x100) == TestType(0x1p-24));
  CHECK(uniform_from<TestType>(0x80000000) == TestType(0.5));
  CHECK(uniform_from<TestType>(0xffffffff) == TestType(1 - 0x1p-24));
  for (std::uint32_t word = 1; word < 0xf0000000; word += 0x01234567)
    CHECK(static_cast<double>(uniform_from<TestType>(word)) == uniform_from<double>(word));
  OneUniform one{0x40000000};
  CHECK(one.uniform<TestType>() == TestType(0.25));
}

TEMPLATE_TEST_CASE("uniform numbers are uniform", "[core][random]", float, double) {
  const int n = 100000;
  const auto values = sample(n, [](std::uint32_t i) { return Random{draws, i, 3}.uniform<TestType>(); });
  // Standard deviations: of the mean sqrt(1/12 n), of the mean square sqrt(4/45 n). Five are exceeded once in
  // 10^6.
  CHECK(std::fabs(mean_of_power(values, 1) - 0.5) < 5 * std::sqrt(1 / 12.0 / n));
  CHECK(std::fabs(mean_of_power(values, 2) - 1 / 3.0) < 5 * std::sqrt(4 / 45.0 / n));
  CHECK(kolmogorov_smirnov(values, [](double x) { return x; }) < 2.47);
}

TEMPLATE_TEST_CASE("normal numbers are normal", "[core][random][slow]", float, double) {
  const int n = 1000000;
  const auto values = sample(n, [](std::uint32_t i) { return Random{draws, i, 3}.normal<TestType>(); });
  // Variances of x, x^2, x^3, x^4: 1, 2, 15, 96, each over n.
  CHECK(std::fabs(mean_of_power(values, 1)) < 5 * std::sqrt(1.0 / n));
  CHECK(std::fabs(mean_of_power(values, 2) - 1) < 5 * std::sqrt(2.0 / n));
  CHECK(std::fabs(mean_of_power(values, 3)) < 5 * std::sqrt(15.0 / n));
  CHECK(std::fabs(mean_of_power(values, 4) - 3) < 5 * std::sqrt(96.0 / n));
  CHECK(kolmogorov_smirnov(values, [](double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }) < 2.47);
  // Beyond four standard deviations there are 6.334e-5 n = 63 +- 8.
  const auto beyond = std::count_if(values.begin(), values.end(), [](double x) { return std::fabs(x) > 4; });
  CHECK(std::fabs(static_cast<double>(beyond) - 6.334e-5 * n) < 5 * std::sqrt(6.334e-5 * n));
}

TEST_CASE("normal numbers in single and double precision are the same draw", "[core][random]") {
  // In single precision the radius is off by 2^-22 of itself and the cosine by 1.6 * 2^-23, the radius being
  // at most 8.3: together less than 15 * 2^-22. In addition, u is rounded by up to 2^-25, which moves the
  // radius r = sqrt(-2 log u) by 2^-25 / (u r): less than 2^-24 / |x| where that matters, at u > 1/2, since
  // |x| <= r.
  double most = 0;
  for (std::uint32_t row = 0; row < 20000; ++row) {
    const auto single = static_cast<double>(Random{draws, row, 0}.normal<float>());
    const double exact = Random{draws, row, 0}.normal<double>();
    most = std::max(most, std::fabs(exact - single) - 0x1p-24 / std::fabs(exact));
  }
  CHECK(most < 15 * 0x1p-22);
}

TEST_CASE("a normal number is finite at both ends of its radius", "[core][random]") {
  // Seeds found by search: the upper 24 bits of the radius's first word are all 0, or all 1.
  const Draws far{.seed = 12605678, .stream = Stream::hidden},
      near{.seed = 10333686, .stream = Stream::hidden};
  REQUIRE(far.block_of_row(0, 0, 0).word[0] >> 8 == 0);
  REQUIRE(near.block_of_row(0, 0, 0).word[0] >> 8 == 0xffffff);
  CHECK(std::fabs(Random{far, 0, 0}.normal<double>()) > 5.7);  // 24 bits alone could not give more than that
  CHECK_THAT(static_cast<double>(Random{far, 0, 0}.normal<float>()),
             Catch::Matchers::WithinRel(Random{far, 0, 0}.normal<double>(), 1e-6));
  CHECK(Random{near, 0, 0}.normal<float>() == 0);  // u is rounded to 1
  CHECK(std::fabs(Random{near, 0, 0}.normal<double>()) < 4e-4);
  // The extreme values, which no known seed draws: u = 2^-49 and 1.
  CHECK_THAT(static_cast<double>(square_root(-2.0f * logarithm(0x1p-49f))),
             Catch::Matchers::WithinAbs(8.242, 1e-3));
  CHECK(square_root(-2.0f * logarithm(1.0f)) == 0);
}

TEST_CASE("a unit's draws advance, and start over only with its address", "[core][random]") {
  Random random{draws, 4, 5};
  const auto first = random.uniform<double>(), second = random.uniform<double>(),
             third = random.normal<double>();
  CHECK(first != second);
  CHECK(random.number == 3);
  CHECK(Random{draws, 4, 5}.uniform<double>() == first);
  CHECK(Random{draws, 4, 5, 1}.uniform<double>() == second);
  CHECK(Random{draws, 4, 5, 2}.normal<double>() == third);
}

TEST_CASE("neighbours in every direction are independent", "[core][random]") {
  const int n = 50000;
  const auto uniform = [&](auto random) {
    return sample(n, [&](std::uint32_t i) { return random(i).template uniform<double>(); });
  };
  const auto here = uniform([](std::uint32_t i) { return Random{draws, i, 0}; });
  Draws next_step = draws, next_seed = draws, far_seed = draws;
  ++next_step.step;
  ++next_seed.seed;
  far_seed.seed += std::uint64_t{1} << 32;
  const std::vector<double> others[] = {
      uniform([](std::uint32_t i) {
        return Random{draws, i + 1, 0};
      }),
      uniform([](std::uint32_t i) {
        return Random{draws, i, 1};
      }),
      uniform([](std::uint32_t i) {
        return Random{draws, i, 0, 1};
      }),
      uniform([&](std::uint32_t i) {
        return Random{next_step, i, 0};
      }),
      uniform([&](std::uint32_t i) {
        return Random{next_seed, i, 0};
      }),
      uniform([&](std::uint32_t i) {
        return Random{far_seed, i, 0};
      }),
      uniform([](std::uint32_t i) {
        return Random{draws.in(Stream::visible), i, 0};
      }),
      sample(n, [](std::uint32_t i) { return uniform_from<double>(draws.words_of_four_rows(i, 0).word[0]); }),
      sample(n, [](std::uint32_t i) { return uniform_from<double>(draws.block_of_row(i, 0, 0).word[1]); })};
  // The correlation of n independent pairs has a standard deviation of 1 / sqrt(n); five are exceeded once in
  // 10^6.
  for (const auto& other : others) CHECK(std::fabs(correlation(here, other)) < 5 / std::sqrt(n));
  CHECK(correlation(here, here) > 0.999);
}
