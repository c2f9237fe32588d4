#include <harmonium/models/trials.hpp>

#include <array>

#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/io/models/model_file.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::models_trials {

namespace {
using Counts = Rbm<Binomial, Bernoulli, Cpu<double>>;

Counts counts() {
  Counts rbm({.visible = 3, .hidden = 2});
  randomise(rbm, 1, 0.6);
  set_trials(rbm.visible, Eigen::Vector3d(4, 1, 6));
  return rbm;
}
}  // namespace

TEST_CASE("log Z of an RBM with binomial units is that of the enumeration", "[exact][oracle]") {
  const Counts rbm = counts();
  oracle::Machine machine{{}, oracle_of(rbm.hidden), {}};
  for (Index r = 0; r < 3; ++r) {
    const double trials = 1 + rbm.visible.parameters(r, 1);
    std::vector<oracle::Numbers> states;
    for (int k = 0; k <= trials; ++k) states.push_back({static_cast<double>(k)});
    machine.visible.units.push_back(oracle::finite(states, [trials](const double* x) {
      return std::lgamma(x[0] + 1) + std::lgamma(trials - x[0] + 1) - std::lgamma(trials + 1);
    }));
    machine.visible.biases.push_back(rbm.visible.parameters(r, 0));
    machine.weights.push_back({rbm.weights(r, 0), rbm.weights(r, 1)});
  }
  const double log_z = oracle::log_z(machine);
  CHECK_THAT(exact_log_z(rbm), WithinAbs(log_z, 1e-11));
  const Eigen::MatrixXd v = some_states(rbm, 6, 2);
  const Eigen::VectorXd likelihood = exact_log_likelihood(rbm, v);
  for (Index c = 0; c < 6; ++c)
    CHECK_THAT(likelihood(c), WithinAbs(-oracle::free_energy(machine, column_of(v, c)) - log_z, 1e-11));
}

TEST_CASE("training learns the odds of binomial units, and leaves their trials", "[cd]") {
  const Eigen::MatrixXd v = some_states(counts(), 400, 3);
  Counts rbm({.visible = 3, .hidden = 2, .seed = 1});
  set_trials(rbm.visible, Eigen::Vector3d(4, 1, 6));
  const Eigen::MatrixXd trials = rbm.visible.parameters.col(1);
  ContrastiveDivergence{rbm, {.epochs = 0}, Cpu<double>(1)}.fit(v);  // starts at the data's means
  for (Index r = 0; r < 3; ++r) {
    const double k = 1 + trials(r, 0), mean = v.row(r).mean();
    CHECK_THAT(rbm.visible.parameters(r, 0),
               WithinRel(std::log((400 * mean + 0.5) / (400 * (k - mean) + 0.5)), 1e-12));
  }
  const double before = exact_log_likelihood(rbm, v).mean();
  ContrastiveDivergence{rbm,
                        {.epochs = 40, .batch_size = 50, .chains = Exact{}, .optimizer = Adam{}, .seed = 2},
                        Cpu<double>(1)}
      .fit(v);
  CHECK(exact_log_likelihood(rbm, v).mean() > before + 0.002);
  CHECK(rbm.visible.parameters.col(1) == trials);
  Eigen::MatrixXd beyond = v;
  beyond(1, 7) = 2;
  CHECK_THROWS_MATCHES(
      (ContrastiveDivergence{rbm, {.epochs = 1}, Cpu<double>(1)}.fit(beyond)), DataError,
      Message("fit: the data have 2 in row 1 of column 7; a binomial unit takes numbers from 0 "
              "to its number of trials"));
}

TEST_CASE("numbers of trials are whole and there is one for each unit", "[bad_input]") {
  Counts rbm = counts();
  const Counts before = rbm;
  CHECK_THROWS_MATCHES(set_trials(rbm.visible, 0), ValueError,
                       Message("set_trials: there are 0 trials, expected 1 to 16777216"));
  CHECK_THROWS_MATCHES(
      set_trials(rbm.visible, Eigen::Vector3d(4, 2.5, 6)), ValueError,
      Message("set_trials: unit 1 has 2.5 trials, expected a whole number from 1 to 16777216"));
  CHECK_THROWS_MATCHES(set_trials(rbm.visible, Eigen::Vector2d(4, 2)), ShapeError,
                       Message("set_trials: there are 2 numbers of trials for 3 units"));
  CHECK(rbm == before);
  set_trials(rbm.visible, 9);
  CHECK((rbm.visible.parameters.col(1).array() == 8).all());
}

TEST_CASE("numbers of trials in a file are whole, and single precision counts to them",
          "[bad_input][files]") {
  Counts rbm = counts();
  const Counts before = rbm;
  const auto with = [&](double more) {
    TensorFile file = file_of(rbm);
    for (Tensor& tensor : file.tensors)
      if (tensor.name == "visible.more_trials")
        tensor = make_tensor(tensor.name, {3}, std::span<const double>(std::array{3.0, more, 0.0}));
    return file;
  };
  for (const auto& [more, text] : {std::pair{-1.0, "-1"}, {0.5, "0.5"}, {16777216.0, "1.67772e+07"}}) {
    CHECK_THROWS_MATCHES(set_parameters(rbm, with(more)), DataError,
                         Message(std::string("tensor 'visible.more_trials' has ") + text +
                                 ", expected whole numbers from 0 to 16777215"));
    CHECK_THROWS_AS(model_from<Counts>(with(more)), DataError);
  }
  CHECK(rbm == before);
  CHECK(model_from<Counts>(with(16777215)).visible.parameters(1, 1) == 16777215);
  rbm.visible.parameters(0, 1) = 2.5;
  CHECK_THROWS_MATCHES(
      file_of(rbm), DataError,
      Message("the model could not be loaded again: tensor 'visible.more_trials' has 2.5, expected whole "
              "numbers from 0 to 16777215"));
}

}  // namespace test::models_trials
