// What a fuzzer of one reader is made of. All are in one program, which is told by name which one to be.
#pragma once

#include <sys/mman.h>
#include <unistd.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <harmonium/core/error.hpp>
#include <harmonium/io/formats/read_limits.hpp>
#include <span>
#include <string>
#include <vector>

namespace fuzz {

using Bytes = std::span<const std::uint8_t>;

/// A reader under attack.
struct Target {
  const char* name;
  void (*attack)(Bytes input);          ///< reads the input as a file; errors of the library are fine
  std::vector<std::string> (*seeds)();  ///< files that the library itself wrote
  std::vector<std::string> words = {};  ///< pieces that such files are made of
};

/// All of them.
std::vector<Target>& targets();
/// Adds one: `const Registered csv({...});` in its file.
struct Registered {
  explicit Registered(Target target) { targets().push_back(std::move(target)); }
};

/// Strangers' files are short, and what they unpack to is no longer than this.
inline constexpr harmonium::ReadLimits limits{.bytes = 1u << 24};

/// A file in memory with these bytes; valid until the next call.
inline std::string file_with(Bytes bytes) {
  static int file = -1;
  if (file >= 0) close(file);
  file = memfd_create("input", 0);
  if (file < 0 || write(file, bytes.data(), bytes.size()) != static_cast<ssize_t>(bytes.size())) std::abort();
  return "/proc/self/fd/" + std::to_string(file);
}
inline std::string file_with(const std::string& bytes) {
  return file_with(Bytes(reinterpret_cast<const std::uint8_t*>(bytes.data()), bytes.size()));
}
/// A folder in memory, for what has to be written; removed at the end of the program.
inline const std::string& folder() {
  static const struct Made {
    std::string name =
        access("/dev/shm", W_OK) == 0 ? "/dev/shm/harmonium-fuzz-XXXXXX" : "/tmp/harmonium-fuzz-XXXXXX";
    Made() {
      if (mkdtemp(name.data()) == nullptr) std::abort();
    }
    ~Made() {
      std::error_code ignored;
      std::filesystem::remove_all(name, ignored);
    }
  } made;
  return made.name;
}

/// What was accepted must make sense.
inline void require(bool sense, const char* what) {
  if (sense) return;
  std::fprintf(stderr, "accepted, but %s\n", what);
  std::abort();
}

}  // namespace fuzz
