// What the thread sanitizer looks at (preset `tsan`): every trainer with helpers, pools that callers share,
// nested and thrown from, one model that many threads ask, and files that many threads read and write. It
// reports each race, so that little is checked here; but threads must not change results.
#include <harmonium/data/dataset.hpp>
#include <harmonium/data/missing.hpp>
#include <harmonium/inference/generate.hpp>
#include <harmonium/inference/reconstruction.hpp>
#include <harmonium/io/formats/csv.hpp>
#include <harmonium/io/formats/libsvm.hpp>
#include <harmonium/io/formats/npz.hpp>
#include <harmonium/io/models/checkpoint.hpp>
#include <harmonium/models/autoencoder.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/training/chains/trajectory.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/minimum_probability_flow.hpp>
#include <harmonium/training/pre_training.hpp>
#include <harmonium/training/pseudo_likelihood.hpp>
#include <harmonium/training/ratio_matching.hpp>
#include <harmonium/training/score_matching.hpp>
#include <harmonium/training/wake_sleep.hpp>

#include <stdexcept>
#include <thread>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"
#include "support/dice.hpp"

using namespace harmonium;
using test::Dice;
using test::TemporaryFolder;

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;

// So many that every pass over a layer is cut in pieces.
constexpr Index rows = 90, count = 120;

const Dataset& data() {
  static const Dataset set = [] {
    Dice dice(1);
    Dataset::Bytes bytes(rows, count);
    std::vector<int> labels;
    for (Index c = 0; c < count; ++c) {
      labels.push_back(static_cast<int>(dice.below(3)));
      for (Index r = 0; r < rows; ++r) bytes(r, c) = static_cast<std::uint8_t>(dice.below(2) * 255);
    }
    return Dataset(std::move(bytes), std::move(labels));
  }();
  return set;
}
Bits bits() { return Bits{{.visible = rows, .hidden = 70, .seed = 1}}; }

// Trains with helpers and without.
template <class Train>
void check_same(Train train) {
  const auto expected = train(Cpu<float>(1));
  const auto found = train(Cpu<float>(4));
  CHECK((found == expected));
}

// The same in four threads at once.
template <class Work>
void in_threads(Work work) {
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) threads.emplace_back([&, i] { work(i); });
  for (std::thread& thread : threads) thread.join();
}

void check_chains(const AnyChains& chains) {
  INFO(std::visit([](const auto& kind) { return std::string(kind.name); }, chains));
  check_same([&](const Cpu<float>& on) {
    Bits rbm = bits();
    ContrastiveDivergence{rbm, {.epochs = 1, .batch_size = 60, .chains = chains, .seed = 2}, on}.fit(data());
    return rbm;
  });
}

}  // namespace

TEST_CASE("contrastive divergence with every kind of chain", "[races][cd]") {
  check_chains(DataChains{});
  check_chains(Persistent{.chains = 50});
  check_chains(FastWeights{.chains = 50});
  check_chains(Tempered{.chains = 50, .temperatures = 3});
  check_same([](const Cpu<float>& on) {
    Bits rbm = bits();
    ContrastiveDivergenceOptions<Trajectory> options{.epochs = 1, .batch_size = 60, .seed = 2};
    options.chains = {.chains = 50, .blocks = 2, .most_steps = 5};
    ContrastiveDivergence<Bits, ContrastiveDivergenceOptions<Trajectory>>(rbm, options, on).fit(data());
    return rbm;
  });
  check_same([](const Cpu<float>& on) {
    Bits rbm{{.visible = rows, .hidden = 8, .seed = 1}};
    ContrastiveDivergence{rbm, {.epochs = 1, .batch_size = 60, .chains = Exact{}, .seed = 2}, on}.fit(data());
    return rbm;
  });
}

TEST_CASE("contrastive divergence of missing entries and with penalties", "[races][cd]") {
  Eigen::MatrixXf values = data().to_matrix<float>();
  for (Index i = 0; i < values.size(); i += 7) values.data()[i] = NAN;
  const MissingData missing(values);
  check_same([&](const Cpu<float>& on) {
    Bits rbm = bits();
    ContrastiveDivergence{rbm,
                          {.epochs = 1,
                           .batch_size = 60,
                           .chains = Persistent{.chains = 50},
                           .penalties = {.l1 = 1e-4, .group = 1e-3, .sparsity = 0.1, .max_norm = 2},
                           .seed = 2},
                          on}
        .fit(missing);
    return rbm;
  });
}

TEST_CASE("objectives of single sites and of scores", "[races][objective]") {
  const LocalObjectiveOptions<> options{.epochs = 1, .batch_size = 60};
  const auto check = [&](auto train) {
    check_same([&](const Cpu<float>& on) {
      Bits rbm = bits();
      train(rbm, on);
      return rbm;
    });
  };
  check([&](Bits& rbm, const Cpu<float>& on) { PseudoLikelihood{rbm, options, on}.fit(data()); });
  check([&](Bits& rbm, const Cpu<float>& on) { RatioMatching{rbm, options, on}.fit(data()); });
  check([&](Bits& rbm, const Cpu<float>& on) { MinimumProbabilityFlow{rbm, options, on}.fit(data()); });
  check_same([&](const Cpu<float>& on) {
    Rbm<Gaussian, Bernoulli> rbm{{.visible = rows, .hidden = 70, .seed = 1}};
    ScoreMatching{rbm, options, on}.fit(data());
    return rbm;
  });
}

TEST_CASE("pre-training, fine-tuning and wake-sleep", "[races][networks]") {
  check_same([](const Cpu<float>& on) {
    Dbn<Stack<Bernoulli>> dbn{{rows, 70, 60}, 1};
    pre_train_on(on, dbn, data(), PreTrainingOptions<>{.layers = {{.epochs = 1}}});
    return dbn;
  });
  check_same([](const Cpu<float>& on) {
    Network<Stack<Bernoulli>> network{{.sizes = {rows, 70}, .classes = 3, .seed = 1}};
    FineTuning{network, {.epochs = 1, .batch_size = 60, .dropout = 0.5, .adversarial = 0.1, .seed = 2}, on}
        .fit(data());
    return network;
  });
  check_same([](const Cpu<float>& on) {
    UpDownDbn<Stack<Bernoulli>> model{{.sizes = {rows, 70, 60}, .classes = 3, .seed = 1}};
    WakeSleep{model, {.epochs = 1, .batch_size = 60, .seed = 2}, on}.fit(data());
    return model;
  });
}

TEST_CASE("a pool that callers share, that is called from within, and whose work throws", "[races][pool]") {
  ThreadPool pool(4);
  std::atomic<Index> sum{0};
  const auto add = [&](Index begin, Index end) { sum += end - begin; };
  in_threads([&](int) {
    for (int i = 0; i < 200; ++i) pool.run(100, RangeWork(add));
  });
  CHECK(sum == 4 * 200 * 100);
  const auto nested = [&](Index begin, Index end) { pool.run(end - begin, RangeWork(add)); };
  pool.run(100, RangeWork(nested));
  CHECK(sum == 4 * 200 * 100 + 100);
  const auto throws = [](Index begin, Index end) {
    if (begin <= 50 && 50 < end) throw std::domain_error("piece 50");
  };
  for (int i = 0; i < 50; ++i) CHECK_THROWS_AS(pool.run(100, RangeWork(throws)), std::domain_error);
  for (int i = 0; i < 50; ++i) static_cast<void>(ThreadPool(4).size());  // begin and end at once
}

TEST_CASE("trainers of one pool in several threads", "[races][pool]") {
  const Cpu<float> on(3);
  std::vector<Bits> models(4, bits());
  in_threads([&](int i) {
    ContrastiveDivergence{models[static_cast<std::size_t>(i)], {.epochs = 1, .batch_size = 60, .seed = 2}, on}
        .fit(data());
  });
  for (const Bits& model : models) CHECK(model == models.front());
}

TEST_CASE("one model that several threads ask", "[races][inference]") {
  const Cpu<float> on(3);
  const Bits rbm = bits();
  const Eigen::MatrixXf samples = generate(rbm, {.samples = 20, .steps = 2, .seed = 1}, on),
                        codes = encode(rbm, data(), {}, on);
  std::atomic<int> others{0};
  in_threads([&](int) {
    if (generate(rbm, {.samples = 20, .steps = 2, .seed = 1}, on) != samples) ++others;
    if (encode(rbm, data(), {}, on) != codes) ++others;
  });
  CHECK(others == 0);
}

TEST_CASE("files that several threads read while others write them", "[races][io]") {
  const TemporaryFolder folder;
  const Bits rbm = bits();
  const Eigen::MatrixXf x = data().to_matrix<float>();
  const Eigen::SparseMatrix<float> sparse = x.sparseView();
  const auto write = [&] {
    save(folder / "model", rbm);
    write_npz(folder / "x.npz", {samples_tensor("x", x)});
    write_csv(folder / "x.csv", std::vector<std::string>{"a", "b"}, Eigen::MatrixXf(x.topRows(2)));
    write_libsvm(folder / "x.svm.gz", sparse);
  };
  write();
  std::atomic<int> others{0};
  in_threads([&](int i) {
    for (int k = 0; k < 2; ++k) {
      if (i == 0) write();
      if (!(load<Bits>(folder / "model") == rbm)) ++others;
      if (samples_from(read_npz(folder / "x.npz").at(0)) != x) ++others;
      if (read_csv(folder / "x.csv").rows() != count) ++others;
      if (read_libsvm(folder / "x.svm.gz").samples.nonZeros() != sparse.nonZeros()) ++others;
    }
  });
  CHECK(others == 0);
}
