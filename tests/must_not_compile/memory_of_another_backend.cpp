// expect: (no viable conversion|conversion from .* to non-scalar type .* requested)
#include <harmonium/core/view.hpp>

struct DeviceMemory {};

void wrong(Eigen::MatrixXf& host) {
  const harmonium::View<float, DeviceMemory> view = host;
  (void)view;
}
