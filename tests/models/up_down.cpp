// Up-down DBNs and joint RBMs: classification and generation compared with sums over all states, and files.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/generate_up_down.hpp>
#include <harmonium/io/models/model_file.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"
#include "support/joint.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;

namespace test::models_up_down {

namespace {

using Host = Cpu<double>;
using Deep = UpDownDbn<Stack<Gaussian, Bernoulli>, Host>;
const Host on;

Deep small_deep(std::uint64_t seed) {
  Deep model{{.sizes = {3, 2, 2, 3}, .classes = 3, .seed = seed}};
  randomise(model, seed, 0.8);
  return model;
}

// log of the sum over hidden states of exp(-E), for visible states with a label, by loops.
template <class V, class H>
double log_weight(const JointRbm<V, H, Host>& rbm, const oracle::Numbers& x, Index label) {
  oracle::Numbers v = x;
  v.resize(static_cast<std::size_t>(rbm.visible.rows()), 0.0);
  v[x.size() + static_cast<std::size_t>(label)] = 1;
  oracle::Numbers terms;
  oracle::for_each_state(oracle_of(rbm.hidden), [&](const oracle::Numbers& h, double weight) {
    for (std::size_t i = 0; i < v.size(); ++i)
      for (std::size_t j = 0; j < h.size(); ++j)
        weight += v[i] * h[j] * rbm.weights(static_cast<Index>(i), static_cast<Index>(j));
    terms.push_back(weight);
  });
  const auto& labels = std::get<1>(rbm.visible.parts);
  return oracle::log_sum_exp(terms) + labels.parameters(label, 0);
}

template <class V, class H>
oracle::Numbers label_probabilities(const JointRbm<V, H, Host>& rbm, const oracle::Numbers& x) {
  oracle::Numbers p;
  for (Index c = 0; c < std::get<1>(rbm.visible.parts).rows(); ++c) p.push_back(log_weight(rbm, x, c));
  const double all = oracle::log_sum_exp(p);
  for (double& value : p) value = std::exp(value - all);
  return p;
}

// sigmoid
double on_probability(double field) { return 1 / (1 + std::exp(-field)); }

// E[v], by sums over the states of the features and of the layer in between, given the features'
// probabilities.
oracle::Numbers mean_visible(const Deep& model, const std::vector<oracle::Numbers>& features,
                             const oracle::Numbers& probabilities) {
  const auto& bottom = std::get<0>(model.stack.layers[0]).generation;
  const auto& middle = std::get<1>(model.stack.layers[1]).generation;
  oracle::Numbers mean(3, 0.0);
  for (std::size_t f = 0; f < features.size(); ++f)
    for (int state = 0; state < 4; ++state) {
      const double h[2] = {static_cast<double>(state % 2), static_cast<double>(state / 2)};
      double p = probabilities[f];
      for (Index i = 0; i < 2; ++i) {
        double field = middle.layer.parameters(i, 0);
        for (Index j = 0; j < 2; ++j)
          field += middle.weights(j, i) * features[f][static_cast<std::size_t>(j)];
        p *= h[i] > 0 ? on_probability(field) : 1 - on_probability(field);
      }
      for (Index v = 0; v < 3; ++v) {
        double field = bottom.layer.parameters(v, 0);
        for (Index i = 0; i < 2; ++i) field += bottom.weights(i, v) * h[i];
        mean[static_cast<std::size_t>(v)] += p * field / std::exp(bottom.layer.parameters(v, 1));
      }
    }
  return mean;
}

}  // namespace

TEMPLATE_TEST_CASE("a joint RBM classifies by the free energy of each label", "[joint]",
                   (JointRbm<Bernoulli, Bernoulli, Host>), (JointRbm<Gaussian, Categorical, Host>),
                   (JointRbm<Categorical, Spin, Host>), (JointRbm<Bernoulli, Gaussian, Host>)) {
  for (std::uint64_t seed = 1; seed <= 3; ++seed) {
    INFO("seed " << seed);
    const auto rbm = small_joint<TestType>(seed);
    const Eigen::MatrixXd x = drawn_samples(rbm, 7, seed);
    const Eigen::MatrixXd p = predict_proba(rbm, x), log_p = class_log_probabilities(rbm, Dataset(x));
    std::vector<int> labels;
    double loss = 0, wrong = 0;
    for (Index c = 0; c < x.cols(); ++c) {
      const oracle::Numbers expected = label_probabilities(rbm, column_of(x, c));
      CHECK(largest_difference(column_of(p, c), expected) < 1e-12);
      CHECK(largest_difference(column_of(log_p.array().exp().matrix(), c), expected) < 1e-12);
      labels.push_back(static_cast<int>(c % 3));
      loss -= std::log(expected[static_cast<std::size_t>(c % 3)]) * (c == 2 ? 3 : 1);
      const auto best = std::max_element(expected.begin(), expected.end()) - expected.begin();
      CHECK(predict(rbm, x)[static_cast<std::size_t>(c)] == best);
      wrong += best == c % 3 ? 0 : (c == 2 ? 3 : 1);
    }
    const Evaluation found = evaluate(rbm, Dataset(x, labels).with_weights({1, 1, 3, 1, 1, 1, 1}));
    CHECK(std::abs(found.log_loss - loss / 9) < 1e-12);
    CHECK(std::abs(found.error - wrong / 9) < 1e-12);
  }
}

TEST_CASE("an up-down DBN classifies what its recognition weights make of a sample", "[up_down]") {
  const Deep model = small_deep(2);
  Dice dice(3);
  const Eigen::MatrixXd x = Eigen::MatrixXd::NullaryExpr(3, 6, [&] { return dice.normal(); });
  const auto& bottom = std::get<0>(model.stack.layers[0]).recognition;
  const auto& middle = std::get<1>(model.stack.layers[1]).recognition;
  const Eigen::MatrixXd p = predict_proba(model, x);
  for (Index c = 0; c < x.cols(); ++c) {
    const auto up = [](const auto& way, const Eigen::VectorXd& below) {
      Eigen::VectorXd field = way.weights.transpose() * below + way.layer.parameters.col(0);
      return Eigen::VectorXd(field.unaryExpr([](double f) { return on_probability(f); }));
    };
    const Eigen::MatrixXd seen = up(middle, up(bottom, x.col(c)));
    CHECK(largest_difference(column_of(p, c), label_probabilities(model.top, column_of(seen, 0))) < 1e-12);
  }
}

TEST_CASE("an up-down DBN generates from its top RBM, of any class or of one", "[up_down][slow]") {
  const Deep model = small_deep(5);
  const std::vector<oracle::Numbers> features{{0, 0}, {1, 0}, {0, 1}, {1, 1}};
  std::vector<oracle::Numbers> joint;  // log weights of the features with each label
  for (Index c = 0; c < 3; ++c) {
    joint.emplace_back();
    for (const oracle::Numbers& f : features) {
      double bias = 0;
      for (Index i = 0; i < 2; ++i)
        bias += f[static_cast<std::size_t>(i)] * model.features().parameters(i, 0);
      joint.back().push_back(log_weight(model.top, f, c) + bias);
    }
  }
  const auto check_means = [&](const Eigen::MatrixXd& x, oracle::Numbers log_p) {
    const double all = oracle::log_sum_exp(log_p);
    for (double& value : log_p) value = std::exp(value - all);
    const oracle::Numbers expected = mean_visible(model, features, log_p);
    for (Index r = 0; r < 3; ++r) {
      const double mean = x.row(r).mean();
      const double deviation = std::sqrt((x.row(r).array() - mean).square().mean());
      CHECK(standard_errors(mean, expected[static_cast<std::size_t>(r)], deviation,
                            static_cast<double>(x.cols())) < sigmas);
    }
  };
  for (int c = 0; c < 3; ++c) {
    INFO("label " << c);
    check_means(generate(model, c, {.samples = 20000, .steps = 30, .seed = 1, .means = true}),
                joint[static_cast<std::size_t>(c)]);
    check_means(generate(model, c, {.samples = 20000, .steps = 30, .seed = 2}),
                joint[static_cast<std::size_t>(c)]);
  }
  oracle::Numbers any;
  for (std::size_t f = 0; f < 4; ++f)
    any.push_back(oracle::log_sum_exp({joint[0][f], joint[1][f], joint[2][f]}));
  check_means(generate(model, {.samples = 20000, .steps = 30, .seed = 3}), any);
}

TEST_CASE("an up-down DBN reconstructs by recognition and generation", "[up_down]") {
  Deep model = small_deep(7);
  const Eigen::MatrixXd x = Eigen::MatrixXd::Ones(3, 2);
  const auto& bottom = std::get<0>(model.stack.layers[0]);
  const auto& middle = std::get<1>(model.stack.layers[1]);
  const auto pass = [](const auto& way, const Eigen::MatrixXd& below) {
    Eigen::MatrixXd field = way.weights.transpose() * below;
    field.colwise() += way.layer.parameters.col(0);
    return field;
  };
  const auto sigmoid = [](const Eigen::MatrixXd& field) {
    return Eigen::MatrixXd(field.unaryExpr([](double f) { return on_probability(f); }));
  };
  const Eigen::MatrixXd top = sigmoid(pass(middle.recognition, sigmoid(pass(bottom.recognition, x))));
  Eigen::MatrixXd back = pass(bottom.generation, sigmoid(pass(middle.generation, top)));
  back.array().colwise() /= bottom.generation.layer.parameters.col(1).array().exp();
  CHECK(largest_difference(reconstruct(model, x), back) < 1e-12);
}

TEST_CASE("up-down DBNs are values that files preserve", "[up_down][io]") {
  const TemporaryFolder folder;
  const Deep model = small_deep(11);
  save(folder / "model", model);
  CHECK(load<Deep>(folder / "model") == model);
  CHECK(convert<Host>(convert<Cpu<float>>(convert<Host>(model))) ==
        convert<Host>(convert<Cpu<float>>(model)));
  CHECK(Deep(model.options()).options().sizes == model.options().sizes);
  CHECK(static_cast<double>(parameter_count(model)) == Deep::parameter_count(model.options()));
  CHECK(parameter_count(model) == 2 * (3 * 2 + 2 * 2) + (2 + 3 * 2) + (2 + 2) + (2 + 3) * 3 + 5 + 3);
  Deep other = model;
  CHECK(other == model);
  std::get<1>(other.stack.layers[1]).generation.weights(0, 1) += 1e-9;
  CHECK_FALSE(other == model);

  using Plain = UpDownDbn<Stack<Bernoulli>, Host>;
  const Plain unlabelled{{.sizes = {4, 3}, .seed = 1}};
  CHECK((unlabelled.classes() == 0 && unlabelled.visible_rows() == 4 && unlabelled.stack.layers.empty()));
  save(folder / "unlabelled", unlabelled);
  CHECK(load<Plain>(folder / "unlabelled") == unlabelled);
  CHECK_THROWS_AS(load<Deep>(folder / "unlabelled"), FileError);
  CHECK_THROWS_AS(load<Plain>(folder / "model"), FileError);
  CHECK_THROWS_AS((load<Dbn<Stack<Gaussian, Bernoulli>, Host>>(folder / "model")), FileError);
}

TEST_CASE("both ways of a fresh up-down DBN have the same weights", "[up_down]") {
  const UpDownDbn<Stack<Bernoulli>> model{{.sizes = {6, 5, 4, 3}, .classes = 2, .seed = 9}};
  for (const auto& any : model.stack.layers) {
    const auto& layer = std::get<0>(any);
    CHECK(layer.recognition.weights == layer.generation.weights.transpose());
    CHECK(layer.recognition.weights.norm() > 0);
  }
}

TEST_CASE("up-down DBNs refuse impossible sizes and arguments", "[up_down][errors]") {
  using Catch::Matchers::Message;
  using Plain = UpDownDbn<Stack<Bernoulli>, Host>;
  CHECK_THROWS_MATCHES(Plain({.sizes = {4}}), ShapeError,
                       Message("UpDownDbn: 1 layer sizes, expected at least 2: the top RBM has the last type "
                               "of units in both its layers"));
  CHECK_THROWS_AS(Deep({.sizes = {4, 3}}), ShapeError);
  CHECK_THROWS_MATCHES(Plain({.sizes = {4, 3}, .classes = 1}), ShapeError,
                       Message("UpDownDbn: classes is 1, expected 0 or at least 2"));
  CHECK_THROWS_AS(Plain({.sizes = {4, 3}, .classes = -2}), ShapeError);
  CHECK_THROWS_AS(Plain({.sizes = {4, 0, 3}}), ShapeError);

  const Plain model{{.sizes = {4, 3, 2}, .classes = 3}}, unlabelled{{.sizes = {4, 3, 2}}};
  const Eigen::MatrixXd x = Eigen::MatrixXd::Zero(4, 2), wrong = Eigen::MatrixXd::Zero(5, 2);
  CHECK_THROWS_MATCHES(predict_proba(model, wrong), ShapeError,
                       Message("class_log_probabilities: the data have 5 rows, the model has 4"));
  CHECK_THROWS_MATCHES(predict(unlabelled, x), ShapeError,
                       Message("class_log_probabilities: the model has 0 labels, expected 1"));
  Eigen::MatrixXd infinite = x;
  infinite(1, 1) = INFINITY;
  CHECK_THROWS_AS(predict_proba(model, infinite), DataError);
  CHECK_THROWS_MATCHES(evaluate(model, Dataset(x)), DataError,
                       Message("evaluate: the data have 0 labels for 2 samples"));
  CHECK_THROWS_MATCHES(evaluate(model, Dataset(x, {0, 3})), DataError,
                       Message("evaluate: label 1 is 3, expected 0 to 2"));
  CHECK_THROWS_MATCHES(generate(model, 3), ValueError,
                       Message("generate: label is 3, expected 0 to 2, the classes of the model"));
  CHECK_THROWS_AS(generate(model, -1), ValueError);
  CHECK_THROWS_AS(generate(unlabelled, 0), ValueError);
  CHECK_THROWS_AS(generate(model, 0, {.samples = 0}), ValueError);
  CHECK_THROWS_MATCHES(reconstruct(model, wrong), ShapeError,
                       Message("reconstruct: the data have 5 rows, the model has 4"));
}

}  // namespace test::models_up_down
