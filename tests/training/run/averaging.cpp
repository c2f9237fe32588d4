// The mean of the last updates: observers see it and a run ends with it, but training is not affected.
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

namespace test::training_run_averaging {

namespace {

const Cpu<double> on;
using Model = BernoulliBernoulli;

// The model after each update, whatever is shown after epochs.
struct Path {
  const Model& model;
  std::vector<Model> updates = {};
  void on_batch(const BatchReport& /*report*/) { updates.push_back(model); }
  void operator()(const EpochReport& /*report*/) {}
};

Eigen::VectorXd flat(const Model& model) {
  Eigen::VectorXd all(model.weights.size() + model.visible.parameters.size() +
                      model.hidden.parameters.size());
  all << model.weights.reshaped(), model.visible.parameters.reshaped(), model.hidden.parameters.reshaped();
  return all;
}

struct Result {
  Eigen::VectorXd model;
  std::vector<Eigen::VectorXd> path;
  std::size_t epochs;
};

// Five epochs of three updates each; an observer invents the loss.
Result train(double average_last, std::vector<double> losses, int patience) {
  Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 23, 3);
  Path path{model};
  const auto invent = [&](EpochReport& report) {
    report.metrics.emplace_back("invented", losses[static_cast<std::size_t>(report.epoch - 1)]);
  };
  const ContrastiveDivergenceOptions<> options{.epochs = static_cast<int>(losses.size()),
                                               .batch_size = 10,
                                               .chains = Persistent{.chains = 5},
                                               .optimizer = Momentum{.rate = 0.3},
                                               .average_last = average_last,
                                               .seed = 1};
  const History history = ContrastiveDivergence{model, options, on}.fit(
      v, path, invent, EarlyStopping{.metric = "invented", .patience = patience});
  Result result{flat(model), {}, history.epochs.size()};
  for (const Model& one : path.updates) result.path.push_back(flat(one));
  return result;
}

// The mean after that many updates.
Eigen::VectorXd mean_of(const std::vector<Eigen::VectorXd>& path, std::size_t first, std::size_t last) {
  Eigen::VectorXd sum = Eigen::VectorXd::Zero(path[0].size());
  for (std::size_t i = first; i < last; ++i) sum += path[i];
  return sum / static_cast<double>(last - first);
}

}  // namespace

TEST_CASE("stopping early leaves the averaged model of the best epoch", "[cd][averaging]") {
  const Result result = train(1, {5, 3, 4, 4, 2}, 2);
  CHECK(result.epochs == 4);
  CHECK((result.model - mean_of(result.path, 0, 6)).norm() < 1e-13);
  CHECK((result.model - result.path[5]).norm() > 1e-3);
}

TEST_CASE("a run's best average is kept at its natural end too", "[cd][averaging]") {
  const Result worst_last = train(0.6, {5, 4, 3, 2, 6}, 9);  // the mean begins after update 6
  CHECK((worst_last.model - mean_of(worst_last.path, 6, 12)).norm() < 1e-13);
  const Result best_last = train(0.6, {5, 4, 3, 2, 1}, 9);
  CHECK((best_last.model - mean_of(best_last.path, 6, 15)).norm() < 1e-13);
  const Result before = train(0.6, {5, 1, 3, 2, 6}, 9);  // the best epoch has no mean yet
  CHECK((before.model - before.path[5]).norm() < 1e-13);
}

TEST_CASE("training continues as if no average had been shown", "[cd][averaging]") {
  const Result plain = train(0, {5, 4, 3, 2, 1}, 9), averaged = train(1, {5, 4, 3, 2, 1}, 9);
  REQUIRE(plain.path.size() == averaged.path.size());
  for (std::size_t i = 0; i < plain.path.size(); ++i) CHECK(plain.path[i] == averaged.path[i]);
}

TEST_CASE("a paused run's model is the one that it resumes with", "[cd][averaging]") {
  Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 23, 3);
  Path path{model};
  const auto pause = [](const EpochReport& report) { return report.epoch == 2 ? Flow::pause : Flow::go_on; };
  ContrastiveDivergence{model, {.epochs = 4, .batch_size = 10, .average_last = 1, .seed = 1}, on}.fit(v, path,
                                                                                                      pause);
  CHECK(model == path.updates.back());
}

}  // namespace test::training_run_averaging
