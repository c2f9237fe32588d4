// expect: there is no device code for this unit type
#include <harmonium/cuda.hpp>
#include <harmonium/models/rbm.hpp>

struct Mine {
  static constexpr const char* name = "mine";
  static constexpr int states = 2;
  template <class T>
  static constexpr T state(int k) {
    return T(k);
  }
};

using B = harmonium::Cuda<float>;
void wrong(const B& on, const harmonium::Layer<Mine, B>& layer, harmonium::ViewOf<B> x) {
  harmonium::mean(on, layer, harmonium::ConstViewOf<B>(x), x);
}
