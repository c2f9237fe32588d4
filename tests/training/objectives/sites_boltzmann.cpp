// Fully visible Boltzmann machines, whose couplings are stored twice.
#include "training/objectives/sites.hpp"

using namespace test;

namespace test::training_objectives_sites_boltzmann {

namespace {
struct Couplings {
  oracle::Layer visible;
  std::vector<oracle::Numbers> weights;
};

template <class U>
using Machine = BoltzmannMachine<U, Cpu<double>>;

double energy(const Couplings& machine, const oracle::Numbers& v) {
  double sum = oracle::energy(machine.visible, v);
  for (std::size_t i = 0; i < v.size(); ++i)
    for (std::size_t j = 0; j < v.size(); ++j) sum -= machine.weights[i][j] * v[i] * v[j] / 2;
  return sum;
}

// A coupling is the mean of its two numbers, so that a step along one of them moves it by half.
template <class U>
Couplings couplings_of(const Machine<U>& machine) {
  Couplings result{oracle_of(machine.visible), {}};
  const Index group = machine.visible.group;
  for (Index i = 0; i < machine.weights.rows(); ++i) {
    result.weights.emplace_back();
    for (Index j = 0; j < machine.weights.rows(); ++j)
      result.weights.back().push_back(
          i / group == j / group ? 0 : (machine.weights(i, j) + machine.weights(j, i)) / 2);
  }
  return result;
}

template <class U>
void check_machine(const LayerSize<U>& size) {
  Machine<U> machine{{.visible = size}};
  randomise(machine, 2);
  const Eigen::MatrixXd both = (machine.weights + machine.weights.transpose()) / 2;
  machine.weights = both;
  detail::clear_diagonal<U, Cpu<double>>(Cpu<double>{}, machine, machine.weights);
  Eigen::MatrixXd v(machine.visible.rows(), 3);
  sample(Cpu<double>{}, machine.visible, Eigen::MatrixXd::Zero(v.rows(), 3).eval(), view_of(v), {.seed = 3});
  const auto of = [](const Machine<U>& at) { return couplings_of(at); };
  const auto value_of = []<class Score>(Score) {
    return [](const Couplings& at, const oracle::Numbers& x) {
      return score_of<Score>(at.visible, x, [&](const oracle::Numbers& y) { return energy(at, y); });
    };
  };
  check_score<LogScore>(machine, v, of, value_of(LogScore{}));
  check_score<QuadraticScore>(machine, v, of, value_of(QuadraticScore{}));
  check_score<FlowScore>(machine, v, of, value_of(FlowScore{}));
}
}  // namespace

TEST_CASE("a Boltzmann machine's objectives follow their definitions", "[objective][oracle][slow]") {
  check_machine<Bernoulli>(4);
  check_machine<Spin>(4);
  check_machine<Quintic>(3);
  check_machine<Categorical>({3, 3});
}

}  // namespace test::training_objectives_sites_boltzmann
