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
  std::string distances, fixed, alphabet, unknown;  // of sequences
  double temperature = 1, weigh_within = 0.2;
  int unit = 0;
  int header = -1;  // does the first row of a CSV file name its columns? -1: find out
  bool fill_in = false, expected = false;
};

// The table of the settings; its header is found by the names that its columns may have.
RawTable open_table(const CommonSettings& settings, const Columns& columns = {}, const Column& target = {});

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
// Of sequences only.
void run_scan(const CommonSettings& settings);
void run_contacts(const CommonSettings& settings);
void run_logo(const CommonSettings& settings);

}  // namespace program
