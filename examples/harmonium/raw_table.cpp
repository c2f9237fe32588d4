#include "raw_table.hpp"

#include <charconv>
#include <harmonium/io/formats/idx.hpp>
#include <harmonium/io/formats/libsvm.hpp>
#include <harmonium/io/formats/sparse_npz.hpp>

using namespace harmonium;

namespace program {

namespace {

std::string first_bytes(const std::string& path, std::uint64_t count) {
  InputFile file(path);
  std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), count)), '\0');
  file.read(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

// The beginning of a file's text, decompressed if necessary.
std::string first_text(const std::string& path) {
  detail::UnpackedFile file(path);
  std::string bytes(4096, '\0');
  bytes.resize(file.read({reinterpret_cast<std::uint8_t*>(bytes.data()), bytes.size()}));
  return bytes;
}

// Does it hold a sparse matrix of SciPy's? Only the names in the archive's directory are read.
bool is_sparse_npz(const std::string& path) {
  const std::vector<std::byte> bytes = read_file(path);
  try {
    bool format = false, begins = false;
    for (const detail::ZipPlace& place : detail::read_zip_directory(bytes)) {
      format = format || place.name == "format.npy";
      begins = begins || place.name == "indptr.npy" || place.name == "row.npy" || place.name == "offsets.npy";
    }
    return format && begins;
  } catch (const FileError&) {
    return false;  // whoever reads it says so
  }
}

// Files that people mistake for tables, so that the message can say so.
void refuse_other_files(const std::string& path, const std::string& begin) {
  const auto is = [&](const char* what, const char* hint) {
    throw FileError("'" + path + "' is " + what + ", expected a table: CSV, NPY, NPZ, IDX or LIBSVM. " +
                    hint);
  };
  if (begin.starts_with("\x89PNG") || begin.starts_with("\xff\xd8\xff") || begin.starts_with("GIF8"))
    is("a picture", "Pictures are read from IDX or NumPy files.");
  if (begin.starts_with("%PDF")) is("a PDF document", "");
  if (begin.starts_with("\xd0\xcf\x11\xe0")) is("an old Office document", "Save the sheet as CSV.");
  if (begin.ends_with(std::string("\0\0{", 3))) is("a model (safetensors)", "The data come after the model.");
  if (begin.starts_with("{")) is("JSON", "Pass a run file with --run.");
  if (begin.starts_with("<")) is("HTML or XML", "");
}

}  // namespace

RawTable::RawTable(const std::string& path, const std::string& array, int base) : path_(path) {
  const std::string begin = first_bytes(path, 9);
  check<FileError>(!begin.empty(), "'", path, "' is empty");
  Tensor tensor;
  if (begin.starts_with("\x93NUMPY")) {
    tensor = read_npy(path);
  } else if (begin.starts_with("PK") && array.empty() && is_sparse_npz(path)) {
    sparse_ = read_sparse_npz(path);
  } else if (begin.starts_with("PK")) {
    std::vector<Tensor> arrays;
    try {
      arrays = read_npz(path);
    } catch (const FileError& error) {
      throw FileError(std::string(error.what()) + ". (If it is a spreadsheet, save the sheet as CSV.)");
    }
    check<FileError>(!array.empty() || arrays.size() == 1, "'", path, "' has ", arrays.size(),
                     " arrays: name one with --array");
    tensor = array.empty() ? arrays.front() : find_array(arrays, array);
  } else if (const std::string text = first_text(path); looks_like_libsvm(text)) {
    sparse_ = read_libsvm(path, {.base = base}).samples;
  } else if (text.starts_with(std::string("\0\0\x08", 3))) {
    numbers_ = read_idx_images(path).cast<float>();
    grey_ = true;
  } else {
    refuse_other_files(path, text.substr(0, 9));
    csv_ = begin.starts_with("\x1f\x8b") ? parse_csv(detail::unpacked_text(path), {}, path) : read_csv(path);
    names_ = csv_->names();
    return;
  }
  if (!grey_ && !sparse_) {
    numbers_ = samples_from(tensor);
    grey_ = tensor.dtype == Dtype::u8 && numbers_.maxCoeff() > 1;
  }
  const Index count = sparse_ ? sparse_->rows() : numbers_.rows();
  for (Index i = 1; i <= count; ++i) names_.push_back(std::to_string(i));
}

Index RawTable::column(const std::string& name) const {
  if (csv_) return csv_->column(name);
  std::size_t number = 0;  // names are numbers from 1
  std::from_chars(name.data(), name.data() + name.size(), number);
  check<DataError>(number >= 1 && number <= names_.size() && names_[number - 1] == name, "'", path_,
                   "' has no column '", name, "', its columns are 1 to ", names_.size());
  return static_cast<Index>(number - 1);
}

std::string RawTable::cell(Index row, Index column) const {
  return csv_ ? std::string(csv_->cell(row, column)) : csv_text(number(row, column));
}
double RawTable::number(Index row, Index column) const {
  if (csv_) return parse_number(csv_->cell(row, column));
  return static_cast<double>(sparse_ ? sparse_->coeff(column, row) : numbers_(column, row));
}
bool RawTable::missing(Index row, Index column) const {
  return csv_ ? is_missing(csv_->cell(row, column)) : !sparse_ && std::isnan(numbers_(column, row));
}
std::string RawTable::place(Index row, Index column) const {
  return csv_ ? csv_->place(row, column)
              : "'" + path_ + "', sample " + std::to_string(row + 1) + ", number " +
                    names_[static_cast<std::size_t>(column)];
}

}  // namespace program
