// Tables with columns of all kinds.
#include <harmonium/units/poisson.hpp>
#include "machine.hpp"

namespace program {

using Row = Mixed<Bernoulli, Categorical, Gaussian, Poisson>;

ModelKind mixed_kind() {
  return {"mixed", [](const Layout&) { return true; },
          [](const Layout& l, const TrainSettings& settings) -> std::unique_ptr<Model> {
            return std::make_unique<Machine<Row>>(
                LayerSize<Row>{l.bernoulli, {l.categorical, l.states}, l.gaussian, l.poisson}, l.unused,
                settings);
          },
          [](const TensorFile& file, const Layout& layout) -> std::unique_ptr<Model> {
            return std::make_unique<Machine<Row>>(file, layout.unused);
          }};
}

}  // namespace program
