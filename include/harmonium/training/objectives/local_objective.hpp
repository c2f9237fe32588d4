/// \file
/// The objective behind `PseudoLikelihood`, `RatioMatching`, `MinimumProbabilityFlow` and `ScoreMatching`:
/// the mean over samples of a value that, like its gradient, is exact.
#pragma once

#include <algorithm>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "../../core/host_matrix.hpp"
#include "../gradient/missing_entries.hpp"
#include "../gradient/phase_weights.hpp"
#include "../local_options.hpp"
#include "../run/first_pass.hpp"
#include "../run/reconstruction_error.hpp"
#include "../run/scale_warnings.hpp"
#include "../trainer.hpp"

namespace harmonium {

/// See training/objective.hpp. A `Kind` says which objective it is:
///
/// - `trainer`, `metric`: its names in errors and reports
/// - `sign`: 1 if the reported metric should be large, -1 if it is a cost
/// - `Gradient<Model>`: scratch memory
/// - `add(gradient, on, model, state, weights, sum)`, `add_values(gradient, on, model, state, factor, out)`
template <class Model_, class Options_, class Kind>
class LocalObjective {
 public:
  using Model = Model_;                     ///< what is trained
  using Options = Options_;                 ///< its options
  using Backend = typename Model::Backend;  ///< where the model lives

  /// \throws ValueError if an option is out of range, or requires something that the model does not have
  static void check(const Options& options) { detail::check_local_options<Model>(Kind::trainer, options); }
  /// Allocates memory for batches of `options.batch_size` samples.
  LocalObjective(const Backend& /*on*/, const Model& model, const Options& options)
      : most_(options.batch_size),
        state_(make_state(model, most_)),
        work_(make_workspace(model, most_)),
        weights_(most_),
        local_(model, most_),
        values_(1, most_) {}

  /// The buffer for n samples, rows x n.
  ViewOf<Backend> samples(Index n) { return state_.columns(0, n).visible; }

  /// \throws DataError if a unit does not accept one of its numbers
  template <class Source>
  void check_source(const Backend& on, const char* caller, const Options& /*options*/, const Model& model,
                    const Source& source) {
    static_assert(
        !SourceWithMissing<Source, Backend>,
        "a local objective needs every entry: data with missing ones are for ContrastiveDivergence");
    detail::check_values<Backend>(on, caller, model.visible, source, samples(most_), options.pseudo_count);
  }
  /// Fresh biases start at the data's means.
  template <class Source>
  void prepare(const Backend& on, const Options& options, Model& model, const Source& source) {
    if (options.fit_visible_biases) detail::start_at_means<Backend>(on, model, source, samples(most_));
  }
  /// \throws ValueError if entries are missing
  void take(const Backend& /*on*/, const Model& /*model*/,
            const Batch<ScalarOf<Backend>, typename Backend::Memory>& batch) {
    harmonium::check<ValueError>(batch.known.cols == 0, "step: ", Kind::trainer,
                                 " needs every entry; data with missing ones are for ContrastiveDivergence");
  }

  /// The gradient of the samples' weighted mean value.
  void set_gradient(const Backend& on, const Options& /*options*/, const Model& model, const Update& update,
                    Model& gradient) {
    samples_ = update.samples;
    const auto states = state_.columns(0, samples_);
    total_ = weights_.write(on, samples_, update.weights, update.mean_weight);
    refresh(on, model, states);
    set_zero(on, gradient);
    Kind::add(local_, on, model, states, weights_.columns(0, samples_), gradient);
  }
  /// The last update's samples.
  BatchStates<Model> batch() {
    return {state_.columns(0, samples_), weights_.columns(0, samples_), total_, work_};
  }

  /// The objective and the reconstruction error over up to 1000 samples drawn once by the seed, and the norm
  /// of the last gradient.
  template <class Source>
  void report(const Backend& on, const Options& options, const Model& model, const Source& source,
              const Model& gradient, std::vector<std::pair<std::string, double>>& metrics) {
    metrics = {
        {Kind::metric, mean_value(on, model, source, options.seed)},
        {"reconstruction_error", detail::reconstruction_error(
                                     on, model, source, most_, options.seed,
                                     [&](Index n) { return state_.columns(0, n); }, work_, reconstructed_)},
        {"gradient_norm", norm(on, gradient)}};
  }
  /// Rows of real numbers that are far from mean 0 and variance 1.
  template <class Source>
  void warn(const Backend& on, const Options& options, const Model& model, const Source& source,
            std::vector<std::string>& warnings) {
    detail::warn_of_layer_scales<Backend>(on, model.visible, source, options.seed, samples(most_), warnings);
  }

 private:
  // Averages by sample weights.
  template <class Source>
  double mean_value(const Backend& on, const Model& model, const Source& source, std::uint64_t seed) {
    using T = ScalarOf<Backend>;
    const std::span<const double> weights = weights_of(source);
    HostMatrix<T> host(1, most_);
    double sum = 0, total = 0;
    detail::for_each_block(
        detail::random_samples(source, 1000, seed), most_, [&](std::span<const Index> columns) {
          const auto n = static_cast<Index>(columns.size());
          const auto states = state_.columns(0, n);
          const auto values = view_of(values_).columns(0, n);
          source.fill(on, columns, states.visible);
          refresh(on, model, states);
          on.fill(values, 0);
          Kind::add_values(local_, on, model, states, Kind::sign, values);
          on.download(values, View<T>(host).columns(0, n));
          for (Index c = 0; c < n; ++c) {
            const auto sample = static_cast<std::size_t>(columns[static_cast<std::size_t>(c)]);
            const double weight = weights.empty() ? 1 : weights[sample];
            sum += weight * static_cast<double>(host(0, c));
            total += weight;
          }
        });
    return sum / total;
  }

  Index most_;         // samples of a full batch
  Index samples_ = 0;  // of the last update
  double total_ = 1;   // their weight
  typename Model::State state_;
  typename Model::Workspace work_;
  detail::PhaseWeights<Backend> weights_;
  typename Kind::template Gradient<Model> local_;
  Matrix<Backend> values_, reconstructed_;
};

}  // namespace harmonium
