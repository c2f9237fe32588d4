#include <harmonium/io/report/learning_curves.hpp>

#include "support/catch.hpp"

using namespace harmonium;

namespace {

constexpr double no_number = std::numeric_limits<double>::quiet_NaN();

// A history of one phase, with one metric.
History history(const std::string& phase, const std::string& metric, const std::vector<double>& values) {
  History made;
  for (std::size_t i = 0; i < values.size(); ++i)
    made.epochs.push_back(
        {.phase = phase, .epoch = static_cast<int>(i + 1), .rate = 0.1, .metrics = {{metric, values[i]}}});
  return made;
}

std::vector<std::string> names(const LearningChart& chart) {
  std::vector<std::string> all;
  for (const Curve& curve : chart.curves) all.push_back(curve.name);
  return all;
}

}  // namespace

TEST_CASE("a metric is a chart, a phase is a curve", "[io][learning_curves]") {
  const std::vector<History> runs = {history("rbm 1", "reconstruction_error", {3, 2, 1}),
                                     history("rbm 2", "reconstruction_error", {5, 4})};
  const LearningCurves all = learning_curves(runs);
  REQUIRE(all.charts.size() == 1);
  CHECK(all.charts[0].options.title == "Reconstruction error");
  CHECK(names(all.charts[0]) == std::vector<std::string>{"rbm 1", "rbm 2"});
  CHECK(all.charts[0].curves[0].x == std::vector<double>{1, 2, 3});
  CHECK(all.charts[0].curves[1].y == std::vector<double>{5, 4});
  CHECK(all.constant == std::vector<std::pair<std::string, std::string>>{{"rate", "0.1"}});
  // Phases within one history are told apart too.
  History both = runs[0];
  both.epochs.insert(both.epochs.end(), runs[1].epochs.begin(), runs[1].epochs.end());
  CHECK(names(learning_curves(std::span(&both, 1)).charts.at(0)) ==
        std::vector<std::string>{"rbm 1", "rbm 2"});
  // A single phase needs no name.
  CHECK(names(learning_curves(std::span(runs.data(), 1)).charts.at(0)) == std::vector<std::string>{""});
}

TEST_CASE("held-out metrics are dashed next to those of training", "[io][learning_curves]") {
  History run = history("fine-tuning", "error", {0.3, 0.2, 0.1});
  for (EpochReport& report : run.epochs) report.metrics.emplace_back("held_out_error", 0.4 / report.epoch);
  for (EpochReport& report : run.epochs) report.metrics.emplace_back("held_out_other", report.epoch);
  const LearningCurves all = learning_curves(std::span(&run, 1));
  REQUIRE(all.charts.size() == 2);
  CHECK(names(all.charts[0]) == std::vector<std::string>{"training", "held out"});
  CHECK(!all.charts[0].curves[0].dashed);
  CHECK(all.charts[0].curves[1].dashed);
  CHECK(all.charts[0].curves[1].colour == all.charts[0].curves[0].colour);
  CHECK(all.charts[1].options.title == "Held out other");
}

TEST_CASE("metrics without a curve are listed", "[io][learning_curves]") {
  History run = history("a", "dead_units", {0, 0, 0});
  for (EpochReport& report : run.epochs) report.metrics.emplace_back("broken", no_number);
  run.epochs[1].metrics.emplace_back("half", no_number);
  run.epochs[2].metrics.emplace_back("half", 1.5);
  const LearningCurves all = learning_curves(std::span(&run, 1));
  CHECK(all.charts.empty());
  CHECK(all.constant ==
        std::vector<std::pair<std::string, std::string>>{
            {"dead_units", "0"}, {"broken", "not a number"}, {"half", "1.5"}, {"rate", "0.1"}});
  CHECK(learning_curves({}).charts.empty());
}

TEST_CASE("positive metrics with a wide range get a logarithmic axis", "[io][learning_curves]") {
  const auto scale = [](const std::vector<double>& values) {
    const History run = history("a", "x", values);
    return learning_curves(std::span(&run, 1)).charts.at(0).options.y_scale;
  };
  CHECK(scale({100, 1}) == AxisScale::logarithmic);
  CHECK(scale({40, 1}) == AxisScale::linear);
  CHECK(scale({100, 0}) == AxisScale::linear);
  CHECK(scale({100, -1}) == AxisScale::linear);
}

TEST_CASE("a repeated warning is listed once, with its epochs", "[io][learning_curves]") {
  History run = history("rbm 1", "x", {1, 2, 3, 4, 5, 6});
  for (int epoch : {2, 3, 4})
    run.epochs[static_cast<std::size_t>(epoch - 1)].warnings = {"over-fitting for " + std::to_string(epoch) +
                                                                " epochs, by 1.5e-3"};
  run.epochs[5].warnings = {"over-fitting for 1 epochs, by 2", "another"};
  CHECK(warnings_of(std::span(&run, 1)) ==
        std::vector<std::string>{"rbm 1, epochs 2 to 4: over-fitting for 4 epochs, by 1.5e-3",
                                 "rbm 1, epoch 6: over-fitting for 1 epochs, by 2",
                                 "rbm 1, epoch 6: another"});
  CHECK(warnings_of({}).empty());
}
