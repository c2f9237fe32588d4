// Confusion and calibration, by hand.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/networks/calibration.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;

namespace test::inference_networks_calibration {

namespace {

// Two classes, the first with these probabilities.
Eigen::MatrixXd of_two(const std::vector<double>& first) {
  Eigen::MatrixXd p(2, static_cast<Index>(first.size()));
  for (Index c = 0; c < p.cols(); ++c) {
    p(0, c) = first[static_cast<std::size_t>(c)];
    p(1, c) = 1 - p(0, c);
  }
  return p;
}

}  // namespace

TEST_CASE("a confusion matrix counts labels by rows and predictions by columns", "[network][confusion]") {
  const std::vector<int> labels{0, 0, 1, 2, 2, 2}, predicted{0, 1, 1, 0, 2, 0};
  CHECK(confusion_matrix(labels, predicted, 3) == Eigen::MatrixXd{{1, 1, 0}, {0, 1, 0}, {2, 0, 1}});
  const std::vector<double> weights{1, 2, 4, 8, 16, 0.5};
  CHECK(confusion_matrix(labels, predicted, 3, weights) ==
        Eigen::MatrixXd{{1, 2, 0}, {0, 4, 0}, {8.5, 0, 16}});
  CHECK(confusion_matrix(std::vector<int>{}, std::vector<int>{}, 2) == Eigen::MatrixXd::Zero(2, 2));
}

TEST_CASE("a calibration compares confidence with accuracy, bin by bin", "[network][calibration]") {
  // Four bins of width 1/4. Confidences 0.7 (wrong), 0.6 (right), 0.75 (right) and 0.9 (right), 1 (wrong):
  // the edge 0.75 belongs to the bin below it.
  const Calibration result =
      calibration(of_two({0.7, 0.4, 0.75, 0.9, 0}), std::vector<int>{1, 1, 0, 0, 0}, 4);
  REQUIRE(result.bins.size() == 4);
  CHECK((result.bins[0].share == 0 && result.bins[1].share == 0));
  CHECK((result.bins[0].confidence == 0 && result.bins[0].accuracy == 0));
  CHECK_THAT(result.bins[2].share, WithinAbs(0.6, 1e-15));
  CHECK_THAT(result.bins[2].confidence, WithinAbs((0.7 + 0.6 + 0.75) / 3, 1e-15));
  CHECK_THAT(result.bins[2].accuracy, WithinAbs(2.0 / 3, 1e-15));
  CHECK_THAT(result.bins[3].confidence, WithinAbs(0.95, 1e-15));
  CHECK_THAT(result.bins[3].accuracy, WithinAbs(0.5, 1e-15));
  CHECK_THAT(result.error, WithinAbs(0.6 * std::abs(2.0 / 3 - 2.05 / 3) + 0.4 * 0.45, 1e-15));
}

TEST_CASE("a calibrated classifier has no calibration error, an overconfident one has one",
          "[network][calibration]") {
  // Confidence 0.75 with 3 of 4 right; then confidence 0.99 with the same.
  const std::vector<int> labels{0, 0, 0, 1};
  CHECK_THAT(calibration(of_two({0.75, 0.75, 0.75, 0.75}), labels).error, WithinAbs(0, 1e-15));
  CHECK_THAT(calibration(of_two({0.99, 0.99, 0.99, 0.99}), labels).error, WithinAbs(0.24, 1e-15));
  const std::vector<double> weights{1, 1, 1, 297};  // nearly always wrong
  CHECK_THAT(calibration(of_two({0.99, 0.99, 0.99, 0.99}), labels, 10, weights).error,
             WithinAbs(0.98, 1e-12));
}

TEST_CASE("a classifier's confusion and calibration are those of its predictions", "[network][calibration]") {
  Network<Stack<Bernoulli>> network{{.sizes = {4, 5}, .classes = 3, .seed = 1}};
  randomise(network, 2);
  Dice dice(3);
  const Eigen::MatrixXf x =
      Eigen::MatrixXf::NullaryExpr(4, 700, [&] { return static_cast<float>(dice.uniform()); });
  std::vector<int> labels;
  std::vector<double> weights;
  for (int i = 0; i < 700; ++i) {
    labels.push_back(static_cast<int>(dice.below(3)));
    weights.push_back(dice.uniform());
  }
  const Dataset data = Dataset(x, labels).with_weights(weights);
  const Eigen::MatrixXd confusion = confusion_matrix(network, data);
  CHECK(confusion == confusion_matrix(labels, predict(network, x), 3, weights));
  CHECK_THAT(1 - confusion.trace() / confusion.sum(), WithinAbs(evaluate(network, data).error, 1e-12));
  CHECK(calibration(network, data, 20).error ==
        calibration(predict_proba(network, x), labels, 20, weights).error);
}

TEST_CASE("labels that fit no prediction are refused", "[network][calibration][errors]") {
  const std::vector<int> labels{0, 1}, wrong{0, 2}, few{0};
  CHECK_THROWS_MATCHES(confusion_matrix(labels, few, 2), DataError,
                       Message("confusion_matrix: there are 1 predictions for 2 samples"));
  CHECK_THROWS_MATCHES(confusion_matrix(wrong, labels, 2), DataError,
                       Message("confusion_matrix: number 1 of the labels is 2, expected 0 to 1"));
  CHECK_THROWS_AS(confusion_matrix(labels, wrong, 2), DataError);
  CHECK_THROWS_AS(confusion_matrix(labels, labels, 2, std::vector<double>{1}), DataError);
  const Eigen::MatrixXd p = of_two({0.5, 0.5});
  CHECK_THROWS_MATCHES(calibration(p, few), DataError,
                       Message("calibration: there are 1 labels for 2 samples"));
  CHECK_THROWS_MATCHES(calibration(p, wrong), DataError,
                       Message("calibration: number 1 of the labels is 2, expected 0 to 1"));
  CHECK_THROWS_MATCHES(calibration(p, labels, 0), ValueError,
                       Message("calibration: bins is 0, expected at least 1"));
  CHECK_THROWS_MATCHES(calibration(of_two({}), std::vector<int>{}), DataError,
                       Message("calibration: there are no samples"));
  CHECK_THROWS_MATCHES(calibration(of_two({0.5, std::nan("")}), labels), DataError,
                       Message("calibration: the largest probability of sample 1 is nan, expected 0 to 1"));
  const Network<Stack<Bernoulli>> network{{.sizes = {4, 3}}};
  CHECK_THROWS_MATCHES(confusion_matrix(network, Dataset(Eigen::MatrixXf(Eigen::MatrixXf::Zero(4, 3)))),
                       DataError, Message("confusion_matrix: there are 0 labels for 3 samples"));
}

}  // namespace test::inference_networks_calibration
