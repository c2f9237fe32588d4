// expect: a grouped unit type has finitely many states: Index states\(Index size\) and T state<T>\(k, row\)
#include <harmonium/models/rbm.hpp>

struct Simplex {
  static constexpr const char* name = "simplex";
  static constexpr bool grouped = true;
};

int main() { harmonium::Rbm<Simplex, harmonium::Bernoulli> rbm{{.visible = {2, 3}, .hidden = 2}}; }
