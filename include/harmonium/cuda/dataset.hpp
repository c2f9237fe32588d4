/// \file
/// A data set on a CUDA device, in its original format (grey levels as bytes): batches are gathered and
/// converted there, and only the samples' indices leave the host.
#pragma once

#include <span>
#include <utility>
#include <variant>
#include <vector>

#include "../backend/cuda.hpp"
#include "../core/variant.hpp"
#include "../data/dataset.hpp"

namespace harmonium {

/// A `Dataset` on the calling thread's device; a `BatchSource` of `Cuda<float>` and `Cuda<double>`. A plain
/// value.
class CudaDataset {
 public:
  CudaDataset() = default;
  /// Copies the set to the device. \throws CudaError if there is no device, or not enough memory \throws
  /// ValueError if the set is sparse
  explicit CudaDataset(const Dataset& data) : scale_(data.scale()) {
    data.visit_values([&]<class M>(const M& values) {
      if constexpr (std::same_as<M, Dataset::Sparse>) {
        throw ValueError("CudaDataset: the data are sparse; a trainer takes them from the host as they are");
      } else {
        values_ = on_device(values);
      }
    });
    targets_ = on_device(data.targets());
    labels_.assign(data.labels().begin(), data.labels().end());
    weights_.assign(data.weights().begin(), data.weights().end());
  }

  /// Numbers per sample.
  Index rows() const {
    return detail::visit_variant([](const auto& values) { return values.rows(); }, values_);
  }
  /// Number of samples.
  Index size() const {
    return detail::visit_variant([](const auto& values) { return values.cols(); }, values_);
  }
  /// The class of each sample, or empty.
  std::span<const int> labels() const { return labels_; }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const { return weights_; }
  /// Numbers per target; 0 without targets.
  Index target_rows() const { return targets_.rows(); }

  /// out(:, i) = sample columns[i]
  template <class T>
  void fill(const Cuda<T>& on, std::span<const Index> columns, View<T, CudaMemory> out) const {
    detail::visit_variant(
        [&]<class N>(const CudaMatrix<N>& values) {
          on.gather(View<const N, CudaMemory>(values), columns, static_cast<T>(scale_), out);
        },
        values_);
  }
  /// out(:, i) = the target of sample columns[i]
  template <class T>
  void fill_targets(const Cuda<T>& on, std::span<const Index> columns, View<T, CudaMemory> out) const {
    on.gather(View<const double, CudaMemory>(targets_), columns, T(1), out);
  }

 private:
  template <class M>
  static CudaMatrix<typename M::Scalar> on_device(const M& values) {
    using T = typename M::Scalar;
    CudaMatrix<T> there(values.rows(), values.cols());
    if (values.size() > 0)
      detail::cuda_copy(detail::cuda_queue(there.device()), detail::CudaCopy::to_device,
                        View<T, CudaMemory>(there), View<const T>(values));
    return there;
  }

  std::variant<CudaMatrix<std::uint8_t>, CudaMatrix<float>, CudaMatrix<double>> values_;
  CudaMatrix<double> targets_;
  std::vector<int> labels_;
  std::vector<double> weights_;
  double scale_ = 1;
};

}  // namespace harmonium
