// What train and evaluate do where there is a target.
#pragma once

#include "commands.hpp"
#include "model.hpp"

namespace program {

// The inputs of a predictor: missing values are averages given the known ones.
Samples inputs_of(const Model& model, const Samples& rows, std::uint64_t seed);

struct Supervised {
  std::unique_ptr<Predictor> predictor;
  harmonium::History history;
  nlohmann::ordered_json measures;  // of held-out rows if there are any
};
// Learns to predict from the rows whose target is known.
Supervised learn_target(const Model& model, const Column& target, const Samples& rows, const Answers& answers,
                        const Samples& held_out, const Answers& held_out_answers,
                        const TrainSettings& settings);

// Likewise of a model that has learned the target as one of its columns, by rows whose target is known.
Supervised judge_generative(const Model& model, const Columns& columns, const Column& target,
                            const Samples& rows, const Answers& answers, std::uint64_t seed);

// The command evaluate.
void evaluate_target(const LoadedModel& loaded, const CommonSettings& settings);

}  // namespace program
