// Models are plain values: copied, moved, compared, converted, walked, and recreated from their metadata.
#include <harmonium/models/autoencoder.hpp>
#include <harmonium/units/relu.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using Catch::Matchers::Message;

namespace test::models_values {

namespace {

using Names = std::vector<std::string>;

template <class Model>
Names names_of(const Model& model) {
  Names names;
  for_each_parameter([&](const ParameterName& name, Role, auto) { names.push_back(name.string()); }, model);
  return names;
}

template <class Model>
Model random_model(const typename Model::Options& options) {
  Model model(options);
  test::randomise(model, 5);
  return model;
}

using QuinticRbm = Rbm<test::Quintic, test::AtMostOne>;
using GaussianRbm = Rbm<Gaussian, Bernoulli>;
using MixedDbn = Dbn<Stack<Gaussian, Bernoulli, Categorical>>;
using MixedNetwork = Network<Stack<Gaussian, Bernoulli, Categorical>>;

const RbmOptions<Gaussian, Bernoulli> rbm_options{.visible = 5, .hidden = 3};
const DbnOptions dbn_options{.sizes = {4, 3, GroupedSize{2, 3}, GroupedSize{1, 5}}};
const NetworkOptions network_options{.sizes = {4, 3, GroupedSize{2, 3}, GroupedSize{1, 5}}, .classes = 3};

// What must hold for every model.
template <class Model>
void check_value(const Model& model) {
  Model copy = model;
  CHECK(copy == model);
  // Comparisons see every single number, and copies share none.
  Index count = 0;
  double squares = 0;
  for_each_parameter(
      [&](const ParameterName& name, Role, auto x) {
        INFO(name.string());
        Index unnoticed = 0;
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r) {
            const auto before = x(r, c);
            x(r, c) = before + 1;
            unnoticed += copy == model ? 1 : 0;
            x(r, c) = before;
            squares += static_cast<double>(before) * static_cast<double>(before);
            ++count;
          }
        CHECK(unnoticed == 0);
      },
      copy);
  CHECK(copy == model);
  const Model moved = std::move(copy);
  CHECK(moved == model);
  Model assigned(model.options());
  CHECK_FALSE(assigned == model);
  assigned = model;
  CHECK(assigned == model);
  CHECK_FALSE(Model{} == model);

  const Model zeros = zeros_like(model);
  CHECK(norm({}, zeros) == 0);
  CHECK(names_of(zeros) == names_of(model));
  CHECK(parameter_count(model) == count);
  CHECK(Model::parameter_count(model.options()) == static_cast<double>(count));
  // A float's square is rounded by at most 2^-24 of itself.
  CHECK_THAT(norm({}, model), Catch::Matchers::WithinRel(std::sqrt(squares), 1e-7));

  CHECK(all_finite({}, model));
  Model broken = model;
  for_each_parameter([](const ParameterName&, Role, auto x) { x(0, x.cols - 1) = INFINITY; }, broken);
  CHECK_FALSE(all_finite({}, broken));

  const Metadata metadata = describe(model);
  CHECK(describe(Model(Model::options_from(metadata))) == metadata);
  CHECK(describe(Model(model.options())) == metadata);

  // Converting single precision to double and back changes nothing.
  const auto wide = convert<Cpu<double>>(model);
  CHECK(convert<Cpu<float>>(wide) == model);
  double far = 0;
  for_each_parameter(
      [&](const ParameterName&, Role, auto a, auto b) {
        for (Index c = 0; c < a.cols; ++c)
          for (Index r = 0; r < a.rows; ++r)
            far = std::fmax(far, std::abs(a(r, c) - static_cast<double>(b(r, c))));
      },
      wide, model);
  CHECK(far == 0);
}

}  // namespace

TEST_CASE("an RBM is a value", "[rbm][values]") {
  check_value(random_model<GaussianRbm>(rbm_options));
  check_value(random_model<Rbm<Bernoulli, Bernoulli>>({.visible = 5, .hidden = 3}));
  check_value(random_model<QuinticRbm>({.visible = 5, .hidden = {2, 3}}));
}

TEST_CASE("a DBN is a value", "[dbn][values]") {
  check_value(random_model<MixedDbn>(dbn_options));
  check_value(random_model<Dbn<Stack<Bernoulli>>>({.sizes = {5, 4, 3, 2}}));
}

TEST_CASE("a network is a value", "[network][values]") {
  check_value(random_model<MixedNetwork>(network_options));
  check_value(random_model<Network<Stack<Categorical, Bernoulli>>>({.sizes = {GroupedSize{2, 3}, 4, 3}}));
  check_value(random_model<Network<Stack<Gaussian, Relu>>>({.sizes = {4, 3, 2}, .classes = 3}));
  check_value(random_model<Network<Stack<Gaussian, Relu, Bernoulli>, Cpu<float>, Gaussian>>(
      {.sizes = {4, 3, 5, 2}, .outputs = 3}));
  check_value(
      random_model<Network<Stack<Gaussian>, Cpu<float>, test::Quintic>>({.sizes = {4, 3}, .outputs = 2}));
}

TEST_CASE("an autoencoder is a value", "[network][autoencoder][values]") {
  check_value(random_model<Autoencoder<Stack<Gaussian, Bernoulli, Categorical>>>(
      {.sizes = {4, 3, GroupedSize{2, 3}, GroupedSize{1, 5}}}));
  check_value(random_model<Autoencoder<Stack<Bernoulli>>>({.sizes = {4, 3}}));
  check_value(random_model<Autoencoder<Stack<Categorical, Relu>>>({.sizes = {GroupedSize{2, 3}, 4, 3}}));
}

TEST_CASE("parameters have the names used in files", "[values]") {
  CHECK(names_of(GaussianRbm(rbm_options)) ==
        Names{"weight", "visible.bias", "visible.log_precision", "hidden.bias"});
  CHECK(names_of(QuinticRbm({.visible = 5, .hidden = {2, 3}})) ==
        Names{"weight", "visible.bias", "visible.log_cost", "visible.skew", "hidden.bias"});
  CHECK(names_of(MixedDbn(dbn_options)) ==
        Names{"layers.0.weight", "layers.0.visible.bias", "layers.0.visible.log_precision",
              "layers.0.hidden.bias", "layers.1.weight", "layers.1.visible.bias", "layers.1.hidden.bias",
              "layers.2.weight", "layers.2.visible.bias", "layers.2.hidden.bias"});
  CHECK(names_of(Network<Stack<Bernoulli, Gaussian>>({.sizes = {4, 3, 2}})) ==
        Names{"layers.0.weight", "layers.0.bias", "layers.0.log_precision", "layers.1.weight",
              "layers.1.bias", "layers.1.log_precision", "head.weight", "head.bias"});
  CHECK(ParameterName{}.string().empty());
}

TEST_CASE("parameters have their roles and shapes", "[values]") {
  const GaussianRbm rbm(rbm_options);
  std::vector<std::tuple<Role, Index, Index>> seen;
  for_each_parameter(
      [&](const ParameterName&, Role role, auto x) { seen.emplace_back(role, x.rows, x.cols); }, rbm);
  CHECK(seen == std::vector<std::tuple<Role, Index, Index>>{
                    {Role::weight, 5, 3}, {Role::bias, 5, 1}, {Role::shape, 5, 1}, {Role::bias, 3, 1}});
}

TEST_CASE("a model describes itself in words", "[values]") {
  CHECK(describe(QuinticRbm({.visible = 5, .hidden = {2, 3}})) == Metadata{{"kind", "rbm"},
                                                                           {"visible.unit", "quintic"},
                                                                           {"visible.units", "5"},
                                                                           {"hidden.unit", "at most one"},
                                                                           {"hidden.units", "2"},
                                                                           {"hidden.states", "3"}});
  CHECK(describe(Dbn<Stack<Gaussian, Bernoulli>>({.sizes = {4, 3, 2}})) ==
        Metadata{{"kind", "dbn"},
                 {"depth", "2"},
                 {"layers.0.visible.unit", "gaussian"},
                 {"layers.0.visible.units", "4"},
                 {"layers.0.hidden.unit", "bernoulli"},
                 {"layers.0.hidden.units", "3"},
                 {"layers.1.visible.unit", "bernoulli"},
                 {"layers.1.visible.units", "3"},
                 {"layers.1.hidden.unit", "bernoulli"},
                 {"layers.1.hidden.units", "2"}});
  CHECK(describe(Network<Stack<Bernoulli, Categorical>>({.sizes = {4, GroupedSize{2, 3}}, .classes = 5})) ==
        Metadata{{"kind", "network"},
                 {"depth", "1"},
                 {"classes", "5"},
                 {"visible.unit", "bernoulli"},
                 {"visible.units", "4"},
                 {"layers.0.unit", "categorical"},
                 {"layers.0.units", "2"},
                 {"layers.0.states", "3"}});
}

TEST_CASE("a head of other units is described in words", "[network][values]") {
  using N = Network<Stack<Bernoulli>, Cpu<float>, Gaussian>;
  const Metadata metadata = describe(N({.sizes = {4, 2}, .outputs = 5}));
  CHECK(metadata == Metadata{{"kind", "network"},
                             {"depth", "1"},
                             {"head.unit", "gaussian"},
                             {"head.units", "5"},
                             {"visible.unit", "bernoulli"},
                             {"visible.units", "4"},
                             {"layers.0.unit", "bernoulli"},
                             {"layers.0.units", "2"}});
  CHECK_THROWS_MATCHES(Network<Stack<Bernoulli>>::options_from(metadata), DataError,
                       Message("metadata: 'head.unit' is 'gaussian', the model has categorical units"));
  CHECK_THROWS_MATCHES(N::options_from(describe(Network<Stack<Bernoulli>>({.sizes = {4, 2}}))), DataError,
                       Message("metadata: there is no 'head.unit'"));
  CHECK_THROWS_MATCHES(Autoencoder<Stack<Bernoulli>>::options_from(metadata), DataError,
                       Message("metadata: the file holds a model of kind 'network', expected 'autoencoder'"));
  for (const auto& [name, value] : metadata) {
    Metadata missing = metadata;
    missing.erase(name);
    INFO(name);
    CHECK_THROWS_AS(N::options_from(missing), DataError);
  }
}

TEST_CASE("a description that does not fit this type of model is refused", "[values][errors]") {
  const Metadata good = describe(GaussianRbm(rbm_options));
  const auto refuse = [&](const std::string& name, const std::string& value, const std::string& message) {
    Metadata bad = good;
    bad[name] = value;
    CHECK_THROWS_MATCHES(GaussianRbm::options_from(bad), DataError, Message(message));
  };
  refuse("kind", "dbn", "metadata: the file holds a model of kind 'dbn', expected 'rbm'");
  refuse("visible.unit", "bernoulli",
         "metadata: 'visible.unit' is 'bernoulli', the model has gaussian units");
  refuse("visible.units", "0", "metadata: 'visible.units' is 0, expected 1 to 10^9");
  refuse("visible.units", "1000000001", "metadata: 'visible.units' is 1000000001, expected 1 to 10^9");
  refuse("hidden.units", "", "metadata: 'hidden.units' is '', expected a whole number");
  refuse("hidden.units", "-3", "metadata: 'hidden.units' is '-3', expected a whole number");
  refuse("hidden.units", "3.5", "metadata: 'hidden.units' is '3.5', expected a whole number");
  refuse("hidden.units", "99999999999", "metadata: 'hidden.units' is '99999999999', expected a whole number");
  for (const auto& [name, value] : good) {
    Metadata missing = good;
    missing.erase(name);
    CHECK_THROWS_MATCHES(GaussianRbm::options_from(missing), DataError,
                         Message("metadata: there is no '" + name + "'"));
  }
  for (const auto& metadata : {describe(MixedDbn(dbn_options)), describe(MixedNetwork(network_options))})
    for (const auto& [name, value] : metadata) {
      Metadata missing = metadata;
      missing.erase(name);
      INFO(name);
      if (metadata.at("kind") == "dbn" && name.find(".visible") != std::string::npos &&
          name.find("0.") == std::string::npos)
        continue;  // the layer below has the same entry
      if (metadata.at("kind") == "dbn") CHECK_THROWS_AS(MixedDbn::options_from(missing), DataError);
      if (metadata.at("kind") == "network") CHECK_THROWS_AS(MixedNetwork::options_from(missing), DataError);
    }
}

}  // namespace test::models_values
