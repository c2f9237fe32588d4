// A table as in its file: named columns of text or of numbers, before they are interpreted.
#pragma once

#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <optional>
#include <string>
#include <vector>

#include <harmonium/data/sparse.hpp>
#include <harmonium/io/formats/csv.hpp>

namespace program {

// How to read a table.
struct TableOptions {
  std::string array = "";  // which array of an NPZ file
  int base = 1;            // the first index of a LIBSVM file
  std::optional<bool> header =
      {};  // does the first row of a CSV file name its columns? Found out if not said
  std::vector<std::string> names =
      {};  // of columns that may be there: if the first row has one, it is a header
};

// What each line of a LIBSVM file begins with is a column too, of this name, after those that `names` lists.
inline constexpr const char* label_column = "label";

class RawTable {
 public:
  // CSV, NPY, NPZ, IDX or LIBSVM, told apart by their contents; all but NPZ also compressed with gzip.
  explicit RawTable(const std::string& path, const TableOptions& options = {});

  const std::string& path() const { return path_; }
  const std::vector<std::string>& names() const { return names_; }
  harmonium::Index rows() const { return csv_ ? csv_->rows() : sparse_ ? sparse_->cols() : numbers_.cols(); }
  harmonium::Index columns() const { return static_cast<harmonium::Index>(names_.size()); }
  harmonium::Index column(const std::string& name) const;
  bool has_column(const std::string& name) const;
  // Has it labels, see `label_column`?
  bool has_labels() const { return !labels_.empty(); }
  // Grey levels of 8 bits: numbers from 0 to 255 that represent 0 to 1.
  bool grey() const { return grey_; }
  // The numbers that are not zero, one sample per column, if the file lists only these.
  const Eigen::SparseMatrix<float>* sparse() const { return sparse_ ? &*sparse_ : nullptr; }
  // The same, taken out of the table.
  Eigen::SparseMatrix<float> take_sparse() && { return harmonium::detail::taken(*sparse_); }
  // Can it contain only numbers?
  bool numeric() const { return !csv_; }
  // Did it say what its columns are called?
  bool has_header() const { return csv_ && csv_->has_header(); }
  std::string cell(harmonium::Index row, harmonium::Index column) const;
  // NaN if the value is missing, see `missing`, or spelled in another way.
  double number(harmonium::Index row, harmonium::Index column, const harmonium::Spelling& spelling) const;
  double number(harmonium::Index row, harmonium::Index column) const;
  // How most of a column's numbers are spelled.
  const harmonium::Spelling& spelling(harmonium::Index column) const;
  // Dates whose month and day cannot be told apart?
  bool ambiguous_date(harmonium::Index column) const;
  // How to read a column that was spelled in the first way in training: like that if all of it is; otherwise
  // as it is spelled here, if these are numbers or dates too, with the same sign.
  harmonium::Spelling spelling_like(harmonium::Index column, const harmonium::Spelling& trained) const;
  bool missing(harmonium::Index row, harmonium::Index column) const;
  // For messages.
  std::string place(harmonium::Index row, harmonium::Index column) const;

 private:
  std::string path_;
  std::vector<std::string> names_;
  std::optional<harmonium::CsvTable> csv_;
  std::vector<harmonium::CsvSpelling> spellings_;     // of its columns
  Eigen::MatrixXf numbers_;                           // one sample per column
  std::optional<Eigen::SparseMatrix<float>> sparse_;  // likewise
  std::vector<double> labels_;                        // of its samples
  bool grey_ = false;
};

}  // namespace program
