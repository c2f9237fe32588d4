// Every pass of the CUDA backend, run on the host over a launch's grid and compared with the CPU backend.
// Element-wise results have the same bits (this folder is compiled without contraction of a * b + c); sums
// are computed in another order and in double precision, so they agree within a few roundings of their
// largest term.
#include <harmonium/backend/cpu.hpp>
#include <harmonium/cuda.hpp>
#include <harmonium/cuda/code.hpp>

#include "../../support/catch.hpp"
#include "../../support/dice.hpp"
#include "../../support/units.hpp"
#include "stand_in.hpp"

using namespace harmonium;

// User-defined unit types that declare device code.
struct MyQuintic : test::Quintic {
  static constexpr bool cuda_compiled = true;
};
struct MyGroup : test::AtMostOne {
  static constexpr bool cuda_compiled = true;
};

namespace {

template <class T>
using Dense = Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic>;

// The same numbers on both sides: a block of rows within a larger matrix, whose other rows must not change.
template <class T>
struct Both {
  Dense<T> host;
  CudaMatrix<T> there;
  Index first = 0, rows = 0;

  Both(Index above, Index rows_, Index below, Index cols, test::Dice& dice, double low, double high)
      : host(above + rows_ + below, cols), there(above + rows_ + below, cols), first(above), rows(rows_) {
    for (Index c = 0; c < cols; ++c)
      for (Index r = 0; r < host.rows(); ++r)
        host(r, c) = static_cast<T>(low + (high - low) * dice.uniform());
    if (host.size() > 0)
      detail::cuda_copy(detail::cuda_queue(0), detail::CudaCopy::to_device, View<T, CudaMemory>(there),
                        View<const T>(host));
  }
  View<T> here() { return View<T>(host).rows_from(first, rows); }
  View<T, CudaMemory> device() { return View<T, CudaMemory>(there).rows_from(first, rows); }
  Dense<T> back() const {
    Dense<T> result(host.rows(), host.cols());
    Cuda<T>().download(View<const T, CudaMemory>(there), View<T>(result));
    return result;
  }
  bool same_bits() const {
    const Dense<T> now = back();
    return std::memcmp(now.data(), host.data(), sizeof(T) * static_cast<std::size_t>(now.size())) == 0;
  }
  double farthest() const { return static_cast<double>((back() - host).cwiseAbs().maxCoeff()); }
};

struct Place {
  Index above, below;  // rows around the block
  Index first_row;     // where the layer starts within a larger one
};
// Aligned to four rows or not; a layer by itself, or after others.
const Place places[] = {{0, 0, 0}, {4, 4, 8}, {3, 2, 5}, {1, 0, 2}};
const std::pair<Index, Index> shapes[] = {{1, 1}, {3, 2}, {4, 1}, {31, 5}, {260, 9}, {1030, 3}};

template <class U, class T>
void check_unit() {
  using F = Family<U>;
  using Shapes = std::make_index_sequence<static_cast<std::size_t>(F::shapes)>;
  const Cpu<T> cpu;
  const Cuda<T> cuda;
  const Index group = is_grouped<U> ? 3 : 1;
  test::Dice dice(1);
  for (const auto& [units, cols] : shapes)
    for (const Place& at : places) {
      INFO(units << " units, " << cols << " columns, " << at.above << " rows above");
      const Index rows = units * group;
      Both<T> parameters(at.above, rows, at.below, 1 + F::shapes, dice, -1, 1);
      Both<T> input(at.above, rows, at.below, cols, dice, -6, 6);
      Both<T> other(at.above, rows, at.below, cols, dice, -1, 1);
      Both<T> out(at.above, rows, at.below, cols, dice, -1, 1);
      const Draws draws{.seed = 5, .step = 7, .first_sample = 11};
      const auto transform = [&](auto body) {
        cpu.transform(body, parameters.here(), group, input.here(), other.here(), out.here(), draws,
                      at.first_row);
        cuda.transform(body, parameters.device(), group, input.device(), other.device(), out.device(), draws,
                       at.first_row);
        return out.same_bits();
      };
      CHECK(transform(MeanBody<F>{}));
      CHECK(transform(BackpropagateBody<F>{}));
      if constexpr (!is_activation<U>) {
        CHECK(transform(SampleBody<F>{}));
        if constexpr (detail::has_mode<U, T>(Shapes{})) CHECK(transform(ModeBody<F>{}));

        // Terms are below 1e3, and there are fewer than 4,000 of them.
        const double close = (std::is_same_v<T, float> ? 1e-5 : 1e-12) * static_cast<double>(rows) * 100;
        Both<T> sums(0, 1, 0, cols, dice, -1, 1);
        const auto over_units = [&](auto body, Both<T>& x) {
          cpu.sum_over_units(body, parameters.here(), group, x.here(), T(-0.5), sums.here());
          cuda.sum_over_units(body, parameters.device(), group, x.device(), T(-0.5), sums.device());
          return sums.farthest();
        };
        CHECK(over_units(LogPartitionBody<F>{}, input) < close);
        CHECK(over_units(EnergyBody<F>{}, other) < close);
        if constexpr (F::shapes > 0) {
          Both<T> weights(0, 1, 0, cols, dice, -1, 1), of_row(at.above, rows, at.below, 1, dice, -1, 1);
          const auto over_samples = [&](auto body, Both<T>& x) {
            cpu.sum_over_samples(body, parameters.here(), x.here(), weights.here(), of_row.here());
            cuda.sum_over_samples(body, parameters.device(), x.device(), weights.device(), of_row.device());
            return of_row.farthest();
          };
          CHECK(over_samples(StatisticBody<F, 0>{}, other) < close);
          CHECK(over_samples(MeanStatisticBody<F, F::shapes - 1>{}, input) < close);
        }
      }
    }
}

// Few columns, which are summed in one pass, and many, which are split.
template <class U, class T>
void check_weighing() {
  using F = Family<U>;
  const Cpu<T> cpu;
  const Cuda<T> cuda;
  test::Dice dice(6);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{3, 2}, {33, 127}, {70, 900}, {1, 2100}})
    for (const Place& at : places) {
      INFO(rows << " units, " << cols << " columns, " << at.above << " rows above");
      Both<T> parameters(at.above, rows, at.below, 1 + F::shapes, dice, -1, 1);
      Both<T> input(at.above, rows, at.below, cols, dice, -6, 6),
          x(at.above, rows, at.below, cols, dice, 0, 1);
      Both<T> weights(0, 1, 0, cols, dice, -1, 1), of_row(at.above, rows, at.below, 1, dice, -1, 1);
      cpu.transform(MeanBody<F>{}, parameters.here(), 1, input.here(), input.here(), x.here(), Draws{}, 0);
      cpu.sum_over_samples(StateBody{}, parameters.here(), x.here(), weights.here(), of_row.here());
      cpu.scale_columns(x.here(), weights.here());
      cuda.weigh(MeanBody<F>{}, parameters.device(), input.device(), weights.device(), x.device(),
                 of_row.device());
      CHECK(x.same_bits());
      const double close = (std::is_same_v<T, float> ? 1e-6 : 1e-14) * static_cast<double>(cols) * 10;
      CHECK(of_row.farthest() < close);

      cpu.sum_over_samples(StateBody{}, parameters.here(), x.here(), weights.here(), of_row.here());
      cuda.sum_over_samples(StateBody{}, parameters.device(), x.device(), weights.device(), of_row.device());
      CHECK(of_row.farthest() < 2 * close);
    }
}

template <class T>
void check_rules() {
  const Cpu<T> cpu;
  const Cuda<T> cuda;
  test::Dice dice(2);
  for (const auto& [rows, cols] : shapes)
    for (const Place& at : places) {
      INFO(rows << " x " << cols << ", " << at.above << " rows above");
      Both<T> x(at.above, rows, at.below, cols, dice, 0, 1), a(at.above, rows, at.below, cols, dice, 0, 1),
          b(at.above, rows, at.below, cols, dice, 0, 1), c(at.above, rows, at.below, cols, dice, 0, 1);
      const auto good = [&](const auto& rule, auto&... others) {
        cpu.update(rule, x.here(), others.here()...);
        cuda.update(rule, x.device(), others.device()...);
        return x.same_bits() && (others.same_bits() && ...);
      };
      const T n = T(0.3), m = T(0.7);
      CHECK(good(Add{}, a));
      CHECK(good(Subtract{}, a));
      CHECK(good(SubtractFrom{}, a));
      CHECK(good(Multiply{}, a));
      CHECK(good(SetToSum{}, a, b));
      CHECK(good(AddDifference{}, a, b));
      CHECK(good(SubtractProduct{}, a, b));
      CHECK(good(PutBack{}, a, b));
      CHECK(good(ScaleBy<T>{n}));
      CHECK(good(SetToMultiple<T>{n}, a));
      CHECK(good(Mix<T>{n, m}, a));
      CHECK(good(MixLimited<T>{n, m, n}, a));
      CHECK(good(SetToCombination<T>{n, m}, a, b));
      CHECK(good(MoveTowards<T>{n}, a));
      CHECK(good(Pull<T>{n, m}, a));
      CHECK(good(NormSlope<T>{n}));
      CHECK(good(NormLimit<T>{n}));
      using detail::ShrinkingRule;
      CHECK(good(ShrinkingRule<Sgd::Rule<T>, T>{{n}, n, m, n}, a));
      CHECK(good(ShrinkingRule<Momentum::Rule<T>, T>{{n, m}, n, m, n}, a, b));
      CHECK(good(ShrinkingRule<Nesterov::Rule<T>, T>{{n, m}, n, m, n}, a, b));
      CHECK(
          good(ShrinkingRule<typename Adam::Rule<T>, T>{Adam{}.template rule<T>(3, 0.5), n, m, n}, a, b, c));
    }
}

template <class T>
void check_others() {
  const Cpu<T> cpu;
  const Cuda<T> cuda;
  test::Dice dice(3);
  for (const auto& [rows, cols] : shapes)
    for (const Place& at : places) {
      INFO(rows << " x " << cols << ", " << at.above << " rows above");
      Both<T> x(at.above, rows, at.below, cols, dice, 0, 1), y(at.above, rows, at.below, cols, dice, 0, 1),
          weights(0, 1, 0, cols, dice, -1, 1), sums(0, 1, 0, cols, dice, -1, 1),
          of_row(at.above, rows, at.below, 1, dice, -1, 1), bias(at.above, rows, at.below, 1, dice, -1, 1);
      cpu.scale_columns(x.here(), weights.here());
      cuda.scale_columns(x.device(), weights.device());
      CHECK(x.same_bits());
      cpu.transform(detail::DropoutBody{0.4}, bias.here(), 1, x.here(), x.here(), y.here(), {.seed = 2}, 9);
      cuda.transform(detail::DropoutBody{0.4}, bias.device(), 1, x.device(), x.device(), y.device(),
                     {.seed = 2}, 9);
      CHECK(y.same_bits());

      const double close = (std::is_same_v<T, float> ? 1e-6 : 1e-14) * static_cast<double>(rows + cols);
      cpu.dot_columns(T(2), x.here(), y.here(), sums.here());
      cuda.dot_columns(T(2), x.device(), y.device(), sums.device());
      CHECK(sums.farthest() < close);
      cpu.column_norms(x.here(), sums.here());
      cuda.column_norms(x.device(), sums.device());
      CHECK(sums.farthest() < close);
      cpu.sum_over_units(ScaledStateBody{}, bias.here(), 1, x.here(), T(2), sums.here());
      cuda.sum_over_units(ScaledStateBody{}, bias.device(), 1, x.device(), T(2), sums.device());
      CHECK(sums.farthest() < close);
      cpu.sum_over_samples(StateBody{}, bias.here(), x.here(), weights.here(), of_row.here());
      cuda.sum_over_samples(StateBody{}, bias.device(), x.device(), weights.device(), of_row.device());
      CHECK(of_row.farthest() < close);
      const auto sum = [&](const auto& body, auto&... more) {
        return std::abs(cpu.sum(body, x.here(), more.here()...) -
                        cuda.sum(body, x.device(), more.device()...));
      };
      CHECK(sum(detail::IdentityBody{}) < 1e-9);
      CHECK(sum(detail::SquareBody{}) < 1e-9);
      CHECK(sum(detail::SquaredDifferenceBody{}, y) < 1e-9);
      CHECK(cuda.sum(detail::DifferentBody{}, x.device(), x.device()) == 0);
      CHECK(cuda.sum(detail::DifferentBody{}, x.device(), y.device()) ==
            cpu.sum(detail::DifferentBody{}, x.here(), y.here()));
      CHECK(cuda.sum(detail::NotFiniteBody{}, x.device()) == 0);
      x.here()(rows - 1, cols - 1) = std::numeric_limits<T>::quiet_NaN();
      cuda.upload(View<const T>(x.here()), x.device());
      CHECK(cuda.sum(detail::NotFiniteBody{}, x.device()) == 1);
      CHECK(x.same_bits());

      cpu.fill(x.here(), T(4));
      cuda.fill(x.device(), T(4));
      CHECK(x.same_bits());
      cpu.copy(View<const T>(y.here()), x.here());
      cuda.copy(View<const T, CudaMemory>(y.device()), x.device());
      CHECK(x.same_bits());
    }
}

template <class From, class T>
void check_gather() {
  test::Dice dice(4);
  const Cpu<T> cpu;
  const Cuda<T> cuda;
  for (const Index rows : {13, 16})
    for (const Index count : {1, 7, 300, 9000})  // more than fit into the smallest launch, and into any
      for (const Place& at : places) {
        Both<From> table(0, rows, 0, 40, dice, 0, 250);
        std::vector<Index> columns;
        for (Index i = 0; i < count; ++i) columns.push_back(static_cast<Index>(dice.uniform() * 40));
        Both<T> x(at.above, rows, at.below, count, dice, 0, 1);
        cpu.gather(View<const From>(table.here()), columns, T(1.0 / 255), x.here());
        cuda.gather(View<const From, CudaMemory>(table.device()), columns, T(1.0 / 255), x.device());
        CHECK(x.same_bits());
        cuda.fill(x.device(), T(0));
        cuda.gather(View<const From>(table.here()), columns, T(1.0 / 255), x.device());
        CHECK(x.same_bits());
      }
}

}  // namespace

TEST_CASE("a launch does for each unit what the CPU does, bit for bit", "[cuda]") {
  check_unit<Bernoulli, float>();
  check_unit<Spin, float>();
  check_unit<Categorical, float>();
  check_unit<Drelu, float>();
  check_unit<Gaussian, float>();
  check_unit<Rectified, float>();
  check_unit<Poisson, float>();
  check_unit<Relu, float>();
  check_unit<Bernoulli, double>();
  check_unit<Spin, double>();
  check_unit<Categorical, double>();
  check_unit<Drelu, double>();
  check_unit<Gaussian, double>();
  check_unit<Rectified, double>();
  check_unit<Poisson, double>();
  check_unit<Relu, double>();
}

TEST_CASE("a launch does for a user's unit what the CPU does", "[cuda]") {
  check_unit<MyQuintic, float>();
  check_unit<MyGroup, float>();
  check_unit<MyQuintic, double>();
  check_unit<MyGroup, double>();
}

TEST_CASE("a launch weighs means as the CPU does, bit for bit, and sums them", "[cuda]") {
  check_weighing<Bernoulli, float>();
  check_weighing<Gaussian, float>();
  check_weighing<MyQuintic, float>();
  check_weighing<Bernoulli, double>();
  check_weighing<Rectified, double>();
}

TEST_CASE("a launch updates as the CPU does, bit for bit", "[cuda]") {
  check_rules<float>();
  check_rules<double>();
}

TEST_CASE("copies, sums and scales of a launch agree with the CPU's", "[cuda]") {
  check_others<float>();
  check_others<double>();
}

TEST_CASE("a launch gathers columns of a data set, bit for bit", "[cuda]") {
  check_gather<std::uint8_t, float>();
  check_gather<float, float>();
  check_gather<double, float>();
  check_gather<std::uint8_t, double>();
  check_gather<float, double>();
  check_gather<double, double>();
}

TEST_CASE("each item of a launch is done once, whatever the number of blocks", "[cuda]") {
  test::FakeDevice& device = test::fake_device();
  const Cuda<double> cuda;
  for (const Index blocks : {1, 2, 5, 1000}) {
    device.most_blocks = blocks;
    CudaMatrix<double> x(333, 17);
    cuda.fill(x, 1);
    cuda.update(ScaleBy<double>{2}, View<double, CudaMemory>(x));
    CHECK(cuda.sum(detail::IdentityBody{}, View<const double, CudaMemory>(x)) == 2.0 * 333 * 17);
  }
  device.most_blocks = 3;
}

TEST_CASE("cells are numbered in column-major order in 32 bits and in 64", "[cuda]") {
  const detail::Cells small{5, 3}, large{Index(1) << 20, Index(1) << 13};
  CHECK((small.at(14).row == 4 && small.at(14).column == 2));
  const Index i = (Index(1) << 32) + 7;
  CHECK((large.at(i).row == 7 && large.at(i).column == Index(1) << 12));
}

TEST_CASE("empty matrices launch nothing", "[cuda]") {
  const Cuda<float> cuda;
  CudaMatrix<float> none(0, 3);
  const Index before = test::fake_device().launches;
  cuda.fill(none, 1);
  cuda.upload(View<const float>(nullptr, 0, 3, 0), View<float, CudaMemory>(none));
  CHECK(cuda.sum(detail::IdentityBody{}, View<const float, CudaMemory>(none)) == 0);
  CHECK(test::fake_device().launches == before);
}

TEST_CASE("large uploads reach their place block by block", "[cuda]") {
  const Cuda<float> on;
  test::FakeDevice& device = test::fake_device();
  test::Dice dice(5);
  for (const auto& [rows, cols] : {std::pair<Index, Index>{3000, 900}, {20000, 1}, {1200000, 3}}) {
    Both<float> x(3, rows, 2, cols, dice, 0, 1);
    on.fill(x.device(), 0);
    device.forget();
    on.upload(View<const float>(x.here()), x.device());
    CHECK(device.waits == 0);
    CHECK(device.copies == (rows * 4 > (4 << 20) ? cols : (rows * cols * 4 + (4 << 20) - 1) / (4 << 20)));
    CHECK(x.same_bits());
  }
}
