/// \file
/// The weight of each column in the statistics of both phases: positive for samples, negative for chains.
#pragma once

#include <span>

#include "../../models/parameters.hpp"
#include "sample_shares.hpp"

namespace harmonium::detail {

/// The weights of some chains, followed by those of a batch's samples. They are in the model's memory, and
/// are uploaded only when they change: usually they are the same as at the last update.
template <class B>
class PhaseWeights {
  using T = ScalarOf<B>;

 public:
  PhaseWeights() = default;
  /// Allocates memory for n columns.
  explicit PhaseWeights(Index columns) : weights_(1, columns), now_(1, columns), uploaded_(1, columns) {}

  /// A sample's weight is its own over the mean weight and the batch's size. A chain's weight is minus that
  /// of the sample that it follows, or minus the samples' total divided by the number of chains. Returns the
  /// total.
  double write(const B& on, Index chains, Index samples, bool chains_follow,
               std::span<const double> sample_weights, double mean_weight) {
    const auto negative = View<T>(now_).columns(0, chains), positive = View<T>(now_).columns(chains, samples);
    write_shares(sample_weights, mean_weight, positive);
    double total = 0;
    for (Index c = 0; c < samples; ++c) total += static_cast<double>(positive(0, c));
    if (sample_weights.empty()) total = 1;
    for (Index c = 0; c < chains; ++c)
      negative(0, c) = chains_follow ? -positive(0, c) : static_cast<T>(-total / static_cast<double>(chains));
    upload(on, chains + samples);
    return total;
  }
  /// The weights of samples alone, for objectives without chains. Returns their total.
  double write(const B& on, Index samples, std::span<const double> sample_weights, double mean_weight) {
    return write(on, 0, samples, false, sample_weights, mean_weight);
  }
  /// The chains' weights, for chains that set their own.
  ViewOf<B> overwritten(Index chains) {
    uploaded_count_ = 0;
    return view_of(weights_).columns(0, chains);
  }
  /// The weights of some columns.
  ConstViewOf<B> columns(Index first, Index count) const {
    return ConstViewOf<B>(weights_).columns(first, count);
  }

 private:
  void upload(const B& on, Index count) {
    const auto now = now_.leftCols(count);
    auto there = uploaded_.leftCols(count);
    if (uploaded_count_ == count && there == now) return;
    on.upload(View<const T>(now_).columns(0, count), view_of(weights_).columns(0, count));
    there = now;
    uploaded_count_ = count;
  }

  Matrix<B> weights_;
  HostMatrix<T> now_, uploaded_;
  Index uploaded_count_ = 0;  // 0: the uploaded weights are out of date
};

}  // namespace harmonium::detail
