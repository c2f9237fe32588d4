// Steps as CUDA graphs: a graph does what its pieces would have done one by one.
#include <cuda_runtime_api.h>

#include <cstring>
#include <harmonium/backend/cuda/graphs.cuh>
#include <harmonium/cuda.hpp>
#include <harmonium/cuda/code.hpp>
#include <harmonium/harmonium.hpp>
#include <stdexcept>

#include "../../support/catch.hpp"
#include "../../support/learned.hpp"
#include "stand_in.hpp"

using namespace harmonium;

namespace {

using There = Cuda<float>;

void fresh(bool graphs) {
  test::forget_steps();
  test::fake_device().graphs = graphs;
}

// `train` gives the same model with and without graphs, and with them batches run as graphs.
template <class Train>
void check_same(Index graphs_at_least, Train train) {
  fresh(false);
  const auto without = train();
  CHECK(test::fake_device().graph_launches == 0);
  fresh(true);
  const auto with = train();
  CHECK(with == without);
  CHECK(test::fake_device().graph_launches >= graphs_at_least);
}

View<float, CudaMemory> view(CudaMatrix<float>& x) { return x; }
double total(const CudaMatrix<float>& x) {
  return There().sum(detail::IdentityBody{}, View<const float, CudaMemory>(x));
}

// A step of four pieces: x += value, twice; y = x; x *= factor
void small_step(CudaMatrix<float>& x, CudaMatrix<float>& y, float value, float factor) {
  const There on;
  on.fill(y, value);
  on.update(Add{}, view(x), View<const float, CudaMemory>(y));
  on.update(Add{}, view(x), View<const float, CudaMemory>(y));
  on.copy(x, y);
  on.update(ScaleBy<float>{factor}, view(x));
}

}  // namespace

TEST_CASE("training by graphs is training, bit for bit", "[cuda]") {
  std::vector<int> labels;
  for (int i = 0; i < 55; ++i) labels.push_back(i % 3);
  const Dataset data(test::binary(13, 55, 1), labels);  // five batches of ten and a smaller one
  const CudaDataset there(data);
  const auto pre_training = [&](const ContrastiveDivergenceOptions<>& options, const auto& source) {
    return [&options, &source] {
      Rbm<Bernoulli, Gaussian, There> rbm{{.visible = 13, .hidden = 5, .seed = 2}};
      ContrastiveDivergence{rbm, options}.fit(source);
      return rbm;
    };
  };
  ContrastiveDivergenceOptions<> options{.epochs = 4,
                                         .batch_size = 10,
                                         .steps = 1,
                                         .chains = DataChains{},
                                         .optimizer = Momentum{.rate = linear(0.05, 0.01)},
                                         .max_gradient_norm = 0,
                                         .average_last = 0,
                                         .seed = 3};
  // The first batch also starts the chains and the means; the second is the first of the repeated ones.
  check_same(4 * 6 - 4, pre_training(options, there));
  check_same(4 * 6 - 4, pre_training(options, data));
  options.chains = Persistent{.chains = 7};
  options.optimizer = Adam{.rate = 0.01};
  options.average_last = 0.5;
  check_same(10, pre_training(options, there));
  options.chains = Tempered{.chains = 6, .temperatures = 3};
  check_same(10, pre_training(options, there));
  options.chains = FastWeights{.chains = 6};
  options.max_gradient_norm = 0.1;
  check_same(10, pre_training(options, there));
  check_same(4 * 6 - 4, [&] {
    Network<Stack<Bernoulli, Relu>, There> network{{.sizes = {13, 8, 5}, .classes = 3, .seed = 1}};
    FineTuning{network, {.epochs = 4, .batch_size = 10, .dropout = 0.3, .seed = 4}}.fit(there);
    return network;
  });
}

TEST_CASE("once it is known, a batch is one launch of a graph", "[cuda]") {
  test::FakeDevice& device = test::fake_device();
  const CudaDataset data(Dataset(test::binary(13, 55, 1)));
  Rbm<Bernoulli, Bernoulli, There> rbm{{.visible = 13, .hidden = 5}};
  ContrastiveDivergence trainer{rbm,
                                {.epochs = 4,
                                 .batch_size = 10,
                                 .steps = 1,
                                 .chains = DataChains{},
                                 .max_gradient_norm = 0,
                                 .average_last = 0}};
  fresh(true);
  Index last = 0, graphs = 0;
  trainer.fit(data, [&](const EpochReport& report) {
    if (report.epoch == 3) graphs = device.graph_launches;
    if (report.epoch == 4) last = device.graph_launches - graphs;
  });
  CHECK(last == 6);
  // Only arguments that change are updated: fewer arguments than pieces.
  CHECK(device.arguments_set < device.graph_launches * 8);
}

TEST_CASE("a step runs its pieces in order, with their original arguments", "[cuda]") {
  const There on;
  CudaMatrix<float> x(5, 3), y(5, 3);
  on.fill(x, 0);
  fresh(true);
  float by_hand = 0;
  for (int i = 1; i <= 6; ++i) {
    const float value = static_cast<float>(i), factor = i % 2 == 0 ? 0.5f : 2.0f;
    on.as_one([&] { small_step(x, y, value, factor); });
    by_hand += value;
    by_hand += value;
    CHECK(total(y) == 15 * static_cast<double>(by_hand));
    by_hand *= factor;
    CHECK(total(x) == 15 * static_cast<double>(by_hand));
  }
  CHECK(test::fake_device().graphs_made == 1);
  CHECK(test::fake_device().graph_launches == 5);
  CHECK(test::fake_device().arguments_set > 0);
}

TEST_CASE("nothing of a step runs before its end, unless something waits", "[cuda]") {
  const There on;
  CudaMatrix<float> x(5, 3), y(5, 3);
  on.fill(x, 0);
  fresh(true);
  test::FakeDevice& device = test::fake_device();
  for (int i = 0; i < 3; ++i)
    on.as_one([&] {
      const Index before = device.launches + device.graph_launches;
      on.as_one([&] { small_step(x, y, 1, 1); });  // a part of the outer one
      CHECK(device.launches + device.graph_launches == before);
      CHECK(total(x) == 15.0 * 2 * (2 * i + 1));
      small_step(x, y, 1, 1);
      Eigen::MatrixXf here(5, 3);
      on.download(x, View<float>(here));
      CHECK(here.sum() == 15 * 2 * (2 * static_cast<float>(i) + 2));
      on.fill(y, 0);
    });
  CHECK(total(x) == 15.0 * 2 * 6);
}

TEST_CASE("memory that a step has used is released after it", "[cuda]") {
  const There on;
  CudaMatrix<float> x(5, 3);
  for (int i = 0; i < 3; ++i)
    on.as_one([&] {
      CudaMatrix<float> short_lived(5, 3);
      small_step(short_lived, x, 0, 0);
      on.fill(short_lived, 3);
      on.copy(short_lived, x);
    });
  CHECK(total(x) == 45);
}

TEST_CASE("work that was submitted before an exception is done", "[cuda]") {
  const There on;
  CudaMatrix<float> x(5, 3);
  on.fill(x, 0);
  const auto step = [&] {
    on.as_one([&] {
      on.fill(x, 7);
      throw std::logic_error("on the way");
    });
  };
  CHECK_THROWS_AS(step(), std::logic_error);
  CHECK(total(x) == 15 * 7);
  on.fill(x, 1);  // no step is open any more
  CHECK(total(x) == 15);
}

TEST_CASE("if the driver cannot make a graph, steps run piece by piece", "[cuda]") {
  test::FakeDevice& device = test::fake_device();
  const There on;
  for (const char* call : {"cudaGraphCreate", "cudaGraphAddKernelNode", "cudaStreamBeginCapture",
                           "cudaGraphInstantiate", "cudaGraphExecKernelNodeSetParams", "cudaMemcpyAsync"}) {
    INFO(call);
    CudaMatrix<float> x(5, 3), y(5, 3);
    on.fill(x, 0);
    fresh(true);
    for (int i = 0; i < 4; ++i) {
      if (i == 1) {
        device.failing = call;
        device.fails = cudaErrorNotSupported;
      }
      on.as_one([&] { small_step(x, y, static_cast<float>(i), 1); });
    }
    CHECK(device.failing.empty());
    CHECK(device.graph_launches == 0);
    CHECK(total(x) == 15.0 * 2 * (1 + 2 + 3));
  }
  CudaMatrix<float> x(5, 3), y(5, 3);
  fresh(true);
  const auto step = [&] { on.as_one([&] { small_step(x, y, 1, 1); }); };
  step();
  device.failing = "cudaGraphLaunch";
  device.fails = cudaErrorLaunchFailure;
  CHECK_THROWS_AS(step(), CudaKernelError);
  CHECK_NOTHROW(step());
}

TEST_CASE("steps that no longer occur are forgotten", "[cuda]") {
  test::FakeDevice& device = test::fake_device();
  const There on;
  std::vector<CudaMatrix<float>> x(20), y(20);
  for (std::size_t i = 0; i < x.size(); ++i) {
    x[i] = y[i] = CudaMatrix<float>(5, 3);
    on.fill(x[i], 0);
  }
  fresh(true);
  const Index before = device.graphs_live;
  for (int round = 0; round < 3; ++round)
    for (std::size_t i = 0; i < x.size(); ++i)
      for (int twice = 0; twice < 2; ++twice)
        on.as_one([&] { small_step(x[i], y[i], static_cast<float>(i), 1); });
  CHECK(device.graphs_live - before == 2 * static_cast<Index>(detail::CudaGraphs::most));
  for (std::size_t i = 0; i < x.size(); ++i) CHECK(total(x[i]) == 15.0 * 2 * 6 * static_cast<double>(i));
  fresh(true);
  CHECK(device.graphs_live == before);
}
