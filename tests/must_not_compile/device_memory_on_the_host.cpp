// expect: (no match for call|no matching function for call)
#include <harmonium/core/view.hpp>

struct DeviceMemory {};

int main() {
  const harmonium::View<float, DeviceMemory> view(nullptr, 3, 5, 3);
  return view(0, 0) > 0;
}
