// Where to compute: on the processors, or on a CUDA device if the program was built with CUDA.
#pragma once

#if defined(HARMONIUM_CUDA)
#include <harmonium/cuda.hpp>
#endif

#include <cstdio>

#include "run.hpp"

namespace mnist {

inline bool by_cuda([[maybe_unused]] const Settings& settings) {
#if defined(HARMONIUM_CUDA)
  return settings.backend == "cuda" || (settings.backend == "auto" && cuda_device_count() > 0);
#else
  return false;
#endif
}

// \throws an error that says what is missing
inline void check_backend(const Settings& settings) {
#if defined(HARMONIUM_CUDA)
  if (by_cuda(settings)) {
    static_cast<void>(Cuda<float>());  // throws now if there is no device
    return;
  }
#else
  check<ValueError>(settings.backend != "cuda",
                    "the program was built without CUDA: configure with -D HARMONIUM_CUDA=ON, as the preset "
                    "cuda does, or use --backend cpu");
#endif
  check<ValueError>(settings.products != "tf32",
                    "--products tf32 needs a CUDA device: use exact or bf16 on processors");
  if (settings.products == "bf16" && cpu(settings).precision() == Precision::full)
    std::printf("%s\n", why_not_mixed());
}

// learn(run, mnist, train_set, on), where train_set is mnist.train in the memory of backend `on`.
template <class Learn>
Json run_on_backend(const Settings& settings, const Mnist& mnist, const Learn& learn) {
#if defined(HARMONIUM_CUDA)
  if (by_cuda(settings)) {
    const Cuda<float> on({.products = settings.products == "tf32"   ? CudaProducts::tf32
                                      : settings.products == "bf16" ? CudaProducts::bf16
                                                                    : CudaProducts::exact});
    Run run(settings, mnist, cuda_device_name());
    return learn(run, mnist, CudaDataset(mnist.train), on);
  }
#endif
  const Cpu<float> on = cpu(settings);
  Run run(settings, mnist, std::to_string(on.threads()) + " threads");
  return learn(run, mnist, mnist.train, on);
}

}  // namespace mnist
