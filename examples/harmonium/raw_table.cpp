#include "raw_table.hpp"

#include <charconv>
#include <harmonium/io/formats/foreign_formats.hpp>
#include <harmonium/io/formats/idx.hpp>
#include <harmonium/io/formats/libsvm.hpp>
#include <harmonium/io/formats/sparse_npz.hpp>
#include <span>

using namespace harmonium;

namespace program {

namespace {

std::string first_bytes(const std::string& path, std::uint64_t count) {
  InputFile file(path);
  std::string bytes(static_cast<std::size_t>(std::min<std::uint64_t>(file.size(), count)), '\0');
  file.read(std::as_writable_bytes(std::span(bytes)));
  return bytes;
}

// An NPY file within gzip.
Tensor unpacked_npy(const std::string& path) {
  const std::string text = detail::unpacked_text(path);
  const auto bytes = std::as_bytes(std::span(text));
  try {
    return detail::parse_npy(path, {bytes.begin(), bytes.end()});
  } catch (const FileError& error) {
    throw FileError("NPY file '" + path + "': " + error.what());
  }
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
  std::string what;
  if (begin.size() > 9 && begin.substr(6, 3) == std::string("\0\0{", 3))
    what = "a model (safetensors); the data come after the model";
  if (what.empty()) what = foreign_format(begin);
  if (what.empty()) what = foreign_text(begin);
  check<FileError>(what.empty(), "'", path, "' is ", what, ". A table is CSV, NPY, NPZ, IDX or LIBSVM.");
}

}  // namespace

RawTable::RawTable(const std::string& path, const TableOptions& options) : path_(path) {
  const std::string begin = first_bytes(path, 300), &array = options.array;
  check<FileError>(!begin.empty(), "'", path, "' is empty");
  const std::string text = detail::beginning_of_text(path, 4096);
  Tensor tensor;
  if (text.starts_with("\x93NUMPY")) {
    tensor = begin == text.substr(0, begin.size()) ? read_npy(path) : unpacked_npy(path);
  } else if (begin.starts_with("PK") && array.empty() && is_sparse_npz(path)) {
    Eigen::SparseMatrix<float> numbers = read_sparse_npz(path);
    sparse_.emplace().swap(numbers);
  } else if (begin.starts_with("PK")) {
    const std::string what = foreign_format(begin);
    check<FileError>(what.empty() || what.starts_with("a zip archive"), "'", path, "' is ", what,
                     ". A table is CSV, NPY, NPZ, IDX or LIBSVM.");
    std::vector<Tensor> arrays;
    try {
      arrays = read_npz(path);
    } catch (const FileError& error) {
      throw FileError(std::string(error.what()) + ". (If it is a spreadsheet, save the sheet as CSV.)");
    }
    check<FileError>(!array.empty() || arrays.size() == 1, "'", path, "' has ", arrays.size(),
                     " arrays: name one with --array");
    tensor = array.empty() ? arrays.front() : find_array(arrays, array);
  } else if (looks_like_libsvm(text)) {
    LibsvmFile file = read_libsvm(path, {.base = options.base});
    sparse_.emplace().swap(file.samples);
    labels_ = std::move(file.labels);
  } else if (text.starts_with(std::string("\0\0\x08", 3))) {
    numbers_ = read_idx_images(path).cast<float>();
    grey_ = true;
  } else {
    check<FileError>(!text.starts_with("PK\x03\x04"), "'", path,
                     "' is an archive (ZIP or NPZ) within gzip: unpack it");
    refuse_other_files(path, text.substr(0, 300));
    csv_ = read_csv(path, {.header = options.header.value_or(true),
                           .find_header = !options.header.has_value(),
                           .names = options.names});
    names_ = csv_->names();
    spellings_ = csv_spellings(*csv_);
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
  if (has_labels() && name == label_column) return columns();
  std::size_t number = 0;  // names are numbers from 1
  std::from_chars(name.data(), name.data() + name.size(), number);
  check<DataError>(number >= 1 && number <= names_.size() && names_[number - 1] == name, "'", path_,
                   "' has no column '", name, "', its columns are 1 to ", names_.size());
  return static_cast<Index>(number - 1);
}

bool RawTable::has_column(const std::string& name) const {
  return std::find(names_.begin(), names_.end(), name) != names_.end() ||
         (has_labels() && name == label_column);
}

std::string RawTable::cell(Index row, Index column) const {
  return csv_ ? std::string(csv_->cell(row, column)) : csv_text(number(row, column));
}
double RawTable::number(Index row, Index column) const { return number(row, column, spelling(column)); }
double RawTable::number(Index row, Index column, const Spelling& spelling) const {
  if (csv_) return parse_spelled(csv_->cell(row, column), spelling);
  if (column == columns()) return labels_[static_cast<std::size_t>(row)];
  return static_cast<double>(sparse_ ? sparse_->coeff(column, row) : numbers_(column, row));
}
const Spelling& RawTable::spelling(Index column) const {
  static const Spelling plain;
  return csv_ ? spellings_[static_cast<std::size_t>(column)].spelling : plain;
}
bool RawTable::ambiguous_date(Index column) const {
  return csv_ && spellings_[static_cast<std::size_t>(column)].ambiguous_date;
}
Spelling RawTable::spelling_like(Index column, const Spelling& trained) const {
  const Spelling& here = spelling(column);
  if (here == trained) return trained;
  bool all = true;
  for (Index row = 0; row < rows() && all; ++row)
    all = missing(row, column) || !std::isnan(number(row, column, trained));
  const auto sign = [](const Spelling& s) {
    return std::string(detail::without_blanks(s.number.before)) +
           std::string(detail::without_blanks(s.number.after));
  };
  const bool alike = here.date.empty() == trained.date.empty() && sign(here) == sign(trained) &&
                     !ambiguous_date(column) &&
                     (here.date.empty() || is_time_of_day(here.date) == is_time_of_day(trained.date));
  return all || !alike ? trained : here;
}
bool RawTable::missing(Index row, Index column) const {
  return csv_ ? is_missing(csv_->cell(row, column)) : !sparse_ && std::isnan(numbers_(column, row));
}
std::string RawTable::place(Index row, Index column) const {
  return csv_
             ? csv_->place(row, column)
             : "'" + path_ + "', sample " + std::to_string(row + 1) +
                   (column == columns() ? ", label" : ", number " + names_[static_cast<std::size_t>(column)]);
}

}  // namespace program
