// Conversions from the library's models to the oracle's, and small models for tests.
#pragma once

#include <harmonium/models/rbm.hpp>
#include <harmonium/units/drelu.hpp>
#include <harmonium/units/spin.hpp>
#include <string>

#include "dice.hpp"
#include "oracle.hpp"
#include "units.hpp"

namespace test {

using harmonium::Bernoulli;
using harmonium::Categorical;
using harmonium::Cpu;
using harmonium::Drelu;
using harmonium::Gaussian;
using harmonium::Index;
using harmonium::Poisson;
using harmonium::Rbm;
using harmonium::Rectified;
using harmonium::Spin;
using harmonium::View;

/// The numbers of one column.
template <class Matrix>
oracle::Numbers column_of(const Matrix& x, Index column) {
  oracle::Numbers numbers;
  for (Index r = 0; r < x.rows(); ++r) numbers.push_back(static_cast<double>(x(r, column)));
  return numbers;
}

/// A matrix with given columns.
inline Eigen::MatrixXd columns(const std::vector<oracle::Numbers>& numbers) {
  Eigen::MatrixXd x(static_cast<Index>(numbers.at(0).size()), static_cast<Index>(numbers.size()));
  for (Index c = 0; c < x.cols(); ++c)
    for (Index r = 0; r < x.rows(); ++r)
      x(r, c) = numbers[static_cast<std::size_t>(c)][static_cast<std::size_t>(r)];
  return x;
}

/// The larger one of `largest` and |a - b|; infinite if there is a NaN.
inline double larger_difference(double largest, double a, double b) {
  const double difference = std::abs(a - b);
  return difference <= largest ? largest : std::isnan(difference) ? INFINITY : difference;
}

/// Largest absolute difference between two matrices; infinite if their shapes differ or there is a NaN.
template <class A, class B>
double largest_difference(const A& a, const B& b) {
  if (a.rows() != b.rows() || a.cols() != b.cols()) return INFINITY;
  double largest = 0;
  for (Index c = 0; c < a.cols(); ++c)
    for (Index r = 0; r < a.rows(); ++r)
      largest = larger_difference(largest, static_cast<double>(a(r, c)), static_cast<double>(b(r, c)));
  return largest;
}

/// The same over all parameters of two models of one shape.
template <class Model>
double largest_parameter_difference(const Model& a, const Model& b) {
  double largest = 0;
  harmonium::for_each_parameter(
      [&](const harmonium::ParameterName&, harmonium::Role, auto x, auto y) {
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r)
            largest = larger_difference(largest, static_cast<double>(x(r, c)), static_cast<double>(y(r, c)));
      },
      a, b);
  return largest;
}

/// The same for two lists.
inline double largest_difference(const oracle::Numbers& a, const oracle::Numbers& b) {
  return a.size() == b.size() ? largest_difference(columns({a}), columns({b})) : INFINITY;
}

/// The oracle's unit for one of the library's unit types and its parameters besides the bias; `reach` is that
/// of a Gaussian's grid or of a truncated Gaussian's panels.
template <class U>
oracle::Unit oracle_unit(const oracle::Numbers& shape, Index group, double reach) {
  const auto rows = static_cast<std::size_t>(group);
  if constexpr (std::is_same_v<U, Bernoulli> || std::is_same_v<U, PlainBernoulli>) return oracle::bernoulli();
  if constexpr (std::is_same_v<U, Spin> || std::is_same_v<U, PlainSpin>) return oracle::spin();
  if constexpr (std::is_same_v<U, Quintic>) return oracle::quintic(shape[0], shape[1]);
  if constexpr (std::is_same_v<U, Categorical> || std::is_same_v<U, PlainCategorical>)
    return oracle::categorical(rows);
  if constexpr (std::is_same_v<U, AtMostOne>) return oracle::categorical(rows, true);
  if constexpr (std::is_same_v<U, Gaussian> || std::is_same_v<U, PlainGaussian>)
    return oracle::gaussian(shape[0], reach);
  if constexpr (std::is_same_v<U, Rectified>) return oracle::rectified(shape[0], reach);
  if constexpr (std::is_same_v<U, Drelu>) return oracle::drelu(shape[0], shape[1], shape[2], reach);
  if constexpr (std::is_same_v<U, Poisson>) return oracle::poisson();
}

template <class U>
oracle::Layer oracle_of(const harmonium::Layer<U, Cpu<double>>& layer, double reach = 16) {
  oracle::Layer result;
  for (Index r = 0; r < layer.rows(); r += layer.group) {
    oracle::Numbers shape;
    for (Index i = 1; i < layer.parameters.cols(); ++i) shape.push_back(layer.parameters(r, i));
    result.units.push_back(oracle_unit<U>(shape, layer.group, reach));
    for (Index i = 0; i < layer.group; ++i) result.biases.push_back(layer.parameters(r + i, 0));
  }
  return result;
}

template <class V, class H>
oracle::Machine oracle_of(const Rbm<V, H, Cpu<double>>& rbm, double reach = 16) {
  oracle::Machine machine{oracle_of(rbm.visible, reach), oracle_of(rbm.hidden, reach), {}};
  for (Index v = 0; v < rbm.visible.rows(); ++v) {
    machine.weights.emplace_back();
    for (Index h = 0; h < rbm.hidden.rows(); ++h) machine.weights.back().push_back(rbm.weights(v, h));
  }
  return machine;
}

/// Sets all parameters of a model to normal numbers; weights, biases and log precisions each have their own
/// width.
template <class Model>
void randomise(Model& model, std::uint64_t seed, double weights = 0.5, double biases = 0.5,
               double shapes = 0.3) {
  Dice dice(seed);
  harmonium::for_each_parameter(
      [&](const harmonium::ParameterName&, harmonium::Role role, auto x) {
        const double width = role == harmonium::Role::weight ? weights
                             : role == harmonium::Role::bias ? biases
                                                             : shapes;
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r)
            x(r, c) = static_cast<typename Model::Scalar>(width * dice.normal());
      },
      model);
}

/// Independent numbers in [0, 1).
inline Eigen::MatrixXd numbers(Index rows, Index count, std::uint64_t seed) {
  Dice dice(seed);
  return Eigen::MatrixXd::NullaryExpr(rows, count, [&] { return dice.uniform(); });
}

/// All parameters, in the order of the walk.
template <class Model>
oracle::Numbers flatten(const Model& model) {
  oracle::Numbers numbers;
  harmonium::for_each_parameter(
      [&](const harmonium::ParameterName&, harmonium::Role, auto x) {
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r) numbers.push_back(x(r, c));
      },
      model);
  return numbers;
}

/// The slopes of f(model) along each parameter, in the order of the walk; the model is restored. A
/// fourth-order difference with steps of 1e-3 of numbers below 100, rounded to 1e-13, is accurate to 1e-9.
template <class Model, class F>
oracle::Numbers slopes_of(Model& model, F f) {
  oracle::Numbers slopes;
  harmonium::for_each_parameter(
      [&](const harmonium::ParameterName&, harmonium::Role, auto x) {
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r) {
            const double here = x(r, c);
            const auto moved = [&](double number) {
              x(r, c) = number;
              return f(model);
            };
            slopes.push_back(oracle::derivative(moved, here));
            x(r, c) = here;
          }
      },
      model);
  return slopes;
}

/// Largest difference between a gradient, in the order of the walk, and the slopes of f(model).
template <class Model, class F>
double worst_slope(Model model, const oracle::Numbers& gradient, F f) {
  return largest_difference(gradient, slopes_of(model, f));
}

/// A layer's size: a few units, or a few groups of three rows.
template <class U>
harmonium::LayerSize<U> small(Index units) {
  if constexpr (harmonium::is_grouped<U>) {
    return {(units + 1) / 2, 3};
  } else {
    return harmonium::FiniteUnit<U> ? units : (units + 1) / 2;
  }
}

/// A model that can be enumerated: 3 or 4 binary units, 2 with infinitely many states, 2 with three states.
template <class R>
R small_rbm(std::uint64_t seed, double weights = 0.5) {
  R rbm;
  [&]<class V, class H, class B>(Rbm<V, H, B>*) {
    rbm = R({.visible = small<V>(4), .hidden = small<H>(3)});
    const bool infinite = !harmonium::FiniteUnit<V> && !harmonium::FiniteUnit<H>;
    randomise(rbm, seed, infinite ? 0.4 * weights : weights);  // so that Gaussians can be normalized
  }(static_cast<R*>(nullptr));
  return rbm;
}

/// How many random models a test uses: `many` if sums over states are fast, and one if the oracle has to
/// integrate.
template <class R>
inline constexpr std::uint64_t models_to_try(std::uint64_t many) {
  return decltype(R::visible)::finite && decltype(R::hidden)::finite ? many : 1;
}

/// Visible states of a model: draws of the visible units at zero input.
template <class V, class H, class B>
harmonium::Matrix<B> some_states(const Rbm<V, H, B>& rbm, Index count, std::uint64_t seed) {
  const harmonium::Matrix<B> none = harmonium::Matrix<B>::Zero(rbm.visible.rows(), count);
  harmonium::Matrix<B> v(rbm.visible.rows(), count);
  sample(B{}, rbm.visible, none, v, {.seed = seed});  // by the arguments: mixed layers have one of their own
  return v;
}

/// Any other pair.
template <class V, class H>
using Pair = Rbm<V, H, Cpu<double>>;

// The nine pairs, whose names appear in the names of tests.
using BernoulliBernoulli = Rbm<Bernoulli, Bernoulli, Cpu<double>>;
using BernoulliGaussian = Rbm<Bernoulli, Gaussian, Cpu<double>>;
using BernoulliCategorical = Rbm<Bernoulli, Categorical, Cpu<double>>;
using GaussianBernoulli = Rbm<Gaussian, Bernoulli, Cpu<double>>;
using GaussianGaussian = Rbm<Gaussian, Gaussian, Cpu<double>>;
using GaussianCategorical = Rbm<Gaussian, Categorical, Cpu<double>>;
using CategoricalBernoulli = Rbm<Categorical, Bernoulli, Cpu<double>>;
using CategoricalGaussian = Rbm<Categorical, Gaussian, Cpu<double>>;
using CategoricalCategorical = Rbm<Categorical, Categorical, Cpu<double>>;
// Pairs with the other bundled units.
using SpinRectified = Rbm<Spin, Rectified, Cpu<double>>;
using RectifiedBernoulli = Rbm<Rectified, Bernoulli, Cpu<double>>;
using BernoulliPoisson = Rbm<Bernoulli, Poisson, Cpu<double>>;
using PoissonSpin = Rbm<Poisson, Spin, Cpu<double>>;
// Pairs with user-defined units.
using SpinAtMostOne = Rbm<Spin, AtMostOne, Cpu<double>>;
using QuinticBernoulli = Rbm<Quintic, Bernoulli, Cpu<double>>;
using PlainGaussianQuintic = Rbm<PlainGaussian, Quintic, Cpu<double>>;

// Modes "all off" and "all on" of nearly the same probability with a wide valley between them, which single
// steps of Gibbs sampling do not cross: the biases of single units lead into the first.
inline BernoulliBernoulli two_modes(Index visible, Index hidden, double weight) {
  BernoulliBernoulli model{{.visible = visible, .hidden = hidden}};
  model.weights.setConstant(weight);
  model.visible.parameters.setConstant(-0.5 * weight * static_cast<double>(hidden));
  model.hidden.parameters.setConstant(-0.5 * weight * static_cast<double>(visible));
  return model;
}

}  // namespace test
