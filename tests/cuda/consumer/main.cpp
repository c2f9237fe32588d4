// A model with a user-defined unit type on a device, or the error message if there is no device.
#include <cstdio>
#include <harmonium/cuda.hpp>
#include <harmonium/harmonium.hpp>

#include "notch.hpp"

int main() {
  try {
    using namespace harmonium;
    Rbm<Notch, Bernoulli, Cuda<float>> rbm{{.visible = 4, .hidden = 3}};
    ContrastiveDivergence{rbm, {.epochs = 2, .batch_size = 3}}.fit(CudaDataset(bars_and_stripes(2)));
    std::printf("trained, the norm is %g\n", norm(Cuda<float>(), rbm));
  } catch (const harmonium::NoCudaDevice& error) {
    std::printf("%s\n", error.what());
  }
}
