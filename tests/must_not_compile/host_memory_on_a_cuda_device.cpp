// expect: (no matching member function for call|no matching function for call)
#include <harmonium/cuda.hpp>

void wrong(const harmonium::Cuda<float>& on, Eigen::MatrixXf& host) { on.fill(host, 1); }
