#include "settings.hpp"

using namespace harmonium;

namespace program {

LearningOptions training_options(const TrainSettings& s, int layer) {
  check<ValueError>(s.hold_out >= 0 && s.hold_out <= 0.9, "hold-out is ", s.hold_out, ", expected 0 to 0.9");
  check<ValueError>(s.patience >= 0, "patience is ", s.patience, ", expected at least 0");
  check<ValueError>(s.patience == 0 || s.hold_out > 0, "patience needs held-out rows: hold-out is 0");
  check<ValueError>(s.final_rate >= 0, "final-rate is ", s.final_rate, ", expected at least 0");
  check<ValueError>(s.threads >= 0 && s.threads <= 1024, "threads is ", s.threads, ", expected 0 to 1024");
  check<ValueError>(s.epochs >= 1, "epochs is ", s.epochs, ", expected at least 1");
  check<ValueError>(!s.hidden.empty(), "hidden names no layer");
  for (const int units : s.hidden)
    check<ValueError>(units >= 1 && units <= 100'000, "hidden has a layer of ", units,
                      " units, expected 1 to 100000");
  LearningOptions options{.epochs = s.epochs,
                          .batch_size = s.batch_size,
                          .steps = s.steps,
                          .weight_decay = s.weight_decay,
                          .penalties = {.l1 = s.l1,
                                        .l1b = s.l1b,
                                        .sparsity = s.sparsity,
                                        .activity_target = s.activity_target,
                                        .max_norm = s.max_norm},
                          .max_gradient_norm = 10,
                          .centered = !s.plain_gradient,
                          .average_last = s.average_last,
                          .fit_visible_biases = layer > 0,
                          .seed = seed_of_layer(s.seed, static_cast<std::size_t>(layer)),
                          .phase = s.hidden.size() == 1 ? "training" : "layer " + std::to_string(layer + 1)};
  const Schedule rate = linear(s.rate, s.final_rate);
  if (s.chains == "cd") options.chains = DataChains{};
  if (s.chains == "pcd") options.chains = Persistent{.chains = s.chain_count};
  if (s.chains == "fast") options.chains = FastWeights{.chains = s.chain_count};
  if (s.chains == "tempered")
    options.chains = Tempered{.chains = s.chain_count, .temperatures = s.temperatures};
  if (s.chains == "trajectory") options.chains = Trajectory{.chains = s.chain_count};
  if (s.optimizer == "adam") options.optimizer = Adam{.rate = rate};
  if (s.optimizer == "momentum") options.optimizer = Momentum{.rate = rate, .momentum = s.momentum};
  if (s.optimizer == "nesterov") options.optimizer = Nesterov{.rate = rate, .momentum = s.momentum};
  if (s.optimizer == "sgd") options.optimizer = Sgd{.rate = rate};
  detail::check_contrastive_divergence_options(options);
  return options;
}

FineTuningOptions<> fine_tuning_options(const TrainSettings& s, bool classes) {
  const auto share = [](const char* name, double value) {
    check<ValueError>(value >= 0 && value < 1, name, " is ", value, ", expected at least 0 and below 1");
  };
  check<ValueError>(s.tune_epochs >= 1, "tune-epochs is ", s.tune_epochs, ", expected at least 1");
  check<ValueError>(s.tune_batch_size >= 1, "tune-batch-size is ", s.tune_batch_size,
                    ", expected at least 1");
  check<ValueError>(s.tune_rate > 0 && std::isfinite(s.tune_rate), "tune-rate is ", s.tune_rate,
                    ", expected a number above 0");
  check<ValueError>(s.tune_weight_decay >= 0 && std::isfinite(s.tune_weight_decay), "tune-weight-decay is ",
                    s.tune_weight_decay, ", expected at least 0");
  share("dropout", s.dropout);
  share("input-dropout", s.input_dropout);
  FineTuningOptions<> options{.epochs = s.tune_epochs,
                              .batch_size = s.tune_batch_size,
                              .optimizer = Adam{.rate = linear(s.tune_rate, 0)},
                              .weight_decay = s.tune_weight_decay,
                              .input_dropout = s.input_dropout,
                              .dropout = s.dropout,
                              .loss = classes ? Loss::likelihood : Loss::squared_error,
                              .average_last = 0.5,
                              .seed = s.seed,
                              .phase = "prediction"};
  detail::check_fine_tuning_options(options);
  return options;
}

}  // namespace program
