// The scaling of columns in the program's files: the library applies the same numbers, and older files, which
// have it in the description of the columns, still load.
#include <harmonium/commands.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/inference/networks/regression.hpp>
#include <harmonium/io/formats/csv.hpp>
#include <harmonium/io/models/scaling_file.hpp>
#include <harmonium/model.hpp>
#include <harmonium/models/network.hpp>
#include <harmonium/models/rbm.hpp>
#include <harmonium/models/standardized.hpp>
#include <harmonium/units/poisson.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"
#include "support/dice.hpp"

using namespace harmonium;
using namespace program;
using test::TemporaryFolder;

namespace test::harmonium_scaling {

TEST_CASE("the library applies the numbers that the program applies", "[program][scaling]") {
  const TemporaryFolder folder;
  test::Dice dice(1);
  std::string text = "height,smoker,income,price\n";
  Eigen::MatrixXd rows(3, 40);  // binary rows come first
  for (Index i = 0; i < rows.cols(); ++i) {
    const double smoker = static_cast<double>(i % 2), height = 170 + std::round(80 * dice.normal()) / 8,
                 income = 1e6 + std::round(8e4 * dice.normal()) / 8;
    rows.col(i) << smoker, height, income;
    text += csv_line({csv_text(height), smoker > 0 ? "yes" : "no", csv_text(income),
                      csv_text(0.25 * std::round(3 * height + 40 * smoker))});
  }
  test::put(folder / "table.csv", text);
  CommonSettings settings;
  settings.data = folder / "table.csv";
  settings.folder = folder / "results";
  settings.train.target = "price";
  settings.train.hidden = {4};
  settings.train.epochs = settings.train.tune_epochs = 3;
  settings.train.threads = 1;
  run_train(settings);
  settings.model = folder / "results" / "model.safetensors";
  const auto numbers_in = [&](const char* name) { return csv_numbers(read_csv(folder / name)); };

  const Scaling columns = load_scaling(settings.model),
                target = load_scaling(settings.model, {}, "target_scaling");
  CHECK((columns.rows() == 3 && target.rows() == 1));
  CHECK((columns.shift(0) == 0 && columns.scale(0) == 1));
  CHECK(std::abs(columns.shift(2) - rows.row(2).mean()) < 1e-6);
  using Machine = Rbm<Mixed<Bernoulli, Categorical, Gaussian, Poisson>, Bernoulli>;
  const auto rbm = load<Machine>(settings.model);
  settings.output = folder / "codes.csv";
  run_encode(settings);
  const Eigen::MatrixXf codes = mean_hidden(rbm, Standardized(columns, rows));
  CHECK((numbers_in("codes.csv").cast<float>() - codes).cwiseAbs().maxCoeff() < 1e-6f);

  settings.output = folder / "predicted.csv";
  run_predict(settings);
  const auto network = load<Network<Stack<Bernoulli>, Cpu<float>, Gaussian>>(settings.model, {}, "predictor");
  const Eigen::MatrixXd prices = unscaled(target, outputs(network, Standardized(columns, rows, 5)));
  CHECK((numbers_in("predicted.csv") - prices).cwiseAbs().maxCoeff() < 1e-3);  // of 130

  // As files were before: no parts, and means and scales in the description.
  const LoadedModel now = load_model(settings.model);
  TensorFile file = read_safetensors(settings.model);
  static_cast<void>(take_scaling(file));
  static_cast<void>(take_scaling(file, "target_scaling"));
  file.metadata.at("harmonium.columns") = description_of(now.columns);
  file.metadata.at("harmonium.target") = description_of({now.target});
  const std::string older = folder / "older.safetensors", again = folder / "again.safetensors";
  write_safetensors(older, file);
  const LoadedModel then = load_model(older);
  CHECK((scaling_of(then.columns) == columns && scaling_of({then.target}) == target));
  save_model(again, *then.model, then.columns, then.target, then.predictor.get());
  CHECK(read_file(again) == read_file(settings.model));

  // A scaling of other columns is refused.
  file = read_safetensors(settings.model);
  static_cast<void>(take_scaling(file));
  add_scaling(file, Scaling(ScalingOptions{2}));
  write_safetensors(older, file);
  CHECK_THROWS_WITH(load_model(older), Catch::Matchers::ContainsSubstring("its scaling has 2 rows"));
}

}  // namespace test::harmonium_scaling
