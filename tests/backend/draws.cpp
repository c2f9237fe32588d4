// Random numbers by their address: which word a unit gets, and that neither splitting a pass nor threads
// change it.
#include <harmonium/models/layer.hpp>
#include <vector>

#include "support/blocks.hpp"
#include "support/catch.hpp"
#include "support/units.hpp"

using namespace harmonium;
using test::Block;

namespace {

// Bodies that output the random numbers that they receive.
struct WordBody {
  static constexpr Needs needs = Needs::one_uniform;
  [[maybe_unused]] static constexpr int shapes = 0;
  static constexpr bool grouped = false;
  double operator()(double, double, OneUniform& random) const { return random.word; }
};
struct GroupWordBody {
  static constexpr Needs needs = Needs::one_uniform;
  [[maybe_unused]] static constexpr int shapes = 0;
  static constexpr bool grouped = true;
  void operator()(GroupField<double>, Group<const double>, OneUniform& random, Group<double> out) const {
    for (Index k = 0; k < out.size; ++k) out[k] = random.word;
  }
};
struct ThirdUniformBody {
  static constexpr Needs needs = Needs::random;
  [[maybe_unused]] static constexpr int shapes = 0;
  static constexpr bool grouped = false;
  double operator()(double, double, Random& random) const {
    random.uniform<double>();
    random.uniform<double>();
    return random.uniform<double>();
  }
};

const Draws draws{.seed = 0x123456789abcdef0, .step = 77, .first_sample = 1000, .stream = Stream::hidden};

template <class Body>
Block<double> pass(const Cpu<double>& on, const Body& body, Index rows, Index cols, Draws at, Index first_row,
                   Index group = 1) {
  const Block<double> bias(rows, 1, false, 1), input(rows, cols, false, 1);
  Block<double> x(rows, cols, true);
  on.transform(body, bias.view(), group, input.view(), input.view(), x.view(), at, first_row);
  return x;
}

}  // namespace

TEST_CASE("a unit that draws once has word row % 4 of the block at row / 4", "[backend][random]") {
  for (const Index rows : {1, 3, 16, 255, 257, 600})
    for (const Index first_row : {0, 1, 2, 3, 4, 254, 1001}) {
      const auto x = pass(Cpu<double>{}, WordBody{}, rows, 3, draws, first_row);
      Index wrong = 0;
      for (Index c = 0; c < 3; ++c)
        for (Index r = 0; r < rows; ++r) {
          const auto row = static_cast<std::uint32_t>(first_row + r);
          const std::uint32_t purpose = 4u << 20;  // the stream `hidden`
          const PhiloxBlock block = philox({{row / 4, 1000 + static_cast<std::uint32_t>(c), 77, purpose}},
                                           0x9abcdef0u, 0x12345678u);
          wrong += x(r, c) != block.word[row % 4] ? 1 : 0;
        }
      INFO(rows << " rows from " << first_row);
      CHECK(wrong == 0);
    }
}

TEST_CASE("a group uses the word of its first row", "[backend][random]") {
  for (const Index group : {1, 3, 10, 300})
    for (const Index first_row : {0, 3, 1001}) {
      const auto x = pass(Cpu<double>{}, GroupWordBody{}, group * 5, 2, draws, first_row, group);
      const auto words = pass(Cpu<double>{}, WordBody{}, group * 5, 2, draws, first_row);
      Index wrong = 0;
      for (Index c = 0; c < 2; ++c)
        for (Index r = 0; r < group * 5; ++r) wrong += x(r, c) != words(r / group * group, c) ? 1 : 0;
      CHECK(wrong == 0);
    }
}

TEST_CASE("a unit that draws more often has a block for each draw at its own row", "[backend][random]") {
  for (const Index first_row : {0, 5, 300}) {
    const auto x = pass(Cpu<double>{}, ThirdUniformBody{}, 300, 2, draws, first_row);
    Index wrong = 0;
    for (Index c = 0; c < 2; ++c)
      for (Index r = 0; r < 300; ++r) {
        const PhiloxBlock block =
            philox({{static_cast<std::uint32_t>(first_row + r), 1000 + static_cast<std::uint32_t>(c), 77,
                     0x80000000u | 4u << 20 | 2u}},
                   0x9abcdef0u, 0x12345678u);
        wrong += x(r, c) != uniform_from<double>(block.word[0]) ? 1 : 0;
      }
    CHECK(wrong == 0);
  }
}

namespace {
// Outputs the uniform number, and 2 + 1 - u where that is what an extreme word is about.
struct UniformBody {
  static constexpr Needs needs = Needs::one_uniform;
  [[maybe_unused]] static constexpr int shapes = 0;
  static constexpr bool grouped = false;
  template <class R>
  double operator()(double, double, R& random) const {
    if constexpr (std::same_as<R, ExtremeUniform>)
      if (random.high()) return 2 + random.template complement<double>();
    return random.template uniform<double>();
  }
};
struct GroupUniformBody {
  static constexpr Needs needs = Needs::one_uniform;
  [[maybe_unused]] static constexpr int shapes = 0;
  static constexpr bool grouped = true;
  template <class R>
  void operator()(GroupField<double> field, Group<const double>, R& random, Group<double> out) const {
    for (Index k = 0; k < out.size; ++k) out[k] = UniformBody{}(field[k], 0, random);
  }
};
}  // namespace

TEST_CASE("a word near either end is joined by a second one", "[backend][random]") {
  const auto check = [](const Block<double>& x, Index group) {
    Index wrong = 0, low = 0, high = 0;
    for (Index c = 0; c < x.cols(); ++c)
      for (Index r = 0; r < x.rows(); ++r) {
        const auto row = static_cast<std::uint32_t>(1001 + r / group * group),
                   column = static_cast<std::uint32_t>(c);
        const std::uint32_t word = draws.words_of_four_rows(row / 4, column).word[row % 4];
        const double more = draws.block_of_row(row, column, 1).word[0] + 0.5;
        double right = uniform_from<double>(word);
        if (word < 0x10000) right = (word + more * 0x1p-32) * 0x1p-32, ++low;
        if (word >= 0xffff0000) right = 2 + (0xffffffff - word + more * 0x1p-32) * 0x1p-32, ++high;
        wrong += x(r, c) != right ? 1 : 0;
      }
    CHECK(wrong == 0);
    CHECK((low > 0 && high > 0));  // each once in 2^16 draws
  };
  check(pass(Cpu<double>{}, UniformBody{}, 1100, 400, draws, 1001), 1);
  check(pass(Cpu<double>{}, GroupUniformBody{}, 2200, 400, draws, 1001, 2), 2);
}

TEMPLATE_TEST_CASE("a pass in parts draws what the whole pass draws", "[backend][random]", Bernoulli,
                   Gaussian, Rectified, Poisson, Categorical, test::Quintic) {
  using U = TestType;
  const Cpu<float> on;
  const Index units = is_grouped<U> ? 100 : 300, group = is_grouped<U> ? 3 : 1, rows = units * group,
              cols = 40;
  const auto layer_of = [&](Index count) {
    if constexpr (is_grouped<U>) {
      return Layer<U>({.units = count, .states = 3});
    } else {
      return Layer<U>(count);
    }
  };
  auto layer = layer_of(units);
  Eigen::MatrixXf input(rows, cols), whole(rows, cols), parts(rows, cols);
  test::Dice dice(1);
  for (Index r = 0; r < rows; ++r) {
    layer.parameters(r, 0) = static_cast<float>(dice.normal());
    for (Index c = 0; c < cols; ++c) input(r, c) = static_cast<float>(dice.normal());
  }
  const Draws at{.seed = 3, .step = 2, .first_sample = 5, .stream = Stream::visible};
  sample(on, layer, input, whole, at);

  // Rows in two parts, like two layers within a larger one
  const Index upper = units / 3 * group;  // not a multiple of 4
  for (const auto& [first, count] : {std::pair{Index(0), upper}, std::pair{upper, rows - upper}}) {
    auto part = layer_of(count / group);
    part.parameters = layer.parameters.middleRows(first, count);
    sample(on, part, ConstViewOf<Cpu<float>>(input).rows_from(first, count),
           ViewOf<Cpu<float>>(parts).rows_from(first, count), at, first);
  }
  CHECK(parts == whole);

  // Columns in two parts, like a batch shared by two workers
  parts.setZero();
  for (const auto& [first, count] : {std::pair{Index(0), Index(17)}, std::pair{Index(17), cols - 17}}) {
    Draws shifted = at;
    shifted.first_sample += static_cast<std::uint32_t>(first);
    sample(on, layer, ConstViewOf<Cpu<float>>(input).columns(first, count),
           ViewOf<Cpu<float>>(parts).columns(first, count), shifted);
  }
  CHECK(parts == whole);
}
