// expect: a unit type has a name: static constexpr const char\* name
#include <harmonium/models/layer.hpp>

struct Nameless {
  static constexpr int states = 2;
  template <class T>
  static constexpr T state(int k) {
    return T(k);
  }
};

harmonium::Layer<Nameless> layer;
