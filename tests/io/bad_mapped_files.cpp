// Files that cannot be mapped as samples.
#include <harmonium/io/formats/mapped_samples.hpp>
#include <harmonium/io/report/peak_memory.hpp>

#include <limits>

#include "bad_input/refusals.hpp"
#include "damage.hpp"
#include "temporary_folder.hpp"

using namespace harmonium;
using namespace test;

namespace test::io_bad_mapped_files {

namespace {

std::string npy(const std::string& type, const std::string& shape, std::size_t numbers,
                const std::string& fortran_order = "False") {
  std::string file = detail::pack_npy_header(type, shape) + std::string(numbers, '\1');
  file.replace(file.find("False"), 5, fortran_order);
  return file;
}
std::string idx(std::initializer_list<std::uint32_t> sizes, std::size_t numbers) {
  std::string file = std::string("\0\0\x08", 3) + static_cast<char>(sizes.size());
  for (const std::uint32_t size : sizes)
    for (int i = 3; i >= 0; --i) file += static_cast<char>(size >> 8 * i & 0xff);
  return file + std::string(numbers, '\1');
}

}  // namespace

TEST_CASE("hostile files are not mapped as samples, and take no memory", "[bad_input][files][mapped]") {
  const TemporaryFolder folder;
  const auto path = folder / "a", labels = folder / "labels";
  const auto array = [=](const std::string& bytes, const MapOptions& options = {}) {
    return [=] {
      put(path, bytes);
      return map_npy(path, options);
    };
  };
  const auto pictures = [=](const std::string& bytes) {
    return [=] {
      put(path, bytes);
      return map_idx_images(path);
    };
  };
  const auto raw = [=](std::size_t length, const RawLayout& layout, const MapOptions& options = {}) {
    return [=] {
      put(path, std::string(length, '\1'));
      return map_raw(path, layout, options);
    };
  };
  const auto with_labels = [=](const std::string& classes, const MapOptions& options = {}) {
    return [=] {
      put(path, idx({2, 1, 1}, 2));
      put(labels, classes);
      return map_idx(path, labels, options);
    };
  };
  const std::string six = npy("|u1", "(3, 2)", 6);
  const double before = peak_memory_mb();
  check_refusals({
      refused<FileError>("no file", "cannot read '.*nowhere': No such file or directory",
                         [&] { return map_npy(folder / "nowhere"); }),
      refused<FileError>("a folder", "cannot read '.*': it is not a regular file",
                         [&] { return map_npy(folder.path()); }),
      refused<FileError>("nothing", "cannot read '.*a': it is empty", array("")),
      refused<FileError>("another format", "NPY file '.*a': it does not begin as an NPY file does",
                         array("a,b\n1,2\n3,4\n")),
      refused<FileError>("packed", "NPY file '.*a': it is compressed by gzip: unpack it first",
                         array("\x1f\x8b\x08 and so on")),
      refused<FileError>(
          "truncated",
          "NPY file '.*a': it has 5 bytes of numbers, a header of shape \\(3, 2\\) and type U8 "
          "promises 6",
          array(npy("|u1", "(3, 2)", 5))),
      refused<FileError>("too long", "NPY file '.*a': it has 7 bytes of numbers, .* promises 6",
                         array(npy("|u1", "(3, 2)", 7))),
      refused<FileError>("sizes that overflow", "NPY file '.*a': it has 6 bytes .* promises more than 2\\^62",
                         array(npy("<f4", "(4294967296, 4294967296)", 6))),
      refused<FileError>("sizes that come round to the length",
                         "NPY file '.*a': it has 8 bytes .* promises more than 2\\^62",
                         array(npy("<f8", "(2305843009213693953, 8)", 8))),
      refused<FileError>("a number", "NPY file '.*a': it has shape \\(\\), expected samples: \\(n, V\\)",
                         array(npy("<f4", "()", 4))),
      refused<FileError>("no samples", "NPY file '.*a': it has shape \\(0, 2\\), expected samples: .*",
                         array(npy("<f4", "(0, 2)", 0))),
      refused<FileError>("empty samples", "NPY file '.*a': it has shape \\(2, 0\\), expected samples: .*",
                         array(npy("<f4", "(2, 0)", 0))),
      refused<FileError>("whole numbers", "NPY file '.*a': its numbers are I32, expected U8, F32 or F64; .*",
                         array(npy("<i4", "(3, 2)", 24))),
      refused<FileError>("big-endian", "NPY file '.*a': its numbers are big-endian; .*",
                         array(npy(">f4", "(3, 2)", 24))),
      refused<FileError>("Fortran's order", "NPY file '.*a': it is in Fortran's order; .*",
                         array(npy("<f4", "(3, 2)", 24, "True "))),
      refused<FileError>("between two numbers",
                         "cannot map '.*a': its numbers begin at byte 127, expected a multiple of 4",
                         [=] {
                           std::string file = npy("<f4", "(3, 2)", 24);
                           const auto length = static_cast<char>(file[8] - '\1');
                           file[8] = length;
                           file.erase(static_cast<std::size_t>(10 + length), 1);
                           return array(file)();
                         }),
      refused<ValueError>("a scale of real numbers",
                          "cannot map '.*a': scale is 2, and its numbers are F32, expected a scale for U8 "
                          "alone",
                          array(npy("<f4", "(3, 2)", 24), {.scale = 2})),
      refused<ValueError>("an infinite scale", "cannot map '.*a': scale is inf, expected a finite number",
                          array(six, {.scale = std::numeric_limits<double>::infinity()})),
      refused<DataError>("too few labels", "cannot map '.*a': there are 2 labels for 3 samples",
                         array(six, {.labels = {0, 1}})),
      refused<DataError>("a negative label", "cannot map '.*a': label 1 is -1, expected 0 to 10\\^9",
                         array(six, {.labels = {0, -1, 1}})),
      refused<ValueError>("a first sample behind the last",
                          "cannot map '.*a': first is 3, and there are 3 samples", array(six, {.first = 3})),
      refused<ValueError>("a negative first sample", "cannot map '.*a': first is -1, and .*",
                          array(six, {.first = -1})),
      refused<ValueError>("more samples than there are",
                          "cannot map '.*a': count is 3, and there are 2 samples from sample 1 on",
                          array(six, {.first = 1, .count = 3})),
      refused<ValueError>("none of the samples", "cannot map '.*a': count is 0, and .*",
                          array(six, {.count = 0})),
      refused<ValueError>("no block", "cannot map '.*a': block_bytes is 0 and shuffle_bytes 268435456, .*",
                          array(six, {.block_bytes = 0})),
      refused<ValueError>("blocks that are larger than what is shuffled",
                          "cannot map '.*a': block_bytes is 9 and shuffle_bytes 8, .*",
                          array(six, {.block_bytes = 9, .shuffle_bytes = 8})),
      refused<ValueError>("nothing shuffled", "cannot map '.*a': most_shuffled is 0, expected at least 1",
                          array(six, {.most_shuffled = 0})),

      refused<FileError>("half a header", "IDX file '.*a': it has 12 bytes, its header needs 16",
                         pictures(idx({1, 2}, 0))),
      refused<FileError>("packed pictures", "IDX file '.*a': it is compressed by gzip: unpack it first",
                         pictures("\x1f\x8b\x08 and so on")),
      refused<FileError>("labels for pictures", "IDX file '.*a': it begins with 0x00000801, expected .*",
                         pictures(idx({12}, 12))),
      refused<FileError>("pictures without pixels", "IDX file '.*a': size 2 is 0, expected at least 1",
                         pictures(idx({2, 2, 0}, 0))),
      refused<FileError>("pictures without end", "IDX file '.*a': the product of its sizes is above 2\\^62",
                         pictures(idx({0xffffffff, 0xffffffff, 0xffffffff}, 9))),
      refused<FileError>("a terabyte that is not there",
                         "IDX file '.*a': it has 3 numbers, its header promises 1000000000000",
                         pictures(idx({1000000, 1000, 1000}, 3))),
      refused<FileError>("more than promised", "IDX file '.*a': it has 5 numbers, its header promises 4",
                         pictures(idx({1, 2, 2}, 5))),
      refused<FileError>("other labels", "map_idx: '.*a' has 2 pictures, '.*labels' has 3 labels",
                         with_labels(idx({3}, 3))),
      refused<ValueError>("labels twice", "map_idx: there are labels among the options, and in '.*labels'",
                          with_labels(idx({2}, 2), {.labels = {0, 1}})),

      refused<ValueError>("no numbers", "cannot map '.*a': rows is 0, expected at least 1", raw(6, {})),
      refused<ValueError>("another type", "cannot map '.*a': its numbers are F16, expected U8, F32 or F64",
                          raw(6, {.dtype = Dtype::f16, .rows = 3})),
      refused<FileError>("an offset behind the end", "cannot map '.*a': it has 6 bytes, and the offset is 6",
                         raw(6, {.rows = 3, .offset = 6})),
      refused<FileError>("an offset within a number",
                         "cannot map '.*a': its numbers begin at byte 6, expected a multiple of 8",
                         raw(22, {.dtype = Dtype::f64, .rows = 2, .offset = 6})),
      refused<FileError>("half a sample",
                         "cannot map '.*a': it has 20 bytes of numbers, expected samples of 3 numbers of 4 "
                         "bytes",
                         raw(20, {.dtype = Dtype::f32, .rows = 3})),
      refused<FileError>("samples that are longer than the file",
                         "cannot map '.*a': it has 8 bytes of numbers, expected samples of "
                         "4611686018427387905 numbers of 4 bytes",
                         raw(8, {.dtype = Dtype::f32, .rows = (Index{1} << 62) + 1})),
  });
  CHECK(peak_memory_mb() - before < 100);
}

TEST_CASE("a damaged file is refused, or has as many numbers as bytes", "[bad_input][files][mapped]") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  int mapped = 0, refused_ones = 0;
  const auto attempt = [&](const std::string& bytes, auto map) {
    put(path, bytes);
    try {
      const MappedSamples samples = map(path);
      CHECK(static_cast<std::size_t>(samples.rows() * samples.size()) <= bytes.size());
      ++mapped;
    } catch (const Error&) {
      ++refused_ones;
    }
  };
  const std::string array = npy("|u1", "(3, 2)", 6), images = idx({3, 1, 2}, 6);
  const auto as_array = [&](const std::string& bytes) {
    attempt(bytes, [](const auto& at) { return map_npy(at); });
  };
  const auto as_pictures = [&](const std::string& bytes) {
    attempt(bytes, [](const auto& at) { return map_idx_images(at); });
  };
  for_each_beginning(array, as_array);
  for_each_beginning(images, as_pictures);
  CHECK(mapped == 0);
  for_each_changed_byte(array, as_array);
  for_each_changed_byte(images, as_pictures);
  CHECK(mapped > 0);
  CHECK(refused_ones > mapped);
}

}  // namespace test::io_bad_mapped_files
