#include <harmonium/io/models/any_model.hpp>
#include <harmonium/models/boltzmann_machine.hpp>
#include <harmonium/models/dbn.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace {
using Binary = Rbm<Bernoulli, Bernoulli>;
using Grey = Rbm<Gaussian, Bernoulli>;
using Deep = Dbn<Stack<Bernoulli>>;
using Known = std::variant<Binary, Grey, Deep>;
}  // namespace

TEST_CASE("a file's model is loaded as the type that its metadata name", "[io][model_file]") {
  const TemporaryFolder folder;
  const auto comes_back = [&]<class Model>(const Model& model) {
    save(folder / "model", model);
    return std::get<Model>(load_any<Known>(folder / "model")) == model;
  };
  CHECK(comes_back(Binary{{.visible = 3, .hidden = 2, .seed = 1}}));
  CHECK(comes_back(Grey{{.visible = 3, .hidden = 2, .seed = 2}}));
  CHECK(comes_back(Deep{{.sizes = {4, 3, 2}, .seed = 3}}));
}

TEST_CASE("a file of no known model, or a damaged one, is refused in words", "[io][model_file][errors]") {
  const TemporaryFolder folder;
  const auto complaint = [&] {
    try {
      load_any<Known>(folder / "model");
    } catch (const FileError& error) {
      return std::string(error.what());
    }
    return std::string("no error");
  };
  CHECK_THAT(complaint(), ContainsSubstring("model"));
  save(folder / "model", BoltzmannMachine<Bernoulli>{{.visible = 3}});
  CHECK_THAT(complaint(), ContainsSubstring("none of the models that are known here, but kind "
                                            "boltzmann_machine, visible.unit bernoulli"));
  write_safetensors(folder / "model", TensorFile{});
  CHECK_THAT(complaint(), ContainsSubstring("it does not say what model it holds"));
  TensorFile file{describe(Binary{{.visible = 3, .hidden = 2}}), {}};
  write_safetensors(folder / "model", file);  // a binary RBM without its numbers
  CHECK_THAT(complaint(), ContainsSubstring("it holds 0 numbers, a model of the sizes that it names has 11"));
}
