// Ctrl-C. The model is a number: how many batches it has seen.
#include <harmonium/observers/stop_on_interrupt.hpp>
#include <harmonium/training/run/epochs.hpp>

#include <sys/wait.h>
#include <unistd.h>

#include "support/catch.hpp"

using namespace harmonium;

namespace test::observers_stop_on_interrupt {

namespace {

// Five epochs of three batches; the signal comes with a batch.
struct Run {
  int model = 0;
  History history = {};
};
template <class... Observers>
Run run(int raise_at, int signal, Observers&... observers) {
  Run result;
  result.history = run_epochs(
      {.epochs = 5, .batch_size = 10}, 30, result.model,
      [&](std::span<const Index>) {
        if (++result.model == raise_at) std::raise(signal);
      },
      [](EpochReport&) {}, observers...);
  return result;
}

int count = 0;
void count_signals(int /*signal*/) { ++count; }

}  // namespace

TEST_CASE("an interrupt pauses a run after the current batch", "[observers][interrupt]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    StopOnInterrupt interrupt;
    CHECK_FALSE(interrupt.requested());
    const Run stopped = run(8, signal, interrupt);
    CHECK(stopped.model == 8);
    CHECK((stopped.history.paused && stopped.history.epochs.size() == 2));
    CHECK((interrupt.requested() && interrupt.signal() == signal));
    CHECK(run(0, 0, interrupt).model == 1);  // the next run as well, until there is another object
  }
  StopOnInterrupt fresh;
  const Run whole = run(0, 0, fresh);
  CHECK((whole.model == 15 && !whole.history.paused));
}

TEST_CASE("an interrupt in an epoch's last batch pauses after the epoch, in the run's last batch not at all",
          "[observers][interrupt]") {
  {
    StopOnInterrupt interrupt;
    const Run stopped = run(9, SIGINT, interrupt);
    CHECK((stopped.model == 9 && stopped.history.paused && stopped.history.epochs.size() == 3));
  }
  StopOnInterrupt interrupt;
  const Run whole = run(15, SIGINT, interrupt);
  CHECK((whole.model == 15 && !whole.history.paused && whole.history.epochs.size() == 5));
}

TEST_CASE("the previous signal handlers are restored, and an ignored one stays ignored",
          "[observers][interrupt]") {
  count = 0;
  const auto before = std::signal(SIGINT, count_signals);
  {
    StopOnInterrupt interrupt;
    std::raise(SIGINT);
    CHECK((interrupt.requested() && count == 0));
  }
  std::raise(SIGINT);
  CHECK(count == 1);
  std::signal(SIGINT, SIG_IGN);
  {
    StopOnInterrupt interrupt;
    std::raise(SIGINT);
    CHECK_FALSE(interrupt.requested());
  }
  std::signal(SIGINT, before);
}

TEST_CASE("a second interrupt ends the program at once", "[observers][interrupt]") {
  for (const int second : {SIGINT, SIGTERM}) {
    const pid_t child = fork();
    REQUIRE(child >= 0);
    if (child == 0) {
      std::signal(SIGINT, SIG_DFL);  // Catch's handlers would report a failed test
      std::signal(SIGTERM, SIG_DFL);
      StopOnInterrupt interrupt;
      std::raise(SIGINT);
      std::raise(second);
      _exit(0);
    }
    int status = 0;
    REQUIRE(waitpid(child, &status, 0) == child);
    REQUIRE(WIFSIGNALED(status));
    CHECK(WTERMSIG(status) == second);
  }
}

}  // namespace test::observers_stop_on_interrupt
