#include <harmonium/observers/progress_bar.hpp>

#if !defined(_WIN32)
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>
#endif

#include "support/catch.hpp"

using namespace harmonium;

namespace test::observers_progress_bar {

namespace {
const EpochReport epoch{.phase = "rbm 1",
                        .epoch = 2,
                        .epochs = 10,
                        .seconds = 1.25,
                        .metrics = {{"reconstruction_error", 0.0123456}, {"gradient_norm", 12}}};
const char* const line = "rbm 1  epoch 2/10  reconstruction_error 0.01235  gradient_norm 12  1.2 s\n";

std::string contents(std::FILE* file) {
  std::string text;
  std::rewind(file);
  for (int c; (c = std::fgetc(file)) != EOF;) text.push_back(static_cast<char>(c));
  return text;
}
}  // namespace

TEST_CASE("a progress bar writes one plain line per epoch without a terminal", "[observers]") {
  std::FILE* file = std::tmpfile();
  REQUIRE(file != nullptr);
  ProgressBar bar(file);
  for (Index batch = 1; batch <= 3; ++batch)
    bar.on_batch({.phase = "rbm 1",
                  .epoch = 2,
                  .epochs = 10,
                  .batch = batch,
                  .batches = 3,
                  .total_seconds = 9.0 * static_cast<double>(batch)});
  bar(epoch);
  bar(epoch);
  CHECK(contents(file) == std::string(line) + line);
  std::fclose(file);
}

#if !defined(_WIN32)
TEST_CASE("a progress bar updates its line on a terminal, at most ten times per second", "[observers]") {
  const int master = posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0 || grantpt(master) != 0 || unlockpt(master) != 0) {
    WARN("SKIPPED: there is no pseudo-terminal here");
    return;
  }
  std::FILE* terminal = std::fopen(ptsname(master), "w");
  REQUIRE(terminal != nullptr);
  ProgressBar bar(terminal);
  const auto at = [&](Index batch, double seconds) {
    bar.on_batch({.phase = "rbm 1",
                  .epoch = 2,
                  .epochs = 4,
                  .batch = batch,
                  .batches = 100,
                  .total_seconds = seconds});
  };
  at(1, 10);
  at(2, 10.05);  // too early
  at(50, 75);    // 150 of 400 batches: 2 per second, 250 to go
  bar(epoch);
  at(1, 0.02);  // a new run: its clock restarts
  at(1, 0.05);
  bar.on_batch({.phase = "long", .epoch = 1, .epochs = 100, .batch = 1, .batches = 100, .total_seconds = 1});
  std::fclose(terminal);

  // A terminal delivers output in pieces, and ends with an error once it is closed.
  std::string text;
  char part[4096];
  for (ssize_t count = 0; (count = read(master, part, sizeof part)) > 0;)
    text.append(part, static_cast<std::size_t>(count));
  close(master);
  const std::string first =
      "\r\033[Krbm 1  epoch 2/4 [                        ] 10 batches/s, 0:30 left"
      "\r\033[Krbm 1  epoch 2/4 [============            ] 2 batches/s, 2:05 left"
      "\r\033[K" +
      std::string(line, std::string(line).size() - 1) + "\r\n";  // a terminal's line ending
  CHECK(text.substr(0, first.size()) == first);
  const std::string rest = text.substr(std::min(first.size(), text.size()));
  CHECK(std::count(rest.begin(), rest.end(), '\r') == 2);
  CHECK_THAT(rest, Catch::Matchers::ContainsSubstring("1 batches/s, 2:46:39 left"));
}
#endif

}  // namespace test::observers_progress_bar
