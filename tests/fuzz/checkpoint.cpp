// Checkpoints: a run that resumes from one ends with a model, and its own checkpoint resumes to the same.
#include "models.hpp"

#include <filesystem>
#include <fstream>
#include <harmonium/data/dataset.hpp>
#include <harmonium/io/models/checkpoint.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <iterator>

namespace fuzz::checkpoint {
namespace {

using namespace harmonium;

using Bits = Rbm<Bernoulli, Bernoulli>;

Bits run(const std::filesystem::path& path, const Flow& end = Flow::go_on) {
  Bits rbm{{.visible = 3, .hidden = 2, .seed = 1}};
  const Eigen::MatrixXf x = Eigen::MatrixXf::Constant(3, 6, 0.5f);
  ContrastiveDivergence<Bits> trainer(rbm, {.epochs = 3, .batch_size = 4, .chains = Persistent{.chains = 2}},
                                      {});
  Checkpoint checkpoint{{.path = path, .resume = true, .limits = limits}};
  trainer.fit(
      Dataset(x), EarlyStopping{.metric = "reconstruction_error", .patience = 2},
      [&](const EpochReport& report) { return report.epoch == 1 ? end : Flow::go_on; }, checkpoint);
  return rbm;
}
std::string contents(const std::filesystem::path& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void attack(Bytes input) {
  const std::filesystem::path path = folder() + "/checkpoint";
  std::ofstream(path, std::ios::binary)
      .write(reinterpret_cast<const char*>(input.data()), static_cast<std::streamsize>(input.size()));
  const Bits rbm = run(path);
  require(all_finite(Cpu<float>(), rbm), "its parameters are not finite");
  require(run(path) == rbm, "the finished run ended otherwise");
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const Flow end : {Flow::pause, Flow::go_on, Flow::stop}) {
    const std::filesystem::path path = folder() + "/seed";
    std::filesystem::remove(path);
    run(path, end);
    all.push_back(contents(path));
  }
  return all;
}

const Registered target({"checkpoint", attack, seeds, tensor_words});

}  // namespace
}  // namespace fuzz::checkpoint
