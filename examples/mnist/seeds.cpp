#include "seeds.hpp"

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <filesystem>
#include <optional>

#include "../kept.hpp"
#include "run.hpp"

namespace mnist {
namespace {

// The metrics of a finished run, if they are complete and were obtained with these settings.
std::optional<Json> kept_metrics(const Settings& settings) {
  const std::string path = settings.path("metrics.json");
  if (!std::filesystem::exists(path)) return {};
  const Json metrics = kept::read_json(path);
  if (!metrics.is_object()) return {};
  const Json wanted = described(settings);
  for (const auto& [name, value] : wanted.items())
    if (!metrics.contains(name) || metrics.at(name) != value) return {};
  return metrics;
}

Settings settings_of_seed(const Settings& settings, int i) {
  Settings own = settings;
  own.seed = settings.seed + static_cast<std::uint64_t>(i);
  own.output = settings.path("seed-" + std::to_string(own.seed));
  return own;
}

// The mode's number for each seed, their mean and standard deviation.
Json summary_of(const Settings& settings, const std::vector<Json>& runs) {
  const char* name = settings.mode->number;
  Json summary = {{"mode", settings.mode->name}, {"number", name}, {"seeds", Json::array()}};
  const auto count = static_cast<double>(runs.size());
  double mean = 0, seconds = 0, squares = 0;
  for (const Json& metrics : runs) {
    mean += metrics.at(name).get<double>() / count;
    seconds += metrics.at("seconds_total").get<double>();
    summary["seeds"].push_back(
        {{"seed", metrics.at("seed")}, {name, metrics.at(name)}, {"seconds", metrics.at("seconds_total")}});
  }
  for (const Json& metrics : runs) squares += std::pow(metrics.at(name).get<double>() - mean, 2);
  summary.update(
      {{"mean", mean}, {"standard_deviation", std::sqrt(squares / (count - 1))}, {"seconds", seconds}});
  return summary;
}

void print(const Json& summary) {
  std::vector<double> numbers;
  const auto name = summary.at("number").get<std::string>();
  for (const Json& seed : summary.at("seeds")) numbers.push_back(seed.at(name));
  const auto [least, most] = std::minmax_element(numbers.begin(), numbers.end());
  std::printf("%s of %zu seeds: mean %.5g, standard deviation %.2g, from %.5g to %.5g, %s in all\n",
              name.c_str(), numbers.size(), summary.at("mean").get<double>(),
              summary.at("standard_deviation").get<double>(), *least, *most,
              duration_text(summary.at("seconds")).c_str());
}

}  // namespace

void run_seeds(const Settings& settings, const Mnist& mnist) {
  if (settings.seeds == 1) {
    settings.mode->run(settings, mnist);
    return;
  }
  std::vector<Json> runs;
  for (int i = 0; i < settings.seeds; ++i) {
    const Settings own = settings_of_seed(settings, i);
    // The program was asked to end between phases.
    if (i > 0 && settings.group.any(StopOnInterrupt::requested())) throw Interrupted{own.checkpoint()};
    std::optional<Json> metrics;
    if (settings.resume) metrics = kept_metrics(own);
    std::printf("seed %llu%s\n", static_cast<unsigned long long>(own.seed),
                metrics ? ": its metrics are complete" : "");
    runs.push_back(metrics ? *metrics : settings.mode->run(own, mnist));
  }
  if (!settings.group.is_first()) return;
  const Json summary = summary_of(settings, runs);
  write_file(settings.path("summary.json"), summary.dump(2) + '\n');
  print(summary);
}

}  // namespace mnist
