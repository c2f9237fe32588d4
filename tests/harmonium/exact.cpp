// What the program calls exact, beside the scores of all rows that there can be.
#include <harmonium/commands.hpp>
#include <harmonium/model.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using namespace program;
using test::TemporaryFolder;

namespace test::harmonium_exact {

TEST_CASE("draws, scores and means of a small model are those of the enumeration",
          "[program][given][exact]") {
  const TemporaryFolder folder;
  const char *ones[] = {"no", "yes"}, *twos[] = {"left", "right"}, *threes[] = {"blue", "green", "red"};
  std::string text = "one,two,three\n";
  for (const char* one : ones)
    for (const char* two : twos)
      for (const char* three : threes) text += std::string(one) + ',' + two + ',' + three + '\n';
  test::put(folder / "table.csv", text);
  CommonSettings settings;
  settings.data = folder / "table.csv";
  settings.model = folder / "model.safetensors";
  settings.output = folder / "out.csv";
  settings.train.hidden = {3};
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
