// Training paths in model files.
#include <harmonium/io/models/any_model.hpp>
#include <harmonium/io/models/path_file.hpp>
#include <harmonium/models/dbn.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"
#include "support/ladders.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;

namespace test::io_models_path_file {

namespace {
using Machine = Rbm<Bernoulli, Bernoulli, Cpu<double>>;
using Deep = Dbn<Stack<Bernoulli>, Cpu<double>>;

FrozenPath<Machine> path_of(const Machine& rbm) {
  return {{with_weights_scaled(rbm, 0), with_weights_scaled(rbm, 1.0 / 3), with_weights_scaled(rbm, 0.7)}};
}
Machine machine() { return Machine{{.visible = 4, .hidden = 3, .seed = 1}}; }
}  // namespace

TEST_CASE("a training path is a part of its model's file", "[trajectory][io][model_file]") {
  const TemporaryFolder folder;
  const std::string first = (folder / "one.safetensors").string(), again = (folder / "two").string();
  const Machine rbm = machine();
  save(first, rbm, path_of(rbm));
  CHECK(load<Machine>(first) == rbm);  // who loads the model need not know
  CHECK(load_path<Machine>(first) == path_of(rbm));
  save(again, load<Machine>(first), load_path<Machine>(first));
  CHECK(read_file(first) == read_file(again));

  // In a DBN's file it is that of the top RBM.
  const Deep dbn{{.sizes = {5, 4, 3}, .seed = 2}};
  save(first, dbn, path_of(rbm));
  CHECK(load<Deep>(first) == dbn);
  CHECK(load_path<Machine>(first) == path_of(rbm));

  save(first, rbm);  // without
  CHECK_FALSE(has_path(read_safetensors(first)));
  CHECK_THROWS_MATCHES(load_path<Machine>(first), FileError,
                       Message("load_path: '" + first + "': it has no part 'path'"));
}

TEST_CASE("the path of a ladder is that of its rungs", "[trajectory]") {
  const Machine rbm = machine();
  const auto ladder = ladder_to(rbm, 2, 3, 1, 1);
  const FrozenPath<Machine> path = frozen_path(ladder);
  REQUIRE(path.models.size() == 3);
  for (std::size_t i = 0; i < 3; ++i) CHECK(path.models[i] == ladder.rungs()[i].model);
}

TEST_CASE("training paths that are damaged are refused", "[trajectory][io][model_file][errors]") {
  const Machine rbm = machine();
  const auto refused = [&](auto damage, const char* message) {
    TensorFile file = file_of(rbm);
    add_path(file, path_of(rbm));
    damage(file);
    CHECK_THROWS_WITH(take_path<Machine>(file), ContainsSubstring(message));
  };
  const auto tensor = [](TensorFile& file, const std::string& name) -> Tensor& {
    return *std::find_if(file.tensors.begin(), file.tensors.end(),
                         [&](const Tensor& t) { return t.name == name; });
  };
  const auto models = [](const char* count) {
    return [=](TensorFile& file) { file.metadata["path.models"] = count; };
  };
  refused(models("4"), "the path holds 57 numbers, 4 models of the sizes that it names have 76");
  refused(models("2"), "the path holds 57 numbers, 2 models");
  refused(models("1000000000"), "the path holds 57 numbers");
  refused(models("0"), "models");
  refused(models("three"), "'models' is 'three', expected a whole number");
  refused([](TensorFile& file) { file.metadata.erase("path.models"); }, "models");
  refused([](TensorFile& file) { file.metadata["path.kind"] = "network"; }, "kind");
  refused([](TensorFile& file) { file.metadata["path.hidden.units"] = "1000000000"; },
          "the path holds 57 numbers, 3 models");
  refused([](TensorFile& file) { file.metadata["path.hidden.unit"] = "gaussian"; }, "gaussian");
  refused(
      [&](TensorFile& file) {
        tensor(file, "path.1.weight").shape = {4, 3};
      },
      "tensor '1.weight' has shape [4, 3], expected [3, 4]");
  refused([&](TensorFile& file) { tensor(file, "path.2.weight").name = "path.1.weights"; },
          "there is no tensor '2.weight'");
  refused(
      [&](TensorFile& file) {
        std::erase_if(file.tensors, [](const Tensor& t) { return t.name == "path.0.visible.bias"; });
      },
      "the path holds 53 numbers");
  refused(
      [&](TensorFile& file) {
        Tensor& weight = tensor(file, "path.2.weight");
        std::vector<double> numbers = numbers_of<double>(weight);
        numbers[5] = NAN;
        weight = make_tensor("path.2.weight", weight.shape, std::span<const double>(numbers));
      },
      "tensor '2.weight' has an infinity or a NaN");
  refused(
      [&](TensorFile& file) {
        file.tensors.push_back(make_tensor("path.3.weight", {0}, std::span<const double>()));
      },
      "the path has 10 tensors, its models have 9");

  TensorFile file;
  FrozenPath<Machine> path = path_of(rbm);
  path.models[1].weights(0, 0) = INFINITY;
  CHECK_THROWS_AS(add_path(file, path), DataError);
  path.models[1] = Machine{{.visible = 4, .hidden = 2}};
  CHECK_THROWS_AS(add_path(file, path), ShapeError);
  CHECK_THROWS_AS(add_path(file, FrozenPath<Machine>()), ValueError);
  path = path_of(rbm);
  const FrozenPath<Machine> moved{{std::move(path.models[0])}};
  path.models.resize(1);  // what was moved from
  CHECK_THROWS_WITH(add_path(file, path), ContainsSubstring("the path could not be loaded again"));
  path = moved;
  path.models[0].weights = Eigen::MatrixXd::Zero(3, 4);
  CHECK_THROWS_AS(add_path(file, path), DataError);
  CHECK(file.tensors.empty());
}

TEST_CASE("files cut short have no training path", "[trajectory][io][model_file][errors]") {
  const TemporaryFolder folder;
  const std::string path = (folder / "cut.safetensors").string();
  save(path, machine(), path_of(machine()));
  const std::vector<std::byte> whole = read_file(path);
  for (const std::size_t size : {std::size_t{0}, std::size_t{7}, whole.size() / 2, whole.size() - 1}) {
    write_file(path, std::span(whole).first(size));
    CHECK_THROWS_AS(load_path<Machine>(path), FileError);
  }
}

}  // namespace test::io_models_path_file
