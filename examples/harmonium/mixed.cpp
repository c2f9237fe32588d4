// Tables with columns of all kinds.
#include <harmonium/units/poisson.hpp>
#include "machine.hpp"

namespace program {

using Row = Mixed<Bernoulli, Categorical, Gaussian, Poisson>;

namespace {
LayerSize<Row> size_of(const Layout& l) {
  return {l.bernoulli, {l.categorical, l.states}, l.gaussian, l.poisson};
}
}  // namespace

ModelKind mixed_kind() {
  return {"mixed", [](const Layout&) { return true; },
          [](const Layout& l, const TrainSettings& settings) -> std::unique_ptr<Model> {
            return std::make_unique<Machine<Row>>(size_of(l), l.unused, settings);
          },
          [](const TensorFile& file, const Layout& layout) -> std::unique_ptr<Model> {
            return std::make_unique<Machine<Row>>(file, size_of(layout), layout.unused);
          }};
}

}  // namespace program
