// expect: a unit type with int states also gives them: T state<T>\(int k\)
#include <harmonium/models/rbm.hpp>

struct Spin {
  static constexpr const char* name = "spin";
  static constexpr int states = 2;
};

int main() { harmonium::Rbm<Spin, harmonium::Bernoulli> rbm{{.visible = 3, .hidden = 2}}; }
