// The jobs to time, with the names and options used by other programs' scripts.
#pragma once

#include <algorithm>
#include <harmonium/harmonium.hpp>
#include <harmonium/io.hpp>
#include <string>
#include <vector>

namespace benchmark {

using namespace harmonium;

// Options of a job; `limit` is the number of digits, 0 for all.
struct Job {
  int visible = 784, hidden = 500, batch = 100, k = 1, epochs = 3, threads = 1, limit = 0;
  double lr = 0.05, momentum = 0.5;
  std::uint64_t seed = 1;
  int temperatures = 500;
  bool persistent = false, centered = false;
  Precision precision = Precision::full;
  std::vector<int> layers = {500, 500, 2000};
  Cpu<float> processors() const { return {threads, precision}; }
};

// The results: seconds of each epoch, and how good the model is.
struct Outcome {
  std::vector<double> seconds;
  // cd: final squared error per test pixel; mlp: accuracy after each epoch; ais: log Z, and for small models
  // the exact one.
  std::vector<double> quality;
  double median() const {
    std::vector<double> sorted = seconds;
    std::sort(sorted.begin(), sorted.end());
    return sorted[sorted.size() / 2];
  }
};

inline Dataset first(const Dataset& data, int limit) {
  if (limit == 0 || limit >= data.size()) return data;
  std::vector<Index> columns;
  for (int i = 0; i < limit; ++i) columns.push_back(i);
  return data.subset(columns);
}

// Contrastive divergence. Timed: shuffling the samples, and the updates.
inline Outcome contrastive_divergence(const Job& job, const Dataset& train, const Dataset& test) {
  const Dataset data = first(train, job.limit);
  const Cpu<float> on = job.processors();
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = data.rows(), .hidden = job.hidden, .seed = job.seed}};
  ContrastiveDivergenceOptions<> options{.batch_size = job.batch,
                                         .steps = job.k,
                                         .chains = DataChains{},
                                         .optimizer = Momentum{.rate = job.lr, .momentum = job.momentum},
                                         .max_gradient_norm = 0,
                                         .centered = job.centered,
                                         .average_last = 0,
                                         .seed = job.seed};
  if (job.persistent) options.chains = Persistent{.chains = job.batch};
  ContrastiveDivergence trainer{rbm, options, on};
  Outcome outcome;
  for (int epoch = 1; epoch <= job.epochs; ++epoch) {
    const Timer timer;
    trainer.epoch(data, epoch);
    outcome.seconds.push_back(timer.seconds());
  }
  const Eigen::MatrixXf digits = test.to_matrix<float>();
  outcome.quality.push_back(static_cast<double>((reconstruct(rbm, digits, {}, on) - digits).squaredNorm()) /
                            static_cast<double>(digits.size()));
  return outcome;
}

// Back-propagation through a network from a random start.
inline Outcome fine_tuning(const Job& job, const Dataset& train, const Dataset& test) {
  const Dataset data = first(train, job.limit);
  const Cpu<float> on = job.processors();
  std::vector<StackSize> sizes = {data.rows()};
  for (const int units : job.layers) sizes.emplace_back(units);
  Network<Stack<Bernoulli>> network{{.sizes = sizes, .classes = 10, .seed = job.seed}};
  FineTuning trainer{
      network, {.batch_size = job.batch, .optimizer = Adam{.rate = job.lr}, .seed = job.seed}, on};
  Outcome outcome;
  for (int epoch = 1; epoch <= job.epochs; ++epoch) {
    const Timer timer;
    trainer.epoch(data, epoch);
    outcome.seconds.push_back(timer.seconds());
    outcome.quality.push_back(1 - evaluate(network, test, on).error);
  }
  return outcome;
}

// Annealed importance sampling of log Z with `batch` chains, for a model with random weights.
inline Outcome annealing(const Job& job, const Dataset& train) {
  const Cpu<float> on(job.threads);
  const auto random = [&](Index rows, Index cols, double scale, std::uint64_t seed) {
    return Rbm<Bernoulli, Bernoulli>{
        {.visible = rows, .hidden = cols, .seed = job.seed + seed, .weight_scale = scale}}
        .weights;
  };
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = train.rows(), .hidden = job.hidden}};
  rbm.weights = random(train.rows(), job.hidden, 0.05, 0);
  rbm.visible.parameters = random(train.rows(), 1, 0.1, 1);
  rbm.hidden.parameters = random(job.hidden, 1, 0.1, 2);
  const auto base = base_rates(rbm, first(train, 10000), on);
  const AnnealingOptions options{
      .chains = job.batch, .betas = uniform_betas(job.temperatures), .seed = job.seed};
  Outcome outcome;
  for (int round = 0; round < job.epochs; ++round) {
    const Timer timer;
    const Eigen::VectorXd log_weights = annealed_log_weights(rbm, base, options, on);
    outcome.seconds.push_back(timer.seconds());
    outcome.quality = {log_mean_exp(log_weights)};
  }
  if (job.hidden <= 16) {
    const double exact = exact_log_z(rbm, Cpu<double>(job.threads));
    check<ValueError>(std::abs(outcome.quality[0] - exact) < 0.5, "benchmark: log Z by annealing is ",
                      outcome.quality[0], ", the exact one ", exact);
    outcome.quality.push_back(exact);
  }
  return outcome;
}

// log Z by all hidden states, for a model with random weights.
inline Outcome exact_sum(const Job& job) {
  const Cpu<double> on(job.threads);
  const Rbm<Bernoulli, Bernoulli> rbm{
      {.visible = job.visible, .hidden = job.hidden, .seed = job.seed, .weight_scale = 0.3}};
  Outcome outcome;
  for (int round = 0; round < job.epochs; ++round) {
    const Timer timer;
    outcome.quality = {exact_log_z(rbm, on)};
    outcome.seconds.push_back(timer.seconds());
  }
  return outcome;
}

// A sparse matrix behind a source that does not say so: its samples are made dense block by block.
struct DenseBlocks {
  SparseSource<Eigen::SparseMatrix<float>> source;
  Index rows() const { return source.rows(); }
  Index size() const { return source.size(); }
  std::span<const int> labels() const { return {}; }
  template <class B>
  void fill(const B& on, std::span<const Index> columns, ViewOf<B> out) const {
    source.fill(on, columns, out);
  }
};

// Ones at random, of which `share` are there.
inline Eigen::SparseMatrix<float> random_ones(Index rows, Index samples, double share, std::uint64_t seed) {
  Eigen::SparseMatrix<float> x(rows, samples);
  const auto each = std::max<Index>(1, std::llround(share * static_cast<double>(rows)));
  x.reserve(each * samples);
  for (Index c = 0; c < samples; ++c) {
    x.startVec(c);
    for (const Index r : random_subset(rows, each, {.seed = seed + static_cast<std::uint64_t>(c)}))
      x.insertBack(r, c) = 1;
  }
  x.finalize();
  return x;
}

// Hidden inputs of sparse samples, for one share of ones after another: products number by number, and of
// dense blocks. The best of `epochs` runs each, in seconds.
struct SparseTimes {
  double share = 0, sparse = 0, dense = 0, difference = 0;
};
inline std::vector<SparseTimes> sparse_products(const Job& job) {
  const Cpu<float> on(job.threads);
  const Rbm<Bernoulli, Bernoulli> rbm{
      {.visible = job.visible, .hidden = job.hidden, .seed = job.seed, .weight_scale = 0.1}};
  std::vector<SparseTimes> results;
  for (const double share : {0.001, 0.003, 0.01, 0.02, 0.05, 0.1}) {
    const Eigen::SparseMatrix<float> x = random_ones(job.visible, job.batch, share, job.seed);
    SparseTimes times{share, 1e9, 1e9};
    Eigen::MatrixXf one(job.hidden, job.batch), other;
    for (int round = 0; round < job.epochs; ++round) {
      const Timer timer;
      detail::set_sparse_inputs(on, "benchmark", rbm.weights, SparseSource(x), one);
      times.sparse = std::min(times.sparse, timer.seconds());
      const Timer again;
      other = detail::hidden_inputs(on, "benchmark", rbm, DenseBlocks{SparseSource(x)});
      times.dense = std::min(times.dense, again.seconds());
    }
    times.difference = static_cast<double>((one - other).cwiseAbs().maxCoeff());
    results.push_back(times);
  }
  return results;
}

// Seconds per update on sparse samples, by k steps of persistent chains.
inline Outcome sparse_updates(const Job& job) {
  const Eigen::SparseMatrix<float> x = random_ones(job.visible, 10 * job.batch, 0.003, job.seed);
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = job.visible, .hidden = job.hidden, .seed = job.seed}};
  const ContrastiveDivergenceOptions<> options{
      .batch_size = job.batch, .steps = job.k, .chains = Persistent{.chains = job.batch}};
  ContrastiveDivergence trainer{rbm, options, Cpu<float>(job.threads)};
  Outcome outcome;
  for (int epoch = 1; epoch <= job.epochs; ++epoch) {
    const Timer timer;
    trainer.epoch(x, epoch);
    outcome.seconds.push_back(timer.seconds() / 10);
  }
  return outcome;
}

// Floating-point operations of the products of an epoch: 3 + 2k products for each batch.
inline double operations_of_cd(const Job& job, double visible, double samples) {
  return (3.0 + 2.0 * job.k) * 2.0 * visible * job.hidden * samples;
}
// Two products per temperature.
inline double operations_of_annealing(const Job& job, double visible) {
  return 2.0 * 2.0 * visible * job.hidden * job.batch * job.temperatures;
}
// Forward, backward to the weights, backward to the inputs (except to the data).
inline double operations_of_network(const Job& job, double visible, double samples) {
  double sum = 0, below = visible;
  bool first_layer = true;
  std::vector<int> layers = job.layers;
  layers.push_back(10);
  for (const int units : layers) {
    sum += (first_layer ? 2.0 : 3.0) * 2.0 * below * units * samples;
    below = units;
    first_layer = false;
  }
  return sum;
}

}  // namespace benchmark
