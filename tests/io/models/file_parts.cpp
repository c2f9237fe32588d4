// Several models in one file.
#include <harmonium/io/models/any_model.hpp>
#include <harmonium/io/models/file_parts.hpp>
#include <harmonium/io/models/model_file.hpp>
#include <harmonium/io/models/scaling_file.hpp>
#include <harmonium/models/network.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::Message;

namespace test::io_models_file_parts {

namespace {
using Machine = Rbm<Bernoulli, Bernoulli>;
using Net = Network<Stack<Bernoulli>>;
}  // namespace

TEST_CASE("a model's file may hold a network as a part, and either is loaded by itself", "[io][model_file]") {
  const TemporaryFolder folder;
  const std::string path = (folder / "both.safetensors").string();
  const Machine rbm{{.visible = 5, .hidden = 3, .seed = 1}};
  const Net network{{.sizes = {5, 3}, .classes = 2, .seed = 2}},
      other{{.sizes = {5, 4}, .classes = 3, .seed = 3}};
  TensorFile file = file_of(rbm);
  add_part(file, "predictor", file_of(network));
  add_part(file, "spare", file_of(other));
  write_safetensors(path, file);
  CHECK(load<Machine>(path) == rbm);
  CHECK(std::get<Machine>(load_any<std::variant<Net, Machine>>(path)) == rbm);
  CHECK(load<Net>(path, {}, "predictor") == network);
  CHECK(load<Net>(path, {}, "spare") == other);
  CHECK_THROWS_MATCHES(load<Net>(path, {}, "judge"), FileError,
                       Message("load: '" + path + "': it has no part 'judge'"));
  CHECK_THROWS_AS(load<Net>(path), FileError);
  CHECK_THROWS_AS(load<Machine>(path, {}, "predictor"), FileError);

  CHECK(model_from<Net>(take_part(file, "predictor")) == network);
  CHECK(model_from<Net>(take_part(file, "spare")) == other);
  CHECK(file.metadata == file_of(rbm).metadata);  // nothing of them is left
  CHECK(model_from<Machine>(file) == rbm);
}

TEST_CASE("parts have names of their own", "[io][model_file]") {
  const TensorFile part = file_of(Machine{{.visible = 2, .hidden = 1}});
  TensorFile file = part;
  add_part(file, "a", part);
  const std::size_t before = file.tensors.size();
  CHECK_THROWS_MATCHES(add_part(file, "a", part), ValueError,
                       Message("add_part: there is a part 'a' already"));
  for (const char* name : {"", "a.b", "a,b"})
    CHECK_THROWS_MATCHES(
        add_part(file, name, part), ValueError,
        Message(std::string("add_part: the name is '") + name + "', expected one without commas and dots"));
  CHECK(file.tensors.size() == before);
  CHECK_THROWS_MATCHES(take_part(file, "b"), DataError, Message("it has no part 'b'"));
  drop_parts(file);
  CHECK(file.tensors.size() == part.tensors.size());
  CHECK(file.metadata == part.metadata);
}

TEST_CASE("a list of parts that are not there takes no memory", "[io][model_file][hostile]") {
  const TemporaryFolder folder;
  const std::string path = (folder / "model").string();
  const Machine rbm{{.visible = 2, .hidden = 1}};
  TensorFile file = file_of(rbm);
  file.metadata["parts"] = "a,b,,c";  // some are not: there may be room for them
  write_safetensors(path, file);
  CHECK(load<Machine>(path) == rbm);
  file.metadata["parts"] = std::string(1'000'000, ',');
  write_safetensors(path, file);
  const auto damaged = ContainsSubstring("model': metadata: 'parts' lists 1000001 parts, there are ");
  CHECK_THROWS_WITH(load<Machine>(path), damaged);
  CHECK_THROWS_WITH(load<Machine>(path, {}, "a"), damaged);
  CHECK_THROWS_WITH(load_any<std::variant<Machine>>(path), damaged);
  CHECK_THROWS_WITH(load_scaling(path), damaged);
}

}  // namespace test::io_models_file_parts
