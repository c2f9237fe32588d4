// Hidden layers of sparse samples, multiplied number by number where that is faster.
#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/inference/reconstruction.hpp>
#include <harmonium/models/standardized.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;

namespace test::inference_sparse_products {

namespace {
Eigen::SparseMatrix<float> random_samples(Index rows, Index samples, double share) {
  Dice dice(5);
  Eigen::SparseMatrix<float> x(rows, samples);
  for (Index c = 0; c < samples; ++c)
    for (Index r = 0; r < rows; ++r)
      if (dice.uniform() < share) x.insert(r, c) = static_cast<float>(dice.normal());
  x.makeCompressed();
  return x;
}
}  // namespace

TEST_CASE("products of sparse samples are those of dense ones, with any number of threads",
          "[inference][sparse]") {
  const Rbm<Gaussian, Bernoulli> rbm{{.visible = 300, .hidden = 7, .seed = 1, .weight_scale = 1}};
  for (const double share : {0.01, 0.5}) {
    const Eigen::SparseMatrix<float> x = random_samples(300, 600, share);
    CHECK(detail::sparse_pays(SparseSource(x)) == (share < 0.1));
    const Eigen::MatrixXf dense = mean_hidden(rbm, Eigen::MatrixXf(x)), sparse = mean_hidden(rbm, x);
    CHECK((sparse - dense).cwiseAbs().maxCoeff() < 1e-6f);  // in sums of 3 or 150 terms of size 1
    CHECK(mean_hidden(rbm, x, Cpu<float>(3)) == sparse);
    CHECK(mean_hidden(rbm, Dataset(x)) == sparse);
    CHECK(encode(rbm, x) == sparse);
    const Scaling twice{Eigen::VectorXd::Zero(300), Eigen::VectorXd::Constant(300, 0.5)};
    const Eigen::MatrixXf scaled_ones = mean_hidden(rbm, Standardized(twice, x));
    CHECK((scaled_ones - mean_hidden(rbm, Eigen::MatrixXf(2 * x))).cwiseAbs().maxCoeff() < 1e-6f);
  }
  const Eigen::SparseMatrix<float> few = random_samples(300, 20, 0.01);
  CHECK(!detail::sparse_pays(SparseSource(few)));  // not worth transposing weights
  STATIC_REQUIRE(!detail::EntrySource<MatrixSource<float>>);
}

TEST_CASE("sparse samples are checked as dense ones are", "[inference][sparse]") {
  const Rbm<Gaussian, Bernoulli> rbm{{.visible = 300, .hidden = 7, .seed = 1}};
  Eigen::SparseMatrix<float> x = random_samples(300, 600, 0.01);
  CHECK_THROWS_AS(mean_hidden(rbm, random_samples(299, 600, 0.01)), ShapeError);
  x.coeffRef(17, 140) = std::numeric_limits<float>::infinity();
  CHECK_THROWS_WITH(
      mean_hidden(rbm, x),
      ContainsSubstring("mean_hidden: the data have inf in row 17 of column 140, expected a finite number"));
}

}  // namespace test::inference_sparse_products
