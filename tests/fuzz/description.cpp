// The program's models, with their description of columns and what they predict: what loads must sample,
// encode, predict and save to the same bytes.
#include <fstream>
#include <harmonium/model.hpp>
#include <iterator>

#include "models.hpp"

namespace fuzz::description {
namespace {

using namespace program;
using namespace harmonium;

std::string saved(const LoadedModel& loaded) {
  const std::string path = folder() + "/model";
  save_model(path, *loaded.model, loaded.columns, loaded.target, loaded.predictor.get());
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

void attack(Bytes input) {
  const LoadedModel loaded = load_model(file_with(input));
  const Eigen::MatrixXf rows = loaded.model->generate(3, 2, 1).values;
  const std::string text = decode_table(loaded.columns, rows, Decoded::draws);
  static_cast<void>(decode_table(loaded.columns, loaded.model->reconstruct(rows), Decoded::expected));
  Samples samples{.values = rows};
  samples.known.setConstant(rows.rows(), rows.cols(), true);
  require(loaded.model->encode(samples, 1).cols() == 3, "it does not encode");
  if (loaded.predictor && !loaded.generative)
    require(loaded.predictor->predict(samples).cols() == 3, "it does not predict");
  static_cast<void>(parse_csv(text, {.separator = ','}));
  const std::string bytes = saved(loaded);
  require(saved(load_model(file_with(bytes))) == bytes, "saved and loaded it is another model");
}

std::vector<std::string> seeds() {
  const Columns mixed = {{.name = "a", .kind = Kind::bernoulli, .words = {"no", "yes"}},
                         {.name = "b", .kind = Kind::categorical, .words = {"x", "y", "z"}},
                         {.name = "c", .kind = Kind::gaussian, .mean = 3, .scale = 2, .decimals = 1},
                         {.name = "d", .kind = Kind::categorical, .words = {"x", "y"}},
                         {.name = "e", .kind = Kind::poisson},
                         {.name = "f", .kind = Kind::constant, .value = "EU"}};
  const Columns bits = {{.name = "1", .kind = Kind::bernoulli}, {.name = "2", .kind = Kind::bernoulli}};
  std::vector<std::string> all;
  for (const Columns& columns : {mixed, bits})
    for (const std::vector<int>& hidden : {std::vector<int>{2}, std::vector<int>{2, 1}}) {
      TrainSettings settings;
      settings.hidden = hidden;
      all.push_back(saved({make_model(columns, settings), columns}));
      for (const Column& target : {Column{.name = "t", .kind = Kind::categorical, .words = {"x", "y"}},
                                   Column{.name = "t", .kind = Kind::gaussian, .mean = 1, .scale = 3}}) {
        LoadedModel loaded{make_model(columns, settings), columns, target};
        loaded.predictor = make_predictor(target, loaded.model->hidden_layers(), 1);
        all.push_back(saved(loaded));
      }
    }
  LoadedModel generative{make_model(mixed, {}), mixed, mixed[1]};
  generative.predictor = generative_predictor(*generative.model, mixed, mixed[1]);
  all.push_back(saved(generative));
  return all;
}

const Registered target({"description", attack, seeds,
                         tensor_words_and({"\\\"kind\\\":", "\\\"words\\\":[", "\\\"name\\\":",
                                           "\\\"decimals\\\":", "\\\"scale\\\":", "\\\"poisson\\\"",
                                           "\\\"constant\\\"", "\\\"ignored\\\"", "\\\"value\\\":",
                                           "harmonium.columns", "harmonium.target", "\"parts\":"})});

}  // namespace
}  // namespace fuzz::description
