/// \file
/// LIBSVM's text files, also called SVMlight: a line for each sample, `label index:value index:value ...`, of
/// which only the numbers that are not zero are listed. `#` begins a comment; `qid:number` after the label is
/// the query that a sample belongs to. Files may be compressed with gzip.
/// https://www.csie.ntu.edu.tw/~cjlin/libsvmtools/datasets/
///
///     const LibsvmFile file = read_libsvm("words.svm");
///     const Dataset words = classes_of(file);                     // or Dataset(file.samples)
#pragma once

#include <Eigen/SparseCore>
#include <charconv>
#include <limits>
#include <optional>
#include <set>
#include <span>

#include "../../data/dataset.hpp"
#include "csv.hpp"
#include "gzip.hpp"
#include "quoted_word.hpp"
#include "words.hpp"

namespace harmonium {

/// How to read or write a LIBSVM file.
struct LibsvmOptions {
  Index base = 1;  ///< the index of a sample's first number: 1 or 0
  Index rows = 0;  ///< numbers per sample, at least as many as the largest index asks for; 0: as many as that
  ReadLimits limits = {};  ///< of a file to read
};

/// The contents of a LIBSVM file.
struct LibsvmFile {
  Eigen::SparseMatrix<float> samples;      ///< one column for each line
  std::vector<double> labels;              ///< the number at the beginning of each line
  std::vector<std::int64_t> queries = {};  ///< the `qid` of each line; empty if no line has one
};

namespace detail {

/// \throws ValueError
inline void check_libsvm_options(const char* caller, const LibsvmOptions& options) {
  check<ValueError>(options.base == 0 || options.base == 1, caller, ": base is ", options.base,
                    ", expected 0 or 1");
  check<ValueError>(options.rows >= 0 && options.rows < std::numeric_limits<int>::max(), caller, ": rows is ",
                    options.rows, ", expected 0 to 2^31 - 2");
}

/// A whole number, or nothing.
inline std::optional<std::int64_t> whole_number_in(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size()) return {};
  return number;
}

/// A line without its comment.
inline std::string_view without_comment(std::string_view line) {
  return line.substr(0, std::min(line.find('#'), line.size()));
}

/// Puts a file together, line by line. It is read twice: what it holds is counted first, so that the numbers
/// are written where they stay, in memory that never has to grow.
class LibsvmParser {
 public:
  LibsvmParser(const std::filesystem::path& path, const LibsvmOptions& options)
      : path_(path.string()), options_(options), lines_(path, options.limits), rows_(options.rows) {
    count(path);
  }

  /// \throws FileError
  LibsvmFile parse() && {
    Eigen::SparseMatrix<float>& samples = file_.samples;
    for (std::string_view line; lines_.next(line);) {
      line = without_comment(line);
      if (const std::string_view label = next_word(line); !label.empty()) read_sample(label, line);
    }
    check<FileError>(static_cast<Index>(file_.labels.size()) == samples.cols(), "LIBSVM file '", path_,
                     "': it has changed while it was read");
    samples.finalize();
    if (rows_ == 0) {
      samples.resize(0, samples.cols());
    } else if (rows_ > samples.rows()) {
      samples.conservativeResize(rows_, samples.cols());  // only a number is changed
    }
    return {taken(samples), std::move(file_.labels), std::move(file_.queries)};
  }

 private:
  // Takes memory for all samples, and for no fewer numbers than they have.
  void count(const std::filesystem::path& path) {
    TextLines lines(path, options_.limits);
    Index samples = 0, numbers = 0;
    for (std::string_view line; lines.next(line);) {
      line = without_comment(line);
      for (std::size_t i = 1; i < line.size(); ++i)
        numbers += line[i] == ':' && line[i - 1] >= '0' && line[i - 1] <= '9' ? 1 : 0;
      samples += next_word(line).empty() ? 0 : 1;
    }
    check<FileError>(samples > 0, "LIBSVM file '", path_, "': it has no samples");
    check<FileError>(std::max(samples, numbers) < std::numeric_limits<int>::max(), "LIBSVM file '", path_,
                     "': it has 2^31 - 1 samples or values, or more");
    file_.samples.resize(std::max<Index>(1, rows_), samples);
    file_.samples.reserve(numbers);
  }
  [[noreturn]] void fail(const std::string& words) const {
    throw FileError("LIBSVM file '" + path_ + "', line " + std::to_string(lines_.number()) + ": " + words);
  }

  void read_sample(std::string_view label, std::string_view rest) {
    if (label.find(':') != std::string_view::npos)
      fail("it begins with " + quoted_word(label) +
           ", expected a label, a number, before the first index:value");
    const double number = parse_number(label);
    if (std::isnan(number)) fail("its label is " + quoted_word(label) + ", expected a number");
    std::string_view word = next_word(rest);
    const bool has_query = word.starts_with("qid:");
    if (has_query) {
      const auto query = whole_number_in(word.substr(4));
      if (!query) fail(quoted_word(word) + " is not a query, expected qid: and a whole number");
      if (file_.queries.size() != file_.labels.size()) fail("it has a qid, lines before it have none");
      file_.queries.push_back(*query);
      word = next_word(rest);
    } else if (!file_.queries.empty()) {
      fail("it has no qid, lines before it have one");
    }
    const auto sample = static_cast<Index>(file_.labels.size());
    if (sample == file_.samples.cols()) fail("the file has grown while it was read");
    file_.samples.startVec(sample);
    for (last_ = -1; !word.empty(); word = next_word(rest)) read_entry(sample, word);
    file_.labels.push_back(number);
  }
  void read_entry(Index sample, std::string_view word) {
    const std::size_t colon = word.find(':');
    const auto index = whole_number_in(word.substr(0, colon));
    if (colon == std::string_view::npos || !index) fail(quoted_word(word) + " is not index:value");
    if (*index < options_.base)
      fail("index " + std::to_string(*index) + ", expected at least " + std::to_string(options_.base) +
           (*index == 0 ? "; if indices count from 0, set the base to 0" : ""));
    const std::int64_t row = *index - options_.base;
    const std::int64_t most = options_.rows > 0 ? options_.rows : std::numeric_limits<int>::max() - 1;
    if (row >= most)
      fail("index " + std::to_string(*index) + ", expected at most " +
           std::to_string(most - 1 + options_.base));
    if (row <= last_)
      fail("index " + std::to_string(*index) + " comes after " + std::to_string(last_ + options_.base) +
           ", expected indices that increase");
    const auto value = static_cast<float>(parse_number(word.substr(colon + 1)));
    if (!std::isfinite(value)) fail("the value in " + quoted_word(word) + " is not a finite number");
    last_ = row;
    rows_ = std::max(rows_, static_cast<Index>(row) + 1);
    if (value == 0) return;
    file_.samples.insertBack(static_cast<Index>(row), sample) = value;
  }

  std::string path_;
  LibsvmOptions options_;
  TextLines lines_;
  Index rows_;
  std::int64_t last_ = -1;  // row of the line's last entry
  LibsvmFile file_;
};

}  // namespace detail

/// Reads a LIBSVM file, compressed or not. Memory grows with the values that are there, not with the indices.
/// \throws FileError, with the line, if it is damaged, has no samples, or an index is out of range, repeated
/// or not in order, or a number is not finite; or if it is longer than the limit, packed or unpacked \throws
/// ValueError if an option is out of range
inline LibsvmFile read_libsvm(const std::filesystem::path& path, const LibsvmOptions& options = {}) {
  detail::check_libsvm_options("read_libsvm", options);
  return detail::LibsvmParser(path, options).parse();
}

/// The samples with their labels as classes: the smallest number among the labels is class 0, the next one
/// class 1. So -1 and 1 become 0 and 1. \throws DataError if there are more than 1000 different labels, as
/// for regression: `Dataset(file.samples).with_targets(...)`
inline Dataset classes_of(LibsvmFile file) {
  std::set<double> known;
  for (const double label : file.labels) {
    known.insert(label);
    check<DataError>(known.size() <= 1000,
                     "classes_of: there are more than 1000 different labels; numbers are targets");
  }
  std::vector<int> classes;
  for (const double label : file.labels)
    classes.push_back(static_cast<int>(std::distance(known.begin(), known.find(label))));
  return Dataset(detail::taken(file.samples), std::move(classes));
}

/// Writes samples (one per column) as a LIBSVM file, compressed if its name ends in `.gz`; it is complete or
/// the old one. Without labels, each is 0. \throws ShapeError unless there is a label for each sample, or
/// none \throws DataError if a number is not finite \throws ValueError if an option is out of range \throws
/// FileError if it cannot be written
template <SparseColumns M>
void write_libsvm(const std::filesystem::path& path, const M& samples, std::span<const double> labels = {},
                  const LibsvmOptions& options = {}) {
  detail::check_libsvm_options("write_libsvm", options);
  check<ShapeError>(labels.empty() || static_cast<Index>(labels.size()) == samples.cols(),
                    "write_libsvm: there are ", labels.size(), " labels for ", samples.cols(), " samples");
  detail::TextWriter file(path);
  std::string line;
  for (Index c = 0; c < samples.cols(); ++c) {
    const double label = labels.empty() ? 0 : labels[static_cast<std::size_t>(c)];
    check<DataError>(std::isfinite(label), "write_libsvm: label ", c, " is ", label,
                     ", expected a finite number");
    line = csv_text(label);
    detail::for_each_stored(samples, c, [&](Index row, auto x) {
      check<DataError>(std::isfinite(static_cast<double>(x)), "write_libsvm: row ", row, " of column ", c,
                       " is ", x, ", expected a finite number");
      line += ' ' + std::to_string(row + options.base) + ':' + csv_text(x);
    });
    file.write(line + '\n');
  }
  file.commit();
}

/// Does text from the beginning of a file look like a LIBSVM file? A label and index:value in each whole
/// line.
inline bool looks_like_libsvm(std::string_view text) {
  if (text.starts_with("\xEF\xBB\xBF")) text.remove_prefix(3);
  text = text.substr(0, text.rfind('\n') == std::string_view::npos ? text.size() : text.rfind('\n'));
  bool any = false;
  while (!text.empty()) {
    std::string_view line = text.substr(0, std::min(text.find('\n'), text.size()));
    text.remove_prefix(std::min(line.size() + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    line = line.substr(0, std::min(line.find('#'), line.size()));
    std::string_view word = detail::next_word(line);
    if (word.empty()) continue;
    if (std::isnan(parse_number(word))) return false;
    for (word = detail::next_word(line); !word.empty(); word = detail::next_word(line)) {
      const std::size_t colon = word.find(':');
      if (colon == std::string_view::npos) return false;
      if (!detail::whole_number_in(word.substr(0, colon)) && word.substr(0, colon) != "qid") return false;
      any = true;
    }
  }
  return any;
}

}  // namespace harmonium
