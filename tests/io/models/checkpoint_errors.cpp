// Checkpoints that belong to another run or program, or are damaged, are refused, and nothing is changed.
#include <harmonium/data/dataset.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "io/models/killed.hpp"
#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;

ContrastiveDivergenceOptions<> plain() {
  return {.epochs = 3,
          .batch_size = 10,
          .chains = Tempered{.chains = 4, .temperatures = 3},
          .optimizer = Momentum{.rate = linear(0.1, 0)},
          .seed = 1};
}
Dataset data_of(Index rows, Index samples) {
  return Dataset(Eigen::MatrixXf(Eigen::MatrixXf::Constant(rows, samples, 0.5f)));
}

// Trains for two of three epochs and leaves a checkpoint.
void leave_checkpoint(const std::filesystem::path& path) {
  Bits rbm{{.visible = 5, .hidden = 4, .seed = 3}};
  ContrastiveDivergence trainer{rbm, plain()};
  EarlyStopping stopping;
  Checkpoint checkpoint{{.path = path}};
  Killer killer{7};
  CHECK_THROWS_AS(trainer.fit(data_of(5, 30), stopping, killer, checkpoint), Killed);
}

// The message of `fit` when it has to resume; or a sentence that it resumes, or that something was changed.
struct Setting {
  ContrastiveDivergenceOptions<> options = plain();
  Index visible = 5, hidden = 4, samples = 30;
  int patience = 5;
};
std::string resume(const std::filesystem::path& path, const Setting& setting = {}) {
  Bits rbm{{.visible = setting.visible, .hidden = setting.hidden, .seed = 3}};
  const Bits before = rbm;
  ContrastiveDivergence trainer{rbm, setting.options};
  EarlyStopping stopping{.patience = setting.patience};
  Killer killer;
  Checkpoint checkpoint{{.path = path, .resume = true}};
  try {
    trainer.fit(data_of(setting.visible, setting.samples), stopping, killer, checkpoint);
    return "it resumes";
  } catch (const FileError& error) {
    if (!(rbm == before) || trainer.steps() != 0 || stopping.best_epoch != 0 || killer.batches != 0)
      return "something was changed";
    return error.what();
  }
}

}  // namespace

TEST_CASE("a checkpoint that says centring, as the first ones did, is resumed", "[io][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.safetensors";
  leave_checkpoint(path);
  TensorFile file = read_safetensors(path);
  int renamed = 0;
  for (Tensor& tensor : file.tensors)
    if (const auto at = tensor.name.find(".centering."); at != std::string::npos) {
      tensor.name.replace(at, 11, ".centring.");
      ++renamed;
    }
  CHECK(renamed == 3);  // both layers' means, and whether there are any
  write_safetensors(path, file);
  CHECK(resume(path) == "it resumes");
}

TEST_CASE("a run resumes only with the same options, and the one that differs is named",
          "[io][checkpoint][errors]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.safetensors";
  leave_checkpoint(path);
  const std::string whole = get(path);
  const auto changed = [&](auto change) {
    Setting setting;
    change(setting);
    const std::string answer = resume(path, setting);
    CHECK(get(path) == whole);
    CHECK_THAT(answer, Catch::Matchers::StartsWith("resume: '" + path.string() + "': "));
    return answer;
  };
  CHECK_THAT(changed([](Setting& s) { s.options.epochs = 4; }),
             EndsWith("': options.epochs was '3', it is '4' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.batch_size = 15; }),
             EndsWith("options.batch_size was '10', it is '15' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.optimizer = Momentum{.rate = 0.1}; }),
             ContainsSubstring("options.optimizer.rate was '0.1 0.09375 ") && EndsWith("it is '0.1' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.optimizer = Adam{.rate = linear(0.1, 0)}; }),
             EndsWith("options.optimizer was 'momentum', it is 'adam' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.chains = Persistent{}; }),
             EndsWith("options.chains was 'tempered', it is 'persistent' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.chains = Tempered{.chains = 4, .temperatures = 4}; }),
             EndsWith("options.chains.temperatures was '3', it is '4' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.penalties.l1 = 1e-4; }),
             EndsWith("options.penalties.l1 was '0', it is '1e-04' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.statistics = Statistics::samples; }),
             EndsWith("options.statistics was 'means', it is 'samples' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.centered = false; }),
             EndsWith("options.centered was 'true', it is 'false' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.seed = 2; }),
             EndsWith("options.seed was '1', it is '2' now"));
  CHECK_THAT(changed([](Setting& s) { s.options.phase = "rbm 1"; }),
             EndsWith("options.phase was 'training', it is 'rbm 1' now"));
  CHECK_THAT(changed([](Setting& s) { s.hidden = 6; }),
             EndsWith("model.hidden.units was '4', it is '6' now"));
  CHECK_THAT(changed([](Setting& s) { s.visible = 6; }),
             EndsWith("model.visible.units was '5', it is '6' now"));
  CHECK_THAT(changed([](Setting& s) { s.samples = 31; }), EndsWith("samples was '30', it is '31' now"));
  CHECK_THAT(changed([](Setting& s) { s.patience = 6; }),
             EndsWith("observers.0.patience was '5', it is '6' now"));
  CHECK(resume(path) == "it resumes");
}

TEST_CASE("a run with other observers, units or numbers is refused", "[io][checkpoint][errors]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.safetensors";
  leave_checkpoint(path);
  const auto resume_as = [&](auto begin, auto&... observers) {
    ContrastiveDivergence trainer{begin, plain()};
    Checkpoint checkpoint{{.path = path, .resume = true}};
    trainer.fit(data_of(5, 30), observers..., checkpoint);
  };
  EarlyStopping stopping;
  CHECK_THROWS_WITH(resume_as(Bits{{.visible = 5, .hidden = 4}}),
                    EndsWith("observers.0.margin was '0', this run has no such option"));
  CHECK_THROWS_WITH(resume_as(Bits{{.visible = 5, .hidden = 4}}, stopping, stopping),
                    EndsWith("the run there has no observers.1.margin, here it is '0'"));
  using Other = Rbm<Bernoulli, Gaussian>;
  CHECK_THROWS_WITH(resume_as(Other{{.visible = 5, .hidden = 4}}, stopping),
                    EndsWith("model.hidden.unit was 'bernoulli', it is 'gaussian' now"));
  using Precise = Rbm<Bernoulli, Bernoulli, Cpu<double>>;
  CHECK_THROWS_WITH(resume_as(Precise{{.visible = 5, .hidden = 4}}, stopping),
                    EndsWith("tensor 'runs.0.model.weight' is F32, expected F64"));
}

TEST_CASE("a checkpoint that is cut short anywhere is refused", "[io][checkpoint][errors]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.safetensors";
  leave_checkpoint(path);
  const std::string whole = get(path);
  for (std::size_t length = 0; length < whole.size(); length += 1 + whole.size() / 50) {
    put(path, whole.substr(0, length));
    INFO(length << " of " << whole.size() << " bytes");
    CHECK_THAT(resume(path), ContainsSubstring(path.string()));
  }
}

TEST_CASE("a checkpoint with impossible contents is refused, tensor by tensor", "[io][checkpoint][errors]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.safetensors";
  leave_checkpoint(path);
  const TensorFile whole = read_safetensors(path);
  const auto with = [&](auto change) {
    TensorFile file = whole;
    change(file);
    write_safetensors(path, file);
    return resume(path);
  };
  const auto tensor = [](TensorFile& file, const std::string& name) -> Tensor& {
    const auto found = std::find_if(file.tensors.begin(), file.tensors.end(),
                                    [&](const Tensor& t) { return t.name == "runs.0." + name; });
    REQUIRE(found != file.tensors.end());
    return *found;
  };
  const auto set = [&](const std::string& name, auto number) {
    return with(
        [&](TensorFile& file) { std::memcpy(tensor(file, name).bytes.data(), &number, sizeof number); });
  };
  CHECK(with([](TensorFile&) {}) == "it resumes");
  for (const Tensor& one : whole.tensors) {
    INFO(one.name);
    // The best model may be missing, but not a part of it.
    CHECK_THAT(with([&](TensorFile& file) {
                 std::erase_if(file.tensors, [&](const Tensor& t) { return t.name == one.name; });
               }),
               EndsWith("there is no tensor '" + one.name + "'"));
    CHECK_THAT(with([&](TensorFile& file) { tensor(file, one.name.substr(7)).shape.push_back(1); }),
               ContainsSubstring("tensor '" + one.name + "' has shape ["));
    CHECK_THAT(with([&](TensorFile& file) {
                 Tensor& t = tensor(file, one.name.substr(7));
                 t.dtype = t.dtype == Dtype::f32   ? Dtype::i32
                           : t.dtype == Dtype::f64 ? Dtype::u64
                           : t.dtype == Dtype::u8  ? Dtype::i8
                           : t.dtype == Dtype::i32 ? Dtype::u32
                           : t.dtype == Dtype::i64 ? Dtype::u64
                                                   : Dtype::i64;
               }),
               ContainsSubstring("tensor '" + one.name + "' is "));
    if (one.dtype == Dtype::f32)
      CHECK_THAT(set(one.name.substr(7), std::numeric_limits<float>::quiet_NaN()),
                 EndsWith("tensor '" + one.name + "' has a number that it cannot have"));
  }
  const auto impossible = ContainsSubstring("has a number that it cannot have");
  CHECK_THAT(set("epoch", -1), impossible);
  CHECK_THAT(set("epoch", 4), impossible);
  CHECK_THAT(set("batch", Index(3)), impossible);
  CHECK_THAT(set("over", std::uint8_t(2)), impossible);
  CHECK_THAT(set("tempered.place", Index(5)), impossible);
  CHECK_THAT(set("tempered.place", Index(-1)), impossible);
  CHECK_THAT(set("tempered.betas", std::numeric_limits<double>::quiet_NaN()), impossible);
  CHECK_THAT(set("observers.0.best_epoch", std::numeric_limits<int>::min()), impossible);
  CHECK_THAT(with([](TensorFile& file) {
               file.tensors.push_back(make_tensor<float>("runs.0.optimizer.moments.1.weight", {0}, {}));
             }),
             ContainsSubstring("there is a tensor 'runs.0.optimizer.moments.1.weight'"));
  for (const char* history : {"", "{}", "[1]", "[{}]", "[{\"phase\": 1}]", "null", "[[[[[["}) {
    INFO(history);
    CHECK_THAT(with([&](TensorFile& file) { file.metadata["runs.0.history"] = history; }),
               ContainsSubstring("the history is garbled"));
  }
  std::string nested(200'000, '[');
  CHECK_THAT(with([&](TensorFile& file) { file.metadata["runs.0.history"] = nested; }),
             ContainsSubstring("the history is garbled"));
  nested += std::string(200'000, ']');
  CHECK_THAT(with([&](TensorFile& file) { file.metadata["runs.0.history"] = nested; }),
             ContainsSubstring("the history is garbled"));
  CHECK_THAT(with([](TensorFile& file) { file.metadata.erase("runs.0.options.epochs"); }),
             ContainsSubstring("the run there has no options.epochs, here it is '3'"));
  CHECK_THAT(with([](TensorFile& file) { file.metadata["format"] = "2"; }),
             ContainsSubstring("is not a checkpoint of this version: its format is '2', expected '1'"));
}

TEST_CASE("other files are not checkpoints", "[io][checkpoint][errors]") {
  const TemporaryFolder folder;
  const auto path = folder / "model.safetensors";
  save(path, Bits{{.visible = 5, .hidden = 4}});
  CHECK_THAT(resume(path), ContainsSubstring("its kind is 'rbm', expected 'checkpoint'"));
  leave_checkpoint(path);
  CHECK_THROWS_WITH(load<Bits>(path), ContainsSubstring("'checkpoint'"));
  put(path, "");
  CHECK_THAT(resume(path), ContainsSubstring("it has 0 bytes"));
  std::filesystem::remove(path);
  CHECK(resume(path) == "it resumes");  // nothing to resume: starts from the beginning
}

TEST_CASE("impossible options and places are refused before training", "[io][checkpoint][errors]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(Checkpoint({.path = ""}), ContainsSubstring("Checkpoint: '' names no file"));
  CHECK_THROWS_WITH(Checkpoint({.path = folder / "a", .epochs = -1}),
                    ContainsSubstring("Checkpoint: epochs is -1, expected at least 0"));
  CHECK_THROWS_WITH(Checkpoint({.path = folder / "a", .seconds = -1}),
                    ContainsSubstring("Checkpoint: seconds is -1"));
  put(folder / "file", "x");
  CHECK_THROWS_AS(Checkpoint({.path = folder / "file/run"}), FileError);
  CHECK_THROWS_AS(Checkpoint({.path = folder.path()}), FileError);
}

TEST_CASE("a state that is not finite is not saved, and the last checkpoint stays", "[io][checkpoint]") {
  const TemporaryFolder folder;
  const auto path = folder / "run.safetensors";
  Bits rbm{{.visible = 5, .hidden = 4, .seed = 3}};
  ContrastiveDivergence trainer{rbm, plain()};
  struct Spoil {
    Bits& rbm;
    void operator()(const EpochReport& report) {
      if (report.epoch == 2) rbm.weights(0, 0) = std::nanf("");
    }
  } spoil{rbm};
  EarlyStopping stopping;
  Checkpoint checkpoint{{.path = path}};
  CHECK_THROWS_WITH(trainer.fit(data_of(5, 30), stopping, spoil, checkpoint),
                    ContainsSubstring("has an infinity or a NaN; a lower rate may help"));
  CHECK(resume(path) == "it resumes");
}
