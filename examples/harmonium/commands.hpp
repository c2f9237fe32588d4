// The program's commands.
#pragma once

#include "columns.hpp"
#include "settings.hpp"

namespace program {

struct CommonSettings {
  std::string data, array, model, run, output = "-", folder = "results", given, training_data;
  TrainSettings train;
  JudgeSettings judge;
  Columns columns;  // of a run file
  int count = 100, steps = 1000, index_base = 1, samples = 0;
  bool fill_in = false, expected = false;
};

// Looks for --run among the arguments and takes the settings from that file.
void read_run_file(int argc, const char* const* argv, CommonSettings& settings);

void run_train(const CommonSettings& settings);
void run_evaluate(const CommonSettings& settings);
void run_predict(const CommonSettings& settings);
void run_sample(const CommonSettings& settings);
void run_score(const CommonSettings& settings);
void run_encode(const CommonSettings& settings);
void run_reconstruct(const CommonSettings& settings);
void run_report(const CommonSettings& settings);

}  // namespace program
