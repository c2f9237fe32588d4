// What an update consists of, and how steps, epochs and runs fit together.
#include <harmonium/training/contrastive_divergence.hpp>

#include <harmonium/inference/layers.hpp>
#include <numeric>

#include "support/catch.hpp"
#include "support/sources.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::WithinAbs;

namespace test::training_contrastive_divergence {

namespace {

const Cpu<double> on;

// Adds factor times the mean over columns of d(-energy)/d(parameters), with the hidden units' expectations,
// by loops.
template <class Model>
void add_mean_statistics_by_loops(const Model& model, const Eigen::MatrixXd& v, double factor, Model& sum) {
  const oracle::Machine machine = oracle_of(model);
  factor /= static_cast<double>(v.cols());
  for (Index c = 0; c < v.cols(); ++c) {
    const oracle::Numbers h = oracle::mean(machine.hidden, oracle::hidden_input(machine, column_of(v, c)));
    for (Index i = 0; i < v.rows(); ++i) {
      sum.visible.parameters(i, 0) += factor * v(i, c);
      if (model.visible.parameters.cols() > 1)  // Gaussian: -d energy / d log precision
        sum.visible.parameters(i, 1) -=
            factor * 0.5 * std::exp(model.visible.parameters(i, 1)) * v(i, c) * v(i, c);
      for (std::size_t j = 0; j < h.size(); ++j)
        sum.weights(i, static_cast<Index>(j)) += factor * v(i, c) * h[j];
    }
    for (std::size_t j = 0; j < h.size(); ++j)
      sum.hidden.parameters(static_cast<Index>(j), 0) += factor * h[j];
  }
}

// The chains' states after `steps` steps of the library's transition: the draws of update 0, 1, ... are
// numbered update * steps, update * steps + 1, ...
template <class Model>
Eigen::MatrixXd chains_after(const Model& model, const Eigen::MatrixXd& v, const Eigen::MatrixXd& input,
                             int steps, Draws draws) {
  auto state = make_state(model, v.cols());
  auto work = make_workspace(model, v.cols());
  state.visible = v;
  state.input = input;
  for (int k = 0; k < steps; ++k, ++draws.step)
    transition(on, model, state.columns(0, v.cols()), state.columns(0, v.cols()), work, draws);
  return state.visible;
}

// Plain training, without a fit of the visible biases.
ContrastiveDivergenceOptions<> quiet(Index batch_size, int epochs = 1) {
  return {.epochs = epochs,
          .batch_size = batch_size,
          .steps = 1,
          .chains = DataChains{},
          .optimizer = Momentum{.rate = 0.05, .momentum = 0.5},
          .max_gradient_norm = 0,
          .centered = false,
          .average_last = 0,
          .fit_visible_biases = false,
          .seed = 3};
}

}  // namespace

TEMPLATE_TEST_CASE("an update climbs the mean statistics of the batch minus those of the chains",
                   "[cd][oracle]", BernoulliBernoulli, GaussianBernoulli) {
  using Model = TestType;
  auto model = small_rbm<Model>(4);
  ContrastiveDivergence trainer{model,
                                {.batch_size = 8,
                                 .steps = 2,
                                 .chains = DataChains{},
                                 .optimizer = Momentum{.rate = 0.1, .momentum = 0.0},
                                 .centered = false,
                                 .seed = 6},
                                Cpu<double>(2)};
  std::uint32_t update = 0;
  for (const Index n : {8, 3, 1, 8}) {  // short batches among full ones
    const Eigen::MatrixXd v = some_states(model, n, 20 + update);
    const Model before = model;
    trainer.step({.values = v});
    const Eigen::MatrixXd up = before.weights.transpose() * v;
    const auto chains = chains_after(before, v, up, 2, {.seed = 6, .step = 2 * update});
    Model expected = zeros_like(model), moved = before;
    add_mean_statistics_by_loops(before, v, 1, expected);
    add_mean_statistics_by_loops(before, chains, -1, expected);
    INFO("update " << update << " from " << n << " samples");
    CHECK(largest_difference(flatten(trainer.gradient()), flatten(expected)) < 1e-12);
    // The rate does not depend on the gradient.
    for_each_parameter(
        [](const ParameterName&, Role, auto w, auto g) {
          for (Index c = 0; c < w.cols; ++c)
            for (Index r = 0; r < w.rows; ++r) w(r, c) += 0.1 * g(r, c);
        },
        moved, expected);
    CHECK(largest_difference(flatten(model), flatten(moved)) < 1e-12);
    CHECK(trainer.steps() == ++update);
  }
}

TEST_CASE("persistent chains continue from the last update, whatever the number of samples", "[cd][oracle]") {
  using Model = BernoulliBernoulli;
  auto model = small_rbm<Model>(4);
  ContrastiveDivergence trainer{model,
                                {.batch_size = 8,
                                 .steps = 3,
                                 .chains = Persistent{.chains = 5},
                                 .optimizer = Momentum{.rate = 0.1, .momentum = 0.0},
                                 .centered = false,
                                 .seed = 6},
                                Cpu<double>(1)};
  // The chains' hidden input was computed with the weights at the end of the last update.
  Eigen::MatrixXd chains, input;
  std::uint32_t update = 0;
  for (const Index n : {8, 3, 1, 8}) {
    const Model before = model;
    if (update == 0) {
      auto state = make_state(model, 5);
      start(on, model, state.columns(0, 5), {.seed = 6});
      chains = state.visible;
      input = state.input;
    }
    const Eigen::MatrixXd v = some_states(model, n, 20 + update);
    trainer.step({.values = v});
    chains = chains_after(before, chains, input, 3, {.seed = 6, .step = 3 * update});
    input = before.weights.transpose() * chains;
    Model expected = zeros_like(model);
    add_mean_statistics_by_loops(before, v, 1, expected);
    add_mean_statistics_by_loops(before, chains, -1, expected);
    INFO("update " << update << " from " << n << " samples");
    CHECK(largest_difference(flatten(trainer.gradient()), flatten(expected)) < 1e-12);
    ++update;
  }
}

TEST_CASE("every sample is used once in an epoch, the last short batch included", "[cd]") {
  for (const Index batch_size : {10, 23, 40, 1}) {
    Calls calls;
    auto model = small_rbm<BernoulliBernoulli>(1);
    const RecordingSource<double> source{some_states(model, 23, 2), calls};
    auto options = quiet(batch_size);
    ContrastiveDivergence trainer{model, options, on};
    const Index batches = (23 + batch_size - 1) / batch_size;
    std::vector<std::vector<Index>> orders;
    for (const int epoch : {1, 2}) {
      calls.clear();
      trainer.epoch(source, epoch);
      REQUIRE(static_cast<Index>(calls.size()) == 2 * batches);  // the first pass checks the data
      std::vector<Index> order;
      for (std::size_t i = static_cast<std::size_t>(batches); i < calls.size(); ++i) {
        CHECK(static_cast<Index>(calls[i].size()) ==
              (i + 1 < calls.size() ? batch_size : 23 - (batches - 1) * batch_size));
        order.insert(order.end(), calls[i].begin(), calls[i].end());
      }
      orders.push_back(order);
      std::sort(order.begin(), order.end());
      std::vector<Index> all(23);
      std::iota(all.begin(), all.end(), Index(0));
      INFO("batches of " << batch_size);
      CHECK(order == all);
    }
    CHECK(orders[0] != orders[1]);
    CHECK(static_cast<Index>(trainer.steps()) == 2 * batches);
  }
}

TEST_CASE("steps, epochs and a run are the same training", "[cd]") {
  const auto begin = small_rbm<BernoulliBernoulli>(1);
  const Eigen::MatrixXd data = some_states(begin, 23, 2);
  const auto options = quiet(10, 3);
  auto by_fit = begin, by_epochs = begin, by_steps = begin;

  ContrastiveDivergence{by_fit, options, on}.fit(data);

  Calls calls;
  const RecordingSource<double> source{data, calls};
  ContrastiveDivergence epochs{by_epochs, options, on};
  ContrastiveDivergence steps{by_steps, options, on};
  for (int epoch = 1; epoch <= 3; ++epoch) {
    calls.clear();
    epochs.epoch(source, epoch);
    for (std::size_t i = 3; i < calls.size(); ++i) {
      Eigen::MatrixXd batch(data.rows(), static_cast<Index>(calls[i].size()));
      for (std::size_t c = 0; c < calls[i].size(); ++c)
        batch.col(static_cast<Index>(c)) = data.col(calls[i][c]);
      steps.step({.values = batch});
    }
  }
  CHECK(by_epochs == by_fit);
  CHECK(by_steps == by_fit);
  CHECK_FALSE(by_fit == begin);
}

TEST_CASE("a run reports every epoch", "[cd]") {
  auto model = small_rbm<BernoulliBernoulli>(1);
  const Eigen::MatrixXd data = some_states(model, 1203, 2);
  auto options = quiet(100, 4);
  options.optimizer = Momentum{.rate = linear(0.08, 0)};
  options.phase = "rehearsal";
  ContrastiveDivergence trainer{model, options, on};
  std::vector<double> errors;
  const History history = trainer.fit(data, [&](const EpochReport& report) {
    // Mean squared difference per visible row after one step down of means, over 1000 samples
    const Eigen::MatrixXd some =
        data(Eigen::all, random_subset(1203, 1000, {.seed = options.seed, .stream = Stream::shuffle}));
    const Eigen::MatrixXd again = mean_visible(model, mean_hidden(model, some));
    errors.push_back((some - again).squaredNorm() / static_cast<double>(some.size()));
    CHECK_THAT(report.metric("gradient_norm"),
               Catch::Matchers::WithinRel(norm(on, trainer.gradient()), 1e-12));
    CHECK_THROWS_MATCHES(report.metric("loss"), ValueError,
                         Catch::Matchers::Message("report: there is no metric 'loss', measured were: "
                                                  "reconstruction_error, gradient_norm"));
  });
  REQUIRE(history.epochs.size() == 4);
  double seconds = 0;
  for (std::size_t i = 0; i < 4; ++i) {
    const EpochReport& report = history.epochs[i];
    CHECK((report.phase == "rehearsal" && report.epoch == static_cast<int>(i) + 1 && report.epochs == 4));
    CHECK_THAT(report.rate, WithinAbs(0.08 * (3.0 - static_cast<double>(i)) / 4, 1e-12));
    CHECK_THAT(report.metric("reconstruction_error"), WithinAbs(errors[i], 1e-12));
    CHECK((report.seconds >= 0 && report.total_seconds >= seconds + report.seconds * 0.999));
    seconds += report.seconds;
  }
}

TEST_CASE("a schedule runs from a run's first step to its end, and again in the next run", "[cd]") {
  auto model = small_rbm<BernoulliBernoulli>(1);
  const Eigen::MatrixXd data = some_states(model, 20, 2);
  auto options = quiet(10, 2);
  std::vector<double> asked;
  options.optimizer = Momentum{.rate = Schedule([&](double progress) {
                                 asked.push_back(progress);
                                 return 0.01;
                               }),
                               .momentum = 0.0};
  ContrastiveDivergence trainer{model, options, on};
  asked.clear();
  trainer.fit(data);
  // Two updates per epoch, at the rate that the epoch's report states
  CHECK(asked == std::vector<double>{0, 0.25, 0.5, 0.5, 0.75, 1});
  asked.clear();
  trainer.fit(data);
  CHECK(asked == std::vector<double>{0, 0.25, 0.5, 0.5, 0.75, 1});
}

TEST_CASE("weight decay shrinks weights and nothing else", "[cd]") {
  // Without updates from the data (a single state, which the chains cannot leave), only decay changes the
  // weights.
  GaussianBernoulli model{{.visible = 3, .hidden = 2}};
  randomise(model, 1, 0.5, 0.5, 0.0);
  auto with = model, without = model;
  const Eigen::MatrixXd data = some_states(model, 10, 1);
  auto options = quiet(10);
  ContrastiveDivergence{without, options, on}.step({.values = data});
  options.weight_decay = 0.3;
  ContrastiveDivergence{with, options, on}.step({.values = data});
  CHECK(with.visible == without.visible);
  CHECK(with.hidden == without.hidden);
  CHECK(largest_difference(with.weights, without.weights - 0.3 * (0.05 / (1 - 0.5)) * model.weights) < 1e-15);
}

TEST_CASE("a fresh visible layer starts at the data's means, one that learned already does not", "[cd]") {
  auto options = quiet(7, 0);  // no updates at all
  options.fit_visible_biases = true;
  const Eigen::VectorXd none = Eigen::VectorXd::Zero(4);
  const Eigen::MatrixXd data{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0},  // never on
                             {1, 1, 1, 1, 1, 1, 1, 1, 1, 1},  // always
                             {1, 0, 0, 0, 0, 1, 0, 0, 0, 0},  // at times
                             {0.5, 0.5, 0, 1, 0, 1, 0, 1, 0, 1}};
  BernoulliBernoulli bits{{.visible = 4, .hidden = 3, .seed = 1}};
  const auto begin = bits;
  ContrastiveDivergence{bits, options, on}.fit(data);
  CHECK(all_finite(on, bits));
  CHECK(bits.weights == begin.weights);
  CHECK(largest_difference(bits.hidden.parameters, -begin.weights.transpose() * data.rowwise().mean()) <
        1e-12);
  for (Index r = 0; r < 4; ++r) {
    const double p = (data.row(r).sum() + 0.5) / 11;
    CHECK_THAT(bits.visible.parameters(r, 0), WithinAbs(std::log(p / (1 - p)), 1e-12));
  }
  const auto once = bits;
  const Eigen::MatrixXd other = 1 - data.array();
  ContrastiveDivergence{bits, options, on}.fit(other);
  CHECK(bits == once);
  options.fit_visible_biases = false;
  auto left_alone = begin;
  ContrastiveDivergence{left_alone, options, on}.fit(data);
  CHECK(left_alone == begin);

  options.fit_visible_biases = true;
  GaussianBernoulli real{{.visible = 4, .hidden = 3, .seed = 1}};
  ContrastiveDivergence{real, options, on}.fit(data);
  const auto variance_of = [&](Index r) {
    return (data.row(r).array() - data.row(r).mean()).square().mean();
  };
  for (Index r = 0; r < 4; ++r) {  // rows that do not vary get a thousandth of the others' variance
    const double mean = data.row(r).mean(),
                 variance = r < 2 ? 1e-3 * std::sqrt(variance_of(2) * variance_of(3)) : variance_of(r);
    CHECK_THAT(real.visible.parameters(r, 1), WithinAbs(-std::log(variance), 1e-9));
    CHECK_THAT(real.visible.parameters(r, 0), WithinAbs(mean / variance, 1e-6));
  }

  CategoricalBernoulli classes{{.visible = {.units = 1, .states = 4}, .hidden = 3, .seed = 1}};
  const Eigen::MatrixXd one_hot{{1, 0, 0, 1, 1}, {0, 1, 0, 0, 0}, {0, 0, 1, 0, 0}, {0, 0, 0, 0, 0}};
  auto as_fitted = options;  // the gauge would take their mean from the biases
  as_fitted.zero_sum = false;
  ContrastiveDivergence{classes, as_fitted, on}.fit(one_hot);
  const double counts[] = {3, 1, 1, 0};
  for (Index k = 0; k < 4; ++k)
    CHECK_THAT(classes.visible.parameters(k, 0), WithinAbs(std::log((counts[k] + 0.25) / 6), 1e-12));
}

TEST_CASE("persistent chains start where the visible biases have been set", "[cd]") {
  // All data are 0, so the visible biases are low, and the chains' 10,000 units are off at zero input, except
  // with probability 1 / 2002 each. Chains that had started earlier would have half of them on.
  Rbm<Bernoulli, Bernoulli, Cpu<double>> model{{.visible = 100, .hidden = 2, .weight_scale = 0}};
  auto options = quiet(1000);
  options.fit_visible_biases = true;
  options.chains = Persistent{.chains = 100};
  options.optimizer = Momentum{.rate = 0};
  const Eigen::MatrixXd data = Eigen::MatrixXd::Zero(100, 1000);
  ContrastiveDivergence trainer{model, options, on};
  trainer.fit(data);
  CHECK(trainer.gradient().visible.parameters.cwiseAbs().mean() < 0.01);
}

namespace {
// User-defined policies: chains that stay at the data, and an update by signs.
struct NoChains {
  Index count(Index batch) const { return batch; }
  template <class M>
  void advance(const typename M::Backend& backend, const M&, typename M::StateView data,
               typename M::StateView chains, typename M::Workspace&, int, Draws) const {
    backend.copy(ConstViewOf<typename M::Backend>(data.visible), chains.visible);
    backend.copy(ConstViewOf<typename M::Backend>(data.input), chains.input);
  }
};
struct Signs {
  Schedule rate = 0.01;
  static constexpr int moments = 0;
  template <class T>
  struct Rule {
    T rate;
    constexpr void operator()(T& w, T g) const { w += g > 0 ? rate : g < 0 ? -rate : T(0); }
  };
  template <class T>
  Rule<T> rule(std::uint64_t, double progress) const {
    return {static_cast<T>(rate.at(progress))};
  }
};
}  // namespace

TEST_CASE("a user's own chains and optimizer take the place of the bundled ones", "[cd]") {
  auto model = small_rbm<BernoulliBernoulli>(1);
  const auto begin = model;
  const Eigen::MatrixXd data = some_states(model, 20, 2);
  using Still = ContrastiveDivergenceOptions<NoChains>;
  ContrastiveDivergence<BernoulliBernoulli, Still>{
      model, {.epochs = 2, .batch_size = 7, .centered = false, .fit_visible_biases = false}, on}
      .fit(data);
  CHECK(largest_difference(flatten(model), flatten(begin)) < 1e-14);  // both phases are the same
  using Own = ContrastiveDivergenceOptions<AnyChains, Signs>;
  ContrastiveDivergence<BernoulliBernoulli, Own> trainer{
      model,
      {.batch_size = 20, .optimizer = {.rate = 0.25}, .centered = false, .fit_visible_biases = false},
      on};
  trainer.step({.values = data});
  CHECK_THAT(largest_difference(flatten(model), flatten(begin)), WithinAbs(0.25, 1e-12));
}

}  // namespace test::training_contrastive_divergence
