// expect: (no viable conversion|conversion from .* to non-scalar type .* requested)
#include <harmonium/harmonium.hpp>

struct DeviceMemory {};

void wrong(Eigen::MatrixXf& host) {
  const harmonium::View<float, DeviceMemory> view = host;
  (void)view;
}
