// Compares every operation of the CPU backend with the loop that it stands for, at awkward sizes.
#include <harmonium/backend/cpu.hpp>
#include <harmonium/units/bernoulli.hpp>
#include <harmonium/units/categorical.hpp>
#include <harmonium/units/family.hpp>
#include <harmonium/units/gaussian.hpp>
#include <limits>

#include "support/blocks.hpp"
#include "support/catch.hpp"
#include "support/units.hpp"

using namespace harmonium;
using test::Block;
using test::for_each_shape;

namespace {

template <class T>
constexpr double epsilon = static_cast<double>(std::numeric_limits<T>::epsilon());

// The largest difference between an operation's result and f(row, column), in units of `scale` epsilon.
template <class T, class F>
double deviation(const Block<T>& result, F f, double scale = 1) {
  double largest = 0;
  for (Index c = 0; c < result.cols(); ++c)
    for (Index r = 0; r < result.rows(); ++r) {
      const double difference = std::abs(static_cast<double>(result(r, c)) - static_cast<double>(f(r, c)));
      largest = std::fmax(largest, std::isnan(difference) ? INFINITY : difference);
    }
  return largest / (scale * epsilon<T>);
}

template <class T>
T number(Op op, const Block<T>& x, Index r, Index c) {
  return op == Op::plain ? x(r, c) : x(c, r);
}

}  // namespace

TEST_CASE("a CPU backend has from 1 to 1024 threads", "[backend]") {
  CHECK(Cpu<float>{}.threads() == 1);
  CHECK(Cpu<float>(1).threads() == 1);
  CHECK(Cpu<float>(3).threads() == 3);
  CHECK(Cpu<double>::all().threads() >= 1);
  CHECK_THROWS_MATCHES(Cpu<float>(0), ValueError,
                       Catch::Matchers::Message("Cpu: threads is 0, expected 1 to 1024"));
  CHECK_THROWS_AS(Cpu<float>(1025), ValueError);
}

TEMPLATE_TEST_CASE("multiply is the triple loop", "[backend]", float, double) {
  using T = TestType;
  const Cpu<T> on;
  const Index sizes[] = {0, 1, 3, 17, 34};
  int wrong = 0;
  const auto compare = [&](Index m, Index n, Index k, bool within, std::initializer_list<T> betas) {
    for (const auto& [op_a, op_b] : {std::pair{Op::plain, Op::plain}, std::pair{Op::transposed, Op::plain},
                                     std::pair{Op::plain, Op::transposed}}) {
      const bool ta = op_a == Op::transposed, tb = op_b == Op::transposed;
      const Block<T> a(ta ? k : m, ta ? m : k, within, 1), b(tb ? n : k, tb ? k : n, within, 2);
      std::vector<double> rows, columns;  // of op(a) and op(b): sanitizers check each access to a block
      for (Index r = 0; r < m; ++r)
        for (Index i = 0; i < k; ++i) rows.push_back(static_cast<double>(number(op_a, a, r, i)));
      for (Index s = 0; s < n; ++s)
        for (Index i = 0; i < k; ++i) columns.push_back(static_cast<double>(number(op_b, b, i, s)));
      for (const T beta : betas) {
        Block<T> c(m, n, within, 3);
        const Block<T> before = c;
        if (beta == T(0)) Cpu<T>{}.fill(c.view(), std::numeric_limits<T>::quiet_NaN());
        on.multiply(op_a, op_b, T(2), a.view(), b.view(), beta, c.view());
        // A sum of k products of normal numbers, in any order: k roundings of a number that grows as the root
        // of k
        const double far = deviation(
            c,
            [&](Index r, Index s) {
              double sum = beta == T(0) ? 0 : static_cast<double>(beta * before(r, s));
              const double *row = rows.data() + r * k, *column = columns.data() + s * k;
              for (Index i = 0; i < k; ++i) sum += 2 * row[i] * column[i];
              return sum;
            },
            4 * static_cast<double>(k + 4));
        const bool right = far < 1 && c.surroundings_intact();
        if (!right)
          UNSCOPED_INFO(m << " x " << n << ", depth " << k << ", beta " << beta << ", transposed " << ta << tb
                          << ": off by " << far << " tolerances");
        wrong += !right;
      }
    }
  };
  for (const Index m : sizes)
    for (const Index n : sizes)
      for (const Index k : sizes) compare(m, n, k, (m + n + k) % 2 == 0, {0, 1, T(-0.5)});
  compare(257, 130, 300, true, {T(-0.5)});  // several pieces of rows
  compare(100, 310, 301, true, {0});        // several pieces of columns
  CHECK(wrong == 0);
}

TEST_CASE("a product by Eigen's expressions equals the one by its kernel", "[backend]") {
  const Index m = 19, n = 23, k = 31;
  for (const auto& [op_a, op_b] : {std::pair{Op::plain, Op::plain}, std::pair{Op::transposed, Op::plain},
                                   std::pair{Op::plain, Op::transposed}}) {
    const bool ta = op_a == Op::transposed, tb = op_b == Op::transposed;
    const Block<double> a(ta ? k : m, ta ? m : k, true, 1), b(tb ? n : k, tb ? k : n, true, 2);
    Block<double> by_kernel(m, n, true, 3), by_expression(m, n, true, 3);
    detail::multiply_by_eigen(op_a, op_b, 0.5, a.view(), b.view(), 1.0, by_kernel.view());
    detail::add_product_expression(op_a, op_b, 0.5, a.view(), b.view(), by_expression.view());
    CHECK(deviation(
              by_kernel, [&](Index r, Index c) { return by_expression(r, c); }, 4.0 * k) < 1);
  }
  STATIC_REQUIRE(detail::KnownEigenKernel<detail::EigenKernel<Op::plain, Op::plain, float>, float>);
}

TEMPLATE_TEST_CASE("gather takes columns of a table and converts them", "[backend]", float, double) {
  using T = TestType;
  for_each_shape([](Index rows, Index cols, bool within) {
    Block<std::uint8_t> bytes(rows, 7, within);
    for (Index c = 0; c < 7; ++c)
      for (Index r = 0; r < rows; ++r) bytes(r, c) = static_cast<std::uint8_t>(31 * c + r);
    const Block<T> numbers(rows, 7, within, 1);
    std::vector<Index> columns;
    for (Index i = 0; i < cols; ++i) columns.push_back(i * i % 7);  // some twice, some never
    Block<T> x(rows, cols, within), y(rows, cols, within);
    const T scale = T(1) / T(255);
    Cpu<T>{}.gather(std::as_const(bytes).view(), columns, scale, x.view());
    Cpu<T>{}.gather(numbers.view(), columns, T(-2), y.view());
    INFO(rows << " x " << cols);
    CHECK(deviation(x, [&](Index r, Index i) { return static_cast<double>(bytes(r, i * i % 7)) / 255; }) <=
          1);
    CHECK(deviation(y, [&](Index r, Index i) { return T(-2) * numbers(r, i * i % 7); }) == 0);  // exact
    CHECK(x.surroundings_intact());
    CHECK(y.surroundings_intact());
  });
}

TEMPLATE_TEST_CASE("copy, fill, upload and download move numbers and nothing else", "[backend]", float,
                   double) {
  using T = TestType;
  const Cpu<T> on;
  for_each_shape([&](Index rows, Index cols, bool within) {
    const Block<T> from(rows, cols, within, 1);
    const auto same = [&](Index r, Index c) { return from(r, c); };
    Block<T> copied(rows, cols, !within), filled(rows, cols, within), up(rows, cols, within),
        down(rows, cols, within);
    on.copy(from.view(), copied.view());
    on.fill(filled.view(), T(7));
    on.upload(from.view(), up.view());
    on.download(std::as_const(up).view(), down.view());
    INFO(rows << " x " << cols);
    CHECK(deviation(copied, same) == 0);
    CHECK(deviation(filled, [](Index, Index) { return T(7); }) == 0);
    CHECK(deviation(down, same) == 0);
    CHECK((copied.surroundings_intact() && filled.surroundings_intact() && up.surroundings_intact() &&
           down.surroundings_intact()));
  });
}

TEMPLATE_TEST_CASE("transform is a unit's function for each row and column", "[backend]", float, double) {
  using T = TestType;
  const Cpu<T> on;
  for_each_shape([&](Index rows, Index cols, bool within) {
    const Block<T> parameters(rows, 2, within, 1), input(rows, cols, within, 2), delta(rows, cols, within, 3);
    Block<T> mean(rows, cols, within), back(rows, cols, within), derived(rows, cols, within);
    using G = Family<Gaussian>;
    using B = Family<Bernoulli>;
    on.transform(MeanBody<G>{}, parameters.view(), 1, input.view(), input.view(), mean.view(), Draws{}, 0);
    on.transform(BackpropagateBody<B>{}, parameters.view().columns(0, 1), 1, input.view(), delta.view(),
                 back.view(), Draws{}, 0);
    on.transform(MeanBody<Family<test::PlainGaussian>>{}, parameters.view(), 1, input.view(), input.view(),
                 derived.view(), Draws{}, 0);
    // The same functions on the same numbers, but a compiler may contract them differently.
    const auto field = [&](Index r, Index c) { return input(r, c) + parameters(r, 0); };
    INFO(rows << " x " << cols);
    CHECK(deviation(
              mean, [&](Index r, Index c) { return G::mean(field(r, c), parameters(r, 1)); }, 100) < 1);
    CHECK(deviation(
              derived, [&](Index r, Index c) { return G::mean(field(r, c), parameters(r, 1)); }, 100) < 1);
    CHECK(deviation(
              back, [&](Index r, Index c) { return B::backpropagate(field(r, c), delta(r, c)); }, 4) < 1);
    CHECK((mean.surroundings_intact() && back.surroundings_intact()));
  });
}

TEMPLATE_TEST_CASE("transform is a group's function for each group and column", "[backend]", float, double) {
  using T = TestType;
  const Cpu<T> on;
  using F = Family<Categorical>;
  for (const Index group : {1, 3, 255, 256, 257, 1000})  // from one row to more than a chunk of rows
    for (const Index units : {1, 2, 6})
      for (const Index cols : {0, 1, 3})
        for (const bool within : {false, true}) {
          const Index rows = group * units;
          const Block<T> bias(rows, 1, within, 1), input(rows, cols, within, 2), delta(rows, cols, within, 3);
          Block<T> mean(rows, cols, within), back(rows, cols, within);
          on.transform(MeanBody<F>{}, bias.view(), group, input.view(), input.view(), mean.view(), Draws{},
                       0);
          on.transform(BackpropagateBody<F>{}, bias.view(), group, input.view(), delta.view(), back.view(),
                       Draws{}, 0);
          std::vector<T> p(static_cast<std::size_t>(group)), q(p);
          double far = 0;
          for (Index c = 0; c < cols; ++c)
            for (Index first = 0; first < rows; first += group) {
              const GroupField<T> field{input.view().column(c) + first, bias.view().data + first, group};
              F::mean(field, Group<T>{p.data(), group});
              F::backpropagate(field, Group<const T>{delta.view().column(c) + first, group},
                               Group<T>{q.data(), group});
              for (Index k = 0; k < group; ++k) {
                const auto i = static_cast<std::size_t>(k);
                far = std::fmax(far, static_cast<double>(std::abs(p[i] - mean(first + k, c))));
                far = std::fmax(far, static_cast<double>(std::abs(q[i] - back(first + k, c))));
              }
            }
          INFO("groups of " << group << ", " << units << " of them, " << cols << " columns");
          CHECK(far < 100 * epsilon<T>);
          CHECK((mean.surroundings_intact() && back.surroundings_intact()));
        }
}

TEMPLATE_TEST_CASE("sums over units and over samples are sums", "[backend]", float, double) {
  using T = TestType;
  const Cpu<T> on;
  using G = Family<Gaussian>;
  for_each_shape([&](Index rows, Index cols, bool within) {
    const Block<T> parameters(rows, 2, within, 1), x(rows, cols, within, 2), weights(1, cols, within, 3);
    Block<T> energies(1, cols, within, 4), sums(rows, 1, within, 5);
    const Block<T> energies_before = energies, sums_before = sums;
    on.sum_over_units(EnergyBody<G>{}, parameters.view(), 1, x.view(), T(-2), energies.view());
    on.sum_over_samples(StatisticBody<G, 0>{}, parameters.view(), x.view(), weights.view(), sums.view());
    INFO(rows << " x " << cols);
    const auto energy = [&](Index, Index c) {
      double sum = 0;
      for (Index r = 0; r < rows; ++r)
        sum += static_cast<double>(G::energy(x(r, c), parameters(r, 1)) - parameters(r, 0) * x(r, c));
      return static_cast<double>(energies_before(0, c)) - 2 * sum;
    };
    const auto statistic = [&](Index r, Index) {
      double sum = 0;
      for (Index c = 0; c < cols; ++c)
        sum += static_cast<double>(weights(0, c) * G::template statistic<0>(x(r, c), parameters(r, 1)));
      return static_cast<double>(sums_before(r, 0)) + sum;
    };
    // Sums of terms of order 1 to 10 grow with their number, and rounding errors with its root.
    const auto n = static_cast<double>(rows);
    CHECK(deviation(energies, energy, 20 + 4 * n * std::sqrt(n)) < 1);
    CHECK(deviation(sums, statistic, 20 * (1 + static_cast<double>(cols))) < 1);
    CHECK((energies.surroundings_intact() && sums.surroundings_intact()));
  });
}

TEMPLATE_TEST_CASE("sums over groups are sums", "[backend]", float, double) {
  using T = TestType;
  const Cpu<T> on;
  using F = Family<Categorical>;
  for (const Index group : {1, 3, 257})
    for (const Index units : {1, 5})
      for (const Index cols : {0, 1, 65}) {
        const Index rows = group * units;
        const Block<T> bias(rows, 1, true, 1), x(rows, cols, true, 2);
        Block<T> log_z(1, cols, true, 4), energy(1, cols, true, 5);
        const Block<T> log_z_before = log_z, energy_before = energy;
        on.sum_over_units(LogPartitionBody<F>{}, bias.view(), group, x.view(), T(1), log_z.view());
        on.sum_over_units(EnergyBody<F>{}, bias.view(), group, x.view(), T(3), energy.view());
        INFO("groups of " << group << ", " << units << " of them, " << cols << " columns");
        const double scale = 10 * static_cast<double>(units * group);
        CHECK(deviation(
                  log_z,
                  [&](Index, Index c) {
                    double sum = static_cast<double>(log_z_before(0, c));
                    for (Index first = 0; first < rows; first += group) {
                      double z = 0;
                      for (Index k = first; k < first + group; ++k)
                        z += std::exp(static_cast<double>(x(k, c) + bias(k, 0)));
                      sum += std::log(z);
                    }
                    return sum;
                  },
                  scale) < 1);
        CHECK(deviation(
                  energy,
                  [&](Index, Index c) {
                    double sum = static_cast<double>(energy_before(0, c));
                    for (Index k = 0; k < rows; ++k) sum -= 3 * static_cast<double>(bias(k, 0) * x(k, c));
                    return sum;
                  },
                  scale) < 1);
      }
}

TEMPLATE_TEST_CASE("columns are scaled, multiplied and summed one by one", "[backend]", float, double) {
  using T = TestType;
  const Cpu<T> on;
  for_each_shape([&](Index rows, Index cols, bool within) {
    Block<T> x(rows, cols, within, 1), dots(1, cols, within, 2);
    const Block<T> y(rows, cols, within, 3), weights(1, cols, within, 4), before = x, dots_before = dots;
    on.dot_columns(T(-3), x.view(), y.view(), dots.view());
    on.scale_columns(x.view(), weights.view());
    INFO(rows << " x " << cols);
    CHECK(deviation(
              x, [&](Index r, Index c) { return weights(0, c) * before(r, c); }, 10) <= 0.5);
    CHECK(deviation(
              dots,
              [&](Index, Index c) {
                double sum = 0;
                for (Index r = 0; r < rows; ++r)
                  sum += static_cast<double>(before(r, c)) * static_cast<double>(y(r, c));
                return static_cast<double>(dots_before(0, c)) - 3 * sum;
              },
              10 * (1 + std::sqrt(static_cast<double>(rows)))) < 1);
    const double total = on.sum([](T a, T b) { return a * b; }, View<const T>(before.view()), y.view());
    double expected = 0;
    for (Index c = 0; c < cols; ++c)
      for (Index r = 0; r < rows; ++r) expected += static_cast<double>(before(r, c) * y(r, c));
    CHECK_THAT(total, Catch::Matchers::WithinAbs(expected, 1e-9));
    CHECK((x.surroundings_intact() && dots.surroundings_intact()));
  });
}

TEMPLATE_TEST_CASE("an update is the rule for each number", "[backend]", float, double) {
  using T = TestType;
  const Cpu<T> on;
  for_each_shape([&](Index rows, Index cols, bool within) {
    Block<T> w(rows, cols, within, 1), m(rows, cols, within, 2);
    const Block<T> g(rows, cols, !within, 3), w_before = w, m_before = m;
    on.update(
        [](T& number, T gradient, T& moment) { moment = gradient, number = number < 0 ? gradient : number; },
        w.view(), g.view(), m.view());
    INFO(rows << " x " << cols);
    CHECK(deviation(w, [&](Index r, Index c) { return w_before(r, c) < 0 ? g(r, c) : w_before(r, c); }) == 0);
    CHECK(deviation(m, [&](Index r, Index c) { return g(r, c); }) == 0);
    CHECK((w.surroundings_intact() && m.surroundings_intact()));
  });
}
