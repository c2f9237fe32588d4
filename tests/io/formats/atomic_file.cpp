#include <harmonium/io/formats/atomic_file.hpp>

#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <atomic>
#include <thread>

#include "io/file_size_limit.hpp"
#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using test::FileSizeLimit;
using test::TemporaryFolder;

namespace {

std::string pattern(std::size_t size) {
  std::string text(size, '\0');
  for (std::size_t i = 0; i < size; ++i) text[i] = static_cast<char>(i * 7 + i / 251);
  return text;
}

}  // namespace

TEST_CASE("a file of any length is written and read back", "[io][file]") {
  const TemporaryFolder folder;
  const std::size_t size = GENERATE(0u, 1u, 65535u, 65536u, 65537u, 300000u);
  const std::string text = pattern(size);
  write_file(folder / "file", text);
  CHECK(test::get(folder / "file") == text);
  const auto bytes = read_file(folder / "file");
  CHECK(std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()) == text);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file written in pieces has them in order", "[io][file]") {
  const TemporaryFolder folder;
  const std::string text = pattern(400000);
  AtomicFile file(folder / "file");
  std::size_t begin = 0, length = 1;
  while (begin < text.size()) {  // pieces shorter and longer than the buffer
    file.write(std::string_view(text).substr(begin, length));
    begin += length;
    length = length * 3 + 1;
  }
  file.commit();
  CHECK(test::get(folder / "file") == text);
}

TEST_CASE("without commit the old file stays and nothing else remains", "[io][file]") {
  const TemporaryFolder folder;
  test::put(folder / "file", "old");
  {
    AtomicFile file(folder / "file");
    file.write(pattern(100000));
    CHECK(folder.entries() == 2);
    CHECK(test::get(folder / "file") == "old");
  }
  CHECK(folder.entries() == 1);
  CHECK(test::get(folder / "file") == "old");
}

TEST_CASE("a write that fails names file and reason, and the old file stays", "[io][file]") {
  const TemporaryFolder folder;
  test::put(folder / "file", "old");
  {
    const FileSizeLimit limit(1000);
    CHECK_THROWS_WITH(write_file(folder / "file", pattern(5000)),
                      ContainsSubstring((folder / "file").string()) && ContainsSubstring("File too large"));
    CHECK_THROWS_AS(write_file(folder / "file", pattern(200000)), FileError);
  }
  CHECK(folder.entries() == 1);
  CHECK(test::get(folder / "file") == "old");
  write_file(folder / "file", "new");
  CHECK(test::get(folder / "file") == "new");
}

TEST_CASE("paths that cannot be files are refused", "[io][file]") {
  const TemporaryFolder folder;
  CHECK_THROWS_WITH(write_file("", "x"), ContainsSubstring("names no file"));
  CHECK_THROWS_WITH(write_file(folder.path(), "x"), ContainsSubstring("not a regular file"));
  CHECK_THROWS_WITH(write_file(folder.path() / "", "x"), ContainsSubstring("names no file"));
  CHECK_THROWS_WITH(write_file(folder / "missing/file", "x"),
                    ContainsSubstring("missing/file") && ContainsSubstring("No such file or directory"));
  CHECK(folder.entries() == 0);
  // A pipe stands for devices too, which a test must not risk: renaming onto one would replace it for
  // everyone.
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(write_file(folder / "pipe", "x"), ContainsSubstring("not a regular file"));
  CHECK(std::filesystem::is_fifo(folder / "pipe"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file that is replaced passes its permissions on", "[io][file]") {
  const TemporaryFolder folder;
  test::put(folder / "file", "old");
  std::filesystem::permissions(folder / "file", std::filesystem::perms(0640));
  write_file(folder / "file", "new");
  CHECK((std::filesystem::status(folder / "file").permissions() == std::filesystem::perms(0640)));
}

TEST_CASE("writing to a link replaces its target", "[io][file]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "there");
  test::put(folder / "there/file", "old");
  std::filesystem::create_symlink("there/file", folder / "link");
  write_file(folder / "link", "new");
  CHECK(std::filesystem::is_symlink(folder / "link"));
  CHECK(test::get(folder / "there/file") == "new");
}

TEST_CASE("writing to a link whose target is not there makes the target", "[io][file][hostile]") {
  const TemporaryFolder folder;
  std::filesystem::create_directory(folder / "there");
  std::filesystem::create_symlink("there/second", folder / "first");
  std::filesystem::create_symlink("file", folder / "there/second");
  write_file(folder / "first", "new");
  CHECK(std::filesystem::is_symlink(folder / "first"));
  CHECK(std::filesystem::is_symlink(folder / "there/second"));
  CHECK(test::get(folder / "there/file") == "new");
  std::filesystem::create_symlink("nowhere/file", folder / "lost");
  CHECK_THROWS_WITH(write_file(folder / "lost", "x"), ContainsSubstring("No such file or directory"));
  CHECK(std::filesystem::is_symlink(folder / "lost"));
  std::filesystem::create_symlink("circle", folder / "circle");
  CHECK_THROWS_WITH(write_file(folder / "circle", "x"), ContainsSubstring("levels of symbolic links"));
  CHECK(std::filesystem::is_symlink(folder / "circle"));
}

TEST_CASE("what a killed writer leaves is removed by the next one, but not a live writer's file",
          "[io][file][hostile]") {
  const TemporaryFolder folder;
  const auto killed_while_writing = [&] {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      AtomicFile first(folder / "file"), second(folder / "file");
      first.write("lost");
      kill(getpid(), SIGKILL);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
  };
  killed_while_writing();
  CHECK(folder.entries() == 2);
  {
    AtomicFile live(folder / "file"), other(folder / "file");
    CHECK(folder.entries() == 2);
    killed_while_writing();
    CHECK(folder.entries() == 4);
    live.write("live");
    write_file(folder / "file", "third");
    CHECK(folder.entries() == 3);
    CHECK(test::get(folder / "file") == "third");
    other.write("other");
    live.commit();
    CHECK(test::get(folder / "file") == "live");
    other.commit();
  }
  CHECK(test::get(folder / "file") == "other");
  CHECK(folder.entries() == 1);
}

TEST_CASE("many writers of one file all succeed, and none sees half a file", "[io][file][hostile]") {
  const TemporaryFolder folder;
  std::atomic<int> failed{0};
  std::vector<std::thread> writers;
  for (int i = 0; i < 12; ++i)
    writers.emplace_back([&, i] {
      try {
        for (int k = 0; k < 20; ++k) {
          write_file(folder / "file", std::string(3000, static_cast<char>('a' + i)));
          const auto bytes = read_file(folder / "file");
          if (bytes.size() != 3000 || bytes.front() != bytes.back()) ++failed;
        }
      } catch (const FileError&) {
        ++failed;
      }
    });
  for (std::thread& writer : writers) writer.join();
  CHECK(failed == 0);
  CHECK(folder.entries() == 1);
}

TEST_CASE("a file name of maximal length can be written", "[io][file]") {
  const TemporaryFolder folder;
  const std::string name(255, 'n');
  write_file(folder / name, "x");
  CHECK(test::get(folder / name) == "x");
  CHECK_THROWS_WITH(write_file(folder / (name + "n"), "x"), ContainsSubstring("File name too long"));
  CHECK(folder.entries() == 1);
}

TEST_CASE("reading is bounded, and what cannot be read is refused", "[io][file]") {
  const TemporaryFolder folder;
  test::put(folder / "file", "12345");
  CHECK(read_file(folder / "file", {.bytes = 5}).size() == 5);
  CHECK_THROWS_WITH(read_file(folder / "file", {.bytes = 4}),
                    ContainsSubstring("5 bytes, expected at most 4"));
  CHECK_THROWS_WITH(read_file(folder / "other"),
                    ContainsSubstring("other") && ContainsSubstring("No such file or directory"));
  CHECK_THROWS_WITH(read_file(folder.path()), ContainsSubstring("not a regular file"));
  REQUIRE(mkfifo((folder / "pipe").c_str(), 0600) == 0);
  CHECK_THROWS_WITH(read_file(folder / "pipe"), ContainsSubstring("not a regular file"));
}

TEST_CASE("a file that ends while it is read is an error", "[io][file]") {
  const TemporaryFolder folder;
  test::put(folder / "file", pattern(100));
  InputFile file(folder / "file");
  CHECK(file.size() == 100);
  std::filesystem::resize_file(folder / "file", 40);
  std::vector<std::byte> bytes(100);
  CHECK_THROWS_WITH(file.read(bytes), ContainsSubstring("60 bytes too early"));
}

TEST_CASE("a writable folder is created with its parents and left empty", "[io][file]") {
  const TemporaryFolder folder;
  require_writable_folder(folder / "a/b/c");
  CHECK(std::filesystem::is_directory(folder / "a/b/c"));
  CHECK(std::filesystem::is_empty(folder / "a/b/c"));
  require_writable_folder(folder / "a/b/c/");
  require_writable_folder(folder.path());
  CHECK(folder.entries() == 1);
}

TEST_CASE("a folder that cannot be created or written in is refused", "[io][file]") {
  const TemporaryFolder folder;
  test::put(folder / "file", "x");
  CHECK_THROWS_WITH(require_writable_folder(folder / "file"), ContainsSubstring((folder / "file").string()));
  CHECK_THROWS_WITH(require_writable_folder(folder / "file/below"), ContainsSubstring("Not a directory"));
  if (std::filesystem::exists("/proc/self")) {  // a folder in which nobody, not even root, can create a file
    CHECK_THROWS_AS(require_writable_folder("/proc"), FileError);
  }
  {
    const FileSizeLimit limit(0);  // as on a full disk: the file can be created, but not filled
    CHECK_THROWS_WITH(require_writable_folder(folder.path()), ContainsSubstring("File too large"));
  }
  CHECK(folder.entries() == 1);
}
