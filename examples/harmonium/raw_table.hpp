// A table as in its file: named columns of text or of numbers, before they are interpreted.
#pragma once

#include <Eigen/Core>
#include <Eigen/SparseCore>
#include <optional>
#include <string>
#include <vector>

#include <harmonium/io/formats/csv.hpp>

namespace program {

class RawTable {
 public:
  // CSV, NPY, NPZ, IDX or LIBSVM, told apart by their contents; text and IDX also compressed. `array` names
  // the array to read from an NPZ file; `base` is the first index of a LIBSVM file.
  explicit RawTable(const std::string& path, const std::string& array = "", int base = 1);

  const std::string& path() const { return path_; }
  const std::vector<std::string>& names() const { return names_; }
  harmonium::Index rows() const { return csv_ ? csv_->rows() : sparse_ ? sparse_->cols() : numbers_.cols(); }
  harmonium::Index columns() const { return static_cast<harmonium::Index>(names_.size()); }
  harmonium::Index column(const std::string& name) const;
  // Grey levels of 8 bits: numbers from 0 to 255 that represent 0 to 1.
  bool grey() const { return grey_; }
  // The numbers that are not zero, one sample per column, if the file lists only these.
  const Eigen::SparseMatrix<float>* sparse() const { return sparse_ ? &*sparse_ : nullptr; }
  // The same, taken out of the table.
  Eigen::SparseMatrix<float> take_sparse() && { return *std::move(sparse_); }
  // Can it contain only numbers?
  bool numeric() const { return !csv_; }
  std::string cell(harmonium::Index row, harmonium::Index column) const;
  // NaN if the value is missing: see `missing`.
  double number(harmonium::Index row, harmonium::Index column) const;
  bool missing(harmonium::Index row, harmonium::Index column) const;
  // For messages.
  std::string place(harmonium::Index row, harmonium::Index column) const;

 private:
  std::string path_;
  std::vector<std::string> names_;
  std::optional<harmonium::CsvTable> csv_;
  Eigen::MatrixXf numbers_;                           // one sample per column
  std::optional<Eigen::SparseMatrix<float>> sparse_;  // likewise
  bool grey_ = false;
};

}  // namespace program
