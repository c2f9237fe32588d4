// Do chains that follow their training path learn what other chains miss? RBMs learn data whose distribution
// is known exactly, with `Trajectory` and with persistent chains of the same cost (or, with --steps,
// another): a mixture of modes of unequal weight, and a lattice of spins at and below its critical
// temperature.
#include <CLI/CLI.hpp>
#include <cmath>
#include <cstdio>
#include <harmonium/core/timer.hpp>
#include <harmonium/data/toy/ising.hpp>
#include <harmonium/data/toy/planted_modes.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/exact/samples.hpp>
#include <harmonium/inference/principal_components.hpp>
#include <harmonium/inference/trajectory/replayed_sandwich.hpp>
#include <harmonium/io/pictures/tiles.hpp>
#include <harmonium/observers/progress_bar.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <string>
#include <vector>

#include "options.hpp"

using namespace harmonium;

namespace {

using Model = Rbm<Bernoulli, Bernoulli>;

struct Settings {
  std::string output = "results", only;
  int epochs = 0, steps = 0, threads = 0, sweeps = 0;
  double rate = 0, l1 = -1;
  std::uint64_t seed = 1;
  bool quick = false;
};

// How to learn a truth.
struct Recipe {
  int epochs, steps, persistent_steps;
  double rate, momentum, max_norm, l1, weight_scale;
};

Recipe with(Recipe recipe, const Settings& settings) {
  if (settings.quick) recipe.epochs = 2;
  if (settings.epochs > 0) recipe.epochs = settings.epochs;
  if (settings.steps > 0) recipe.persistent_steps = settings.steps;
  if (settings.rate > 0) recipe.rate = settings.rate;
  if (settings.l1 >= 0) recipe.l1 = settings.l1;
  return recipe;
}

struct Learned {
  Model model;
  FrozenPath<Model> path = {};  // of `Trajectory`
  double seconds = 0;
};

template <class Chains>
Learned learn(const Dataset& data, Index hidden, const Recipe& recipe, Chains chains,
              const Settings& settings, const Cpu<float>& on) {
  constexpr bool trajectory = std::is_same_v<Chains, Trajectory>;
  Learned learned{Model{{.visible = data.rows(),
                         .hidden = hidden,
                         .seed = settings.seed,
                         .weight_scale = recipe.weight_scale}}};
  const ContrastiveDivergenceOptions<Chains> options{
      .epochs = recipe.epochs,
      .batch_size = 100,
      .steps = trajectory ? recipe.steps : recipe.persistent_steps,
      .chains = chains,
      .optimizer = Momentum{.rate = linear(recipe.rate, 0), .momentum = recipe.momentum},
      .penalties = {.l1 = recipe.l1},
      .max_gradient_norm = recipe.max_norm,
      .average_last = 0.1,
      .seed = settings.seed,
      .phase = Chains::name};
  const Timer timer;
  ContrastiveDivergence<Model, ContrastiveDivergenceOptions<Chains>> trainer(learned.model, options, on);
  trainer.fit(data, ProgressBar{});
  learned.seconds = timer.seconds();
  if constexpr (trajectory) learned.path = frozen_path(trainer.chains().ladder());
  return learned;
}

// "0.351 (+0.4)": a share, and by how many standard errors it differs from that of the data.
std::string compared(double share, double expected, double error) {
  char text[64];
  std::snprintf(text, sizeof text, "%.3f (%+.1f)", share, (share - expected) / error);
  return text;
}

std::string say(const Replay<Cpu<float>>& r) {
  char text[128];
  std::snprintf(text, sizeof text, "%.0f %% born at the bottom of %zu rungs in %d sweeps", 100 * r.renewed,
                r.trade_rates.size(), r.sweeps);
  return text;
}

// How often each mode is sampled.
std::vector<double> shares(const PlantedModes& truth, const Eigen::MatrixXf& samples) {
  std::vector<double> result(truth.options().weights.size());
  for (const int mode : truth.modes_of(samples))
    result[static_cast<std::size_t>(mode)] += 1 / static_cast<double>(samples.cols());
  return result;
}

// How often samples are in each cell of a plane, as a column.
Eigen::VectorXd density(const Eigen::MatrixXd& codes, double reach, Index cells) {
  Eigen::VectorXd counts = Eigen::VectorXd::Zero(cells * cells);
  const auto cell = [&](double x) {
    return std::clamp(static_cast<Index>((x / reach + 1) / 2 * static_cast<double>(cells)), Index{0},
                      cells - 1);
  };
  for (Index c = 0; c < codes.cols(); ++c) counts(cell(codes(1, c)) * cells + cell(codes(0, c))) += 1;
  return counts.array().sqrt();  // so that rare modes are seen
}

// Five modes of weights from 0.4 to 0.05, 1,000 bits. 12 hidden units, so that both models are known exactly.
// The rate is small, since 1,000 biases together move the weight of a mode by many nats, and the first
// weights are large, so that hidden units tell modes apart before they saturate.
void learn_modes(const Settings& settings, const Cpu<float>& on) {
  const Recipe recipe = with({.epochs = 150,
                              .steps = 1,
                              .persistent_steps = 5,
                              .rate = 0.008,
                              .momentum = 0,
                              .max_norm = 0,
                              .l1 = 0,
                              .weight_scale = 0.3},
                             settings);
  const PlantedModes truth({.seed = 1});
  const Index samples = settings.quick ? 300 : 2000;
  const Dataset data = truth.draw(5000, 2), test = truth.draw(1000, 3);
  const double n = static_cast<double>(data.size());
  const Eigen::MatrixXf test_bits = test.to_matrix<float>();
  std::vector<double> expected(truth.options().weights.size());
  for (const int mode : data.labels()) expected[static_cast<std::size_t>(mode)] += 1 / n;

  const Learned own = learn(data, 12, recipe, Trajectory{}, settings, on),
                other = learn(data, 12, recipe, Persistent{.chains = 100}, settings, on);
  const auto r = replay(own.model, own.path,
                        {.samples = samples / 10, .most_sweeps = settings.sweeps, .seed = settings.seed}, on);
  const Eigen::MatrixXf by_own = exact_samples(own.model, samples, 5),
                        by_other = exact_samples(other.model, samples, 5);
  std::string text = "# Planted modes\n\nsamples of | seconds | nats per test sample";
  for (const double weight : truth.options().weights)
    text += " | mode of " + std::to_string(weight).substr(0, 4);
  text += "\n---|---|---";
  for (std::size_t k = 0; k < expected.size(); ++k) text += "|---";
  const auto row = [&](const std::string& name, const std::string& seconds, double nats,
                       const Eigen::MatrixXf& x) {
    char number[32];
    std::snprintf(number, sizeof number, "%.2f", nats);
    text += '\n' + name + " | " + seconds + " | " + number;
    const std::vector<double> found = shares(truth, x);
    for (std::size_t k = 0; k < expected.size(); ++k) {
      const double p = expected[k];
      text +=
          " | " + compared(found[k], p, std::sqrt(p * (1 - p) * (1 / static_cast<double>(x.cols()) + 1 / n)));
    }
  };
  const auto nats = [&](const Model& model) {
    return log_likelihood(model, test_bits, exact_log_z(model, Cpu<double>(on.threads())), on).mean();
  };
  const auto seconds = [](double x) { return std::to_string(static_cast<int>(std::lround(x))); };
  row("the truth", "", truth.log_likelihood(test_bits).mean(), test_bits);
  row("`Trajectory`, exact draws", seconds(own.seconds), nats(own.model), by_own);
  row("`Trajectory`, replayed", "", nats(own.model), r.visible);
  row("`Persistent`, exact draws", seconds(other.seconds), nats(other.model), by_other);
  text += "\n\nReplay: " + say(r) + ".\n";
  std::printf("%s\n", text.c_str());
  write_file(settings.output + "/planted-modes.md", text);

  const PrincipalComponents plane = principal_components(data, 2);
  const double reach = 2.5 * std::sqrt(plane.variances(0));
  constexpr Index cells = 60;
  Eigen::MatrixXd planes(cells * cells, 3);
  planes.col(0) = density(encode(plane, data), reach, cells);
  planes.col(1) = density(encode(plane, by_own.cast<double>()), reach, cells);
  planes.col(2) = density(encode(plane, by_other.cast<double>()), reach, cells);
  write_png(settings.output + "/planted-modes.png",
            tiles(planes, {.width = cells, .height = cells, .per_row = 3, .gap = 6, .scale = 4}));
}

// An Ising model of 8 x 8 spins. At a coupling of 0.5 spins agree over the whole lattice, up or down.
// Gradients are short, so that the first updates are not refused; the penalty keeps 8,000 weights from
// learning the noise of 10,000 samples.
void learn_ising(double coupling, const Settings& settings, const Cpu<float>& on) {
  const Recipe recipe = with({.epochs = 150,
                              .steps = 3,
                              .persistent_steps = 10,
                              .rate = 0.4,
                              .momentum = 0.5,
                              .max_norm = 1,
                              .l1 = 0.002,
                              .weight_scale = 0.01},
                             settings);
  const Ising truth(8, coupling);
  const Dataset data = truth.draw(10'000, 2), test = truth.draw(10'000, 3);
  const Eigen::MatrixXf test_bits = test.to_matrix<float>();
  const Index samples = settings.quick ? 100 : 1000;
  const Learned own = learn(data, 128, recipe, Trajectory{}, settings, on),
                other = learn(data, 128, recipe, Persistent{.chains = 100}, settings, on);
  const SandwichOptions judging{.betas = uniform_betas(settings.quick ? 100 : 3000), .seed = settings.seed};
  const Sandwich of_own = sandwich(own.model, data, own.path, judging, {.most_sweeps = settings.sweeps}, on),
                 of_other = sandwich(other.model, data, judging, on);
  const auto r = replay(own.model, own.path,
                        {.samples = samples, .most_sweeps = settings.sweeps, .seed = settings.seed}, on);
  const Eigen::MatrixXf by_other =
      generate(other.model, {.samples = samples, .steps = 1000, .seed = settings.seed}, on);
  char line[256];
  std::snprintf(line, sizeof line, "# Ising, 8 x 8, K = %.4f (entropy %.3f nats)\n\n", coupling,
                truth.entropy());
  std::string text = line;
  text += "samples of | seconds | nats below the truth, test | log Z | mean magnetization (in errors)\n";
  text += "---|---|---|---|---";
  const auto row = [&](const char* name, double seconds, const Model* model, const Sandwich& s,
                       const Eigen::MatrixXf& x) {
    const Eigen::VectorXd m = (2 * x.cast<double>().colwise().mean().array() - 1).transpose();
    const double error = std::sqrt((m.array() - m.mean()).square().mean() / static_cast<double>(m.size()));
    const double short_by =
        model == nullptr
            ? 0
            : (truth.log_likelihood(test_bits) - log_likelihood(*model, test_bits, s.log_z, on)).mean();
    std::snprintf(line, sizeof line, "\n%s | %.0f | %.3f | %s | %s", name, seconds, short_by,
                  model == nullptr ? "exact"
                  : s.consistent() ? "consistent"
                                   : "inconsistent",
                  compared(m.mean(), 0, error).c_str());
    text += line;
  };
  row("the truth", 0, nullptr, {}, test_bits);
  row("`Trajectory`, replayed", own.seconds, &own.model, of_own, r.visible);
  row("`Persistent`, 1,000 steps", other.seconds, &other.model, of_other, by_other);
  text += "\n\n`Trajectory`: " + of_own.reason + ".\n\n`Persistent`: " + of_other.reason +
          ".\n\nReplay: " + say(r) + ".\n";
  std::printf("%s\n", text.c_str());
  std::snprintf(line, sizeof line, "/ising-%.4f.md", coupling);
  write_file(settings.output + line, text);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{
      "Learns data whose distribution is known exactly, with chains that follow the training path and "
      "with persistent ones."};
  app.add_option("--output", settings.output, "folder for tables and the picture; created if necessary")
      ->capture_default_str();
  app.add_option("--only", settings.only, "one of the truths")
      ->check(CLI::IsMember({"modes", "critical", "ordered"}));
  app.add_option("--epochs", settings.epochs, "instead of the study's own")->check(CLI::Range(1, 1000000));
  app.add_option("--steps", settings.steps, "of persistent chains per update, instead of the study's own")
      ->check(CLI::Range(1, 1000000));
  app.add_option("--rate", settings.rate, "learning rate, instead of the study's own")
      ->check(CLI::Range(1e-9, 1e9));
  app.add_option("--l1", settings.l1, "penalty, instead of the study's own")->check(CLI::Range(0.0, 1e3));
  app.add_option("--sweeps", settings.sweeps, "over the training path at most, for a replay; 0: 2000")
      ->check(CLI::Range(0, 1000000));
  options::add_seed(app, settings.seed);
  options::add_threads(app, settings.threads);
  app.add_flag("--quick", settings.quick, "barely trained, in a minute");
  CLI11_PARSE(app, argc, argv);
  if (settings.sweeps == 0) settings.sweeps = settings.quick ? 20 : 2000;
  return options::run("truths", [&] {
    require_writable_folder(settings.output);
    const Cpu<float> on = settings.threads == 0 ? Cpu<float>::all() : Cpu<float>(settings.threads);
    if (settings.only.empty() || settings.only == "modes") learn_modes(settings, on);
    if (settings.only.empty() || settings.only == "critical") learn_ising(0.4407, settings, on);
    if (settings.only.empty() || settings.only == "ordered") learn_ising(0.5, settings, on);
  });
}
