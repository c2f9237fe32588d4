/// \file
/// Files compressed with gzip: read as if they were not, which is recognized by their content; and written.
#pragma once

#include <zlib.h>

#include <algorithm>
#include <array>
#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "atomic_file.hpp"
#include "input_file.hpp"

namespace harmonium::detail {

/// A file's bytes, decompressed if necessary.
class UnpackedFile {
 public:
  explicit UnpackedFile(const std::filesystem::path& path, const ReadLimits& limits = {})
      : path_(path.string()), file_(nullptr, &gzclose_r) {
    const InputFile readable(path, limits);  // zlib would open folders and pipes, with less helpful errors
    file_.reset(gzopen(path.c_str(), "rb"));
    if (!file_) fail_file("read", path, errno != 0 ? errno : ENOMEM);
    gzbuffer(file_.get(), 1u << 17);
  }
  /// Returns the number of bytes read, fewer than requested only at the end of the file. \throws FileError if
  /// the compressed data are damaged
  std::size_t read(std::span<std::uint8_t> bytes) {
    std::size_t came = 0;
    while (came < bytes.size()) {
      const auto wanted = static_cast<unsigned>(std::min<std::size_t>(bytes.size() - came, 1u << 30));
      const int count = gzread(file_.get(), bytes.data() + came, wanted);
      if (count <= 0) break;
      came += static_cast<std::size_t>(count);
    }
    int error = Z_OK;
    std::string message = gzerror(file_.get(), &error);
    if (message.starts_with(path_ + ": ")) message.erase(0, path_.size() + 2);
    check<FileError>(error == Z_OK || error == Z_STREAM_END, "cannot read '", path_, "': ", message);
    return came;
  }
  /// Reads the next bytes without keeping them, at most `most`; returns how many there were.
  std::uint64_t skip(std::uint64_t most) {
    std::vector<std::uint8_t> block(1u << 16);
    for (std::uint64_t came = 0; came < most;) {
      const std::uint64_t wanted = std::min<std::uint64_t>(most - came, block.size());
      const std::size_t count = read(std::span(block).first(static_cast<std::size_t>(wanted)));
      came += count;
      if (count < wanted) return came;
    }
    return most;
  }
  /// Begins again.
  void rewind() {
    check<FileError>(gzrewind(file_.get()) == 0, "cannot read '", path_, "': it cannot be read twice");
  }

 private:
  std::string path_;
  std::unique_ptr<gzFile_s, int (*)(gzFile)> file_;
};

/// The first bytes of a text file, compressed or not: at most `most` of them. \throws FileError as
/// `UnpackedFile`
inline std::string beginning_of_text(const std::filesystem::path& path, std::size_t most,
                                     const ReadLimits& limits = {}) {
  UnpackedFile file(path, limits);
  std::string text(most, '\0');
  text.resize(file.read({reinterpret_cast<std::uint8_t*>(text.data()), text.size()}));
  return text;
}

/// A whole text file, compressed or not. \throws FileError if it is damaged, or longer than the limit, packed
/// or unpacked
inline std::string unpacked_text(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  UnpackedFile file(path, limits);
  std::string text;
  std::size_t came = 0, wanted = 0;
  do {
    const std::size_t before = text.size();
    wanted = std::max<std::size_t>(before, 1u << 16);
    text.resize(before + wanted);
    came = file.read({reinterpret_cast<std::uint8_t*>(text.data()) + before, wanted});
    text.resize(before + came);
    check_length(("cannot read '" + path.string() + "': it unpacks to").c_str(), text.size(), limits);
  } while (came == wanted);
  return text;
}

/// The lines of a text file, compressed or not, without their ends (LF or CR LF). Memory is that of the
/// longest line.
class TextLines {
 public:
  explicit TextLines(const std::filesystem::path& path, const ReadLimits& limits = {})
      : path_(path.string()), limits_(limits), file_(path, limits) {}
  /// Is there another line? Then `line` is that, until the next call. \throws FileError if it has more than
  /// 2^28 bytes, or the file is damaged, or unpacks to more than the limit
  bool next(std::string_view& line) {
    std::size_t looked = begin_, end = 0;
    while ((end = buffer_.find('\n', looked)) == std::string::npos && !over_) {
      looked = buffer_.size() - begin_;
      buffer_.erase(0, begin_);
      begin_ = 0;
      check<FileError>(buffer_.size() < (std::size_t{1} << 28), "cannot read '", path_, "': line ",
                       number_ + 1, " has more than 2^28 bytes");
      read_more();
    }
    if (end == std::string::npos) end = buffer_.size();
    if (begin_ >= buffer_.size()) return false;
    line = std::string_view(buffer_).substr(begin_, end - begin_);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (number_ == 0 && line.starts_with("\xEF\xBB\xBF")) line.remove_prefix(3);  // a byte-order mark
    begin_ = end + 1;
    ++number_;
    return true;
  }
  /// The last line's number, counted from 1.
  std::size_t number() const { return number_; }

 private:
  void read_more() {
    const std::size_t before = buffer_.size(), more = std::max<std::size_t>(before, 1u << 16);
    buffer_.resize(before + more);
    const std::size_t came = file_.read({reinterpret_cast<std::uint8_t*>(buffer_.data()) + before, more});
    buffer_.resize(before + came);
    over_ = came < more;
    unpacked_ += came;
    check_length(("cannot read '" + path_ + "': it unpacks to").c_str(), unpacked_, limits_);
  }

  std::string path_;
  ReadLimits limits_;
  UnpackedFile file_;
  std::uint64_t unpacked_ = 0;  // bytes
  std::string buffer_;
  std::size_t begin_ = 0, number_ = 0;  // of the next line; of lines so far
  bool over_ = false;                   // has the file ended?
};

/// Writes a text, compressed if the file's name ends in `.gz`. The file is complete or the old one.
class TextWriter {
 public:
  /// \throws FileError if it cannot be written
  explicit TextWriter(const std::filesystem::path& path) : file_(path), packs_(path.extension() == ".gz") {
    if (!packs_) return;
    constexpr int gzip = 16 + MAX_WBITS;
    check<FileError>(
        deflateInit2(&stream_, Z_DEFAULT_COMPRESSION, Z_DEFLATED, gzip, 8, Z_DEFAULT_STRATEGY) == Z_OK,
        "cannot write '", path.string(), "': there is no memory to pack with");
  }
  TextWriter(const TextWriter&) = delete;
  TextWriter& operator=(const TextWriter&) = delete;
  ~TextWriter() {
    if (packs_) deflateEnd(&stream_);
  }
  /// \throws FileError if it cannot be written
  void write(std::string_view text) {
    if (packs_) {
      pack(text, Z_NO_FLUSH);
    } else {
      file_.write(text);
    }
  }
  /// Makes the file visible. \throws FileError if that fails
  void commit() {
    if (packs_) pack({}, Z_FINISH);
    file_.commit();
  }

 private:
  void pack(std::string_view text, int flush) {
    std::array<std::byte, 1u << 14> packed;
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
    stream_.avail_in = static_cast<uInt>(text.size());
    do {
      stream_.next_out = reinterpret_cast<Bytef*>(packed.data());
      stream_.avail_out = static_cast<uInt>(packed.size());
      deflate(&stream_, flush);
      file_.write(std::span<const std::byte>(packed).first(packed.size() - stream_.avail_out));
    } while (stream_.avail_out == 0);
  }

  AtomicFile file_;
  bool packs_;
  z_stream stream_{};
};

}  // namespace harmonium::detail
