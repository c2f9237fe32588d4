// Scaling that is kept with a model: likelihoods of raw data, samples in raw units, files, warnings.
#include <harmonium/data/missing.hpp>
#include <harmonium/inference/annealing/sandwich.hpp>
#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/generate.hpp>
#include <harmonium/io/models/any_model.hpp>
#include <harmonium/io/models/scaling_file.hpp>
#include <harmonium/models/standardized.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/training/fine_tuning.hpp>
#include <harmonium/training/score_matching.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"
#include "support/sources.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;

namespace test::models_scaling {

namespace {

using Row = Mixed<Bernoulli, Gaussian, Poisson, Gaussian>;
using Table = Rbm<Row, Bernoulli, Cpu<double>>;

// Two bits, a real number, a count and two real numbers; raw ones are far from mean 0 and variance 1.
Eigen::MatrixXd raw_table(Index samples) {
  Dice dice(7);
  Eigen::MatrixXd x(6, samples);
  for (Index c = 0; c < samples; ++c)
    x.col(c) << static_cast<double>(dice.below(2)), static_cast<double>(dice.below(2)),
        500 + 100 * dice.uniform(), static_cast<double>(dice.below(5)), 1e3 + dice.uniform(),
        -1e-3 * dice.uniform();
  return x;
}

Table table_model() {
  Table rbm{{.visible = {2, 1, 1, 2}, .hidden = 3, .seed = 1, .weight_scale = 0.5}};
  std::get<0>(rbm.visible.parts).parameters << 0.3, -0.2;
  std::get<1>(rbm.visible.parts).parameters << 0.1, 0.4;
  std::get<2>(rbm.visible.parts).parameters << 0.2;
  std::get<3>(rbm.visible.parts).parameters << 0.2, -0.3, -0.4, 0.1;
  rbm.hidden.parameters << 0.1, -0.2, 0.3;
  return rbm;
}

std::vector<std::string> all_warnings(const History& history) {
  std::vector<std::string> all;
  for (const EpochReport& report : history.epochs)
    all.insert(all.end(), report.warnings.begin(), report.warnings.end());
  return all;
}

}  // namespace

TEST_CASE("standard_scaling takes each real row to mean 0 and variance 1", "[scaling]") {
  const Eigen::MatrixXd raw = raw_table(50);
  const Table rbm = table_model();
  const Scaling scaling = standard_scaling(rbm.visible, raw);
  for (const Index r : {0, 1, 3}) CHECK((scaling.shift(r) == 0 && scaling.scale(r) == 1));
  const Eigen::MatrixXd x = scaled<double>(scaling, raw);
  for (const Index r : {2, 4, 5}) {
    CHECK(std::abs(x.row(r).mean()) < 1e-9);
    CHECK(std::abs(x.row(r).array().square().mean() - 1) < 1e-9);
  }
  CHECK((unscaled(scaling, x) - raw).cwiseAbs().maxCoeff() < 1e-9);
  CHECK(standard_scaling(raw).scale.size() == 6);

  SECTION("by sample weights, and by known entries alone") {
    Eigen::MatrixXd few(1, 4);
    few << 1, 2, 4, 100;
    const Mask known = (Eigen::Array4d(1, 1, 1, 0) > 0).matrix().transpose();
    const Scaling s = standard_scaling(MissingData(few, known, {1, 1, 2, 5}));
    CHECK(std::abs(s.shift(0) - 2.75) < 1e-12);
    CHECK(std::abs(s.scale(0) - std::sqrt((1 + 4 + 32) / 4.0 - 2.75 * 2.75)) < 1e-12);
  }
  SECTION("sparse samples stay sparse, rows that do not vary are shifted only") {
    Eigen::SparseMatrix<float> words(3, 4);
    words.insert(0, 1) = 6;
    words.insert(2, 0) = 1;
    words.makeCompressed();
    const Scaling s = standard_scaling(words);
    CHECK(s.shift.isZero(0));
    CHECK(std::abs(s.scale(0) - std::sqrt(9 - 2.25)) < 1e-12);
    CHECK(s.scale(1) == 1);
    const Standardized seen(s, words);
    CHECK(seen.is_sparse());
    seen.for_each_entry(1, [&](Index r, double number) { CHECK((r == 0 && number == 6 / s.scale(0))); });
    const Scaling flat = standard_scaling(Eigen::MatrixXf(Eigen::MatrixXf::Constant(2, 3, 7)));
    CHECK((flat.shift.array() == 7).all());
    CHECK((flat.scale.array() == 1).all());
  }
}

TEST_CASE("any kind of samples is scaled batch by batch to the same numbers", "[scaling]") {
  const Eigen::MatrixXf raw = raw_table(9).cast<float>();
  const Scaling scaling = standard_scaling(raw);
  const Eigen::MatrixXf expected = scaled(scaling, raw);
  const std::vector<Index> columns = {8, 0, 3};
  const auto check_same = [&](const auto& data) {
    const Standardized seen(scaling, data);
    REQUIRE((seen.rows() == 6 && seen.size() == 9));
    Eigen::MatrixXf out(6, 3);
    seen.fill(Cpu<float>(), columns, View<float>(out));
    CHECK(out == expected(Eigen::all, columns));
  };
  Calls calls;
  check_same(raw);
  check_same(Dataset(raw, std::vector<int>(9, 1)));
  check_same(Eigen::SparseMatrix<float>(raw.sparseView()));
  check_same(Dataset(Eigen::SparseMatrix<float>(raw.sparseView())));
  check_same(MissingData(raw));
  check_same(RecordingSource<float>{raw, calls});
  check_same(RecordingSource<double>{raw.cast<double>(), calls});

  const Dataset labelled =
      Dataset(raw, {0, 1, 2, 0, 1, 2, 0, 1, 2}).with_targets(Eigen::MatrixXd(raw.cast<double>().topRows(2)));
  const Standardized seen(scaling, labelled);
  CHECK(seen.labels()[5] == 2);
  CHECK(seen.target_rows() == 2);
  Eigen::MatrixXf targets(2, 3);
  seen.fill_targets(Cpu<float>(), columns, View<float>(targets));
  CHECK(targets == raw(Eigen::seqN(0, 2), columns));  // targets have a scaling of their own

  Eigen::MatrixXf far(6, 1);
  far.setConstant(1e9f);
  const Standardized limited(scaling, far, 5);
  Eigen::MatrixXf out(6, 1);
  limited.fill(Cpu<float>(), std::vector<Index>{0}, View<float>(out));
  CHECK((out.array() == 5).all());
}

TEST_CASE("a scaled model's density is that of the raw data, with the Jacobian", "[scaling][exact]") {
  const Table rbm = table_model();
  const Eigen::MatrixXd raw = raw_table(20);
  const Scaling scaling = standard_scaling(rbm.visible, raw);
  const double log_z = exact_log_z(rbm);
  const Eigen::VectorXd logs = log_scales(rbm.visible, scaling);
  const Eigen::VectorXd here = log_likelihood(rbm, Standardized(scaling, raw), log_z).array() - logs.sum();

  // The oracle: the same distribution over raw numbers is an RBM whose parameters take the scaling in. With
  // x = (y - m) / s: precision g / s^2, bias (b + g m / s) / s, weights w / s, hidden biases c - w^T (m / s),
  // and the energy's constant g m^2 / (2 s^2) + b m / s.
  Table folded = rbm;
  double constant = 0;
  const auto fold = [&](auto& part, Index first) {
    for (Index i = 0; i < part.rows(); ++i) {
      const double m = scaling.shift(first + i), s = scaling.scale(first + i),
                   g = std::exp(part.parameters(i, 1)), b = part.parameters(i, 0);
      constant += g * m * m / (2 * s * s) + b * m / s;
      part.parameters(i, 0) = (b + g * m / s) / s;
      part.parameters(i, 1) -= 2 * std::log(s);
      folded.hidden.parameters.col(0) -= rbm.weights.row(first + i).transpose() * (m / s);
      folded.weights.row(first + i) /= s;
    }
  };
  fold(std::get<1>(folded.visible.parts), 2);
  fold(std::get<3>(folded.visible.parts), 4);
  CHECK(std::abs(exact_log_z(folded) - (log_z + constant + logs.sum())) < 1e-6);  // of terms of 10^7
  const Eigen::VectorXd expected = log_likelihood(folded, raw, exact_log_z(folded));
  CHECK((here - expected).cwiseAbs().maxCoeff() < 1e-6);
  CHECK(logs(0) == 0);  // a probability is not a density
  CHECK(logs(3) == 0);
  CHECK(std::abs(logs(2) - std::log(scaling.scale(2))) < 1e-15);
}

TEST_CASE("what a scaled model draws is in the data's own units", "[scaling]") {
  Rbm<Gaussian, Bernoulli> rbm{{.visible = 2, .hidden = 1, .weight_scale = 0}};
  rbm.visible.parameters.setZero();  // standard normal
  const Scaling scaling{Eigen::Vector2d(500, -3), Eigen::Vector2d(100, 0.01)};
  const Eigen::MatrixXf drawn = generate(rbm, {.samples = 4000, .steps = 2, .seed = 3});
  const Eigen::MatrixXd raw = unscaled(scaling, drawn);
  for (Index r = 0; r < 2; ++r) {
    const double mean = raw.row(r).mean(), spread = std::sqrt((raw.row(r).array() - mean).square().mean()),
                 s = scaling.scale(r);
    CHECK(std::abs(mean - scaling.shift(r)) < 5 * s / std::sqrt(4000.0));  // five standard errors
    CHECK(std::abs(spread - s) < 5 * s / std::sqrt(8000.0));
    for (Index c = 0; c < 5; ++c) CHECK(raw(r, c) == scaling.to_data(r, static_cast<double>(drawn(r, c))));
  }
}

TEST_CASE("a scaling is a part of its model's file", "[scaling][io][model_file]") {
  const TemporaryFolder folder;
  const std::string path = (folder / "scaled.safetensors").string(), again = (folder / "again").string();
  const Rbm<Gaussian, Bernoulli> rbm{{.visible = 2, .hidden = 3, .seed = 1}};
  const Scaling scaling{Eigen::Vector2d(500.000000001, -1.0 / 3), Eigen::Vector2d(1e300, 1e-300)};
  save(path, rbm, scaling);
  CHECK(load<Rbm<Gaussian, Bernoulli>>(path) == rbm);
  CHECK(load_scaling(path) == scaling);
  CHECK(load<Scaling>(path, {}, "scaling") == scaling);
  CHECK(std::holds_alternative<Rbm<Gaussian, Bernoulli>>(
      load_any<std::variant<Rbm<Bernoulli, Bernoulli>, Rbm<Gaussian, Bernoulli>>>(path)));
  save(again, load<Rbm<Gaussian, Bernoulli>>(path), load_scaling(path));
  CHECK(read_file(path) == read_file(again));

  save(path, rbm);  // without
  CHECK_THROWS_WITH(load_scaling(path), ContainsSubstring("it has no part 'scaling'"));
  for (const double bad : {0.0, -1.0}) {
    TensorFile file = file_of(rbm);
    Scaling wrong = scaling;
    wrong.scale(1) = bad;
    CHECK_THROWS_AS(add_scaling(file, wrong), DataError);
    add_part(file, "scaling", file_of(wrong));  // as a stranger would
    write_safetensors(path, file);
    CHECK_THROWS_WITH(load_scaling(path), ContainsSubstring("and a scale above 0"));
  }
  CHECK_THROWS_AS(Scaling(Eigen::Vector2d(0, 0), Eigen::VectorXd::Ones(3)), ShapeError);
  CHECK_THROWS_AS(scaled(scaling, Eigen::MatrixXf::Zero(3, 1)), ShapeError);
  CHECK_THROWS_AS(unscaled(scaling, Eigen::MatrixXf::Zero(1, 1)), ShapeError);
  CHECK_THROWS_AS(log_scales(Layer<Gaussian>(3), scaling), ShapeError);
  const Eigen::MatrixXf three = Eigen::MatrixXf::Zero(3, 1);
  CHECK_THROWS_AS(Standardized(scaling, three), ShapeError);
  CHECK_THROWS_AS(standard_scaling(Layer<Gaussian>(2), three), ShapeError);
  CHECK_THROWS_AS(standard_scaling(Eigen::MatrixXf(3, 0)), DataError);
}

TEST_CASE("training names real rows that are far from mean 0 and variance 1", "[scaling][warnings]") {
  const Eigen::MatrixXf raw = raw_table(60).cast<float>();
  using Model = Rbm<Row, Bernoulli>;
  const auto fit = [](const auto& data, auto rbm) {
    return all_warnings(ContrastiveDivergence{rbm, {.epochs = 2, .seed = 1}}.fit(data));
  };
  const Model fresh{{.visible = {2, 1, 1, 2}, .hidden = 2, .seed = 1}};
  const std::vector<std::string> warnings = fit(raw, fresh);
  REQUIRE(warnings.size() == 1);  // once, not in each epoch
  CHECK_THAT(warnings[0], ContainsSubstring("rows 2, 4 and 5 of the data are far from mean 0 and variance 1 "
                                            "(row 2: mean 5"));
  CHECK(fit(Standardized(standard_scaling(fresh.visible, raw), raw), fresh).empty());

  SECTION("sample weights and missing entries count") {
    Eigen::MatrixXf x = Eigen::MatrixXf::Random(2, 40);
    x(1, 3) = 1e4f;
    const Rbm<Gaussian, Bernoulli> two{{.visible = 2, .hidden = 2, .seed = 1}};
    CHECK_THAT(fit(x, two).at(0), ContainsSubstring("row 1 of the data is far"));
    std::vector<double> weights(40, 1.0);
    weights[3] = 0;
    CHECK(fit(Dataset(x).with_weights(weights), two).empty());
    Mask known = Mask::Constant(2, 40, true);
    known(1, 3) = false;
    CHECK(fit(MissingData(x, known), two).empty());
  }
  SECTION("numbers that are small, but not those that are rare") {
    const Rbm<Gaussian, Bernoulli> two{{.visible = 2, .hidden = 2, .seed = 1}};
    const Eigen::MatrixXf small = 0.02f * Eigen::MatrixXf::Random(2, 40);
    CHECK_THAT(fit(small, two).at(0), ContainsSubstring("rows 0 and 1 of the data"));
    Eigen::MatrixXf rare = Eigen::MatrixXf::Zero(2, 900);
    rare(0, 0) = rare(1, 17) = 1;
    CHECK(fit(rare, two).empty());
  }
  SECTION("for score matching and fine-tuning as well, and targets") {
    Rbm<Gaussian, Bernoulli> real{{.visible = 6, .hidden = 2, .seed = 1}};
    CHECK_THAT(
        all_warnings(ScoreMatching{real, {.epochs = 1, .optimizer = Sgd{.rate = 1e-30}}}.fit(raw)).at(0),
        ContainsSubstring("rows 2, 4 and 5 of the data"));
    Network<Stack<Gaussian, Bernoulli>, Cpu<float>, Gaussian> network{{.sizes = {6, 3}, .outputs = 1}};
    const Dataset pairs = Dataset(raw).with_targets(raw.row(2));
    const std::vector<std::string> words = all_warnings(FineTuning{network, {.epochs = 2}}.fit(pairs));
    REQUIRE(words.size() == 2);
    CHECK_THAT(words[0], ContainsSubstring("of the data are far"));
    CHECK_THAT(words[1], ContainsSubstring("row 0 of the targets is far from mean 0 and variance 1"));
    const Scaling inputs = standard_scaling(raw), outputs = standard_scaling(Eigen::MatrixXf(raw.row(2)));
    const Dataset scaled_pairs = Dataset(raw).with_targets(scaled<double>(outputs, raw.row(2)));
    CHECK(all_warnings(FineTuning{network, {.epochs = 2}}.fit(Standardized(inputs, scaled_pairs))).empty());
  }
}

TEST_CASE("a regression of far numbers is learned once they are scaled", "[scaling]") {
  Dice dice(3);
  Eigen::MatrixXf x(10, 400);
  for (Index i = 0; i < x.size(); ++i) x.data()[i] = 500 + 100 * static_cast<float>(dice.normal());
  const Eigen::MatrixXf y = (0.03f * (x.row(4).array() - 500)).matrix();
  const Dataset raw = Dataset(x).with_targets(y);
  const Scaling scaling = standard_scaling(raw);
  const auto spread_of_predictions = [&](const auto& data) {
    Network<Stack<Gaussian, Bernoulli>, Cpu<float>, Gaussian> network{
        {.sizes = {10, 20}, .outputs = 1, .seed = 1}};
    FineTuning{network, {.epochs = 30, .batch_size = 20, .seed = 1}}.fit(data);
    const Eigen::MatrixXf predicted = outputs(network, data);
    return std::sqrt((predicted.array() - predicted.mean()).square().mean());
  };
  CHECK(spread_of_predictions(Standardized(scaling, raw)) > 1);  // the targets' is 3
}

}  // namespace test::models_scaling
