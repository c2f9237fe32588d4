// After a trainer's first step nothing allocates memory: neither the library (operator new is counted) nor
// Eigen (its assertion that allocation is allowed is counted). A separate program, because both are settings
// of a whole program. The models are so small that Eigen's products pack their factors on the stack; for
// larger ones Eigen allocates that space again in each product, and oneDNN allocates its own.
#include <atomic>
#include <cstdlib>
#include <new>

namespace {
std::atomic<bool> counting{false};
std::atomic<int> allocations{0};
void note() {
  if (counting) ++allocations;
}
}  // namespace

#define EIGEN_RUNTIME_NO_MALLOC
#define eigen_assert(condition) ((condition) ? static_cast<void>(0) : note())
#include <harmonium/harmonium.hpp>

#include "support/catch.hpp"

#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wmismatched-new-delete"  // no pair is seen once inlined
#endif
void* operator new(std::size_t size) {
  note();
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}
void operator delete(void* memory) noexcept { std::free(memory); }
void operator delete(void* memory, std::size_t) noexcept { std::free(memory); }

using namespace harmonium;

namespace {

// Allocations in three consecutive steps.
template <class Step>
int allocations_after_the_first(Step step) {
  step();
  allocations = 0;
  Eigen::internal::set_is_malloc_allowed(false);
  counting = true;
  for (int i = 0; i < 3; ++i) step();
  counting = false;
  Eigen::internal::set_is_malloc_allowed(true);
  return allocations;
}

const Eigen::MatrixXf data = (Eigen::MatrixXf::Random(30, 12).array() > 0).cast<float>();

int allocations_of(const ContrastiveDivergenceOptions<>& options, const Cpu<float>& on) {
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 30, .hidden = 20, .seed = 1}};
  ContrastiveDivergence trainer{rbm, options, on};
  return allocations_after_the_first([&] { trainer.step({.values = View<const float>(data)}); });
}

}  // namespace

TEST_CASE("the counter counts", "[allocation]") {
  CHECK(allocations_after_the_first([] { std::vector<int>(3).back() = 1; }) == 3);
  CHECK(allocations_after_the_first([] { Eigen::MatrixXf(3, 3).setZero(); }) == 3);
}

TEST_CASE("a step of contrastive divergence allocates no memory", "[allocation][cd]") {
  for (const int threads : {1, 3}) {
    const Cpu<float> on(threads);
    INFO(threads << " threads");
    CHECK(allocations_of({.batch_size = 12}, on) == 0);
    CHECK(allocations_of({.batch_size = 12, .steps = 3, .chains = Persistent{.chains = 7}}, on) == 0);
    CHECK(allocations_of({.batch_size = 12, .chains = FastWeights{.chains = 7}, .optimizer = Adam{}}, on) ==
          0);
    CHECK(allocations_of({.batch_size = 12, .chains = Tempered{.chains = 7, .temperatures = 3}}, on) == 0);
    CHECK(allocations_of({.batch_size = 12,
                          .weight_decay = 1e-4,
                          .penalties = {.l1 = 1e-4, .group = 1e-3, .sparsity = 0.1, .max_norm = 2},
                          .max_gradient_norm = 1,
                          .statistics = Statistics::samples},
                         on) == 0);
    JointRbm<Bernoulli, Bernoulli> joint{{.visible = {27, {1, 3}}, .hidden = 20, .seed = 1}};
    ContrastiveDivergence hybrid{joint, {.batch_size = 12, .discriminative = 2}, on};
    CHECK(allocations_after_the_first([&] { hybrid.step({.values = View<const float>(data)}); }) == 0);
  }
}

TEST_CASE("a step by a local objective allocates no memory", "[allocation][objective]") {
  const auto check = [](auto model, const auto& make) {
    for (const int threads : {1, 3}) {
      INFO(threads << " threads");
      auto trainer = make(model, LocalObjectiveOptions<>{.batch_size = 12, .penalties = {.l1 = 1e-4}},
                          Cpu<float>(threads));
      CHECK(allocations_after_the_first([&] { trainer.step({.values = View<const float>(data)}); }) == 0);
    }
  };
  const auto by_sites = [&](const auto& model) {
    check(model, [](auto& m, const auto&... rest) { return PseudoLikelihood(m, rest...); });
    check(model, [](auto& m, const auto&... rest) { return RatioMatching(m, rest...); });
    check(model, [](auto& m, const auto&... rest) { return MinimumProbabilityFlow(m, rest...); });
  };
  by_sites(Rbm<Bernoulli, Bernoulli>{{.visible = 30, .hidden = 20, .seed = 1}});
  by_sites(Rbm<Mixed<Bernoulli, Categorical>, Mixed<Categorical, Gaussian>>{
      {.visible = {10, {5, 4}}, .hidden = {{2, 3}, 5}, .seed = 1}});
  by_sites(BoltzmannMachine<Bernoulli>{{.visible = 30}});
  const auto by_score = [&](const auto& model) {
    check(model, [](auto& m, const auto&... rest) { return ScoreMatching(m, rest...); });
  };
  by_score(Rbm<Gaussian, Bernoulli>{{.visible = 30, .hidden = 20, .seed = 1}});
  by_score(Rbm<Gaussian, Mixed<Categorical, Rectified>>{{.visible = 30, .hidden = {{4, 3}, 5}, .seed = 1}});
}

TEST_CASE("a step of fine-tuning allocates no memory", "[allocation][fine_tuning]") {
  for (const int threads : {1, 3}) {
    const Cpu<float> on(threads);
    Network<Stack<Bernoulli>> network{{.sizes = {30, 20, 10}, .classes = 3, .seed = 1}};
    FineTuning trainer{network, {.batch_size = 12, .optimizer = Adam{}}, on};
    const std::vector<int> labels = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
    INFO(threads << " threads");
    CHECK(allocations_after_the_first(
              [&] { trainer.step({.values = View<const float>(data), .labels = labels}); }) == 0);
  }
}

TEST_CASE("a step of fine-tuning with all options allocates no memory", "[allocation][fine_tuning]") {
  const FineTuningOptions<> options{.batch_size = 12,
                                    .weight_decay = 1e-4,
                                    .max_norm = 1,
                                    .max_gradient_norm = 0.1,
                                    .input_dropout = 0.2,
                                    .dropout = 0.5,
                                    .adversarial = 0.1,
                                    .loss = Loss::squared_error};
  for (const int threads : {1, 3}) {
    const Cpu<float> on(threads);
    INFO(threads << " threads");
    Network<Stack<Bernoulli, Relu>> network{{.sizes = {30, 20, 10}, .classes = 3, .seed = 1}};
    FineTuning classifying{network, options, on};
    const std::vector<int> labels = {0, 1, 2, 0, 1, 2, 0, 1, 2, 0, 1, 2};
    CHECK(allocations_after_the_first(
              [&] { classifying.step({.values = View<const float>(data), .labels = labels}); }) == 0);
    Autoencoder<Stack<Bernoulli, Bernoulli, Gaussian>> code{{.sizes = {30, 20, 3}, .seed = 1}};
    FineTuning reconstructing{code, options, on};
    CHECK(allocations_after_the_first([&] { reconstructing.step({.values = View<const float>(data)}); }) ==
          0);
    Network<Stack<Bernoulli, Relu>, Cpu<float>, Gaussian> numbers{
        {.sizes = {30, 20}, .outputs = 30, .seed = 1}};
    FineTuning regressing{numbers, options, on};
    CHECK(allocations_after_the_first([&] {
            regressing.step({.values = View<const float>(data), .targets = View<const float>(data)});
          }) == 0);
  }
}

TEST_CASE("an epoch allocates memory once, for the order of the samples, and not for each batch",
          "[allocation][cd]") {
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 30, .hidden = 20, .seed = 1}};
  const auto check = [&](const auto& set) {
    const auto count = [&](Index batch) {
      ContrastiveDivergence trainer{rbm, {.batch_size = batch}, Cpu<float>{}};
      return allocations_after_the_first([&] { trainer.epoch(set); });
    };
    CHECK(count(1) <= count(6));  // twelve batches or two
  };
  const Eigen::SparseMatrix<float> sparse = data.sparseView();
  check(Dataset(data));
  check(Dataset(sparse));
  check(sparse);
}

TEST_CASE("annealing allocates no memory on its way", "[allocation][annealing]") {
  for (const int threads : {1, 3}) {
    const Cpu<float> on(threads);
    Rbm<Mixed<Bernoulli, Gaussian>, Bernoulli> rbm{{.visible = {20, 10}, .hidden = 20, .seed = 1}};
    const auto base = base_rates(rbm);
    detail::Annealer<decltype(rbm)> annealer(on, rbm, base, 12);
    annealer.start_at_base({.stream = Stream::annealing});
    const std::vector<double> betas = uniform_betas(40);
    INFO(threads << " threads");
    CHECK(allocations_after_the_first([&] { annealer.run(betas, {.stream = Stream::annealing}); }) == 0);
  }
}
