// What a monitor measures, and when it warns: models with known faults.
#include <harmonium/observers/monitor.hpp>

#include <harmonium/data/dataset.hpp>
#include <harmonium/data/missing.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/units/drelu.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;

namespace test::observers_monitor {

namespace {
const Cpu<double> on;

EpochReport look(auto& monitor, int epoch = 1) {
  EpochReport report{.epoch = epoch, .epochs = 9};
  monitor(report);
  return report;
}
}  // namespace

TEST_CASE("a monitor measures what it claims", "[monitors]") {
  BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd v = some_states(rbm, 40, 2), w = some_states(rbm, 30, 3);
  const Dataset train(v), held_out(w);
  Monitor monitor{rbm, train, held_out, {}, on};
  const EpochReport report = look(monitor);
  CHECK(report.warnings.empty());
  CHECK_THAT(report.metric("weight_norm"), WithinAbs(rbm.weights.norm(), 1e-12));
  CHECK_THAT(report.metric("free_energy_gap"),
             WithinAbs(free_energy(rbm, w).mean() - free_energy(rbm, v).mean(), 1e-12));
  CHECK_THAT(report.metric("pseudo_likelihood"),
             WithinAbs(-prediction_losses(rbm, v, {}, 4, {.seed = 0}, on).mean(), 1e-12));
  CHECK_THAT(report.metric("held_out_loss"),
             WithinAbs(prediction_losses(rbm, w, {}, 16, {.seed = 0}, on).mean(), 1e-12));
  CHECK(report.metric("constant_units") == 0);
  Monitor of_matrices{rbm, v, w, {}, on};
  CHECK(look(of_matrices).metrics == report.metrics);

  rbm.hidden.parameters << -30, 0, 30;  // one never on, one always
  const EpochReport stuck = look(monitor);
  CHECK_THAT(stuck.metric("dead_units"), WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(stuck.metric("saturated_units"), WithinAbs(1.0 / 3, 1e-12));
  CHECK_THAT(stuck.metric("constant_units"), WithinAbs(2.0 / 3, 1e-12));
  CHECK(stuck.warnings.empty());
}

TEST_CASE("prediction losses are unbiased estimates of the pseudo-likelihood", "[monitors]") {
  const BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd v = some_states(rbm, 3, 2);
  const Eigen::VectorXd exact = -pseudo_likelihood(rbm, v, on);
  const int draws = 2000;
  Eigen::MatrixXd all(3, draws);
  for (int i = 0; i < draws; ++i)
    all.col(i) = prediction_losses(rbm, v, {}, 1, {.seed = 1, .step = static_cast<std::uint32_t>(i)}, on);
  for (Index c = 0; c < 3; ++c) {
    const double deviation = std::sqrt((all.row(c).array() - all.row(c).mean()).square().mean());
    CHECK_THAT(all.row(c).mean(), WithinAbs(exact(c), 5 * deviation / std::sqrt(draws)));
  }
}

TEST_CASE("prediction losses of wide samples are taken block by block", "[monitors]") {
  constexpr Index rows = 70'000, samples = 20;  // 16 at a time
  BernoulliBernoulli rbm{{.visible = rows, .hidden = 1, .weight_scale = 0}};
  Eigen::MatrixXd v(rows, samples);
  for (Index r = 0; r < rows; ++r) {
    rbm.visible.parameters(r, 0) = 1e-4 * static_cast<double>(r) - 3;
    for (Index c = 0; c < samples; ++c) v(r, c) = (7 * r + 3 * c) % 5 < 2 ? 1 : 0;
  }
  const Eigen::VectorXd losses = prediction_losses(rbm, v, {}, 1, {.seed = 1}, on);
  detail::DrawnUnits drawn(rbm.visible, {}, samples),
      same(rbm.visible, Mask::Constant(rows, samples, true), samples);
  for (detail::DrawnUnits* units : {&drawn, &same})
    units->draw(Draws{.seed = 1}.in(Stream::pseudo_likelihood), 0);
  for (Index c = 0; c < samples; ++c) {  // without weights a unit has the probability of its bias
    CHECK(drawn(c) == same(c));
    const double bias = rbm.visible.parameters(drawn(c), 0);
    CHECK_THAT(losses(c), WithinAbs(rows * (std::log1p(std::exp(bias)) - v(drawn(c), c) * bias), 1e-4));
  }
}

TEST_CASE("a single unit's prediction loss is minus its log likelihood", "[monitors]") {
  const auto check_unit = [](const auto& rbm, double tolerance) {
    Dice dice(4);
    Eigen::MatrixXd v(1, 200);
    for (Index c = 0; c < v.cols(); ++c) v(0, c) = std::floor(6 * std::abs(dice.normal()));
    for (const bool whole : {true, false}) {
      if (!whole) v.array() += 0.25;
      if (!whole && std::is_same_v<std::remove_cvref_t<decltype(rbm)>, Rbm<Poisson, Bernoulli, Cpu<double>>>)
        continue;
      const Eigen::VectorXd losses = prediction_losses(rbm, v, {}, 4, {.seed = 1}, on);
      CHECK(largest_difference(losses, -exact_log_likelihood(rbm, v, on)) < tolerance);
    }
  };
  // Hidden units that move the only visible one far, so that its distribution has several modes.
  const auto set = [](auto& rbm, double weight) {
    rbm.weights << weight, -weight / 2, 2 * weight;
    rbm.hidden.parameters << -0.5, 0.3, -1;
  };
  Rbm<Gaussian, Bernoulli, Cpu<double>> real{{.visible = 1, .hidden = 3}};
  set(real, 30);
  real.visible.parameters << 4, std::log(9.0);
  check_unit(real, 1e-7);
  Rbm<Rectified, Bernoulli, Cpu<double>> half{{.visible = 1, .hidden = 3}};
  set(half, 2);
  half.visible.parameters << -0.5, std::log(0.5);
  check_unit(half, 1e-2);
  Rbm<Drelu, Bernoulli, Cpu<double>> kinked{{.visible = 1, .hidden = 3}};
  set(kinked, 30);
  kinked.visible.parameters << 4, std::log(9.0), 0.3, -0.5;  // narrower than the gaps of whole numbers
  check_unit(kinked, 1e-2);
  Rbm<Poisson, Bernoulli, Cpu<double>> count{{.visible = 1, .hidden = 3}};
  set(count, 0.5);
  count.visible.parameters << 0.7;
  check_unit(count, 1e-4);
}

TEST_CASE("prediction losses of a mixed row are those of its conditionals", "[monitors]") {
  using Row = Rbm<Mixed<Bernoulli, Gaussian>, Bernoulli, Cpu<double>>;
  Row rbm{{.visible = {1, 1}, .hidden = 2, .seed = 2, .weight_scale = 1.5}};
  std::get<1>(rbm.visible.parts).parameters << 0.4, std::log(2.0);
  const Eigen::MatrixXd v{{1, 0, 1}, {0.3, -1.2, 2}};
  const auto joint = [&](const Eigen::MatrixXd& x) { return exact_log_likelihood(rbm, x, on); };
  Eigen::VectorXd expected(3);
  for (Index c = 0; c < 3; ++c) {
    Eigen::MatrixXd bits = v.col(c).replicate(1, 2), line = v.col(c).replicate(1, 8000);
    bits.row(0) << 0, 1;
    line.row(1).setLinSpaced(-20, 20 - 0.005);
    const double own = joint(v.col(c))(0);
    expected(c) = -2 * own + std::log(joint(bits).array().exp().sum()) +
                  std::log(0.005 * joint(line).array().exp().sum());
  }
  const int draws = 2000;
  Eigen::MatrixXd all(3, draws);
  for (int i = 0; i < draws; ++i)
    all.col(i) = prediction_losses(rbm, v, {}, 1, {.seed = 1, .step = static_cast<std::uint32_t>(i)}, on);
  for (Index c = 0; c < 3; ++c) {  // one of two units, times two
    const double deviation = std::sqrt((all.row(c).array() - all.row(c).mean()).square().mean());
    CHECK_THAT(all.row(c).mean(), WithinAbs(expected(c), 5 * deviation / std::sqrt(draws)));
    CHECK_THAT((all.row(c).minCoeff() + all.row(c).maxCoeff()) / 2, WithinAbs(expected(c), 1e-6));
  }
}

TEST_CASE("a monitor's samples are drawn by its seed", "[monitors]") {
  // Two clusters in turn: every fourth sample is of one cluster.
  Eigen::MatrixXd v(2, 2000);
  for (Index c = 0; c < 2000; ++c) v.col(c).setConstant(c % 2 == 0 ? 0.0 : 1.0);
  BernoulliBernoulli rbm{{.visible = 2, .hidden = 1}};
  rbm.weights.setConstant(5);
  rbm.hidden.parameters.setConstant(-5);  // tells the clusters apart
  const Dataset data(v);
  std::vector<double> gaps;
  for (const std::uint64_t seed : {1ull, 2ull}) {
    Monitor monitor{rbm, data, data, {.samples = 500, .seed = seed}, on};
    const EpochReport report = look(monitor);
    CHECK(report.metric("constant_units") == 0);
    CHECK(report.warnings.empty());
    CHECK(report.metric("free_energy_gap") == 0);  // the same samples
    gaps.push_back(report.metric("pseudo_likelihood"));
  }
  CHECK(gaps[0] != gaps[1]);
}

TEST_CASE("a monitor's means are weighted like the samples", "[monitors]") {
  const BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd v = some_states(rbm, 4, 2), w = some_states(rbm, 3, 3);
  const std::vector<double> of_v{1, 0, 2, 1}, of_w{3, 1, 0};
  const Dataset train = Dataset(v).with_weights(of_v), held_out = Dataset(w).with_weights(of_w);
  Monitor monitor{rbm, train, held_out, {}, on};
  const EpochReport report = look(monitor);
  const Eigen::RowVectorXd f = free_energy(rbm, v), g = free_energy(rbm, w);
  CHECK_THAT(report.metric("free_energy_gap"),
             WithinAbs((3 * g(0) + g(1)) / 4 - (f(0) + 2 * f(2) + f(3)) / 4, 1e-12));
}

TEST_CASE("a monitor does not score what is missing", "[monitors][missing]") {
  // Without interaction the loss of a sample is that of its known units; all of them are 1.
  BernoulliBernoulli rbm{{.visible = 4, .hidden = 2, .weight_scale = 0}};
  rbm.visible.parameters.setConstant(2);
  Eigen::MatrixXd v = Eigen::MatrixXd::Ones(4, 3);
  v(0, 0) = v(2, 0) = v(3, 1) = NAN;  // 9 of 12 are known
  const MissingData data(v, Mask(v.array().isFinite()), {1, 1, 2});
  Monitor monitor{rbm, data, data, {}, on};
  const EpochReport report = look(monitor);
  const double one = std::log1p(std::exp(-2.0));
  CHECK_THAT(report.metric("pseudo_likelihood"), WithinAbs(-one * (2 + 3 + 2 * 4) / 4, 1e-12));
  CHECK_THAT(report.metric("held_out_loss"), WithinAbs(one * (2 + 3 + 2 * 4) / 4, 1e-12));

  // At any share that is missing, a model that says the means predicts with an error of the variance.
  Dice dice(3);
  Eigen::MatrixXd x(3, 2000);
  for (Index c = 0; c < x.cols(); ++c)
    for (Index r = 0; r < 3; ++r) {
      const double number = 5 + 2 * dice.normal();
      x(r, c) = dice.uniform() < 0.8 ? NAN : number;
    }
  GaussianBernoulli real{{.visible = 3, .hidden = 2, .weight_scale = 0}};
  real.visible.parameters.col(0).setConstant(5.0 / 4);
  real.visible.parameters.col(1).setConstant(-std::log(4.0));
  Monitor of_real{real, MissingData(x), {.samples = 2000}, on};
  // Of about 1800 numbers, since a sample whose numbers are all missing has no error.
  const double some = 1 - std::pow(0.8, 3);
  CHECK_THAT(look(of_real).metric("prediction_error"), WithinAbs(some, 4 * std::sqrt(2 / 900.0)));
  CHECK(look(of_real, 2).warnings.size() == 1);  // the hidden units' codes are constant, and nothing else
}

TEST_CASE("a monitor leaves missing entries out if it is told to", "[monitors][missing]") {
  // Each sample has one unit: its loss is that of a model of one visible unit.
  const auto rbm = small_rbm<BernoulliBernoulli>(4, 1.5);
  Eigen::MatrixXd v = Eigen::MatrixXd::Constant(4, 8, NAN);
  for (Index c = 0; c < 8; ++c) v(c % 4, c) = static_cast<double>(c / 4);
  Monitor left_out{rbm, MissingData(v), {.missing = Missing::left_out}, on};
  Monitor drawn{rbm, MissingData(v), {}, on};
  double mean = 0;
  for (Index c = 0; c < 8; ++c) {
    Eigen::MatrixXd x = Eigen::MatrixXd::Zero(4, 2);
    x(c % 4, 1) = 1;
    const Eigen::MatrixXd f = free_energy(rbm, x, on);
    mean += (-f(0, c / 4) - std::log(std::exp(-f(0, 0)) + std::exp(-f(0, 1)))) / 8;
  }
  CHECK_THAT(look(left_out).metric("pseudo_likelihood"), WithinAbs(mean, 1e-12));
  CHECK(std::abs(look(drawn).metric("pseudo_likelihood") - mean) > 1e-3);
}

TEST_CASE("a monitor says the same of data in other units", "[monitors]") {
  // x' = s x: weights and biases over s, precisions over s^2. Hidden x' = t x likewise.
  using Reals = Rbm<Gaussian, Gaussian, Cpu<double>>;
  Reals rbm{{.visible = 3, .hidden = 2, .seed = 2, .weight_scale = 0.3}};
  Dice dice(3);
  Eigen::MatrixXd v(3, 60), w(3, 50);
  for (Index c = 0; c < 60; ++c)
    for (Index r = 0; r < 3; ++r) v(r, c) = dice.normal();
  for (Index c = 0; c < 50; ++c)
    for (Index r = 0; r < 3; ++r) w(r, c) = dice.normal();
  const auto scaled = [](Reals model, double s, double t) {
    model.weights /= s * t;
    model.visible.parameters.col(0) /= s;
    model.visible.parameters.col(1).array() -= 2 * std::log(s);
    model.hidden.parameters.col(0) /= t;
    model.hidden.parameters.col(1).array() -= 2 * std::log(t);
    return model;
  };
  const auto look_at = [&](const Reals& model, double s) {
    Monitor monitor{model, Dataset(Eigen::MatrixXd(s * v)), Dataset(Eigen::MatrixXd(s * w)), {}, on};
    return look(monitor, 2);
  };
  rbm.weights.col(1).setConstant(1e-4);  // tells nothing from nothing
  const EpochReport plain = look_at(rbm, 1);
  CHECK(plain.metric("constant_units") == 0.5);
  for (const double s : {1e-3, 1e3})
    for (const double t : {1e-3, 1.0, 1e3}) {
      INFO("visible times " << s << ", hidden times " << t);
      const EpochReport other = look_at(scaled(rbm, s, t), s);
      CHECK(other.metric("constant_units") == 0.5);
      CHECK_THAT(other.metric("prediction_error"), WithinAbs(plain.metric("prediction_error"), 1e-9));
      // A density is one per unit of x, of which there are 3.
      CHECK_THAT(other.metric("held_out_loss"),
                 WithinAbs(plain.metric("held_out_loss") + 3 * std::log(s), 1e-9));
      CHECK(other.warnings == plain.warnings);
    }
}

TEST_CASE("a monitor warns of codes that are all constant", "[monitors]") {
  BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  rbm.hidden.parameters.setConstant(-30);
  const Dataset train(some_states(rbm, 40, 2));
  Monitor monitor{rbm, train, {}, on};
  const auto warnings = look(monitor).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("all codes are constant"));
}

TEST_CASE("a monitor warns of parameters that are not numbers", "[monitors]") {
  BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Dataset train(some_states(rbm, 40, 2));
  Monitor monitor{rbm, train, {}, on};
  rbm.weights(1, 1) = std::nan("");
  const auto warnings = look(monitor).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("infinite or not numbers"));
}

TEST_CASE("a monitor warns of over-fitting when held-out samples are fitted worse for some epochs",
          "[monitors]") {
  BernoulliBernoulli rbm{{.visible = 4, .hidden = 3, .weight_scale = 0}};
  const Dataset ones(Eigen::MatrixXd(Eigen::MatrixXd::Ones(4, 5))),
      zeros(Eigen::MatrixXd(Eigen::MatrixXd::Zero(4, 5)));
  Monitor monitor{rbm, ones, zeros, {.patience = 2}, on};
  const auto says = [&](auto& who, int epoch, double bias) {
    rbm.visible.parameters.col(0).setConstant(bias);  // the higher, the better for ones alone
    for (const std::string& warning : look(who, epoch).warnings)
      if (warning.find("over-fitting") != std::string::npos) return warning;
    return std::string();
  };
  const auto warned = [&](int epoch, double bias) { return !says(monitor, epoch, bias).empty(); };
  CHECK_FALSE(warned(1, 0));
  CHECK_FALSE(warned(2, 0.5));
  // 4 log(1 + e) - 4 log 2 = 2.48
  const std::string third = says(monitor, 3, 1);
  CHECK_THAT(third, ContainsSubstring("for 2 epochs held-out samples have been fitted worse than in epoch 1, "
                                      "now by 2.48 +- "));
  CHECK_THAT(third, ContainsSubstring("stop there (EarlyStopping)"));
  CHECK_FALSE(warned(4, -0.1));  // better than ever
  CHECK_FALSE(warned(5, 0));
  CHECK(warned(6, 0.1));
  CHECK_FALSE(warned(1, 2));  // a new run
  CHECK_FALSE(warned(2, 3));

  Monitor alike{rbm, zeros, zeros, {.patience = 1}, on};  // no over-fitting: the fit to both is lost
  CHECK(says(alike, 1, 0).empty());
  CHECK(says(alike, 2, 1).empty());
}

TEST_CASE("a monitor does not warn of what may be chance", "[monitors]") {
  // Six held-out samples, of which a higher bias fits two better and four worse.
  BernoulliBernoulli rbm{{.visible = 4, .hidden = 3, .weight_scale = 0}};
  Eigen::MatrixXd few = Eigen::MatrixXd::Zero(4, 6), many(4, 600);
  few.leftCols(2).setOnes();
  many = few.replicate(1, 100);
  const Dataset ones(Eigen::MatrixXd(Eigen::MatrixXd::Ones(4, 50)));
  const auto warns = [&](const Eigen::MatrixXd& held_out) {
    Monitor monitor{rbm, ones, Dataset(held_out), {.samples = 600, .patience = 1}, on};
    rbm.visible.parameters.setConstant(0);
    static_cast<void>(look(monitor, 1));
    rbm.visible.parameters.setConstant(0.5);
    for (const std::string& warning : look(monitor, 2).warnings)
      if (warning.find("over-fitting") != std::string::npos) return true;
    return false;
  };
  CHECK_FALSE(warns(few));
  CHECK(warns(many));
}

TEST_CASE("a monitor warns of a rate too high for Gaussian units", "[monitors]") {
  GaussianBernoulli rbm = small_rbm<GaussianBernoulli>(3);
  const Dataset train(some_states(rbm, 40, 2));
  Monitor monitor{rbm, train, {}, on};
  rbm.weights *= 30;                         // far from the data
  CHECK(look(monitor, 1).warnings.empty());  // anything is allowed in the first epoch
  const auto warnings = look(monitor, 2).warnings;
  REQUIRE(warnings.size() == 1);
  CHECK_THAT(warnings[0], ContainsSubstring("Hinton, 2010"));
  CHECK(look(monitor).metric("pseudo_likelihood") < -100);
}

TEST_CASE("what a monitor adds reaches later observers and the history", "[monitors]") {
  BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Dataset train(some_states(rbm, 40, 2));
  Monitor monitor{rbm, train, {}, on};
  EpochReport report{.epoch = 1, .epochs = 1};
  notify(monitor, report);
  double seen = 0;
  auto after = [&](const EpochReport& later) { seen = later.metric("weight_norm"); };
  notify(after, report);
  CHECK_THAT(seen, WithinAbs(rbm.weights.norm(), 1e-12));
}

TEST_CASE("a monitor refuses options and sets that make no sense", "[monitors][errors]") {
  const BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  using M = Monitor<BernoulliBernoulli>;
  const Dataset good(some_states(rbm, 40, 2)), low(Eigen::MatrixXd(Eigen::MatrixXd::Zero(3, 5))),
      none(Eigen::MatrixXd(4, 0));
  using Catch::Matchers::Message;
  CHECK_THROWS_MATCHES((M{rbm, good, {.samples = 1}, on}), ValueError,
                       Message("Monitor: samples is 1, expected at least 2"));
  CHECK_THROWS_MATCHES((M{rbm, good, {.patience = 0}, on}), ValueError,
                       Message("Monitor: patience is 0, expected at least 1"));
  CHECK_THROWS_MATCHES((M{rbm, low, {}, on}), ShapeError,
                       Message("Monitor: the training data have 3 rows, the model has 4"));
  CHECK_THROWS_MATCHES((M{rbm, good, none, {}, on}), DataError,
                       Message("Monitor: the held-out data have no samples"));
}

}  // namespace test::observers_monitor
