// Training gives the same bytes for any number of threads, and again on the next run. In single precision,
// with sizes at which the work is cut into many pieces.
#include <cstring>
#include <harmonium/data/dataset.hpp>
#include <harmonium/data/missing.hpp>
#include <harmonium/models/autoencoder.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/pre_training.hpp>
#include <harmonium/units/relu.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace test::training_threads {

namespace {

// All parameters as bytes: 0 and -0 are equal as numbers.
template <class Model>
std::vector<unsigned char> bytes_of(const Model& model) {
  std::vector<unsigned char> bytes;
  for_each_parameter(
      [&](const ParameterName&, Role, auto x) {
        for (Index c = 0; c < x.cols; ++c) {
          const auto* first = reinterpret_cast<const unsigned char*>(x.column(c));
          bytes.insert(bytes.end(), first, first + sizeof(float) * static_cast<std::size_t>(x.rows));
        }
      },
      model);
  return bytes;
}

// Trains a fresh model with 1, 2, 3 and 8 threads, and once more with 1: are all the same? In mixed
// precision, where the processor has it, as well.
template <class Train>
void check_same(Train train) {
  for (const Precision precision : {Precision::full, Precision::mixed}) {
    if (Cpu<float>(1, precision).precision() != precision) continue;
    const auto expected = bytes_of(train(Cpu<float>(1, precision)));
    for (const int threads : {1, 2, 3, 8}) {
      INFO(threads << " threads" << (precision == Precision::mixed ? ", mixed precision" : ""));
      const bool same = bytes_of(train(Cpu<float>(threads, precision))) == expected;  // no byte is printed
      CHECK(same);
    }
  }
}

Dataset grey(Index rows, Index count) {
  Dice dice(1);
  Dataset::Bytes bytes(rows, count);
  std::vector<int> labels;
  for (Index c = 0; c < count; ++c) {
    labels.push_back(static_cast<int>(dice.below(10)));
    for (Index r = 0; r < rows; ++r) bytes(r, c) = static_cast<std::uint8_t>(dice.below(256));
  }
  return Dataset(std::move(bytes), std::move(labels));
}

const Dataset& data() {
  static const Dataset set = grey(300, 330);
  return set;
}

// Samples of weights 0, 1 and 2.
Dataset weighted(const Dataset& samples) {
  std::vector<double> weights;
  for (Index i = 0; i < samples.size(); ++i) weights.push_back(static_cast<double>(i % 3));
  return samples.with_weights(weights);
}

// All options that can be combined, with chains and an optimizer.
ContrastiveDivergenceOptions<> everything(const AnyChains& chains, const AnyOptimizer& optimizer,
                                          const Penalties& penalties = {}) {
  return {.epochs = 2,
          .batch_size = 100,
          .steps = 2,
          .chains = chains,
          .optimizer = optimizer,
          .weight_decay = 1e-3,
          .penalties = penalties,
          .max_gradient_norm = 3,
          .average_last = 0.5,
          .zero_sum = true,
          .seed = 2};
}

template <class Model, class Source>
void check_contrastive_divergence(const typename Model::Options& size,
                                  const ContrastiveDivergenceOptions<>& options, const Source& source) {
  check_same([&](const Cpu<float>& on) {
    Model model(size);
    ContrastiveDivergence{model, options, on}.fit(source);
    return model;
  });
}

}  // namespace

TEST_CASE("contrastive divergence has the same bytes for any number of threads", "[cd][threads][slow]") {
  using R = Rbm<Bernoulli, Bernoulli>;
  const R::Options size{.visible = 300, .hidden = 260, .seed = 1};
  const Dataset samples = weighted(data());
  auto options = everything(DataChains{}, Momentum{.rate = 0.05});
  check_contrastive_divergence<R>(size, options, samples);
  options.centered = false;
  check_contrastive_divergence<R>(size, options, samples);
  const Penalties penalties{.l1 = 1e-4, .group = 1e-3, .sparsity = 0.1, .max_norm = 2};
  check_contrastive_divergence<R>(size, everything(Persistent{.chains = 130}, Adam{.rate = 0.01}, penalties),
                                  samples);
  options = everything(FastWeights{.chains = 130}, Nesterov{.rate = 0.05});
  options.statistics = Statistics::samples;
  check_contrastive_divergence<R>(size, options, samples);
  check_contrastive_divergence<R>(
      size, everything(Tempered{.chains = 70, .temperatures = 3}, Sgd{.rate = 0.05}), samples);
  check_contrastive_divergence<R>({.visible = 11, .hidden = 260, .seed = 1},
                                  everything(Exact{}, Momentum{.rate = 0.05}), weighted(grey(11, 330)));
}

TEST_CASE("training with missing entries has the same bytes for any number of threads",
          "[cd][missing][threads][slow]") {
  Eigen::MatrixXf values = data().to_matrix<float>();
  for (Index i = 0; i < values.size(); i += 7) values.data()[i] = NAN;
  check_contrastive_divergence<Rbm<Bernoulli, Bernoulli>>(
      {.visible = 300, .hidden = 260, .seed = 1},
      everything(Persistent{.chains = 130}, Momentum{.rate = 0.05}), MissingData(values));
}

TEST_CASE("contrastive divergence of other units has the same bytes for any number of threads",
          "[cd][threads][slow]") {
  const auto options = everything(Persistent{.chains = 130}, Momentum{.rate = 0.01});
  check_contrastive_divergence<Rbm<Gaussian, Categorical>>(
      {.visible = 300, .hidden = {.units = 26, .states = 10}, .seed = 1}, options, weighted(data()));
  // Draws by rejection
  check_contrastive_divergence<Rbm<Poisson, Rectified>>({.visible = 300, .hidden = 260, .seed = 1}, options,
                                                        weighted(data()));
}

TEST_CASE("a Boltzmann machine's training has the same bytes for any number of threads",
          "[boltzmann][threads][slow]") {
  check_contrastive_divergence<BoltzmannMachine<Bernoulli>>(
      {.visible = 300}, everything(Tempered{.chains = 70, .temperatures = 3}, Sgd{.rate = 0.01}),
      weighted(data()));
}

TEST_CASE("pre-training has the same bytes for any number of threads", "[pre_training][threads][slow]") {
  check_same([&](const Cpu<float>& on) {
    Dbn<Stack<Bernoulli>> dbn{{300, 260, 200}, 1};
    pre_train_on(
        on, dbn, data(),
        PreTrainingOptions<>{.layers = {{.epochs = 1, .seed = 3}, {.epochs = 1, .chains = Persistent{}}},
                             .samples = true});
    return dbn;
  });
}

TEST_CASE("fine-tuning has the same bytes for any number of threads", "[fine_tuning][threads]") {
  for (const AnyOptimizer& optimizer : {AnyOptimizer(Adam{}), AnyOptimizer(Momentum{.rate = 0.05})})
    check_same([&](const Cpu<float>& on) {
      Network<Stack<Bernoulli>> network{{.sizes = {300, 260, 200}, .classes = 10, .seed = 1}};
      FineTuning{network,
                 {.epochs = 2, .batch_size = 100, .optimizer = optimizer, .weight_decay = 1e-3, .seed = 2},
                 on}
          .fit(data());
      return network;
    });
}

TEST_CASE("fine-tuning with all options has the same bytes for any number of threads",
          "[fine_tuning][dropout][threads][slow]") {
  const FineTuningOptions<> options{.epochs = 2,
                                    .batch_size = 100,
                                    .optimizer = Momentum{.rate = 0.01},
                                    .weight_decay = 1e-3,
                                    .max_norm = 1,
                                    .max_gradient_norm = 0.5,
                                    .input_dropout = 0.2,
                                    .dropout = 0.5,
                                    .average_last = 0.5,
                                    .seed = 2};
  check_same([&](const Cpu<float>& on) {
    Network<Stack<Bernoulli, Relu>> network{{.sizes = {300, 260, 200}, .classes = 10, .seed = 1}};
    FineTuning{network, options, on}.fit(data());
    return network;
  });
  auto squared = options;
  squared.loss = Loss::squared_error;
  check_same([&](const Cpu<float>& on) {
    Autoencoder<Stack<Bernoulli, Bernoulli, Gaussian>> network{{.sizes = {300, 260, 30}, .seed = 1}};
    FineTuning{network, squared, on}.fit(data());
    return network;
  });
  Eigen::MatrixXd targets(20, data().size());
  Dice dice(4);
  for (Index c = 0; c < targets.cols(); ++c)
    for (Index r = 0; r < 20; ++r) targets(r, c) = dice.normal();
  const Dataset aimed = data().with_targets(targets);
  check_same([&](const Cpu<float>& on) {
    Network<Stack<Bernoulli, Relu>, Cpu<float>, Gaussian> network{
        {.sizes = {300, 260}, .outputs = 20, .seed = 1}};
    FineTuning{network, options, on}.fit(aimed);
    return network;
  });
}

TEST_CASE("a different seed gives a different run", "[cd][threads]") {
  const auto train = [](std::uint64_t seed) {
    Rbm<Bernoulli, Bernoulli> rbm{{.visible = 300, .hidden = 20, .seed = 1}};
    ContrastiveDivergence{rbm, {.epochs = 1, .seed = seed}, Cpu<float>{}}.fit(data());
    return rbm;
  };
  CHECK(train(1) == train(1));
  CHECK_FALSE(train(1) == train(2));
}

}  // namespace test::training_threads
