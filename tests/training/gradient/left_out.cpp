// Training where missing entries are left out of their sample's model.
#include <harmonium/data/known_only.hpp>
#include <harmonium/data/missing.hpp>
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/training/pre_training.hpp>

#include "support/catch.hpp"
#include "support/device.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;

namespace test::training_gradient_left_out {

namespace {

const Cpu<double> on;

// The model of a sample's known units, and the sample.
template <class Model>
double log_p_of_own_model(const Model& rbm, const Eigen::MatrixXd& v, const Mask& mask, Index c) {
  const std::vector<Index> rows = harmonium::detail::rows_where(View<const bool>(mask).columns(c, 1), true);
  Model own = rbm;
  own.visible = harmonium::detail::pick_rows(rbm.visible, View<const bool>(mask).columns(c, 1), true);
  own.weights = rbm.weights(rows, Eigen::all).eval();
  const Eigen::MatrixXd x = v(rows, std::vector<Index>{c});
  return exact_log_likelihood(own, x)(0);
}

template <class Model>
double mean_log_p(const Model& rbm, const Eigen::MatrixXd& v, const Mask& mask) {
  double sum = 0;
  for (Index c = 0; c < v.cols(); ++c) sum += log_p_of_own_model(rbm, v, mask, c);
  return sum / static_cast<double>(v.cols());
}

// Of four samples' units, some unknown, but none of them all: among them a unit that no sample has but one.
Mask holes(Index rows, Index group) {
  Mask mask = Mask::Ones(rows, 4);
  mask.middleRows(0, group).leftCols(3).setZero();
  mask.middleRows(group, group).col(3).setZero();
  if (rows > 2 * group) mask.middleRows(2 * group, group).middleCols(1, 2).setZero();
  return mask;
}

// Where they are unknown, samples are anything that the units accept.
Eigen::MatrixXd many(const Eigen::MatrixXd& few, Index copies) { return few.replicate(1, copies); }

}  // namespace

TEMPLATE_TEST_CASE("with entries left out the gradient is that of the product of the samples' own models",
                   "[cd][missing][oracle]", BernoulliBernoulli, CategoricalBernoulli, GaussianBernoulli) {
  const auto begin = small_rbm<TestType>(5, 0.7);
  Eigen::MatrixXd few = some_states(begin, 4, 3);
  const Index copies = 5000, n = 4 * copies;
  const Mask mask = holes(few.rows(), begin.visible.group);
  const Eigen::MatrixXd v = many(few, copies), known = many(mask.template cast<double>(), copies);
  TestType model = begin;
  ContrastiveDivergence trainer{model,
                                {.batch_size = n,
                                 .steps = 40,
                                 .chains = DataChains{},
                                 .optimizer = Sgd{.rate = 0.0},
                                 .max_gradient_norm = 0,
                                 .centered = false,
                                 .missing = Missing::left_out,
                                 .seed = 2},
                                on};
  trainer.step({.values = v, .known = known});
  TestType moved = begin;
  const oracle::Numbers slopes =
      slopes_of(moved, [&](const TestType& rbm) { return mean_log_p(rbm, few, mask); });
  const double worst = largest_difference(flatten(trainer.gradient()), slopes),
               unlike = largest_difference(flatten(exact_gradient(begin, v, {}, on)), slopes);  // all known
  // Means of 20,000 draws: five standard errors of numbers from 0 to 1, and of real ones, which spread more.
  CHECK(worst < sigmas * (TestType().visible.finite ? 0.5 : 1.5) / std::sqrt(20'000.0));
  CHECK(unlike > 0.05);
}

TEST_CASE("a unit that no sample of a batch has is not moved", "[cd][missing]") {
  const auto begin = small_rbm<GaussianBernoulli>(3, 0.7);
  GaussianBernoulli model = begin;
  const Eigen::MatrixXd v = Eigen::MatrixXd::Constant(2, 6, 1.5);
  Eigen::MatrixXd known = Eigen::MatrixXd::Ones(2, 6);
  known.row(0).setZero();
  ContrastiveDivergence trainer{model,
                                {.batch_size = 6,
                                 .chains = DataChains{},
                                 .optimizer = Sgd{.rate = 0.1},
                                 .centered = false,
                                 .missing = Missing::left_out},
                                on};
  trainer.step({.values = v, .known = known});
  CHECK(model.weights.row(0) == begin.weights.row(0));
  CHECK(model.visible.parameters.row(0) == begin.visible.parameters.row(0));
  CHECK(model.weights.row(1) != begin.weights.row(1));
  // What stands in for a missing entry makes no difference.
  Eigen::MatrixXd other = v;
  other.row(0).setConstant(-70);
  GaussianBernoulli again = begin;
  ContrastiveDivergence{again, trainer.options(), on}.step({.values = other, .known = known});
  CHECK(again == model);
}

TEST_CASE("entries left out change nothing where none is missing, and are the same on any backend",
          "[cd][missing][backend]") {
  const Eigen::MatrixXd v = bars_and_stripes(2).to_matrix<double>();
  const ContrastiveDivergenceOptions<> drawn{.epochs = 3, .batch_size = 4, .chains = DataChains{}, .seed = 2};
  auto left_out = drawn;
  left_out.missing = Missing::left_out;
  BernoulliBernoulli a{{.visible = 4, .hidden = 3}}, b = a;
  ContrastiveDivergence{a, drawn, on}.fit(v);
  ContrastiveDivergence{b, left_out, on}.fit(MissingData(v));
  CHECK(largest_difference(a.weights, b.weights) < 1e-13);  // the data's means are summed in another order
  Eigen::MatrixXd some = v;
  some(1, 2) = some(3, 0) = NAN;
  BernoulliBernoulli c{{.visible = 4, .hidden = 3}}, e = c;
  auto d = convert<Device>(c);
  const History history = ContrastiveDivergence{c, left_out, on}.fit(MissingData(some));
  ContrastiveDivergence{d, left_out}.fit(MissingData(some));
  CHECK(convert<Cpu<double>>(d) == c);
  ContrastiveDivergence{e, drawn, on}.fit(MissingData(some));
  CHECK(e != c);
  CHECK(std::isfinite(history.epochs.back().metric("reconstruction_error")));
}

TEST_CASE("the reconstruction error of entries left out is that of known entries alone", "[cd][missing]") {
  GaussianBernoulli rbm = small_rbm<GaussianBernoulli>(4, 0.7);
  Eigen::MatrixXd some = some_states(rbm, 7, 5);
  some(1, 2) = some(0, 0) = some(0, 5) = some(1, 6) = NAN;
  const MissingData data(some);
  const History history = ContrastiveDivergence{rbm,
                                                {.epochs = 1,
                                                 .batch_size = 4,
                                                 .chains = DataChains{},
                                                 .optimizer = Sgd{.rate = 0.0},
                                                 .missing = Missing::left_out,
                                                 .fit_visible_biases = false},
                                                on}
                              .fit(data);
  const Eigen::MatrixXd again = mean_visible(rbm, mean_hidden(rbm, KnownOnly(data), on), on);
  double squares = 0, count = 0;
  for (Index c = 0; c < some.cols(); ++c)
    for (Index r = 0; r < some.rows(); ++r)
      if (!std::isnan(some(r, c))) squares += std::pow(some(r, c) - again(r, c), 2), ++count;
  CHECK_THAT(history.epochs.back().metric("reconstruction_error"),
             Catch::Matchers::WithinRel(squares / count, 1e-12));
}

TEMPLATE_TEST_CASE("queries of known entries alone are those of a sample's own model", "[missing][oracle]",
                   BernoulliBernoulli, CategoricalBernoulli, GaussianBernoulli, PoissonSpin) {
  const auto rbm = small_rbm<TestType>(6, 0.8);
  const Eigen::MatrixXd v = some_states(rbm, 4, 9);
  const Mask mask = holes(v.rows(), rbm.visible.group);
  const MissingData data(v, mask);
  const Eigen::MatrixXd h = mean_hidden(rbm, KnownOnly(data), on),
                        energies = free_energy(rbm, KnownOnly(data), on);
  for (Index c = 0; c < 4; ++c) {
    const std::vector<Index> rows = harmonium::detail::rows_where(View<const bool>(mask).columns(c, 1), true);
    TestType own = rbm;
    own.visible = harmonium::detail::pick_rows(rbm.visible, View<const bool>(mask).columns(c, 1), true);
    own.weights = rbm.weights(rows, Eigen::all).eval();
    const Eigen::MatrixXd x = v(rows, std::vector<Index>{c});
    CHECK(largest_difference(mean_hidden(own, x, on), Eigen::MatrixXd(h.col(c))) < 1e-12);
    CHECK(std::abs(free_energy(own, x, on)(0, 0) - energies(0, c)) < 1e-12);
  }
}

TEST_CASE("layers above learn from the codes of known entries", "[missing][dbn]") {
  Dbn<Stack<Bernoulli>, Cpu<double>> dbn{{6, 4, 3}};
  Eigen::MatrixXd v = bars_and_stripes(3).to_matrix<double>().topRows(6);
  v(2, 1) = v(0, 4) = v(5, 5) = NAN;
  const MissingData data(v);
  const EncodedSource<decltype(dbn), MissingData> codes(dbn, data, 1, false, 3, 10, Missing::left_out);
  Eigen::MatrixXd code(4, 2);
  const std::vector<Index> columns{1, 4};
  codes.fill(on, columns, View<double>(code));
  const Eigen::MatrixXd all = mean_hidden(std::get<0>(dbn.rbms[0]), KnownOnly(data), on);
  CHECK(largest_difference(code, Eigen::MatrixXd(all(Eigen::all, columns))) < 1e-14);
  ContrastiveDivergenceOptions<> options{
      .epochs = 1, .batch_size = 7, .chains = DataChains{}, .missing = Missing::left_out};
  const auto histories = pre_train_on(on, dbn, data, PreTrainingOptions<>{.layers = {options}});
  CHECK(histories.size() == 2);
}

TEST_CASE("entries are left out only where each sample has chains of its own", "[cd][missing][errors]") {
  BernoulliBernoulli rbm{{.visible = 4, .hidden = 2}};
  const auto message = Message(
      "ContrastiveDivergence: missing = left_out needs chains = DataChains{}, since each sample has a model "
      "of "
      "its own");
  CHECK_THROWS_MATCHES((ContrastiveDivergence{rbm, {.missing = Missing::left_out}, on}), ValueError, message);
  CHECK_THROWS_MATCHES((ContrastiveDivergence{rbm, {.chains = Exact{}, .missing = Missing::left_out}, on}),
                       ValueError, message);
  const Eigen::MatrixXd v = Eigen::MatrixXd::Ones(4, 3);
  BoltzmannMachine<Bernoulli, Cpu<double>> machine{{.visible = 4}};
  CHECK_THROWS_MATCHES(
      (ContrastiveDivergence{machine, {.chains = DataChains{}, .missing = Missing::left_out}, on}.fit(
          MissingData(v))),
      ValueError, Message("missing entries: the model has no hidden units to draw them by"));
}

}  // namespace test::training_gradient_left_out
