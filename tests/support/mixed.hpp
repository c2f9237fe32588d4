// Small models with layers of several unit types, and the oracle's counterparts.
#pragma once

#include <harmonium/models/mixed_layer.hpp>
#include <tuple>

#include "models.hpp"

namespace test {

using harmonium::Mixed;

using Row = Mixed<Bernoulli, Categorical, Gaussian>;
using Code = Mixed<Categorical, Bernoulli>;
using Table = Rbm<Row, Code, Cpu<double>>;                                 // infinitely many visible states
using Features = Rbm<Bernoulli, Mixed<Gaussian, Bernoulli>, Cpu<double>>;  // infinitely many hidden ones
inline const Table::Options table_options{.visible = {2, {1, 3}, 1}, .hidden = {{1, 3}, 2}};

template <class Model>
Model small_model(std::uint64_t seed, double weights = 0.5);
template <>
inline Table small_model(std::uint64_t seed, double weights) {
  Table table(table_options);
  randomise(table, seed, weights);
  return table;
}
template <>
inline Features small_model(std::uint64_t seed, double weights) {
  Features features{{.visible = 4, .hidden = {2, 2}}};
  randomise(features, seed, weights);
  return features;
}

/// The oracle's layer, with several unit types or one.
template <class U>
oracle::Layer mixed_oracle(const harmonium::Layer<U, Cpu<double>>& layer) {
  return oracle_of(layer);
}
template <class... U>
oracle::Layer mixed_oracle(const harmonium::Layer<Mixed<U...>, Cpu<double>>& layer) {
  oracle::Layer result;
  const auto append = [&](const oracle::Layer& part) {
    result.units.insert(result.units.end(), part.units.begin(), part.units.end());
    result.biases.insert(result.biases.end(), part.biases.begin(), part.biases.end());
  };
  std::apply([&](const auto&... part) { (append(oracle_of(part)), ...); }, layer.parts);
  return result;
}
template <class V, class H>
oracle::Machine machine_of(const Rbm<V, H, Cpu<double>>& rbm) {
  oracle::Machine machine{mixed_oracle(rbm.visible), mixed_oracle(rbm.hidden), {}};
  const Eigen::MatrixXd columns_of_weights = rbm.weights.transpose();
  for (Index v = 0; v < rbm.visible.rows(); ++v) machine.weights.push_back(column_of(columns_of_weights, v));
  return machine;
}

}  // namespace test
