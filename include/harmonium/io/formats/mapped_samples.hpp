/// \file
/// Samples in a file that need not fit into memory: uncompressed NPY, IDX or numbers alone. Each batch is
/// read where it lies in the file, and converted as the readers into memory would, so that a model learns the
/// same from either.
#pragma once

#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <type_traits>
#include <variant>

#include "../../core/variant.hpp"
#include "idx.hpp"
#include "mapped_file.hpp"
#include "npy_header.hpp"

namespace harmonium {

/// What to use of a file, and how to shuffle it.
struct MapOptions {
  std::optional<double> scale = {};        ///< the factor of 8-bit numbers; if empty, the reader's own
  std::vector<int> labels = {};            ///< a class for each sample that is used, or empty
  Index first = 0;                         ///< the first sample that is used
  std::optional<Index> count = {};         ///< how many are used; if empty, all from there on
  std::uint64_t block_bytes = 1u << 20;    ///< of samples that are read together
  std::uint64_t shuffle_bytes = 1u << 28;  ///< of blocks that are shuffled together, ...
  Index most_shuffled = Index{1} << 20;    ///< ... and how many samples that may be
};

/// Where the numbers of a file without a header are.
struct RawLayout {
  Dtype dtype = Dtype::u8;   ///< u8, f32 or f64, in the machine's byte order
  Index rows = 0;            ///< numbers per sample, which follow one another
  std::uint64_t offset = 0;  ///< bytes before the first sample
};

/// Samples in a file, as a `BatchSource` for all that takes samples. It holds no numbers, only the file, and
/// can be moved. An epoch's order is that of `SampleOrder`: all samples are shuffled, as in memory, if they
/// take no more than `MapOptions::shuffle_bytes` and are no more than `most_shuffled`; else blocks are.
class MappedSamples {
 public:
  /// Samples of a file that the given layout describes exactly; see `map_raw`.
  MappedSamples(MappedFile file, const RawLayout& layout, MapOptions options = {})
      : file_(std::move(file)), options_(std::move(options)) {
    const std::string name = "cannot map '" + file_.path().string() + "': ";
    const std::size_t size = detail::entry_of(layout.dtype).size;
    check<ValueError>(layout.dtype == Dtype::u8 || layout.dtype == Dtype::f32 || layout.dtype == Dtype::f64,
                      name, "its numbers are ", name_of(layout.dtype), ", expected U8, F32 or F64");
    check<ValueError>(layout.rows >= 1, name, "rows is ", layout.rows, ", expected at least 1");
    const std::uint64_t total = file_.bytes().size(), rows = static_cast<std::uint64_t>(layout.rows);
    check<FileError>(layout.offset < total, name, "it has ", total, " bytes, and the offset is ",
                     layout.offset);
    check<FileError>(layout.offset % size == 0, name, "its numbers begin at byte ", layout.offset,
                     ", expected a multiple of ", size);
    const std::uint64_t there = total - layout.offset;
    check<FileError>(rows <= there / size && there % (rows * size) == 0, name, "it has ", there,
                     " bytes of numbers, expected samples of ", rows, " numbers of ", size,
                     size == 1 ? " byte" : " bytes");
    sample_bytes_ = rows * size;
    choose_samples(name, static_cast<Index>(there / sample_bytes_));
    offset_ =
        static_cast<std::size_t>(layout.offset + static_cast<std::uint64_t>(options_.first) * sample_bytes_);
    const auto view = [&]<class T>(std::type_identity<T>) {
      return View<const T>(reinterpret_cast<const T*>(file_.bytes().data() + offset_), layout.rows, size_,
                           layout.rows);
    };
    if (layout.dtype == Dtype::u8) {
      values_ = view(std::type_identity<std::uint8_t>());
    } else if (layout.dtype == Dtype::f32) {
      values_ = view(std::type_identity<float>());
    } else {
      values_ = view(std::type_identity<double>());
    }
    scale_ = options_.scale.value_or(1);
    check<ValueError>(std::isfinite(scale_), name, "scale is ", scale_, ", expected a finite number");
    check<ValueError>(scale_ == 1 || byte_scale(), name, "scale is ", scale_, ", and its numbers are ",
                      name_of(layout.dtype), ", expected a scale for U8 alone");
    choose_blocks(name);
  }

  /// Numbers per sample.
  Index rows() const {
    return detail::visit_variant([](const auto& values) { return values.rows; }, values_);
  }
  /// Number of samples that are used.
  Index size() const { return size_; }
  /// The class of each sample, or empty.
  std::span<const int> labels() const& { return options_.labels; }
  std::span<const int> labels() const&& = delete;  // dangling: the source is a temporary
  /// The file.
  const MappedFile& file() const { return file_; }
  /// The factor of numbers that are bytes; empty if they are not.
  std::optional<double> byte_scale() const {
    return std::holds_alternative<View<const std::uint8_t>>(values_) ? std::optional(scale_) : std::nullopt;
  }
  /// out(:, i) = sample columns[i] \throws FileError if the file's length has changed
  template <class B>
  void fill(const B& on, std::span<const Index> columns,
            View<typename B::Scalar, typename B::Memory> out) const {
    file_.check_unchanged();
    detail::visit_variant(
        [&](const auto& values) { on.gather(values, columns, static_cast<typename B::Scalar>(scale_), out); },
        values_);
  }
  /// Blocks of samples that lie together; the order of an epoch asks for them in time. This must outlive it.
  Reading reading() const {
    return {.block = block_, .together = together_, .ahead = [this](Index first, Index count) {
              file_.read_ahead(offset_ + static_cast<std::size_t>(first) * sample_bytes_,
                               static_cast<std::size_t>(count) * sample_bytes_);
            }};
  }

 private:
  void choose_samples(const std::string& name, Index there) {
    const Index first = options_.first;
    check<ValueError>(first >= 0 && first < there, name, "first is ", first, ", and there are ", there,
                      " samples");
    size_ = options_.count.value_or(there - first);
    check<ValueError>(size_ >= 1 && size_ <= there - first, name, "count is ", size_, ", and there are ",
                      there - first, " samples from sample ", first, " on");
    const auto& labels = options_.labels;
    check<DataError>(labels.empty() || static_cast<Index>(labels.size()) == size_, name, "there are ",
                     labels.size(), " labels for ", size_, " samples");
    for (std::size_t i = 0; i < labels.size(); ++i)
      check<DataError>(labels[i] >= 0 && labels[i] < 1'000'000'000, name, "label ", i, " is ", labels[i],
                       ", expected 0 to 10^9");
  }
  void choose_blocks(const std::string& name) {
    check<ValueError>(options_.block_bytes > 0 && options_.shuffle_bytes >= options_.block_bytes, name,
                      "block_bytes is ", options_.block_bytes, " and shuffle_bytes ", options_.shuffle_bytes,
                      ", expected at least 1, and no less than block_bytes");
    check<ValueError>(options_.most_shuffled >= 1, name, "most_shuffled is ", options_.most_shuffled,
                      ", expected at least 1");
    const auto samples_in = [&](std::uint64_t bytes) {
      return static_cast<Index>(
          std::min<std::uint64_t>(bytes / sample_bytes_, std::numeric_limits<std::int64_t>::max() / 2));
    };
    const Index most = std::clamp<Index>(samples_in(options_.shuffle_bytes), 1, options_.most_shuffled);
    if (most >= size_) {  // all at once
      block_ = size_;
      together_ = 1;
    } else {
      block_ = std::clamp<Index>(samples_in(options_.block_bytes), 1, most);
      together_ = most / block_;
    }
  }

  MappedFile file_;
  MapOptions options_;
  std::variant<View<const std::uint8_t>, View<const float>, View<const double>> values_;
  double scale_ = 1;
  Index size_ = 0, block_ = 0, together_ = 1;
  std::size_t offset_ = 0, sample_bytes_ = 0;
};

/// Samples without a header: numbers of the given type, sample by sample, to the end of the file. 8-bit
/// numbers are taken as they are unless `MapOptions::scale` says otherwise. \throws FileError if there is no
/// such file, it is empty, or not a whole number of samples \throws ValueError if the layout or an option is
/// invalid \throws DataError if labels are
inline MappedSamples map_raw(const std::filesystem::path& path, const RawLayout& layout,
                             MapOptions options = {}) {
  return {MappedFile(path), layout, std::move(options)};
}

namespace detail {
/// Does it begin as gzip files do?
inline bool is_packed(const MappedFile& file) {
  const std::span<const std::byte> bytes = file.bytes();
  return bytes.size() >= 2 && bytes[0] == std::byte{0x1f} && bytes[1] == std::byte{0x8b};
}
}  // namespace detail

/// The samples of an NPY file, along its first index, as `samples_from(read_npy(path))` has them: uint8,
/// bool, float32 or float64, in C order and the machine's byte order. 8-bit numbers are taken as they are
/// unless `MapOptions::scale` says otherwise; 1.0 / 255 makes grey levels of them. \throws FileError if it is
/// not such a file, or its length is not what its header promises; otherwise as `map_raw`
inline MappedSamples map_npy(const std::filesystem::path& path, MapOptions options = {}) {
  MappedFile file(path);
  try {
    const std::span<const std::byte> bytes = file.bytes();
    check<FileError>(!detail::is_packed(file), "it is compressed by gzip: unpack it first");
    constexpr std::size_t most = 1u << 20;  // of a header, which has at most 64 sizes
    const detail::NpyHeader header = detail::parse_npy_header(bytes.first(std::min(bytes.size(), most)));
    const auto promised = detail::size_in_bytes(header.dtype, header.shape);
    const std::uint64_t there = bytes.size() - header.size;
    check<FileError>(promised == there, "it has ", there, " bytes of numbers, a header of shape ",
                     detail::npy_shape(header.shape), " and type ", name_of(header.dtype), " promises ",
                     promised ? std::to_string(*promised) : "more than 2^62");
    check<FileError>(!header.shape.empty() && there > 0, "it has shape ", detail::npy_shape(header.shape),
                     ", expected samples: (n, V)");
    const bool bytewise = header.dtype == Dtype::u8 || header.dtype == Dtype::boolean;
    check<FileError>(bytewise || header.dtype == Dtype::f32 || header.dtype == Dtype::f64, "its numbers are ",
                     name_of(header.dtype),
                     ", expected U8, F32 or F64; numpy.save(name, array.astype('float32')) converts them");
    check<FileError>(!header.big_endian || bytewise,
                     "its numbers are big-endian; numpy.save(name, array.astype('float32')) converts them");
    check<FileError>(!header.fortran_order || header.shape.size() == 1,
                     "it is in Fortran's order; numpy.save(name, numpy.ascontiguousarray(array)) turns it");
    const std::uint64_t numbers = there / detail::entry_of(header.dtype).size;
    const RawLayout layout{.dtype = bytewise ? Dtype::u8 : header.dtype,
                           .rows = static_cast<Index>(numbers / header.shape[0]),
                           .offset = header.size};
    return {std::move(file), layout, std::move(options)};
  } catch (const FileError& error) {
    const std::string what = error.what();
    throw FileError(what.starts_with("cannot map") ? what : "NPY file '" + path.string() + "': " + what);
  }
}

namespace detail {
/// Where the pictures of an uncompressed IDX file are, and how many they are.
struct MappedPictures {
  RawLayout layout;  ///< after the header
  Index count;       ///< at least 1
};
/// \throws FileError if it is not such a file, or its length is not what its header promises
inline MappedPictures pictures_of(const MappedFile& file) {
  const std::string name = file.path().string();
  const auto* const data = reinterpret_cast<const std::uint8_t*>(file.bytes().data());
  const std::span<const std::uint8_t> bytes(data, file.bytes().size());
  check<FileError>(!is_packed(file), "IDX file '", name, "': it is compressed by gzip: unpack it first");
  const auto sizes = parse_idx_sizes<3>(bytes, name);
  const std::uint64_t promised = idx_length(sizes, name), there = bytes.size() - 16;
  check<FileError>(there == promised, "IDX file '", name, "': it has ", there,
                   " numbers, its header promises ", promised);
  return {.layout = {.dtype = Dtype::u8, .rows = static_cast<Index>(sizes[1] * sizes[2]), .offset = 16},
          .count = static_cast<Index>(sizes[0])};
}
}  // namespace detail

/// Pictures of an uncompressed IDX file, with the scale of `Dataset`, 1 / 255, unless `MapOptions::scale`
/// says otherwise. \throws FileError if it is not such a file, or its length is not what its header promises;
/// otherwise as `map_raw`
inline MappedSamples map_idx_images(const std::filesystem::path& path, MapOptions options = {}) {
  MappedFile file(path);
  const RawLayout layout = detail::pictures_of(file).layout;
  if (!options.scale) options.scale = 1.0 / 255;
  return {std::move(file), layout, std::move(options)};
}

/// The same with a file of labels, which are read into memory; as many as there are pictures, of which
/// `MapOptions::first` and `count` choose. \throws FileError, ValueError also if there are labels among the
/// options
inline MappedSamples map_idx(const std::filesystem::path& images_path,
                             const std::filesystem::path& labels_path, MapOptions options = {}) {
  check<ValueError>(options.labels.empty(), "map_idx: there are labels among the options, and in '",
                    labels_path.string(), "'");
  const std::vector<int> labels = read_idx_labels(labels_path);
  MappedFile file(images_path);
  const auto [layout, pictures] = detail::pictures_of(file);
  check<FileError>(static_cast<std::size_t>(pictures) == labels.size(), "map_idx: '", images_path.string(),
                   "' has ", pictures, " pictures, '", labels_path.string(), "' has ", labels.size(),
                   " labels");
  // A choice that is out of range is refused below.
  const Index first = std::clamp<Index>(options.first, 0, pictures),
              count = std::clamp<Index>(options.count.value_or(pictures), 0, pictures - first);
  options.labels.assign(labels.begin() + first, labels.begin() + first + count);
  if (!options.scale) options.scale = 1.0 / 255;
  return {std::move(file), layout, std::move(options)};
}

}  // namespace harmonium
