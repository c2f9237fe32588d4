// Tables of text, their columns' kinds guessed, standardized, encoded and decoded.
#include <harmonium/columns.hpp>

#include "target.hpp"

namespace fuzz::csv {
namespace {

using namespace harmonium;

// The cells, written and read again.
void check_cells(const CsvTable& table) {
  std::string text = csv_line(table.names());
  for (Index row = 0; row < table.rows(); ++row) {
    std::vector<std::string> cells;
    for (Index i = 0; i < table.columns(); ++i) cells.emplace_back(table.cell(row, i));
    text += csv_line(cells);
  }
  const CsvTable again = parse_csv(text, {.separator = ','});
  require(again.names() == table.names() && again.rows() == table.rows(),
          "it has other names or rows when written");
  for (Index i = 0; i < table.columns(); ++i) {
    require(table.column(table.names()[static_cast<std::size_t>(i)]) == i,
            "a column is not found by its name");
    for (Index row = 0; row < table.rows(); ++row)
      require(again.cell(row, i) == table.cell(row, i), "a cell differs when written");
  }
}

void attack(Bytes input) {
  const program::RawTable raw(file_with(input));
  if (!raw.numeric()) check_cells(read_csv(file_with(input), {.limits = limits}));
  if (raw.rows() * raw.columns() > 10'000) return;
  program::Columns columns = program::choose_columns(raw, "");
  program::standardize(raw, columns);
  const program::Samples samples = program::encode_table(raw, columns);
  for (Index c = 0; c < samples.values.cols(); ++c)
    for (Index r = 0; r < samples.values.rows(); ++r)
      require(std::isfinite(samples.values(r, c)) == samples.known(r, c),
              "it is encoded by numbers that are none");
  const std::string description = program::description_of(columns);
  require(program::description_of(program::columns_from(description)) == description,
          "its description is read as another one");
  const program::Samples whole = samples.subset(samples.whole_ones());
  if (whole.values.cols() == 0) return;
  const CsvTable decoded = parse_csv(program::decode_table(columns, whole.values, program::Decoded::draws),
                                     {.separator = program::separator_of(columns)});
  require(decoded.rows() == whole.values.cols(), "it has another number of rows when decoded");
}

std::vector<std::string> seeds() {
  return {"a,b,c\n1,x,0.5\n2,y,1.5\n3,x,-1e3\n",
          "smoker;region;height\nno;\"no;rth\";1\nyes;\"a \"\"b\"\"\";\nno;;3.25\n",
          "id\tword\n1\tNA\n2\t?\n", "\xEF\xBB\xBFx,y\r\n0,1\r\n1,0\r\n\r\n0.5,1\r\n",
          "k\n1\n2\n3\n3\n1\n2\n"};
}

const Registered target({"csv", attack, seeds, {",",        ";",    "\t",   "\n",   "\r\n",  "\"",
                                                "\"\"",     "NA",   "null", "?",    "1e308", "1e-320",
                                                "-0",       "nan",  "inf",  "0x10", "+1",    "\xEF\xBB\xBF",
                                                "\xc3\xa4", "\xfc", "1e306"}});

}  // namespace
}  // namespace fuzz::csv
