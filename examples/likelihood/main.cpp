// How well do RBMs and a DBN model handwritten digits? Trains the models of the table, and reports the
// probability that each assigns to test digits: a mean logarithm, in nats, with an error and a verdict on
// whether to trust it.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <harmonium/io.hpp>
#include <optional>
#include <variant>

#include "../kept.hpp"
#include "../options.hpp"
#include "judge.hpp"

using namespace likelihood;

namespace {

struct Settings {
  std::string data = "build/mnist/data", output = "results", only;
  int hold_out = 0, threads = 0, epochs = 0, steps = 0;
  double rate = 0;
  std::uint64_t seed = 1;
  bool quick = false;
  Judging judging = {};
};

using AnyModel = std::variant<BinaryRbm, BinaryDbn>;

// Trains and evaluates models, unless the output folder already has them.
class Table {
 public:
  explicit Table(const Settings& settings)
      : settings_(settings),
        on_(settings.threads == 0 ? Cpu<float>::all() : Cpu<float>(settings.threads)),
        recipes_(recipes(settings.quick)) {
    require_writable_folder(settings_.output);
    for (Recipe& recipe : recipes_)
      if (recipe.name == settings_.only) {
        if (settings_.epochs > 0) recipe.epochs = settings_.epochs;
        if (settings_.steps > 0) recipe.steps = settings_.steps;
        if (settings_.rate > 0) recipe.rate = settings_.rate;
      }
    records_ = read_records(path("likelihood.json"));
  }

  void run() {
    for (const Recipe& recipe : recipes_)
      if (settings_.only.empty() ? recipe.by_default : recipe.name == settings_.only) add(recipe);
  }

 private:
  std::string path(const std::string& file) const { return settings_.output + '/' + file; }

  const Recipe& recipe(const std::string& name) const {
    return *std::find_if(recipes_.begin(), recipes_.end(), [&](const Recipe& r) { return r.name == name; });
  }

  // All digits with pixels of a kind, read on first use.
  const Digits& digits(Pixels pixels) {
    auto& kept = digits_[pixels == Pixels::drawn];
    if (kept) return *kept;
    const Mnist mnist = read_mnist(settings_.data);
    Digits made = pixels == Pixels::drawn
                      ? Digits{sample_binary(mnist.train, 1), sample_binary(mnist.test, 2)}
                      : Digits{binarize(mnist.train), binarize(mnist.test)};
    if (settings_.hold_out > 0) std::tie(made.test, made.train) = split(made.train, settings_.hold_out, 0);
    if (settings_.quick) made.train = split(made.train, 5000, 1).first;
    if (pixels == Pixels::drawn) save_pixels(made.test);
    return kept.emplace(std::move(made));
  }

  // Lets another program evaluate the same draws.
  void save_pixels(const Dataset& test) const {
    const auto pixels = test.to_matrix<std::uint8_t>();
    write_safetensors(
        path("drawn-digits.safetensors"),
        {{},
         {make_tensor(
             "pixels", {static_cast<std::uint64_t>(pixels.cols()), static_cast<std::uint64_t>(pixels.rows())},
             std::span<const std::uint8_t>(pixels.data(), static_cast<std::size_t>(pixels.size())))}});
  }

  Json settings_of(const Recipe& recipe) {
    Json own = likelihood::settings_of(recipe, digits(recipe.pixels).train.size(), settings_.hold_out,
                                       settings_.seed);
    if (!recipe.below.empty()) own["below"] = settings_of(this->recipe(recipe.below));
    return own;
  }

  // The model of a recipe: from its file if that is complete and was made with the same settings, otherwise
  // trained and saved. Sets `seconds` to the training time.
  AnyModel make(const Recipe& recipe, double& seconds) {
    const std::string file = path(recipe.name + ".safetensors"), settings = settings_of(recipe).dump();
    const auto use = [&](auto&& found) {
      seconds = found.seconds;
      std::printf("%s: its file is complete\n", recipe.name.c_str());
      return AnyModel(std::move(found.model));
    };
    if (recipe.below.empty()) {
      if (auto found = kept::find<BinaryRbm>(file, settings)) return use(*found);
    } else if (auto found = kept::find<BinaryDbn>(file, settings)) {
      return use(*found);
    }
    const Dataset& train = digits(recipe.pixels).train;
    double below_seconds = 0;
    AnyModel model;
    if (recipe.below.empty()) {
      const Timer timer;
      model = train_rbm(recipe, train, settings_.seed, on_);
      seconds = timer.seconds();
    } else {
      const AnyModel below = make(this->recipe(recipe.below), below_seconds);
      const Timer timer;
      model = train_dbn(recipe, std::get<BinaryRbm>(below), train, settings_.seed, on_);
      seconds = timer.seconds();
    }
    std::visit([&](const auto& m) { kept::keep(file, m, settings, seconds); }, model);
    return model;
  }

  void add(const Recipe& recipe) {
    const std::string file = recipe.name + ".safetensors";
    Json how = settings_of(recipe);
    double seconds = 0;
    const AnyModel model = make(recipe, seconds);
    how["chains"] = settings_.judging.chains;
    how["temperatures"] = settings_.judging.temperatures;
    how["start_steps"] = settings_.judging.start_steps;
    const auto same = [&](const Json& record) { return record.at("model") == recipe.name; };
    auto record = std::find_if(records_.begin(), records_.end(), same);
    if (record == records_.end() || record->at("settings") != how) {
      const Timer timer;
      Json made = {{"model", recipe.name},
                   {"data", settings_.hold_out > 0 ? "MNIST, training digits kept aside" : "MNIST, test set"},
                   {"binarisation", text_of(recipe.pixels)}};
      made.update(std::visit(
          [&](const auto& m) { return judge(m, digits(recipe.pixels), settings_.judging, on_); }, model));
      made["seconds"] = seconds + timer.seconds();
      made["seconds_training"] = seconds;
      made["file"] = file;
      made["settings"] = how;
      if (record == records_.end()) {
        records_.push_back(std::move(made));
        record = records_.end() - 1;
      } else {
        *record = std::move(made);
      }
      write_file(path("likelihood.json"), records_.dump(2) + '\n');
    }
    write_file(path("likelihood.md"), table_of(records_));
    print(*record);
  }

  static void print(const Json& record) {
    const auto number = [&](const char* name) { return record.at(name).get<double>(); };
    std::printf("%s, pixels %s: log likelihood per digit is %.2f nats (training digits: %.2f), %s\n",
                record.at("model").get<std::string>().c_str(),
                record.at("binarisation").get<std::string>().c_str(), number("test_log_likelihood"),
                number("train_log_likelihood"), record.at("estimator").get<std::string>().c_str());
    std::printf("  log Z forward %.3f, reverse %.3f", number("log_z_forward"), number("log_z_reverse"));
    if (record.contains("exact_log_z")) std::printf(", exact %.3f", number("exact_log_z"));
    std::printf("; standard error %.3f; %s: %s; %.0f s\n", number("standard_error"),
                record.at("verdict").get<std::string>().c_str(),
                record.at("reason").get<std::string>().c_str(), number("seconds"));
    std::fflush(stdout);
  }

  const Settings& settings_;
  Cpu<float> on_;
  std::vector<Recipe> recipes_;
  std::optional<Digits> digits_[2];
  Json records_ = Json::array();
};

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{
      "Trains models of MNIST's digits, and reports the probability that they assign to unseen digits."};
  std::vector<std::string> names;
  for (const Recipe& recipe : recipes(false)) names.push_back(recipe.name);
  options::add_data(app, settings.data);
  app.add_option("--output", settings.output, "folder for models and results; models in it are reused")
      ->capture_default_str();
  auto* only =
      app.add_option("--only", settings.only, "train this model instead of those of the default table")
          ->check(CLI::IsMember(names));
  app.add_option("--epochs", settings.epochs, "number of epochs, instead of the model's own")
      ->check(CLI::Range(1, 1000000))
      ->needs(only);
  app.add_option("--steps", settings.steps, "steps of Gibbs sampling per update, instead of the model's own")
      ->check(CLI::Range(1, 1000000))
      ->needs(only);
  app.add_option("--rate", settings.rate, "learning rate, instead of the model's own")
      ->check(CLI::Range(1e-9, 1e9))
      ->needs(only);
  app.add_option("--hold-out", settings.hold_out,
                 "evaluate on this many held-out training digits, to choose settings")
      ->check(CLI::Range(0, 49999))
      ->capture_default_str();
  app.add_option("--chains", settings.judging.chains, "annealing chains, in each direction")
      ->check(CLI::Range(10, 1000000))
      ->capture_default_str();
  auto* temperatures =
      app.add_option("--temperatures", settings.judging.temperatures, "number of annealing temperatures")
          ->check(CLI::Range(1, 100000000))
          ->capture_default_str();
  options::add_seed(app, settings.seed);
  options::add_threads(app, settings.threads);
  app.add_flag("--quick", settings.quick, "all models, barely trained, in a minute");
  CLI11_PARSE(app, argc, argv);
  if (settings.quick && temperatures->empty()) settings.judging.temperatures = 500;
  return options::run("likelihood", [&] { Table(settings).run(); });
}
