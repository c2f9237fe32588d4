// What samples does a saved model generate? Pictures of chains after more and more steps, from random and
// from tempered starts; below each sample the nearest training digit: is it a memory? And test digits of
// which half is hidden, filled in by the model.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <harmonium/harmonium.hpp>
#include <harmonium/io.hpp>
#include <limits>
#include <string>
#include <variant>
#include <vector>

#include "digits.hpp"
#include "options.hpp"

using namespace harmonium;
using namespace digit_pictures;

namespace {

// Add other unit types here.
using Model = std::variant<Rbm<Bernoulli, Bernoulli>, Rbm<Gaussian, Bernoulli>, Dbn<Stack<Bernoulli>>,
                           Dbn<Stack<Gaussian, Bernoulli>>>;

struct Settings {
  std::string model, data = "build/mnist/data", output = "results", pixels = "threshold";
  std::vector<int> steps = {1, 10, 100, 1000, 10000};
  int chains = 20, tempering = 1000, threads = 0;
  std::uint64_t seed = 1;
};

// Digits in the form that the model expects.
Dataset prepared(const Dataset& digits, const Settings& settings) {
  if (settings.pixels == "threshold") return binarize(digits);
  if (settings.pixels == "draw") return sample_binary(digits, settings.seed);
  return digits;
}

// A row of samples for each number of steps, and below it their nearest training digits.
template <class M>
Image draw_chains(const M& model, const Eigen::MatrixXf& train, int tempering, const Settings& settings,
                  const Cpu<float>& on) {
  std::vector<Image> rows;
  for (const int steps : settings.steps) {
    const Eigen::MatrixXf samples = generate(model,
                                             {.samples = settings.chains,
                                              .steps = steps,
                                              .seed = settings.seed,
                                              .means = true,
                                              .tempering = tempering},
                                             on);
    Eigen::MatrixXf pairs(samples.rows(), 2 * samples.cols());
    const std::vector<Index> nearest = nearest_columns(on, samples, train);
    for (Index c = 0; c < samples.cols(); ++c) {
      pairs.col(c) = samples.col(c);
      pairs.col(samples.cols() + c) = train.col(nearest[static_cast<std::size_t>(c)]);
    }
    rows.push_back(tiles(pairs, digit_tiles(settings.chains)));
  }
  return stack(rows, {.gap = 6});
}

// The first digits of each class, in the order of classes.
Dataset some_of_each(const Dataset& digits, int count) {
  std::vector<Index> chosen;
  for (int digit = 0; digit < 10; ++digit) {
    int left = count;
    for (Index i = 0; i < digits.size() && left > 0; ++i)
      if (digits.labels()[static_cast<std::size_t>(i)] == digit) {
        chosen.push_back(i);
        --left;
      }
  }
  return digits.subset(chosen);
}

// Whole digits; the known part; the model's mean given that part; one draw.
template <class M>
Image draw_in_painting(const M& rbm, const Eigen::MatrixXf& digits, bool lower, const Settings& settings,
                       const Cpu<float>& on) {
  Mask known(digits.rows(), digits.cols());
  for (Index r = 0; r < digits.rows(); ++r) known.row(r).setConstant(lower ? r < 14 * 28 : r % 28 >= 14);
  const auto filled = [&](bool average) {
    return fill_in(rbm, digits, View<const bool>(known),
                   {.steps = 2000, .average = average, .burn_in = 1000, .seed = settings.seed}, {}, on);
  };
  const Eigen::MatrixXf half = known.select(
      digits,
      Eigen::MatrixXf::Constant(digits.rows(), digits.cols(), std::numeric_limits<float>::quiet_NaN()));
  Eigen::MatrixXf rows(digits.rows(), 4 * digits.cols());
  rows << digits, half, filled(true), filled(false);
  return tiles(rows, digit_tiles(digits.cols()));
}

template <class V, class H>
void draw_in_painting(const Rbm<V, H>& rbm, const Dataset& test, const Settings& settings,
                      const Cpu<float>& on) {
  const Eigen::MatrixXf digits = some_of_each(test, 2).to_matrix<float>();
  write_png(settings.output + "/in-painting.png", stack({draw_in_painting(rbm, digits, true, settings, on),
                                                         draw_in_painting(rbm, digits, false, settings, on)},
                                                        {.gap = 6}));
}
template <class Units>
void draw_in_painting(const Dbn<Units>&, const Dataset&, const Settings&, const Cpu<float>&) {
  std::printf("in-painting needs an RBM: a DBN only generates samples\n");
}

template <class V, class H>
Index pixels_of(const Rbm<V, H>& rbm) {
  return rbm.visible.rows();
}
template <class Units>
Index pixels_of(const Dbn<Units>& dbn) {
  return std::visit([](const auto& rbm) { return rbm.visible.rows(); }, dbn.rbms.at(0));
}

void run(const Settings& settings) {
  require_writable_folder(settings.output);
  const Model any = load_any<Model>(settings.model);
  const Mnist mnist = read_mnist(settings.data);
  const Dataset train = prepared(mnist.train, settings), test = prepared(mnist.test, settings);
  const Cpu<float> on = settings.threads == 0 ? Cpu<float>::all() : Cpu<float>(settings.threads);
  std::visit(
      [&](const auto& model) {
        check<ShapeError>(pixels_of(model) == 784, "the model has ", pixels_of(model),
                          " visible units, a digit 784 pixels");
        const Eigen::MatrixXf digits = train.to_matrix<float>();
        write_png(settings.output + "/random-starts.png", draw_chains(model, digits, 0, settings, on));
        write_png(settings.output + "/tempered-starts.png",
                  draw_chains(model, digits, settings.tempering, settings, on));
        draw_in_painting(model, test, settings, on);
      },
      any);
  std::printf("pictures are in %s\n", settings.output.c_str());
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Samples from a saved model of digits, and halves of digits that it completes."};
  app.add_option("model", settings.model, "RBM or DBN, a .safetensors file")->required();
  options::add_data(app, settings.data);
  app.add_option("--output", settings.output, "folder for the pictures; created if necessary")
      ->capture_default_str();
  app.add_option("--pixels", settings.pixels,
                 "threshold: 1 above one half; draw: 1 with the grey level as probability; grey: unchanged")
      ->check(CLI::IsMember({"threshold", "draw", "grey"}))
      ->capture_default_str();
  app.add_option("--steps", settings.steps, "steps of Gibbs sampling: a pair of rows for each number")
      ->delimiter(',')
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  app.add_option("--chains", settings.chains, "chains side by side")
      ->check(CLI::Range(1, 1000))
      ->capture_default_str();
  app.add_option("--tempering", settings.tempering, "preceding steps from hot to cold, for tempered starts")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  options::add_seed(app, settings.seed);
  options::add_threads(app, settings.threads);
  CLI11_PARSE(app, argc, argv);
  return options::run("generate", [&] { run(settings); });
}
