// expect: (could not convert|no matching|no known conversion)
#include <harmonium/inference/layers.hpp>
#include <harmonium/units/bernoulli.hpp>

using RowMajor = Eigen::Matrix<float, Eigen::Dynamic, Eigen::Dynamic, Eigen::RowMajor>;

void wrong(const harmonium::Rbm<harmonium::Bernoulli, harmonium::Bernoulli>& rbm, const RowMajor& v) {
  harmonium::mean_hidden(rbm, v);
}
