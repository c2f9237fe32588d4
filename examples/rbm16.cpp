// How well do 16 hidden units model handwritten digits? So few can be summed over, so the likelihood is
// exact: the mean log probability that the model gives to a test digit of 784 black and white pixels, in
// nats.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>
#include <harmonium/harmonium.hpp>
#include <harmonium/io.hpp>
#include <nlohmann/json.hpp>
#include <string>

using namespace harmonium;

namespace {

struct Settings {
  std::string data = "build/mnist/data", output = "results";
  int epochs = 50, threads = 0, hold_out = 0;
  std::uint64_t seed = 1;
};

void run(const Settings& settings) {
  require_writable_folder(settings.output);
  const Mnist mnist = read_mnist(settings.data);
  Dataset train = binarize(mnist.train), test = binarize(mnist.test);
  if (settings.hold_out > 0) std::tie(test, train) = split(train, settings.hold_out, 0);
  const Cpu<float> on = settings.threads == 0 ? Cpu<float>::all() : Cpu<float>(settings.threads);

  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 784, .hidden = 16, .seed = settings.seed}};
  ContrastiveDivergence trainer{rbm,
                                {.epochs = settings.epochs,
                                 .batch_size = 100,
                                 .steps = 5,
                                 .chains = Persistent{.chains = 100},
                                 .optimizer = Momentum{.rate = linear(0.8, 0), .momentum = 0.5},
                                 .average_last = 0.2,
                                 .seed = settings.seed},
                                on};
  Monitor monitor{rbm, train, test, {}, on};
  const Timer timer;
  trainer.fit(train, monitor, ProgressBar{});
  const double seconds = timer.seconds();

  const double log_likelihood = exact_log_likelihood(rbm, test.to_matrix<float>()).mean(),
               train_log_likelihood = exact_log_likelihood(rbm, train.to_matrix<float>()).mean();
  save(settings.output + "/rbm16.safetensors", rbm);
  write_png(settings.output + "/filters.png", tiles(rbm.weights, {.width = 28,
                                                                  .height = 28,
                                                                  .per_row = 8,
                                                                  .scale = 2,
                                                                  .range = TileRange::each,
                                                                  .colours = TileColours::blue_white_red}));
  const nlohmann::ordered_json metrics = {{"test_log_likelihood", log_likelihood},
                                          {"train_log_likelihood", train_log_likelihood},
                                          {"log_z", exact_log_z(rbm)},
                                          {"seconds", seconds},
                                          {"epochs", settings.epochs},
                                          {"seed", settings.seed},
                                          {"hold_out", settings.hold_out}};
  write_file(settings.output + "/metrics.json", metrics.dump(2) + '\n');
  std::printf(
      "exact log likelihood of a test digit %.2f nats (of a training digit %.2f), learned in %.0f s\n",
      log_likelihood, train_log_likelihood, seconds);
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"Learns black and white digits with 16 hidden units, and says the exact likelihood."};
  app.add_option("--data", settings.data, "folder of the four MNIST files")
      ->envname("MNIST_DIR")
      ->capture_default_str();
  app.add_option("--output", settings.output, "folder for the results; made if need be")
      ->capture_default_str();
  app.add_option("--epochs", settings.epochs, "passes over the digits")
      ->check(CLI::Range(1, 1000000))
      ->capture_default_str();
  app.add_option("--seed", settings.seed, "of everything random: one seed, one result")
      ->capture_default_str();
  app.add_option("--threads", settings.threads, "0 for all processors; the result does not depend on it")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  app.add_option("--hold-out", settings.hold_out,
                 "test on so many training digits, kept aside: to choose settings by")
      ->check(CLI::Range(0, 59999))
      ->capture_default_str();
  CLI11_PARSE(app, argc, argv);
  try {
    run(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "rbm16: %s\n", error.what());
    return 1;
  }
}
