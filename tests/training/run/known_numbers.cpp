// Numbers that are missing, and samples without weight, are not data: neither for the starting fit nor for
// metrics.
#include <harmonium/data/missing.hpp>
#include <harmonium/harmonium.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::WithinAbs;
using Catch::Matchers::WithinRel;

namespace test::training_run_known_numbers {

namespace {

const Cpu<double> on;

// Normal numbers with mean 3 and variance 4, a fraction of which are missing.
Eigen::MatrixXd with_holes(Index rows, Index cols, double missing) {
  Dice dice(7);
  Eigen::MatrixXd x(rows, cols);
  for (Index c = 0; c < cols; ++c)
    for (Index r = 0; r < rows; ++r) {
      const double number = 3 + 2 * dice.normal();
      x(r, c) = dice.uniform() < missing ? NAN : number;
    }
  return x;
}

// A source with different weights.
template <class Source>
struct Weighted {
  const Source& source;
  std::vector<double> own;
  Index rows() const { return source.rows(); }
  Index size() const { return source.size(); }
  std::span<const int> labels() const { return {}; }
  std::span<const double> weights() const { return own; }
  template <class B>
  void fill(const B& b, std::span<const Index> columns, ViewOf<B> out) const {
    source.fill(b, columns, out);
  }
};

}  // namespace

TEST_CASE("a fresh visible layer starts at the moments of what is known", "[cd][missing]") {
  for (const double missing : {0.0, 0.5, 0.9}) {
    INFO(100 * missing << " % missing");
    Rbm<Gaussian, Bernoulli, Cpu<double>> rbm{{.visible = 3, .hidden = 2}};
    ContrastiveDivergence{rbm, {.epochs = 0}, on}.fit(MissingData(with_holes(3, 20'000, missing)));
    for (Index r = 0; r < 3; ++r) {
      // Of at least 2000 numbers: four standard errors.
      CHECK_THAT(std::exp(-rbm.visible.parameters(r, 1)), WithinRel(4.0, 4 * std::sqrt(2 / 2000.0)));
      CHECK_THAT(rbm.visible.parameters(r, 0) * std::exp(-rbm.visible.parameters(r, 1)),
                 WithinAbs(3, 4 * 2 / std::sqrt(2000.0)));
    }
  }
}

TEST_CASE("the count behind a fitted start is that of the known numbers", "[cd][missing]") {
  // 10 of 1000 are known, all of them 1: half a sample is added to those ten.
  Eigen::MatrixXd x = Eigen::MatrixXd::Constant(2, 1000, NAN);
  x.row(0).setConstant(1);
  x.block(1, 0, 1, 10).setConstant(1);
  BernoulliBernoulli rbm{{.visible = 2, .hidden = 2}};
  ContrastiveDivergence{rbm, {.epochs = 0}, on}.fit(MissingData(x));
  CHECK_THAT(rbm.visible.parameters(0, 0), WithinAbs(std::log(1000.5 / 0.5), 1e-12));
  CHECK_THAT(rbm.visible.parameters(1, 0), WithinAbs(std::log(10.5 / 0.5), 1e-12));
}

TEMPLATE_TEST_CASE("columns of any spread start alike", "[cd]", Gaussian, Rectified) {
  // Spreads of 0.001, 1 and 1000, and a column that does not vary.
  const Eigen::Vector4d scale{0.001, 1, 1000, 0};
  Dice dice(5);
  Eigen::MatrixXd x(4, 5000);
  for (Index c = 0; c < x.cols(); ++c)
    for (Index r = 0; r < 4; ++r) x(r, c) = (r == 3 ? 5 : 0) + scale(r) * std::abs(4 + dice.normal());
  const auto starts = [&](double times) {
    Rbm<TestType, Bernoulli> rbm{{.visible = 4, .hidden = 2}};
    ContrastiveDivergence{rbm, {.epochs = 0}}.fit(Dataset(Eigen::MatrixXd(times * x)));
    // Means and variances without input
    Layer<TestType, Cpu<double>> layer(4);
    layer.parameters = rbm.visible.parameters.template cast<double>();
    const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(4, 1), ones = Eigen::MatrixXd::Ones(4, 1);
    Eigen::MatrixXd both(4, 2), means(4, 1), variances(4, 1);
    mean(on, layer, none, means);
    backpropagate(on, layer, View<const double>(none), View<const double>(ones), view_of(variances));
    both << means, variances.cwiseSqrt();
    return both;
  };
  for (const double times : {1e-3, 1.0, 1e3}) {
    INFO("times " << times);
    const Eigen::MatrixXd start = starts(times);
    for (Index r = 0; r < 3; ++r) {
      CHECK_THAT(start(r, 0), WithinRel(times * x.row(r).mean(), 1e-3));
      const double spread = std::sqrt((x.row(r).array() - x.row(r).mean()).square().mean());
      CHECK_THAT(start(r, 1), WithinRel(times * spread, 0.02));
    }
    CHECK_THAT(start(3, 0), WithinRel(times * 5, 1e-3));
    CHECK_THAT(start(3, 1),
               WithinRel(times * std::sqrt(1e-3), 0.02));  // a thousandth of the typical variance
  }
}

TEST_CASE("what stands in for a missing number is the weighted mean", "[data][missing]") {
  Eigen::MatrixXd x{{1, 4, NAN}, {2, 2, 2}};
  const MissingData data(x, Mask(x.array().isFinite()), {1, 2, 1});
  Eigen::MatrixXd out(2, 3);
  const std::vector<Index> all{0, 1, 2};
  data.fill(on, all, view_of(out));
  CHECK_THAT(out(0, 2), WithinAbs(3, 1e-14));
  using Catch::Matchers::Message;
  CHECK_THROWS_WITH(
      MissingData(x, Mask(Eigen::Matrix<bool, 2, 3>{{false, false, true}, {true, true, true}}), {1, 2, 1}),
      ContainsSubstring("marked as known"));
  CHECK_THROWS_MATCHES(
      MissingData(Eigen::MatrixXd{{NAN, 1}}, Mask(Eigen::Matrix<bool, 1, 2>{false, true}), {1, 0}), DataError,
      Message("MissingData: row 0 is not known in any sample of a weight above 0"));
}

TEST_CASE("reconstruction errors are those of known numbers", "[cd][missing]") {
  for (const double missing : {0.0, 0.5, 0.9}) {
    const MissingData data(with_holes(3, 900, missing));
    Rbm<Gaussian, Bernoulli, Cpu<double>> rbm{{.visible = 3, .hidden = 2}};
    const History history =
        ContrastiveDivergence{rbm, {.epochs = 1, .batch_size = 128, .optimizer = Sgd{.rate = 0.0}}, on}.fit(
            data);
    INFO(100 * missing << " % missing");
    // The model predicts the mean, so the error is the variance, of at least 270 numbers.
    CHECK_THAT(history.epochs[0].metric("reconstruction_error"), WithinRel(4.0, 4 * std::sqrt(2 / 270.0)));
  }
}

TEST_CASE("reconstruction errors are weighted like the samples", "[cd]") {
  const BernoulliBernoulli rbm = small_rbm<BernoulliBernoulli>(3);
  const Eigen::MatrixXd v = some_states(rbm, 3, 2);
  const Eigen::MatrixXd again = mean_visible(rbm, mean_hidden(rbm, v));
  const Eigen::RowVectorXd errors = (v - again).colwise().squaredNorm() / 4;
  const Dataset data(v);
  const Weighted<Dataset> weighted{data, {3, 0, 1}};
  BernoulliBernoulli trained = rbm;
  const History history =
      ContrastiveDivergence{trained, {.epochs = 1, .batch_size = 2, .optimizer = Sgd{.rate = 0.0}}, on}.fit(
          weighted);
  CHECK_THAT(history.epochs[0].metric("reconstruction_error"),
             WithinAbs((3 * errors(0) + errors(2)) / 4, 1e-12));
}

TEST_CASE("reconstruction errors are of samples drawn by the seed", "[cd]") {
  // In the order of classes: the first 1000 are all equal, and their error is far from that of all data.
  Eigen::MatrixXd v = Eigen::MatrixXd::Zero(4, 4000);
  v.rightCols(3000).topRows(2).setOnes();
  BernoulliBernoulli rbm{{.visible = 4, .hidden = 2}};
  const auto errors = [&](std::uint64_t seed) {
    BernoulliBernoulli trained = rbm;
    std::vector<double> all;
    ContrastiveDivergence{
        trained, {.epochs = 2, .optimizer = Sgd{.rate = 0.0}, .fit_visible_biases = false, .seed = seed}, on}
        .fit(v, [&](const EpochReport& report) { all.push_back(report.metric("reconstruction_error")); });
    return all;
  };
  rbm.visible.parameters.setConstant(-30);  // always 0: the error is the share of ones, 0.375
  const auto one = errors(1), other = errors(2);
  // The share of the samples with ones is 3/4 +- sqrt(3/16/1000); four standard errors, times 1/2.
  CHECK_THAT(one[0], WithinAbs(0.375, 0.5 * 4 * 0.0137));
  CHECK(one[0] == one[1]);    // drawn once per run
  CHECK(one[0] != other[0]);  // by its seed
}

TEST_CASE("a deep model's upper layers see draws of missing numbers, not their stand-ins",
          "[pre_training][missing]") {
  // Row 1 repeats row 0, and is missing in half of the samples: there its stand-in is 0.5.
  Eigen::MatrixXf v(2, 400);
  for (Index c = 0; c < 400; ++c) v.col(c).setConstant(c % 4 < 2 ? 1.0f : 0.0f);
  Eigen::MatrixXf holes = v;
  for (Index c = 0; c < 400; c += 2) holes(1, c) = NAN;
  Dbn<Stack<Bernoulli>> dbn{{2, 1, 1}};
  auto& rbm = std::get<0>(dbn.rbms[0]);
  rbm.weights.setConstant(20);
  rbm.visible.parameters.setConstant(-10);
  rbm.hidden.parameters.setConstant(-20);
  const MissingData data(holes);
  const EncodedSource<decltype(dbn), MissingData> codes(dbn, data, 1, false, 3);
  std::vector<Index> all(400);
  for (std::size_t i = 0; i < 400; ++i) all[i] = static_cast<Index>(i);
  Eigen::MatrixXf out(1, 400);
  codes.fill(Cpu<float>(), all, view_of(out));
  // With its stand-in the field would be -20 + 20 * (x + 0.5), a code of at most 1 - 5e-5 and at least 5e-5;
  // drawn, a copy of row 0 in the end, it is 1 - 2e-9 or 2e-9. A draw differs with probability 4.5e-5, so of
  // 200 samples and 20 draws each 0.2 are expected to have been elsewhere on the way.
  int between = 0;
  for (Index c = 0; c < 400; c += 2) between += out(0, c) > 1e-6f && out(0, c) < 1 - 1e-6f;
  CHECK(between <= 3);
}

TEST_CASE("what needs whole samples refuses missing numbers", "[missing][errors]") {
  const MissingData data(with_holes(3, 50, 0.2));
  CHECK_THROWS_WITH(principal_components(data, 1),
                    ContainsSubstring("principal_components: entries are missing in columns 0 to 49"));
  Dbn<Stack<Gaussian, Bernoulli>> dbn{{3, 2}};
  auto network = regressor(dbn, 1);
  CHECK_THROWS_WITH(outputs(network, data), ContainsSubstring("entries are missing"));
  const Rbm<Gaussian, Bernoulli> rbm{{.visible = 3, .hidden = 2}};
  CHECK_THROWS_WITH(base_rates(rbm, data), ContainsSubstring("base_rates: entries are missing"));
  // Without missing entries it behaves like any other source.
  CHECK(principal_components(MissingData(with_holes(3, 50, 0)), 1).mean.allFinite());
}

TEST_CASE("samples with labels pass on which numbers are known", "[missing]") {
  const MissingData data(with_holes(3, 50, 0.2));
  const LabelledSource<Cpu<double>, MissingData> labelled(data, 0);
  static_assert(SourceWithMissing<decltype(labelled), Cpu<double>>);
  static_assert(!SourceWithMissing<LabelledSource<Cpu<double>, Dataset>, Cpu<double>>);
  std::vector<Index> all(50);
  for (std::size_t i = 0; i < 50; ++i) all[i] = static_cast<Index>(i);
  Eigen::MatrixXd a(3, 50), b(3, 50);
  data.fill_known(on, all, view_of(a));
  labelled.fill_known(on, all, view_of(b));
  CHECK(a == b);
  CHECK_FALSE((a.array() == 1).all());
}

}  // namespace test::training_run_known_numbers
