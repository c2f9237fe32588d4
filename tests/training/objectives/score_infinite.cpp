#include "training/objectives/score.hpp"

using namespace test;

namespace test::training_objectives_score_infinite {

namespace {
/// A real unit with two parameters besides its bias: energy e^log_precision (x - center)^2 / 2.
struct Centred {
  static constexpr const char* name = "centered";
  static constexpr const char* shape[] = {"log_precision", "center"};
  static constexpr bool real_line = true;
  template <class T>
  static constexpr T energy(T x, T log_precision, T center) {
    return T(0.5) * exponential(log_precision) * (x - center) * (x - center);
  }
  template <class T>
  static constexpr T log_partition(T field, T log_precision, T center) {
    return field * center + Gaussian::log_partition(field, log_precision);
  }
  template <class T, class R>
  static constexpr T sample(T field, T log_precision, T center, R& random) {
    return center + Gaussian::sample(field, log_precision, random);
  }
};

template <class H>
double score_matching_of(const Pair<Mixed<Gaussian, Centred>, H>& rbm, const oracle::Numbers& v) {
  const auto& [gaussian, centered] = rbm.visible.parts;
  oracle::Machine machine;
  oracle::Numbers precisions, centres;
  const auto append = [&](double bias, double log_precision, double center) {
    machine.visible.biases.push_back(bias);
    precisions.push_back(std::exp(log_precision));
    centres.push_back(center);
  };
  for (Index r = 0; r < gaussian.rows(); ++r) append(gaussian.parameters(r, 0), gaussian.parameters(r, 1), 0);
  for (Index r = 0; r < centered.rows(); ++r)
    append(centered.parameters(r, 0), centered.parameters(r, 1), centered.parameters(r, 2));
  machine.hidden = mixed_oracle(rbm.hidden);
  for (Index i = 0; i < rbm.weights.rows(); ++i)
    machine.weights.push_back(column_of(rbm.weights.transpose(), i));
  return test::score_matching_of(machine, precisions, centres, v);
}
}  // namespace

TEST_CASE("score matching with infinitely many hidden states follows its definition",
          "[objective][oracle][slow]") {
  check_score_matching_of<Gaussian>(2, 1);
  check_score_matching_of<Poisson>(2, 1);
  check_score_matching_of<Rectified>(2, 1);
}

TEST_CASE("score matching derives what real and hidden units do not define", "[objective][oracle]") {
  Pair<Mixed<Gaussian, Centred>, Mixed<Gaussian, Categorical>> rbm{
      {.visible = {1, 2}, .hidden = {1, {1, 3}}}};
  randomise(rbm, 3, 0.3);
  check_score_matching(rbm, 2 * (numbers(3, 2, 4).array() - 0.5).matrix());
}

TEMPLATE_TEST_CASE("derived moments of hidden units equal those that units define themselves", "[objective]",
                   (std::pair<PlainGaussian, Gaussian>), (std::pair<PlainRectified, Rectified>),
                   (std::pair<PlainPoisson, Poisson>), (std::pair<PlainBernoulli, Bernoulli>),
                   (std::pair<PlainSpin, Spin>)) {
  const auto slope = []<class H>(H) {
    Rbm<Gaussian, H, Cpu<double>> rbm{{.visible = 3, .hidden = 4}};
    randomise(rbm, 5);
    auto state = make_state(rbm, 3);
    state.visible = numbers(3, 3, 6);
    refresh(Cpu<double>{}, rbm, state.columns(0, 3));
    auto gradient = zeros_like(rbm);
    ScoreGradient<Rbm<Gaussian, H, Cpu<double>>> objective(rbm, 3);
    objective.add(Cpu<double>{}, rbm, state.columns(0, 3), Eigen::MatrixXd::Ones(1, 3).eval(), gradient);
    return flatten(gradient);
  };
  CHECK(largest_difference(slope(typename TestType::first_type{}), slope(typename TestType::second_type{})) <
        1e-12);
}

}  // namespace test::training_objectives_score_infinite
