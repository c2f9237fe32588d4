// expect: (cannot convert|no viable conversion)
#include <harmonium/cuda.hpp>

void wrong(const harmonium::Cuda<float>& on, Eigen::MatrixXf& host) { on.fill(host, 1); }
