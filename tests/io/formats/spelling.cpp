// Tables as they come: how numbers and dates are spelled, headers, comments, encodings, other formats.
#include <harmonium/io/formats/csv.hpp>
#include <harmonium/io/formats/libsvm.hpp>
#include <harmonium/io/models/any_model.hpp>
#include <harmonium/models/rbm.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace test::formats_spelling {

namespace {

const NumberSpelling german{.point = ',', .group = '.'}, english{.group = ','}, swiss{.group = '\''},
    french{.point = ',', .group = ' '};

std::vector<std::string> names_of_spellings(const std::string& text) {
  std::vector<std::string> names;
  for (const CsvSpelling& column : csv_spellings(parse_csv(text)))
    names.push_back(column.ambiguous_date ? "?" : name_of(column.spelling));
  return names;
}
using Names = std::vector<std::string>;

std::string utf16(const std::string& ascii, bool big, bool mark) {
  std::string text = mark ? big ? "\xFE\xFF" : "\xFF\xFE" : "";
  for (const char c : ascii) text += big ? std::string{'\0', c} : std::string{c, '\0'};
  return text;
}

}  // namespace

TEST_CASE("numbers are read as they are spelled, or not at all", "[io][csv][spelling]") {
  const struct {
    const char* text;
    NumberSpelling spelling;
    double number;
  } right[] = {{"12,38", german, 12.38},
               {"1.234.567,5", german, 1234567.5},
               {"-1.234", german, -1234},
               {"1,5e3", german, 1500},
               {"1,234.5", english, 1234.5},
               {"1234.5", english, 1234.5},
               {"1'234'567", swiss, 1234567},
               {"1\u2019234.5", swiss, 1234.5},
               {"1 234,5", french, 1234.5},
               {"1\u202f234\u00a0567", french, 1234567},
               {"\u22121,5", german, -1.5},
               {"+7", german, 7},
               {"12,5 %", {.point = ',', .after = "%"}, 12.5},
               {"12.5%", {.after = " %"}, 12.5},
               {"$1,234", {.group = ',', .before = "$"}, 1234},
               {"-$5", {.before = "$"}, -5},
               {"$-5", {.before = "$"}, -5},
               {"\u20ac 5", {.before = "\u20ac "}, 5},
               {"20.5 \u00b0C", {.after = " \u00b0C"}, 20.5}};
  for (const auto& row : right) {
    INFO(row.text);
    CHECK(parse_number(row.text, row.spelling) == row.number);
    // What it writes, it reads.
    CHECK(parse_number(spelled_number(row.number, row.spelling), row.spelling) == row.number);
  }
  const std::pair<const char*, NumberSpelling> wrong[] = {
      {"1.23", german},       {"1.2345", german},    {"12.34.567", german}, {"0.123", german},
      {"1,2,3", german},      {"1..234", german},    {"", german},          {"-", german},
      {",", german},          {"1 23", french},      {"--1", german},       {"1,234x", english},
      {"12", {.after = "%"}}, {"%", {.after = "%"}}, {"1e999", german},     {"1.234,5,6", german},
      {".234", german},       {"1234.567", german}};
  for (const auto& [text, spelling] : wrong) {
    INFO(text);
    CHECK(std::isnan(parse_number(text, spelling)));
  }
  CHECK(spelled_number(1234567.25, german) == "1.234.567,25");
  CHECK(spelled_number(-1234.5, NumberSpelling{.group = ',', .before = "$"}) == "-$1,234.5");
  CHECK(spelled_number(12.5f, NumberSpelling{.point = ',', .after = " %"}) == "12,5 %");
  CHECK(spelled_number(100.0, swiss) == "100");
  CHECK(spelled_number(std::nan(""), german).empty());
}

TEST_CASE("dates are days and back", "[io][csv][spelling]") {
  const struct {
    const char* text;
    const char* pattern;
    double number;
  } right[] = {{"1970-01-01", "YYYY-MM-DD", 0},
               {"31.12.2020", "DD.MM.YYYY", 18627},
               {"2/29/2020", "MM/DD/YYYY", 18321},
               {"1969-12-31 12:00", "YYYY-MM-DD hh:mm", -0.5},
               {"2020-12-31T06:00:00", "YYYY-MM-DDThh:mm:ss", 18627.25},
               {"2020-12-31T08:00:00+02:00", "YYYY-MM-DDThh:mm:ssZ", 18627.25},
               {"2020-12-31T06:00:00.000Z", "YYYY-MM-DDThh:mm:ssZ", 18627.25},
               {"12/31/2020 6:00 PM", "MM/DD/YYYY hh:mm AM", 18627.75},
               {"12/31/2020 12:00 am", "MM/DD/YYYY hh:mm AM", 18627},
               {"14:30", "hh:mm", 14.5},
               {"0001-01-01", "YYYY-MM-DD", -719162},
               {"9999-12-31", "YYYY-MM-DD", 2932896}};
  for (const auto& row : right) {
    INFO(row.text);
    CHECK(parse_date(row.text, row.pattern) == row.number);
    CHECK(parse_date(date_text(row.number, row.pattern), row.pattern) == row.number);
  }
  const std::pair<const char*, const char*> wrong[] = {
      {"2021-02-29", "YYYY-MM-DD"}, {"2020-13-01", "YYYY-MM-DD"},  {"2020-1", "YYYY-MM-DD"},
      {"20-01-01", "YYYY-MM-DD"},   {"2020-01-01x", "YYYY-MM-DD"}, {"", "YYYY-MM-DD"},
      {"24:00", "hh:mm"},           {"13:00 PM", "hh:mm AM"},      {"2020-01-01 12:60", "YYYY-MM-DD hh:mm"}};
  for (const auto& [text, pattern] : wrong) {
    INFO(text);
    CHECK(std::isnan(parse_date(text, pattern)));
  }
  CHECK(date_text(18627.6, "DD.MM.YYYY") == "01.01.2021");  // the nearest day
  CHECK(date_text(18627.5, "MM/DD/YYYY hh:mm AM") == "12/31/2020 12:00 PM");
  CHECK(date_text(1e300, "YYYY-MM-DD") == "9999-12-31");
  CHECK(date_text(-1e300, "YYYY-MM-DD") == "0001-01-01");
  CHECK(date_text(23.9999, "hh:mm") == "23:59");
}

TEST_CASE("a spelling is found from a column, and from the others where that is ambiguous",
          "[io][csv][spelling]") {
  CHECK(names_of_spellings("a;b\n12,38;red\n3;blue\n") == Names{"1234,5", "1234.5"});
  CHECK(names_of_spellings("a\tb\n12,38\t1\n3\t2\n") == Names{"1234,5", "1234,5"});  // unambiguous
  CHECK(names_of_spellings("a;b\n1,234;1\n2,345;2\n") == Names{"1234,5", "1234,5"});
  CHECK(names_of_spellings("a\tb\n1,234\t1\n2,345\t2\n") == Names{"1,234.5", "1234.5"});
  CHECK(names_of_spellings("a\tb\n1,234\t1,5\n2,345\t2,5\n") ==
        Names{"1234,5", "1234,5"});  // the other one says
  CHECK(names_of_spellings("a\tb\n1.234\t1,5\n2.345\t2,5\n") == Names{"1.234,5", "1234,5"});
  CHECK(names_of_spellings("a;b\n1.234;1.5\n2.345;2.5\n") == Names{"1234.5", "1234.5"});
  CHECK(names_of_spellings("a,b\n\"1,234\",$5\n12,$6.5\n") == Names{"1,234.5", "$1234.5"});
  CHECK(names_of_spellings("a;b\n1'234;5 %\n12;6,5 %\n") == Names{"1'234,5", "1234,5 %"});
  CHECK(names_of_spellings("a;b\n1 234;x\n12;y\n") == Names{"1 234.5", "1234.5"});
  CHECK(names_of_spellings("a,b\n31.12.2020,2020-12-31\n01.02.2020,2020-12-30\n") ==
        Names{"DD.MM.YYYY", "YYYY-MM-DD"});
  CHECK(names_of_spellings("a,b\n01/02/2020,01/02/2020\n03/04/2020,31/12/2020\n") ==
        Names{"?", "DD/MM/YYYY"});
  CHECK(names_of_spellings("a,b\n01/01/2020,1\n02/02/2020,2\n") ==
        Names{"MM/DD/YYYY", "1234.5"});  // either will do
  CHECK(names_of_spellings("a,b\n1,x\nNA,y\n,z\n") == Names{"1234.5", "1234.5"});
  for (const char* name : {"1234.5", "1234,5", "1.234,5 %", "$1,234.5", "1'234.5", "\u20ac 1 234,5",
                           "DD.MM.YYYY", "YYYY-MM-DDThh:mm:ssZ", "hh:mm"})
    CHECK(name_of(spelling_named(name)) == name);
  for (const char* name :
       {"", "1234", "1234.5x", "x1234.5", "1.234.5", "1x234.5", "12345", "YYYY", "1234;5", "5234.1"})
    CHECK_THROWS_AS(spelling_named(name), DataError);
}

TEST_CASE("currencies and units may be words", "[io][csv][spelling]") {
  CHECK(names_of_spellings("price,way\n\"17,079 EUR\",\"12,345 km\"\n\"2,100 EUR\",\"1,000 km\"\n") ==
        Names{"1,234.5 EUR", "1,234.5 km"});
  CHECK(spelling_named("1,234.5 EUR").number == NumberSpelling{.group = ',', .after = " EUR"});
  const NumberSpelling euros{.after = " EUR"};
  CHECK(parse_number("17.5 EUR", euros) == 17.5);
  CHECK(std::isnan(parse_number("17.5 USD", euros)));
  CHECK(decimals_of("17.5 EUR", euros) == 1);
  CHECK(decimals_of("17EUR", euros) == 0);
  CHECK(decimals_of("1e-3", {}) == 17);
  CHECK(decimals_of("1E5 EUR", euros) == 17);
  CHECK(decimals_of("EUR 1.5e-3", {}) == 17);
}

TEST_CASE("numbers of a table are those that its columns spell", "[io][csv][spelling]") {
  const CsvTable table = parse_csv("a;b;c;d\n1.234,5;12 %;31.12.2020;14:30\n\"2,5\";;30.12.2020;15:00\n");
  Eigen::MatrixXd expected(4, 2);
  expected << 1234.5, 2.5, 12, 0, 18627, 18626, 14.5, 15;
  Eigen::MatrixXd numbers = csv_numbers(table, {}, MissingCells::nan);
  CHECK(std::isnan(numbers(1, 1)));
  numbers(1, 1) = 0;
  CHECK(numbers == expected);
  CHECK_THROWS_WITH(csv_numbers(parse_csv("a,b\n1,01/02/2020\n2,03/04/2020\n")),
                    ContainsSubstring("line 2, column 'b': '01/02/2020' and all others could be day/month"));
}

TEST_CASE("a header is found by the cells", "[io][csv][header]") {
  const std::pair<const char*, bool> rows[] = {{"a,b\n1,2\n3,4\n", true},
                                               {"1.5,2\n3,4\n", false},
                                               {"x,1.5\ny,2.5\nz,3.5\n", false},
                                               {"name,1.5\ny,x\nz,w\n", true},  // no column of numbers below
                                               {"yes,red\nno,blue\nyes,red\nno,blue\n", false},
                                               {"smoker,colour\nno,blue\nyes,red\n", true},
                                               {"2020-01-01;3,5\n2020-01-02;4,5\n", false},
                                               {"date;x\n2020-01-02;4,5\n2020-01-03;4,5\n", true},
                                               {"0,1,2,3\n5,6,7,8\n9,6,7,8\n", true},
                                               {"1,2,3\n5.5,6,7\n9,6,7\n", true},
                                               {"0,1\n1,0\n0,1\n", false},  // bits
                                               {"name,2019,2020,2021\nx,5,6,7\ny,6,7,8\n", true},
                                               {",0\n0,5\n1,7\n", true},  // pandas writes this
                                               {"NA,1.5\n2.5,3\n1,2\n", false},
                                               {"5.1,3.5\n", false},
                                               {"sepal\n5.1\n4.9\n", true},
                                               {"1,234;5\n2,5;6\n3,5;7\n", false}};
  for (const auto& [text, header] : rows) {
    INFO(text);
    const CsvTable table = parse_csv(text, {.find_header = true});
    CHECK(table.has_header() == header);
    CHECK((table.names().front() == "1") == (!header || text[0] == '1' || text[0] == ','));
  }
  CHECK(parse_csv("yes,red\nyes,red\n", {.find_header = true, .names = {"red"}}).has_header());
  CHECK_THROWS_WITH(parse_csv("a,b\n", {.find_header = true}), ContainsSubstring("a header and no rows"));
  CHECK(parse_csv("1.5,1.5\n1.5,1.5\n", {.find_header = true}).rows() ==
        2);  // no names, so none is there twice
}

TEST_CASE("comments, separators at the ends of lines, bars and blanks", "[io][csv]") {
  const struct {
    const char* text;
    Index columns, rows;
    const char* name;  // the first one
  } tables[] = {{"# from a, b and c\n#\na,b\n1,2\n# 3\n3,4\n# end\n", 2, 2, "a"},
                {"#id,b\n1,2\n", 2, 1, "#id"},
                {"a\n# one\n#two\n", 1, 2, "a"},  // as many cells as the table: data
                {"# only\n#\nx\n1\n", 1, 1, "x"},
                {"#ff0000,1\n#00ff00,2\n", 2, 1, "#ff0000"},
                {"a,b,\n1,2,\n3,4,\n", 2, 2, "a"},
                {"a,b\n1,2,\n3,4,\n", 2, 2, "a"},
                {"a,b\n1,2,\n3,4\n", 2, 2, "a"},
                {"a,b,\n1,2\n3,4\n", 2, 2, "a"},
                {"a,b,\n1,2,\n3,4,5\n", 3, 2, "a"},
                {"a,b,c\n1,2,\n3,4,\n", 3, 2, "a"},  // all missing, but it has a name
                {"sep=;\na;b,c\n1;2\n", 2, 1, "a"},
                {"a|b|c\n1|2|3\n", 3, 1, "a"},
                {"  x   y\n 1.5   2\n\t3\t4.5 \n", 2, 2, "x"},
                {"city name\nNew York\nLos Angeles\n", 1, 2, "city name"},
                {"1,5;2,5\n3,5;4,5\n", 2, 1, "1,5"},
                {"a,b\r1,2\r3,4\r", 2, 2, "a"},
                {"a,b\r\n1,2\r\n\r\n", 2, 1, "a"}};
  for (const auto& row : tables) {
    INFO(row.text);
    const CsvTable table = parse_csv(row.text);
    CHECK(table.columns() == row.columns);
    CHECK(table.rows() == row.rows);
    CHECK(table.names().front() == row.name);
  }
  CHECK_THROWS_WITH(parse_csv("a,b\n1,2,\n3,4,5\n"),
                    ContainsSubstring("line 2: it has 3 columns, the first line has 2"));
  CHECK_THROWS_WITH(parse_csv("# x\na,b\n1,2\n1,2,3,4\n"), ContainsSubstring("line 4: it has 4 columns"));
}

TEST_CASE("text in UTF-16 and in gzip is text", "[io][csv]") {
  const std::string text = "a,b\n1,\"x\ny\"\n";
  for (const bool big : {false, true})
    for (const bool mark : {false, true}) {
      const CsvTable table = parse_csv(utf16(text, big, mark));
      CHECK(table.names() == Names{"a", "b"});
      CHECK(table.cell(0, 1) == "x\ny");
    }
  CHECK(parse_csv(std::string("\xFF\xFE\xE4\x00,\0b\0\n\0"
                              "1\0,\0=\xD8\x00\xDE\n\0",
                              20))
            .names()
            .front() == "\u00e4");
  CHECK(parse_csv(std::string("\xFF\xFE\xE4\x00,\0b\0\n\0"
                              "1\0,\0=\xD8\x00\xDE\n\0",
                              20))
            .cell(0, 1) == "\U0001F600");
  CHECK_THROWS_WITH(parse_csv(utf16(text, false, true) + 'x'),
                    ContainsSubstring("a byte is missing at the end"));
  CHECK_THROWS_WITH(parse_csv(std::string("\xFF\xFE\0\0a\0\0\0", 8)), ContainsSubstring("UTF-32"));
  CHECK(
      looks_like_libsvm("\xEF\xBB\xBF"
                        "1 3:1 10:1\n"));
  const TemporaryFolder folder;
  test::put(folder / "a.svm",
            "\xEF\xBB\xBF"
            "1 3:1 10:1\n");
  CHECK(read_libsvm(folder / "a.svm").labels == std::vector<double>{1});
  detail::TextWriter packed(folder / "a.csv.gz");
  packed.write(text);
  packed.commit();
  CHECK(read_csv(folder / "a.csv.gz").cell(0, 1) == "x\ny");
}

TEST_CASE("files of other formats are named, with what to do", "[io][csv][bad]") {
  const std::string zip = std::string("PK\3\4", 4) + std::string(26, '\0');
  const std::pair<std::string, const char*> binary[] = {
      {zip + "[Content_Types].xml", "an Excel workbook"},
      {zip + "mimetypeapplication/vnd.oasis.opendocument.spreadsheet", "an OpenDocument file"},
      {zip + "archive/data.pkl", "a PyTorch file"},
      {zip + "notes.txt", "a zip archive"},
      {"\x89HDF\r\n\x1a\n", "an HDF5 file"},
      {"MATLAB 5.0 MAT-file, Platform: GLNXA64", "a MATLAB file (MAT)"},
      {"MATLAB 7.3 MAT-file, Platform: GLNXA64", "which is HDF5"},
      {"PAR1\x15\x04", "a Parquet file"},
      {std::string("ARROW1\0\0", 8), "an Arrow or Feather file"},
      {std::string("SQLite format 3\0", 16), "an SQLite database"},
      {"\x80\x04\x95", "a Python pickle"},
      {"\xd0\xcf\x11\xe0", "an old Office document"},
      {"%PDF-1.4", "a PDF document"},
      {"\x89PNG\r\n", "a picture (PNG)"},
      {"\x28\xb5\x2f\xfd", "compressed with zstd"},
      {"{\\rtf1", "a text document (RTF)"}};
  const TemporaryFolder folder;
  using Known = std::variant<Rbm<Bernoulli, Bernoulli>>;
  for (const auto& [bytes, what] : binary) {
    INFO(what);
    CHECK_THAT(foreign_format(bytes), ContainsSubstring(what));
    CHECK_THROWS_AS(parse_csv(bytes), FileError);
    CHECK_THROWS_WITH(parse_csv(bytes), ContainsSubstring("it is ") && ContainsSubstring(what));
    test::put(folder / "model", bytes + std::string(300, '\x7f'));
    CHECK_THROWS_WITH(load_any<Known>(folder / "model"),
                      ContainsSubstring("it is ") && ContainsSubstring(what));
  }
  const std::pair<const char*, const char*> texts[] = {
      {R"({"a": 1})", "JSON"},
      {"[1, 2]", "JSON"},
      {"\n [{\"a\": 1}]", "JSON"},
      {"<!DOCTYPE html>", "HTML"},
      {"<?xml version=\"1.0\"?>", "XML"},
      {"@RELATION iris\n@attribute x real", "ARFF"},
      {"1 3:1 10:1\n-1 2:1\n", "LIBSVM text; read_libsvm reads it"},
      {">a\n0101\n>b\n0110\n", "FASTA: sequences"},
      {"spam 3:1 10:1\nham 2:1\n", "LIBSVM text whose labels"}};
  for (const auto& [text, what] : texts) {
    CHECK_THAT(foreign_text(text), ContainsSubstring(what));
    test::put(folder / "table.csv", text);
    CHECK_THROWS_WITH(read_csv(folder / "table.csv"), ContainsSubstring("it is ") && ContainsSubstring(what));
  }
  for (const char* table : {"a,b\n1,2\n", "PAR1,PAR2\n1,2\n", "ORC,b\n", "BMI,age\n1,2\n", "[mm],b\n1,2\n",
                            "<30,>30\n1,2\n", ">30\n1,2\n", ">30\n1 2\n", ">30", "{x},y\n1,2\n",
                            "time 12:30 13:00x\n", "1,2\n", "MATLAB,R\n1,2\n"}) {
    INFO(table);
    CHECK(foreign_format(table).empty());
    CHECK(foreign_text(table).empty());
  }
  test::put(folder / "model", "a,b\n1,2\n3,4\n5,6\n");
  CHECK_THROWS_WITH(load_any<Known>(folder / "model"),
                    ContainsSubstring("it is text, such as CSV, expected a model"));
  test::put(folder / "model", "\x93NUMPY\x01 and more than eight bytes");
  CHECK_THROWS_WITH(load_any<Known>(folder / "model"), ContainsSubstring("read_npy reads it"));
}

TEST_CASE("weights of another program are not a model yet: the message says how to take them", "[io][bad]") {
  const TemporaryFolder folder;
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 3, .hidden = 2, .seed = 1}};
  TensorFile file;
  add_parameters(file, rbm);
  for (Tensor& tensor : file.tensors) tensor.name = "their." + tensor.name;
  write_safetensors(folder / "theirs", file);
  using Bits = Rbm<Bernoulli, Bernoulli>;
  const auto says_how = [](auto read) {
    CHECK_THROWS_WITH(read(), ContainsSubstring("set_parameters(model, file)") &&
                                  ContainsSubstring("'their.weight' [2, 3]"));
  };
  says_how([&] { return load<Bits>(folder / "theirs"); });
  says_how([&] { return load_any<std::variant<Bits>>(folder / "theirs"); });
  TensorFile theirs = read_safetensors(folder / "theirs");
  for (Tensor& tensor : theirs.tensors) tensor.name = tensor.name.substr(6);
  Rbm<Bernoulli, Bernoulli> taken{{.visible = 3, .hidden = 2}};
  set_parameters(taken, theirs);
  CHECK(taken == rbm);
}

}  // namespace test::formats_spelling
