// Compares pseudo-likelihood, ratio matching, minimum probability flow and score matching with contrastive
// divergence, by the exact log likelihood of test samples under models trained by each.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>

#include "../options.hpp"
#include "study.hpp"

using namespace objectives;

namespace {

struct Settings {
  std::string data = "build/mnist/data", output = "results", only_data, only_objective;
  int hold_out = 0, threads = 0, epochs = 0;
  double rate = 0;
  std::uint64_t seed = 1;
  bool quick = false;
};

// The digits as they are; on request, some of the training digits are held out and replace the test digits.
Sets read_digits(const Settings& settings) {
  const Mnist mnist = read_mnist(settings.data);
  Sets sets{mnist.train, mnist.test};
  if (settings.hold_out > 0) std::tie(sets.test, sets.train) = split(sets.train, settings.hold_out, 0);
  if (settings.quick) sets.train = split(sets.train, 10000, 1).first;
  return sets;
}

std::vector<Recipe> asked_for(const Settings& settings) {
  std::vector<Recipe> chosen;
  for (Recipe recipe : recipes(settings.quick)) {
    if (!settings.only_data.empty() && recipe.data != settings.only_data) continue;
    if (!settings.only_objective.empty() && recipe.objective != settings.only_objective) continue;
    if (settings.epochs > 0) recipe.epochs = settings.epochs;
    if (settings.rate > 0) recipe.rate = settings.rate;
    chosen.push_back(recipe);
  }
  return chosen;
}

// Results of an earlier run with the same settings are not computed again.
void run(const Settings& settings) {
  require_writable_folder(settings.output);
  kept::Results results(settings.output + "/objectives.json");
  const Cpu<float> on = settings.threads == 0 ? Cpu<float>::all() : Cpu<float>(settings.threads);
  const Sets grey = read_digits(settings), digits{binarize(grey.train), binarize(grey.test)},
             patches = patch_sets(grey);
  for (const Recipe& recipe : asked_for(settings)) {
    const Json how = settings_of(recipe, grey.train.size(), settings.hold_out, settings.seed);
    results.add({{"data", recipe.data}, {"objective", recipe.objective}}, how, [&] {
      return recipe.data == "digits" ? train_and_judge<Digits>(recipe, digits, settings.seed, on)
                                     : train_and_judge<Patches>(recipe, patches, settings.seed, on);
    });
    write_file(settings.output + "/objectives.md", table_of(results.all()));
  }
  std::printf("%s", table_of(results.all()).c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{
      "Trains small RBMs by each objective, and judges them by the exact log likelihood of test samples"};
  options::add_data(app, settings.data);
  app.add_option("--output", settings.output, "folder for objectives.json and objectives.md")
      ->capture_default_str();
  app.add_option("--only", settings.only_data, "digits or patches")
      ->check(CLI::IsMember({"digits", "patches"}));
  app.add_option("--objective", settings.only_objective, "a single objective, as named in the table");
  app.add_option("--epochs", settings.epochs, "instead of each row's own")->check(CLI::Range(1, 100000));
  app.add_option("--rate", settings.rate, "learning rate, instead of each row's own")
      ->check(CLI::Range(1e-9, 1e9));
  app.add_option("--hold-out", settings.hold_out,
                 "judge by this many held-out training digits, for choosing settings")
      ->check(CLI::Range(0, 49999))
      ->capture_default_str();
  options::add_seed(app, settings.seed);
  options::add_threads(app, settings.threads);
  app.add_flag("--quick", settings.quick, "all rows, briefly trained, in a minute");
  CLI11_PARSE(app, argc, argv);
  return options::run("objectives", [&] { run(settings); });
}
