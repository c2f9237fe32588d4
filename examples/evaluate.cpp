// How good is a saved model? The mean log probability of samples, in nats, with an estimate of log Z from
// both sides and a verdict on whether to trust it; for a DBN, a lower bound. And do its own samples cover the
// data?
#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <exception>
#include <harmonium/harmonium.hpp>
#include <harmonium/io.hpp>
#include <nlohmann/json.hpp>
#include <string>
#include <variant>
#include <vector>

#include "options.hpp"

using namespace harmonium;

namespace {

// Add other unit types here.
using Model = std::variant<Rbm<Bernoulli, Bernoulli>, Rbm<Bernoulli, Gaussian>, Rbm<Gaussian, Bernoulli>,
                           Rbm<Spin, Spin>, Dbn<Stack<Bernoulli>>, Dbn<Stack<Gaussian, Bernoulli>>>;

struct Settings {
  std::string model, data, output = "evaluation.json", pixels = "threshold";
  int limit = 0, chains = 100, temperatures = 10000, start_steps = 1000, ways_up = 10, threads = 0,
      samples = 0, sample_steps = 1000;
  std::uint64_t seed = 1;
  bool exact = false;
};

// Grey levels in the form that the model expects.
Dataset prepared(const Settings& settings) {
  const Dataset::Bytes bytes = read_idx_images(settings.data);
  const Index count = settings.limit == 0 ? bytes.cols() : std::min<Index>(settings.limit, bytes.cols());
  const Dataset data(Dataset::Bytes(bytes.leftCols(count)));
  if (settings.pixels == "threshold") return binarize(data);
  if (settings.pixels == "draw") return sample_binary(data, settings.seed);
  return data;
}

nlohmann::ordered_json describe(const Sandwich& s) {
  return {{"log_z", s.log_z},
          {"log_z_standard_error", s.standard_error},
          {"log_z_forward", s.forward.log_z},
          {"log_z_reverse", s.reverse.log_z},
          {"gap", s.gap},
          {"effective_forward", s.forward_effective},
          {"effective_reverse", s.reverse_effective},
          {"verdict", s.consistent() ? "consistent" : "inconsistent"},
          {"reason", s.reason}};
}

SandwichOptions annealing(const Settings& settings) {
  return {.chains = settings.chains,
          .betas = uniform_betas(settings.temperatures),
          .seed = settings.seed,
          .start_steps = settings.start_steps};
}

// Pixels as a model's visible units have them.
template <class Model>
Eigen::MatrixXf as_units(const Model&, Eigen::MatrixXf pixels) {
  return pixels;
}
template <class H>
Eigen::MatrixXf as_units(const Rbm<Spin, H>&, Eigen::MatrixXf pixels) {
  return 2 * pixels.array() - 1;
}

template <class Model>
nlohmann::ordered_json cover(const Model& model, const Eigen::MatrixXf& data, const Settings& settings,
                             const Cpu<float>& on) {
  const Coverage c = coverage(
      generate(model, {.samples = settings.samples, .steps = settings.sample_steps, .seed = settings.seed},
               on),
      data, {.most_samples = settings.samples, .seed = settings.seed}, Cpu<double>(on.threads()));
  const auto numbers = [](const Eigen::VectorXd& x) { return std::vector<double>(x.begin(), x.end()); };
  return {{"samples", std::min<Index>(settings.samples, data.cols())},  // as many of the data
          {"steps", settings.sample_steps},
          {"adversarial_accuracy", c.nearest.mean()},
          {"adversarial_accuracy_error", c.nearest.error},
          {"pairs", c.pairs},
          {"triples", c.triples},
          {"nearest_datum", c.nearest_datum},
          {"variances", numbers(c.variances)},
          {"sample_variances", numbers(c.sample_variances)}};
}

template <class V, class H>
nlohmann::ordered_json judge(const Rbm<V, H>& rbm, const Eigen::MatrixXf& data, const Settings& settings,
                             const Cpu<float>& on) {
  if (settings.exact) {
    const double log_z = exact_log_z(rbm, Cpu<double>(on.threads()));
    return {{"estimator", "exact"},
            {"test_log_likelihood", log_likelihood(rbm, data, log_z, on).mean()},
            {"standard_error", 0},
            {"log_z", log_z},
            {"gap", 0},
            {"verdict", "consistent"},
            {"reason", "all states were summed over"}};
  }
  const Sandwich s = sandwich(rbm, data, annealing(settings), on);
  nlohmann::ordered_json result = {{"estimator", "annealed importance sampling, forward and reverse"},
                                   {"test_log_likelihood", log_likelihood(rbm, data, s.log_z, on).mean()},
                                   {"standard_error", s.standard_error}};
  result.update(describe(s));
  return result;
}

template <class Units>
nlohmann::ordered_json judge(const Dbn<Units>& dbn, const Eigen::MatrixXf& data, const Settings& settings,
                             const Cpu<float>& on) {
  check<ValueError>(!settings.exact, "--exact: a DBN's likelihood can only be bounded");
  const Sandwich s = sandwich(dbn, data, annealing(settings), on);
  const DbnBound bound =
      log_likelihood_bound(dbn, data, s.log_z, {.samples = settings.ways_up, .seed = settings.seed}, on);
  nlohmann::ordered_json result = {
      {"estimator", "lower bound, log Z of the top RBM by annealed importance sampling"},
      {"test_log_likelihood", bound.mean},
      {"standard_error", std::hypot(bound.standard_error, s.standard_error)}};
  result.update(describe(s));
  return result;
}

void run(const Settings& settings) {
  const Timer timer;
  check<ValueError>(settings.samples != 1, "--samples: one sample cannot be compared");
  require_writable_folder(std::filesystem::absolute(settings.output).parent_path());
  const Model model = load_any<Model>(settings.model);
  const Dataset data = prepared(settings);
  const Cpu<float> on = settings.threads == 0 ? Cpu<float>::all() : Cpu<float>(settings.threads);
  nlohmann::ordered_json result = {{"model", settings.model},
                                   {"data", settings.data},
                                   {"binarisation", settings.pixels},
                                   {"samples", data.size()},
                                   {"seed", settings.seed}};
  std::visit(
      [&](const auto& m) {
        const Eigen::MatrixXf x = as_units(m, data.to_matrix<float>());
        result.update(judge(m, x, settings, on));
        if (settings.samples > 0) result["coverage"] = cover(m, x, settings, on);
      },
      model);
  result["seconds"] = timer.seconds();
  write_file(settings.output, result.dump(2) + '\n');

  std::printf("log likelihood per sample %.3f nats, standard error %.3f: %s\n",
              result["test_log_likelihood"].get<double>(), result["standard_error"].get<double>(),
              result["estimator"].get<std::string>().c_str());
  std::printf("log Z %.3f", result["log_z"].get<double>());
  if (result.contains("log_z_forward"))
    std::printf(" (forward %.3f, reverse %.3f)", result["log_z_forward"].get<double>(),
                result["log_z_reverse"].get<double>());
  std::printf(", %s: %s\n", result["verdict"].get<std::string>().c_str(),
              result["reason"].get<std::string>().c_str());
  if (result.contains("coverage"))
    std::printf("samples of the model beside the data: adversarial accuracy %.3f +- %.3f (0.5 is ideal)\n",
                result["coverage"]["adversarial_accuracy"].get<double>(),
                result["coverage"]["adversarial_accuracy_error"].get<double>());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"How good is a saved model? The log likelihood of samples, and whether to trust it."};
  app.add_option("model", settings.model, "RBM or DBN, a .safetensors file")->required();
  app.add_option("data", settings.data, "pictures in an IDX file, gzip-compressed or not")->required();
  app.add_option("--pixels", settings.pixels,
                 "threshold: 1 above one half; draw: 1 with the grey level as probability; grey: unchanged")
      ->check(CLI::IsMember({"threshold", "draw", "grey"}))
      ->capture_default_str();
  app.add_option("--limit", settings.limit, "use only this many samples; 0 for all")
      ->check(CLI::Range(0, 1000000000))
      ->capture_default_str();
  app.add_flag("--exact", settings.exact,
               "sum over all states of the smaller layer, 26 binary units at most");
  app.add_option("--chains", settings.chains, "annealing chains, in each direction")
      ->check(CLI::Range(10, 1000000))
      ->capture_default_str();
  app.add_option("--temperatures", settings.temperatures,
                 "number of temperatures between independent units and the model")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  app.add_option("--start-steps", settings.start_steps, "steps of the chains that start reverse annealing")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  app.add_option("--ways-up", settings.ways_up, "draws of a DBN's hidden layers for each sample")
      ->check(CLI::Range(2, 1000000))
      ->capture_default_str();
  app.add_option("--samples", settings.samples, "samples of the model to compare with the data; 0 for none")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  app.add_option("--sample-steps", settings.sample_steps, "steps of the chains that yield them")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  options::add_seed(app, settings.seed);
  options::add_threads(app, settings.threads);
  app.add_option("--output", settings.output, "JSON file with the numbers")->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  return options::run("evaluate", [&] { run(settings); });
}
