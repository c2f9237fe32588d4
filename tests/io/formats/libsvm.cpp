#include <harmonium/io/formats/libsvm.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using test::TemporaryFolder;

namespace test::io_formats_libsvm {

namespace {

LibsvmFile read(const std::string& text, const LibsvmOptions& options = {}) {
  const TemporaryFolder folder;
  test::put(folder / "words.svm", text);
  return read_libsvm(folder / "words.svm", options);
}

}  // namespace

TEST_CASE("a line of a LIBSVM file is a column", "[io][libsvm]") {
  const LibsvmFile file = read(
      "# words of five letters\n"
      "+1 1:1 3:2.5e-1\t7:1 # a comment\r\n"
      "\n"
      "-1\n"
      "  0.5 2:-3 4:0 ");
  Eigen::MatrixXf expected = Eigen::MatrixXf::Zero(7, 3);
  expected(0, 0) = expected(6, 0) = 1;
  expected(2, 0) = 0.25f;
  expected(1, 2) = -3;
  CHECK(Eigen::MatrixXf(file.samples) == expected);
  CHECK(file.samples.nonZeros() == 4);  // a zero that is written is still a zero
  CHECK(file.labels == std::vector<double>{1, -1, 0.5});
  CHECK(file.queries.empty());
}

TEST_CASE("indices may count from 0, and samples may have more numbers than are named", "[io][libsvm]") {
  const LibsvmFile file = read("3 qid:7 0:1\n4 qid:7 2:1\n1 qid:9\n", {.base = 0, .rows = 5});
  CHECK(file.samples.rows() == 5);
  CHECK(file.samples.coeff(0, 0) == 1);
  CHECK(file.samples.coeff(2, 1) == 1);
  CHECK(file.queries == std::vector<std::int64_t>{7, 7, 9});
}

TEST_CASE("labels become classes in the order of their numbers", "[io][libsvm]") {
  const Dataset data = classes_of(read("1 1:1\n-1 2:1\n1 3:1\n"));
  CHECK(data.is_sparse());
  CHECK(std::vector<int>(data.labels().begin(), data.labels().end()) == std::vector<int>{1, 0, 1});
  std::string many;
  for (int i = 0; i < 1001; ++i) many += std::to_string(i) + ".5 1:1\n";
  CHECK_THROWS_AS(classes_of(read(many)), DataError);
}

TEST_CASE("a LIBSVM file read, written and read again is the same, compressed or not", "[io][libsvm]") {
  const TemporaryFolder folder;
  Eigen::SparseMatrix<float> x(30, 2000);
  for (Index c = 0; c < 2000; ++c)
    for (Index r = c % 7; r < 30; r += 7) x.insert(r, c) = static_cast<float>(r - 10) / 3.0f + 1e-5f;
  std::vector<double> labels(2000);
  for (std::size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<double>(i % 3) - 0.5;
  for (const char* name : {"a.svm", "a.svm.gz"})
    for (const Index base : {0, 1}) {
      write_libsvm(folder / name, x, labels, {.base = base});
      const LibsvmFile file = read_libsvm(folder / name, {.base = base, .rows = 30});
      CHECK((file.samples - x).norm() == 0);
      CHECK(file.labels == labels);
    }
  CHECK(std::filesystem::file_size(folder / "a.svm.gz") < std::filesystem::file_size(folder / "a.svm") / 3);
  write_libsvm(folder / "b.svm", Eigen::SparseMatrix<double>(3, 2));
  CHECK(test::get(folder / "b.svm") == "0\n0\n");
  CHECK_THROWS_AS(write_libsvm(folder / "c.svm", x, std::vector<double>(3)), ShapeError);
  CHECK_THROWS_AS(write_libsvm(folder / "c.svm", x, {}, {.base = 2}), ValueError);
  x.coeffRef(0, 0) = std::nanf("");
  CHECK_THROWS_AS(write_libsvm(folder / "c.svm", x), DataError);
  CHECK(!std::filesystem::exists(folder / "c.svm"));
}

TEST_CASE("LIBSVM text is told from other text", "[io][libsvm]") {
  CHECK(looks_like_libsvm("1 3:1 10:1\n0\n1 2:0.5 # x\n"));
  CHECK(looks_like_libsvm("-1 qid:3 3:1\n1 qi"));  // the last line may be cut
  CHECK(!looks_like_libsvm("a,b\n1,2\n"));
  CHECK(!looks_like_libsvm("time\n12:30\n"));
  CHECK(!looks_like_libsvm("1\n2\n3\n"));
  CHECK(!looks_like_libsvm("1 2 3:4\n"));
  CHECK(!looks_like_libsvm(""));
}

TEST_CASE("long lines and long files are read whole", "[io][libsvm]") {
  std::string text;
  for (int line = 0; line < 3; ++line) {
    text += "1";
    for (int i = 1; i <= 40000; ++i) text += ' ' + std::to_string(i) + ":1";
    text += line < 2 ? "\r\n" : "";
  }
  const LibsvmFile file = read(text);
  CHECK(file.samples.nonZeros() == 120000);
  CHECK(file.samples.rows() == 40000);
}

}  // namespace test::io_formats_libsvm
