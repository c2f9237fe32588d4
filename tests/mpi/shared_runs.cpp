// Runs that processes of MPI share: `same`, `resume FILE [BATCH]`, `fail`, `throw`; see run.cmake for what is
// expected.
#include <harmonium/mpi.hpp>

#include <harmonium/io/models/checkpoint.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/pre_training.hpp>

#include <csignal>
#include <cstdlib>
#include <limits>

using namespace harmonium;

namespace {

using Chains = std::variant<DataChains, Persistent, Tempered>;
using Options = ContrastiveDivergenceOptions<Chains, Momentum>;
using Bits = Rbm<Bernoulli, Bernoulli>;
const Cpu<float> on;

Eigen::MatrixXf digits() {
  Eigen::MatrixXf x(30, 210);
  for (Index c = 0; c < x.cols(); ++c)
    for (Index r = 0; r < x.rows(); ++r)
      x(r, c) = Random{{.seed = 1, .stream = Stream::toy},
                       static_cast<std::uint32_t>(r),
                       static_cast<std::uint32_t>(c)}
                            .uniform<float>() < (c % 3 == r % 3 ? 0.8f : 0.1f)
                    ? 1.0f
                    : 0.0f;
  return x;
}
Dataset labelled() {
  std::vector<int> classes;
  for (int c = 0; c < 210; ++c) classes.push_back(c % 3);
  return Dataset(digits(), classes);
}
Options options(const Chains& chains, const ProcessGroup& group) {
  return {.epochs = 3, .batch_size = 40, .chains = chains, .seed = 7, .shards = {.count = 8, .group = group}};
}

// Fingerprints of models that these processes learn.
std::vector<std::uint64_t> learned_by(const ProcessGroup& group) {
  std::vector<std::uint64_t> prints;
  for (const Chains& chains : {Chains(DataChains{}), Chains(Persistent{.chains = 20}),
                               Chains(Tempered{.chains = 10, .temperatures = 3})}) {
    Bits rbm{{.visible = 30, .hidden = 20, .seed = 1}};
    ContrastiveDivergence{rbm, options(chains, group), on}.fit(digits());
    prints.push_back(detail::fingerprint_of(rbm));
  }
  Dbn<Stack<Bernoulli>> dbn{{.sizes = {30, 20, 10}, .seed = 1}};
  pre_train_on(on, dbn, digits(), PreTrainingOptions<Options>{.layers = {options(DataChains{}, group)}});
  auto network = classifier(dbn, 3, 1);
  FineTuning<Network<Stack<Bernoulli>>, FineTuningOptions<Adam>>{
      network,
      {.epochs = 3, .batch_size = 40, .dropout = 0.2, .seed = 2, .shards = {.count = 8, .group = group}},
      on}
      .fit(labelled());
  prints.push_back(detail::fingerprint_of(network));
  return prints;
}

// The program without MPI learns the same.
int same(const ProcessGroup& all) {
  const auto shared = learned_by(all);
  if (!all.is_first()) return 0;
  const auto alone = learned_by({});
  for (const std::uint64_t print : shared) std::printf("%016llx ", static_cast<unsigned long long>(print));
  std::printf("%s\n", shared == alone ? "as without MPI" : "NOT as without MPI");
  return shared == alone ? 0 : 1;
}

// The last process is killed in this batch.
struct Dies {
  const ProcessGroup& group;
  int left;
  void on_batch(const BatchReport&) {
    if (left-- == 0 && group.rank() == group.size() - 1) std::raise(SIGKILL);
  }
  void operator()(const EpochReport&) const {}
};

int resume(const ProcessGroup& all, const char* file, int batch) {
  Bits rbm{{.visible = 30, .hidden = 20, .seed = 1}};
  Checkpoint checkpoint{{.path = file, .resume = true, .seconds = 1e-9}};
  ContrastiveDivergence{rbm, options(Persistent{.chains = 20}, all), on}.fit(digits(), Dies{all, batch},
                                                                             checkpoint);
  if (all.is_first())
    std::printf("resumed to %016llx\n", static_cast<unsigned long long>(detail::fingerprint_of(rbm)));
  return 0;
}

// The last process has bad data, or an error outside of training.
int fail(const ProcessGroup& all) {
  Eigen::MatrixXf data = digits();
  if (all.rank() == all.size() - 1) data(4, 77) = std::numeric_limits<float>::quiet_NaN();
  Bits rbm{{.visible = 30, .hidden = 20, .seed = 1}};
  ContrastiveDivergence{rbm, options(DataChains{}, all), on}.fit(data);
  return 0;
}
int throw_outside(const ProcessGroup& all) {
  check<FileError>(all.rank() != all.size() - 1, "there is no such file");
  Bits rbm{{.visible = 30, .hidden = 20, .seed = 1}};
  ContrastiveDivergence{rbm, options(DataChains{}, all), on}.fit(digits());
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  return with_mpi(argc, argv, [&](const ProcessGroup& all) {
    const std::string what = argc > 1 ? argv[1] : "";
    if (what == "same") return same(all);
    if (what == "resume" && argc > 2) return resume(all, argv[2], argc > 3 ? std::atoi(argv[3]) : -1);
    if (what == "fail") return fail(all);
    if (what == "throw") return throw_outside(all);
    throw ValueError("expected same, resume, fail or throw");
  });
}
