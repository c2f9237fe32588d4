// Learns handwritten digits: a deep belief network is pre-trained layer by layer and becomes a classifier, or
// one of the other modes of modes.cpp. It can be interrupted or killed at any time, and continues with
// --resume.
#include <cstdio>

#include "backend.hpp"
#include "seeds.hpp"

using namespace harmonium;
using namespace mnist;

namespace {

// Training and test digits; with --hold-out both are training digits.
Mnist read_digits(const Settings& settings) {
  Mnist mnist = read_mnist(settings.data);
  if (settings.hold_out > 0) {
    auto [kept_aside, rest] = split(mnist.train, settings.hold_out, 0);
    mnist.test = std::move(kept_aside);
    mnist.train = std::move(rest);
  }
  return mnist;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{
      "Learns to read the handwritten digits of MNIST: pre-training layer by layer, then back-propagation."};
  try {
    parse(app, settings, argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  try {
    return options::run("mnist", [&] {
      check_backend(settings);
      require_writable_folder(settings.output);  // before hours of training, not after
      const AtomicFile probe(settings.path("model.safetensors"));
      run_seeds(settings, read_digits(settings));
    });
  } catch (const Interrupted& interrupted) {
    std::printf("\nmnist: interrupted; the same command with --resume continues from %s\n",
                interrupted.checkpoint.c_str());
    return 128 + StopOnInterrupt::signal();
  }
}
