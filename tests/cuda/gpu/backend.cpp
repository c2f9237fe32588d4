// The backend and training on a real device, compared with the CPU. Without a device, each test reports that
// it is skipped.
#include <cstdio>
#include <harmonium/cuda.hpp>
#include <harmonium/harmonium.hpp>

#include "../../support/catch.hpp"
#include "../../support/dice.hpp"
#include "../../support/learned.hpp"

using namespace harmonium;

namespace {

bool no_device() {
  static const bool none = [] {
    if (cuda_device_count() > 0) {
      std::printf("on %s\n", cuda_device_name().c_str());
      return false;
    }
    std::printf("SKIPPED: there is no CUDA device\n");
    return true;
  }();
  return none;
}

template <class T>
HostMatrix<T> random_matrix(Index rows, Index cols, double low, double high, std::uint64_t seed) {
  test::Dice dice(seed);
  HostMatrix<T> x(rows, cols);
  for (Index c = 0; c < cols; ++c)
    for (Index r = 0; r < rows; ++r) x(r, c) = static_cast<T>(low + (high - low) * dice.uniform());
  return x;
}
template <class T>
CudaMatrix<T> on_device(const HostMatrix<T>& x) {
  CudaMatrix<T> there(x.rows(), x.cols());
  Cuda<T>().upload(View<const T>(x), View<T, CudaMemory>(there));
  return there;
}
template <class T>
HostMatrix<T> on_host(const CudaMatrix<T>& x) {
  HostMatrix<T> here(x.rows(), x.cols());
  Cuda<T>().download(View<const T, CudaMemory>(x), View<T>(here));
  return here;
}
template <class T>
double apart(const HostMatrix<T>& a, const HostMatrix<T>& b) {
  return static_cast<double>((a - b).cwiseAbs().maxCoeff());
}

// Means and draws of a layer at random inputs.
template <class U, class T>
void check_layer(LayerSize<U> size) {
  Layer<U, Cpu<T>> here(size);
  here.parameters = random_matrix<T>(here.rows(), here.parameters.cols(), -1, 1, 1);
  Layer<U, Cuda<T>> there(size);
  there.parameters = on_device<T>(here.parameters);
  const Cpu<T> cpu;
  const Cuda<T> cuda;
  for (const Index n : {Index(1), Index(101)}) {
    const HostMatrix<T> input = random_matrix<T>(here.rows(), n, -6, 6, 2);
    const auto there_input = on_device<T>(input);
    HostMatrix<T> x(here.rows(), n);
    CudaMatrix<T> y(here.rows(), n);
    INFO(U::name << ", " << here.rows() << " x " << n);
    // The formulas are the same. In float they use no library functions, so the bits are the same unless the
    // CPU's compiler contracts operations; in double precision, exp and log come from different libraries and
    // agree within a few roundings.
    const double close = std::is_same_v<T, float> ? 4e-6 : 1e-12;
    mean(cpu, here, View<const T>(input), View<T>(x));
    mean(cuda, there, View<const T, CudaMemory>(there_input), View<T, CudaMemory>(y));
    CHECK(apart<T>(x, on_host(y)) < close * 100);
    if constexpr (!is_activation<U>) {
      sample(cpu, here, View<const T>(input), View<T>(x), {.seed = 3}, 5);
      sample(cuda, there, View<const T, CudaMemory>(there_input), View<T, CudaMemory>(y), {.seed = 3}, 5);
      const HostMatrix<T> drawn = on_host(y);
      Index different = 0;
      for (Index i = 0; i < x.size(); ++i)
        different += std::abs(static_cast<double>(x.data()[i] - drawn.data()[i])) > close * 1000;
      CHECK(static_cast<double>(different) <= 1e-3 * static_cast<double>(x.size()) + 1);
      HostMatrix<T> sums = HostMatrix<T>::Zero(1, n);
      auto there_sums = on_device<T>(sums);
      add_log_partition(cpu, here, View<const T>(input), T(1), View<T>(sums));
      add_log_partition(cuda, there, View<const T, CudaMemory>(there_input), T(1),
                        View<T, CudaMemory>(there_sums));
      CHECK(apart<T>(sums, on_host(there_sums)) < close * static_cast<double>(here.rows()) * 100);
    }
  }
}

template <class T>
void check_layers() {
  for (const Index n : {Index(1), Index(7), Index(784), Index(2500)}) {
    check_layer<Bernoulli, T>(n);
    check_layer<Spin, T>(n);
    check_layer<Drelu, T>(n);
    check_layer<Gaussian, T>(n);
    check_layer<Rectified, T>(n);
    check_layer<Poisson, T>(n);
    check_layer<Relu, T>(n);
  }
  check_layer<Categorical, T>({.units = 1, .states = 10});
  check_layer<Categorical, T>({.units = 30, .states = 7});
  check_layer<Categorical, T>({.units = 2, .states = 1000});
}

}  // namespace

TEST_CASE("layers on a device have the CPU's means, draws and sums", "[gpu]") {
  if (no_device()) return;
  check_layers<float>();
  check_layers<double>();
}

TEST_CASE("products on a device agree with the CPU's", "[gpu]") {
  if (no_device()) return;
  const auto check_products = [](auto on, double close) {
    using T = typename decltype(on)::Scalar;
    for (const auto& [m, n, k] : {std::tuple<Index, Index, Index>{784, 500, 100}, {5, 1, 7}, {1, 33, 2}}) {
      const HostMatrix<T> a = random_matrix<T>(m, k, -1, 1, 1), b = random_matrix<T>(k, n, 0, 1, 2);
      const HostMatrix<T> at = a.transpose(), bt = b.transpose(), c = a * b;
      CudaMatrix<T> out(m, n);
      on.multiply(Op::plain, Op::plain, T(1), on_device<T>(a), on_device<T>(b), T(0), out);
      CHECK(apart<T>(on_host(out), c) < close);
      on.multiply(Op::transposed, Op::plain, T(1), on_device<T>(at), on_device<T>(b), T(0), out);
      CHECK(apart<T>(on_host(out), c) < close);
      on.multiply(Op::plain, Op::transposed, T(1), on_device<T>(a), on_device<T>(bt), T(1), out);
      CHECK(apart<T>(on_host(out), 2 * c) < 2 * close);
    }
  };
  check_products(Cuda<double>(), 1e-12);
  check_products(Cuda<float>(), 2e-5);
  check_products(Cuda<float>({.products = CudaProducts::tf32}), 100 * 0x1p-10);
  check_products(Cuda<float>({.products = CudaProducts::bf16}), 100 * 0x1p-7);
}

TEST_CASE("in double precision a device trains to the CPU's weights for 100 steps", "[gpu]") {
  if (no_device()) return;
  const Dataset data(test::binary(60, 500, 9));
  const CudaDataset there(data);
  const ContrastiveDivergenceOptions<> options{.epochs = 20,
                                               .batch_size = 100,
                                               .chains = Persistent{.chains = 40},
                                               .optimizer = Momentum{.rate = 0.05},
                                               .seed = 3};
  Rbm<Bernoulli, Bernoulli, Cuda<double>> a{{.visible = 60, .hidden = 40, .seed = 2}};
  Rbm<Bernoulli, Bernoulli, Cpu<double>> b{{.visible = 60, .hidden = 40, .seed = 2}};
  ContrastiveDivergence{a, options}.fit(there);
  ContrastiveDivergence{b, options}.fit(data);
  CHECK(test::apart(a, b) < 1e-9);

  auto network = classifier(a, 10, 1);
  auto on_cpu = convert<Cpu<double>>(network);
  std::vector<int> labels;
  for (int i = 0; i < 500; ++i) labels.push_back(i % 10);
  const Dataset labelled(test::binary(60, 500, 9), labels);
  FineTuning{network, {.epochs = 20, .batch_size = 100, .dropout = 0.2}}.fit(CudaDataset(labelled));
  FineTuning{on_cpu, {.epochs = 20, .batch_size = 100, .dropout = 0.2}}.fit(labelled);
  CHECK(test::apart(network, on_cpu) < 1e-8);
}

TEST_CASE("in single precision each step on a device agrees with the CPU's from the same state", "[gpu]") {
  if (no_device()) return;
  const HostMatrix<float> data = test::binary(60, 100, 9).cast<float>();
  const auto there = on_device<float>(data);
  Rbm<Bernoulli, Bernoulli, Cpu<float>> b{{.visible = 60, .hidden = 40, .seed = 2}};
  for (std::uint64_t step = 0; step < 100; ++step) {
    auto a = convert<Cuda<float>>(b);
    const ContrastiveDivergenceOptions<> options{.batch_size = 100,
                                                 .steps = 1,
                                                 .chains = DataChains{},
                                                 .optimizer = Momentum{.rate = 0.05},
                                                 .seed = step};
    ContrastiveDivergence on_there{a, options};
    ContrastiveDivergence on_here{b, options};
    on_there.step({.values = there});
    on_here.step({.values = data});
    // A draw may differ where u and p are within a rounding of each other: one sample then moves a weight by
    // rate / 100.
    CHECK(test::apart(a, b) < 2 * 0.05 / 100);
  }
}

TEST_CASE("a device gives the same bytes again", "[gpu]") {
  if (no_device()) return;
  const CudaDataset data{Dataset(test::binary(60, 500, 9))};
  const auto train = [&] {
    Rbm<Bernoulli, Bernoulli, Cuda<float>> rbm{{.visible = 60, .hidden = 40, .seed = 2}};
    ContrastiveDivergence{rbm, {.epochs = 3, .batch_size = 100}}.fit(data);
    return rbm;
  };
  CHECK(train() == train());
}

TEST_CASE("a step that is submitted as a graph does what its pieces do", "[gpu]") {
  if (no_device()) return;
  const Dataset on_host(test::binary(60, 450, 9));  // the last batch of an epoch is smaller
  const CudaDataset data(on_host);
  ContrastiveDivergenceOptions<> options{
      .batch_size = 100, .steps = 1, .chains = DataChains{}, .optimizer = Momentum{.rate = 0.05}};
  const auto check_same = [&] {
    Rbm<Bernoulli, Bernoulli, Cuda<float>> a{{.visible = 60, .hidden = 40, .seed = 2}}, b = a, c = a;
    ContrastiveDivergence by_graphs{a, options}, from_host{b, options}, by_pieces{c, options};
    const Cuda<float> on;
    CudaMatrix<float> batch(60, 100);
    for (int epoch = 1; epoch <= 4; ++epoch) {
      by_graphs.epoch(data, epoch);
      from_host.epoch(on_host, epoch);
      for_each_batch(450, 100, options.seed, epoch, [&](std::span<const Index> columns) {
        const auto x = View<float, CudaMemory>(batch).columns(0, static_cast<Index>(columns.size()));
        data.fill(on, columns, x);
        by_pieces.step({.values = x});
      });
    }
    CHECK(a == c);
    CHECK(b == c);
  };
  check_same();
  options.chains = Persistent{.chains = 40};
  options.max_gradient_norm = 0.1;
  options.steps = 3;
  check_same();
}
