// How good are the defaults? Six tasks are learned with nothing but defaults, with settings chosen by hand,
// and with every optimizer and chain policy at its own defaults.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "../kept.hpp"
#include "../options.hpp"
#include "study.hpp"

using namespace defaults;

namespace {

const std::vector<std::string> tasks = {"digits", "patches", "patches-shifted", "topics", "sites",
                                        "table",  "bars"};

struct Settings {
  std::string data = "build/mnist/data", output = "results", only, way;
  int hold_out = 0, threads = 0, temperatures = 40000, seeds = 10;
  std::uint64_t seed = 1;
  bool quick = false;
};

Json names_of(const std::string& task, const std::string& way) { return {{"task", task}, {"way", way}}; }

// Empty if there is no result.
std::string cell(kept::Results& results, const std::string& task, const std::string& way) {
  const Json record = results.find(names_of(task, way));
  if (record.is_null()) return "";
  if (!record.contains("test_log_likelihood")) return "-";
  std::ostringstream text;
  text << std::fixed << std::setprecision(2) << record.at("test_log_likelihood").get<double>();
  if (record.value("verdict", "") == "inconsistent") text << '?';
  return text.str();
}

template <class Model>
void run_task(Task<Model> task, const Settings& settings, const Study& study, const Cpu<float>& on,
              kept::Results& results) {
  hold_out(task.name, task.sets, settings.hold_out);
  std::vector<Way> ways = main_ways();
  if (task.name != "patches-shifted")
    for (const Way& way : policy_ways()) ways.push_back(way);
  for (const Way& way : ways) {
    if (!settings.way.empty() && settings.way != way.name) continue;
    Study how = study;
    const bool main = way.name == "defaults" || way.name == "tuned";
    if (!main) how.temperatures = std::max(100, study.temperatures / 10);
    const Options options = options_of(task.name, way, study);
    Json all = harmonium::settings(options);
    all["quick"] = study.quick;
    all["hold_out"] = settings.hold_out;
    all["temperatures"] = how.temperatures;
    results.add(names_of(task.name, way.name), all, [&]() -> Json {
      try {
        return learn(task, way, options, how, on);
      } catch (const ValueError& error) {  // Exact chains refuse a layer of many states
        return {{"verdict", error.what()}};
      }
    });
  }
}

void run_program(const Settings& settings, const Study& study, const Cpu<float>& on, kept::Results& results) {
  for (const ProgramRun& run : program_runs())
    for (int seed = 1; seed <= settings.seeds; ++seed) {
      const program::TrainSettings how = program_settings(run, static_cast<std::uint64_t>(seed));
      Json all = harmonium::settings(program::training_options(how, 0));
      all["quick"] = study.quick;
      results.add(names_of("program", run.name + ", seed " + std::to_string(seed)), all,
                  [&] { return learn_as_program(run, how, study, on); });
    }
}

// The tables in Markdown.
std::string text_of(kept::Results& results, int seeds) {
  std::ostringstream out;
  out << "task | independent columns | nothing but defaults | tuned | seconds, "
         "defaults\n---|---|---|---|---\n"
      << std::fixed << std::setprecision(0);
  for (const std::string& task : tasks) {
    const Json record = results.find(names_of(task, "defaults"));
    if (record.is_null()) continue;
    out << task;
    for (const Way& way : main_ways()) out << " | " << cell(results, task, way.name);
    out << " | " << record.value("seconds_training", 0.0) << '\n';
  }
  out << "\npolicy";
  for (const std::string& task : tasks)
    if (task != "patches-shifted") out << " | " << task;
  out << "\n---|---|---|---|---|---|---\n";
  std::vector<Way> rows = policy_ways();
  rows.insert(rows.begin(), main_ways().front());
  for (const Way& way : rows) {
    out << way.name;
    for (const std::string& task : tasks)
      if (task != "patches-shifted") out << " | " << cell(results, task, way.name);
    out << '\n';
  }
  out << "\n`harmonium train`, " << seeds << " seeds | worst | best\n---|---|---\n" << std::setprecision(2);
  for (const ProgramRun& run : program_runs()) {
    std::vector<double> all;
    for (int seed = 1; seed <= seeds; ++seed) {
      const Json record = results.find(names_of("program", run.name + ", seed " + std::to_string(seed)));
      if (!record.is_null()) all.push_back(record.at("test_log_likelihood").get<double>());
    }
    if (all.empty()) continue;
    const auto [worst, best] = std::minmax_element(all.begin(), all.end());
    out << run.name << " | " << *worst << " | " << *best << '\n';
  }
  return out.str();
}

void run(const Settings& settings) {
  require_writable_folder(settings.output);
  kept::Results results(settings.output + "/defaults.json");
  const Cpu<float> on = settings.threads == 0 ? Cpu<float>::all() : Cpu<float>(settings.threads);
  const Study study{
      .seed = settings.seed,
      .temperatures = settings.quick ? std::min(settings.temperatures, 1000) : settings.temperatures,
      .quick = settings.quick};
  const auto wanted = [&](const std::string& task) { return settings.only.empty() || settings.only == task; };
  const auto study_task = [&](auto task) { run_task(std::move(task), settings, study, on, results); };
  if (wanted("topics")) study_task(topics_task());
  if (wanted("sites")) study_task(sites_task());
  if (wanted("table")) study_task(table_task());
  if (wanted("bars")) study_task(bars_task());
  if (wanted("program")) run_program(settings, study, on, results);
  if (wanted("patches") || wanted("patches-shifted") || wanted("digits")) {
    const Mnist mnist = read_mnist(settings.data);
    const Sets grey{mnist.train, mnist.test};
    if (wanted("patches")) study_task(patches_task(grey, 0));
    if (wanted("patches-shifted")) study_task(patches_task(grey, 10));
    if (wanted("digits")) study_task(digits_task(grey));
  }
  const std::string text = text_of(results, settings.seeds);
  write_file(settings.output + "/defaults.md", text);
  std::printf("%s", text.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{
      "Trains small models of six kinds of data with nothing but defaults, and says how good they are"};
  options::add_data(app, settings.data);
  app.add_option("--output", settings.output, "folder for defaults.json and defaults.md")
      ->capture_default_str();
  std::vector<std::string> names = tasks;
  names.push_back("program");
  app.add_option("--only", settings.only, "a single task; program: the defaults of the program harmonium")
      ->check(CLI::IsMember(names));
  std::vector<std::string> ways;
  for (const auto& some : {main_ways(), policy_ways()})
    for (const Way& way : some) ways.push_back(way.name);
  app.add_option("--way", settings.way, "a single row: independent columns, defaults, tuned, or a policy")
      ->check(CLI::IsMember(ways));
  app.add_option("--hold-out", settings.hold_out,
                 "judge by this many held-out training samples, for choosing settings")
      ->check(CLI::Range(0, 49999))
      ->capture_default_str();
  app.add_option("--temperatures", settings.temperatures,
                 "of likelihoods that cannot be summed; a tenth of them in the table of policies")
      ->check(CLI::Range(100, 10'000'000))
      ->capture_default_str();
  app.add_option("--seeds", settings.seeds, "runs of the program's defaults, with seeds from 1 on")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  options::add_seed(app, settings.seed);
  options::add_threads(app, settings.threads);
  app.add_flag("--quick", settings.quick, "all tasks and policies, two epochs each");
  CLI11_PARSE(app, argc, argv);
  return options::run("defaults", [&] { run(settings); });
}
