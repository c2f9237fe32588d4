/// \file
/// Runs a network on data that it does not learn from, after each epoch. Goes before the observers that are
/// to see what comes out.
#pragma once

#include "../inference/networks/classification.hpp"
#include "../inference/networks/regression.hpp"
#include "../training/run/report.hpp"

namespace harmonium {

/// Adds the metrics `held_out_loss` (in nats) and, for a classifier, `held_out_error`, for any other network
/// `held_out_squared_error`.
///
///     HeldOut held_out{network, validation};
///     trainer.fit(train, held_out, EarlyStopping{.metric = "held_out_error"});
template <class Model, class Source>
class HeldOut {
  using B = typename Model::Backend;

 public:
  /// The network and the data must outlive this. The network is run on the data once at once, so that data
  /// that do not fit are found before training. \throws ShapeError, DataError as `evaluate`
  HeldOut(const Model& network, const Source& data, B on = B::all())
      : network_(network), data_(data), on_(std::move(on)) {
    static_cast<void>(evaluate(network_, data_, on_));
  }
  HeldOut(const Model& network, const Source&& data, B on = B::all()) = delete;  // it would not live on

  /// Measures.
  void operator()(EpochReport& report) {
    const auto result = evaluate(network_, data_, on_);
    if constexpr (Model::classifies) {
      report.metrics.emplace_back("held_out_loss", result.log_loss);
      report.metrics.emplace_back("held_out_error", result.error);
    } else {
      report.metrics.emplace_back("held_out_loss", result.loss);
      report.metrics.emplace_back("held_out_squared_error", result.squared_error);
    }
  }

 private:
  const Model& network_;
  const Source& data_;
  B on_;
};

}  // namespace harmonium
