/// \file
/// Principal components: the best linear code of a given size, the baseline for an autoencoder.
#pragma once

#include <Eigen/Core>
#include <Eigen/Eigenvalues>
#include <algorithm>
#include <span>

#include "../backend/cpu.hpp"
#include "../data/batch_source.hpp"
#include "sample_blocks.hpp"

namespace harmonium {

/// Directions in which data vary most.
struct PrincipalComponents {
  Eigen::VectorXd mean;        ///< of the samples, one per row
  Eigen::MatrixXd components;  ///< rows x code size: orthonormal, ordered by decreasing variance
  Eigen::VectorXd variances;   ///< of the data along each component
};

/// The first `count` principal components of samples of any kind; sample weights are honoured. \throws
/// ValueError unless 1 <= count <= rows, or if an entry is missing \throws DataError if there are no samples,
/// or a number is not finite
template <SamplesFor<Cpu<double>> Data>
PrincipalComponents principal_components(const Data& data, Index count) {
  using Matrix = HostMatrix<DoubleIn<Data>>;
  const auto& source = source_of<Cpu<double>>(data);
  const Index rows = source.rows();
  check<ValueError>(count >= 1 && count <= rows, "principal_components: count is ", count, ", expected 1 to ",
                    rows);
  check<DataError>(source.size() >= 1, "principal_components: the data have no samples");
  const std::span<const double> weights = weights_of(source);
  detail::check_weights("principal_components", weights, source.size());
  const Cpu<double> on;
  Eigen::Matrix<DoubleIn<Data>, 1, Eigen::Dynamic> weight(detail::block_of(rows, source.size()));
  // f(samples, their weights) for blocks of the data
  const auto for_each = [&](auto f) {
    detail::for_each_sample_block(
        on, "principal_components", rows, source, [&](Index first, View<const double> v) {
          for (Index i = 0; i < v.cols; ++i)
            weight(i) = weights.empty() ? 1 : weights[static_cast<std::size_t>(first + i)];
          f(detail::eigen_map(v), weight.head(v.cols));
        });
  };
  const double total = detail::mean_weight(source) * static_cast<double>(source.size());
  HostVector<DoubleIn<Data>> mean = HostVector<DoubleIn<Data>>::Zero(rows);
  for_each([&](const auto& part, const auto& w) { mean += part * w.transpose() / total; });
  Matrix covariance = Matrix::Zero(rows, rows), centered;
  for_each([&](const auto& part, const auto& w) {
    centered = (part.colwise() - mean) * (w / total).cwiseSqrt().asDiagonal();
    covariance.template selfadjointView<Eigen::Lower>().rankUpdate(centered);
  });
  const Eigen::SelfAdjointEigenSolver<Matrix> solver(covariance);  // smallest variance first
  return {.mean = mean,
          .components = solver.eigenvectors().rightCols(count).rowwise().reverse(),
          .variances = solver.eigenvalues().tail(count).reverse()};
}

/// Codes of samples x (rows x n), code size x n. \throws ShapeError if x has a different number of rows
template <class X>
Eigen::MatrixXd encode(const PrincipalComponents& pca, const Eigen::MatrixBase<X>& x) {
  check<ShapeError>(x.rows() == pca.mean.size(), "encode: x has ", x.rows(), " rows, the components have ",
                    pca.mean.size());
  return pca.components.transpose() * (x.colwise() - pca.mean);
}

/// The same for data of another kind. \throws DataError also if there are no samples, or a number is not
/// finite
template <SamplesFor<Cpu<double>> Data>
requires(!std::derived_from<Data, Eigen::MatrixBase<Data>>) Eigen::MatrixXd
    encode(const PrincipalComponents& pca, const Data& data) {
  const auto& source = source_of<Cpu<double>>(data);
  Eigen::MatrixXd codes(pca.components.cols(), source.size());
  detail::for_each_sample_block(Cpu<double>(), "encode", pca.mean.size(), source,
                                [&](Index first, View<const double> v) {
                                  codes.middleCols(first, v.cols) = encode(pca, detail::eigen_map(v));
                                });
  return codes;
}

/// Reconstructions from codes, rows x n. \throws ShapeError if the codes have a different size
template <class X>
Eigen::MatrixXd decode(const PrincipalComponents& pca, const Eigen::MatrixBase<X>& codes) {
  check<ShapeError>(codes.rows() == pca.components.cols(), "decode: the codes have ", codes.rows(),
                    " rows, there are ", pca.components.cols(), " components");
  return (pca.components * codes).colwise() + pca.mean;
}

}  // namespace harmonium
