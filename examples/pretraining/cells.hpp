// Results of one run of fine-tuning after an epoch, published results, and summaries of several runs.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <tuple>
#include <vector>

namespace pretraining {

using Json = nlohmann::ordered_json;

struct Measured {
  double accuracy = 0, loss = 0, reference_loss = 0;
};

// A run's state after an epoch.
struct Cell {
  std::string table, variant;
  std::uint64_t seed = 0;
  int epoch = 0;
  Measured test = {}, train = {};
};

inline bool operator<(const Cell& a, const Cell& b) {
  return std::tie(a.table, a.variant, a.seed, a.epoch) < std::tie(b.table, b.variant, b.seed, b.epoch);
}
inline void to_json(Json& json, const Cell& cell) {
  json = {{"table", cell.table},
          {"variant", cell.variant},
          {"seed", cell.seed},
          {"epoch", cell.epoch},
          {"test_accuracy", cell.test.accuracy},
          {"train_accuracy", cell.train.accuracy},
          {"test_loss", cell.test.loss},
          {"train_loss", cell.train.loss},
          {"reference_test_loss", cell.test.reference_loss},
          {"reference_train_loss", cell.train.reference_loss}};
}
inline void from_json(const Json& json, Cell& cell) {
  json.at("table").get_to(cell.table);
  json.at("variant").get_to(cell.variant);
  json.at("seed").get_to(cell.seed);
  json.at("epoch").get_to(cell.epoch);
  json.at("test_accuracy").get_to(cell.test.accuracy);
  json.at("train_accuracy").get_to(cell.train.accuracy);
  json.at("test_loss").get_to(cell.test.loss);
  json.at("train_loss").get_to(cell.train.loss);
  json.at("reference_test_loss").get_to(cell.test.reference_loss);
  json.at("reference_train_loss").get_to(cell.train.reference_loss);
}

// A published table: the reference's loss on test and training digits, and its accuracy, after each of five
// epochs.
struct Published {
  struct Row {
    double test_loss, train_loss, test_accuracy, train_accuracy;
  };
  std::string_view table, title;
  std::array<Row, 5> rows;
};
inline constexpr std::array<Published, 5> published_tables = {{
    {"A",
     "784-2500-10, not pre-trained",
     {{{1.7934, 1.7902, 0.6681, 0.6720},
       {1.7031, 1.6950, 0.7594, 0.7689},
       {1.6146, 1.6079, 0.8499, 0.8563},
       {1.5482, 1.5392, 0.9174, 0.9269},
       {1.5277, 1.5183, 0.9369, 0.9462}}}},
    {"B",
     "784-2500-10, pre-trained",
     {{{1.5359, 1.5311, 0.9349, 0.9391},
       {1.5150, 1.5071, 0.9525, 0.9603},
       {1.5091, 1.4990, 0.9563, 0.9666},
       {1.5040, 1.4926, 0.9603, 0.9723},
       {1.4976, 1.4844, 0.9669, 0.9797}}}},
    {"C",
     "784-512-128-64-10, not pre-trained",
     {{{1.7657, 1.7621, 0.7412, 0.7450},
       {1.6474, 1.6425, 0.8316, 0.8370},
       {1.6080, 1.6018, 0.8528, 0.8602},
       {1.5416, 1.5339, 0.9267, 0.9341},
       {1.5253, 1.5154, 0.9398, 0.9495}}}},
    {"D",
     "784-512-128-64-10, pre-trained",
     {{{1.5660, 1.5633, 0.9290, 0.9311},
       {1.5216, 1.5138, 0.9505, 0.9579},
       {1.5103, 1.4992, 0.9567, 0.9685},
       {1.5038, 1.4899, 0.9618, 0.9756},
       {1.4999, 1.4846, 0.9648, 0.9791}}}},
    {"E",
     "the networks of D, five more epochs on binarized digits",
     {{{1.5001, 1.4835, 0.9633, 0.9796},
       {1.4980, 1.4808, 0.9640, 0.9821},
       {1.4971, 1.4783, 0.9655, 0.9841},
       {1.4956, 1.4762, 0.9671, 0.9860},
       {1.4930, 1.4740, 0.9695, 0.9877}}}},
}};

// A quantity over several seeds: its mean, its standard error, and the half-width of its 95 % interval
// (Student's t). With one seed there is no error.
struct Summary {
  double mean = 0, error = std::nan(""), interval = std::nan("");
  std::size_t count = 0;
};

// The 97.5 % quantile of Student's t: exact to the digits given, then by its expansion in 1 / freedom.
inline double student(std::size_t freedom) {
  static constexpr double exact[] = {12.7062, 4.3027, 3.1824, 2.7764, 2.5706, 2.4469, 2.3646, 2.3060, 2.2622};
  if (freedom <= std::size(exact)) return exact[freedom - 1];
  const double z = 1.959964, n = static_cast<double>(freedom);
  return z + (z * z * z + z) / (4 * n) + (5 * std::pow(z, 5) + 16 * std::pow(z, 3) + 3 * z) / (96 * n * n);
}

inline Summary summary_of(const std::vector<double>& numbers) {
  Summary summary{.count = numbers.size()};
  const auto n = static_cast<double>(numbers.size());
  for (const double x : numbers) summary.mean += x / n;
  if (numbers.size() < 2) return summary;
  double squares = 0;
  for (const double x : numbers) squares += (x - summary.mean) * (x - summary.mean);
  summary.error = std::sqrt(squares / (n - 1) / n);
  summary.interval = student(numbers.size() - 1) * summary.error;
  return summary;
}

// 0.9642 +- 0.0003
inline std::string text_of(const Summary& summary) {
  char text[64];
  std::snprintf(text, sizeof text, summary.count < 2 ? "%.4f" : "%.4f ± %.4f", summary.mean, summary.error);
  return text;
}

// A difference, with the half-width of its 95 % interval.
inline std::string difference_text(const Summary& summary) {
  char text[64];
  std::snprintf(text, sizeof text, summary.count < 2 ? "%+.4f" : "%+.4f ± %.4f", summary.mean,
                summary.interval);
  return text;
}

}  // namespace pretraining
