// A user's program that saves, loads and draws.
#include <cstdio>
#include <harmonium/io.hpp>

using namespace harmonium;

double from_elsewhere(const Rbm<Bernoulli, Bernoulli>& rbm);

int main() {
  const Rbm<Bernoulli, Bernoulli> rbm{{.visible = 9, .hidden = 4, .seed = 1}};
  const char* path = "consumer.safetensors";
  save(path, rbm);
  const auto loaded = load<Rbm<Bernoulli, Bernoulli>>(path);
  std::remove(path);
  const Image filters = tiles(rbm.weights, {.width = 3, .height = 3});
  return loaded == rbm && encode_png(filters).size() > 8 && exact_log_z(loaded) == from_elsewhere(rbm) ? 0
                                                                                                       : 1;
}
