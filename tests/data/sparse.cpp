// Sparse samples: as a data set, and as Eigen's matrices themselves.
#include <harmonium/backend/cpu.hpp>
#include <harmonium/data/binarize.hpp>
#include <harmonium/data/samples.hpp>
#include <harmonium/data/split.hpp>
#include <harmonium/models/rbm.hpp>
#include <harmonium/training/run/first_pass.hpp>

#include "support/catch.hpp"
#include "support/device.hpp"

using namespace harmonium;

namespace test::data_sparse {

namespace {

using Sparse = Eigen::SparseMatrix<float>;

// 6 numbers, 5 samples; the third is all zeros.
Sparse small() {
  Sparse x(6, 5);
  x.insert(1, 0) = 2;
  x.insert(4, 0) = -1;
  x.insert(0, 1) = 0.5f;
  x.insert(5, 3) = 1;
  x.insert(2, 4) = 3;
  return x;  // not compressed
}

Eigen::MatrixXf dense(const auto& x) { return Eigen::MatrixXf(x.template cast<float>()); }

// Samples 4, 0, 4 of a source.
template <class B = Cpu<float>>
auto filled(const auto& source) {
  const std::vector<Index> columns = {4, 0, 4};
  HostMatrix<ScalarOf<B>> out = HostMatrix<ScalarOf<B>>::Constant(source.rows(), 3, 77);
  source.fill(B{}, std::span<const Index>(columns), View<ScalarOf<B>>(out));
  return out;
}
Eigen::MatrixXf chosen(const Eigen::MatrixXf& x) {
  Eigen::MatrixXf out(x.rows(), 3);
  out << x.col(4), x.col(0), x.col(4);
  return out;
}

}  // namespace

TEST_CASE("a batch of sparse samples is dense", "[data][sparse]") {
  const Sparse x = small();
  const Eigen::MatrixXf expected = chosen(dense(x));
  CHECK(filled(SparseSource(x)) == expected);
  CHECK(filled<Cpu<double>>(SparseSource(x)) == expected.cast<double>());
  CHECK(filled(Dataset(x)) == expected);
  Eigen::SparseMatrix<double, 0, std::ptrdiff_t> large = x.cast<double>();
  large.makeCompressed();
  CHECK(filled(SparseSource(large)) == expected);
  const Eigen::Map<const Eigen::SparseMatrix<double, 0, std::ptrdiff_t>> map(
      6, 5, large.nonZeros(), large.outerIndexPtr(), large.innerIndexPtr(), large.valuePtr());
  CHECK(filled(SparseSource(map)) == expected);
}

TEST_CASE("a batch for a device is put together on the host", "[data][sparse]") {
  const Dataset data(small());
  const std::vector<Index> columns = {4, 0, 4};
  DeviceMatrix<double> out(6, 3);
  data.fill(Device{}, std::span<const Index>(columns), view_of(out));
  Eigen::MatrixXd host(6, 3);
  Device{}.download(view_of(out), View<double>(host));
  CHECK(host == chosen(dense(small())).cast<double>());
}

TEST_CASE("which sparse matrices are samples", "[data][sparse]") {
  using RowMajor = Eigen::SparseMatrix<float, Eigen::RowMajor>;
  CHECK((SamplesFor<Sparse, Cpu<float>>));
  CHECK((SamplesFor<Eigen::SparseMatrix<double>, Cpu<float>>));
  CHECK((SamplesFor<Sparse, Device>));
  CHECK((!SamplesFor<RowMajor, Cpu<float>>));
  CHECK((!SamplesFor<Eigen::MatrixXd, Cpu<float>>));
  CHECK((!SamplesFor<Eigen::MatrixXf, Device>));
}

TEST_CASE("a data set takes any sparse matrix, and keeps it sparse", "[data][sparse]") {
  const Eigen::SparseMatrix<double, Eigen::RowMajor> rows = small().cast<double>();
  const Dataset data(rows, {0, 1, 2, 1, 0});
  CHECK(data.is_sparse());
  CHECK((data.rows() == 6 && data.size() == 5 && data.classes() == 3));
  CHECK(data.value(4, 0) == -1);
  CHECK(data.value(3, 0) == 0);
  CHECK(data.to_matrix<float>() == dense(small()));
  const std::vector<Index> columns = {4, 2, 0, 4};
  const Dataset part = data.with_weights({1, 2, 3, 4, 5}).subset(columns);
  CHECK(part.is_sparse());
  CHECK(part.to_matrix<float>().col(0) == dense(small()).col(4));
  CHECK(part.to_matrix<float>().col(1).isZero(0));
  CHECK(part.to_matrix<float>().col(2) == dense(small()).col(0));
  CHECK((part.labels()[2] == 0 && part.weights()[1] == 3));
  const auto [two, rest] = split(data, 2, 1);
  CHECK((two.is_sparse() && two.size() == 2 && rest.size() == 3));
  CHECK(Dataset(Sparse(6, 0)).size() == 0);
  CHECK_THROWS_AS(Dataset(small(), {0, 1}), DataError);
}

TEST_CASE("the numbers of a sparse matrix stay where they are when they change hands", "[data][sparse]") {
  Eigen::SparseMatrix<float> words(3, 2);
  words.insert(1, 0) = 2;
  words.insert(2, 1) = 3;
  words.makeCompressed();
  const float* const numbers = words.valuePtr();
  const auto has_them = [&](const Dataset& data) {
    return data.visit_values([&]<class M>(const M& values) {
      if constexpr (std::same_as<M, Dataset::Sparse>) {
        return values.valuePtr() == numbers && values.nonZeros() == 2;
      } else {
        return false;
      }
    });
  };
  Dataset first(detail::taken(words), {0, 1});
  CHECK((words.nonZeros() == 0 && has_them(first)));
  Dataset second(std::move(first)), third;
  CHECK(has_them(second));
  third = std::move(second);
  CHECK((has_them(third) && third.labels().size() == 2 && third.value(2, 1) == 3));
  const Dataset copy = third;
  CHECK((!has_them(copy) && copy.value(2, 1) == 3 && has_them(third)));
}

TEST_CASE("binary samples of sparse ones are sparse, unless zeros become ones", "[data][sparse]") {
  const Dataset data(small());
  const Dataset bits = binarize(data, 0.5);
  CHECK(bits.is_sparse());
  CHECK(bits.to_matrix<float>() == (dense(small()).array() > 0.5f).cast<float>().matrix());
  const Dataset most = binarize(data, -0.5);
  CHECK(!most.is_sparse());
  CHECK(most.to_matrix<float>() == (dense(small()).array() > -0.5f).cast<float>().matrix());
  CHECK_THROWS_AS(sample_binary(data, 1), DataError);  // 2 is not a probability
  CHECK(sample_binary(bits, 1).to_matrix<float>() == bits.to_matrix<float>());
}

TEST_CASE("means and variances of sparse samples are those of dense ones", "[data][sparse]") {
  const Cpu<float> on;
  Eigen::MatrixXf block(6, 2);
  const auto moments = [&](const auto& source) {
    return detail::moments_of_source(on, source, View<float>(block));
  };
  const std::vector<double> weights = {1, 0, 2, 0.5, 3};
  for (const bool weighted : {false, true}) {
    Dataset sparse(small()), whole(dense(small()));
    if (weighted) {
      sparse = sparse.with_weights(weights);
      whole = whole.with_weights(weights);
    }
    const auto a = moments(sparse), b = moments(whole);
    CHECK(a.count().isApprox(b.count()));
    CHECK((a.mean() - b.mean()).norm() < 1e-12);
    CHECK((a.variance() - b.variance()).norm() < 1e-12);
  }
  const Sparse x = small();
  CHECK(moments(SparseSource(x)).mean().isApprox(moments(Dataset(x)).mean()));
}

}  // namespace test::data_sparse
