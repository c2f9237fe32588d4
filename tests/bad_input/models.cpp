// Models of impossible sizes, and descriptions that do not describe a model.
#include <harmonium/models/autoencoder.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/units/relu.hpp>
#include <harmonium/units/spin.hpp>

#include "refusals.hpp"

using namespace harmonium;
using namespace test;

namespace test::bad_input_models {

namespace {
using Bits = Rbm<Bernoulli, Bernoulli>;
using Deep = Dbn<Stack<Bernoulli>>;
using Classifier = Network<Stack<Bernoulli>>;
using Table = Mixed<Bernoulli, Categorical>;
constexpr Index huge = Index{1} << 40;
}  // namespace

TEST_CASE("models of impossible sizes are refused", "[bad_input][models]") {
  check_refusals({
      refused<ShapeError>("no visible units", "Layer: a bernoulli layer of 0 units, expected at least 1",
                          [] { return Bits{{.visible = 0, .hidden = 2}}; }),
      refused<ShapeError>("fewer hidden units than none", "Layer: a bernoulli layer of -2 units, expected .*",
                          [] { return Bits{{.visible = 3, .hidden = -2}}; }),
      refused<ShapeError>("more units than draws can tell apart",
                          "Layer: a bernoulli layer of 1.*e\\+12 rows, expected at most 10\\^9",
                          [] { return Bits{{.visible = huge, .hidden = 2}}; }),
      refused<ShapeError>("rows whose number overflows",
                          "Layer: a categorical layer of 1.*e\\+24 rows, expected at most 10\\^9",
                          [] { return Layer<Categorical>({.units = huge, .states = huge}); }),
      refused<ShapeError>("units without states",
                          "Layer: a categorical layer of 2 units with 0 states, expected at least 1 of each",
                          [] { return Layer<Categorical>({.units = 2, .states = 0}); }),
      refused<ShapeError>("a part of -1 units",
                          "Layer: a bernoulli layer of -1 units, expected at least [01]",
                          [] {
                            return Layer<Table>({-1, {2, 3}});
                          }),
      refused<ValueError>("a negative scale of weights",
                          "Rbm: weight_scale is -1, expected a number of at least 0",
                          [] { return Bits{{.visible = 3, .hidden = 2, .weight_scale = -1}}; }),
      refused<ValueError>("NaN for a scale", "Rbm: weight_scale is nan, expected a number of at least 0",
                          [] { return Bits{{.visible = 3, .hidden = 2, .weight_scale = NAN}}; }),
      refused<ShapeError>("a Boltzmann machine of nothing",
                          "Layer: a spin layer of 0 units, expected at least 1",
                          [] { return BoltzmannMachine<Spin>{{.visible = 0}}; }),
      refused<ShapeError>("a DBN of one layer", "Dbn: 1 layer sizes, expected at least 2",
                          [] { return Deep{{784}}; }),
      refused<ShapeError>("a DBN with an empty layer",
                          "Layer: a bernoulli layer of 0 units, expected at least 1",
                          [] {
                            return Deep{{784, 0, 10}};
                          }),
      refused<ShapeError>("fewer layers than types", "Dbn: 2 layer sizes, expected at least 3",
                          [] {
                            return Dbn<Stack<Bernoulli, Bernoulli, Gaussian>>{{4, 3}};
                          }),
      refused<ShapeError>("sizes of other parts", "StackSize: there are sizes of 0 parts for a layer of 2",
                          [] {
                            return Dbn<Stack<Table, Bernoulli>>{{4, 3}};
                          }),
      refused<ShapeError>("a network of one layer", "Network: 1 layer sizes, expected at least 2",
                          [] { return Classifier{{.sizes = {4}}}; }),
      refused<ShapeError>("one class", "Network: classes is 1, expected at least 2",
                          [] {
                            return Classifier{{.sizes = {4, 3}, .classes = 1}};
                          }),
      refused<ShapeError>("no inputs", "Network: the input has 0 rows, expected at least 1",
                          [] {
                            return Classifier{{.sizes = {0, 3}}};
                          }),
      refused<ShapeError>("outputs of a classifier",
                          "Network: outputs is given, but the outputs of a softmax head are its classes",
                          [] {
                            return Classifier{{.sizes = {4, 3}, .outputs = 2}};
                          }),
      refused<ShapeError>("outputs of an autoencoder",
                          "Network: outputs is given, but the outputs of an autoencoder .*",
                          [] {
                            return Autoencoder<Stack<Bernoulli>>{{.sizes = {4, 3}, .outputs = 2}};
                          }),
      refused<ShapeError>("no outputs", "Network: outputs has 0 rows, expected at least 1",
                          [] {
                            return Network<Stack<Bernoulli, Relu>, Cpu<float>, Gaussian>{{.sizes = {4, 3}}};
                          }),
      refused<ShapeError>("a classifier of an empty DBN", "Network: 0 layer sizes, expected at least 2",
                          [] { return classifier(Deep{}, 10); }),
      refused<ShapeError>("an autoencoder of an empty DBN", "Network: 0 layer sizes, expected at least 2",
                          [] { return autoencoder(Deep{}); }),
      refused<ShapeError>("a classifier of one class", "Network: classes is 1, expected at least 2",
                          [] { return classifier(Bits{{.visible = 4, .hidden = 3}}, 1); }),
  });
}

TEST_CASE("descriptions that do not describe a model are refused", "[bad_input][models]") {
  const Metadata good = describe(Bits{{.visible = 4, .hidden = 3}});
  const auto with = [=](const char* name, const char* value) {
    return [=] {
      Metadata changed = good;
      changed[name] = value;
      return Bits::options_from(changed);
    };
  };
  check_refusals({
      refused<DataError>("nothing", "metadata: there is no 'kind'", [] { return Bits::options_from({}); }),
      refused<DataError>("another kind", "metadata: the file holds a model of kind 'dbn', expected 'rbm'",
                         with("kind", "dbn")),
      refused<DataError>("other units",
                         "metadata: 'visible.unit' is 'gaussian', the model has bernoulli units",
                         with("visible.unit", "gaussian")),
      refused<DataError>("no number", "metadata: 'hidden.units' is 'many', expected a whole number",
                         with("hidden.units", "many")),
      refused<DataError>("a negative number", "metadata: 'hidden.units' is '-3', expected a whole number",
                         with("hidden.units", "-3")),
      refused<DataError>("nothing for a number", "metadata: 'hidden.units' is '', expected a whole number",
                         with("hidden.units", "")),
      refused<DataError>("no units", "metadata: 'hidden.units' is 0, expected 1 to 10\\^9",
                         with("hidden.units", "0")),
      refused<DataError>("a huge number", "metadata: 'hidden.units' is 9999999999, expected 1 to 10\\^9",
                         with("hidden.units", "9999999999")),
      refused<DataError>("a number of too many digits",
                         "metadata: 'hidden.units' is '9{30}', expected a whole number",
                         with("hidden.units", "999999999999999999999999999999")),
      refused<DataError>("a DBN of a billion layers that are not there",
                         "metadata: there is no 'layers.0.visible.unit'",
                         [] {
                           return Deep::options_from({{"kind", "dbn"}, {"depth", "1000000000"}});
                         }),
      refused<DataError>(
          "a network without classes", "metadata: there is no 'classes'",
          [] {
            return Classifier::options_from(
                {{"kind", "network"}, {"depth", "1"}, {"visible.unit", "bernoulli"}, {"visible.units", "4"}});
          }),
  });
}

}  // namespace test::bad_input_models
