#include <harmonium/io/formats/csv.hpp>

#include <clocale>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::TemporaryFolder;

namespace {

CsvTable table_of(const std::string& text, const CsvOptions& options = {}) {
  const TemporaryFolder folder;
  test::put(folder / "t.csv", text);
  return read_csv(folder / "t.csv", options);
}

std::vector<std::string> cells_of(const CsvTable& table) {
  std::vector<std::string> cells;
  for (Index r = 0; r < table.rows(); ++r)
    for (Index c = 0; c < table.columns(); ++c) cells.emplace_back(table.cell(r, c));
  return cells;
}

}  // namespace

TEST_CASE("a CSV file's lines are samples, its columns have names", "[io][csv]") {
  const std::string end = GENERATE("\n", "\r\n");
  const CsvTable table = table_of("age,height" + end + "30,1.75" + end + " 41 ,\t1.6e0" + end + "+7,-.5");
  CHECK(table.names() == std::vector<std::string>{"age", "height"});
  Eigen::MatrixXd expected(2, 3);
  expected << 30, 41, 7, 1.75, 1.6, -0.5;
  CHECK(csv_numbers(table) == expected);
  CHECK(csv_numbers(table, {"height"}) == expected.row(1));
  CHECK(csv_numbers(table, {"height", "age"}).row(1) == expected.row(0));
}

TEST_CASE("cells in quotes hold separators, quotes and line ends", "[io][csv]") {
  const CsvTable table =
      table_of("\xEF\xBB\xBF\"a, b\",c\n\"say \"\"x\"\"\" ,\"two\nlines\"\n\n\n\"\",\" kept \"\n3,bad\n");
  CHECK(table.names() == std::vector<std::string>{"a, b", "c"});
  CHECK(cells_of(table) == std::vector<std::string>{"say \"x\"", "two\nlines", "", " kept ", "3", "bad"});
  CHECK_THAT(table.place(2, 1), ContainsSubstring("line 7, column 'c'"));  // lines of the file, not rows
}

TEST_CASE("the separator is detected, or given; a header may be absent", "[io][csv]") {
  CHECK(cells_of(table_of("a;b,c;d\n1;2;3\n")) == std::vector<std::string>{"1", "2", "3"});
  CHECK(cells_of(table_of("a\tb\n1\t\n")) == std::vector<std::string>{"1", ""});
  CHECK(cells_of(table_of("\"a;b;c\",d\n1,2\n")) == std::vector<std::string>{"1", "2"});
  CHECK(cells_of(table_of("a|b\n1|2\n", {.separator = '|'})) == std::vector<std::string>{"1", "2"});
  const CsvTable bare = table_of("1,2\n3,4\n", {.header = false});
  CHECK(bare.names() == std::vector<std::string>{"1", "2"});
  CHECK(bare.rows() == 2);
}

TEST_CASE("missing cells are an error, or NaN if asked for", "[io][csv]") {
  const CsvTable table = table_of("x,y\n1,\nNA,2\n?,nan\n");
  CHECK_THROWS_WITH(csv_numbers(table), ContainsSubstring("line 2, column 'y': the value is missing"));
  const Eigen::MatrixXd numbers = csv_numbers(table, {}, MissingCells::nan);
  CHECK(numbers(0, 0) == 1);
  CHECK(numbers(1, 1) == 2);
  CHECK(
      (numbers.array().isNaN() == Eigen::Array<bool, 2, 3>{{false, true, true}, {true, false, true}}).all());
}

TEST_CASE("words become positions in a vocabulary and back", "[io][csv]") {
  const CsvTable table = table_of("colour\nred\n\"\"\nblue\nred\n");
  const auto words = csv_vocabulary(table, "colour");
  CHECK(words == std::vector<std::string>{"blue", "red"});
  CHECK(csv_categories(table, "colour", words, MissingCells::nan) == std::vector<int>{1, -1, 0, 1});
  CHECK_THROWS_WITH(
      csv_categories(table, "colour", words),
      ContainsSubstring("line 3, column 'colour': '' is not one of the known words: blue, red"));
  CHECK_THROWS_WITH(csv_categories(table, "colour", {"red"}, MissingCells::nan),
                    ContainsSubstring("line 4, column 'colour': 'blue'"));
}

TEST_CASE("files that are not tables are refused in words, with the line", "[io][csv]") {
  struct Case {
    std::string text, message;
  };
  const Case wrong =
      GENERATE(Case{"", "it is empty"}, Case{"\n\r\n", "it is empty"}, Case{"a,b\n", "a header and no rows"},
               Case{"a,b\n1,2\n\n1,2,3\n", "line 4: it has 3 columns, the first line has 2"},
               Case{"a,b\n1,2\n1\n", "line 3: it has 1 columns, the first line has 2"},
               Case{"a,a\n1,2\n", "line 1: two columns are called 'a'"},
               Case{"a\n\"x\ny", "line 2: a quote is opened here and never closed"},
               Case{"a,b\n\"x\"y,1\n", "line 2: there is text between a closing quote and the next ','"},
               Case{std::string("PK\3\4\0\0", 6), "it is a zip archive; unpack it first"},
               Case{std::string("a\1\0\2", 4), "byte 2 is 0: it is not text"});
  CHECK_THROWS_AS(table_of(wrong.text), FileError);
  CHECK_THROWS_WITH(table_of(wrong.text), ContainsSubstring(wrong.message));
}

TEST_CASE("cells that are not numbers are refused with their location; a missing column is named",
          "[io][csv]") {
  const std::string cell = GENERATE("1.5x", "abc", "1 2", "0x10", "inf", "1e999", "+-1", "1,5,6");
  const CsvTable table = table_of("x;y\n1;2\n3;\"" + cell + "\"\n");
  CHECK_THROWS_AS(csv_numbers(table), DataError);
  CHECK_THROWS_WITH(csv_numbers(table, {}, MissingCells::nan),
                    ContainsSubstring("line 3, column 'y': '" + cell + "' is not a finite number"));
  CHECK_THROWS_WITH(csv_numbers(table, {"z"}), ContainsSubstring("has no column 'z', but 'x', 'y'"));
}

TEST_CASE("a written table is read back number for number", "[io][csv]") {
  const TemporaryFolder folder;
  Eigen::MatrixXd numbers(2, 3);
  numbers << 0.1, -1e300, 5e-324, 1.0 / 3, std::nan(""), 12345678;
  write_csv(folder / "t.csv", {"a, \"b\"", " c"}, numbers);
  const CsvTable table = read_csv(folder / "t.csv");
  CHECK(table.names() == std::vector<std::string>{"a, \"b\"", " c"});
  const Eigen::MatrixXd back = csv_numbers(table, {}, MissingCells::nan);
  CHECK(std::isnan(back(1, 1)));
  numbers(1, 1) = 0;
  CHECK(back.array().isNaN().select(0, back) == numbers);
  write_csv(folder / "f.csv", {"x"}, Eigen::RowVector3f(0.1f, 3, NAN));
  CHECK(test::get(folder / "f.csv") == "x\n0.1\n3\n\"\"\n");
  CHECK(csv_numbers(read_csv(folder / "f.csv"), {}, MissingCells::nan).cols() == 3);
  CHECK_THROWS_AS(write_csv(folder / "g.csv", {"a"}, numbers), ShapeError);
  CHECK(folder.entries() == 2);
}

TEST_CASE("numbers do not depend on the user's locale", "[io][csv]") {
  const char* old = std::setlocale(LC_NUMERIC, "de_DE.UTF-8");  // if it is not installed, "C" is tested again
  CHECK(csv_numbers(table_of("x\n1.5\n"))(0, 0) == 1.5);
  CHECK(csv_text(1.5) == "1.5");
  std::setlocale(LC_NUMERIC, "C");
  static_cast<void>(old);
}

TEST_CASE("a first cell that begins with a byte-order mark is written so that it is kept",
          "[io][csv][hostile]") {
  const std::string name = "\xEF\xBB\xBFx";
  CHECK(table_of(csv_line({name, "y"}) + "1,2\n").names() == std::vector<std::string>{name, "y"});
}
