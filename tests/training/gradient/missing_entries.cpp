// Training with missing entries.
#include <harmonium/data/missing.hpp>
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/annealing/conditional_likelihood.hpp>
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/device.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::training_gradient_missing_entries {

namespace {

const Cpu<double> on;

double mean_log_p(const auto& rbm, const Eigen::MatrixXd& v, const Mask& known) {
  double sum = 0;
  for (const auto& one : log_marginal(rbm, v, known, {}, on)) sum += one.log_p;
  return sum / static_cast<double>(v.cols());
}

// About a third unknown, whole units at a time.
Mask random_mask(Index rows, Index group, Index cols, std::uint64_t seed) {
  Dice dice(seed);
  Mask known(rows, cols);
  for (Index c = 0; c < cols; ++c)
    for (Index r = 0; r < rows; r += group) known.col(c).segment(r, group).setConstant(dice.uniform() < 0.67);
  return known;
}

}  // namespace

TEMPLATE_TEST_CASE("with missing entries the gradient is that of log p of the known ones",
                   "[cd][missing][oracle]", BernoulliBernoulli, CategoricalBernoulli) {
  const auto begin = small_rbm<TestType>(5, 1.0);
  const Eigen::MatrixXd few = some_states(begin, 4, 3);
  const Mask mask = random_mask(few.rows(), begin.visible.group, 4, 8);
  REQUIRE(!mask.all());
  // Many copies, each with its own draws.
  const Index copies = 3000, n = 4 * copies;
  const Eigen::MatrixXd v = few.replicate(1, copies),
                        known = mask.replicate(1, copies).template cast<double>();
  TestType model = begin;
  ContrastiveDivergence trainer{model,
                                {.batch_size = n,
                                 .chains = Exact{},
                                 .optimizer = Sgd{.rate = 0.0},
                                 .centered = false,
                                 .missing_steps = 40,
                                 .seed = 2},
                                on};
  trainer.step({.values = v, .known = known});
  TestType moved = begin;
  const oracle::Numbers slopes =
      slopes_of(moved, [&](const TestType& rbm) { return mean_log_p(rbm, few, mask); });
  const double worst = largest_difference(flatten(trainer.gradient()), slopes),
               unlike = largest_difference(flatten(exact_gradient(begin, v, {}, on)), slopes);  // all known
  // A mean of 12,000 numbers from 0 to 1: five standard errors of at most 0.5 / sqrt(12,000).
  CHECK(worst < 0.023);
  CHECK(unlike > 0.05);
}

TEST_CASE("a model learns from samples of which a third is missing", "[cd][missing][slow]") {
  const Dataset data = bars_and_stripes(3);
  const Eigen::MatrixXd whole = data.to_matrix<double>();
  Eigen::MatrixXd v = whole.replicate(1, 20);
  const Mask known = random_mask(9, 1, v.cols(), 4);
  v = known.select(v, Eigen::MatrixXd::Constant(9, v.cols(), NAN));
  Rbm<Bernoulli, Bernoulli, Cpu<double>> rbm{{.visible = 9, .hidden = 8, .seed = 1}};
  ContrastiveDivergence{rbm,
                        {.epochs = 500,
                         .batch_size = 20,
                         .chains = Persistent{.chains = 50},
                         .optimizer = Momentum{.rate = linear(0.2, 0)},
                         .seed = 3},
                        on}
      .fit(MissingData(v));
  const double learned = exact_log_likelihood(rbm, whole).mean();
  CHECK(learned > -3.2);  // the best is -2.6 (14 patterns, two of them twice), the base rates give -6.2
}

TEST_CASE("where nothing is missing, training is unchanged, on any backend", "[cd][missing][backend]") {
  const Eigen::MatrixXd v = bars_and_stripes(2).to_matrix<double>();
  const ContrastiveDivergenceOptions<> options{.epochs = 3, .batch_size = 4, .seed = 2};
  BernoulliBernoulli a{{.visible = 4, .hidden = 3}}, b = a;
  ContrastiveDivergence{a, options, on}.fit(v);
  ContrastiveDivergence{b, options, on}.fit(MissingData(v.cast<float>()));  // 0 and 1, of any type
  CHECK(a == b);
  Eigen::MatrixXd holes = v;
  holes(1, 2) = holes(3, 0) = NAN;
  BernoulliBernoulli c{{.visible = 4, .hidden = 3}};
  auto d = convert<Device>(c);
  ContrastiveDivergence{c, options, on}.fit(MissingData(holes));
  ContrastiveDivergence{d, options}.fit(MissingData(holes));
  CHECK(convert<Cpu<double>>(d) == c);
  CHECK(c != a);
}

TEST_CASE("missing data are refused where they make no sense", "[cd][missing][errors]") {
  const Eigen::MatrixXd v = Eigen::MatrixXd::Ones(4, 3);
  CHECK_THROWS_MATCHES(MissingData(v, Mask(Mask::Ones(4, 2))), ShapeError,
                       Message("MissingData: values are 4 x 3 and the mask is 4 x 2"));
  Eigen::MatrixXd empty_row = v;
  empty_row.row(2).setConstant(NAN);
  CHECK_THROWS_MATCHES(MissingData(empty_row), DataError,
                       Message("MissingData: row 2 is not known in any sample"));
  CHECK_THROWS_AS(MissingData(v, Mask(Mask::Ones(4, 3)), {1.0}), DataError);
  BernoulliBernoulli rbm{{.visible = 4, .hidden = 2}};
  const Eigen::MatrixXd known = Eigen::MatrixXd::Ones(4, 2);
  CHECK_THROWS_MATCHES((ContrastiveDivergence{rbm, {}, on}.step({.values = v, .known = known})), ShapeError,
                       Message("step: known is 4 x 2, the batch 4 x 3"));
  CHECK_THROWS_MATCHES((ContrastiveDivergence{rbm, {.missing_steps = 0}, on}), ValueError,
                       Message("ContrastiveDivergence: missing_steps is 0, expected at least 1"));
  BoltzmannMachine<Bernoulli, Cpu<double>> machine{{.visible = 4}};
  CHECK_THROWS_MATCHES((ContrastiveDivergence{machine, {}, on}.fit(MissingData(v))), ValueError,
                       Message("missing entries: the model has no hidden units to draw them by"));

  CategoricalBernoulli words{{.visible = {.units = 2, .states = 2}, .hidden = 2, .seed = 1}};
  const CategoricalBernoulli begin = words;
  Eigen::MatrixXd halves = Eigen::MatrixXd::Constant(4, 3, 0.5), seen = Eigen::MatrixXd::Ones(4, 3);
  ContrastiveDivergence trainer{words, {.batch_size = 2, .missing_steps = 2}, on};
  seen(3, 1) = 0;
  CHECK_THROWS_MATCHES(
      trainer.step({.values = halves.rightCols(2), .known = seen.rightCols(2)}), ValueError,
      Message("step: rows 2 to 3 are one unit: all of them are known, or none, in column 0"));
  halves(3, 2) = NAN;  // in the second batch
  CHECK_THROWS_MATCHES(trainer.fit(MissingData(halves)), ValueError,
                       Message("fit: rows 2 to 3 are one unit: all of them are known, or none, in column 2"));
  CHECK(words == begin);
}

}  // namespace test::training_gradient_missing_entries
