// The errors without a device, linked with the real CUDA libraries.
#include <cstdio>
#include <harmonium/cuda.hpp>
#include <harmonium/models/rbm.hpp>
#include <string>

using namespace harmonium;

namespace {

// Does the call throw NoCudaDevice or CudaDriverError, with advice?
template <class F>
bool says_so(const char* what, F call) {
  try {
    call();
  } catch (const CudaError& error) {
    std::printf("%s: %s\n", what, error.what());
    const std::string text = error.what();
    return text.find("Cpu") != std::string::npos || text.find("driver") != std::string::npos;
  }
  std::printf("%s: nothing was thrown\n", what);
  return false;
}

}  // namespace

int main() {
  if (cuda_device_count() > 0) {
    std::printf("SKIPPED: there is a device, %s\n", cuda_device_name().c_str());
    return 0;
  }
  bool good = says_so("a backend", [] { Cuda<float>(); });
  good = says_so("a matrix", [] { CudaMatrix<double>(2, 3); }) && good;
  good = says_so("its name", [] { cuda_device_name(); }) && good;
  good = says_so("another device", [] { use_cuda_device(1); }) && good;
  good =
      says_so("a model", [] { Rbm<Bernoulli, Bernoulli, Cuda<float>> rbm{{.visible = 4, .hidden = 3}}; }) &&
      good;
  const CudaMatrix<float> none;  // needs no device
  return good && none.rows() == 0 ? 0 : 1;
}
