/// \file
/// The desired outputs of a network, and their distance from the actual ones: labels for a classifier, the
/// inputs themselves for an autoencoder, targets for any other head.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../../core/host_matrix.hpp"
#include "../../data/one_hot.hpp"
#include "../../inference/networks/regression.hpp"
#include "../fine_tuning_options.hpp"
#include "../run/first_pass.hpp"
#include "../run/scale_warnings.hpp"

namespace harmonium::detail {

/// Holds the targets of the current batch, and accumulates losses over an epoch.
template <class Model>
class Targets {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;

 public:
  /// Allocates memory for batches of that many samples.
  Targets(const Model& network, Index columns)
      : network_(network),
        targets_(network.output_rows(), columns),
        losses_(1, std::max<Index>(columns, 16384)),
        distances_(1, losses_.cols()),
        host_(1, 2 * losses_.cols()) {
    weights_.reserve(static_cast<std::size_t>(losses_.cols()));
    if constexpr (Model::classifies) {
      one_hot_ = OneHot<B>(network.output_rows(), columns);
      decided_ = Matrix<B>(network.output_rows(), columns);
    }
  }

  /// Sets the targets to those of a batch.
  /// \throws DataError, ShapeError if it has none, not one for every sample, or invalid ones
  void take(const B& on, const Batch<T, typename B::Memory>& batch) {
    const Index n = batch.values.cols;
    const auto targets = view_of(targets_).columns(0, n);
    if constexpr (Model::classifies) {
      check<DataError>(static_cast<Index>(batch.labels.size()) == n, "step: the batch has ",
                       batch.labels.size(), " labels for ", n, " samples");
      take_labels(on, batch.labels);
    } else if constexpr (Model::reconstructs) {
      on.copy(batch.values, targets);
    } else {
      check<DataError>(
          batch.targets.size() > 0,
          "step: the batch has no targets; a network without a softmax head learns from targets, "
          "not from labels");
      check<ShapeError>(batch.targets.rows == network_.output_rows() && batch.targets.cols == n,
                        "step: the batch's targets are ", batch.targets.rows, " x ", batch.targets.cols,
                        ", expected ", network_.output_rows(), " x ", n, ", outputs x samples");
      check<DataError>(on.sum(NotFiniteBody{}, batch.targets) == 0,
                       "step: the batch's targets have an infinite number or a NaN");
      on.copy(batch.targets, targets);
    }
  }
  /// Sets the targets to those of some of a source's samples, whose values are x.
  template <class Source>
  void take(const B& on, const Source& source, std::span<const Index> columns, ConstViewOf<B> x) {
    if constexpr (Model::classifies) {
      pick_labels(source.labels(), columns, labels_);
      take_labels(on, labels_);
    } else {
      fill_targets(on, network_, source, columns, x, view_of(targets_).columns(0, x.cols));
    }
  }
  /// The targets of the current n samples, outputs x n.
  ConstViewOf<B> targets(Index n) const { return ConstViewOf<B>(targets_).columns(0, n); }

  /// \throws DataError, ShapeError if a source does not have the targets that the network needs, or one is
  /// invalid; `block` is scratch space for samples
  template <class Source>
  void check_source(const B& on, const char* caller, const Source& source, ViewOf<B> block) {
    if constexpr (Model::classifies) {
      check_labels(caller, source.labels(), source.size(), network_.output_rows());
    } else if constexpr (Model::reconstructs) {
      check_values<B>(on, caller, network_.head.layer, source, block);
    } else {
      check_target_rows(caller, network_, source);
      if constexpr (requires { source.target_rows(); })
        check_values<B>(on, caller, network_.head.layer, TargetsOf<Source>{source}, view_of(targets_),
                        "the targets");
    }
  }

  /// Targets that are far from mean 0 and variance 1, if they are real numbers.
  template <class Source>
  void warn(const B& on, const Source& source, std::uint64_t seed, std::vector<std::string>& warnings) {
    if constexpr (!Model::classifies && !Model::reconstructs && requires { source.target_rows(); }) {
      std::vector<Index> rows;
      for_each_real_row(network_.head.layer, [&](Index r) { rows.push_back(r); });
      warn_of_scales<B>(on, TargetsOf<Source>{source}, rows, seed, view_of(targets_), "the targets",
                        warnings);
    }
  }

  /// Records the losses of the current n samples, whose activations are those of `forward`. They stay in the
  /// backend's memory until many have accumulated, so that no batch waits for them.
  void measure(const B& on, Activations<B>& activations, Loss loss, Index n, std::span<const double> weights,
               double mean_weight) {
    if (noted() + n > losses_.cols()) add_up(on);
    const auto losses = view_of(losses_).columns(noted(), n),
               distances = view_of(distances_).columns(noted(), n);
    for (Index i = 0; i < n; ++i) weights_.push_back(weight_of(weights, mean_weight, i));
    on.fill(losses, 0);
    on.fill(distances, 0);
    if constexpr (Model::classifies) {  // 1 if the most probable class is the right one
      const auto decided = view_of(decided_).columns(0, n);
      mode(on, network_.head.layer, ConstViewOf<B>(activations.head.input).columns(0, n), decided);
      on.dot_columns(1, decided, targets(n), distances);
    } else {
      add_squared_error(on, activations, targets(n), 1, distances);
    }
    if (loss == Loss::squared_error) {
      add_squared_error(on, activations, targets(n), T(0.5), losses);
    } else {
      add_cross_entropy(on, network_, activations, targets(n), losses);
    }
  }
  /// Adds the recorded losses to the sums, which are kept in double precision on the host.
  void add_up(const B& on) {
    if (noted() == 0) return;
    const auto here = [&](Index row) { return View<T>(host_).columns(row * losses_.cols(), noted()); };
    const View<T> losses = here(0), distances = here(1);
    on.download(ConstViewOf<B>(losses_).columns(0, noted()), losses);
    on.download(ConstViewOf<B>(distances_).columns(0, noted()), distances);
    for (Index i = 0; i < noted(); ++i) {
      const double weight = weights_[static_cast<std::size_t>(i)];
      const auto distance = static_cast<double>(distances(0, i));
      loss_ += weight * static_cast<double>(losses(0, i));
      distance_ += weight * (Model::classifies ? 1 - distance : distance);
    }
    weights_.clear();
  }
  /// The means over `count` samples, by name; resets the sums.
  std::vector<std::pair<std::string, double>> metrics(const B& on, double count) {
    add_up(on);
    std::vector<std::pair<std::string, double>> result{
        {"loss", loss_ / count}, {Model::classifies ? "error" : "squared_error", distance_ / count}};
    forget();
    return result;
  }
  /// Resets the sums.
  void forget() {
    loss_ = distance_ = 0;
    weights_.clear();
  }
  /// Its state after `add_up`, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("loss", loss_);
    f("distance", distance_);
  }

 private:
  // Presents a source's targets as samples.
  template <class Source>
  struct TargetsOf {
    const Source& source;
    Index size() const { return source.size(); }
    std::span<const double> weights() const { return weights_of(source); }
    void fill(const B& on, std::span<const Index> columns, ViewOf<B> out) const {
      source.fill_targets(on, columns, out);
    }
  };
  static double weight_of(std::span<const double> weights, double mean_weight, Index i) {
    return weights.empty() ? 1 : weights[static_cast<std::size_t>(i)] / mean_weight;
  }
  Index noted() const { return static_cast<Index>(weights_.size()); }
  void take_labels(const B& on, std::span<const int> labels) {
    one_hot_.write(on, labels, view_of(targets_).columns(0, static_cast<Index>(labels.size())));
  }

  const Model& network_;
  Matrix<B> targets_, losses_, distances_;
  HostMatrix<T> host_;           // losses and then distances, when they are added up
  std::vector<double> weights_;  // of the samples whose losses are recorded
  OneHot<B> one_hot_;            // a classifier's
  Matrix<B> decided_;            // likewise
  std::vector<int> labels_;
  double loss_ = 0, distance_ = 0;
};

}  // namespace harmonium::detail
