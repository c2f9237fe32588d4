// The six tasks: small models of data that differ in kind, all of which are made here except for the digits.
#pragma once

#include <algorithm>
#include <cmath>
#include <harmonium/io.hpp>
#include <string>

#include "../objectives/patches.hpp"

namespace defaults {

using namespace harmonium;  // this file is a part of one program
using objectives::Sets;

using Bits = Rbm<Bernoulli, Bernoulli>;
using Patches = Rbm<Gaussian, Bernoulli>;
using Sites = Rbm<Categorical, Bernoulli>;
using Table = Rbm<Mixed<Bernoulli, Categorical, Gaussian, Poisson>, Bernoulli>;

// A model's sizes, the samples to learn from, and those to judge by.
template <class Model_>
struct Task {
  using Model = Model_;
  std::string name;  // as in the tables and after --only
  typename Model::Options sizes;
  Sets sets;
};

// Draws of one sample, in order.
class Dice {
 public:
  Dice(std::uint64_t seed, Index sample)
      : random_{{.seed = seed, .stream = Stream::toy}, 0, static_cast<std::uint32_t>(sample)} {}
  double uniform() { return random_.uniform<double>(); }
  double normal() { return random_.normal<double>(); }
  Index below(Index n) { return std::min(n - 1, static_cast<Index>(uniform() * static_cast<double>(n))); }
  // A number of events (Knuth, 1969).
  int count(double rate) {
    int events = 0;
    for (double left = uniform(); left > std::exp(-rate); left *= uniform()) ++events;
    return events;
  }

 private:
  Random random_;
};

// Rows with mean 0 and variance 1 over the training samples.
inline void standardize(Index first, Index count, Eigen::MatrixXf& train, Eigen::MatrixXf& test) {
  for (Index r = first; r < first + count; ++r) {
    const float mean = train.row(r).mean(), spread = std::sqrt((train.row(r).array() - mean).square().mean());
    for (Eigen::MatrixXf* x : {&train, &test}) x->row(r) = (x->row(r).array() - mean) / spread;
  }
}

// 2 % ones: each sample is of one of 10 topics, which owns 50 of the 500 columns.
inline Eigen::MatrixXf topics(Index samples, std::uint64_t seed) {
  Eigen::MatrixXf x = Eigen::MatrixXf::Zero(500, samples);
  for (Index c = 0; c < samples; ++c) {
    Dice dice(seed, c);
    const Index topic = dice.below(10);
    for (Index r = 0; r < 500; ++r) x(r, c) = dice.uniform() < (r / 50 == topic ? 0.11 : 0.01) ? 1.0f : 0.0f;
  }
  return x;
}

// 50 sites of 21 states: draws from an RBM of 14 hidden units with random fields and couplings, each of which
// is on about half of the time.
inline Eigen::MatrixXf sites(Index samples, std::uint64_t seed) {
  Sites truth{{.visible = {50, 21}, .hidden = 14, .seed = 5, .weight_scale = 1.1}};
  auto& fields = truth.visible.parameters;
  for (Index r = 0; r < fields.rows(); ++r) fields(r, 0) = static_cast<float>(0.6 * Dice(6, r).normal());
  const Eigen::ArrayXf free = fields.col(0).array().exp();
  for (Index j = 0; j < 14; ++j) {
    const Eigen::ArrayXf coupled = free * truth.weights.col(j).array().exp();
    float& bias = truth.hidden.parameters(j, 0);
    for (Index site = 0; site < 50; ++site)
      bias -= std::log(coupled.segment(21 * site, 21).sum() / free.segment(21 * site, 21).sum());
  }
  return exact_samples(truth, samples, seed);
}

// The rows of a table: two bits, a word of four, two real columns in four tight clusters, and a count, which
// all depend on the cluster.
inline Eigen::MatrixXf table_rows(Index rows, std::uint64_t seed) {
  struct Cluster {
    double bits[2], place[2], rate;
  };
  constexpr Cluster clusters[4] = {{{0.9, 0.2}, {20, 350}, 1},
                                   {{0.2, 0.2}, {45, 900}, 3},
                                   {{0.8, 0.9}, {60, 200}, 8},
                                   {{0.1, 0.7}, {85, 600}, 15}};
  Eigen::MatrixXf x = Eigen::MatrixXf::Zero(9, rows);
  for (Index c = 0; c < rows; ++c) {
    Dice dice(seed, c);
    const Index which = dice.below(4);
    const Cluster& cluster = clusters[which];
    for (Index r = 0; r < 2; ++r) x(r, c) = dice.uniform() < cluster.bits[r] ? 1.0f : 0.0f;
    x(2 + (dice.uniform() < 0.8 ? which : dice.below(4)), c) = 1;
    x(6, c) = static_cast<float>(cluster.place[0] + 2 * dice.normal());
    x(7, c) = static_cast<float>(cluster.place[1] + 25 * dice.normal());
    x(8, c) = static_cast<float>(dice.count(cluster.rate));
  }
  return x;
}

inline Task<Bits> digits_task(const Sets& grey) {
  return {"digits", {.visible = 784, .hidden = 500}, {binarize(grey.train), binarize(grey.test)}};
}
inline Task<Patches> patches_task(const Sets& grey, float shift) {
  Sets sets = objectives::patch_sets(grey);
  if (shift != 0)
    for (Dataset* set : {&sets.train, &sets.test})
      *set = Dataset((set->to_matrix<float>().array() + shift).matrix().eval());
  return {shift == 0 ? "patches" : "patches-shifted", {.visible = 49, .hidden = 16}, std::move(sets)};
}
inline Task<Bits> topics_task() {
  return {"topics", {.visible = 500, .hidden = 16}, {Dataset(topics(3000, 1)), Dataset(topics(5000, 2))}};
}
inline Task<Sites> sites_task() {
  return {"sites", {.visible = {50, 21}, .hidden = 14}, {Dataset(sites(10000, 1)), Dataset(sites(5000, 2))}};
}
inline Task<Table> table_task(Index hidden = 10) {
  Eigen::MatrixXf train = table_rows(2000, 1), test = table_rows(5000, 2);
  standardize(6, 2, train, test);
  return {"table", {.visible = {2, {1, 4}, 2, 1}, .hidden = hidden}, {Dataset(train), Dataset(test)}};
}
inline Task<Bits> bars_task() {
  return {"bars", {.visible = 16, .hidden = 16}, {bars_and_stripes(4), bars_and_stripes(4)}};
}

}  // namespace defaults
