// ZIP archives for fuzzers.
#pragma once

#include <cstring>
#include <fstream>
#include <harmonium/io/formats/zip.hpp>
#include <iterator>

#include "target.hpp"

namespace fuzz {

/// A fuzzer hardly finds checksums: those of the directory are set to what its files have.
inline std::vector<std::uint8_t> with_checksums(Bytes input) {
  using namespace harmonium;
  std::vector<std::uint8_t> bytes(input.begin(), input.end());
  try {
    const auto view = std::as_bytes(std::span(bytes));
    const detail::ZipDirectory directory = detail::find_zip_directory(view);
    std::uint64_t at = directory.begin;
    for (const detail::ZipPlace& place : detail::read_zip_directory(view)) {
      const auto packed = view.subspan(place.begin, place.packed);
      if (place.size <= limits.bytes) {
        const std::uint32_t crc = detail::crc_of(
            place.method == 8 ? std::span<const std::byte>(detail::Inflater().unpack(packed, place.size))
                              : packed);
        std::memcpy(bytes.data() + at + 16, &crc, 4);
      }
      at += std::uint64_t{46} + detail::zip_number<std::uint16_t>(view, at + 28) +
            detail::zip_number<std::uint16_t>(view, at + 30) +
            detail::zip_number<std::uint16_t>(view, at + 32);
    }
  } catch (const Error&) {
  }
  return bytes;
}

/// What a file of the folder holds.
inline std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace fuzz
