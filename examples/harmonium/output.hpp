// Tables and arrays that commands write.
#pragma once

#include <Eigen/Core>
#include <functional>
#include <harmonium/io/formats/csv.hpp>
#include <string>
#include <vector>

namespace program {

// Throws before hours of work, not after, if the file could not be written.
void check_output(const std::string& output);
// Writes a table with a header or an array, depending on the file's extension.
void write_numbers(const std::string& output, const std::string& name, const Eigen::MatrixXf& values,
                   const std::function<std::string()>& csv);
// Codes as CSV, a row per sample, with columns h1, h2 and so on.
template <class Numbers>
std::string codes_text(const Eigen::MatrixBase<Numbers>& codes) {
  std::vector<std::string> cells;
  for (Eigen::Index i = 1; i <= codes.rows(); ++i)
    cells.push_back(std::string("h").append(std::to_string(i)));
  std::string text = harmonium::csv_line(cells);
  for (Eigen::Index c = 0; c < codes.cols(); ++c) {
    for (Eigen::Index r = 0; r < codes.rows(); ++r)
      cells[static_cast<std::size_t>(r)] = harmonium::csv_text(codes(r, c));
    text += harmonium::csv_line(cells);
  }
  return text;
}

}  // namespace program
