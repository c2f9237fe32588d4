// Tables of binary columns, and pictures.
#include "machine.hpp"

namespace program {

template Learned<Rbm<Bernoulli, Bernoulli>> train_rbm(Rbm<Bernoulli, Bernoulli>&, const Samples&,
                                                      const Samples&, const TrainSettings&, int);

ModelKind bernoulli_kind() {
  return {"bernoulli", [](const Layout& layout) { return layout.bernoulli == layout.rows(); },
          [](const Layout& layout, const TrainSettings& settings) -> std::unique_ptr<Model> {
            return std::make_unique<Machine<Bernoulli>>(layout.bernoulli, layout.unused, settings);
          },
          [](const TensorFile& file, const Layout& layout) -> std::unique_ptr<Model> {
            return std::make_unique<Machine<Bernoulli>>(file, layout.bernoulli, layout.unused);
          }};
}

}  // namespace program
