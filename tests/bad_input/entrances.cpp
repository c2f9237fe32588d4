// Every entrance takes every kind of data, with the same result, and refuses the same things in the same
// words.
#include <harmonium/harmonium.hpp>

#include "refusals.hpp"

using namespace harmonium;
using namespace test;

namespace test::bad_input_entrances {

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;
using Sparse = Eigen::SparseMatrix<float>;

const Cpu<float> on;
const Cpu<double> precise;

// 4 numbers, 6 samples.
Eigen::MatrixXf bits() {
  Eigen::MatrixXf x = Eigen::MatrixXf::Zero(4, 6);
  for (Index c = 0; c < 6; ++c)
    for (Index r = 0; r < 4; ++r) x(r, c) = (r * r + 3 * c + r * c) % 5 < 2 ? 1.0f : 0.0f;
  return x;
}

// A source of your own, as for data on disk.
struct Own {
  Eigen::MatrixXf samples;
  Index rows() const { return samples.rows(); }
  Index size() const { return samples.cols(); }
  std::span<const int> labels() const { return {}; }
  template <class B>
  void fill(const B& /*on*/, std::span<const Index> columns, ViewOf<B> out) const {
    for (Index i = 0; i < out.cols; ++i)
      for (Index r = 0; r < out.rows; ++r)
        out(r, i) = static_cast<ScalarOf<B>>(samples(r, columns[static_cast<std::size_t>(i)]));
  }
};

Sparse sparse_of(const Eigen::MatrixXf& x) { return x.sparseView(); }

// Calls f(name, data) with the same samples in every kind.
template <class T, class F>
void for_each_kind(const Eigen::MatrixXf& x, F f) {
  const HostMatrix<T> matrix = x.cast<T>();
  f("a matrix", matrix);
  f("a view", View<const T>(matrix));
  f("a block of columns", Eigen::Ref<const HostMatrix<T>>(matrix));
  f("a data set", Dataset(x));
  f("a sparse data set", Dataset(sparse_of(x)));
  const Sparse sparse = sparse_of(x);
  f("a sparse matrix", sparse);
  const Eigen::SparseMatrix<double> numbers = sparse.cast<double>();
  f("a sparse matrix of another type", numbers);
  f("a source", Own{x});
}

Eigen::MatrixXd numbers(const auto& result) { return result.template cast<double>(); }
Eigen::MatrixXd numbers(const std::vector<int>& result) {
  return Eigen::Map<const Eigen::VectorXi>(result.data(), static_cast<Index>(result.size())).cast<double>();
}
Eigen::MatrixXd numbers(double result) { return Eigen::MatrixXd::Constant(1, 1, result); }

// All parameters one after another.
template <class Model>
Eigen::MatrixXd parameters_of(const Model& model) {
  std::vector<double> all;
  for_each_parameter(
      [&](const ParameterName&, Role, auto x) {
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r) all.push_back(static_cast<double>(x(r, c)));
      },
      model);
  return Eigen::Map<const Eigen::VectorXd>(all.data(), static_cast<Index>(all.size()));
}

template <class Model>
void spoil(Model& model) {
  if constexpr (requires { model.weights; }) model.weights = HostMatrix<typename Model::Scalar>::Ones(2, 2);
  if constexpr (requires { model.rbms; }) std::visit([](auto& rbm) { spoil(rbm); }, model.rbms[0]);
  if constexpr (requires { model.layers; })
    std::visit([](auto& dense) { dense.weights.setOnes(2, 2); }, model.layers[0]);
  if constexpr (requires { model.top; }) spoil(model.top);
}

const Bits rbm{{.visible = 4, .hidden = 3, .seed = 1, .weight_scale = 0.5}};
const BoltzmannMachine<Bernoulli> machine{{.visible = 4}};
const Rbm<Gaussian, Bernoulli> real{{.visible = 4, .hidden = 3, .seed = 1, .weight_scale = 0.5}};
const Dbn<Stack<Bernoulli>> dbn{{.sizes = {4, 3, 2}, .seed = 1, .weight_scale = 0.5}};
const Network<Stack<Bernoulli>> network{{.sizes = {4, 3}, .classes = 3, .seed = 1}};
const Autoencoder<Stack<Bernoulli>> codes{{.sizes = {4, 2}, .seed = 1}};
const JointRbm<Bernoulli, Bernoulli> joint{{.visible = {4, {1, 3}}, .hidden = 3, .seed = 1}};
const UpDownDbn<Stack<Bernoulli>> up_down{{.sizes = {4, 3, 2}, .classes = 3, .seed = 1}};

// Calls f(entrance as messages name it, model, call) for entrances that only ask a model.
template <class F>
void for_each_query(F f) {
  f("mean_hidden", rbm, [](auto& m, const auto& x) { return numbers(mean_hidden(m, x, on)); });
  f("sample_hidden", rbm,
    [](auto& m, const auto& x) { return numbers(sample_hidden(m, x, {.seed = 3}, on)); });
  f("encode", rbm, [](auto& m, const auto& x) { return numbers(encode(m, x)); });
  f("encode", dbn, [](auto& m, const auto& x) { return numbers(encode(m, x, {.passes = 2})); });
  f("encode", codes, [](auto& m, const auto& x) { return numbers(encode(m, x, on)); });
  f("reconstruct", dbn, [](auto& m, const auto& x) { return numbers(reconstruct(m, x)); });
  f("reconstruct", codes, [](auto& m, const auto& x) { return numbers(reconstruct(m, x, on)); });
  f("reconstruct", up_down, [](auto& m, const auto& x) { return numbers(reconstruct(m, x, on)); });
  f("free_energy", rbm, [](auto& m, const auto& x) { return numbers(free_energy(m, x, on)); });
  f("free_energy", machine, [](auto& m, const auto& x) { return numbers(free_energy(m, x, on)); });
  f("free_energy_gap", rbm, [](auto& m, const auto& x) { return numbers(free_energy_gap(m, x, x, on)); });
  f("exact_log_likelihood", rbm,
    [](auto& m, const auto& x) { return numbers(exact_log_likelihood(m, x, precise)); });
  f("exact_gradient", rbm,
    [](auto& m, const auto& x) { return parameters_of(exact_gradient(m, x, {}, precise)); });
  f("log_likelihood", rbm, [](auto& m, const auto& x) { return numbers(log_likelihood(m, x, 1.0, on)); });
  f("log_likelihood_bound", dbn,
    [](auto& m, const auto& x) { return numbers(log_likelihood_bound(m, x, 1.0, {}, on).bounds); });
  f("base_rates", rbm,
    [](auto& m, const auto& x) { return numbers(base_rates(m, x, on).visible.parameters); });
  f("pseudo_likelihood", rbm, [](auto& m, const auto& x) { return numbers(pseudo_likelihood(m, x, on)); });
  f("stochastic_pseudo_likelihood", rbm,
    [](auto& m, const auto& x) { return numbers(stochastic_pseudo_likelihood(m, x, {.seed = 3}, on)); });
  f("reconstruction_cross_entropy", rbm,
    [](auto& m, const auto& x) { return numbers(reconstruction_cross_entropy(m, x, on)); });
  f("ratio_matching", rbm, [](auto& m, const auto& x) { return numbers(ratio_matching(m, x, on)); });
  f("probability_flow", rbm, [](auto& m, const auto& x) { return numbers(probability_flow(m, x, on)); });
  f("score_matching", real, [](auto& m, const auto& x) { return numbers(score_matching(m, x, on)); });
  f("outputs", codes, [](auto& m, const auto& x) { return numbers(outputs(m, x, on)); });
  f("predict_proba", network, [](auto& m, const auto& x) { return numbers(predict_proba(m, x, on)); });
  f("predict_proba", network, [](auto& m, const auto& x) { return numbers(predict(m, x, on)); });
  f("evaluate", codes, [](auto& m, const auto& x) { return numbers(evaluate(m, x, on).loss); });
  f("class_log_probabilities", joint,
    [](auto& m, const auto& x) { return numbers(class_log_probabilities(m, x, on)); });
  f("class_log_probabilities", joint, [](auto& m, const auto& x) { return numbers(predict(m, x, on)); });
  f("class_log_probabilities", up_down,
    [](auto& m, const auto& x) { return numbers(predict_proba(m, x, on)); });
}

// The same for those that train.
template <class F>
void for_each_trainer(F f) {
  f("fit", rbm, [](auto& m, const auto& x) {
    ContrastiveDivergence{m, {.epochs = 2, .batch_size = 4, .seed = 1}, on}.fit(x);
    return parameters_of(m);
  });
  f("epoch", rbm, [](auto& m, const auto& x) {
    ContrastiveDivergence{m, {.batch_size = 4}, on}.epoch(x);
    return parameters_of(m);
  });
  f("fit", machine, [](auto& m, const auto& x) {
    PseudoLikelihood{m, {.epochs = 2, .batch_size = 4}, on}.fit(x);
    return parameters_of(m);
  });
  f("fit", real, [](auto& m, const auto& x) {
    ScoreMatching{m, {.epochs = 1, .batch_size = 6}, on}.fit(x);
    return parameters_of(m);
  });
  f("pre_train", dbn, [](auto& m, const auto& x) {
    pre_train_on(on, m, x, PreTrainingOptions<>{.layers = {{.epochs = 1}}});
    return parameters_of(m);
  });
  f("fit", codes, [](auto& m, const auto& x) {
    FineTuning{m, {.epochs = 1, .batch_size = 4}, on}.fit(x);
    return parameters_of(m);
  });
}

// Monitors look at data too.
Eigen::MatrixXd watched(const auto& model, const auto& x) {
  EpochReport report{.epoch = 1, .epochs = 2};
  Monitor(model, x, x, MonitorOptions{}, on)(report);
  std::vector<double> metrics;
  for (const auto& [name, value] : report.metrics) metrics.push_back(value);
  return Eigen::Map<const Eigen::VectorXd>(metrics.data(), static_cast<Index>(metrics.size()));
}

// Does a call throw this, and leave the model alone?
template <class Error, class Model, class F>
void refuses(const std::string& message, const Model& model, F call) {
  Model own = model;
  INFO(message);
  check_refusal(refused<Error>(message.c_str(), message.c_str(), [&] { return call(own); }));
  CHECK(own == model);
}

template <class Model, class F>
void check_kinds(const std::string& name, const Model& model, F call) {
  Model begin = model;
  const Eigen::MatrixXd expected = call(begin, bits());
  for_each_kind<typename Model::Scalar>(bits(), [&](const char* kind, const auto& data) {
    INFO(name << " of " << kind);
    Model own = model;
    CHECK(call(own, data).isApprox(expected, 1e-4));
  });
}

const char* nan_message(const std::string& name) {
  const bool units = name == "fit" || name == "epoch" || name == "pre_train" || name == "Monitor";
  return units ? ": the.* data have nan in row 1 of column 2[;,] .*"
               : ": the data have nan in row 1 of column 2, expected a finite number";
}

template <class Model, class F>
void check_bad_data(const std::string& name, const Model& model, F call) {
  Eigen::MatrixXf broken = bits();
  broken(1, 2) = std::nanf("");
  const std::string trains = name == "pre_train" ? "fit" : name;
  const auto each = [&]<class Error>(std::type_identity<Error>, const std::string& message,
                                     const Eigen::MatrixXf& x) {
    for_each_kind<typename Model::Scalar>(x, [&](const char* kind, const auto& data) {
      INFO(kind);
      refuses<Error>(trains + message, model, [&](Model& own) { return call(own, data); });
    });
  };
  using std::type_identity;
  each(type_identity<ShapeError>(), ": the.* data have 3 rows, the model has 4", bits().topRows(3));
  each(type_identity<ShapeError>(),
       ": the.* data have 6 rows, the model has 4; they have as many columns, .* did you mean "
       "transpose\\(\\)\\.eval\\(\\)\\?",
       bits().transpose());
  each(type_identity<DataError>(), ": the.* data have no samples", bits().leftCols(0));
  each(type_identity<DataError>(), nan_message(name), broken);
  Model wrong = model;
  spoil(wrong);
  refuses<ShapeError>(name + ": the model's weights are 2 x 2, its layers have \\d and \\d rows", wrong,
                      [&](Model& own) { return call(own, bits()); });
}

}  // namespace

TEST_CASE("every entrance takes every kind of data, with the same result", "[bad_input][entrances][slow]") {
  for_each_query([](const char* name, const auto& model, auto call) { check_kinds(name, model, call); });
  for_each_trainer([](const char* name, const auto& model, auto call) { check_kinds(name, model, call); });
  check_kinds("Monitor", rbm, [](auto& m, const auto& x) { return watched(m, x); });
}

TEST_CASE("every entrance refuses the same data and models, in the same words, and changes nothing",
          "[bad_input][entrances][slow]") {
  for_each_query([](const char* name, const auto& model, auto call) { check_bad_data(name, model, call); });
  for_each_trainer([](const char* name, const auto& model, auto call) { check_bad_data(name, model, call); });
  check_bad_data("Monitor", rbm, [](auto& m, const auto& x) { return watched(m, x); });
}

TEST_CASE("a model whose weights do not fit its layers is refused by all that takes no data",
          "[bad_input][entrances][slow]") {
  const Eigen::MatrixXf x = bits();
  const Mask all = Mask::Constant(4, 6, true), none = Mask::Constant(4, 6, false);
  const auto base = base_rates(rbm);
  const auto wrong = [](auto model) {
    spoil(model);
    return model;
  };
  const Bits narrow = wrong(rbm);
  Bits flat = rbm;
  flat.weights = rbm.weights.transpose();
  Rbm<Gaussian, Bernoulli> no_precisions = real;
  no_precisions.visible.parameters = Eigen::MatrixXf::Zero(4, 1);
  Dbn<Stack<Bernoulli>> broken = dbn;
  broken.rbms.pop_back();
  broken.rbms.emplace_back(Bits{{.visible = 5, .hidden = 2}});
  const SandwichOptions options{.chains = 10, .betas = uniform_betas(2)};
  constexpr const char* message = "[a-z_]+: the model's weights are 2 x 2, its layers have 4 and 3 rows";
  check_refusals({
      refused<ShapeError>("log Z", message, [=] { return exact_log_z(narrow, precise); }),
      refused<ShapeError>("moments", message, [=] { return exact_moments(narrow, precise); }),
      refused<ShapeError>("draws", message, [=] { return exact_samples(narrow, 2, 0, precise); }),
      refused<ShapeError>("chains", message, [=] { return generate(narrow); }),
      refused<ShapeError>("chains of a stack", message, [=] { return generate(wrong(dbn)); }),
      refused<ShapeError>("chains of labels", message, [=] { return generate(narrow, {.tempering = 2}); }),
      refused<ShapeError>("down", message, [=] { return mean_visible(narrow, x.topRows(3).eval(), on); }),
      refused<ShapeError>("draws down", message,
                          [=] { return sample_visible(narrow, x.topRows(3).eval(), {}, on); }),
      refused<ShapeError>("from codes", message, [=] { return decode(narrow, x.topRows(3).eval()); }),
      refused<ShapeError>("filling in", message, [=] { return fill_in(narrow, x, all, {}, {}, on); }),
      refused<ShapeError>(
          "clamping", message,
          [=] { return clamp(narrow, Eigen::MatrixXf(x.leftCols(1)), View<const bool>(all).columns(0, 1)); }),
      refused<ShapeError>("log p of known numbers", message,
                          [=] { return log_conditional(narrow, x, all, none, options, precise); }),
      refused<ShapeError>("annealing", message,
                          [=] { return annealed_log_weights(narrow, base, {.chains = 2}, on); }),
      refused<ShapeError>("a sandwich", message, [=] { return sandwich(narrow, x, options, on); }),
      refused<ShapeError>("conversion", message, [=] { return convert<Cpu<double>>(narrow); }),
      refused<ShapeError>("a step", message,
                          [=]() mutable {
                            Bits own = narrow;
                            ContrastiveDivergence trainer{own, {.batch_size = 6}, on};
                            trainer.step({.values = View<const float>(x)});
                          }),
      refused<ShapeError>("transposed weights",
                          "mean_hidden: the model's weights are 3 x 4, its layers have 4 and 3 rows",
                          [=] { return mean_hidden(flat, x, on); }),
      refused<ShapeError>("no precisions",
                          "free_energy: a gaussian layer has 1 parameters per row, expected 2",
                          [=] { return free_energy(no_precisions, x, on); }),
      refused<ShapeError>("a stack that does not fit",
                          "encode: RBM 2 has 5 visible rows, the one below 3 hidden rows",
                          [=] { return encode(broken, x); }),
  });
}

TEST_CASE("missing numbers are refused where they can't be drawn", "[bad_input][entrances][slow]") {
  Eigen::MatrixXf holes = bits();
  holes(1, 2) = std::nanf("");
  const MissingData missing(holes);
  for_each_query([&](const std::string& name, const auto& model, auto call) {
    using Model = std::remove_cvref_t<decltype(model)>;
    refuses<ValueError>(name + ": entries are missing in columns 0 to 5; `fill_in` draws them by an RBM",
                        model, [&](Model& own) { return call(own, missing); });
  });
}

}  // namespace test::bad_input_entrances
