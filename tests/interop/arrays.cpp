// Reads every array written by arrays.py and writes it again.
#include <harmonium/io/formats/npz.hpp>

#include <cstdio>
#include <exception>

using namespace harmonium;

int main() {
  try {
    for (const std::string name : {"stored", "deflated", "zip64"}) {
      const std::vector<Tensor> arrays = read_npz(name + ".npz");
      write_npz(name + "_stored.npz", arrays, false);
      write_npz(name + "_deflated.npz", arrays, true);
      for (const Tensor& array : arrays) write_npy(array.name + "_back.npy", read_npy(array.name + ".npy"));
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
}
