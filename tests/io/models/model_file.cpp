#include <harmonium/io/models/model_file.hpp>

#include <harmonium/models/autoencoder.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/models/mixed_layer.hpp>
#include <harmonium/models/up_down.hpp>
#include <harmonium/units/drelu.hpp>
#include <harmonium/units/relu.hpp>
#include <harmonium/units/spin.hpp>

#include <limits>

#include "io/damage.hpp"
#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace {

// Numbers that differ from each other, and from those of a fresh model.
template <class Model>
Model numbered(const typename Model::Options& options) {
  Model model(options);
  double next = 0.125;
  for_each_parameter(
      [&](const ParameterName&, Role, auto x) {
        for (Index c = 0; c < x.cols; ++c)
          for (Index r = 0; r < x.rows; ++r) x(r, c) = static_cast<typename Model::Scalar>(next += 0.375);
      },
      model);
  return model;
}

using Binary = Rbm<Bernoulli, Bernoulli>;

Binary small() { return numbered<Binary>({.visible = 3, .hidden = 2}); }

// The message of `load` about a file.
template <class Model>
std::string complaint(const std::filesystem::path& path) {
  try {
    load<Model>(path);
  } catch (const FileError& error) {
    CHECK_THAT(error.what(), ContainsSubstring(path.string()));
    return error.what();
  }
  return "no error";
}

}  // namespace

namespace elsewhere {  // a model from elsewhere: what `save` and `load` need, and no more

struct Line {
  using Backend = Cpu<double>;
  using Scalar = double;
  using Options = Index;
  Eigen::MatrixXd slope;
  Line() = default;
  explicit Line(Options size) : slope(Eigen::MatrixXd::Zero(size, 1)) {}
  static Options options_from(const Metadata& metadata) { return std::stol(metadata.at("size")); }
  static double parameter_count(Options size) { return static_cast<double>(size); }
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    f(name / "slope", Role::shape, view_of(self.slope), view_of(others.slope)...);
  }
};
Metadata describe(const Line& line) { return {{"size", std::to_string(line.slope.rows())}}; }

}  // namespace elsewhere

TEST_CASE("every kind of model is restored from its file alone", "[io][model_file]") {
  const TemporaryFolder folder;
  const auto comes_back = [&]<class Model>(const Model& model) {
    save(folder / "model", model);
    return load<Model>(folder / "model") == model;
  };
  CHECK(comes_back(small()));
  CHECK(comes_back(numbered<Rbm<Bernoulli, Bernoulli, Cpu<double>>>({.visible = 1, .hidden = 4})));
  CHECK(comes_back(numbered<Rbm<Gaussian, Bernoulli>>({.visible = 5, .hidden = 1})));
  CHECK(comes_back(numbered<Rbm<Categorical, Drelu>>({.visible = {.units = 3, .states = 4}, .hidden = 2})));
  CHECK(comes_back(numbered<Rbm<Categorical, Gaussian, Cpu<double>>>(
      {.visible = {.units = 2, .states = 3}, .hidden = 4})));
  CHECK(comes_back(numbered<Dbn<Stack<Bernoulli>>>({.sizes = {4, 3, 2, 5}})));
  CHECK(comes_back(
      numbered<Dbn<Stack<Categorical, Bernoulli, Gaussian>>>({.sizes = {GroupedSize{2, 3}, 3, 2}})));
  CHECK(comes_back(numbered<Network<Stack<Bernoulli>>>({.sizes = {4, 3, 2}, .classes = 3})));
  CHECK(comes_back(numbered<Network<Stack<Bernoulli, Relu>>>({.sizes = {4, 3, 2}, .classes = 3})));
  CHECK(comes_back(
      numbered<Network<Stack<Gaussian, Relu>, Cpu<double>, Gaussian>>({.sizes = {4, 3, 2}, .outputs = 3})));
  CHECK(comes_back(numbered<Autoencoder<Stack<Bernoulli, Bernoulli, Gaussian>>>({.sizes = {6, 4, 3, 2}})));
  CHECK(comes_back(numbered<Autoencoder<Stack<Mixed<Bernoulli, Gaussian>, Categorical>>>(
      {.sizes = {std::tuple(2, 3), GroupedSize{2, 3}}})));
  using Row = Mixed<Bernoulli, Categorical, Gaussian>;
  CHECK(comes_back(numbered<Dbn<Stack<Row, Mixed<Gaussian, Bernoulli>>>>(
      {.sizes = {LayerSize<Row>{3, {1, 2}, 2}, std::tuple{1, 2}}})));
  const elsewhere::Line line = numbered<elsewhere::Line>(7);
  save(folder / "line", line);
  CHECK(load<elsewhere::Line>(folder / "line").slope == line.slope);
}

TEST_CASE("a model's tensors have the walk's names and order, and row-major shapes", "[io][model_file]") {
  const TemporaryFolder folder;
  save(folder / "model", small());
  const TensorFile file = read_safetensors(folder / "model");
  REQUIRE(file.tensors.size() == 3);
  CHECK(file.tensors[0].name == "weight");
  CHECK(file.tensors[0].shape == std::vector<std::uint64_t>{2, 3});  // [H, V], as PyTorch's nn.Linear(V, H)
  CHECK(file.tensors[1].name == "visible.bias");
  CHECK(file.tensors[1].shape == std::vector<std::uint64_t>{3});
  CHECK(file.tensors[2].name == "hidden.bias");
  CHECK(file.tensors[2].shape == std::vector<std::uint64_t>{2});
  const auto weights = numbers_of<float>(file.tensors[0]);
  const Binary rbm = small();
  for (Index h = 0; h < 2; ++h)
    for (Index v = 0; v < 3; ++v) CHECK(weights[static_cast<std::size_t>(h * 3 + v)] == rbm.weights(v, h));
  CHECK(file.metadata == describe(rbm));

  save(folder / "narrow", numbered<Rbm<Gaussian, Bernoulli>>({.visible = 3, .hidden = 1}));
  const TensorFile narrow = read_safetensors(folder / "narrow");
  REQUIRE(narrow.find("weight") != nullptr);
  CHECK(narrow.find("weight")->shape == std::vector<std::uint64_t>{1, 3});  // still a matrix
  REQUIRE(narrow.find("visible.log_precision") != nullptr);
  CHECK(narrow.find("visible.log_precision")->shape == std::vector<std::uint64_t>{3});
}

TEST_CASE("networks of other heads and layers are told apart", "[io][model_file][network]") {
  const TemporaryFolder folder;
  save(folder / "relu", numbered<Network<Stack<Bernoulli, Relu>>>({.sizes = {4, 3}, .classes = 3}));
  CHECK_THAT(complaint<Network<Stack<Bernoulli>>>(folder / "relu"),
             ContainsSubstring("'layers.0.unit' is 'relu', the model has bernoulli units"));
  CHECK_THAT(complaint<Autoencoder<Stack<Bernoulli>>>(folder / "relu"),
             ContainsSubstring("a model of kind 'network', expected 'autoencoder'"));
  using Numbers = Network<Stack<Bernoulli, Relu>, Cpu<float>, Gaussian>;
  save(folder / "numbers", numbered<Numbers>({.sizes = {4, 3}, .outputs = 3}));
  CHECK_THAT((complaint<Network<Stack<Bernoulli, Relu>>>(folder / "numbers")),
             ContainsSubstring("'head.unit' is 'gaussian', the model has categorical units"));
  save(folder / "code", numbered<Autoencoder<Stack<Bernoulli>>>({.sizes = {4, 3, 2}}));
  CHECK_THAT(complaint<Network<Stack<Bernoulli>>>(folder / "code"),
             ContainsSubstring("a model of kind 'autoencoder', expected 'network'"));
  const TensorFile file = read_safetensors(folder / "code");
  std::string names;
  for (const Tensor& tensor : file.tensors) names += tensor.name + ' ';
  CHECK(
      names ==
      "layers.0.weight layers.0.bias layers.1.weight layers.1.bias layers.2.weight layers.2.bias head.weight "
      "head.bias ");
}

TEST_CASE("the parts of a mixed layer are separate tensors", "[io][model_file][mixed]") {
  const TemporaryFolder folder;
  using Table = Rbm<Mixed<Bernoulli, Gaussian>, Bernoulli>;
  save(folder / "model", numbered<Table>({.visible = {3, 1}, .hidden = 2}));
  const TensorFile file = read_safetensors(folder / "model");
  std::string names;
  for (const Tensor& tensor : file.tensors) names += tensor.name + ' ';
  CHECK(names == "weight visible.0.bias visible.1.bias visible.1.log_precision hidden.bias ");
  CHECK_THAT((complaint<Rbm<Mixed<Gaussian, Bernoulli>, Bernoulli>>(folder / "model")),
             ContainsSubstring("'visible.0.unit' is 'bernoulli', the model has gaussian units"));
  CHECK_THAT(complaint<Binary>(folder / "model"),
             ContainsSubstring("'visible.unit' is 'mixed', the model has bernoulli units"));
}

TEST_CASE("single and double precision load each other's files", "[io][model_file]") {
  const TemporaryFolder folder;
  using Double = Rbm<Bernoulli, Bernoulli, Cpu<double>>;
  save(folder / "float", small());
  CHECK(load<Double>(folder / "float") == convert<Cpu<double>>(small()));
  Double exact = convert<Cpu<double>>(small());
  exact.weights(1, 1) = 1.0 / 3;
  save(folder / "double", exact);
  CHECK(load<Binary>(folder / "double").weights(1, 1) == 1.0f / 3);
  CHECK(load<Double>(folder / "double") == exact);

  exact.weights(1, 1) = 1e300;
  save(folder / "double", exact);
  CHECK_THAT(complaint<Binary>(folder / "double"), ContainsSubstring("'weight' has an infinity or a NaN"));
}

TEST_CASE("parameters of several models share a file under prefixes", "[io][model_file]") {
  const Binary rbm = small();
  const auto other = numbered<Rbm<Gaussian, Bernoulli, Cpu<double>>>({.visible = 2, .hidden = 2});
  TensorFile file;
  add_parameters(file, rbm, "model.");
  add_parameters(file, other, "moments.");
  REQUIRE(file.find("moments.visible.log_precision") != nullptr);
  Binary again{{.visible = 3, .hidden = 2}};
  set_parameters(again, file, "model.");
  CHECK(again == rbm);
  CHECK_THROWS_WITH(set_parameters(again, file), ContainsSubstring("no tensor 'weight'"));
}

TEST_CASE("a model is changed by all of a file's parameters or by none", "[io][model_file]") {
  TensorFile file;
  add_parameters(file, small());
  file.tensors.pop_back();  // hidden.bias, the last of the walk
  Binary model{{.visible = 3, .hidden = 2, .seed = 7}};
  const Binary before = model;
  CHECK_THROWS_WITH(set_parameters(model, file), ContainsSubstring("no tensor 'hidden.bias'"));
  CHECK(model == before);
}

TEST_CASE("a file that is not of the model says how", "[io][model_file]") {
  const TemporaryFolder folder;
  save(folder / "model", small());
  TensorFile file = read_safetensors(folder / "model");
  const auto complaint_of = [&] {
    write_safetensors(folder / "model", file);
    return complaint<Binary>(folder / "model");
  };
  REQUIRE(complaint_of() == "no error");

  SECTION("another kind, other units") {
    save(folder / "model", numbered<Dbn<Stack<Bernoulli>>>({.sizes = {3, 2}}));
    CHECK_THAT(complaint<Binary>(folder / "model"), ContainsSubstring("'dbn', expected 'rbm'"));
    save(folder / "model", numbered<Rbm<Gaussian, Bernoulli>>({.visible = 3, .hidden = 2}));
    CHECK_THAT(complaint<Binary>(folder / "model"), ContainsSubstring("gaussian"));
  }
  SECTION("no metadata") {
    file.metadata.clear();
    CHECK_THAT(complaint_of(), ContainsSubstring("it does not say what model it holds"));
  }
  SECTION("sizes that the tensors do not have, however large, make no model") {
    file.metadata["visible.units"] = "4";
    CHECK_THAT(complaint_of(),
               ContainsSubstring("it holds 11 numbers, a model of the sizes that it names has 14"));
    file.metadata["visible.units"] = file.metadata["hidden.units"] = "1000000000";
    CHECK_THAT(
        complaint_of(),
        ContainsSubstring("it holds 11 numbers, a model of the sizes that it names has 1.000000002e+18"));
  }
  SECTION("sizes exchanged") {
    std::swap(file.metadata["visible.units"], file.metadata["hidden.units"]);
    CHECK_THAT(complaint_of(), ContainsSubstring("'weight' has shape [2, 3], expected [3, 2]"));
  }
  SECTION("a tensor of another name") {
    file.tensors[1].name = "visible.bios";
    CHECK_THAT(complaint_of(), ContainsSubstring("there is no tensor 'visible.bias'"));
  }
  SECTION("a tensor too many, of no numbers") {
    file.tensors.push_back({"extra", Dtype::f32, {0}, {}});
    CHECK_THAT(complaint_of(), ContainsSubstring("it has 4 tensors, the model has 3"));
  }
  SECTION("integers") {
    file.tensors[1].dtype = Dtype::i32;
    CHECK_THAT(complaint_of(), ContainsSubstring("'visible.bias' is I32, expected F32 or F64"));
  }
  SECTION("numbers that are not finite") {
    const float bad =
        GENERATE(std::numeric_limits<float>::quiet_NaN(), std::numeric_limits<float>::infinity());
    std::memcpy(file.tensors[2].bytes.data() + 4, &bad, 4);
    CHECK_THAT(complaint_of(), ContainsSubstring("'hidden.bias' has an infinity or a NaN"));
  }
}

TEST_CASE("a model that would not load is not saved, and the old file stays", "[io][model_file]") {
  const TemporaryFolder folder;
  save(folder / "model", small());
  Binary broken = small();
  broken.weights(2, 1) = std::numeric_limits<float>::quiet_NaN();
  CHECK_THROWS_AS(save(folder / "model", broken), DataError);
  CHECK(load<Binary>(folder / "model") == small());
}

TEST_CASE("a model's file with any byte changed or cut off loads or is refused",
          "[io][model_file][hostile]") {
  const TemporaryFolder folder;
  using Model = Dbn<Stack<Bernoulli, Categorical>>;
  save(folder / "good", numbered<Model>({.sizes = {2, GroupedSize{1, 2}}}));
  const std::string good = test::get(folder / "good");
  long refused = 0, accepted = 0;
  const auto attempt = [&](const std::string& bytes) {
    test::put(folder / "model", bytes);
    try {
      const Model model = load<Model>(folder / "model");
      if (!all_finite(Cpu<float>{}, model)) FAIL("numbers that are not finite");
      ++accepted;
    } catch (const FileError&) {
      ++refused;
    }
  };
  test::for_each_beginning(good, attempt);
  CHECK(refused == static_cast<long>(good.size()));
  test::for_each_changed_byte(good, attempt);
  CHECK(refused + accepted == static_cast<long>(good.size() * 10));
  CHECK(accepted > 100);
}

namespace test::model_file_invariants {

namespace {
using Bits = Rbm<Bernoulli, Bernoulli>;

// The model is refused, and the good file remains.
template <class Model>
void check_refused(const Model& good, const Model& bad) {
  const TemporaryFolder folder;
  save(folder / "model", good);
  CHECK_THROWS_AS(save(folder / "model", bad), DataError);
  CHECK(load<Model>(folder / "model") == good);
  CHECK_THROWS_AS(save(folder / "other", bad), DataError);
  CHECK(folder.entries() == 1);
}
}  // namespace

TEST_CASE("models that could not be loaded are not saved over those that can", "[io][models][hostile]") {
  const Bits good{{.visible = 4, .hidden = 3, .seed = 1}};
  Bits moved = good;
  const Bits taken = std::move(moved);
  check_refused(good, moved);
  check_refused(good, Bits());
  Bits other_shape = good;
  other_shape.weights = Eigen::MatrixXf::Zero(3, 4);
  check_refused(good, other_shape);
  other_shape.weights = Eigen::MatrixXf::Zero(5, 3);
  check_refused(good, other_shape);
  Bits longer = good;
  longer.hidden.parameters = Eigen::MatrixXf::Zero(4, 1);
  check_refused(good, longer);

  const auto check_moved = []<class Model>(const Model& whole) {
    Model left = whole;
    const Model there = std::move(left);
    check_refused(whole, left);
    check_refused(there, Model());
  };
  check_moved(Network<Stack<Bernoulli>>{{.sizes = {4, 3}, .classes = 2, .seed = 1}});
  check_moved(BoltzmannMachine<Spin>{{.visible = 4}});
  check_moved(UpDownDbn<Stack<Bernoulli>>{{.sizes = {4, 3, 2}, .classes = 2, .seed = 1}});
  check_moved(Rbm<Mixed<Bernoulli, Categorical>, Bernoulli>{{.visible = {2, {1, 3}}, .hidden = 2}});

  using Deep = Dbn<Stack<Bernoulli>>;
  const Deep dbn{{4, 3, 2}};
  Deep gone = dbn;
  const Deep kept = std::move(gone);
  check_refused(dbn, gone);
  check_refused(dbn, Deep());
  Deep torn = dbn;
  std::get<0>(torn.rbms[1]) = Bits{{.visible = 7, .hidden = 2}};
  check_refused(dbn, torn);
}

}  // namespace test::model_file_invariants
