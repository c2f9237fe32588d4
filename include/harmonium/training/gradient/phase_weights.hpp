/// \file
/// What each column of both phases counts in their statistics: a sample by its weight, a chain against it.
#pragma once

#include <span>

#include "../../core/host_matrix.hpp"
#include "../run/checks.hpp"

namespace harmonium::detail {

/// The weights of some chains and, behind them, of a batch's samples. They lie where the model does, and are
/// uploaded only when they change: mostly they are what they were at the last update.
template <class B>
class PhaseWeights {
  using T = ScalarOf<B>;

 public:
  PhaseWeights() = default;
  /// Room for so many columns.
  explicit PhaseWeights(Index columns) : weights_(1, columns), now_(1, columns), uploaded_(1, columns) {}

  /// Samples count by their weights over the mean weight and the batch's size, or all alike. Chains count
  /// what the samples that they follow do, or all alike, with the other sign. Returns the samples' sum.
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
  /// The chains' weights, for chains that put down their own.
  ViewOf<B> overwritten(Index chains) {
    uploaded_count_ = 0;
    return view_of(weights_).columns(0, chains);
  }
  /// What some columns count.
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
  Index uploaded_count_ = 0;  // 0: what lies there is another
};

}  // namespace harmonium::detail
