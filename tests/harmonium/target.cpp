// A target that nothing could be learned about is refused before training begins; predictors in files from
// strangers.
#include <harmonium/accuracy.hpp>
#include <harmonium/commands.hpp>
#include <harmonium/given.hpp>
#include <harmonium/io/formats/safetensors.hpp>
#include <harmonium/model.hpp>
#include <harmonium/outcome.hpp>
#include <harmonium/run_file.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using namespace program;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace {

CommonSettings quick(const TemporaryFolder& folder, const std::string& target) {
  CommonSettings settings;
  settings.data = folder / "table.csv";
  settings.folder = folder / "results";
  settings.train.target = target;
  settings.train.hidden = {3};
  settings.train.epochs = 2;
  settings.train.tune_epochs = 2;
  settings.train.chains = "cd";
  settings.train.threads = 1;
  return settings;
}

// Twelve rows of two features; `answer` makes the third column.
std::string table(const std::function<std::string(int)>& answer) {
  std::string text = "size,colour,answer\n";
  for (int i = 0; i < 12; ++i)
    text += std::to_string(i * 7 % 12) + ".5," + (i % 3 == 0 ? "red" : "green") + ',' + answer(i) + '\n';
  return text;
}
std::string two_classes(int i) { return i % 2 == 0 ? "yes" : "no"; }

}  // namespace

TEST_CASE("a target that cannot be learned is refused before training", "[program][target]") {
  const struct {
    const char* what;
    std::string target, visible;
    std::function<std::string(int)> answer;
    const char* words;
  } rows[] = {
      {"absent", "answr", "", two_classes, "--target: "},
      {"absent, names those there", "answr", "", two_classes,
       "has no column 'answr', but 'size', 'colour', 'answer'"},
      {"constant", "answer", "", [](int) { return "yes"; },
       "is constant (always 'yes'), expected at least two"},
      {"ignored", "answer", "ignored:answer", two_classes,
       "is ignored (as requested), expected a column of classes"},
      {"counts", "answer", "poisson:answer", [](int i) { return std::to_string(i); },
       "is poisson, expected categorical, for classes, or gaussian"},
      {"never known", "answer", "", [](int) { return ""; }, "is ignored (no value is known)"},
      {"one row of a class", "answer", "", [](int i) { return i == 4 ? "maybe" : two_classes(i); },
       "class 'maybe' of column 'answer' has 1 row, expected at least 2"},
      {"known once", "answer", "gaussian:answer", [](int i) { return i == 4 ? "1.5" : ""; },
       "column 'answer'"},
      {"not a number", "answer", "gaussian:answer", two_classes, "'yes' is not a number"},
      {"infinite", "answer", "", [](int i) { return i == 4 ? "inf" : std::to_string(i * i) + ".5"; },
       "'inf' is not a number"},
      {"no features", "answer", "ignored:size,colour", two_classes, "no column to predict 'answer' from"},
  };
  for (const auto& row : rows) {
    INFO(row.what);
    const TemporaryFolder folder;
    test::put(folder / "table.csv", table(row.answer));
    CommonSettings settings = quick(folder, row.target);
    settings.train.visible = row.visible;
    CHECK_THROWS_WITH(run_train(settings), ContainsSubstring(row.words));
    CHECK(!std::filesystem::exists(folder / "results" / "model.safetensors"));
  }
}

TEST_CASE("what rows to predict must have", "[program][target]") {
  const TemporaryFolder folder;
  test::put(folder / "table.csv", table(two_classes));
  CommonSettings settings = quick(folder, "answer");
  run_train(settings);
  CHECK(read_json(folder / "results" / "run.json")["results"]["judged_on"] == "held out");
  settings.model = folder / "results" / "model.safetensors";
  settings.output = folder / "predicted.csv";
  const auto predict = [&](const std::string& text) {
    test::put(folder / "table.csv", text);
    run_predict(settings);
    const CsvTable predicted = read_csv(settings.output);
    CHECK(predicted.names() == std::vector<std::string>{"answer", "p(no)", "p(yes)"});
    return predicted.rows();
  };
  CHECK(predict("size,colour\n1,red\n2,green\n") == 2);
  CHECK(predict("colour,more,size\ngreen,1,3\n") == 1);  // found by name
  CHECK(predict("size,colour\n,red\n2,\n") == 2);        // filled in
  CHECK(predict("size,colour\n1e30,red\n") == 1);        // far out is as far as five deviations
  const std::string far = test::get(settings.output);
  CHECK(predict("size,colour\n1e4,red\n") == 1);
  CHECK(test::get(settings.output) == far);
  CHECK(predict("size,colour,answer\n1,red,maybe\n") == 1);  // the target is not looked at
  CHECK_THROWS_WITH(predict("size\n1\n"), ContainsSubstring("no column 'colour'"));
  CHECK_THROWS_WITH(
      predict("size,colour\n1,blue\n"),
      ContainsSubstring("line 2, column 'colour': 'blue', expected a word known from training: green, red"));
  CHECK(predict("size,colour\n1,blue\n2,red\n") == 2);  // missing, as few are strange
  CHECK_THROWS_WITH(predict("size,colour\nbig,red\n"), ContainsSubstring("'big', expected a number"));
  test::put(folder / "table.csv", "size,colour,answer\n1,red,maybe\n");
  CHECK_THROWS_WITH(run_evaluate(settings),
                    ContainsSubstring("'maybe', expected a class known from training: no, yes"));
  test::put(folder / "table.csv", "size,colour,answer\n1,red,\n");
  CHECK_THROWS_WITH(run_evaluate(settings), ContainsSubstring("no row has a known 'answer'"));
  test::put(folder / "table.csv", "size,colour\n1,red\n");
  CHECK_THROWS_WITH(run_evaluate(settings), ContainsSubstring("no column 'answer'"));

  CommonSettings plain = quick(folder, "");
  test::put(folder / "table.csv", table(two_classes));
  run_train(plain);
  CHECK_THROWS_WITH(run_predict(settings), ContainsSubstring("has no target, expected a model"));
}

TEST_CASE("a predictor that does not fit its model is refused", "[program][target][hostile]") {
  const TemporaryFolder folder;
  test::put(folder / "table.csv", table(two_classes));
  run_train(quick(folder, "answer"));
  const TensorFile good = read_safetensors(folder / "results" / "model.safetensors");
  const auto loads = [&](TensorFile file) {
    write_safetensors(folder / "bad", file);
    return [&] { return load_model(folder / "bad"); };
  };
  CHECK(loads(good)().predictor != nullptr);
  const auto with = [&](const char* name, const std::string& value) {
    TensorFile file = good;
    file.metadata[name] = value;
    return file;
  };
  for (const char* target : {"", "[]", "1", R"([{"name":"answer","kind":"gaussian"}])",
                             R"([{"name":"answer","kind":"categorical","words":["a"]}])",
                             R"([{"name":"answer","kind":"categorical","words":["a","b","c"]}])",
                             R"([{"name":"answer","kind":"bernoulli","words":["a","b"]}])"})
    CHECK_THROWS_AS(loads(with("harmonium.target", target))(), FileError);
  CHECK_THROWS_AS(loads(with("predictor.classes", "3"))(), FileError);
  CHECK_THROWS_AS(loads(with("predictor.visible.units", "400000000"))(), FileError);
  CHECK_THROWS_AS(loads(with("predictor.depth", "7"))(), FileError);
  TensorFile without = good;
  without.metadata.erase("harmonium.target");
  CHECK_THROWS_AS(loads(without)(), FileError);
  std::erase_if(without.tensors, [](const Tensor& t) { return t.name.starts_with("predictor.head"); });
  without.metadata = good.metadata;
  CHECK_THROWS_AS(loads(without)(), FileError);
}

TEST_CASE("a generative model predicts a class by its free energy with each",
          "[program][target][generative]") {
  const TemporaryFolder folder;
  test::put(folder / "table.csv", table([](int i) {
              return i == 5 ? "" : i % 3 == 0 ? "yes" : i % 3 == 1 ? "no" : "so";
            }));
  CommonSettings settings = quick(folder, "answer");
  settings.train.generative = true;
  settings.train.epochs = 20;
  run_train(settings);
  settings.model = folder / "results" / "model.safetensors";
  settings.output = folder / "out.csv";
  const std::string rows[] = {"1.5,red", "7.5,green", "20,red", ",green"};
  const auto table_with = [&](const std::string& answer) {
    std::string text = answer.empty() ? "size,colour\n" : "size,colour,answer\n";
    for (const std::string& row : rows) text += row + (answer.empty() ? "" : "," + answer) + '\n';
    test::put(folder / "table.csv", text);
  };
  table_with("");
  run_predict(settings);
  const Eigen::MatrixXd p = csv_numbers(read_csv(settings.output), {"p(no)", "p(so)", "p(yes)"});
  run_score(settings);  // the target summed out
  const Eigen::MatrixXd marginal = csv_numbers(read_csv(settings.output), {"score"});
  // -log p of the rows with each class, summed exactly.
  Eigen::MatrixXd joint(3, 4);
  const char* classes[] = {"no", "so", "yes"};
  for (Index k = 0; k < 3; ++k) {
    table_with(classes[k]);
    run_score(settings);
    joint.row(k) = csv_numbers(read_csv(settings.output), {"score"});
  }
  const Eigen::MatrixXd likelihood = (-joint.array()).exp();
  // A number that is limited to five deviations when it is predicted from is not when it is scored: the third
  // row. Of the last row the size is summed out.
  for (const Index c : {0, 1, 3}) {
    const Eigen::VectorXd expected = likelihood.col(c) / likelihood.col(c).sum();
    CHECK((p.col(c) - expected).cwiseAbs().maxCoeff() < 1e-4);
    CHECK(std::exp(-marginal(0, c)) == Approx(likelihood.col(c).sum()).epsilon(1e-4));
  }
  CHECK(p.colwise().sum().isOnes(1e-5));

  settings.given = "answer=so";
  settings.count = 4;
  settings.steps = 5;
  run_sample(settings);
  const CsvTable drawn = read_csv(settings.output);
  for (Index row = 0; row < drawn.rows(); ++row) CHECK(drawn.cell(row, drawn.column("answer")) == "so");
  table_with("yes");
  run_evaluate(settings);
  run_encode(settings);

  test::put(folder / "table.csv", table([](int i) { return std::to_string(i * i) + ".5"; }));
  settings.folder = folder / "other";
  CHECK_THROWS_WITH(run_train(settings),
                    ContainsSubstring("--generative: 'answer' is a number, expected classes"));
  settings.train.target = "";
  CHECK_THROWS_WITH(run_train(settings), ContainsSubstring("--generative needs a --target"));
  settings.train.target = "answer";
  settings.train.hidden = {3, 2};
  CHECK_THROWS_WITH(run_train(settings), ContainsSubstring("--generative takes one hidden layer"));
  CHECK(!std::filesystem::exists(folder / "other"));
}

TEST_CASE("the labels of a LIBSVM file are its target", "[program][target][sparse]") {
  const TemporaryFolder folder;
  // Sixty texts of two words out of twelve, which are others for each label.
  const auto texts = [](const std::function<std::string(int)>& label) {
    std::string text;
    for (int i = 0; i < 60; ++i) {
      const int first = i % 2 * 12;
      text += label(i) + ' ' + std::to_string(first + 1 + i % 5) + ":1 " + std::to_string(first + 7 + i % 6) +
              ":1\n";
    }
    return text;
  };
  const auto sign = [](int i) { return std::string(i % 2 == 0 ? "-1" : "+1"); };
  test::put(folder / "table.csv", texts(sign));  // told by its contents
  CommonSettings settings = quick(folder, "label");
  settings.train.tune_epochs = 100;
  settings.train.hidden = {16};
  run_train(settings);
  settings.model = folder / "results" / "model.safetensors";
  CHECK(load_model(settings.model).target.words == std::vector<std::string>{"-1", "1"});
  settings.output = folder / "predicted.csv";
  const auto predicted = [&](const std::function<std::string(int)>& label) {
    test::put(folder / "table.csv", texts(label));
    run_predict(settings);
    const CsvTable table = read_csv(settings.output);
    std::vector<std::string> classes;
    for (Index row = 0; row < table.rows(); ++row)
      classes.emplace_back(table.cell(row, table.column("label")));
    return classes;
  };
  const std::vector<std::string> classes = predicted(sign);
  REQUIRE(classes.size() == 60);
  for (std::size_t i = 0; i < 60; ++i) CHECK(classes[i] == (i % 2 == 0 ? "-1" : "1"));
  CHECK(predicted([](int) { return "7"; }) == classes);  // labels are not looked at
  CHECK_THROWS_WITH(run_evaluate(settings),
                    ContainsSubstring("sample 1, label: '7', expected a class known from training: -1, 1"));

  settings = quick(folder, "label");
  settings.folder = folder / "numbers";
  test::put(folder / "table.csv",
            texts([](int i) { return std::to_string(i % 2 * 100) + "." + std::to_string(i); }));
  run_train(settings);
  CHECK(load_model(folder / "numbers" / "model.safetensors").target.kind == Kind::gaussian);

  const std::pair<std::string, const char*> bad[] = {
      {"3",
       "so column '3' cannot be predicted; --target alone predicts the label that each line begins with"},
      {"labels", "so column 'labels' cannot be predicted"}};
  settings.folder = folder / "none";
  for (const auto& [target, words] : bad) {
    settings.train.target = target;
    CHECK_THROWS_WITH(run_train(settings), ContainsSubstring(words));
  }
  settings.train.target = "label";
  settings.train.generative = true;
  CHECK_THROWS_WITH(run_train(settings), ContainsSubstring("--generative: "));
  settings.train.generative = false;
  test::put(folder / "table.csv", texts([](int) { return "0"; }));
  CHECK_THROWS_WITH(run_train(settings), ContainsSubstring("is constant (always '0')"));
  test::put(folder / "table.csv", texts([](int i) { return i == 0 ? "2" : i % 2 == 0 ? "0" : "1"; }));
  CHECK_THROWS_WITH(run_train(settings), ContainsSubstring("class '2' of column 'label' has 1 row"));
  CHECK(!std::filesystem::exists(folder / "none"));
}

TEST_CASE("rows without an answer are not known, and each class is learned from", "[program][target]") {
  const TemporaryFolder folder;
  test::put(folder / "table.csv", "size,answer\n1.5,2.5\n2.5,\n3.5,4\n");
  const RawTable table(folder / "table.csv");
  const Answers answers = read_answers(table, {.name = "answer", .kind = Kind::gaussian});
  Columns sizes = {{.name = "size", .kind = Kind::gaussian}};
  standardize(table, sizes);
  CHECK((sizes[0].mean == 2.5 && sizes[0].scale == Approx(std::sqrt(2.0 / 3))));
  CHECK(answers.known() == std::vector<Index>{0, 2});
  TrainSettings settings;
  settings.hold_out = 0.75;
  for (settings.seed = 0; settings.seed < 10; ++settings.seed) {
    const std::vector<Index> learned = cut_rows(8, settings, {1, 1, 1, 0, 1, 1, -1, -1}).first;
    CHECK(std::find(learned.begin(), learned.end(), 3) != learned.end());
  }
}

TEST_CASE("measures of predictions are those of their definitions", "[program][target]") {
  const Column classes{.name = "a", .kind = Kind::categorical, .words = {"x", "y"}};
  Eigen::MatrixXd p(2, 4);
  p << 0.9, 0.6, 0.2, 0.4,  //
      0.1, 0.4, 0.8, 0.6;
  auto m = measure(classes, p, {.labels = {0, 1, 1, 1}});
  CHECK(m["error"] == 0.25);
  CHECK(m["log_loss"].get<double>() ==
        Approx(-(std::log(0.9) + std::log(0.4) + std::log(0.8) + std::log(0.6)) / 4));
  CHECK(m["confusion"].dump() == "[[1,0],[1,2]]");
  CHECK(m["calibration_error"].get<double>() == Approx((0.1 + 0.2 + std::abs(1 - 1.2)) / 4));
  const Column number{.name = "a", .kind = Kind::gaussian};
  const Eigen::MatrixXd y = Eigen::RowVector3d(1, 2, 6);
  m = measure(number, y, {.numbers = Eigen::Vector3d(1, 3, 5)});
  CHECK(m["r2"].get<double>() == Approx(0.75));
  CHECK(m["rmse"].get<double>() == Approx(std::sqrt(2.0 / 3)));
  m = measure(number, y, {.numbers = Eigen::Vector3d(1, 1, 1)});
  CHECK(!m.contains("r2"));
}

TEST_CASE("values that are given for a draw", "[program][given]") {
  const Columns columns = {{.name = "a,b=c", .kind = Kind::categorical, .words = {"x", "y,z", "w"}},
                           {.name = "a", .kind = Kind::gaussian, .mean = 10, .scale = 2},
                           {.name = "bit", .kind = Kind::bernoulli, .words = {"0", "1"}},
                           {.name = "count", .kind = Kind::poisson},
                           {.name = "id", .kind = Kind::ignored},
                           {.name = "all", .kind = Kind::constant, .value = "EU"}};
  const Layout layout(columns);
  const Samples row = read_given(columns, "a,b=c=y,z,a=14,bit=1.0,all=EU");
  CHECK(row.known.count() == 5);
  CHECK(row.values(layout.first[0] + 1, 0) == 1);
  CHECK(row.values(layout.first[1], 0) == 2);
  CHECK(row.values(layout.first[2], 0) == 1);
  const std::pair<const char*, const char*> bad[] = {
      {"", "does not begin with COLUMN=VALUE"},
      {"a", "does not begin with COLUMN=VALUE"},
      {"b=1", "does not begin with COLUMN=VALUE"},
      {"a=1,", "does not begin with COLUMN=VALUE"},
      {"a=", "'a' is '', expected a number"},
      {"a=nan", "'a' is 'nan', expected a number"},
      {"a=1e300", "'a' is '1e300', expected a number"},
      {"a=1,a=2", "'a' is there twice"},
      {"a,b=c=v", "'a,b=c' is 'v', expected a word known from training: x, y,z, w"},
      {"bit=2", "expected a word known from training: 0, 1"},
      {"count=1.5", "expected a whole number from 0"},
      {"id=1", "which was ignored in training"},
      {"all=US", "expected 'EU'"}};
  for (const auto& [text, words] : bad) {
    INFO(text);
    CHECK_THROWS_WITH(read_given(columns, text), ContainsSubstring("--given: ") && ContainsSubstring(words));
  }
}
