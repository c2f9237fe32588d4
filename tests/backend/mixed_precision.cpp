// Products of factors in bf16: exact where their numbers are, and where not within what rounding may do. On a
// processor that cannot multiply them, all is as in full precision, and that is tested then.
#include <cmath>
#include <harmonium/backend/cpu.hpp>
#include <limits>

#include "support/blocks.hpp"
#include "support/catch.hpp"
#include "support/dice.hpp"

namespace test::backend_mixed_precision {

using namespace harmonium;

constexpr std::pair<Op, Op> forms[] = {
    {Op::plain, Op::plain}, {Op::transposed, Op::plain}, {Op::plain, Op::transposed}};

// The three kinds of exact numbers, and others.
enum class Kind { count, pixel, weighted, real };

Block<float> factor(Index rows, Index cols, bool within, Kind kind, std::uint64_t seed) {
  Block<float> x(rows, cols, within);
  Dice dice(seed);
  const float scale = 1.0f / 255, weight = 0.01f;
  for (Index c = 0; c < cols; ++c)
    for (Index r = 0; r < rows; ++r) {
      const double u = dice.uniform();
      x(r, c) = kind == Kind::count      ? static_cast<float>(std::floor(17 * u) - 8)
                : kind == Kind::pixel    ? scale * static_cast<float>(std::floor(256 * u))
                : kind == Kind::weighted ? (u < 0.5    ? 0
                                            : u < 0.75 ? weight
                                                       : -weight)
                                         : static_cast<float>(2 * u - 1);
    }
  return x;
}

// The product in double precision, and that of the magnitudes.
struct Exact {
  Eigen::MatrixXd sum, magnitude;
  Exact(Op op_a, Op op_b, const Block<float>& a, const Block<float>& b) {
    const auto matrix = [](const Block<float>& x) {
      Eigen::MatrixXd y(x.rows(), x.cols());
      for (Index c = 0; c < x.cols(); ++c)
        for (Index r = 0; r < x.rows(); ++r) y(r, c) = static_cast<double>(x(r, c));
      return y;
    };
    Eigen::MatrixXd left = matrix(a), right = matrix(b);
    if (op_a == Op::transposed) left.transposeInPlace();
    if (op_b == Op::transposed) right.transposeInPlace();
    sum = left * right;
    magnitude = left.cwiseAbs() * right.cwiseAbs();
  }
};

TEST_CASE("mixed precision is full where the processor has no bf16", "[backend][mixed]") {
  CHECK(Cpu<float>(2).precision() == Precision::full);
  CHECK(Cpu<float>(2, Precision::full).precision() == Precision::full);
  CHECK(Cpu<float>(2, Precision::mixed, false).precision() == Precision::full);
  CHECK((Cpu<float>(2, Precision::mixed).precision() == Precision::mixed) == has_bf16());
  CHECK(Cpu<float>(2, Precision::mixed).threads() == 2);
  CHECK(std::string(why_not_mixed(true)).empty());
  CHECK(std::string(why_not_mixed(false)).find("AVX512-BF16") != std::string::npos);

  const Cpu<float> plain, allowed(1, Precision::mixed), without(1, Precision::mixed, false);
  const Block<float> w = factor(100, 90, false, Kind::real, 1), v = factor(100, 80, false, Kind::real, 2);
  const auto product = [&](const Cpu<float>& on) {
    Eigen::MatrixXf c(90, 80);
    on.multiply(Op::transposed, Op::plain, 1, w.view(), v.view(), 0, View<float>(c));
    return c;
  };
  CHECK(product(allowed) == product(plain));  // only where an algorithm asks for it
  CHECK(product(without.rounding()) == product(plain));
  CHECK(product(plain.rounding()) == product(plain));
  CHECK((product(allowed.rounding()) != product(plain)) == has_bf16());
}

TEST_CASE("products of counts, pixels and weighted states are exact in bf16", "[backend][mixed]") {
  if (!has_bf16()) return;
  const Cpu<float> on;
  detail::RoundedProducts products;
  for (const auto& [rows, cols, depth] :
       {std::array<Index, 3>{33, 8, 1}, {64, 9, 31}, {65, 13, 32}, {100, 20, 33}, {129, 50, 600}})
    for (const auto& [op_a, op_b] : forms)
      for (const Kind kind : {Kind::count, Kind::pixel, Kind::weighted, Kind::real})
        for (const float beta : {0.0f, 1.0f, -0.5f}) {
          const bool within = beta != 0, ta = op_a == Op::transposed, tb = op_b == Op::transposed;
          // Weights are taken as they are, so theirs are counts here.
          const Kind of_a = kind == Kind::real || tb ? kind : Kind::count;
          const Block<float> a = factor(ta ? depth : rows, ta ? rows : depth, within, of_a, 1),
                             b = factor(tb ? cols : depth, tb ? depth : cols, within, kind, 2);
          Block<float> c(rows, cols, within, 3);
          const Block<float> before = c;
          if (beta == 0) on.fill(c.view(), std::numeric_limits<float>::quiet_NaN());
          products.multiply(on, op_a, op_b, 2, a.view(), b.view(), beta, c.view());
          const Exact exact(op_a, op_b, a, b);
          double far = 0;
          for (Index j = 0; j < cols; ++j)
            for (Index i = 0; i < rows; ++i) {
              const double kept = beta == 0 ? 0 : static_cast<double>(beta * before(i, j)),
                           largest = 2 * exact.magnitude(i, j) + std::abs(kept);
              // The sums of exact factors are integers, and so exact: what is rounded are the factors
              // of the sum, itself, and what is added. Each other factor loses a 256th at most.
              const double may = kind == Kind::real ? 2 * exact.magnitude(i, j) / 127 + largest * 1e-5
                                 : kind == Kind::count && beta == 0 ? 0
                                                                    : largest * 3e-7;
              const double off = std::abs(static_cast<double>(c(i, j)) - (2 * exact.sum(i, j) + kept)) - may;
              far = std::fmax(far, std::isnan(off) ? INFINITY : off);
            }
          CAPTURE(rows, cols, depth, ta, tb, static_cast<int>(kind), beta);
          CHECK(far <= 0);
          CHECK(c.surroundings_intact());
        }
}

TEST_CASE("what is not finite stays so in bf16", "[backend][mixed]") {
  if (!has_bf16()) return;
  const Cpu<float> on;
  detail::RoundedProducts products;
  Block<float> w = factor(40, 12, false, Kind::real, 1), v = factor(12, 10, false, Kind::real, 2);
  Block<float> c(40, 10, false);
  w(3, 5) = std::numeric_limits<float>::quiet_NaN();
  v(2, 7) = std::numeric_limits<float>::infinity();
  products.multiply(on, Op::plain, Op::plain, 1, w.view(), v.view(), 0, c.view());
  int wrong = 0;
  for (Index j = 0; j < 10; ++j)
    for (Index i = 0; i < 40; ++i) wrong += std::isfinite(c(i, j)) != (i != 3 && j != 7);
  CHECK(wrong == 0);
  v = factor(12, 10, false, Kind::real, 2);
  on.fill(v.view(), 0);
  v(1, 1) = 1e-38f;  // too small for a scale of its own
  w(3, 5) = 0;
  products.multiply(on, Op::plain, Op::plain, 1, w.view(), v.view(), 0, c.view());
  CHECK(std::abs(c(1, 1)) < 1e-37f);
}

TEST_CASE("products in mixed precision do not depend on threads", "[backend][mixed]") {
  for (const auto& [op_a, op_b] : forms) {
    const bool ta = op_a == Op::transposed, tb = op_b == Op::transposed;
    const Block<float> a = factor(ta ? 200 : 150, ta ? 150 : 200, false, Kind::real, 1),
                       b = factor(tb ? 300 : 200, tb ? 200 : 300, false, Kind::real, 2);
    const auto product = [&, op_a = op_a, op_b = op_b](int threads) {
      const Cpu<float> on = Cpu<float>(threads, Precision::mixed).rounding();
      Eigen::MatrixXf c(150, 300);
      on.multiply(op_a, op_b, 1, a.view(), b.view(), 0, View<float>(c));
      return c;
    };
    const Eigen::MatrixXf alone = product(1);
    for (const int threads : {2, 3, 5}) CHECK(product(threads) == alone);
  }
}

TEST_CASE("weights that were written to are converted anew", "[backend][mixed]") {
  const Cpu<float> on = Cpu<float>(2, Precision::mixed).rounding();
  const Index rows = 100, hidden = 90, n = 80;
  const Block<float> first = factor(rows, hidden, false, Kind::count, 1),
                     second = factor(rows, hidden, false, Kind::count, 2),
                     h = factor(hidden, n, false, Kind::count, 3), v = factor(rows, n, false, Kind::count, 4);
  Block<float> w = first;
  Eigen::MatrixXf down(rows, n), up(hidden, n);
  const auto check_products = [&](const Block<float>& expected, const char* after) {
    on.multiply(Op::plain, Op::plain, 1, w.view(), h.view(), 0, View<float>(down));
    on.multiply(Op::transposed, Op::plain, 1, w.view(), v.view(), 0, View<float>(up));
    CAPTURE(after);
    CHECK(down.cast<double>() == Exact(Op::plain, Op::plain, expected, h).sum);
    CHECK(up.cast<double>() == Exact(Op::transposed, Op::plain, expected, v).sum);
  };
  const auto write = [&](const char* name, const Block<float>& expected, auto operation) {
    w = first;
    on.as_one([&] {
      check_products(first, "the start");
      check_products(first, "the start, again");
      operation();
      check_products(expected, name);
    });
  };
  Block<float> zero = first, changed = first;
  for (Index c = 0; c < hidden; ++c)
    for (Index r = 0; r < rows; ++r) zero(r, c) = 0;
  for (Index r = 0; r < rows; ++r) changed(r, 7) = second(r, 7);
  write("copy", second, [&] { on.copy(second.view(), w.view()); });
  write("copy of a part", changed, [&] { on.copy(second.view().columns(7, 1), w.view().columns(7, 1)); });
  write("upload", second, [&] { on.upload(second.view(), w.view()); });
  write("fill", zero, [&] { on.fill(w.view(), 0); });
  write("update", zero, [&] { on.update(ScaleBy<float>{0}, w.view()); });
  write("scale_columns", zero, [&] {
    const Eigen::MatrixXf none = Eigen::MatrixXf::Zero(1, hidden);
    on.scale_columns(w.view(), none);
  });
  write("multiply", zero, [&] {
    const Eigen::MatrixXf a = Eigen::MatrixXf::Zero(rows, 1), b = Eigen::MatrixXf::Zero(1, hidden);
    on.multiply(Op::plain, Op::plain, 1, View<const float>(a), View<const float>(b), 0, w.view());
  });
  w = first;
  on.as_one([&] { check_products(first, "the start"); });
  w = second;  // by the host, between two pieces of work
  on.as_one([&] { check_products(second, "the host"); });
  w = first;
  check_products(first, "the host, without as_one");
  w = second;
  check_products(second, "the host, without as_one, again");
}

}  // namespace test::backend_mixed_precision
