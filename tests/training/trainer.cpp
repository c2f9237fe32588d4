// The training loop and objectives: an objective's optional functions are called at the right time, and an
// update that it refuses leaves no trace.
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/training/trainer.hpp>

#include <string>
#include <vector>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::WithinAbs;

namespace test::training_trainer {

namespace {

const Cpu<double> on;
using Model = BernoulliBernoulli;

// Maximises minus half the squared distance of the visible biases from the batch's mean.
struct TowardsTheMean {
  using Model = BernoulliBernoulli;
  struct Options {
    int epochs = 1;
    Index batch_size = 4;
    Sgd optimizer{};
    double weight_decay = 0, average_last = 0;
    std::uint64_t seed = 0;
    std::string phase = "towards the mean";
  };
  static void check(const Options& options) { detail::check_training_options("TowardsTheMean", options); }
  TowardsTheMean(const Cpu<double>&, const Model& model, const Options& options)
      : room_(model.visible.rows(), options.batch_size) {}
  View<double> samples(Index n) { return view_of(room_).columns(0, n); }
  void set_gradient(const Cpu<double>& backend, const Options&, const Model& model, const Update& update,
                    Model& gradient) {
    set_zero(backend, gradient);
    gradient.visible.parameters.col(0) =
        room_.leftCols(update.samples).rowwise().mean() - model.visible.parameters.col(0);
    calls.push_back(update.last_of_epoch ? "gradient, last" : "gradient");
  }
  template <class Source>
  void prepare(const Cpu<double>&, const Options&, Model&, const Source&) {
    calls.push_back("prepare");
  }
  void updated(const Cpu<double>&, const Model&) { calls.push_back("updated"); }
  template <class Source>
  void report(const Cpu<double>&, const Options&, const Model&, const Source& source, const Model&,
              std::vector<std::pair<std::string, double>>& metrics) {
    calls.push_back("report");
    metrics.emplace_back("samples", static_cast<double>(source.size()));
  }
  std::vector<std::string> calls;

 private:
  Eigen::MatrixXd room_;
};

struct Climber : Trainer<TowardsTheMean> {
  using Trainer::Trainer;
  const auto& calls() const { return objective().calls; }
};

// Persistent chains that refuse updates by their number; the model goes back to where it was before.
struct Choosy {
  int refused = 2;
  static constexpr const char* name = "choosy";
  Index count(Index) const { return 6; }
  template <class M>
  class Memory;
};
template <class F>
void for_each_option(F&& f, const Choosy& options) {
  f("refused", options.refused);
}
template <class M>
class Choosy::Memory {
 public:
  Memory(const Choosy& policy, const M& model) : policy_(policy), kept_(model) {}
  void advance(const typename M::Backend& backend, const M& model, typename M::StateView,
               typename M::StateView chains, typename M::Workspace& work, int, Draws draws) {
    kept_ = model;
    transition(backend, model, chains, chains, work, draws);
  }
  bool refuses(const typename M::Backend&, const M&) { return ++updates_ == policy_.refused; }
  const M& fallback() const { return kept_; }
  template <class F>
  void for_each_state(F&& f) {
    f("updates", updates_);
    f("kept", kept_);
  }

 private:
  Choosy policy_;
  M kept_;
  int updates_ = 0;
};

}  // namespace

TEST_CASE("a user's objective is maximised, and its functions are called at the right time", "[trainer]") {
  static_assert(Objective<TowardsTheMean> && !SeesStates<TowardsTheMean> && !RefusesUpdates<TowardsTheMean>);
  Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd data = some_states(model, 6, 1);
  Climber trainer(model, {.epochs = 2, .batch_size = 4, .optimizer = Sgd{.rate = 0.5}}, on);
  const History history = trainer.fit(data);
  CHECK(history.epochs.back().metric("samples") == 6);
  CHECK(trainer.steps() == 4);
  CHECK(trainer.calls() == std::vector<std::string>{"prepare", "gradient", "updated", "gradient, last",
                                                    "updated", "report", "gradient", "updated",
                                                    "gradient, last", "updated", "report"});
  // By itself it ends at the mean.
  Climber alone(model, {.epochs = 60, .batch_size = 6, .optimizer = Sgd{.rate = 0.5}}, on);
  alone.fit(data);
  CHECK((model.visible.parameters.col(0) - data.rowwise().mean()).cwiseAbs().maxCoeff() < 1e-12);
}

TEST_CASE("a refused update restores the model, and restarts the optimizer", "[trainer][chains]") {
  const auto optimizer =
      GENERATE(AnyOptimizer{Momentum{.rate = 0.1, .momentum = 0.9}}, AnyOptimizer{Adam{.rate = 0.01}});
  using Options = ContrastiveDivergenceOptions<Choosy>;
  Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 8, 1);
  ContrastiveDivergence<Model, Options> trainer(model,
                                                {.batch_size = 8,
                                                 .chains = {.refused = 3},
                                                 .optimizer = optimizer,
                                                 .centered = false,
                                                 .average_last = 1},
                                                on);
  CHECK(settings(trainer.options()).at("chains") == Choosy::name);
  trainer.plan(8);
  trainer.step({.values = v});
  trainer.step({.values = v});
  const Model before = model;
  trainer.step({.values = v});  // refused
  CHECK(model == before);
  CHECK(trainer.steps() == 3);  // its draws are spent

  // The next update is the first one of a fresh optimizer.
  trainer.step({.values = v});
  Model expected = before;
  OptimizerState<Model> fresh(before, optimizer);
  fresh.step(on, optimizer, 0, 0, 0, trainer.gradient(), expected);
  CHECK(largest_difference(flatten(model), flatten(expected)) < 1e-15);
}

TEST_CASE("a gradient is clipped after it was centered", "[trainer][centering]") {
  Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 8, 1);
  ContrastiveDivergence trainer{model, {.batch_size = 8, .max_gradient_norm = 0.01, .seed = 1}, on};
  trainer.step({.values = v});
  CHECK_THAT(norm(on, trainer.gradient()), WithinAbs(0.01, 1e-15));
}

}  // namespace test::training_trainer
