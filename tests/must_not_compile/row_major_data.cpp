// expect: (could not convert|no matching|no known conversion)
#include <harmonium/harmonium.hpp>

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void wrong(const harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli>& rbm, const RowMajor& v) {
  harmonium::mean_hidden(rbm, v);
}
