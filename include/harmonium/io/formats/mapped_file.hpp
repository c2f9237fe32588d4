/// \file
/// Files that are read through the system's page cache as if they were memory (POSIX mmap): a page is read
/// when it is first looked at, and the system takes its memory back when it needs it.
#pragma once

#include <sys/mman.h>

#include <algorithm>
#include <limits>

#include "input_file.hpp"

namespace harmonium {

/// A regular file as read-only memory, for as long as this lives. It takes addresses, no memory of its own,
/// so `ReadLimits` have nothing to limit. What it was opened as is what it shows, also if its name is given
/// to another file. \note A file that another program shortens is noticed by `check_unchanged`; a page that
/// is gone, or that a failing disk does not give, ends the program (SIGBUS) if it is looked at before that.
class MappedFile {
 public:
  /// \throws FileError if there is no such file, it is not a regular one, it is empty, or it cannot be mapped
  explicit MappedFile(const std::filesystem::path& path)
      : file_(path, {.bytes = std::numeric_limits<std::uint64_t>::max()}) {
    check<FileError>(file_.size() > 0, "cannot read '", path.string(), "': it is empty");
    void* const memory = ::mmap(nullptr, length(), PROT_READ, MAP_PRIVATE, file_.descriptor(), 0);
    if (memory == MAP_FAILED) detail::fail_file("map", path, errno);
    begin_ = static_cast<const std::byte*>(memory);
  }
  /// Takes the other's file; the other has none.
  MappedFile(MappedFile&& other) noexcept
      : file_(std::move(other.file_)), begin_(std::exchange(other.begin_, nullptr)) {}
  /// Exchanges files.
  MappedFile& operator=(MappedFile&& other) noexcept {
    std::swap(file_, other.file_);
    std::swap(begin_, other.begin_);
    return *this;
  }
  ~MappedFile() {
    if (begin_ != nullptr) ::munmap(const_cast<std::byte*>(begin_), length());
  }

  /// Its path when it was opened.
  const std::filesystem::path& path() const { return file_.path(); }
  /// All of its bytes; none if it was moved from.
  std::span<const std::byte> bytes() const {
    return begin_ == nullptr ? std::span<const std::byte>() : std::span(begin_, length());
  }
  /// Asks the system to read `count` bytes from byte `first` on, and does not wait for them.
  void read_ahead(std::size_t first, std::size_t count) const {
    const auto page = static_cast<std::size_t>(::sysconf(_SC_PAGESIZE));
    const std::size_t begin = first / page * page, end = std::min(first + count, bytes().size());
    // Advice that is refused changes nothing.
    if (begin < end) ::madvise(const_cast<std::byte*>(begin_) + begin, end - begin, MADV_WILLNEED);
  }
  /// \throws FileError if the file has another length than when it was opened
  void check_unchanged() const {
    struct stat status {};
    if (::fstat(file_.descriptor(), &status) != 0) detail::fail_file("read", path(), errno);
    check<FileError>(static_cast<std::uint64_t>(status.st_size) == file_.size(), "cannot read '",
                     path().string(), "': it had ", file_.size(), " bytes when it was opened, and now has ",
                     status.st_size);
  }

 private:
  std::size_t length() const { return static_cast<std::size_t>(file_.size()); }

  InputFile file_;
  const std::byte* begin_ = nullptr;
};

}  // namespace harmonium
