// Products must tolerate signals at any time: a library's kernels may not keep a stack that a handler can
// use.
#include <harmonium/backend/cpu.hpp>

#if __has_include(<sys/time.h>)
#include <sys/time.h>

#include <csignal>
#include <ctime>

#include "support/catch.hpp"

using namespace harmonium;

namespace {

volatile std::sig_atomic_t signals = 0;
void note(int /*signal*/) { signals = signals + 1; }

// Raises a signal every fifth of a millisecond.
class Alarms {
 public:
  Alarms() {
    struct sigaction handler = {};
    handler.sa_handler = note;
    handler.sa_flags = SA_RESTART;
    sigaction(SIGALRM, &handler, &before_);
    const itimerval often{{0, 200}, {0, 200}};
    setitimer(ITIMER_REAL, &often, nullptr);
  }
  Alarms(const Alarms&) = delete;
  Alarms& operator=(const Alarms&) = delete;
  ~Alarms() {
    const itimerval never{};
    setitimer(ITIMER_REAL, &never, nullptr);
    sigaction(SIGALRM, &before_, nullptr);
  }

 private:
  struct sigaction before_ = {};
};

}  // namespace

TEST_CASE("products tolerate signals", "[backend]") {
  const Cpu<float> on(2);
  const Eigen::MatrixXf a = Eigen::MatrixXf::Random(501, 300), b = Eigen::MatrixXf::Random(300, 101);
  Eigen::MatrixXf expected(501, 101), c(501, 101);
  const auto multiply = [&](Eigen::MatrixXf& to) {
    on.multiply(Op::plain, Op::plain, 1, View<const float>(a), View<const float>(b), 0, View<float>(to));
  };
  multiply(expected);
  signals = 0;
  int wrong = 0;
  {
    const Alarms alarms;
    for (int i = 0; i < 400 || (signals < 100 && i < 100'000); ++i) {
      c.setZero();
      multiply(c);
      wrong += c != expected;
    }
  }
  CHECK(wrong == 0);
  CHECK(signals >= 100);
}
#endif
