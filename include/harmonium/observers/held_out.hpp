/// \file
/// Evaluates a network on held-out data after each epoch. Place it before the observers that use its metrics.
#pragma once

#include "../inference/networks/classification.hpp"
#include "../inference/networks/regression.hpp"
#include "../training/run/report.hpp"

namespace harmonium {

/// Adds the metric `held_out_loss` (in nats), and `held_out_error` for a classifier or
/// `held_out_squared_error` for any other network.
///
///     HeldOut held_out{network, validation};
///     trainer.fit(train, held_out, EarlyStopping{.metric = "held_out_error"});
template <class Model, class Source>
class HeldOut {
  using B = typename Model::Backend;

 public:
  /// The network and the data must outlive this. The network is evaluated once right away, so that unsuitable
  /// data are found before training. \throws ShapeError, DataError as `evaluate`
  HeldOut(const Model& network, const Source& data, B on = B::all())
      : network_(network), data_(data), on_(std::move(on)) {
    static_cast<void>(evaluate(network_, data_, on_));
  }
  HeldOut(const Model& network, const Source&& data, B on = B::all()) = delete;  // temporaries end too soon

  /// Evaluates the network.
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
