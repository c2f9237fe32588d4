// Small joint RBMs, and samples for them.
#pragma once

#include <harmonium/models/joint_rbm.hpp>

#include "mixed.hpp"

namespace test {

/// A joint RBM with three labels.
template <class Model>
Model small_joint(std::uint64_t seed) {
  using V = typename std::tuple_element_t<0, typename decltype(Model::visible)::Parts>::Unit;
  using H = typename decltype(Model::hidden)::Unit;
  Model rbm({.visible = {small<V>(4), {1, 3}}, .hidden = small<H>(3)});
  randomise(rbm, seed, 0.7);
  return rbm;
}

/// Draws of the units of samples alone, without labels.
template <class Model>
Eigen::MatrixXd drawn_samples(const Model& rbm, Index count, std::uint64_t seed) {
  const auto& features = std::get<0>(rbm.visible.parts);
  Eigen::MatrixXd x(features.rows(), count);
  sample(Cpu<double>(), features, View<const double>(Eigen::MatrixXd::Zero(x.rows(), count).eval()),
         harmonium::view_of(x), {.seed = seed});
  return x;
}

}  // namespace test
