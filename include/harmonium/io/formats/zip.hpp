/// \file
/// ZIP archives of stored and deflated files, as far as NPZ needs them: read as a whole and without trusting
/// any header, including large ones (ZIP64); written below 4 GiB.
/// https://pkware.cachefly.net/webdocs/casestudies/APPNOTE.TXT
#pragma once

#include <zlib.h>

#include <algorithm>
#include <cstring>
#include <optional>
#include <string_view>

#include "atomic_file.hpp"

namespace harmonium {

/// A file in an archive.
struct ZipEntry {
  std::string name;              ///< as in the archive
  std::vector<std::byte> bytes;  ///< decompressed
};

namespace detail {

/// The little-endian number at an offset of an archive. \throws FileError if the archive ends before
template <class T>
T zip_number(std::span<const std::byte> bytes, std::uint64_t at) {
  check<FileError>(at <= bytes.size() && sizeof(T) <= bytes.size() - at, "it ends within a record");
  T number;
  std::memcpy(&number, bytes.data() + at, sizeof(T));
  return number;
}

/// Location of a compressed file in an archive, and its description in the directory.
struct ZipPlace {
  std::string name;
  std::uint16_t method;
  std::uint32_t crc;
  std::uint64_t packed, size, begin;
};

/// The directory: offset of its first byte, and number of files.
struct ZipDirectory {
  std::uint64_t begin, files;
};

inline ZipDirectory find_zip_directory(std::span<const std::byte> bytes) {
  // The last record is at least 22 bytes long and may be followed by a comment of up to 65535.
  for (std::uint64_t back = 22; back <= std::min<std::uint64_t>(bytes.size(), 22 + 65535); ++back) {
    const std::uint64_t at = bytes.size() - back;
    if (zip_number<std::uint32_t>(bytes, at) != 0x06054b50 ||
        zip_number<std::uint16_t>(bytes, at + 20) != back - 22)
      continue;
    ZipDirectory directory{zip_number<std::uint32_t>(bytes, at + 16),
                           zip_number<std::uint16_t>(bytes, at + 10)};
    if (at >= 20 && zip_number<std::uint32_t>(bytes, at - 20) == 0x07064b50) {  // ZIP64 has its own
      const auto large = zip_number<std::uint64_t>(bytes, at - 20 + 8);
      check<FileError>(zip_number<std::uint32_t>(bytes, large) == 0x06064b50, "its ZIP64 record is damaged");
      directory = {zip_number<std::uint64_t>(bytes, large + 48),
                   zip_number<std::uint64_t>(bytes, large + 32)};
    }
    return directory;
  }
  throw FileError("it is not a ZIP archive, or it is cut short: its last record is missing");
}

/// Sizes that do not fit in 32 bits are in an extra field, in this order, each only if it does not fit.
inline void read_zip64(std::span<const std::byte> extra, ZipPlace& place, std::uint64_t& header) {
  for (std::uint64_t at = 0; at + 4 <= extra.size();) {
    const auto id = zip_number<std::uint16_t>(extra, at), size = zip_number<std::uint16_t>(extra, at + 2);
    at += 4;
    if (id == 1) {
      std::uint64_t next = at;
      for (std::uint64_t* number : {&place.size, &place.packed, &header})
        if (*number == 0xffffffff) {
          *number = zip_number<std::uint64_t>(extra, next);
          next += 8;
        }
    }
    at += size;
  }
}

/// All files listed in the directory, in its order.
inline std::vector<ZipPlace> read_zip_directory(std::span<const std::byte> bytes) {
  const ZipDirectory directory = find_zip_directory(bytes);
  check<FileError>(
      directory.begin <= bytes.size() && directory.files <= (bytes.size() - directory.begin) / 46,
      "its directory promises ", directory.files, " files, more than it has room for");
  std::vector<ZipPlace> places;
  std::uint64_t at = directory.begin, all_packed = 0;
  for (std::uint64_t i = 0; i < directory.files; ++i) {
    check<FileError>(zip_number<std::uint32_t>(bytes, at) == 0x02014b50, "its directory is damaged");
    const auto flags = zip_number<std::uint16_t>(bytes, at + 8);
    ZipPlace place{.name = {},
                   .method = zip_number<std::uint16_t>(bytes, at + 10),
                   .crc = zip_number<std::uint32_t>(bytes, at + 16),
                   .packed = zip_number<std::uint32_t>(bytes, at + 20),
                   .size = zip_number<std::uint32_t>(bytes, at + 24),
                   .begin = 0};
    const auto name = zip_number<std::uint16_t>(bytes, at + 28),
               extra = zip_number<std::uint16_t>(bytes, at + 30),
               comment = zip_number<std::uint16_t>(bytes, at + 32);
    std::uint64_t header = zip_number<std::uint32_t>(bytes, at + 42);
    check<FileError>(std::uint64_t{46} + name + extra + comment <= bytes.size() - at,
                     "its directory is cut short");
    place.name.assign(reinterpret_cast<const char*>(bytes.data()) + at + 46, name);
    read_zip64(bytes.subspan(at + 46 + name, extra), place, header);
    check<FileError>((flags & 1) == 0, "'", place.name, "' is encrypted");
    check<FileError>(place.method == 0 || place.method == 8, "'", place.name, "' is packed by method ",
                     place.method, ", expected 0 (stored) or 8 (deflated)");
    check<FileError>(header < bytes.size() && zip_number<std::uint32_t>(bytes, header) == 0x04034b50, "'",
                     place.name, "' is not where the directory says");
    place.begin = header + 30 + zip_number<std::uint16_t>(bytes, header + 26) +
                  zip_number<std::uint16_t>(bytes, header + 28);
    check<FileError>(place.begin <= bytes.size() && place.packed <= bytes.size() - place.begin, "'",
                     place.name, "' is cut short");
    all_packed += place.packed;  // files that share bytes could unpack to any size
    check<FileError>(all_packed <= bytes.size(), "its files overlap");
    places.push_back(std::move(place));
    at += std::uint64_t{46} + name + extra + comment;
  }
  return places;
}

/// The bytes that all files promise to unpack to; the largest number if that overflows.
inline std::uint64_t unpacked_size(const std::vector<ZipPlace>& places) {
  std::uint64_t all = 0;
  for (const ZipPlace& place : places) {
    if (place.size > ~all) return ~std::uint64_t{0};
    all += place.size;
  }
  return all;
}

/// zlib's state, released at the end.
class Inflater {
 public:
  Inflater() {
    check<FileError>(inflateInit2(&stream_, -MAX_WBITS) == Z_OK, "there is no memory to unpack it");
  }
  Inflater(const Inflater&) = delete;
  Inflater& operator=(const Inflater&) = delete;
  ~Inflater() { inflateEnd(&stream_); }

  /// Decompresses everything. Memory grows with the bytes actually decompressed.
  std::vector<std::byte> unpack(std::span<const std::byte> packed, std::uint64_t size) {
    std::vector<std::byte> bytes;
    std::uint64_t came = 0;
    for (int state = Z_OK; state != Z_STREAM_END;) {
      if (came == bytes.size() && came < size)
        bytes.resize(static_cast<std::size_t>(std::min(size, std::max<std::uint64_t>(1u << 16, 2 * came))));
      std::byte surplus{};
      const auto room =
          came < size ? std::span(bytes).subspan(static_cast<std::size_t>(came)) : std::span(&surplus, 1);
      stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
      stream_.avail_in = static_cast<uInt>(std::min<std::size_t>(packed.size(), 1u << 30));
      stream_.next_out = reinterpret_cast<Bytef*>(room.data());
      stream_.avail_out = static_cast<uInt>(std::min<std::size_t>(room.size(), 1u << 30));
      const uInt given = stream_.avail_in, asked = stream_.avail_out;
      state = inflate(&stream_, Z_NO_FLUSH);
      packed = packed.subspan(given - stream_.avail_in);
      came += asked - stream_.avail_out;
      check<FileError>(came <= size && (state == Z_OK || state == Z_STREAM_END), "it is damaged");
    }
    check<FileError>(came == size && packed.empty(), "it unpacks to ", came, " bytes, expected ", size);
    return bytes;
  }

 private:
  z_stream stream_{};
};

/// The checksum of ZIP files.
inline std::uint32_t crc_of(std::span<const std::byte> bytes) {
  return static_cast<std::uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

}  // namespace detail

/// Reads all files of an archive. Memory grows with what is actually decompressed, whatever its headers
/// promise: the archive's length, and at most three times what it unpacks to. \throws FileError if it is
/// damaged, encrypted, or uses a method other than stored or deflated; or if it, or all that it unpacks to,
/// is longer than the limit
inline std::vector<ZipEntry> read_zip(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  const std::vector<std::byte> bytes = read_file(path, limits);
  std::string at;
  try {
    std::vector<ZipEntry> entries;
    const std::vector<detail::ZipPlace> places = detail::read_zip_directory(bytes);
    detail::check_length("it unpacks to", detail::unpacked_size(places), limits);
    for (const detail::ZipPlace& place : places) {
      at = " '" + place.name + "':";
      const auto packed = std::span(bytes).subspan(static_cast<std::size_t>(place.begin),
                                                   static_cast<std::size_t>(place.packed));
      check<FileError>(place.method == 8 || place.packed == place.size, "its sizes do not agree");
      entries.push_back({place.name, place.method == 8 ? detail::Inflater().unpack(packed, place.size)
                                                       : std::vector(packed.begin(), packed.end())});
      check<FileError>(detail::crc_of(entries.back().bytes) == place.crc, "its checksum is wrong");
      at.clear();
    }
    return entries;
  } catch (const FileError& error) {
    throw FileError("ZIP archive '" + path.string() + "':" + at + ' ' + error.what());
  }
}

}  // namespace harmonium
