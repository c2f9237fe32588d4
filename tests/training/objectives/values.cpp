// Objectives' values, and their gradients in single precision.
#include <harmonium/training/objectives/values.hpp>

#include <harmonium/inference/pseudo_likelihood.hpp>

#include "support/catch.hpp"
#include "support/mixed.hpp"

using namespace harmonium;
using namespace test;

namespace test::training_objectives_values {

namespace {
/// The gradient of one objective at some samples, equally weighted.
template <class Model, class Add>
auto gradient_at(const Model& model, const Eigen::MatrixXd& v, Add add) {
  using T = typename Model::Scalar;
  const Cpu<T> on(2);
  auto state = make_state(model, v.cols());
  state.visible = v.cast<T>();
  refresh(on, model, state.columns(0, v.cols()));
  Model gradient = zeros_like(model);
  const HostMatrix<T> weights = HostMatrix<T>::Constant(1, v.cols(), T(1) / static_cast<T>(v.cols()));
  add(on, model, state.columns(0, v.cols()), ConstViewOf<Cpu<T>>(weights), gradient);
  return gradient;
}

/// Largest difference between the gradients in single and double precision.
template <class Model, class Add>
double rounding(const Model& model, const Eigen::MatrixXd& v, Add add) {
  const auto single = gradient_at(convert<Cpu<float>>(model), v, add);
  const auto precise = gradient_at(model, v, add);
  return largest_difference(flatten(convert<Cpu<double>>(single)), flatten(precise));
}

template <class Score>
double rounding_of_score() {
  Rbm<Mixed<Bernoulli, Categorical>, Bernoulli, Cpu<double>> rbm{{.visible = {60, {5, 4}}, .hidden = 300}};
  randomise(rbm, 1, 0.1);
  const Cpu<double> on;
  Eigen::MatrixXd v(rbm.visible.rows(), 50);
  sample(on, rbm.visible, Eigen::MatrixXd::Zero(v.rows(), 50).eval(), view_of(v), {.seed = 2});
  return rounding(rbm, v, [](const auto& by, const auto& model, auto state, auto weights, auto& gradient) {
    SiteGradient<std::remove_cvref_t<decltype(model)>> objective(model, 50);
    objective.template add<Score>(by, model, state, weights, gradient);
  });
}
}  // namespace

TEST_CASE("values are those of the objectives, as costs", "[objective]") {
  const auto rbm = small_rbm<CategoricalBernoulli>(1);
  const Eigen::MatrixXd v = some_states(rbm, 1500, 2);
  SiteGradient<CategoricalBernoulli> objective(rbm, 1500);
  auto state = make_state(rbm, 1500);
  state.visible = v;
  refresh(Cpu<double>{}, rbm, state.columns(0, 1500));
  Eigen::MatrixXd log = Eigen::MatrixXd::Zero(1, 1500), quadratic = log, flow = log;
  objective.add_values<LogScore>(Cpu<double>{}, rbm, state.columns(0, 1500), 1, log);
  objective.add_values<QuadraticScore>(Cpu<double>{}, rbm, state.columns(0, 1500), 1, quadratic);
  objective.add_values<FlowScore>(Cpu<double>{}, rbm, state.columns(0, 1500), 1, flow);
  CHECK(largest_difference(pseudo_likelihood(rbm, v), log.transpose()) < 1e-12);
  CHECK(largest_difference(ratio_matching(rbm, v), -quadratic.transpose()) < 1e-15);
  CHECK(largest_difference(probability_flow(rbm, v), -flow.transpose()) < 1e-15);
}

TEST_CASE("without weights score matching is that of a Gaussian", "[objective]") {
  Rbm<Gaussian, Bernoulli, Cpu<double>> rbm{{.visible = 2, .hidden = 3, .weight_scale = 0}};
  rbm.visible.parameters << 1, std::log(2.0), -0.5, std::log(0.5);
  const Eigen::MatrixXd v{{0.75}, {2}};  // psi = 1 - 2 v, -0.5 - v / 2
  CHECK(std::abs(score_matching(rbm, v)(0) - (0.25 / 2 - 2 + 2.25 / 2 - 0.5)) < 1e-14);
}

TEST_CASE("values refuse samples of the wrong size", "[objective][errors]") {
  const auto binary = small_rbm<BernoulliBernoulli>(3);
  const auto real = small_rbm<GaussianBernoulli>(3);
  const Eigen::MatrixXd v = Eigen::MatrixXd::Zero(3, 2);
  const auto message = [](const char* text) { return Catch::Matchers::Message(text); };
  CHECK_THROWS_MATCHES(ratio_matching(binary, v), ShapeError,
                       message("ratio_matching: the data have 3 rows, the model has 4"));
  CHECK_THROWS_MATCHES(probability_flow(binary, v), ShapeError,
                       message("probability_flow: the data have 3 rows, the model has 4"));
  CHECK_THROWS_MATCHES(
      score_matching(real, v), ShapeError,
      message("score_matching: the data have 3 rows, the model has 2; they have as many columns, "
              "and samples are columns: did you mean transpose().eval()?"));
}

// Log weights are sums over 300 hidden units of up to about 1 each, rounded to 2e-5 in single precision, and
// slopes inherit that relative error.
TEST_CASE("gradients are as good as single precision allows", "[objective]") {
  CHECK(rounding_of_score<LogScore>() < 1e-4);
  CHECK(rounding_of_score<QuadraticScore>() < 1e-4);
  CHECK(rounding_of_score<FlowScore>() < 1e-4);
  Rbm<Gaussian, Mixed<Bernoulli, Rectified, Categorical>, Cpu<double>> rbm{
      {.visible = 60, .hidden = {200, 50, {10, 5}}}};
  randomise(rbm, 1, 0.1);
  const Eigen::MatrixXd v = 2 * (numbers(60, 50, 3).array() - 0.5).matrix();
  CHECK(rounding(rbm, v, [](const auto& by, const auto& model, auto state, auto weights, auto& gradient) {
          ScoreGradient<std::remove_cvref_t<decltype(model)>> objective(model, 50);
          objective.add(by, model, state, weights, gradient);
        }) < 1e-4);
}

}  // namespace test::training_objectives_values
