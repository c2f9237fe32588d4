/// \file
/// Ctrl-C and requests to terminate: the run pauses after the current batch.
#pragma once

#include <array>
#include <atomic>
#include <csignal>

#include "../training/run/report.hpp"

namespace harmonium {

/// While it exists, the first SIGINT (Ctrl-C) or SIGTERM makes `fit` return after the current batch, with its
/// history marked as paused; a second one ends the program at once. Together with a `Checkpoint` nothing is
/// lost. The previous signal handlers are restored at the end.
///
///     StopOnInterrupt interrupt;
///     trainer.fit(data, interrupt, checkpoint);
///     if (interrupt.requested()) return 130;
class StopOnInterrupt {
 public:
  /// Clears earlier requests.
  StopOnInterrupt() {
    caught() = 0;
    for (Handler& handler : handlers_) handler.install();
  }
  StopOnInterrupt(const StopOnInterrupt&) = delete;
  StopOnInterrupt& operator=(const StopOnInterrupt&) = delete;
  ~StopOnInterrupt() {
    for (const Handler& handler : handlers_) handler.put_back();
  }

  /// Was the program asked to end?
  static bool requested() { return caught() != 0; }
  /// The signal that asked for it; 0 if none did. A shell reports it as exit status 128 + signal.
  static int signal() { return caught(); }

  /// Pauses the run after this batch if the program was asked to end.
  Flow on_batch(const BatchReport& /*report*/) const { return answer(); }
  /// As above, after an epoch.
  Flow operator()(const EpochReport& /*report*/) const { return answer(); }

 private:
  static Flow answer() { return requested() ? Flow::pause : Flow::go_on; }

  // The only thing that a handler may touch.
  static std::atomic<int>& caught() {
    static std::atomic<int> number{0};
    static_assert(std::atomic<int>::is_always_lock_free);
    return number;
  }

#if defined(_WIN32)
  struct Handler {
    int number;
    void (*before)(int) = SIG_DFL;
    void install() { before = std::signal(number, note); }  // reset to the default by the first signal
    void put_back() const { std::signal(number, before); }
  };
  static void note(int number) { caught() = number; }
#else
  struct Handler {
    int number;
    struct sigaction before = {};
    void install() {
      struct sigaction now = {};
      now.sa_handler = note;
      now.sa_flags = SA_RESTART;
      sigemptyset(&now.sa_mask);
      sigaction(number, &now, &before);
      if (before.sa_handler == SIG_IGN) put_back();  // a background program keeps ignoring it
    }
    void put_back() const { sigaction(number, &before, nullptr); }
  };
  // A second signal, of either kind, has its default effect.
  static void note(int number) {
    caught() = number;
    std::signal(SIGINT, SIG_DFL);
    std::signal(SIGTERM, SIG_DFL);
  }
#endif
  std::array<Handler, 2> handlers_ = {Handler{SIGINT}, Handler{SIGTERM}};
};

}  // namespace harmonium
