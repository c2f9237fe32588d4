// Data to learn, and the distance between two trained models.
#pragma once

#include <cmath>
#include <harmonium/models/parameters.hpp>

#include "dice.hpp"

namespace test {

/// Zeros and ones; 30 % are ones.
inline Eigen::MatrixXd binary(harmonium::Index rows, harmonium::Index cols, std::uint64_t seed) {
  Dice dice(seed);
  Eigen::MatrixXd x(rows, cols);
  for (harmonium::Index c = 0; c < cols; ++c)
    for (harmonium::Index r = 0; r < rows; ++r) x(r, c) = dice.uniform() < 0.3 ? 1 : 0;
  return x;
}

/// The largest difference between two models' parameters, on any backends.
template <class A, class B>
double apart(const A& a, const B& b) {
  using Host = harmonium::Cpu<double>;
  double most = 0;
  auto here = harmonium::convert<Host>(a);
  const auto there = harmonium::convert<Host>(b);
  harmonium::for_each_parameter(
      [&](const harmonium::ParameterName&, harmonium::Role, auto x, auto y) {
        for (harmonium::Index c = 0; c < x.cols; ++c)
          for (harmonium::Index r = 0; r < x.rows; ++r) most = std::fmax(most, std::abs(x(r, c) - y(r, c)));
      },
      here, there);
  return most;
}

}  // namespace test
