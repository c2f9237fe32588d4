// What is done to a gradient between statistics and optimizer: centring, penalties, weights of samples,
// clipping, averaging. Each against loops that know the formula.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <limits>

#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;

namespace {

const Cpu<double> on;
using Model = BernoulliBernoulli;
using Options = ContrastiveDivergenceOptions<>;

// Plain updates with chains that do not depend on the data.
const Options plain{.batch_size = 8,
                    .chains = Persistent{.chains = 6},
                    .optimizer = Sgd{.rate = 0.1},
                    .centered = false,
                    .fit_visible_biases = false,
                    .seed = 6};

// One update of a copy, by these options.
template <class M>
struct Step {
  M model, gradient;
};
template <class M>
Step<M> one_step(const M& begin, const Options& options, const Eigen::MatrixXd& v,
                 const std::vector<double>& weights = {}) {
  Step<M> result{begin, begin};
  ContrastiveDivergence trainer{result.model, options, on};
  trainer.step({.values = v, .weights = weights});
  result.gradient = trainer.gradient();
  return result;
}

Eigen::VectorXd bias_of(const Layer<Bernoulli, Cpu<double>>& layer) { return layer.parameters.col(0); }

}  // namespace

TEST_CASE("a centred update is a plain one of the centred model", "[cd][centering]") {
  // The model with interaction (v - mu)^T W (h - lambda) and biases b', c' is the plain one with b = b' - W
  // lambda and c = c' - W^T mu. Its plain update, told in b and c, is the centred update.
  Model model = small_rbm<Model>(4);
  auto options = plain;
  options.centered = true;
  options.offset_rate = 0.25;
  ContrastiveDivergence trainer{model, options, on};
  ContrastiveDivergenceOptions<> without = plain;
  Model twin = model;  // takes plain updates, for their gradients
  Eigen::VectorXd mu, lambda;
  for (const int update : {0, 1, 2}) {
    const Model before = model;
    twin = before;
    const Eigen::MatrixXd v = some_states(model, 8, 20 + static_cast<std::uint64_t>(update));
    trainer.step({.values = v});

    const Eigen::MatrixXd h = mean_hidden(before, v);
    const double share = update == 0 ? 1 : 0.25;
    if (update == 0) mu = Eigen::VectorXd::Zero(v.rows()), lambda = Eigen::VectorXd::Zero(h.rows());
    mu += share * (v.rowwise().mean() - mu);
    lambda += share * (h.rowwise().mean() - lambda);

    // The plain gradient of the update can be told from the centred one: its biases' part is what centring
    // adds to.
    const Model& g = trainer.gradient();
    const Eigen::VectorXd plain_b = bias_of(g.visible) + g.weights * lambda;
    const Eigen::VectorXd plain_c = bias_of(g.hidden) + g.weights.transpose() * mu;
    const Eigen::MatrixXd plain_w = g.weights + mu * plain_c.transpose() + plain_b * lambda.transpose();
    if (update == 0) {  // the chains are the same ones: their first move depends on the seed alone
      const Step<Model> other = one_step(twin, without, v);
      CHECK(largest_difference(plain_w, other.gradient.weights) < 1e-12);
      CHECK(largest_difference(plain_b, bias_of(other.gradient.visible)) < 1e-12);
      CHECK(largest_difference(plain_c, bias_of(other.gradient.hidden)) < 1e-12);
      CHECK(largest_difference(flatten(g), flatten(other.gradient)) > 1e-3);
    }
    const Eigen::MatrixXd w =
        before.weights + 0.1 * (plain_w - mu * plain_c.transpose() - plain_b * lambda.transpose());
    const Eigen::VectorXd b_centred = bias_of(before.visible) + before.weights * lambda + 0.1 * plain_b;
    const Eigen::VectorXd c_centred =
        bias_of(before.hidden) + before.weights.transpose() * mu + 0.1 * plain_c;
    CHECK(largest_difference(model.weights, w) < 1e-12);
    CHECK(largest_difference(bias_of(model.visible), b_centred - w * lambda) < 1e-12);
    CHECK(largest_difference(bias_of(model.hidden), c_centred - w.transpose() * mu) < 1e-12);
  }
}

TEST_CASE("offsets follow the data's means, whatever the chains do", "[cd][centering][slow]") {
  // A centred gradient does not change when 0 and 1 trade places in the visible units: v -> 1 - v is a change
  // of biases and of the sign of W, which a plain gradient does not survive.
  const Model model = small_rbm<Model>(4);
  Model flipped = model;
  flipped.weights = -model.weights;
  flipped.visible.parameters.col(0) = -model.visible.parameters.col(0);
  flipped.hidden.parameters.col(0) += model.weights.colwise().sum().transpose();
  const Eigen::MatrixXd v = some_states(model, 8, 3), w = 1 - v.array();
  auto options = plain;
  options.chains = Persistent{.chains = 50'000};  // so that both models' chains agree but for chance
  options.steps = 20;
  const auto plain_step = one_step(model, options, v), plain_flipped = one_step(flipped, options, w);
  options.centered = true;
  const auto centred = one_step(model, options, v), centred_flipped = one_step(flipped, options, w);
  const double chance = 6 * std::sqrt(0.25 / 50'000);
  CHECK(largest_difference(centred.gradient.weights, -centred_flipped.gradient.weights) < chance);
  CHECK(largest_difference(plain_step.gradient.weights, -plain_flipped.gradient.weights) > 2 * chance);
}

TEST_CASE("L1 moves weights against their sign and nothing else", "[cd][penalties]") {
  Model model = small_rbm<Model>(4);
  model.weights(1, 2) = 0;
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  auto options = plain;
  const Model without = one_step(model, options, v).model;
  options.penalties.l1 = 0.3;
  const Model with = one_step(model, options, v).model;
  CHECK((with.visible == without.visible && with.hidden == without.hidden));
  CHECK(largest_difference(with.weights, without.weights - 0.1 * 0.3 * model.weights.cwiseSign()) < 1e-15);
}

TEST_CASE("the group penalty is the slope of the hidden units' norms", "[cd][penalties]") {
  Model model = small_rbm<Model>(4);
  model.weights.col(1).setZero();  // no direction: no pull
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  auto options = plain;
  const Model without = one_step(model, options, v).gradient;
  options.penalties.group = 0.3;
  const Model with = one_step(model, options, v).gradient;
  CHECK((with.visible == without.visible && with.hidden == without.hidden));
  CHECK((with.weights.col(1) - without.weights.col(1)).norm() == 0);
  for (const Index c : {0, 2})
    for (Index r = 0; r < 4; ++r) {
      const double slope = oracle::derivative(
          [&](double x) {
            Eigen::VectorXd column = model.weights.col(c);
            column(r) = x;
            return 0.3 * column.norm();
          },
          model.weights(r, c));
      CHECK_THAT(without.weights(r, c) - with.weights(r, c), WithinAbs(slope, 1e-10));
    }
}

TEST_CASE("sparsity pulls hidden biases towards the target activity", "[cd][penalties]") {
  const Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  for (const bool centered : {false, true}) {
    auto options = plain;
    options.centered = centered;
    const Model without = one_step(model, options, v).gradient;
    options.penalties.sparsity = 0.7;
    options.penalties.activity_target = 0.2;
    const Model with = one_step(model, options, v).gradient;
    const Eigen::VectorXd activity = mean_hidden(model, v).rowwise().mean();
    CHECK(with.weights == without.weights);
    CHECK(with.visible == without.visible);
    const Eigen::VectorXd pull = bias_of(with.hidden) - bias_of(without.hidden);
    CHECK(largest_difference(pull, 0.7 * (0.2 - activity.array()).matrix()) < 1e-12);
  }
  // And so the target is reached, where the pull is strong.
  Model quiet = small_rbm<Model>(4);
  auto options = plain;
  options.epochs = 400;
  options.offset_rate = 0.1;
  options.penalties.sparsity = 2;
  ContrastiveDivergence{quiet, options, on}.fit(v);
  CHECK(largest_difference(mean_hidden(quiet, v).rowwise().mean(), Eigen::VectorXd::Constant(3, 0.1)) < 0.05);
}

TEST_CASE("weights are scaled back to the largest norm", "[cd][penalties]") {
  const Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  auto options = plain;
  const Model free = one_step(model, options, v).model;
  const Eigen::RowVectorXd norms = free.weights.colwise().norm();
  options.penalties.max_norm = (norms.minCoeff() + norms.maxCoeff()) / 2;
  const Model limited = one_step(model, options, v).model;
  for (Index c = 0; c < 3; ++c) {
    const double factor = std::fmin(1, options.penalties.max_norm / norms(c));
    CHECK(largest_difference(limited.weights.col(c), factor * free.weights.col(c)) < 1e-15);
  }
  CHECK((limited.visible == free.visible && limited.hidden == free.hidden));
}

TEST_CASE("a gradient that is too long is scaled back", "[cd]") {
  const Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 8, 3);
  auto options = plain;
  const Model free = one_step(model, options, v).gradient;
  const double length = norm(on, free);
  options.max_gradient_norm = 2 * length;
  CHECK(one_step(model, options, v).gradient == free);
  options.max_gradient_norm = length / 4;
  const Model clipped = one_step(model, options, v).gradient;
  CHECK_THAT(norm(on, clipped), WithinAbs(length / 4, 1e-12));
  CHECK(largest_difference(clipped.weights, free.weights / 4) < 1e-12);
}

TEMPLATE_TEST_CASE("gradients of any size are scaled back to their direction", "[cd]", float, double) {
  using T = TestType;
  const Cpu<T> own;
  using M = Rbm<Bernoulli, Bernoulli, Cpu<T>>;
  const T top = std::numeric_limits<T>::max();
  detail::Clipping<Cpu<T>> clipping;
  for (const T size : {T(1e-18), T(1), T(1e18), T(1e19), T(1e20), T(1e30), top / 16, top / 2}) {
    CAPTURE(size);
    M gradient{{.visible = 1, .hidden = 1}};
    gradient.weights.setConstant(size);
    gradient.visible.parameters.setConstant(size);
    CHECK_THAT(norm(own, gradient),
               Catch::Matchers::WithinRel(std::sqrt(2.0) * static_cast<double>(size), 1e-6));
    clipping.apply(own, static_cast<double>(size), gradient);
    const auto half = static_cast<double>(size) * std::sqrt(0.5);
    CHECK_THAT(static_cast<double>(gradient.weights(0, 0)), Catch::Matchers::WithinRel(half, 1e-6));
    CHECK_THAT(static_cast<double>(gradient.visible.parameters(0, 0)),
               Catch::Matchers::WithinRel(half, 1e-6));
    CHECK(gradient.hidden.parameters(0, 0) == 0);
    clipping.apply(own, static_cast<double>(size) / 1000, gradient);
    CHECK_THAT(norm(own, gradient), Catch::Matchers::WithinRel(static_cast<double>(size) / 1000, 1e-6));
  }
}

TEMPLATE_TEST_CASE("columns of any size have their norm", "[backend]", float, double) {
  using T = TestType;
  const T top = std::numeric_limits<T>::max(), least = std::numeric_limits<T>::min();
  Matrix<Cpu<T>> x(2, 6), norms(1, 6);
  const T nan = std::numeric_limits<T>::quiet_NaN(), inf = std::numeric_limits<T>::infinity();
  x << T(3), T(0), top / 8 * 3, least * 300, inf, nan,  //
      T(-4), T(0), top / 2, least * -400, T(1), T(1);
  Cpu<T>{}.column_norms(x, norms);
  CHECK((norms(0, 0) == 5 && norms(0, 1) == 0));
  CHECK_THAT(static_cast<double>(norms(0, 2) / top), Catch::Matchers::WithinRel(0.625, 1e-6));
  CHECK_THAT(static_cast<double>(norms(0, 3) / least), Catch::Matchers::WithinRel(500.0, 1e-6));
  CHECK(norms(0, 4) == inf);
  CHECK(std::isnan(norms(0, 5)));
}

TEST_CASE("statistics of samples have the expectation of those of means", "[cd]") {
  const auto check = [](const auto& model) {
    const Index many = 60'000;
    const Eigen::MatrixXd v = some_states(model, 4, 3).replicate(1, many / 4);
    auto options = plain;
    options.batch_size = many;
    const auto means = one_step(model, options, v).gradient;
    options.statistics = Statistics::samples;
    const auto samples = one_step(model, options, v).gradient;
    // Draws vary by at most about 1 (a Gaussian's square by 2), over 60,000 samples; there are only six
    // chains, whose share is drawn as well, so the two are compared at the data: chains count nothing at
    // weight 0.
    CHECK(largest_difference(flatten(means), flatten(samples)) > 1e-6);
    auto mean_only = means, sample_only = samples;
    auto state = make_state(model, many);
    auto work = make_workspace(model, many);
    state.visible = v;
    refresh(on, model, state.columns(0, many));
    const Eigen::MatrixXd weights = Eigen::MatrixXd::Constant(1, many, 1.0 / many);
    set_statistics(on, model, state.columns(0, many), View<const double>(weights), 0, mean_only, work);
    set_sampled_statistics(on, model, state.columns(0, many), View<const double>(weights), 0, sample_only,
                           work, {.seed = 9});
    CHECK(sample_only.visible == mean_only.visible);
    CHECK(largest_difference(flatten(mean_only), flatten(sample_only)) <
          sigmas * 3 / std::sqrt(static_cast<double>(many)));
    CHECK(largest_difference(flatten(mean_only), flatten(sample_only)) > 0);
  };
  check(small_rbm<Model>(4));
  check(small_rbm<GaussianGaussian>(4));
}

TEST_CASE("a sample of weight 2 counts as two, one of weight 0 not at all", "[cd][weights]") {
  const Model model = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(model, 4, 3);
  Eigen::MatrixXd repeated(4, 4);
  repeated << v.col(0), v.col(0), v.col(1), v.col(3);
  for (const bool centered : {false, true}) {
    auto options = plain;
    options.centered = centered;
    const auto weighted = one_step(model, options, v, {2, 1, 0, 1}),
               twice = one_step(model, options, repeated);
    CHECK(largest_difference(flatten(weighted.gradient), flatten(twice.gradient)) < 1e-14);
    CHECK(largest_difference(flatten(weighted.model), flatten(twice.model)) < 1e-14);
  }
  // A chain that starts at a sample counts as much as the sample: with weight 0 it may be anything.
  auto options = plain;
  options.chains = DataChains{};
  Eigen::MatrixXd other = v;
  other.col(2) = 1 - v.col(2).array();
  CHECK(one_step(model, options, v, {2, 1, 0, 1}).gradient ==
        one_step(model, options, other, {2, 1, 0, 1}).gradient);
  CHECK_FALSE(one_step(model, options, v, {2, 1, 0.1, 1}).gradient ==
              one_step(model, options, other, {2, 1, 0.1, 1}).gradient);
  // A batch without any weight changes nothing.
  CHECK(one_step(model, options, v, {0, 0, 0, 0}).model == model);
  options.centered = true;
  CHECK(one_step(model, options, v, {0, 0, 0, 0}).model == model);
}

TEST_CASE("a run with weights is the run with repeated samples, but for the order", "[cd][weights]") {
  const Eigen::MatrixXd v = some_states(small_rbm<Model>(4), 3, 3);
  Eigen::MatrixXd repeated(4, 6);
  repeated << v.col(0), v.col(0), v.col(0), v.col(1), v.col(1), v.col(2);
  auto options = plain;
  options.fit_visible_biases = true;
  options.epochs = 5;
  options.centered = true;
  Model by_weights{{.visible = 4, .hidden = 3, .seed = 1}}, by_hand = by_weights;
  const Dataset weighted = Dataset(v).with_weights({3, 2, 1});
  ContrastiveDivergence{by_weights, options, on}.fit(weighted);
  ContrastiveDivergence{by_hand, options, on}.fit(repeated);
  // All in one batch, so only the smoothing of the first biases (by half a sample of 3, or of 6) tells them
  // apart.
  CHECK(largest_difference(by_weights.weights, by_hand.weights) < 0.02);
  const Dataset scaled = Dataset(v).with_weights({30, 20, 10});  // only their ratios count
  Model same{{.visible = 4, .hidden = 3, .seed = 1}};
  ContrastiveDivergence{same, options, on}.fit(scaled);
  CHECK(largest_difference(flatten(same), flatten(by_weights)) < 1e-12);
  Model plain_run{{.visible = 4, .hidden = 3, .seed = 1}};
  ContrastiveDivergence{plain_run, options, on}.fit(v);
  CHECK(largest_difference(flatten(plain_run), flatten(by_weights)) > 0.01);
}

TEST_CASE("visible biases begin at the weighted means", "[cd][weights]") {
  Model model{{.visible = 4, .hidden = 3, .seed = 1}};
  const Eigen::MatrixXd v{{1, 0, 0}, {0, 1, 0}, {0, 0, 1}, {1, 1, 0}};
  auto options = plain;
  options.fit_visible_biases = true;
  options.epochs = 0;
  ContrastiveDivergence{model, options, on}.fit(Dataset(v).with_weights({4, 2, 0}));
  const double means[] = {4.0 / 6, 2.0 / 6, 0, 1};  // of three samples, half a sample on and half off added
  for (Index r = 0; r < 4; ++r) {
    const double p = (3 * means[r] + 0.5) / 4;
    CHECK_THAT(model.visible.parameters(r, 0), WithinAbs(std::log(p / (1 - p)), 1e-12));
  }
}

TEST_CASE("wrong weights are refused before anything is changed", "[cd][weights][errors]") {
  Model model = small_rbm<Model>(4);
  const Model begin = model;
  const Eigen::MatrixXd v = some_states(model, 3, 3);
  ContrastiveDivergence trainer{model, plain, on};
  const std::vector<double> two{1, 2}, negative{1, -2, 1}, nan{1, 1, std::nan("")}, zero{0, 0, 0};
  CHECK_THROWS_MATCHES(trainer.step({.values = v, .weights = two}), DataError,
                       Message("step: 2 weights for 3 samples"));
  CHECK_THROWS_MATCHES(trainer.step({.values = v, .weights = negative}), DataError,
                       Message("step: weight 1 is -2, expected a finite number of at least 0"));
  CHECK_THROWS_AS(trainer.step({.values = v, .weights = nan}), DataError);
  const MatrixSource<double> source{View<const double>(v), zero};
  CHECK_THROWS_MATCHES(trainer.fit(source), DataError, Message("fit: all weights are zero"));
  CHECK_THROWS_MATCHES(Dataset(v).with_weights({1, 2}), DataError,
                       Message("with_weights: 2 weights for 3 samples"));
  CHECK_THROWS_MATCHES(Dataset(v).with_weights({}), DataError,
                       Message("with_weights: 0 weights for 3 samples"));
  CHECK(model == begin);
}

TEST_CASE("a run ends with the mean of its last parameters", "[cd][averaging]") {
  const Model begin = small_rbm<Model>(4);
  const Eigen::MatrixXd v = some_states(begin, 23, 3);
  auto options = plain;
  options.epochs = 4;  // of three updates each
  Model model = begin;
  struct Keep {
    const Model& model;
    std::vector<Model> seen = {};
    void on_batch(const BatchReport&) { seen.push_back(model); }
    void operator()(const EpochReport&) {}
  } keep{model};
  ContrastiveDivergence{model, options, on}.fit(v, keep);
  REQUIRE(keep.seen.size() == 12);
  for (const double share : {0.25, 0.5, 1.0}) {
    const auto first = static_cast<std::size_t>(std::lround(12 * (1 - share)));
    Model mean = zeros_like(begin);
    for (std::size_t i = first; i < 12; ++i)
      for_each_parameter(
          [&](const ParameterName&, Role, auto m, auto x) {
            on.update([&](double& a, double b) { a += b / static_cast<double>(12 - first); }, m, x);
          },
          mean, keep.seen[i]);
    options.average_last = share;
    Model averaged = begin;
    bool last_seen = false;
    ContrastiveDivergence{averaged, options, on}.fit(v, [&](const EpochReport& report) {
      if (report.epoch == 4)
        last_seen =
            largest_difference(flatten(averaged), flatten(mean)) < 1e-14;  // observers see what they will get
    });
    INFO("the last " << share);
    CHECK(largest_difference(flatten(averaged), flatten(mean)) < 1e-14);
    CHECK(last_seen);
  }
}

TEST_CASE("options of the gradient that are out of range are refused", "[cd][errors]") {
  Model model = small_rbm<Model>(4);
  const auto refused = [&](const Options& options, const std::string& message) {
    CHECK_THROWS_MATCHES((ContrastiveDivergence{model, options, on}), ValueError,
                         Message("ContrastiveDivergence: " + message));
  };
  refused({.penalties = {.l1 = -1}}, "l1 is -1, expected a number of at least 0");
  refused({.penalties = {.group = std::nan("")}}, "group is nan, expected a number of at least 0");
  refused({.penalties = {.sparsity = -1}}, "sparsity is -1, expected a number of at least 0");
  refused({.penalties = {.max_norm = -1}}, "max_norm is -1, expected a number of at least 0");
  refused({.max_gradient_norm = -1}, "max_gradient_norm is -1, expected a number of at least 0");
  refused({.offset_rate = 0}, "offset_rate is 0, expected above 0 and at most 1");
  refused({.average_last = 1.5}, "average_last is 1.5, expected 0 to 1");
}
