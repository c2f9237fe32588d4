// Layers, models and training in memory that the host cannot access.
#include "support/device.hpp"

#include <harmonium/harmonium.hpp>

#include "support/catch.hpp"
#include "support/learned.hpp"

using namespace harmonium;
using test::binary;
using test::Device;
using test::DeviceMatrix;
using Host = Cpu<double>;

namespace {

DeviceMatrix<double> on_device(const Eigen::MatrixXd& x) {
  DeviceMatrix<double> there(x.rows(), x.cols());
  Device{}.upload(View<const double>(x), there);
  return there;
}

Eigen::MatrixXd on_host(const DeviceMatrix<double>& x) {
  Eigen::MatrixXd here(x.rows(), x.cols());
  Device{}.download(x, View<double>(here));
  return here;
}

// Samples on the device with labels.
struct SourceWithLabels {
  View<const double, test::DeviceMemory> values;
  std::vector<int> classes;
  Index rows() const { return values.rows; }
  Index size() const { return values.cols; }
  void fill(const Device& on, std::span<const Index> columns, View<double, test::DeviceMemory> out) const {
    on.gather(values, columns, 1, out);
  }
  std::span<const int> labels() const { return classes; }
};

}  // namespace

TEST_CASE("an RBM in memory out of reach learns what one on the host learns", "[backend][cd]") {
  const Eigen::MatrixXd data = binary(12, 50, 1);
  const auto there = on_device(data);
  const ContrastiveDivergenceOptions<> options{.epochs = 3,
                                               .batch_size = 16,
                                               .steps = 2,
                                               .chains = Persistent{.chains = 10},
                                               .optimizer = Adam{.rate = 0.01},
                                               .weight_decay = 1e-3,
                                               .seed = 3};
  Rbm<Bernoulli, Gaussian, Device> a{{.visible = 12, .hidden = 5, .seed = 2}};
  Rbm<Bernoulli, Gaussian, Host> b{{.visible = 12, .hidden = 5, .seed = 2}};
  CHECK(convert<Host>(a) == b);
  const History of_a = ContrastiveDivergence{a, options}.fit(there, EarlyStopping{});
  const History of_b = ContrastiveDivergence{b, options, Host{}}.fit(data, EarlyStopping{});
  CHECK(convert<Host>(a) == b);
  CHECK(of_a.epochs.back().metrics == of_b.epochs.back().metrics);
  CHECK(convert<Device>(b) == a);

  CHECK(on_host(free_energy(a, there)) == free_energy(b, data));
  CHECK(on_host(mean_hidden(a, there)) == mean_hidden(b, data));
  CHECK(on_host(reconstruct(a, there, {.passes = 2})) == reconstruct(b, data, {.passes = 2}));
  CHECK(on_host(generate(a, {.samples = 4, .steps = 3})) == generate(b, {.samples = 4, .steps = 3}));
  CHECK(exact_log_likelihood(a, there) == exact_log_likelihood(b, data));
}

TEST_CASE("a DBN in memory out of reach is pre-trained and fine-tuned as one on the host",
          "[backend][fine_tuning]") {
  const Eigen::MatrixXd data = binary(12, 50, 1);
  const auto there = on_device(data);
  const Dataset set(data);
  const PreTrainingOptions<> options{
      .layers = {{.epochs = 2, .batch_size = 20, .optimizer = Momentum{.rate = 0.05}}}, .samples = true};
  using Units = Stack<Bernoulli, Categorical, Gaussian>;
  const std::vector<StackSize> sizes{12, GroupedSize{.units = 2, .states = 4}, 5};
  Dbn<Units, Device> a{sizes, 1};
  Dbn<Units, Host> b{sizes, 1};
  pre_train(a, MatrixSource<double, test::DeviceMemory>{there}, options);
  pre_train(b, set, options);
  CHECK(convert<Host>(a) == b);
  CHECK(on_host(encode(a, there)) == encode(b, data));
  CHECK(on_host(decode(a, encode(a, there), {.passes = 2})) == decode(b, encode(b, data), {.passes = 2}));
  CHECK(on_host(generate(a, {.samples = 4, .steps = 3})) == generate(b, {.samples = 4, .steps = 3}));

  std::vector<int> labels;
  for (int i = 0; i < 50; ++i) labels.push_back(i % 3);
  Network<Units, Device> network_a = classifier(a, 3, 7);
  Network<Units, Host> network_b = classifier(b, 3, 7);
  const SourceWithLabels source_a{there, labels};
  const Dataset source_b(data, labels);
  const FineTuningOptions<> tuning{.epochs = 2, .batch_size = 20, .seed = 4};
  FineTuning{network_a, tuning}.fit(source_a);
  FineTuning{network_b, tuning, Host{}}.fit(source_b);
  CHECK(convert<Host>(network_a) == network_b);
  CHECK(predict_proba(network_a, source_a) == predict_proba(network_b, source_b));
  CHECK(predict(network_a, there) == predict(network_b, data));
  CHECK(evaluate(network_a, source_a).log_loss == evaluate(network_b, source_b).log_loss);
}

TEST_CASE("a table in memory out of reach behaves as one on the host", "[backend][mixed]") {
  using Row = Mixed<Bernoulli, Categorical, Gaussian>;
  Rbm<Row, Bernoulli, Host> b{{.visible = {3, {2, 3}, 2}, .hidden = 4, .weight_scale = 0.5}};
  const Eigen::MatrixXd means = Eigen::MatrixXd::Constant(11, 1, 1.0 / 3), variances = means * 0.5;
  fit(b.visible, View<const double>(means), View<const double>(variances), 20);
  auto a = convert<Device>(b);
  fit(a.visible, View<const double>(means), View<const double>(variances), 20);
  CHECK(convert<Host>(a) == b);
  const Eigen::MatrixXd v = binary(11, 7, 1);
  const auto there = on_device(v);
  CHECK(on_host(free_energy(a, there)) == free_energy(b, v));
  CHECK(on_host(reconstruct(a, there, {.passes = 2})) == reconstruct(b, v, {.passes = 2}));
  CHECK(on_host(generate(a, {.samples = 4, .steps = 3})) == generate(b, {.samples = 4, .steps = 3}));

  const auto statistics = [](const auto& on, const auto& rbm, const auto& weights, auto& state) {
    auto gradient = zeros_like(rbm);
    auto work = make_workspace(rbm, 4);
    start(on, rbm, state.columns(0, 4), {.seed = 2});
    set_statistics(on, rbm, state.columns(0, 4), weights, 0, gradient, work);
    return gradient;
  };
  const Eigen::MatrixXd weights{{0.5, -1, 2, 0.25}};
  const auto weights_there = on_device(weights);
  auto state_a = make_state(a, 4);
  auto state_b = make_state(b, 4);
  CHECK(convert<Host>(statistics(Device{}, a, ConstViewOf<Device>(weights_there), state_a)) ==
        statistics(Host{}, b, View<const double>(weights), state_b));
}

TEST_CASE("an autoencoder in memory out of reach learns what one on the host learns",
          "[backend][fine_tuning][autoencoder]") {
  const Eigen::MatrixXd data = binary(12, 50, 1);
  const auto there = on_device(data);
  using Units = Stack<Bernoulli, Relu, Gaussian>;
  using Learned = Stack<Bernoulli, Categorical, Gaussian>;
  Dbn<Learned, Host> dbn{{12, GroupedSize{.units = 2, .states = 4}, 5}, 1};
  const auto dbn_there = convert<Device>(dbn);
  CHECK(convert<Host>(autoencoder(dbn_there)) == autoencoder(dbn));
  const FineTuningOptions<> options{.epochs = 2,
                                    .batch_size = 20,
                                    .max_norm = 1,
                                    .max_gradient_norm = 0.5,
                                    .input_dropout = 0.2,
                                    .dropout = 0.3,
                                    .adversarial = 0.1,
                                    .loss = Loss::squared_error,
                                    .average_last = 0.4,
                                    .seed = 4};
  Autoencoder<Units, Device> a{{.sizes = {12, 7, 3}, .seed = 1}};
  Autoencoder<Units, Host> b{{.sizes = {12, 7, 3}, .seed = 1}};
  CHECK(convert<Host>(a) == b);
  FineTuning{a, options}.fit(there);
  FineTuning{b, options, Host{}}.fit(data);
  CHECK(convert<Host>(a) == b);
  CHECK(on_host(encode(a, there)) == encode(b, data));
  CHECK(on_host(decode(a, encode(a, there))) == decode(b, encode(b, data)));
  CHECK(on_host(reconstruct(a, there)) == reconstruct(b, data));
  CHECK(outputs(a, there) == outputs(b, data));
  const MatrixSource<double, test::DeviceMemory> source{there};
  CHECK(evaluate(a, source).loss == evaluate(b, Dataset(data)).loss);
  CHECK(evaluate(a, source).squared_error == evaluate(b, Dataset(data)).squared_error);
}

TEST_CASE("regression in memory out of reach learns what one on the host learns", "[backend][fine_tuning]") {
  const Eigen::MatrixXd data = binary(12, 50, 1), targets = data.topRows(3) * 2;
  const Dataset set = Dataset(data).with_targets(targets);
  Network<Stack<Bernoulli, Relu>, Device, Gaussian> a{{.sizes = {12, 7}, .outputs = 3, .seed = 1}};
  Network<Stack<Bernoulli, Relu>, Host, Gaussian> b{{.sizes = {12, 7}, .outputs = 3, .seed = 1}};
  FineTuning tuning_a{a, {.epochs = 2, .batch_size = 50, .dropout = 0.3}};
  FineTuning tuning_b{b, {.epochs = 2, .batch_size = 50, .dropout = 0.3}, Host{}};
  tuning_a.fit(set);
  tuning_b.fit(set);
  CHECK(convert<Host>(a) == b);
  const auto values = on_device(data), aims = on_device(targets);
  tuning_a.step({.values = values, .targets = aims});
  tuning_b.step({.values = data, .targets = targets});
  CHECK(convert<Host>(a) == b);
  HeldOut held_a{a, set};
  HeldOut held_b{b, set, Host{}};
  EpochReport report_a, report_b;
  held_a(report_a);
  held_b(report_b);
  CHECK(report_a.metrics == report_b.metrics);
}

TEST_CASE("data on the host train a model in memory out of reach", "[backend][cd]") {
  const Dataset data = bars_and_stripes(2);
  Rbm<Bernoulli, Bernoulli, Device> a{{.visible = 4, .hidden = 3}};
  Rbm<Bernoulli, Bernoulli, Host> b{{.visible = 4, .hidden = 3}};
  ContrastiveDivergence{a, {.epochs = 3, .batch_size = 3}}.fit(data);
  ContrastiveDivergence{b, {.epochs = 3, .batch_size = 3}}.fit(data);
  CHECK(convert<Host>(a) == b);
}
