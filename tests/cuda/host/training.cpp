// Whole models on the CUDA backend, whose device is simulated on the host, compared with Cpu<double>. Sums
// are computed in another order, so weights of size 1 agree to a few thousand roundings after a few updates.
#include <harmonium/cuda.hpp>
#include <harmonium/cuda/code.hpp>
#include <harmonium/harmonium.hpp>

#include "../../support/catch.hpp"
#include "../../support/learned.hpp"
#include "stand_in.hpp"

using namespace harmonium;
using test::apart;
using test::binary;
using Host = Cpu<double>;
using There = Cuda<double>;

namespace {

void close(const History& a, const History& b) {
  REQUIRE(a.epochs.back().metrics.size() == b.epochs.back().metrics.size());
  for (std::size_t i = 0; i < a.epochs.back().metrics.size(); ++i)
    CHECK(a.epochs.back().metrics[i].second == Catch::Approx(b.epochs.back().metrics[i].second).margin(1e-9));
}

}  // namespace

TEST_CASE("an RBM on a device learns what one on the CPU learns", "[cuda]") {
  const Dataset data(binary(13, 50, 1));
  ContrastiveDivergenceOptions<> options{.epochs = 2,
                                         .batch_size = 16,
                                         .steps = 2,
                                         .chains = Persistent{.chains = 10},
                                         .optimizer = Adam{.rate = 0.01},
                                         .weight_decay = 1e-3,
                                         .average_last = 0.5,
                                         .seed = 3};
  options.penalties = {.l1 = 1e-4, .group = 1e-3, .sparsity = 0.01, .max_norm = 2};
  options.max_gradient_norm = 5;
  Rbm<Bernoulli, Gaussian, There> a{{.visible = 13, .hidden = 5, .seed = 2}};
  Rbm<Bernoulli, Gaussian, Host> b{{.visible = 13, .hidden = 5, .seed = 2}};
  REQUIRE(convert<Host>(a) == b);
  const CudaDataset there(data);
  close(ContrastiveDivergence{a, options}.fit(there), ContrastiveDivergence{b, options, Host{}}.fit(data));
  CHECK(apart(a, b) < 1e-11);
  CHECK(a == convert<There>(convert<Host>(a)));

  options.chains = Tempered{.chains = 6, .temperatures = 3};
  options.optimizer = Momentum{.rate = 0.05};
  close(ContrastiveDivergence{a, options}.fit(data), ContrastiveDivergence{b, options, Host{}}.fit(data));
  CHECK(apart(a, b) < 1e-10);
  options.chains = FastWeights{.chains = 6};
  options.optimizer = Nesterov{.rate = 0.05};
  options.statistics = Statistics::samples;
  close(ContrastiveDivergence{a, options}.fit(there), ContrastiveDivergence{b, options, Host{}}.fit(data));
  CHECK(apart(a, b) < 1e-9);
}

TEST_CASE("a classifier on a device learns what one on the CPU learns", "[cuda]") {
  const Eigen::MatrixXd values = binary(12, 50, 1);
  std::vector<int> labels;
  for (int i = 0; i < 50; ++i) labels.push_back(i % 3);
  const Dataset data(values, labels);
  const CudaDataset there(data);
  using Units = Stack<Bernoulli, Categorical, Relu>;
  Network<Units, There> a{{.sizes = {12, GroupedSize{.units = 2, .states = 4}, 5}, .classes = 3, .seed = 1}};
  Network<Units, Host> b{{.sizes = {12, GroupedSize{.units = 2, .states = 4}, 5}, .classes = 3, .seed = 1}};
  const FineTuningOptions<> options{
      .epochs = 3, .batch_size = 20, .dropout = 0.3, .adversarial = 0.1, .seed = 4};
  close(FineTuning{a, options}.fit(there), FineTuning{b, options, Host{}}.fit(data));
  CHECK(apart(a, b) < 1e-10);
  CHECK(evaluate(a, there).log_loss == Catch::Approx(evaluate(b, data).log_loss));
  CHECK(predict(a, there) == predict(b, data));
}

namespace {

// The copies and waits of three epochs minus those of one.
template <class Source, class Train>
std::pair<Index, Index> cost_of_epochs(Index rows, Index samples, Train train) {
  test::FakeDevice& device = test::fake_device();
  const auto cost = [&](int epochs) {
    std::vector<int> labels;
    for (Index i = 0; i < samples; ++i) labels.push_back(static_cast<int>(i % 10));
    const Source data(Dataset(binary(rows, samples, 1), labels));
    test::forget_steps();
    train(data, epochs);
    return std::pair(device.copies, device.waits);
  };
  const auto one = cost(1), three = cost(3);
  return {three.first - one.first, three.second - one.second};
}

template <class Source>
auto pre_training(const ContrastiveDivergenceOptions<>& options) {
  return [options](const Source& data, int epochs) {
    ContrastiveDivergenceOptions<> now = options;
    now.epochs = epochs;
    now.batch_size = 100;
    Rbm<Bernoulli, Bernoulli, Cuda<float>> rbm{{.visible = data.rows(), .hidden = 5}};
    ContrastiveDivergence{rbm, now}.fit(data);
  };
}

}  // namespace

TEST_CASE("a batch of data on the device costs neither a wait nor a copy", "[cuda]") {
  const auto check_free = [](auto train) {
    CHECK(cost_of_epochs<CudaDataset>(12, 1000, train) == cost_of_epochs<CudaDataset>(12, 1900, train));
  };
  check_free(pre_training<CudaDataset>({}));
  check_free(pre_training<CudaDataset>({.chains = Persistent{.chains = 20}, .average_last = 0.5}));
  check_free(pre_training<CudaDataset>({.chains = FastWeights{.chains = 20}, .max_gradient_norm = 0.1}));
  check_free([](const CudaDataset& data, int epochs) {
    Network<Stack<Bernoulli>, Cuda<float>> network{{.sizes = {12, 5}, .classes = 10}};
    FineTuning{network, {.epochs = epochs, .batch_size = 100, .max_norm = 1, .max_gradient_norm = 0.1}}.fit(
        data);
  });
}

TEST_CASE("a batch of data on the host costs a copy but no wait", "[cuda]") {
  const auto train = pre_training<Dataset>({});
  const auto ten = cost_of_epochs<Dataset>(200, 1000, train),
             twelve = cost_of_epochs<Dataset>(200, 1200, train);
  CHECK(twelve.first - ten.first == 2 * 2);
  CHECK(twelve.second == ten.second);
}

TEST_CASE("models and data sets on a device are values and release their memory", "[cuda]") {
  test::FakeDevice& device = test::fake_device();
  { const Cuda<float> made_ready; }
  const Index before = device.live;
  {
    Rbm<Bernoulli, Bernoulli, Cuda<float>> a{{.visible = 7, .hidden = 5, .seed = 1}};
    auto b = a;
    CHECK(a == b);
    set_zero(Cuda<float>(), b);
    CHECK(!(a == b));
    b = a;
    CHECK(a == b);
    const auto c = std::move(b);
    CHECK(a == c);
    b = c;
    CHECK(a == b);
    const CudaDataset data(bars_and_stripes(2)), copy = data;
    CHECK(copy.rows() == 4);
  }
  CHECK(device.live == before);
}
