// Models whose matrices do not fit together, and observers and policies that change a model's size.
#include <harmonium/data/dataset.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include <stdexcept>

#include "refusals.hpp"

using namespace harmonium;
using namespace test;

namespace test::bad_input_shapes {

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;
using Options = ContrastiveDivergenceOptions<>;

const Cpu<float> on;
const Eigen::MatrixXf x = Eigen::MatrixXf::Constant(4, 20, 0.5f);

Bits small() { return Bits{{.visible = 4, .hidden = 3, .seed = 1}}; }
Bits large() { return Bits{{.visible = 4, .hidden = 3000, .seed = 1}}; }

// Gives the model another size after some batch, or some epoch.
struct Meddler {
  Bits& rbm;
  bool in_epoch;
  void on_batch(const BatchReport& report) {
    if (in_epoch && report.batch == 2) rbm = large();
  }
  void operator()(const EpochReport& /*report*/) {
    if (!in_epoch) rbm = large();
  }
};

// Chains of which there are more for a small batch than for a full one.
struct Multiplying {
  static constexpr const char* name = "multiplying";
  Index count(Index batch) const { return batch < 5 ? 500 : 5; }
  template <class M>
  void advance(const typename M::Backend&, const M&, typename M::StateView, typename M::StateView,
               typename M::Workspace&, int, Draws) const {}
};
template <class F>
void for_each_option(F&&, const Multiplying&) {}

// A user's unit that cannot be evaluated everywhere.
struct Throwing {
  static constexpr const char* name = "throwing";
  static constexpr int states = 2;
  template <class T>
  static constexpr T state(int k) {
    return T(k);
  }
  template <class T>
  static T mean(T field) {
    if (field > T(5)) throw std::domain_error("a field above 5");
    return T(0.5);
  }
};

}  // namespace

TEST_CASE("a unit that throws reaches the caller whatever the number of threads", "[bad_input][hostile]") {
  for (const int threads : {1, 4}) {
    const Cpu<float> pool(threads);
    const Layer<Throwing> layer(3000);
    HostMatrix<float> input = HostMatrix<float>::Zero(3000, 200), out = input;
    mean(pool, layer, input, out);
    CHECK(out.minCoeff() == 0.5f);
    input(2999, 150) = 6;
    CHECK_THROWS_AS(mean(pool, layer, input, out), std::domain_error);
    input(2999, 150) = 0;
    out.setZero();
    mean(pool, layer, input, out);  // the pool works on
    CHECK(out.minCoeff() == 0.5f);
  }
}

TEST_CASE("an observer that changes the model's size is refused", "[bad_input][hostile]") {
  for (const bool in_epoch : {true, false})
    for (const double average : {0.0, 0.9}) {
      Bits rbm = small();
      ContrastiveDivergence<Bits> trainer(rbm, Options{.epochs = 3, .batch_size = 5, .average_last = average},
                                          on);
      CHECK_THROWS_MATCHES(trainer.fit(Dataset(x), Meddler{rbm, in_epoch}), ShapeError,
                           Catch::Matchers::Message(
                               "fit: an observer changed the shape of the model: 'weight' is 4 x 3000 now"));
    }
}

TEST_CASE("a model that changed its size under a trainer is refused", "[bad_input][hostile]") {
  Bits rbm = small();
  ContrastiveDivergence<Bits> trainer(rbm, {.batch_size = 20}, on);
  rbm = large();
  CHECK_THROWS_AS(trainer.fit(Dataset(x)), ShapeError);
  CHECK_THROWS_AS(trainer.epoch(Dataset(x)), ShapeError);
  CHECK_THROWS_AS(trainer.step({.values = x}), ShapeError);
  const Bits moved = std::move(rbm);
  CHECK_THROWS_AS(trainer.step({.values = x}), ShapeError);
}

TEST_CASE("a model whose matrices do not fit together is refused", "[bad_input][hostile]") {
  Bits rbm = small();
  rbm.weights = Eigen::MatrixXf::Zero(3, 4);
  CHECK_THROWS_MATCHES(
      ContrastiveDivergence<Bits>(rbm, {}, on).fit(Dataset(x)), ShapeError,
      Catch::Matchers::Message("fit: the model's weights are 3 x 4, its layers have 4 and 3 rows"));
}

TEST_CASE("a policy with more chains than it has room for is refused", "[bad_input][hostile]") {
  Bits rbm = small();
  ContrastiveDivergence<Bits, ContrastiveDivergenceOptions<Multiplying>> trainer(
      rbm, {.epochs = 1, .batch_size = 6}, on);
  CHECK_THROWS_MATCHES(trainer.fit(Dataset(x)), ShapeError,
                       Catch::Matchers::Message("ContrastiveDivergence: there are 500 chains for 1 samples, "
                                                "expected 1 to 5, as for a full batch"));
}

}  // namespace test::bad_input_shapes
