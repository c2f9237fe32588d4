// A user-defined model with only the functions that models/energy_model.hpp lists can be trained.
#include <harmonium/models/energy_model.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include <cmath>

#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::WithinAbs;

namespace mine {

// Independent binary units: E(v) = -bias . v
struct Independent {
  using Backend = Cpu<double>;
  struct StateView {
    ViewOf<Backend> visible;
    StateView columns(Index first, Index count) const { return {visible.columns(first, count)}; }
  };
  struct State {
    Matrix<Backend> visible;
    StateView columns(Index first, Index count) { return StateView{visible}.columns(first, count); }
  };
  struct Workspace {
    Matrix<Backend> nothing;  // rows x n, the units' input
  };

  Layer<Bernoulli, Backend> visible;

  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    Layer<Bernoulli, Backend>::walk(f, name / "visible", self.visible, others.visible...);
  }
};
using B = Independent::Backend;

Independent::State make_state(const Independent& model, Index n) {
  return {Matrix<B>::Zero(model.visible.rows(), n)};
}
Independent::Workspace make_workspace(const Independent& model, Index n) {
  return {Matrix<B>::Zero(model.visible.rows(), n)};
}
void refresh(const B&, const Independent&, Independent::StateView) {}
void start(const B& on, const Independent& model, Independent::StateView state, Draws draws) {
  const Matrix<B> nothing = Matrix<B>::Zero(state.visible.rows, state.visible.cols);
  sample(on, model.visible, nothing, state.visible, draws.in(Stream::start));
}
void transition(const B& on, const Independent& model, Independent::StateView, Independent::StateView to,
                Independent::Workspace& work, Draws draws) {
  sample(on, model.visible, View<const double>(work.nothing).columns(0, to.visible.cols), to.visible, draws);
}
void set_statistics(const B& on, const Independent& model, Independent::StateView state,
                    View<const double> weights, double keep, Independent& gradient, Independent::Workspace&) {
  CHECK(keep == 0);
  set_zero(on, gradient);
  add_statistics(on, model.visible, state.visible, weights, gradient.visible);
}
void add_free_energy(const B& on, const Independent& model, Independent::StateView state, double factor,
                     View<double> out) {
  add_energy(on, model.visible, state.visible, factor, out);
}
void reconstruct(const B& on, const Independent& model, Independent::StateView state,
                 Independent::Workspace& work, View<double> out) {
  mean(on, model.visible, View<const double>(work.nothing).columns(0, state.visible.cols), out);
}

}  // namespace mine

TEST_CASE("a model of what EnergyModel lists trains with every kind of chain", "[energy_model][cd]") {
  using mine::Independent;
  static_assert(EnergyModel<Independent> && !SamplesStatistics<Independent> && !CenterableModel<Independent>);

  // Three columns of four have a 1 in row 0, one of four in row 1: the log-odds are log 3 and -log 3.
  Eigen::MatrixXd data = Eigen::MatrixXd::Zero(2, 400);
  for (Index c = 0; c < data.cols(); ++c) data(0, c) = c % 4 != 0, data(1, c) = c % 4 == 1;

  const auto train = [&](AnyChains chains) {
    Independent model{Layer<Bernoulli, Cpu<double>>(2)};
    ContrastiveDivergence trainer{model,
                                  {.epochs = 100,
                                   .batch_size = 400,
                                   .chains = chains,
                                   .optimizer = Sgd{.rate = linear(4, 0)},
                                   .fit_visible_biases = false,
                                   .seed = 3}};
    const History history = trainer.fit(data);
    CHECK(history.epochs.back().metric("reconstruction_error") < 0.2);
    return model.visible.parameters;
  };
  const Eigen::MatrixXd exact = train(Exact{});
  CHECK_THAT(exact(0), WithinAbs(std::log(3.0), 1e-9));
  CHECK_THAT(exact(1), WithinAbs(-std::log(3.0), 1e-9));
  // Sampled: a bias's standard error is that of 400 draws, 1 / sqrt(400 * 3 / 16), over the last updates.
  for (const AnyChains& chains : {AnyChains{DataChains{}}, AnyChains{Persistent{.chains = 400}},
                                  AnyChains{FastWeights{.chains = 400}}}) {
    const Eigen::MatrixXd sampled = train(chains);
    CHECK_THAT(sampled(0), WithinAbs(std::log(3.0), 0.2));
    CHECK_THAT(sampled(1), WithinAbs(-std::log(3.0), 0.2));
  }
  CHECK_THROWS_AS(train(Tempered{}), ValueError);  // needs more: a `TemperedModel`
}

TEST_CASE("drawn statistics are refused by a model that has none", "[energy_model][cd]") {
  mine::Independent model{Layer<Bernoulli, Cpu<double>>(2)};
  using Options = ContrastiveDivergenceOptions<>;
  CHECK_THROWS_WITH((ContrastiveDivergence{model, Options{.statistics = Statistics::samples}}),
                    Catch::Matchers::ContainsSubstring("set_sampled_statistics"));
}
