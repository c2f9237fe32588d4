/// \file
/// Files that are complete or absent: a file is written next to its target under another name, flushed to
/// disk and renamed, so that a failure at any point leaves the old file as it was. What a killed program
/// leaves is removed by the next writer of the same file. For POSIX systems.
#pragma once

#include <sys/file.h>

#include <functional>
#include <string_view>

#include "input_file.hpp"

namespace harmonium {

namespace detail {

/// Removes a temporary file whose writer no longer runs. Writers lock their files until these are renamed,
/// and the system releases the locks of a program that was killed. \returns whether there was such a file
inline bool remove_if_left_behind(const std::filesystem::path& path) {
  const Descriptor file(::open(path.c_str(), O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK));
  if (file.number() < 0) return errno != ENOENT;
  if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0) return true;
  struct stat locked {};
  struct stat named {};  // it may have been renamed before it was locked
  if (::fstat(file.number(), &locked) == 0 && ::lstat(path.c_str(), &named) == 0 &&
      locked.st_ino == named.st_ino && locked.st_dev == named.st_dev)
    ::unlink(path.c_str());
  return true;
}

/// A new file next to `target`, removed at the end unless it was renamed. Its name is the first that no other
/// writer of `target` uses; what killed ones have left there is removed. Errors name `target`.
class TemporaryFile {
 public:
  TemporaryFile(const std::filesystem::path& folder, const std::filesystem::path& target) : target_(target) {
    try {
      take_name(folder);
    } catch (...) {
      remove();
      throw;
    }
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() { remove(); }

  void write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const auto written = ::write(descriptor_.number(), bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) fail_file("write", target_, errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
  }
  void set_permissions(mode_t mode) {
    if (::fchmod(descriptor_.number(), mode) != 0) fail_file("write", target_, errno);
  }
  /// Flushes all bytes to disk.
  void flush() {
    if (::fsync(descriptor_.number()) != 0) fail_file("write", target_, errno);
  }
  /// After `flush`. The lock is held until then.
  void rename() {
    if (::rename(path_.c_str(), target_.c_str()) != 0) fail_file("write", target_, errno);
    renamed_ = true;
    descriptor_.close();
  }

 private:
  void take_name(const std::filesystem::path& folder) {
    const std::string start =
        ".harmonium-" + std::to_string(std::hash<std::string>()(target_.filename().string())) + '-';
    constexpr int looked_at = 8, most = 1000;  // names
    bool another = true;
    for (int i = 0; i < looked_at || (i < most && (another || descriptor_.number() < 0)); ++i) {
      const std::filesystem::path path = folder / (start + std::to_string(i) + ".tmp");
      another = remove_if_left_behind(path);
      if (descriptor_.number() < 0) create(path);
    }
    if (descriptor_.number() < 0) fail_file("write", target_, EEXIST);
  }
  void remove() {
    if (descriptor_.number() >= 0 && !renamed_) ::unlink(path_.c_str());
  }
  // Leaves the descriptor closed if another writer has this name.
  void create(const std::filesystem::path& path) {
    path_ = path;  // before there is a file, since it may throw
    Descriptor file(::open(path.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
    if (file.number() < 0 && errno == EEXIST) return;
    if (file.number() < 0) fail_file("write", target_, errno);
    // Without locks (some network file systems) nobody removes anything.
    if (::flock(file.number(), LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return;
    struct stat status {};  // it may have been removed before it was locked
    if (::fstat(file.number(), &status) != 0 || status.st_nlink == 0) return;
    descriptor_ = std::move(file);
  }

  std::filesystem::path path_, target_;
  Descriptor descriptor_{-1};
  bool renamed_ = false;
};

/// The folder that contains a file.
inline std::filesystem::path folder_of(const std::filesystem::path& path) {
  return path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
}

/// Where a chain of links ends, whether or not a file is there: what has to be replaced is the links' target.
inline std::filesystem::path follow_link(std::filesystem::path path) {
  std::error_code error;
  for (int links = 0; links <= 40; ++links) {
    if (!std::filesystem::is_symlink(path, error)) return path;
    const std::filesystem::path target = std::filesystem::read_symlink(path, error);
    if (error) fail_file("write", path, error.value());
    path = path.parent_path() / target;
  }
  fail_file("write", path, ELOOP);
}

}  // namespace detail

/// A file being written. It is not visible before `commit`; without that, or if an error is thrown, the old
/// file of that name remains. The new file takes over the old one's permissions.
class AtomicFile {
 public:
  /// \throws FileError if no file of that name can be written
  explicit AtomicFile(const std::filesystem::path& path)
      : AtomicFile(detail::follow_link(path), Resolved{}) {}

  /// Appends.
  /// \throws FileError
  void write(std::span<const std::byte> bytes) {
    if (buffer_.size() + bytes.size() > buffer_size) {
      file_.write(buffer_);
      buffer_.clear();
    }
    if (bytes.size() >= buffer_size) {
      file_.write(bytes);
    } else {
      buffer_.insert(buffer_.end(), bytes.begin(), bytes.end());
    }
  }
  /// As above, for text.
  void write(std::string_view text) { write(std::as_bytes(std::span(text))); }

  /// Flushes everything to disk and puts the file in its place. \throws FileError
  void commit() {
    file_.write(buffer_);
    buffer_.clear();
    file_.flush();
    file_.rename();
    // Makes the rename survive a power cut. Some file systems cannot; the file is complete in either case.
    const detail::Descriptor folder(
        ::open(detail::folder_of(target_).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
    if (folder.number() >= 0) ::fsync(folder.number());
  }

 private:
  static constexpr std::size_t buffer_size = 65536;
  struct Resolved {};
  AtomicFile(const std::filesystem::path& target, Resolved)
      : target_(check_target(target)), file_(detail::folder_of(target_), target_) {
    struct stat old {};
    if (::stat(target_.c_str(), &old) == 0) file_.set_permissions(old.st_mode & 0777);
    buffer_.reserve(buffer_size);
  }
  static const std::filesystem::path& check_target(const std::filesystem::path& target) {
    check<FileError>(target.has_filename(), "cannot write '", target.string(), "': it names no file");
    struct stat old {};
    if (::stat(target.c_str(), &old) == 0) {
      check<FileError>(S_ISREG(old.st_mode), "cannot write '", target.string(),
                       "': it exists and is not a regular file");
      if (::access(target.c_str(), W_OK) != 0) detail::fail_file("write", target, errno);
    }
    return target;
  }

  std::filesystem::path target_;
  detail::TemporaryFile file_;
  std::vector<std::byte> buffer_;
};

/// Writes a complete file, or leaves the old one as it was.
/// \throws FileError
inline void write_file(const std::filesystem::path& path, std::span<const std::byte> bytes) {
  AtomicFile file(path);
  file.write(bytes);
  file.commit();
}
/// As above, for text.
inline void write_file(const std::filesystem::path& path, std::string_view text) {
  write_file(path, std::as_bytes(std::span(text)));
}

/// Creates a folder and its parents if necessary, and verifies that files can be written in it: to be called
/// before hours of training, not after. \throws FileError
inline void require_writable_folder(const std::filesystem::path& folder) {
  const std::filesystem::path place = folder.empty() ? std::filesystem::path(".") : folder;
  std::error_code error;
  std::filesystem::create_directories(place, error);
  if (error) detail::fail_file("make the folder", place, error.value());
  detail::TemporaryFile probe(place, place);
  const std::byte byte{};
  probe.write(std::span(&byte, 1));
  probe.flush();
}

}  // namespace harmonium
