// What the program calls exact, beside the scores of all rows that there can be.
#include <fcntl.h>
#include <unistd.h>

#include <cmath>
#include <harmonium/commands.hpp>
#include <harmonium/model.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using namespace program;
using test::TemporaryFolder;

namespace test::harmonium_exact {

namespace {

// What a call writes to the terminal.
template <class F>
std::string printed(const std::filesystem::path& file, F f) {
  std::fflush(stdout);
  const int terminal = dup(1), other = open(file.c_str(), O_CREAT | O_TRUNC | O_WRONLY, 0600);
  dup2(other, 1);
  f();
  std::fflush(stdout);
  dup2(terminal, 1);
  close(terminal);
  close(other);
  return test::get(file);
}
double number_after(const std::string& text, const std::string& words) {
  const std::size_t at = text.find(words);
  REQUIRE(at != std::string::npos);
  return std::stod(text.substr(at + words.size()));
}
// A table, a model of so many hidden units and an output in the folder.
CommonSettings settings_in(const TemporaryFolder& folder, int hidden) {
  CommonSettings settings;
  settings.data = folder / "table.csv";
  settings.model = folder / "model.safetensors";
  settings.output = folder / "out.csv";
  settings.train.hidden = {hidden};
  return settings;
}

}  // namespace

TEST_CASE("evaluate says what the scores of its rows do, in the table's own units", "[program][exact]") {
  const TemporaryFolder folder;
  std::string text = "height,colour\n";
  double sum = 0, squares = 0;
  for (int i = 0; i < 40; ++i) {
    const double height = 1000 + 50 * (i * 7 % 40);
    sum += height, squares += height * height;
    text += std::to_string(height) + (i % 4 == 0 ? ",red\n" : ",green\n");
  }
  test::put(folder / "table.csv", text);
  CommonSettings settings = settings_in(folder, 2);
  const RawTable table(settings.data);
  Columns columns = choose_columns(table, "");
  standardize(table, columns);
  save_model(settings.model, *make_model(columns, settings.train), columns);
  run_score(settings);
  const Eigen::VectorXd logs = -csv_numbers(read_csv(settings.output), {"score"}).row(0);
  const std::string text_of_rows = printed(folder / "printed", [&] { run_evaluate(settings); });
  const double mean = logs.mean(),
               error = std::sqrt((logs.array() - mean).square().mean() / static_cast<double>(logs.size()));
  CHECK(std::abs(number_after(text_of_rows, "log likelihood per row") - mean) < 2e-3);
  CHECK(std::abs(number_after(text_of_rows, "(standard error ") - error) < 2e-3);
  const double variance = squares / 40 - sum / 40 * sum / 40,
               alone = -0.5 * std::log(2 * 3.14159265358979 * variance) - 0.5 + 0.25 * std::log(0.25) +
                       0.75 * std::log(0.75);
  CHECK(std::abs(number_after(text_of_rows, "if columns were independent") - alone) < 0.1);

  // A number that is summed out has no unit.
  test::put(folder / "table.csv", "height,colour\n,red\n,green\n");
  run_score(settings);
  const Eigen::VectorXd words = csv_numbers(read_csv(settings.output), {"score"}).row(0);
  CHECK((-words).array().exp().sum() == Approx(1));
}

TEST_CASE("draws, scores and means of a small model are those of the enumeration",
          "[program][given][exact]") {
  const TemporaryFolder folder;
  const char *ones[] = {"no", "yes"}, *twos[] = {"left", "right"}, *threes[] = {"blue", "green", "red"};
  std::string text = "one,two,three\n";
  for (const char* one : ones)
    for (const char* two : twos)
      for (const char* three : threes) text += std::string(one) + ',' + two + ',' + three + '\n';
  test::put(folder / "table.csv", text);
  CommonSettings settings = settings_in(folder, 3);
  settings.train.weight_scale = 3;
  const RawTable table(settings.data);
  const Columns columns = choose_columns(table, "bernoulli:one,two,categorical:three");
  save_model(settings.model, *make_model(columns, settings.train), columns);

  const auto scores_of = [&](const std::string& rows) -> Eigen::VectorXd {
    test::put(folder / "table.csv", rows);
    run_score(settings);
    return csv_numbers(read_csv(settings.output), {"score"}).row(0);
  };
  const Eigen::VectorXd p = (-scores_of(text)).array().exp();
  REQUIRE(p.size() == 12);
  CHECK(p.sum() == Approx(1));
  CHECK(p.maxCoeff() > 3 * p.minCoeff());
  const Eigen::VectorXd some = scores_of("one,two,three\nyes,,green\n,right,\n,,\n");
  CHECK(some(0) == Approx(-std::log(p(6 + 1) + p(6 + 3 + 1))));
  CHECK(some(1) == Approx(-std::log(p.segment(3, 3).sum() + p.segment(9, 3).sum())));
  CHECK(std::abs(some(2)) < 1e-6);

  // Chains of one step would be far off.
  settings.count = 20'000;
  settings.steps = 1;
  const auto shares_of_draws = [&](const std::string& given) {
    settings.given = given;
    run_sample(settings);
    const CsvTable drawn = read_csv(settings.output);
    Eigen::VectorXd shares = Eigen::VectorXd::Zero(12);
    for (Index row = 0; row < drawn.rows(); ++row)
      shares(6 * (drawn.cell(row, 0) == ones[1]) + 3 * (drawn.cell(row, 1) == twos[1]) +
             (drawn.cell(row, 2) == threes[1]) + 2 * (drawn.cell(row, 2) == threes[2])) += 1;
    return Eigen::VectorXd(shares / shares.sum());
  };
  const auto check_near = [&](const Eigen::VectorXd& shares, const Eigen::VectorXd& expected) {
    for (Index i = 0; i < 12; ++i) {
      INFO(i << ": " << shares(i) << ", expected " << expected(i));
      CHECK(std::abs(shares(i) - expected(i)) <=
            4.5 * std::sqrt(expected(i) * (1 - expected(i)) / settings.count) + 1e-6);
    }
  };
  check_near(shares_of_draws(""), p);
  Eigen::VectorXd right = p;
  for (const Index i : {0, 1, 2, 6, 7, 8}) right(i) = 0;
  check_near(shares_of_draws("two=right"), right / right.sum());

  // The mean of a word is its probability.
  test::put(folder / "table.csv", "one,two,three\nyes,right,\n");
  settings.output = folder / "out.npy";
  settings.fill_in = true;
  run_reconstruct(settings);
  const RawTable means(settings.output);
  REQUIRE(means.columns() == 5);
  for (Index k = 0; k < 3; ++k)
    CHECK(means.number(0, 2 + k) == Approx(p(9 + k) / p.tail(3).sum()).epsilon(1e-4));
}

}  // namespace test::harmonium_exact
