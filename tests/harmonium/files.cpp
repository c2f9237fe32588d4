// Models and run files from strangers, and tables that could not be written as what was learned from them.
#include <harmonium/commands.hpp>
#include <harmonium/model.hpp>
#include <harmonium/run_file.hpp>

#include <harmonium/io/formats/safetensors.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using namespace program;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace {

const std::string table =
    "smoker,region,height\nno,north,170.5\nyes,south,180\nno,west,165\nyes,north,175\nno,south,190\n"
    "yes,west,168\nno,north,171\nyes,south,182\nno,west,169\nyes,north,177\n";

CommonSettings quick(const TemporaryFolder& folder) {
  CommonSettings settings;
  settings.data = folder / "table.csv";
  settings.folder = folder / "results";
  settings.train.hidden = {3};
  settings.train.epochs = 2;
  settings.train.chains = "cd";
  settings.train.threads = 1;
  return settings;
}

// The model that a table makes, untrained, in a file.
std::filesystem::path model_file(const TemporaryFolder& folder) {
  test::put(folder / "table.csv", table);
  const CommonSettings settings = quick(folder);
  const RawTable raw(settings.data);
  Columns columns = choose_columns(raw, "");
  standardize(raw, columns);
  save_model(folder / "model", *make_model(columns, settings.train), columns);
  return folder / "model";
}

}  // namespace

TEST_CASE("a description of columns that is not that of the model is refused", "[program][hostile]") {
  const TemporaryFolder folder;
  const auto path = model_file(folder);
  CHECK(load_model(path).columns.size() == 3);
  const TensorFile good = read_safetensors(path);
  const auto describing = [&](const std::string& columns) {
    TensorFile file = good;
    file.metadata["harmonium.columns"] = columns;
    write_safetensors(folder / "bad", file);
    return [&] { return load_model(folder / "bad"); };
  };
  const std::string smoker = R"({"name":"smoker","kind":"bernoulli","words":["no","yes"]})",
                    region = R"({"name":"region","kind":"categorical","words":["north","south","west"]})",
                    height = R"({"name":"height","kind":"gaussian","mean":175,"scale":7,"decimals":1})";
  const auto columns = [&](std::initializer_list<std::string> list) {
    std::string text;
    for (const std::string& column : list) text += (text.empty() ? "[" : ",") + column;
    return text + ']';
  };
  CHECK(describing(columns({smoker, region, height}))().columns.size() == 3);
  CHECK(describing(columns({region, height, smoker}))().columns.size() == 3);
  for (const std::string& bad : {
           columns({smoker, region}),
           columns({smoker, height}),
           columns({smoker}),
           std::string("[]"),
           std::string("{}"),
           std::string("1"),
           std::string("["),
           std::string(""),
           columns({"1"}),
           columns({smoker, region, height, R"({"name":"more","kind":"gaussian"})"}),
           columns({smoker, region, height, R"({"name":"more","kind":"categorical","words":["a"]})"}),
           columns({smoker, smoker, region, height}),
           columns({height, region, height}),
           columns({R"({"name":"a","kind":"bernoulli","words":["no"]})", region, height}),
           columns({R"({"name":"a","kind":"bernoulli","words":["a","b","c"]})", region, height}),
           columns({R"({"name":"a","kind":"bernoulli","words":["a","a"]})", region, height}),
           columns({R"({"name":"a","kind":"bernoulli","words":[1,2]})", region, height}),
           columns({smoker, R"({"name":"a","kind":"categorical"})", height}),
           columns({smoker, R"({"name":"a","kind":"categorical","words":["a","b"]})", height}),
           columns({smoker, R"({"name":"a","kind":"categorical","words":["a","b","c","d"]})", height}),
           columns({smoker, region, R"({"name":"a","kind":"gaussian","words":["a"]})"}),
           columns({smoker, region, R"({"name":"a","kind":"gaussian","scale":0})"}),
           columns({smoker, region, R"({"name":"a","kind":"gaussian","scale":null})"}),
           columns({smoker, region, R"({"name":"a","kind":"gaussian","decimals":1e300})"}),
           columns({smoker, region, R"({"name":"a","kind":"gaussian","decimals":4294967297})"}),
           columns({smoker, region, R"({"name":"a","kind":"poisson"})"}),
           columns({smoker, region, height, R"({"name":"region","kind":"ignored"})"}),
       }) {
    INFO(bad);
    CHECK_THROWS_AS(describing(bad)(), FileError);
  }
}

TEST_CASE("a description of columns takes memory in proportion to its length", "[program][hostile][linear]") {
  const TemporaryFolder folder;
  TensorFile file = read_safetensors(model_file(folder));
  std::string columns = R"([{"name":"x","kind":"categorical","words":[)";  // of many words, and many of one
  for (int i = 0; i < 20'000; ++i) columns += (i == 0 ? "\"" : ",\"") + std::to_string(i) + '"';
  columns += "]}";
  for (int i = 0; i < 20'000; ++i)
    columns += R"(,{"name":")" + std::to_string(i) + R"(","kind":"categorical","words":["a"]})";
  file.metadata["harmonium.columns"] = columns + ']';
  write_safetensors(folder / "bad", file);
  CHECK_THROWS_WITH(load_model(folder / "bad"), ContainsSubstring("400020000 rows, the model has"));
}

TEST_CASE("numbers of a run file are taken as they are or refused", "[program][hostile]") {
  const TemporaryFolder folder;
  const auto with = [&](const std::string& option) {
    test::put(folder / "run.json", R"({"data":"a.csv","options":{)" + option + "}}");
    CommonSettings settings;
    settings.run = folder / "run.json";
    take_run_file(settings);
    return settings.train;
  };
  CHECK(with(R"("epochs":7)").epochs == 7);
  CHECK(with(R"("hidden":[7,8])").hidden == std::vector<int>{7, 8});
  CHECK(with(R"("seed":18446744073709551615)").seed == ~std::uint64_t{0});
  CHECK(with(R"("rate":1)").rate == 1);
  for (const char* bad : {R"("epochs":4294967297)",
                          R"("epochs":-1)",
                          R"("epochs":1.5)",
                          R"("epochs":1e3)",
                          R"("epochs":"7")",
                          R"("epochs":true)",
                          R"("epochs":null)",
                          R"("epochs":[1])",
                          R"("epochs":2147483648)",
                          R"("epochs":18446744073709551616)",
                          R"("hidden":1.5)",
                          R"("hidden":[1.5])",
                          R"("hidden":7)",
                          R"("hidden":[4294967297])",
                          R"("hidden":[true])",
                          R"("seed":-1)",
                          R"("seed":1.5)",
                          R"("rate":"1")",
                          R"("rate":true)",
                          R"("plain-gradient":1)",
                          R"("chains":1)",
                          R"("chains":"none")",
                          R"("more":1)"}) {
    INFO(bad);
    CHECK_THROWS_AS(with(bad), FileError);
  }
}

TEST_CASE("a table that could not be written is refused before anything is learned", "[program][hostile]") {
  const TemporaryFolder folder;
  CommonSettings settings = quick(folder);
  const auto refuses = [&](const std::string& text, const std::string& words) {
    test::put(folder / "table.csv", text);
    CHECK_THROWS_WITH(run_train(settings), ContainsSubstring(words));
    CHECK(!std::filesystem::exists(folder / "results" / "model.safetensors"));
  };
  std::string word = table, name = table, large = table, small = table;
  word.replace(word.find("south"), 5,
               "s\xfc"
               "den");
  refuses(word, "line 3, column 'region': the text is not UTF-8");
  name.replace(name.find("height"), 6, "h\xf6he");
  refuses(name, "the name of column 3 is not UTF-8");
  large.replace(large.find("180"), 3, "1e306");
  refuses(large, "column 'height'");
  refuses("a,b\n1e-320,0\n2e-320,1\n3.5e-320,0\n1e-320,1\n", "column 'a'");
  test::put(folder / "t\xfc.csv", table);
  settings.data = folder / "t\xfc.csv";
  refuses(table, "run.json is UTF-8");
  settings = quick(folder);
  settings.train.visible = "bernoulli:a";
  refuses("a,b\nx,0.5\nx,1.5\nx,2.25\nx,7\n", "always the same word");
}

TEST_CASE("a model that could not be put in its place is not learned", "[program][hostile]") {
  const TemporaryFolder folder;
  test::put(folder / "table.csv", table);
  std::filesystem::create_directories(folder / "results" / "model.safetensors");
  CHECK_THROWS_WITH(run_train(quick(folder)),
                    ContainsSubstring("cannot write") && ContainsSubstring("not a regular file"));
}

TEST_CASE("a model is there even if its report cannot be written", "[program][hostile]") {
  const TemporaryFolder folder;
  const CommonSettings settings = quick(folder);
  test::put(folder / "table.csv", table);
  std::filesystem::create_directories(folder / "results" / "report.html");  // a folder in its place
  CHECK_THROWS_WITH(run_train(settings), ContainsSubstring("the model is in") &&
                                             ContainsSubstring("report.html") &&
                                             ContainsSubstring("not a regular file"));
  CHECK(load_model(folder / "results" / "model.safetensors").columns.size() == 3);
  CHECK(std::filesystem::exists(folder / "results" / "run.json"));
}

TEST_CASE("kinds for very many columns are found in time", "[program][hostile][linear]") {
  const TemporaryFolder folder;
  std::string names, first, second, kinds = "bernoulli:";
  for (int i = 0; i < 30'000; ++i) {
    const std::string comma = i == 0 ? "" : ",";
    names += comma + "c" + std::to_string(i);
    kinds += comma + "c" + std::to_string(i);
    first += comma + "0";
    second += comma + "1";
  }
  test::put(folder / "wide.csv", names + '\n' + first + '\n' + second + '\n');
  const RawTable raw(folder / "wide.csv");
  const Columns columns = choose_columns(raw, kinds, choose_columns(raw, ""));
  CHECK(encode_table(raw, columns).values.rows() == 30'000);
  CHECK_THROWS_AS(choose_columns(raw, "bernoulli:" + std::string(300'000, ',')), ValueError);
}

TEST_CASE("a table whose numbers would not fit in memory is refused", "[program][hostile]") {
  const TemporaryFolder folder;
  std::string text = "many";
  for (int i = 0; i < 200; ++i) text += ",c" + std::to_string(i);
  const char* words[] = {",a", ",b", ",c"};
  for (int row = 0; row < 5000; ++row) {
    text += "\nw" + std::to_string(row % 1000);
    for (int i = 0; i < 200; ++i) text += words[(row + i) % 3];
  }
  test::put(folder / "table.csv", text + '\n');
  const RawTable raw(folder / "table.csv");
  const Columns columns = choose_columns(raw, "");
  CHECK_THROWS_WITH(encode_table(raw, columns), ContainsSubstring("5000 samples of 201000 numbers"));
}
