// Learns handwritten digits: a deep belief network is pre-trained layer by layer and becomes a classifier, or
// one of the other modes of modes.cpp. It can be interrupted or killed at any time, and continues with
// --resume.
#include <cstdio>

#if defined(HARMONIUM_MPI)
#include <harmonium/mpi.hpp>
#endif

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

// Of a group of processes, the first one speaks and writes.
int learn(int argc, char** argv, const ProcessGroup& group) {
  Settings settings;
  settings.group = group;
  if (!group.is_first() && std::freopen("/dev/null", "w", stdout) == nullptr) return 1;
  CLI::App app{
      "Learns to read the handwritten digits of MNIST: pre-training layer by layer, then back-propagation."};
  try {
    parse(app, settings, argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error);
  }
  const auto work = [&] {
    check_backend(settings);
    require_writable_folder(settings.output);  // before hours of training, not after
    const AtomicFile probe(settings.path("model.safetensors"));
    run_seeds(settings, read_digits(settings));
  };
  try {
    if (group.size() == 1) return options::run("mnist", work);
    work();  // an error ends all processes
    return 0;
  } catch (const Interrupted& interrupted) {
    std::printf("\nmnist: interrupted; the same command with --resume continues from %s\n",
                interrupted.checkpoint.c_str());
    return 128 + StopOnInterrupt::signal();
  }
}

}  // namespace

int main(int argc, char** argv) {
#if defined(HARMONIUM_MPI)
  return with_mpi(argc, argv, [&](const ProcessGroup& all) { return learn(argc, argv, all); });
#else
  return learn(argc, argv, {});
#endif
}
