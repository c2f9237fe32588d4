// Tables as they come: decimal commas, thousands, dates, no header, other formats. What train found holds for
// all later commands.
#include <harmonium/commands.hpp>
#include <harmonium/io/formats/gzip.hpp>
#include <harmonium/io/formats/npy.hpp>
#include <harmonium/model.hpp>
#include <harmonium/run_file.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using namespace program;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace test::program_as_they_come {

namespace {

CommonSettings quick(const TemporaryFolder& folder, const std::string& name = "table.csv") {
  CommonSettings settings;
  settings.data = folder / name;
  settings.folder = folder / "results";
  settings.model = folder / "results" / "model.safetensors";
  settings.output = folder / "out.csv";
  settings.train.hidden = {3};
  settings.train.epochs = 2;
  settings.train.tune_epochs = 2;
  settings.train.chains = "cd";
  settings.train.threads = 1;
  settings.count = 5;
  settings.steps = 5;
  return settings;
}

// Thirty rows with a column of each kind, as a German or an English spreadsheet writes them.
std::string every_kind(bool german) {
  std::string text = german ? "Nr;Name;an;Gewicht;Umsatz;Anteil;Datum;Farbe;Anzahl;Land\n"
                            : "Nr,Name,an,Gewicht,Umsatz,Anteil,Datum,Farbe,Anzahl,Land\n";
  const char* colours[] = {"rot", "blau", "gelb"};
  for (int i = 0; i < 30; ++i) {
    const std::string two = std::to_string(10 + i * 7 % 60), day = std::to_string(10 + i % 18);
    const std::string cells[] = {
        std::to_string(i + 1),
        "Person " + std::to_string(i),
        i % 3 == 0 ? "ja" : "nein",
        std::to_string(i * 5 % 31) + (german ? "," : ".") + two,
        german ? "1." + std::to_string(100 + 23 * i) + ",5" : "\"1," + std::to_string(100 + 23 * i) + ".5\"",
        std::to_string(i) + (german ? ",5 %" : ".5 %"),
        german ? day + ".03.2020" : "2020-03-" + day,
        colours[i % 3],
        std::to_string(i * i % 17),
        "DE"};
    for (std::size_t k = 0; k < std::size(cells); ++k) text += (k == 0 ? "" : german ? ";" : ",") + cells[k];
    text += '\n';
  }
  return text;
}

std::string table_of(const char* header, const std::function<std::string(int)>& row, int rows = 12) {
  std::string text = header;
  for (int i = 0; i < rows; ++i) text += row(i) + '\n';
  return text;
}
std::string utf16(const std::string& ascii) {
  std::string text = "\xFF\xFE";
  for (const char c : ascii) text += {c, '\0'};
  return text;
}
void put_packed(const std::filesystem::path& path, const std::string& text) {
  detail::TextWriter packed(path);
  packed.write(text);
  packed.commit();
}
std::vector<std::string> lines_of(const std::filesystem::path& path) {
  std::vector<std::string> lines;
  std::istringstream text(test::get(path));
  for (std::string line; std::getline(text, line);) lines.push_back(line);
  return lines;
}
const Column& column_of(const Columns& columns, const std::string& name) {
  return *std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == name; });
}

}  // namespace

TEST_CASE("what is no table is named, and nothing is left behind", "[program][bad]") {
  const std::string zip = std::string("PK\3\4", 4) + std::string(26, '\0');
  const auto dates = [](const char* odd) {
    return table_of("a,when\n", [=](int i) {
      return std::to_string(i * i) + ".5," + (i == 7 ? odd : "2020-03-" + std::to_string(10 + i));
    });
  };
  const struct {
    std::string text, words, visible = "";
    bool file = true;  // a FileError, else a DataError
  } rows[] = {
      {zip + "[Content_Types].xml",
       "is an Excel workbook, or another Office document; save the sheet as CSV"},
      {zip + "mimetypeapplication/vnd.oasis", "is an OpenDocument file; save the sheet as CSV"},
      {R"([{"a": 1}, {"a": 2}])", "is JSON; write a row for each entry"},
      {"{\"a\": 1}\n{\"a\": 2}\n", "is JSON"},
      {"<!doctype html><p>404", "is HTML"},
      {"\x89HDF\r\n\x1a\n....", "is an HDF5 file; write it as CSV, or its arrays as NPY"},
      {"MATLAB 5.0 MAT-file, ...", "is a MATLAB file (MAT); write it as CSV"},
      {"PAR1\x15\x04", "is a Parquet file"},
      {std::string("SQLite format 3\0", 16), "is an SQLite database; export the table as CSV"},
      {"@relation iris\n", "is ARFF"},
      {"spam 3:1 10:1\nham 1:1\n", "is LIBSVM text whose labels are not numbers"},
      {std::string("\2\0\0\0\0\0\0\0{}", 10), "is a model (safetensors)"},
      {utf16("a,b\n1,2\n") + "x", "UTF-16, of which a byte is missing"},
      {std::string("a,b\n1,\0\n", 8), "byte 6 is 0: it is not text"},
      {"a,b\n1,2\n3,4,5\n", "line 3: it has 3 columns, the first line has 2"},
      {"a,b\n1,\"2\n", "a quote is opened here and never closed"},
      {dates("2020-02-30"),
       "line 9, column 'when': '2020-02-30' is not a date or time like YYYY-MM-DD, as most", "", false},
      {dates("soon"), "line 9, column 'when': 'soon' is not a date or time like", "", false},
      {table_of("a,p\n",
                [](int i) {
                  return std::to_string(i * i) + ".5," + std::to_string(i) + (i == 7 ? ".5" : ".5 %");
                }),
       "line 9, column 'p': '7.5' is not a number like 1234.5 %, as most", "", false},
      {table_of(
           "a,when\n",
           [](int i) { return std::to_string(i * i) + ".5,0" + std::to_string(1 + i % 9) + "/05/2020"; }),
       "could be day/month or month/day", "gaussian:when", false},
      {table_of("a,b\n", [](int i) { return "x" + std::to_string(i) + ",y" + std::to_string(i); }),
       "has no column to learn from", "", false}};
  for (const auto& row : rows)
    for (const bool packed : {false, true}) {
      INFO(row.words << (packed ? ", packed" : ""));
      const TemporaryFolder folder;
      CommonSettings settings = quick(folder, packed ? "table.gz" : "table.csv");
      settings.train.visible = row.visible;
      if (packed) {
        if (row.text.starts_with("PK") || row.text.find("{}") != std::string::npos) continue;
        put_packed(folder / "table.gz", row.text);
      } else {
        test::put(folder / "table.csv", row.text);
      }
      CHECK_THROWS_WITH(run_train(settings), ContainsSubstring(row.words));
      if (row.file) {
        CHECK_THROWS_AS(run_train(settings), FileError);
      } else {
        CHECK_THROWS_AS(run_train(settings), DataError);
      }
      CHECK(folder.entries() == 1);
    }
}

TEST_CASE("a column of each kind is taken for what it is, in the table's own spelling", "[program][tables]") {
  const TemporaryFolder folder;
  test::put(folder / "table.csv", every_kind(true));
  CommonSettings settings = quick(folder);
  settings.train.visible = "poisson:Anzahl";
  run_train(settings);
  const LoadedModel loaded = load_model(settings.model);
  const std::tuple<const char*, Kind, const char*, const char*> expected[] = {
      {"Nr", Kind::ignored, "1234.5", "it counts the rows"},
      {"Name", Kind::ignored, "1234.5", "all words are different"},
      {"an", Kind::bernoulli, "1234.5", "ja or nein"},
      {"Gewicht", Kind::gaussian, "1234,5", "numbers with a decimal comma"},
      {"Umsatz", Kind::gaussian, "1.234,5", "numbers like 1.234,5"},
      {"Anteil", Kind::gaussian, "1234,5 %", "numbers like 1234,5 %"},
      {"Datum", Kind::gaussian, "DD.MM.YYYY", "dates (DD.MM.YYYY), as days"},
      {"Farbe", Kind::categorical, "1234.5", "3 words"},
      {"Anzahl", Kind::poisson, "1234,5", "as requested"},
      {"Land", Kind::constant, "1234.5", "always 'DE'"}};
  const std::string report = test::get(folder / "results" / "report.html");
  for (const auto& [name, kind, spelling, reason] : expected) {
    INFO(name);
    const Column& column = column_of(loaded.columns, name);
    CHECK(column.kind == kind);
    CHECK(name_of(column.spelling) == spelling);
    CHECK_THAT(column.reason, ContainsSubstring(reason));
    CHECK_THAT(report, ContainsSubstring(name) && ContainsSubstring(name_of(kind)));
    CHECK_THAT(explain(loaded.columns), ContainsSubstring(std::string(name) + " ("));
  }
  CHECK_THAT(report, ContainsSubstring("dates (DD.MM.YYYY), as days") && ContainsSubstring(".03.2020"));

  run_sample(settings);
  const std::vector<std::string> lines = lines_of(settings.output);
  REQUIRE(lines.size() == 6);
  CHECK(lines[0] == "an;Gewicht;Umsatz;Anteil;Datum;Farbe;Anzahl;Land");
  for (std::size_t i = 1; i < lines.size(); ++i) {  // read again, each cell is as it was
    const CsvTable table = parse_csv(lines[0] + '\n' + lines[i] + '\n');
    for (const auto& [name, kind, spelling, reason] : expected) {
      if (kind != Kind::gaussian) continue;
      INFO(lines[i]);
      CHECK(!std::isnan(parse_spelled(table.cell(0, table.column(name)), spelling_named(spelling))));
    }
  }
  settings.given = "Gewicht=3,25,Datum=15.03.2020,Anteil=7,5 %,an=ja";
  run_sample(settings);
  for (const std::string& line : lines_of(settings.output))
    if (!line.starts_with("an;")) {
      CHECK_THAT(line, ContainsSubstring("ja;3,25;"));
      CHECK_THAT(line, ContainsSubstring(";7,5 %;15.03.2020;"));
    }
  for (const auto& [given, words] : {std::pair("Datum=2020-03-15", "expected a date or time like DD.MM.YYYY"),
                                     std::pair("Anteil=7", "expected a number like 1234,5 %")}) {
    settings.given = given;
    CHECK_THROWS_WITH(run_sample(settings), ContainsSubstring(words));
  }
}

TEST_CASE("later tables may be spelled in another way, where that is unambiguous", "[program][tables]") {
  const TemporaryFolder folder;
  test::put(folder / "table.csv", every_kind(true));
  test::put(folder / "english.csv", every_kind(false));
  test::put(folder / "sixteen.csv", utf16(every_kind(true)));
  put_packed(folder / "packed.gz", every_kind(true));
  CommonSettings settings = quick(folder);
  run_train(settings);
  const auto scores_of = [&](const std::string& name) {
    settings.data = folder / name;
    run_score(settings);
    return test::get(settings.output);
  };
  const std::string expected = scores_of("table.csv");
  for (const char* name : {"english.csv", "sixteen.csv", "packed.gz"}) CHECK(scores_of(name) == expected);
  settings.fill_in = true;
  run_reconstruct(settings);  // all values are known
  const CsvTable before = read_csv(folder / "table.csv"), after = read_csv(settings.output);
  CHECK(after.separator() == ';');
  for (const std::string& name : after.names())
    for (Index row = 0; row < after.rows(); ++row) {
      const std::string_view a = before.cell(row, before.column(name)),
                             b = after.cell(row, after.column(name));
      if (name != "Gewicht" && name != "Umsatz" && name != "Anteil") CHECK(a == b);
    }
  CHECK((csv_numbers(before, {"Gewicht", "Umsatz", "Anteil"}) -
         csv_numbers(after, {"Gewicht", "Umsatz", "Anteil"}))
            .cwiseAbs()
            .maxCoeff() < 1e-3);
  run_evaluate(settings);

  const std::pair<const char*, const char*> wrong[] = {
      {"an;Gewicht;Umsatz;Anteil;Datum;Farbe;Anzahl\nja;1,5;1.000,5;5;01.03.2020;rot;3\n",
       "column 'Anteil': '5', expected a number like 1234,5 %"},
      {"an;Gewicht;Umsatz;Anteil;Datum;Farbe;Anzahl\nja;1,5;1.000,5;5 %;5;rot;3\n",
       "column 'Datum': '5', expected a date or time like DD.MM.YYYY"},
      {"an;Gewicht;Umsatz;Anteil;Datum;Farbe;Anzahl\nja;01.03.2020;1.000,5;5 %;01.03.2020;rot;3\n",
       "column 'Gewicht': '01.03.2020', expected a number like 1234,5"}};
  test::put(settings.output, "old");
  for (const auto& [text, words] : wrong) {
    test::put(folder / "wrong.csv", text);
    CHECK_THROWS_WITH(scores_of("wrong.csv"), ContainsSubstring(words));
    CHECK_THROWS_AS(scores_of("wrong.csv"), DataError);
    CHECK(test::get(settings.output) == "old");
  }
}

TEST_CASE("a target is predicted in its own spelling", "[program][tables][target]") {
  for (const char* target : {"Umsatz", "Datum", "Farbe"}) {
    INFO(target);
    const TemporaryFolder folder;
    test::put(folder / "table.csv", every_kind(true));
    CommonSettings settings = quick(folder);
    settings.train.target = target;
    run_train(settings);
    run_predict(settings);
    const std::vector<std::string> lines = lines_of(settings.output);
    REQUIRE(lines.size() == 31);
    const std::string first = lines[1].substr(0, lines[1].find(';'));
    if (std::string(target) == "Farbe") {
      CHECK(lines[0] == "Farbe;p(blau);p(gelb);p(rot)");
      CHECK_THAT(lines[1], ContainsSubstring(";0,"));
    } else {
      const Spelling spelling{.number = {.point = ',', .group = '.'},
                              .date = std::string(target) == "Datum" ? "DD.MM.YYYY" : ""};
      CHECK(!std::isnan(parse_spelled(first, spelling)));
    }
    run_evaluate(settings);
  }
}

TEST_CASE("a table without a header is found, and one can be said to have one", "[program][tables][header]") {
  const TemporaryFolder folder;
  const std::string bare = table_of("", [](int i) {
    return std::to_string(i * 7 % 12) + ".5," + (i % 3 == 0 ? "red" : "green") + ",2020-03-" +
           std::to_string(10 + i);
  });
  test::put(folder / "table.csv", bare);
  CommonSettings settings = quick(folder);
  run_train(settings);
  LoadedModel loaded = load_model(settings.model);
  CHECK(loaded.columns.size() == 3);
  CHECK(loaded.columns[1].name == "2");
  CHECK(read_json(folder / "results" / "run.json")["header"] == false);
  run_score(settings);
  CHECK(lines_of(settings.output).size() == 13);
  settings.header = 1;
  run_train(settings);
  loaded = load_model(settings.model);
  CHECK(loaded.columns[1].name == "red");
  CHECK(read_json(folder / "results" / "run.json")["header"] == true);
  settings.header = -1;
  run_score(settings);  // found again by the names that the model knows
  CHECK(lines_of(settings.output).size() == 12);
  test::put(folder / "table.csv", "x,y\n" + table_of("", [](int i) {
                                    return std::to_string(i % 4) + ".5," + (i % 2 ? "a" : "b");
                                  }));
  settings.header = 0;
  CHECK_THROWS_WITH(run_train(settings), ContainsSubstring("line 1, column '1': 'x' is not a number"));
}

TEST_CASE("arrays within gzip are arrays", "[program][tables]") {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", Eigen::MatrixXf(Eigen::MatrixXf::Random(2, 12)));
  put_packed(folder / "a.npy.gz", test::get(folder / "a.npy"));
  const RawTable plain(folder / "a.npy"), packed(folder / "a.npy.gz");
  CHECK(packed.rows() == 12);
  CHECK(packed.number(3, 1) == plain.number(3, 1));
  put_packed(folder / "b.gz", std::string("PK\3\4", 4));
  CHECK_THROWS_WITH(RawTable(folder / "b.gz"), ContainsSubstring("an archive (ZIP or NPZ) within gzip"));
}

TEST_CASE("a spelling in a model's file is one that is known", "[program][tables][hostile]") {
  const auto described = [](const std::string& spelling) {
    return columns_from(R"([{"name":"a","kind":"gaussian","spelling":")" + spelling + "\"}]");
  };
  CHECK(described("1.234,5 %")[0].spelling.number.after == " %");
  CHECK(described("DD.MM.YYYY")[0].spelling.date == "DD.MM.YYYY");
  for (const char* bad : {"", "YYYYYYYY", "1.234.5", "1234.5 apples", "%n%n1234.5"}) {
    INFO(bad);
    CHECK_THROWS_AS(described(bad), DataError);
  }
}

}  // namespace test::program_as_they_come
