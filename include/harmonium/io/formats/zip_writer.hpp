/// \file
/// Writing ZIP archives.
#pragma once

#include <set>

#include "zip.hpp"

namespace harmonium {

namespace detail {

/// Appends the bytes of numbers, little-endian.
template <class... T>
void put_zip(std::string& record, T... numbers) {
  (record.append(reinterpret_cast<const char*>(&numbers), sizeof(T)), ...);
}

/// Deflated, without zlib's own header.
inline std::vector<std::byte> deflated(std::span<const std::byte> bytes) {
  z_stream stream{};
  check<ValueError>(
      deflateInit2(&stream, Z_DEFAULT_COMPRESSION, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY) == Z_OK,
      "write_zip: there is no memory to pack with");
  std::vector<std::byte> packed(deflateBound(&stream, static_cast<uLong>(bytes.size())));
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(bytes.data()));
  stream.avail_in = static_cast<uInt>(bytes.size());
  stream.next_out = reinterpret_cast<Bytef*>(packed.data());
  stream.avail_out = static_cast<uInt>(packed.size());
  const int state = deflate(&stream, Z_FINISH);
  packed.resize(stream.total_out);
  deflateEnd(&stream);
  check<ValueError>(state == Z_STREAM_END, "write_zip: zlib failed");  // cannot happen with this bound
  return packed;
}

}  // namespace detail

/// Writes an archive of files, deflated or stored, always dated 1980; it is complete or the old one. \throws
/// ValueError if a name repeats or is longer than 65535 bytes, there are more than 65534 files, or they take
/// 4 GiB or more in all \throws FileError if it cannot be written
inline void write_zip(const std::filesystem::path& path, const std::vector<ZipEntry>& entries,
                      bool deflate = true) {
  std::set<std::string_view> names;
  std::uint64_t all = 0;
  for (const ZipEntry& entry : entries) {
    check<ValueError>(names.insert(entry.name).second, "write_zip: there are two files '", entry.name, "'");
    check<ValueError>(entry.name.size() <= 65535, "write_zip: a name has ", entry.name.size(),
                      " bytes, expected at most 65535");
    all += entry.bytes.size() + 2 * entry.name.size() +
           256;  // including its records, and the overhead of deflating
    all += entry.bytes.size() / 1000;
  }
  check<ValueError>(entries.size() < 65535 && all < (std::uint64_t{1} << 32) - 65536, "write_zip: there are ",
                    entries.size(), " files of ", all, " bytes, expected less than 65535 of less than 4 GiB");

  AtomicFile file(path);
  std::string directory;
  std::uint32_t at = 0;
  using Short = std::uint16_t;
  using Long = std::uint32_t;
  for (const ZipEntry& entry : entries) {
    const std::vector<std::byte> packed = deflate ? detail::deflated(entry.bytes) : std::vector<std::byte>();
    const std::span<const std::byte> written = deflate ? packed : entry.bytes;
    std::string common;  // shared by both records: version 2.0, no flags, method, time, checksum, sizes
    detail::put_zip(common, Short(20), Short(0), Short(deflate ? 8 : 0), Short(0), Short(0x21),
                    detail::crc_of(entry.bytes), Long(written.size()), Long(entry.bytes.size()),
                    Short(entry.name.size()), Short(0));
    std::string header;
    detail::put_zip(header, Long(0x04034b50));
    header += common + entry.name;
    detail::put_zip(directory, Long(0x02014b50), Short(20));
    directory += common;
    detail::put_zip(directory, Short(0), Short(0), Short(0), Long(0), at);
    directory += entry.name;
    file.write(header);
    file.write(written);
    at += static_cast<Long>(header.size() + written.size());
  }
  const auto files = static_cast<Short>(entries.size());
  std::string end;
  detail::put_zip(end, Long(0x06054b50), Short(0), Short(0), files, files, Long(directory.size()), at,
                  Short(0));
  file.write(directory);
  file.write(end);
  file.commit();
}

}  // namespace harmonium
