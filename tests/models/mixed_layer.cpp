// Layers of several unit types compared with sums over all joint states, and with layers of one type.
#include <harmonium/models/mixed_layer.hpp>

#include <harmonium/inference/exact/log_z.hpp>
#include <harmonium/inference/generate.hpp>
#include <harmonium/models/gauge.hpp>
#include <harmonium/models/network.hpp>
#include <limits>
#include <set>

#include "support/catch.hpp"
#include "support/mixed.hpp"
#include "support/statistics.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::Message;
using Catch::Matchers::WithinAbs;

namespace test::models_mixed_layer {

namespace {

using B = Cpu<double>;

Eigen::MatrixXd normals(Index rows, Index cols, std::uint64_t seed) {
  Dice dice(seed);
  return Eigen::MatrixXd::NullaryExpr(rows, cols, [&] { return dice.normal(); });
}

// For draws from a distribution over rows of `finite` units and a Gaussian row below: do the states of the
// finite rows have the right frequencies, and are the first and second moments right within chance?
bool has_distribution(const Eigen::MatrixXd& x, const oracle::Distribution& p) {
  const auto real = static_cast<std::size_t>(x.rows() - 1);
  std::map<oracle::Numbers, double> merged;
  for (std::size_t i = 0; i < p.states.size(); ++i)
    merged[{p.states[i].begin(), p.states[i].end() - 1}] += p.probabilities[i];
  oracle::Distribution finite;
  for (const auto& [state, probability] : merged) {
    finite.states.push_back(state);
    finite.probabilities.push_back(probability);
  }
  double worst = 0;
  for (std::size_t i = 0; i <= real; ++i) {
    const auto f = [=](const oracle::Numbers& v) { return v[i] * v[real]; };
    const double mean = p.expect(f), square = p.expect([=](const oracle::Numbers&v) { return f(v) * f(v); });
    const auto n = static_cast<double>(x.cols());
    const double found = (x.row(static_cast<Index>(i)).array() * x.bottomRows(1).array()).mean();
    worst = std::fmax(worst, standard_errors(found, mean, std::sqrt(square - mean * mean), n));
  }
  return chi_square(x.topRows(x.rows() - 1).eval(), finite) && worst < sigmas;
}

// A model with the same parameters in another order of the rows.
using Reversed = Rbm<Mixed<Gaussian, Categorical, Bernoulli>, Code, B>;
Eigen::MatrixXd reversed(const Eigen::MatrixXd& x) {
  Eigen::MatrixXd y(x.rows(), x.cols());
  y << x.bottomRows(1), x.middleRows(2, 3), x.topRows(2);
  return y;
}

}  // namespace

TEST_CASE("a mixed layer knows its rows, units, size and parts", "[mixed]") {
  const Layer<Row, B> layer({7, {5, 3}, 2});
  CHECK((layer.rows() == 24 && layer.units() == 14));
  CHECK(layer.size() == LayerSize<Row>{7, {5, 3}, 2});
  CHECK((std::get<1>(layer.parts).group == 3 && std::get<2>(layer.parts).parameters.cols() == 2));
  CHECK(Layer<Row, B>::row_count(layer.size()) == 24);
  CHECK(Layer<Row, B>::parameter_count(layer.size()) == 26);
  CHECK_FALSE(Layer<Row, B>::finite);
  CHECK(Layer<Code, B>::finite);
  CHECK(Layer<Row, B>().rows() == 0);
}

TEST_CASE("a part without units is as if it were not there", "[mixed]") {
  Rbm<Bernoulli, Bernoulli, B> plain{{.visible = 6, .hidden = 3, .seed = 1}};
  using Sparse = Rbm<Mixed<Categorical, Bernoulli, Gaussian>, Bernoulli, B>;
  Sparse sparse{{.visible = {{}, 6, 0}, .hidden = 3, .seed = 1}};
  randomise(plain, 2, 0.5);
  sparse.weights = plain.weights;
  sparse.hidden = plain.hidden;
  std::get<1>(sparse.visible.parts) = plain.visible;
  CHECK(sparse.visible.rows() == 6);
  std::vector<std::string> names;
  for_each_parameter([&](const ParameterName& name, Role, auto) { names.push_back(name.string()); }, sparse);
  CHECK(names == std::vector<std::string>{"weight", "visible.1.bias", "hidden.bias"});
  CHECK(generate(sparse, {.samples = 20, .steps = 3}) == generate(plain, {.samples = 20, .steps = 3}));
  const Eigen::MatrixXd v = generate(plain, {.samples = 5, .steps = 1});
  CHECK(exact_log_likelihood(sparse, v) == exact_log_likelihood(plain, v));
  CHECK(Sparse::parameter_count(sparse.options()) ==
        Rbm<Bernoulli, Bernoulli, B>::parameter_count(plain.options()));
  CHECK(Sparse::options_from(describe(sparse)).visible == sparse.visible.size());
  CHECK(Sparse(sparse.options()).visible.rows() == 6);
}

TEST_CASE("a mixed layer refuses parts of no size and layers without units", "[mixed][errors]") {
  CHECK_THROWS_MATCHES(Table({.visible = {2, {1, 3}, -1}, .hidden = {{1, 3}, 2}}), ShapeError,
                       Message("Layer: a gaussian layer of -1 units, expected at least 1"));
  CHECK_THROWS_MATCHES(Table({.visible = {0, {0, 3}, 0}, .hidden = {{1, 3}, 2}}), ShapeError,
                       Message("Layer: none of the 3 parts of a mixed layer has units"));
  CHECK_THROWS_MATCHES(
      Table({.visible = {2, {1, 0}, 1}, .hidden = {{1, 3}, 2}}), ShapeError,
      Message("Layer: a categorical layer of 1 units with 0 states, expected at least 1 of each"));
  using D = Dbn<Stack<Row, Code>, B>;
  const LayerSize<Row> row{2, {1, 3}, 1};
  CHECK_THROWS_MATCHES(D({.sizes = {row, 4}}), ShapeError,
                       Message("StackSize: there are sizes of 0 parts for a layer of 2"));
  CHECK_THROWS_MATCHES(D({.sizes = {row, row}}), ShapeError,
                       Message("StackSize: there are sizes of 3 parts for a layer of 2"));
  CHECK_THROWS_AS(D({.sizes = {row, LayerSize<Code>{{1, 3}, -1}}}), ShapeError);
  using N = Network<Stack<Row, Code>, B>;
  CHECK_THROWS_AS(N({.sizes = {LayerSize<Row>{2, {1, 3}, -1}, LayerSize<Code>{{1, 3}, 2}}}), ShapeError);
}

TEST_CASE("a layer cut into two parts of its type is the same layer", "[mixed]") {
  const B on;
  const Index rows = 300, cut = 7;  // more than a chunk; not a multiple of four
  Layer<Bernoulli, B> whole(rows);
  Layer<Mixed<Bernoulli, Bernoulli>, B> cut_up({cut, rows - cut});
  whole.parameters = normals(rows, 1, 1);
  std::get<0>(cut_up.parts).parameters = whole.parameters.topRows(cut);
  std::get<1>(cut_up.parts).parameters = whole.parameters.bottomRows(rows - cut);
  const Eigen::MatrixXd input = normals(rows, 4, 2), delta = normals(rows, 4, 3);
  Eigen::MatrixXd a(rows, 4), b(rows, 4);
  const auto same = [&](auto f) {
    f(whole, View<double>(a));
    f(cut_up, View<double>(b));
    return a == b;
  };
  CHECK(same([&](auto& layer, View<double> out) { mean(on, layer, input, out); }));
  CHECK(same([&](auto& layer, View<double> out) { mode(on, layer, input, out); }));
  CHECK(same([&](auto& layer, View<double> out) { backpropagate(on, layer, input, delta, out); }));
  for (const Index first_row : {0, 5})
    CHECK(same([&](auto& layer, View<double> out) {
      sample(on, layer, input, out, {.seed = 4, .step = 5}, first_row);
    }));
}

TEST_CASE("draws of a mixed layer are those of its parts at their rows", "[mixed]") {
  const B on;
  Layer<Row, B> layer({5, {3, 3}, 4});
  for_each_parameter(
      [](const ParameterName&, Role, auto x) {
        for (Index r = 0; r < x.rows; ++r) x(r, 0) = 0.1 * static_cast<double>(r);
      },
      layer);
  const Draws draws{.seed = 3, .step = 4, .first_sample = 5};
  const Eigen::MatrixXd input = normals(18, 6, 1);
  Eigen::MatrixXd x(18, 6), expected(18, 6);
  sample(on, layer, input, x, draws, 2);
  const auto draw = [&](const auto& part, Index first) {
    const Eigen::MatrixXd own = input.middleRows(first, part.rows());
    Eigen::MatrixXd drawn(part.rows(), 6);
    sample(on, part, own, drawn, draws, first + 2);
    expected.middleRows(first, part.rows()) = drawn;
  };
  draw(std::get<0>(layer.parts), 0);
  draw(std::get<1>(layer.parts), 5);
  draw(std::get<2>(layer.parts), 14);
  CHECK(x == expected);
}

TEST_CASE("a mixed layer back-propagates with the slopes of its means", "[mixed]") {
  const B on;
  const Table table = small_model<Table>(3);
  const Eigen::MatrixXd delta = normals(6, 1, 2);
  Eigen::MatrixXd input = normals(6, 1, 1), out(6, 1);
  backpropagate(on, table.visible, input, delta, out);
  for (Index r = 0; r < 6; ++r) {
    const double here = input(r, 0);
    const double slope = oracle::derivative(
        [&](double number) {
          input(r, 0) = number;
          Eigen::MatrixXd x(6, 1);
          mean(on, table.visible, input, x);
          return x.cwiseProduct(delta).sum();
        },
        here);
    input(r, 0) = here;
    CHECK_THAT(out(r, 0), WithinAbs(slope, 1e-10));
  }
}

TEST_CASE("the states of a finite mixed layer are counted and written each once", "[mixed][oracle]") {
  const Layer<Mixed<Categorical, Bernoulli, Categorical>, B> layer({{1, 3}, 2, {2, 2}});
  std::set<oracle::Numbers> all, written;
  oracle::for_each_state(mixed_oracle(layer), [&](const oracle::Numbers& x, double) { all.insert(x); });
  REQUIRE(state_count(layer) == 48);
  Eigen::MatrixXd states(layer.rows(), 48), part(layer.rows(), 30);
  write_states(layer, 0, View<double>(states));
  for (Index c = 0; c < 48; ++c) written.insert(column_of(states, c));
  CHECK(written == all);
  write_states(layer, 18, View<double>(part));
  CHECK(part == states.rightCols(30));
  CHECK(std::isinf(state_count(Layer<Code, B>({{1, 3}, 2000}))));
}

TEST_CASE("a number that a mixed layer does not accept is found, and what is accepted there",
          "[mixed][errors]") {
  const Layer<Row, B> layer({2, {2, 3}, 2});
  Eigen::MatrixXd x = Eigen::MatrixXd::Constant(10, 4, 1.0 / 3);
  using Place = std::pair<Index, Index>;
  const auto find = [&] { return find_unacceptable(layer, View<const double>(x)); };
  CHECK(find() == Place(-1, -1));
  x(9, 2) = std::nan("");
  CHECK(find() == Place(9, 2));
  x(7, 2) = 0.5;  // its group starts in row 5
  CHECK(find() == Place(5, 2));
  x(1, 3) = 2;  // a later column
  CHECK(find() == Place(5, 2));
  x(0, 2) = -1;
  CHECK(find() == Place(0, 2));
  CHECK(accepted_values(layer, 1) == "a bernoulli unit takes numbers from 0 to 1");
  CHECK(accepted_values(layer, 2) == "a categorical unit takes numbers from 0 to 1 that sum to 1");
  CHECK(accepted_values(layer, 9) == "a gaussian unit takes finite numbers");
}

// All numbers are below 100 and are sums of fewer than 1e5 terms.
TEMPLATE_TEST_CASE("mixed layers' conditionals and energies agree with the enumeration", "[mixed][oracle]",
                   Table, Features) {
  const B on;
  const auto rbm = small_model<TestType>(1);
  const oracle::Machine machine = machine_of(rbm);
  const Eigen::MatrixXd v = some_states(rbm, 4, 2), h = sample_hidden(rbm, v, {.seed = 4});
  const Eigen::MatrixXd mean_h = mean_hidden(rbm, v), mean_v = mean_visible(rbm, h),
                        free = free_energy(rbm, v);
  Eigen::MatrixXd joint = Eigen::MatrixXd::Zero(1, 4);
  add_energy(on, rbm.visible, v, 1, joint);
  add_energy(on, rbm.hidden, h, 1, joint);
  const Eigen::MatrixXd up = rbm.weights.transpose() * v;
  on.dot_columns(-1, up, h, joint);
  for (Index c = 0; c < 4; ++c) {
    const auto hidden = oracle::mean(machine.hidden, oracle::hidden_input(machine, column_of(v, c)));
    CHECK(largest_difference(mean_h.col(c), columns({hidden})) < 1e-11);
    const auto visible = oracle::mean(machine.visible, oracle::visible_input(machine, column_of(h, c)));
    CHECK(largest_difference(mean_v.col(c), columns({visible})) < 1e-11);
    CHECK_THAT(joint(0, c), WithinAbs(oracle::energy(machine, column_of(v, c), column_of(h, c)), 1e-11));
    CHECK_THAT(free(0, c), WithinAbs(oracle::free_energy(machine, column_of(v, c)), 1e-11));
  }
  const double log_z = oracle::log_z(machine);
  CHECK_THAT(exact_log_z(rbm), WithinAbs(log_z, 1e-11));
  CHECK_THAT(exact_log_likelihood(rbm, v)(3), WithinAbs(-free(0, 3) - log_z, 1e-11));
}

TEMPLATE_TEST_CASE("mixed layers' statistics are the slopes of minus the free energy",
                   "[mixed][oracle][slow]", Table, Features) {
  const B on;
  auto rbm = small_model<TestType>(3);
  const Index count = 3;
  auto state = make_state(rbm, count);
  auto work = make_workspace(rbm, count);
  state.visible = some_states(rbm, count, 5);
  refresh(on, rbm, state.columns(0, count));
  const Eigen::MatrixXd weights{{0.7, -1.5, 0.2}};
  TestType gradient = rbm;  // must be overwritten, whatever it contains
  for_each_parameter([&](const ParameterName&, Role, auto x) { on.fill(x, std::nan("")); }, gradient);
  set_statistics(on, rbm, state.columns(0, count), View<const double>(weights), 0, gradient, work);
  TestType twice = gradient;
  set_statistics(on, rbm, state.columns(0, count), View<const double>(weights), 1, twice, work);
  const auto minus_free_energy = [&](const TestType& at) {
    const oracle::Machine machine = machine_of(at);
    double sum = 0;
    for (Index i = 0; i < count; ++i)
      sum -= weights(0, i) * oracle::free_energy(machine, column_of(state.visible, i));
    return sum;
  };
  oracle::Numbers once = flatten(gradient);
  CHECK(worst_slope(rbm, once, minus_free_energy) < 1e-9);
  for (double& number : once) number *= 2;
  CHECK(largest_difference(flatten(twice), once) < 1e-12);
}

TEST_CASE("a step of Gibbs sampling leaves the distribution of a table unchanged", "[mixed][gibbs][oracle]") {
  const B on;
  const auto rbm = small_model<Table>(7, 1.0);
  const oracle::Machine machine = machine_of(rbm);
  const Index chains = 50'000;
  // Draws from one conditional have the right distribution,
  const Eigen::MatrixXd h = Eigen::MatrixXd::Constant(5, chains, 0.4);
  const Eigen::MatrixXd drawn = sample_visible(rbm, h, {.seed = 3});
  CHECK(has_distribution(
      drawn, oracle::conditional(machine.visible, oracle::visible_input(machine, column_of(h, 0)))));
  // and chains that start at p(v), by exact draws of h ~ p(h) and v ~ p(v | h), stay there.
  const oracle::Distribution p = oracle::visible_distribution(machine);
  std::map<oracle::Numbers, double> weight;
  oracle::for_each_state(machine.hidden, [&](const oracle::Numbers& x, double log_weight) {
    weight[x] =
        std::exp(log_weight + oracle::log_partition(machine.visible, oracle::visible_input(machine, x)));
  });
  double total = 0;
  for (const auto& [x, w] : weight) total += w;
  Dice dice(1);
  std::vector<oracle::Numbers> hidden;
  for (Index c = 0; c < chains; ++c) {
    double u = dice.uniform() * total;
    auto at = weight.begin();
    while (std::next(at) != weight.end() && u >= at->second) u -= (at++)->second;
    hidden.push_back(at->first);
  }
  auto state = make_state(rbm, chains);
  auto work = make_workspace(rbm, chains);
  state.visible = sample_visible(rbm, columns(hidden), {.seed = 9});
  const auto all = state.columns(0, chains);
  REQUIRE(has_distribution(state.visible, p));
  refresh(on, rbm, all);
  for (std::uint32_t step = 0; step < 3; ++step)
    transition(on, rbm, all, all, work, {.seed = 2, .step = step});
  CHECK(has_distribution(state.visible, p));
  auto other = rbm;  // a change of the model is detected
  other.weights *= 0.8;
  refresh(on, other, all);
  transition(on, other, all, all, work, {.seed = 2, .step = 9});
  CHECK_FALSE(has_distribution(state.visible, p));
}

TEST_CASE("a model with its parts in another order is the same model", "[mixed]") {
  const auto rbm = small_model<Table>(5);
  const auto& [bits, classes, real] = rbm.visible.parts;
  Reversed other{{.visible = {1, {1, 3}, 2}, .hidden = {{1, 3}, 2}}};
  other.visible.parts = {real, classes, bits};
  other.hidden = rbm.hidden;
  other.weights = reversed(rbm.weights);
  const Eigen::MatrixXd v = some_states(rbm, 6, 1);
  CHECK(largest_difference(free_energy(rbm, v), free_energy(other, reversed(v))) < 1e-12);
  CHECK_THAT(exact_log_z(rbm), WithinAbs(exact_log_z(other), 1e-12));
  CHECK(largest_difference(reversed(reconstruct(rbm, v)), reconstruct(other, reversed(v))) < 1e-12);
}

TEST_CASE("the zero-sum gauge of a table changes its categorical parts only", "[mixed][gauge]") {
  const auto rbm = small_model<Table>(6);
  auto fixed = rbm;
  fix_gauge(B{}, fixed);
  CHECK(fixed.weights.middleRows(2, 3).colwise().sum().isZero(1e-14));
  CHECK(fixed.weights.leftCols(3).rowwise().sum().isZero(1e-14));
  CHECK_FALSE(fixed.weights.topRows(2).isZero(0.1));
  const Eigen::MatrixXd v = some_states(rbm, 6, 1);
  CHECK(largest_difference(exact_log_likelihood(rbm, v), exact_log_likelihood(fixed, v)) < 1e-12);
}

TEST_CASE("a table's gradient is centered by the offsets of all its parts", "[mixed][centering]") {
  const auto plain = small_model<Table>(6);
  auto gradient = plain;
  auto means = make_means(gradient);
  const Eigen::VectorXd mu = normals(6, 1, 7), lambda = normals(5, 1, 8);
  means.visible.col(0) = mu;
  means.hidden.col(1) = lambda;
  center(B{}, plain, means, gradient);
  const auto biases = [](const oracle::Layer& layer) -> Eigen::VectorXd {
    return Eigen::VectorXd::Map(layer.biases.data(), static_cast<Index>(layer.biases.size()));
  };
  const Eigen::VectorXd b = biases(mixed_oracle(plain.visible)), c = biases(mixed_oracle(plain.hidden));
  const Eigen::MatrixXd w = plain.weights - mu * c.transpose() - b * lambda.transpose();
  CHECK(largest_difference(gradient.weights, w) < 1e-14);
  CHECK(biases(mixed_oracle(gradient.visible)) == b);
  CHECK(biases(mixed_oracle(gradient.hidden)) == c);
  // A precision g is weighed about mu: -g (x - mu)^2 / 2 in place of -g x^2 / 2, up to what no state changes.
  const auto &real = std::get<2>(gradient.visible.parts), &before = std::get<2>(plain.visible.parts);
  const Eigen::ArrayXd g = before.parameters.col(1).array().exp();
  const Eigen::VectorXd about_mu =
      before.parameters.col(1).array() + g * mu.tail(real.rows()).array() * before.parameters.col(0).array();
  CHECK(largest_difference(real.parameters.col(1), about_mu) < 1e-14);
}

TEST_CASE("a fitted table has the means and variances of its data, however constant", "[mixed]") {
  const B on;
  Layer<Row, B> layer({2, {1, 3}, 2});
  const Eigen::MatrixXd means{{0.25}, {1}, {0}, {1}, {0}, {3}, {-2}},
      variances{{1}, {0}, {0}, {0}, {0}, {4}, {0}};
  fit(layer, View<const double>(means), View<const double>(variances), 40);
  const Eigen::MatrixXd none = Eigen::MatrixXd::Zero(7, 1);
  Eigen::MatrixXd found(7, 1);
  mean(on, layer, none, found);
  CHECK(largest_difference(found.topRows(2), (means.topRows(2).array() * 40 + 0.5) / 41) < 1e-14);
  CHECK(largest_difference(found.middleRows(2, 3), (means.middleRows(2, 3).array() * 40 + 1.0 / 3) / 41) <
        1e-14);
  CHECK(largest_difference(found.bottomRows(2), means.bottomRows(2)) < 1e-14);
  CHECK_THAT(std::get<2>(layer.parts).parameters(0, 1), WithinAbs(-std::log(4.0), 1e-14));
  CHECK(all_finite(on, layer));
}

namespace {

template <class Model>
std::vector<std::string> names_of(const Model& model) {
  std::vector<std::string> names;
  for_each_parameter([&](const ParameterName& name, Role, auto) { names.push_back(name.string()); }, model);
  return names;
}

// What must hold for every model; tests/models/values.cpp has more.
template <class Model>
void check_value(Model model) {
  randomise(model, 5);
  Model copy = model;
  CHECK(copy == model);
  Index unnoticed = 0;
  for_each_parameter(
      [&](const ParameterName&, Role, auto x) {
        x(x.rows - 1, 0) += 1;
        unnoticed += copy == model ? 1 : 0;
        x(x.rows - 1, 0) -= 1;
      },
      copy);
  CHECK(unnoticed == 0);
  CHECK(Model::parameter_count(model.options()) == static_cast<double>(parameter_count(model)));
  const Metadata metadata = describe(model);
  CHECK(describe(Model(Model::options_from(metadata))) == metadata);
  CHECK(describe(Model(model.options())) == metadata);
  const auto narrow = convert<Cpu<float>>(model);
  CHECK(convert<Cpu<float>>(convert<B>(narrow)) == narrow);
  for (const auto& [name, value] : metadata) {
    Metadata missing = metadata;
    missing.erase(name);
    INFO(name);
    if (name.find("1.visible") == std::string::npos)  // in a DBN the layer below has the same entry
      CHECK_THROWS_AS(Model::options_from(missing), DataError);
  }
}

const LayerSize<Row> row_size{2, {1, 3}, 1};
const LayerSize<Code> code_size{{1, 3}, 2}, other_size{{2, 2}, 1};

}  // namespace

TEST_CASE("models of mixed layers are values", "[mixed][values]") {
  check_value(Table(table_options));
  check_value(Dbn<Stack<Row, Code>, B>{{.sizes = {row_size, code_size, other_size}}});
  check_value(Network<Stack<Row, Code>, B>{{.sizes = {row_size, code_size, other_size}, .classes = 3}});
}

TEST_CASE("parts have numbers in the names and in the words of a model", "[mixed][values]") {
  CHECK(names_of(Table(table_options)) ==
        std::vector<std::string>{"weight", "visible.0.bias", "visible.1.bias", "visible.2.bias",
                                 "visible.2.log_precision", "hidden.0.bias", "hidden.1.bias"});
  const Metadata metadata = describe(Table(table_options));
  CHECK(metadata == Metadata{{"kind", "rbm"},
                             {"visible.unit", "mixed"},
                             {"visible.parts", "3"},
                             {"visible.0.unit", "bernoulli"},
                             {"visible.0.units", "2"},
                             {"visible.1.unit", "categorical"},
                             {"visible.1.units", "1"},
                             {"visible.1.states", "3"},
                             {"visible.2.unit", "gaussian"},
                             {"visible.2.units", "1"},
                             {"hidden.unit", "mixed"},
                             {"hidden.parts", "2"},
                             {"hidden.0.unit", "categorical"},
                             {"hidden.0.units", "1"},
                             {"hidden.0.states", "3"},
                             {"hidden.1.unit", "bernoulli"},
                             {"hidden.1.units", "2"}});
  const auto refuse = [&](const std::string& name, const std::string& value, const std::string& message) {
    Metadata bad = metadata;
    bad[name] = value;
    CHECK_THROWS_MATCHES(Table::options_from(bad), DataError, Message(message));
  };
  refuse("visible.unit", "gaussian", "metadata: 'visible.unit' is 'gaussian', the model has mixed units");
  refuse("visible.parts", "2", "metadata: 'visible.parts' is 2, the model has 3");
  refuse("visible.1.unit", "bernoulli",
         "metadata: 'visible.1.unit' is 'bernoulli', the model has categorical units");
}

TEST_CASE("a DBN of mixed layers goes up and down through its RBMs", "[mixed][dbn]") {
  Dbn<Stack<Row, Code>, B> dbn{{.sizes = {row_size, code_size, other_size}}};
  randomise(dbn, 5);
  const auto& bottom = std::get<Table>(dbn.rbms[0]);
  const auto& top = std::get<Rbm<Code, Code, B>>(dbn.rbms[1]);
  const Eigen::MatrixXd v = some_states(bottom, 6, 1);
  const Eigen::MatrixXd codes = encode(dbn, v);
  CHECK(largest_difference(codes, mean_hidden(top, mean_hidden(bottom, v))) < 1e-12);
  CHECK(largest_difference(decode(dbn, codes), mean_visible(bottom, mean_visible(top, codes))) < 1e-12);
  const Eigen::MatrixXd dreams = generate(dbn, {.samples = 50, .steps = 5, .seed = 3});
  CHECK(find_unacceptable(bottom.visible, View<const double>(dreams)).first == -1);
  CHECK((dreams.topRows(5).array() == 0 || dreams.topRows(5).array() == 1).all());
  CHECK(classifier(dbn, 3).input_rows() == 6);
}

}  // namespace test::models_mixed_layer
