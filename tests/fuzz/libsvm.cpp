// LIBSVM's files: what is read is written, and read again as the same.
#include <harmonium/io/formats/libsvm.hpp>

#include "target.hpp"

namespace fuzz::libsvm {
namespace {

using namespace harmonium;

void check_same(const Eigen::SparseMatrix<float>& a, const Eigen::SparseMatrix<float>& b) {
  require(a.cols() == b.cols() && a.nonZeros() == b.nonZeros(), "written and read again it has another size");
  const auto count = a.nonZeros();
  require(std::equal(a.valuePtr(), a.valuePtr() + count, b.valuePtr()) &&
              std::equal(a.innerIndexPtr(), a.innerIndexPtr() + count, b.innerIndexPtr()) &&
              std::equal(a.outerIndexPtr(), a.outerIndexPtr() + a.cols() + 1, b.outerIndexPtr()),
          "written and read again it has other numbers");
}

void attack_base(Bytes input, Index base) {
  const LibsvmFile file = read_libsvm(file_with(input), {.base = base, .limits = limits});
  const Eigen::SparseMatrix<float>& samples = file.samples;
  require(samples.cols() > 0 && static_cast<Index>(file.labels.size()) == samples.cols(),
          "it has another number of labels than of samples");
  require(file.queries.empty() || file.queries.size() == file.labels.size(), "some samples have no query");
  for (Index i = 0; i < samples.nonZeros(); ++i)
    require(std::isfinite(samples.valuePtr()[i]) && samples.valuePtr()[i] != 0 &&
                samples.innerIndexPtr()[i] >= 0 && samples.innerIndexPtr()[i] < samples.rows(),
            "a number is none, or out of place");
  for (const char* name : {"/written.svm", "/written.svm.gz"}) {
    write_libsvm(folder() + name, samples, file.labels, {.base = base});
    const LibsvmFile again = read_libsvm(folder() + name, {.base = base, .rows = samples.rows()});
    check_same(again.samples, samples);
    require(again.labels == file.labels && (samples.rows() == 0 || again.samples.rows() == samples.rows()),
            "written and read again it has other labels or rows");
  }
  require(classes_of(file).size() == samples.cols(), "it has other classes");
}

void attack(Bytes input) {
  static_cast<void>(
      looks_like_libsvm(std::string_view(reinterpret_cast<const char*>(input.data()), input.size())));
  for (const Index base : {0, 1}) try {
      attack_base(input, base);
    } catch (const Error&) {
    }
}

std::vector<std::string> seeds() {
  return {"1 1:0.5 3:1\n-1 2:1e-3 # no\n", "0 qid:1 0:1\r\n1 qid:2 5:2.5 7:-1\r\n", "3\n2.5 2147483646:1\n"};
}

const Registered target({"libsvm",
                         attack,
                         seeds,
                         {":", " qid:", "#", "\n", "\r\n", "2147483647", "4294967297", "-1", "1e999", "nan",
                          "inf", "1e-60", "0:0", "\xEF\xBB\xBF"}});

}  // namespace
}  // namespace fuzz::libsvm
