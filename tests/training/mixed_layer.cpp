// Training a table of binary, categorical and real columns.
#include <harmonium/models/mixed_layer.hpp>

#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/networks/classification.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/pre_training.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::training_mixed_layer {

namespace {

using B = Cpu<double>;
using Row = Mixed<Bernoulli, Categorical, Gaussian>;
using Code = Mixed<Categorical, Bernoulli>;
using Table = Rbm<Row, Code, B>;

// Rows of three binary columns, one with three states and two real ones, which all depend on a hidden cause:
// a bit is on with p = 0.8 or 0.2, the states have probabilities (0.6, 0.3, 0.1) or the reverse, a real
// number is normal around 1 or -1 with a standard deviation of 0.8. Chains still move between the causes in a
// few steps.
struct Cause {
  double on, states[3], center;
};
constexpr Cause causes[2] = {{0.8, {0.6, 0.3, 0.1}, 1}, {0.2, {0.1, 0.3, 0.6}, -1}};

Eigen::MatrixXd rows_with_causes(Index count, std::uint64_t seed) {
  Dice dice(seed);
  Eigen::MatrixXd x = Eigen::MatrixXd::Zero(8, count);
  for (Index c = 0; c < count; ++c) {
    const Cause& cause = causes[dice.below(2)];
    for (Index r = 0; r < 3; ++r) x(r, c) = dice.uniform() < cause.on ? 1 : 0;
    const double u = dice.uniform();
    x(u < cause.states[0] ? 3 : u < cause.states[0] + cause.states[1] ? 4 : 5, c) = 1;
    for (Index r = 6; r < 8; ++r) x(r, c) = cause.center + 0.8 * dice.normal();
  }
  return x;
}

double true_log_likelihood(const Eigen::MatrixXd& x) {
  double sum = 0;
  for (Index c = 0; c < x.cols(); ++c) {
    oracle::Numbers terms;
    for (const Cause& cause : causes) {
      double log_p = std::log(0.5);
      for (Index r = 0; r < 3; ++r) log_p += std::log(x(r, c) > 0 ? cause.on : 1 - cause.on);
      for (Index r = 3; r < 6; ++r) log_p += x(r, c) * std::log(cause.states[r - 3]);
      for (Index r = 6; r < 8; ++r) {
        const double z = (x(r, c) - cause.center) / 0.8;
        log_p -= 0.5 * (z * z + std::log(2 * 3.14159265358979323846 * 0.64));
      }
      terms.push_back(log_p);
    }
    sum += oracle::log_sum_exp(terms);
  }
  return sum / static_cast<double>(x.cols());
}

// E[v_r | v_g = 1] for rows r and g of different units: given the hidden states, or the cause, they are
// independent. `means` has a column for each hidden state or cause, of probabilities p.
double mean_where(const Eigen::MatrixXd& means, const Eigen::RowVectorXd& p, Index r, Index g) {
  return (p.array() * means.row(r).array() * means.row(g).array()).sum() / p.dot(means.row(g));
}

}  // namespace

TEST_CASE("a model trained on a table knows how its columns depend on each other", "[mixed][cd]") {
  const Eigen::MatrixXd data = rows_with_causes(8000, 1), fresh = rows_with_causes(2000, 2);
  const Table::Options options{.visible = {3, {1, 3}, 2}, .hidden = {{1, 2}, 2}, .seed = 1};
  Table independent(options), table(options);
  independent.weights.setZero();
  ContrastiveDivergence{independent, {.epochs = 0}, B{}}.fit(data);  // independent columns
  ContrastiveDivergence{table,
                        {.epochs = 25,
                         .batch_size = 50,
                         .steps = 2,
                         .chains = Persistent{.chains = 100},
                         .optimizer = Adam{.rate = linear(0.01, 0)},
                         .seed = 2},
                        B{}}
      .fit(data);
  const double alone = exact_log_likelihood(independent, fresh).mean(),
               learned = exact_log_likelihood(table, fresh).mean(), truth = true_log_likelihood(fresh);
  CAPTURE(alone, learned, truth);
  CHECK(learned > alone + 1);
  CHECK(learned > truth - 0.02);
  CHECK(learned < truth + 0.02);

  const B on;
  Eigen::MatrixXd h(4, 8), terms = Eigen::MatrixXd::Zero(1, 8), truths(8, 2);
  write_states(table.hidden, 0, View<double>(h));
  const Eigen::MatrixXd input = table.weights * h, means = mean_visible(table, h);
  add_energy(on, table.hidden, h, -1, terms);
  add_log_partition(on, table.visible, input, 1, terms);
  const Eigen::RowVectorXd p = (terms.array() - exact_log_z(table)).exp();
  for (Index i = 0; i < 2; ++i) {
    const auto& [bit, states, center] = causes[i];
    truths.col(i) << bit, bit, bit, states[0], states[1], states[2], center, center;
  }
  for (const Index given : {0, 3, 4, 5})
    for (const Index row : {1, 2, 6, 7}) {
      CAPTURE(row, given);
      CHECK(std::abs(mean_where(means, p, row, given) -
                     mean_where(truths, Eigen::RowVector2d(0.5, 0.5), row, given)) < 0.1);
    }
}

TEST_CASE("a table has the same bytes for any number of threads", "[mixed][cd][threads][slow]") {
  Dice dice(1);
  Eigen::MatrixXd data = Eigen::MatrixXd::Zero(330, 230);
  for (Index c = 0; c < data.cols(); ++c) {
    for (Index r = 0; r < 150; ++r) data(r, c) = dice.uniform();
    for (Index r = 150; r < 250; r += 5) data(r + dice.below(5), c) = 1;
    for (Index r = 250; r < 330; ++r) data(r, c) = dice.normal();
  }
  const auto train = [&](int threads) {
    Table table{{.visible = {150, {20, 5}, 80}, .hidden = {{20, 5}, 160}, .seed = 1}};
    ContrastiveDivergence{table,
                          {.epochs = 2, .chains = Persistent{.chains = 130}, .optimizer = Adam{.rate = 0.01}},
                          B(threads)}
        .fit(data);
    return table;
  };
  const Table expected = train(1);
  CHECK(all_finite(B{}, expected));
  for (const int threads : {1, 2, 3, 8}) {
    INFO(threads << " threads");
    const Table table = train(threads);
    bool same = true;
    for_each_parameter(
        [&](const ParameterName&, Role, auto x, auto y) {
          const auto size = sizeof(double) * static_cast<std::size_t>(x.rows);
          for (Index c = 0; c < x.cols; ++c) same = same && std::memcmp(x.column(c), y.column(c), size) == 0;
        },
        table, expected);
    CHECK(same);
  }
}

TEST_CASE("columns that never change give a table no infinities", "[mixed][cd]") {
  Eigen::MatrixXd data = rows_with_causes(200, 3);
  data.row(1).setZero();
  data.middleRows(3, 3).setZero();
  data.row(4).setOnes();
  data.row(6).setConstant(2);
  Table table{{.visible = {3, {1, 3}, 2}, .hidden = {{1, 2}, 2}, .seed = 1}};
  ContrastiveDivergence{table, {.epochs = 3, .batch_size = 20, .optimizer = Momentum{.rate = 1e-4}}, B{}}.fit(
      data);
  CHECK(all_finite(B{}, table));
  CHECK(free_energy(table, data).allFinite());
}

TEST_CASE("a value that a column cannot have is refused, with the values that it can",
          "[mixed][cd][errors]") {
  Table table{{.visible = {3, {1, 3}, 2}, .hidden = {{1, 2}, 2}, .seed = 1}};
  const Table before = table;
  const auto refuse = [&](Index row, double number, const std::string& message) {
    Eigen::MatrixXd data = rows_with_causes(30, 1);
    data(row, 25) = number;
    CHECK_THROWS_MATCHES((ContrastiveDivergence{table, {.batch_size = 10}, B{}}.fit(data)), DataError,
                         Message(message));
    CHECK(table == before);
  };
  refuse(2, 2, "fit: the data have 2 in row 2 of column 25; a bernoulli unit takes numbers from 0 to 1");
  refuse(3, -1,
         "fit: the data have -1 in row 3 of column 25; a categorical unit takes numbers from 0 to 1 that sum "
         "to 1");
  refuse(7, INFINITY, "fit: the data have inf in row 7 of column 25; a gaussian unit takes finite numbers");
}

TEST_CASE("a stack of mixed layers is pre-trained and fine-tuned", "[mixed][pre_training][fine_tuning]") {
  using Units = Stack<Row, Code>;
  const Eigen::MatrixXd x = rows_with_causes(400, 4);
  std::vector<int> labels;
  for (Index c = 0; c < x.cols(); ++c) labels.push_back(x.topRows(3).col(c).sum() > 1 ? 1 : 0);
  const Dataset data(x, labels);
  Dbn<Units, B> dbn{
      {.sizes = {LayerSize<Row>{3, {1, 3}, 2}, LayerSize<Code>{{2, 3}, 4}, LayerSize<Code>{{1, 2}, 3}}}};
  const Dbn<Units, B> before = dbn;
  pre_train_on(B{}, dbn, data, PreTrainingOptions<>{.layers = {{.epochs = 2}}, .samples = true});
  for_each_rbm(dbn, [&](const auto& rbm, Index i) {
    using R = std::remove_cvref_t<decltype(rbm)>;
    CHECK_FALSE(rbm == std::get<R>(before.rbms[static_cast<std::size_t>(i)]));
    CHECK(find_unacceptable(rbm.visible,
                            View<const double>(mean_visible(rbm, mean_hidden(rbm, some_states(rbm, 3, 1)))))
              .first == -1);
  });

  // One update's direction is the slope of the mean log likelihood,
  Network<Units, B> network = classifier(dbn, 2, 1);
  Network<Units, B> moved = network;
  FineTuning tuning{moved, {.batch_size = 400, .optimizer = Momentum{.rate = 0}}, B{}};
  for (int i = 0; i < 2; ++i) tuning.step({View<const double>(x), labels});  // the second is like the first
  REQUIRE(moved == network);
  double far = 0;
  for_each_parameter(
      [&](const ParameterName&, Role, auto parameter, auto g) {
        for (Index c = 0; c < parameter.cols; ++c)
          for (Index r = 0; r < parameter.rows; r += 2) {
            const double here = parameter(r, c);
            const double slope = oracle::derivative(
                [&](double number) {
                  parameter(r, c) = number;
                  return -evaluate(network, data, B{}).log_loss;
                },
                here);
            parameter(r, c) = here;
            far = std::fmax(far, std::isnan(g(r, c)) ? INFINITY : std::abs(g(r, c) - slope));
          }
      },
      network, tuning.gradient());
  CHECK(far < 1e-9);
  // and many such steps learn the labels.
  FineTuning{network, {.epochs = 40, .batch_size = 20, .optimizer = Adam{.rate = 0.02}}, B{}}.fit(data);
  CHECK(evaluate(network, data, B{}).error < 0.03);
}

}  // namespace test::training_mixed_layer
