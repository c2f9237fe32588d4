// Data of the study: black-and-white digits, and patches cut from grey ones.
#pragma once

#include <algorithm>
#include <cmath>
#include <harmonium/io.hpp>
#include <tuple>
#include <utility>

namespace objectives {

using namespace harmonium;  // this file is a part of one program

struct Sets {
  Dataset train, test;
};

// 7 x 7 patches from random places of random digits. Blank ones, whose pixels have a spread of less than 0.1,
// are left out, since the density at a single point is infinite. For the same reason each pixel gets uniform
// noise of one grey level.
inline Eigen::MatrixXf cut_patches(const Dataset& digits, Index count, std::uint32_t seed) {
  constexpr Index side = 28, edge = 7;
  const Eigen::MatrixXf grey = digits.to_matrix<float>();
  Eigen::MatrixXf patches(edge * edge, count);
  Index found = 0;
  for (std::uint32_t i = 0; found < count; ++i) {
    Random random{{.seed = seed}, 0, i};
    const auto below = [&](Index n) {
      return std::min(n - 1, static_cast<Index>(random.uniform<double>() * static_cast<double>(n)));
    };
    const Index digit = below(grey.cols()), row = below(side - edge + 1), column = below(side - edge + 1);
    auto patch = patches.col(found);
    for (Index r = 0; r < edge; ++r)
      for (Index c = 0; c < edge; ++c) patch(r * edge + c) = grey((row + r) * side + column + c, digit);
    if (std::sqrt((patch.array() - patch.mean()).square().mean()) < 0.1f) continue;
    for (Index r = 0; r < patch.size(); ++r) patch(r) += random.uniform<float>() / 255;
    ++found;
  }
  return patches;
}

// As many patches as digits, each pixel with mean 0 and variance 1 over the training patches.
inline Sets patch_sets(const Sets& digits) {
  Eigen::MatrixXf train = cut_patches(digits.train, digits.train.size(), 1),
                  test = cut_patches(digits.test, digits.test.size(), 2);
  const Eigen::VectorXf mean = train.rowwise().mean();
  train.colwise() -= mean;
  test.colwise() -= mean;
  const Eigen::VectorXf deviation =
      train.rowwise().squaredNorm().array().sqrt() / std::sqrt(static_cast<float>(train.cols()));
  train = deviation.cwiseInverse().asDiagonal() * train;
  test = deviation.cwiseInverse().asDiagonal() * test;
  return {Dataset(train), Dataset(test)};
}

}  // namespace objectives
