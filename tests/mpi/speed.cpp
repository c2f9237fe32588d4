// How fast updates are, in one process or several: the numbers of examples/guide/machines.md.
//
//     mpirun -n 2 harmonium_mpi_speed --shards 2 --threads 1 --hidden 500 --batch 100
#include <harmonium/mpi.hpp>

#include <CLI/CLI.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include <algorithm>
#include <cstdio>

using namespace harmonium;

namespace {

struct Settings {
  Index shards = 1, hidden = 500, batch = 100;
  int threads = 1, updates = 100, rounds = 5;
};

// Notes the metric of an epoch.
struct Note {
  double& exchange;
  void operator()(const EpochReport& report) const {
    for (const auto& [name, value] : report.metrics)
      if (name == "exchange_seconds") exchange = value;
  }
};

int measure(const Settings& settings, const ProcessGroup& all) {
  Eigen::MatrixXf data(784, settings.batch * 10);
  for (Index c = 0; c < data.cols(); ++c)
    for (Index r = 0; r < data.rows(); ++r)
      data(r, c) = Random{{.seed = 1, .stream = Stream::toy},
                          static_cast<std::uint32_t>(r),
                          static_cast<std::uint32_t>(c)}
                       .uniform<float>();
  using Chains = std::variant<DataChains>;
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 784, .hidden = settings.hidden, .seed = 1}};
  ContrastiveDivergence<Rbm<Bernoulli, Bernoulli>, ContrastiveDivergenceOptions<Chains, Momentum>> trainer{
      rbm,
      {.epochs = 1,
       .batch_size = settings.batch,
       .steps = 1,
       .average_last = 0,
       .shards = {.count = settings.shards, .group = all}},
      Cpu<float>(settings.threads)};
  trainer.fit(data);  // warms up
  double fastest = 1e9, exchange = 0;
  for (int i = 0; i < settings.rounds; ++i) {
    static_cast<void>(all.gather(""));  // all begin at the same time
    const Timer timer;
    for (int done = 0; done < settings.updates; done += 10) trainer.epoch(data, done);
    fastest = std::min(fastest, timer.seconds());
  }
  trainer.fit(data, Note{exchange});
  if (all.is_first())
    std::printf(
        "%d processes of %d threads, %ld shards, 784-%ld, batch %ld: %.3f ms an update, exchange %.3f ms\n",
        all.size(), settings.threads, static_cast<long>(settings.shards), static_cast<long>(settings.hidden),
        static_cast<long>(settings.batch), 1e3 * fastest / settings.updates,
        1e3 * exchange / (settings.rounds * settings.updates + 10));
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  CLI::App app{"How fast updates of contrastive divergence (CD-1) are, in one process or several."};
  app.add_option("--shards", settings.shards, "parts of each update");
  app.add_option("--hidden", settings.hidden, "hidden units");
  app.add_option("--batch", settings.batch, "samples in an update");
  app.add_option("--threads", settings.threads, "of each process");
  app.add_option("--updates", settings.updates, "in a round");
  app.add_option("--rounds", settings.rounds, "of which the fastest counts");
  CLI11_PARSE(app, argc, argv);
  return with_mpi(argc, argv, [&](const ProcessGroup& all) { return measure(settings, all); });
}
