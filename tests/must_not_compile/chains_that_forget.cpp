// expect: chains with a memory must list its state: for_each_state
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/units/bernoulli.hpp>

using namespace harmonium;

struct Forgetful {
  static constexpr const char* name = "forgetful";
  Index count(Index) const { return 10; }
  template <class M>
  struct Memory {
    Memory(const Forgetful&, const M&) {}
    int remembered = 0;
    void advance(const typename M::Backend& on, const M& model, typename M::StateView,
                 typename M::StateView chains, typename M::Workspace& work, int, Draws draws) {
      ++remembered;
      transition(on, model, chains, chains, work, draws);
    }
  };
};

int main() {
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 4, .hidden = 3}};
  ContrastiveDivergence<Rbm<Bernoulli, Bernoulli>, ContrastiveDivergenceOptions<Forgetful>> trainer{rbm};
  trainer.for_each_state([](auto&&...) {});
}
