// Sets of samples, schedules, optimizers.
#include <harmonium/backend/cpu.hpp>
#include <harmonium/core/permutation.hpp>
#include <harmonium/data/binarize.hpp>
#include <harmonium/data/missing.hpp>
#include <harmonium/data/split.hpp>
#include <harmonium/data/toy.hpp>
#include <harmonium/inference/annealing/log_weights.hpp>
#include <harmonium/optimizers/optimizer.hpp>

#include "refusals.hpp"

using namespace harmonium;
using namespace test;

namespace test::bad_input_data {

TEST_CASE("bad sets of samples are refused", "[bad_input][data]") {
  const Eigen::MatrixXd x = Eigen::MatrixXd::Constant(3, 4, 0.5);
  const auto with = [&](double number) {
    Eigen::MatrixXd changed = x;
    changed(1, 2) = number;
    return changed;
  };
  const Dataset set(x, {0, 1, 2, 1});
  const std::vector<Index> fourth{0, 4}, negative{-1};
  const MissingData::Mask known = MissingData::Mask::Constant(3, 4, true), small = known.leftCols(3);
  MissingData::Mask no_row = known;
  no_row.row(1).setConstant(false);
  check_refusals({
      refused<DataError>("too few labels", "Dataset: 3 labels for 4 samples",
                         [=] {
                           return Dataset(x, {0, 1, 2});
                         }),
      refused<DataError>("a negative label", "Dataset: label 2 is -1, expected 0 to 10\\^9",
                         [=] {
                           return Dataset(x, {0, 1, -1, 0});
                         }),
      refused<DataError>("a label beyond all classes", "Dataset: label 0 is 2000000000, expected 0 to 10\\^9",
                         [=] {
                           return Dataset(x, {2'000'000'000, 0, 0, 0});
                         }),
      refused<DataError>("labels of nothing", "Dataset: 1 labels for 0 samples",
                         [] { return Dataset(Eigen::MatrixXd(3, 0), {1}); }),
      refused<ValueError>("a scale that is not a number", "Dataset: scale is -?nan, expected a finite number",
                          [] { return Dataset(Dataset::Bytes(2, 2), {}, NAN); }),
      refused<DataError>("too few weights", "with_weights: 2 weights for 4 samples",
                         [=] {
                           return set.with_weights({1, 2});
                         }),
      refused<DataError>("a weight that is not a number",
                         "with_weights: weight 1 is nan, expected a finite .*",
                         [=] {
                           return set.with_weights({1, NAN, 1, 1});
                         }),
      refused<DataError>("an infinite weight", "with_weights: weight 3 is inf, expected a finite .*",
                         [=] {
                           return set.with_weights({1, 1, 1, INFINITY});
                         }),
      refused<DataError>("no weight above 0", "with_weights: all weights are zero",
                         [=] {
                           return set.with_weights({0, 0, 0, 0});
                         }),
      refused<DataError>("too few targets",
                         "with_targets: the targets are 2 x 3, expected a column of .* 4 samples",
                         [=] { return set.with_targets(Eigen::MatrixXd::Zero(2, 3)); }),
      refused<DataError>("targets of no numbers",
                         "with_targets: the targets are 0 x 4, expected a column of .*",
                         [=] { return set.with_targets(Eigen::MatrixXd(0, 4)); }),
      refused<DataError>("a target that is not a number",
                         "with_targets: the target in row 1 of column 2 is nan, expected a finite number",
                         [=] { return set.with_targets(with(NAN)); }),
      refused<ValueError>("a sample beyond the last", "subset: there is no sample 4, the set has 4",
                          [=] { return set.subset(fourth); }),
      refused<ValueError>("a sample before the first", "subset: there is no sample -1, the set has 4",
                          [=] { return set.subset(negative); }),
      refused<ValueError>("a split of more than all", "split: count is 5, expected 0 to 4",
                          [=] { return split(set, 5, 1); }),
      refused<ValueError>("a split of fewer than none", "split: count is -1, expected 0 to 4",
                          [=] { return split(set, -1, 1); }),
      refused<ValueError>("a threshold that is not a number", "binarize: threshold is nan, expected a number",
                          [=] { return binarize(set, NAN); }),
      refused<DataError>("bits of what is not a number",
                         "binarize: the data have nan in row 1 of column 2, expected a number",
                         [=] { return binarize(Dataset(with(NAN))); }),
      refused<DataError>("draws of what is not a probability",
                         "sample_binary: the data have 1.5 in row 1 of column 2, expected probabilities .*",
                         [=] { return sample_binary(Dataset(with(1.5)), 1); }),
      refused<DataError>("draws of what is not a number",
                         "sample_binary: the data have nan in row 1 of column 2, expected probabilities .*",
                         [=] { return sample_binary(Dataset(with(NAN)), 1); }),
      refused<ValueError>("patterns without pixels", "bars_and_stripes: side is 0, expected 1 to 12",
                          [] { return bars_and_stripes(0); }),
      refused<ValueError>("too many patterns", "bars_and_stripes: side is 40, expected 1 to 12",
                          [] { return bars_and_stripes(40); }),
      refused<ShapeError>("a mask of another shape", "MissingData: values are 3 x 4 and the mask is 3 x 3",
                          [=] { return MissingData(x, small); }),
      refused<DataError>("a row without known values", "MissingData: row 1 is not known in any sample",
                         [=] { return MissingData(x, no_row); }),
      refused<DataError>("NaN that is marked as known",
                         "MissingData: row 1 of column 2 is nan but marked as known",
                         [=] { return MissingData(with(NAN), known); }),
      refused<DataError>("an infinite number that is marked as known",
                         "MissingData: row 1 of column 2 is inf but marked as known",
                         [=] { return MissingData(with(INFINITY), known); }),
      refused<DataError>("weights of others", "MissingData: 1 weights for 4 samples",
                         [=] { return MissingData(x, known, {1}); }),
      refused<ValueError>("an order of fewer than none", "permutation: count is -3, expected at least 0",
                          [] { return permutation(-3, {}); }),
      refused<ValueError>("no threads", "Cpu: threads is 0, expected 1 to 1024",
                          [] { return Cpu<float>(0); }),
      refused<ValueError>("too many threads", "Cpu: threads is 100000, expected 1 to 1024",
                          [] { return Cpu<float>(100000); }),
  });
}

TEST_CASE("what binarize keeps from a set", "[data]") {
  const Dataset set = Dataset(Eigen::MatrixXd(Eigen::MatrixXd::Constant(2, 3, 0.7)), {0, 1, 2})
                          .with_weights({1, 2, 3})
                          .with_targets(Eigen::MatrixXd::Ones(1, 3));
  for (const Dataset& bits : {binarize(set), sample_binary(set, 1)}) {
    CHECK(bits.labels().size() == 3);
    CHECK(bits.weights()[2] == 3);
    CHECK(bits.targets() == set.targets());
  }
}

TEST_CASE("bad schedules and optimizers are refused", "[bad_input][optimizers]") {
  const auto optimizer = [](const AnyOptimizer& o) { return [o] { check_optimizer(o); }; };
  check_refusals({
      refused<ValueError>("a schedule by equal factors to 0",
                          "exponential: the schedule goes from 0.1 to 0, expected numbers above 0",
                          [] { return exponential(0.1, 0); }),
      refused<ValueError>("and from NaN", "exponential: the schedule goes from nan to 1, expected .*",
                          [] { return exponential(NAN, 1); }),
      refused<ValueError>("no warming up", "warm_up: share is 0, expected above 0 and at most 1",
                          [] { return warm_up(0, 0.1); }),
      refused<ValueError>("NaN of the run", "warm_up: share is nan, expected above 0 and at most 1",
                          [] { return warm_up(NAN, 0.1); }),
      refused<ValueError>("a schedule without a function", "Schedule: there is no function",
                          [] { return Schedule(std::function<double(double)>()); }),
      refused<ValueError>("a negative rate", "optimizer: rate is -1, expected a number of at least 0",
                          optimizer(Sgd{.rate = -1})),
      refused<ValueError>("an infinite rate", "optimizer: rate is inf, expected a number of at least 0",
                          optimizer(Momentum{.rate = INFINITY})),
      refused<ValueError>("a rate that is not a number",
                          "optimizer: rate is nan, expected a number of at least 0",
                          optimizer(Adam{.rate = NAN})),
      refused<ValueError>("a rate that ends below 0",
                          "optimizer: rate is -0.05 after 75 % of the run, expected a number of at least 0",
                          optimizer(Sgd{.rate = linear(0.1, -0.1)})),
      refused<ValueError>("a rate that becomes NaN",
                          "optimizer: rate is -?nan.* expected a number of at least 0",
                          optimizer(Sgd{.rate = linear(0.1, NAN)})),
      refused<ValueError>("a momentum of 1", "optimizer: momentum is 1, expected at least 0 and less than 1",
                          optimizer(Momentum{.momentum = 1})),
      refused<ValueError>(
          "a momentum that grows to 1",
          "optimizer: momentum is 1 after 100 % of the run, expected at least 0 and less than 1",
          optimizer(Nesterov{.momentum = linear(0.5, 1)})),
      refused<ValueError>("Adam without forgetting", "optimizer: beta1, beta2, epsilon are 0.9, 1, 1e-08, .*",
                          optimizer(Adam{.beta2 = 1})),
      refused<ValueError>("Adam that divides by 0", "optimizer: beta1, beta2, epsilon are 0.9, 0.999, 0, .*",
                          optimizer(Adam{.epsilon = 0})),
  });
}

TEST_CASE("estimates from no log weights say so", "[bad_input][annealing]") {
  const Eigen::VectorXd none, bad = Eigen::VectorXd::Constant(3, NAN);
  CHECK(log_mean_exp(none) == -INFINITY);
  CHECK(std::isnan(log_mean_exp(bad)));
  CHECK(effective_sample_size(none) == 0);
  CHECK(effective_sample_size(bad) == 0);
}

}  // namespace test::bad_input_data
