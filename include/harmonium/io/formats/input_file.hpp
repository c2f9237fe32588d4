/// \file
/// Input files: regular, of known length, and read completely or not at all. For POSIX systems.
#pragma once

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstddef>
#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <system_error>
#include <utility>
#include <vector>

#include "read_limits.hpp"

namespace harmonium {

namespace detail {

/// `cannot write 'model.safetensors': No space left on device`
[[noreturn]] inline void fail_file(const char* doing, const std::filesystem::path& path, int reason) {
  throw FileError("cannot " + std::string(doing) + " '" + path.string() +
                  "': " + std::generic_category().message(reason));
}

/// An open file descriptor; closes itself.
class Descriptor {
 public:
  explicit Descriptor(int number) : number_(number) {}
  Descriptor(Descriptor&& other) noexcept : number_(std::exchange(other.number_, -1)) {}
  Descriptor& operator=(Descriptor&& other) noexcept {
    std::swap(number_, other.number_);
    return *this;
  }
  ~Descriptor() { close(); }
  int number() const { return number_; }
  /// Returns 0 or the system's error code: a failed write may be reported only here.
  int close() {
    const int open = std::exchange(number_, -1);
    return open >= 0 && ::close(open) != 0 ? errno : 0;
  }

 private:
  int number_;
};

}  // namespace detail

/// A regular file that is read from the beginning.
class InputFile {
 public:
  /// \throws FileError if there is no such file, it cannot be read, or it is longer than the limit
  explicit InputFile(const std::filesystem::path& path, const ReadLimits& limits = {})
      : path_(path),
        descriptor_(::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK)) {  // a pipe would block
    struct stat status {};
    if (descriptor_.number() < 0 || ::fstat(descriptor_.number(), &status) != 0)
      detail::fail_file("read", path_, errno);
    check<FileError>(S_ISREG(status.st_mode), "cannot read '", path_.string(), "': it is not a regular file");
    size_ = static_cast<std::uint64_t>(status.st_size);
    detail::check_length(("cannot read '" + path_.string() + "': it has").c_str(), size_, limits);
  }
  /// Its path.
  const std::filesystem::path& path() const { return path_; }
  /// Its length in bytes, which readers use to check what a header claims.
  std::uint64_t size() const { return size_; }
  /// The system's number of the open file.
  int descriptor() const { return descriptor_.number(); }
  /// Reads the next bytes. \throws FileError if the file ends before that
  void read(std::span<std::byte> bytes) {
    while (!bytes.empty()) {
      const auto came = ::read(descriptor_.number(), bytes.data(), bytes.size());
      if (came < 0 && errno == EINTR) continue;
      if (came < 0) detail::fail_file("read", path_, errno);
      check<FileError>(came > 0, "cannot read '", path_.string(), "': it ends ", bytes.size(),
                       " bytes too early");
      bytes = bytes.subspan(static_cast<std::size_t>(came));
    }
  }

 private:
  std::filesystem::path path_;
  detail::Descriptor descriptor_;
  std::uint64_t size_ = 0;
};

/// All bytes of a file. \throws FileError if it cannot be read or is longer than the limit
inline std::vector<std::byte> read_file(const std::filesystem::path& path, const ReadLimits& limits = {}) {
  InputFile file(path, limits);
  std::vector<std::byte> bytes(static_cast<std::size_t>(file.size()));
  file.read(bytes);
  return bytes;
}

}  // namespace harmonium
