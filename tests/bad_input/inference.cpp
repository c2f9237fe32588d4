// Queries of models, which are const: nothing can change them.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/annealing/conditional_likelihood.hpp>
#include <harmonium/inference/annealing/dbn_bound.hpp>
#include <harmonium/inference/diagnostics.hpp>
#include <harmonium/inference/exact/moments.hpp>
#include <harmonium/inference/fill_in.hpp>
#include <harmonium/inference/generate.hpp>
#include <harmonium/inference/networks/autoencoding.hpp>
#include <harmonium/inference/networks/calibration.hpp>
#include <harmonium/inference/networks/regression.hpp>
#include <harmonium/inference/pseudo_likelihood.hpp>

#include "refusals.hpp"

using namespace harmonium;
using namespace test;

namespace test::bad_input_inference {

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;
using Deep = Dbn<Stack<Bernoulli>>;
using Classifier = Network<Stack<Bernoulli>>;
using Codes = Autoencoder<Stack<Bernoulli>>;

const Bits rbm{{.visible = 4, .hidden = 3, .seed = 1}};
const Bits large{{.visible = 32, .hidden = 32, .seed = 1}};
const Rbm<Categorical, Bernoulli> classes{{.visible = {.units = 2, .states = 2}, .hidden = 3, .seed = 1}};
const Deep dbn{{.sizes = {4, 3, 2}, .seed = 1}}, nothing;
const Classifier network{{.sizes = {4, 3}, .classes = 3, .seed = 1}};
const Codes codes{{.sizes = {4, 2}, .seed = 1}};
const Cpu<float> on;
const Cpu<double> on_double;

const Eigen::MatrixXf x = Eigen::MatrixXf::Constant(4, 5, 0.5f), low = x.topRows(3), none(4, 0);

Eigen::MatrixXf with(float number) {
  Eigen::MatrixXf changed = x;
  changed(1, 2) = number;
  return changed;
}

}  // namespace

TEST_CASE("matrices with the wrong number of rows are refused by all queries of an RBM",
          "[bad_input][inference]") {
  check_refusals({
      refused<ShapeError>("up", "mean_hidden: the data have 3 rows, the model has 4",
                          [] { return mean_hidden(rbm, low); }),
      refused<ShapeError>("down", "mean_visible: h has 4 rows, the RBM has 3 hidden rows",
                          [] { return mean_visible(rbm, x); }),
      refused<ShapeError>("draws up", "sample_hidden: the data have 3 rows, the model has 4",
                          [] { return sample_hidden(rbm, low, {}); }),
      refused<ShapeError>("draws down", "sample_visible: h has 4 rows, the RBM has 3 hidden rows",
                          [] { return sample_visible(rbm, x, {}); }),
      refused<ShapeError>("free energy", "free_energy: the data have 3 rows, the model has 4",
                          [] { return free_energy(rbm, low); }),
      refused<ShapeError>("exact likelihood", "exact_log_likelihood: the data have 3 rows, the model has 4",
                          [] { return exact_log_likelihood(rbm, low, on_double); }),
      refused<ShapeError>("exact gradient", "exact_gradient: the data have 3 rows, the model has 4",
                          [] { return exact_gradient(rbm, low, {}, on_double); }),
      refused<DataError>("gradient of nothing", "exact_gradient: the data have no samples",
                         [] { return exact_gradient(rbm, none, {}, on_double); }),
      refused<ShapeError>("likelihood", "log_likelihood: the data have 3 rows, the model has 4",
                          [] { return log_likelihood(rbm, low, 1.0, on); }),
      refused<ShapeError>("pseudo-likelihood", "pseudo_likelihood: the data have 3 rows, the model has 4",
                          [] { return pseudo_likelihood(rbm, low, on); }),
      refused<ShapeError>("its estimate",
                          "stochastic_pseudo_likelihood: the data have 3 rows, the model has 4",
                          [] { return stochastic_pseudo_likelihood(rbm, low, {}, on); }),
      refused<ShapeError>("cross-entropy",
                          "reconstruction_cross_entropy: the data have 3 rows, the model has 4",
                          [] { return reconstruction_cross_entropy(rbm, low, on); }),
      refused<ShapeError>("gap", "free_energy_gap: the data have 3 rows, the model has 4",
                          [] { return free_energy_gap(rbm, x, low, on); }),
      refused<DataError>("gap to nothing", "free_energy_gap: the data have no samples",
                         [] { return free_energy_gap(rbm, x, none, on); }),
      refused<ShapeError>("codes", "encode: the data have 3 rows, the model has 4",
                          [] { return encode(rbm, low); }),
      refused<ShapeError>("from codes", "decode: the codes have 4 rows, the top layer has 3",
                          [] { return decode(rbm, x); }),
      refused<ShapeError>("there and back", "reconstruct: the data have 3 rows, the model has 4",
                          [] { return reconstruct(rbm, low); }),
      refused<ValueError>("fewer passes than none", "encode: passes is -1, expected at least 0",
                          [] { return encode(rbm, x, {.passes = -1}); }),
      refused<ValueError>("no chains", "generate: samples is 0, expected at least 1",
                          [] { return generate(rbm, {.samples = 0}); }),
      refused<ValueError>("no steps", "generate: steps is 0, expected at least 1",
                          [] { return generate(rbm, {.steps = 0}); }),
  });
}

TEST_CASE("what cannot be summed, annealed or answered is refused", "[bad_input][inference]") {
  const Mask all = Mask::Constant(4, 5, true), few = Mask::Constant(4, 4, true);
  Mask part = Mask::Constant(4, 1, true);
  part(3, 0) = false;
  const auto base = base_rates(rbm), other = base_rates(large);
  const Eigen::VectorXd weights = Eigen::VectorXd::Zero(9);
  const SandwichOptions options{.chains = 10, .betas = uniform_betas(2)};
  const auto starts = [](Index n) -> Eigen::MatrixXf { return Eigen::MatrixXf::Zero(4, n); };
  const auto asked = [](const SandwichOptions& o) { return [o] { return sandwich(rbm, o, on); }; };
  const auto annealed = [=](std::vector<double> betas) {
    return [=] { return annealed_log_weights(rbm, base, {.chains = 2, .betas = betas}, on); };
  };
  check_refusals({
      refused<ValueError>("more states than anybody sums",
                          "exact: the layer has 4.*e\\+09 states, more than 1.*e\\+09 are not summed over",
                          [] { return exact_log_z(large, on_double); }),
      refused<ValueError>("moments of as many", "exact: the layer has 4.*e\\+09 states, .*",
                          [] { return exact_moments(large, on_double); }),
      refused<ValueError>("draws from as many", "exact_samples: the smaller layer has 4.*e\\+09 states, .*",
                          [] { return exact_samples(large, 1, 0, on_double); }),
      refused<ValueError>("fewer draws than none", "exact_samples: count is -1, expected at least 0",
                          [] { return exact_samples(rbm, -1, 0, on_double); }),
      refused<ValueError>("no temperatures", "uniform_betas: steps is 0, expected at least 1",
                          [] { return uniform_betas(0); }),
      refused<ValueError>("a part without temperatures", "three_part_betas: a part has 0 steps, .*",
                          [] { return three_part_betas(1, 0, 1); }),
      refused<ValueError>("a schedule that ends early",
                          "annealed_log_weights: betas must begin with 0 and end with 1", annealed({0, 0.5})),
      refused<ValueError>("a schedule that falls",
                          "annealed_log_weights: beta 2 is 0.4, below the one .*, 0.5",
                          annealed({0, 0.5, 0.4, 1})),
      refused<ValueError>("a schedule with NaN",
                          "annealed_log_weights: beta 1 is nan, below the one before it, 0",
                          annealed({0, NAN, 1})),
      refused<ValueError>("annealing of no chains", "annealed_log_weights: chains is 0, expected at least 1",
                          [=] { return annealed_log_weights(rbm, base, {.chains = 0}, on); }),
      refused<ShapeError>("another model's base",
                          "annealed_log_weights: the base has 32 visible and 32 hidden rows, .*",
                          [=] { return annealed_log_weights(rbm, other, {.chains = 2}, on); }),
      refused<ShapeError>("reverse from nowhere", "reverse_annealed_log_weights: the starts are 4 x 0, .*",
                          [=] { return reverse_annealed_log_weights(rbm, base, none, {}, on); }),
      refused<ShapeError>("too few means", "base_rates: there are 3 means, the RBM has 4 visible rows",
                          [] { return base_rates(rbm, Eigen::VectorXd(Eigen::VectorXd::Zero(3)), 10); }),
      refused<ValueError>("means of no samples", "base_rates: count is 0, expected at least 1",
                          [] { return base_rates(rbm, Eigen::VectorXd(Eigen::VectorXd::Zero(4)), 0); }),
      refused<DataError>(
          "means beyond a unit's range", "base_rates: the mean in row 0 is 7; a bernoulli unit .*",
          [] { return base_rates(rbm, Eigen::VectorXd(Eigen::VectorXd::Constant(4, 7)), 10); }),
      refused<DataError>("rates of nothing", "base_rates: the data have no samples",
                         [] { return base_rates(rbm, none, on); }),
      refused<DataError>("rates of NaN", "base_rates: the data have nan in row 1 of column 2, .*",
                         [] { return base_rates(rbm, with(NAN), on); }),
      refused<ValueError>("long chains of none", "long_chains: chains is 0, expected at least 1",
                          [] { return long_chains(rbm, x, 0, 1, 0, on); }),
      refused<ValueError>("steps backwards", "long_chains: steps is -1, expected at least 0",
                          [] { return long_chains(rbm, x, 10, -1, 0, on); }),
      refused<ShapeError>("long chains from other data",
                          "long_chains: the data have 3 rows, the RBM has 4 .*",
                          [] { return long_chains(rbm, low, 10, 1, 0, on); }),
      refused<ShapeError>("a sandwich from other data", "sandwich: the data have 3 rows, the RBM has 4 .*",
                          [=] { return sandwich(rbm, base, low, options, on); }),
      refused<ShapeError>("a sandwich from too few starts",
                          "sandwich: the starts are 4 x 9, expected 4 rows and .*",
                          [=] { return sandwich_from(rbm, base, starts(9), {}, options, on); }),
      refused<ValueError>("a sandwich of too few weights",
                          "sandwich: there are 9 forward and 9 reverse chains, .*",
                          [=] { return sandwich_of(weights, weights, ReverseStarts::exact); }),
      refused<ValueError>("a sandwich of few chains", "sandwich: chains is 9, expected at least 10",
                          asked({.chains = 9})),
      refused<ValueError>("no long chains", "sandwich: start_steps is 0, expected at least 1",
                          asked({.start_steps = 0})),
      refused<ValueError>("no bootstrap", "sandwich: resamples is 1, expected at least 50",
                          asked({.resamples = 1})),
      refused<ValueError>("a gap that is not a number",
                          "sandwich: expected least_effective of at least 1, .*", asked({.most_gap = NAN})),
      refused<ShapeError>("a mask of another shape", "log_conditional: the mask a is 4 x 4, expected 4 x 5",
                          [=] { return log_conditional(rbm, x, few, all, options, on_double); }),
      refused<ValueError>("asked for and given",
                          "log_conditional: row 0 of column 0 is both asked for and given",
                          [=] { return log_conditional(rbm, x, all, all, options, on_double); }),
      refused<DataError>("log p of NaN", "clamp: row 1 is nan; a bernoulli unit takes numbers from 0 to 1",
                         [=] { return log_marginal(rbm, with(NAN), all, options, on_double); }),
      refused<ShapeError>("a column of another height",
                          "clamp: v is 3 x 1 and its mask 4 x 1, expected 4 x 1",
                          [=] { return clamp(rbm, Eigen::MatrixXf(low.leftCols(1)), part); }),
      refused<ValueError>("half a unit",
                          "clamp: rows 2 to 3 are one unit: all of them are known, or none, in column 0",
                          [=] { return clamp(classes, Eigen::MatrixXf(x.leftCols(1)), part); }),
      refused<ShapeError>("filling in by another mask", "fill_in: the mask is 4 x 4, expected 4 x 5",
                          [=] { return fill_in(rbm, x, few, {}, {}, on); }),
      refused<DataError>("known NaN",
                         "fill_in: row 1 of column 2 is nan; a bernoulli unit takes numbers from 0 to 1",
                         [=] { return fill_in(rbm, with(NAN), all, {}, {}, on); }),
      refused<ValueError>("no steps of filling in", "fill_in: steps is 0, expected at least 1",
                          [=] { return fill_in(rbm, x, all, {.steps = 0}, {}, on); }),
      refused<ValueError>(
          "all burnt in", "fill_in: burn_in is 5, expected 0 to 4",
          [=] { return fill_in(rbm, x, all, {.steps = 5, .average = true, .burn_in = 5}, {}, on); }),
      refused<ShapeError>("hidden units of others",
                          "fill_in: the hidden values are 0 x 0 and their mask 4 x 5, .*",
                          [=] { return fill_in(rbm, x, all, {}, {.known = all}, on); }),
  });
}

TEST_CASE("queries that stacks and networks refuse", "[bad_input][inference]") {
  const std::vector<int> labels{0, 1, 2, 0, 1}, wrong{0, 1, 3, 0, 1};
  const Dataset good(x, labels);
  const Eigen::MatrixXd p = Eigen::MatrixXd::Constant(3, 5, 1.0 / 3);
  const auto calibrated = [=](double number) {
    return [=] {
      Eigen::MatrixXd changed = p;
      changed.col(1).setConstant(number);
      return calibration(changed, labels);
    };
  };
  check_refusals({
      refused<ShapeError>("codes of an empty stack", "encode: the DBN has no layers",
                          [] { return encode(nothing, x); }),
      refused<ShapeError>("samples of an empty stack", "generate: the DBN has no layers",
                          [] { return generate(nothing); }),
      refused<ShapeError>("a bound of an empty stack", "log_likelihood_bound: the DBN has no layers",
                          [] { return log_likelihood_bound(nothing, x, 0.0, {}, on); }),
      refused<ShapeError>("log Z of an empty stack", "sandwich: the DBN has no layers",
                          [] { return sandwich(nothing, x, {}, on); }),
      refused<ShapeError>("a bound on other data",
                          "log_likelihood_bound: the data have 3 rows, the model has 4",
                          [] { return log_likelihood_bound(dbn, low, 0.0, {}, on); }),
      refused<DataError>("a bound on nothing", "log_likelihood_bound: the data have no samples",
                         [] { return log_likelihood_bound(dbn, none, 0.0, {}, on); }),
      refused<ValueError>("a bound of one way up", "log_likelihood_bound: samples is 1, expected at least 2",
                          [] { return log_likelihood_bound(dbn, x, 0.0, {.samples = 1}, on); }),
      refused<ShapeError>("classes of other data", "predict_proba: the data have 3 rows, the model has 4",
                          [] { return predict(network, low, on); }),
      refused<DataError>("a class for NaN",
                         "predict_proba: the data have nan in row 1 of column 2, expected a finite number",
                         [] { return predict(network, with(NAN), on); }),
      refused<DataError>("an error on infinities", "evaluate: the data have inf in row 1 of column 2, .*",
                         [=] { return evaluate(network, Dataset(with(INFINITY), labels), on); }),
      refused<DataError>("an error without labels", "evaluate: the data have 0 labels for 5 samples",
                         [] { return evaluate(network, Dataset(x), on); }),
      refused<DataError>("an error by a label that is not a class", "labels: label 2 is 3, expected 0 to 2",
                         [=] { return evaluate(network, Dataset(x, wrong), on); }),
      refused<DataError>("an error on nothing", "evaluate: the data have no samples",
                         [] { return evaluate(network, Dataset(none), on); }),
      refused<ShapeError>("outputs for other data", "outputs: the data have 3 rows, the model has 4",
                          [] { return outputs(network, low, on); }),
      refused<DataError>("outputs for NaN", "outputs: the data have nan in row 1 of column 2, .*",
                         [] { return outputs(codes, with(NAN), on); }),
      refused<ShapeError>("codes for other data", "encode: the data have 3 rows, the model has 4",
                          [] { return encode(codes, low, on); }),
      refused<ShapeError>("data for other codes", "decode: the codes have 3 rows, the model has 2",
                          [] { return decode(codes, low, on); }),
      refused<ShapeError>("there and back", "reconstruct: the data have 3 rows, the model has 4",
                          [] { return reconstruct(codes, low, on); }),
      refused<ValueError>("confusion of no classes", "confusion_matrix: classes is -1, expected at least 1",
                          [] { return confusion_matrix({}, {}, -1); }),
      refused<DataError>("confusion of too few", "confusion_matrix: there are 0 predictions for 5 samples",
                         [=] { return confusion_matrix(labels, {}, 3); }),
      refused<DataError>("confusion by no class",
                         "confusion_matrix: number 2 of the labels is 3, expected 0 to 2",
                         [=] { return confusion_matrix(wrong, labels, 3); }),
      refused<DataError>("calibration by NaN", "calibration: the largest probability of sample 1 is nan, .*",
                         calibrated(NAN)),
      refused<DataError>("calibration by more than 1",
                         "calibration: the largest probability of sample 1 is 2, .*", calibrated(2)),
      refused<ValueError>("no bins", "calibration: bins is 0, expected at least 1",
                          [=] { return calibration(network, good, 0, on); }),
  });
}

}  // namespace test::bad_input_inference
