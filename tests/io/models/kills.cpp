// Real processes and real signals: a process killed while it writes a file, one killed while it trains, and
// one that is interrupted.
#include <harmonium/core/timer.hpp>
#include <harmonium/data/dataset.hpp>
#include <harmonium/observers/stop_on_interrupt.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include <sys/wait.h>

#include <chrono>
#include <thread>

#include "io/models/killed.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using namespace test;

namespace {

/// Runs work() in its own process, which exits with the returned value, or with 100 if it throws. The work
/// has begun when this returns.
template <class Work>
pid_t process(Work work) {
  int begun[2];
  REQUIRE(pipe(begun) == 0);
  const pid_t child = fork();
  REQUIRE(child >= 0);
  char byte = 0;
  if (child == 0) {
    if (write(begun[1], &byte, 1) != 1) _exit(101);
    int status = 100;
    try {
      status = work();
    } catch (...) {
    }
    _exit(status);
  }
  CHECK(read(begun[0], &byte, 1) == 1);
  close(begun[0]);
  close(begun[1]);
  return child;
}
int wait_for(pid_t child) {
  int status = 0;
  REQUIRE(waitpid(child, &status, 0) == child);
  return status;
}
void sleep_microseconds(double time) {
  std::this_thread::sleep_for(std::chrono::microseconds(static_cast<long>(time)));
}

/// Trains with one thread: threads that existed before a fork do not exist in the child.
int train(const std::filesystem::path& folder, bool slowly) {
  Dice dice(1);
  Eigen::MatrixXf x(12, 200);
  for (Index c = 0; c < x.cols(); ++c)
    for (Index r = 0; r < x.rows(); ++r) x(r, c) = dice.uniform() < 0.3 ? 1 : 0;
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 12, .hidden = 10, .seed = 3}};
  ContrastiveDivergence trainer{
      rbm,
      {.epochs = 20, .batch_size = 20, .chains = Persistent{.chains = 10}, .optimizer = Adam{}, .seed = 1},
      Cpu<float>{}};
  struct Pace {
    bool slowly;
    void on_batch(const BatchReport&) const {
      if (slowly) sleep_microseconds(50);
    }
    void operator()(const EpochReport&) const {}
  } pace{slowly};
  StopOnInterrupt interrupt;
  Checkpoint checkpoint{{.path = folder / "checkpoint", .resume = true}};
  const History history = trainer.fit(Dataset(x), pace, interrupt, checkpoint);
  if (history.paused) return 128 + StopOnInterrupt::signal();
  save(folder / "model", rbm);
  write_file(folder / "history", without_seconds(history));
  return 0;
}

std::string result_in(const std::filesystem::path& folder) {
  return get(folder / "model") + get(folder / "history");
}

void remove_unfinished_files(const std::filesystem::path& folder) {
  for (const auto& entry : std::filesystem::directory_iterator(folder))
    if (entry.path().extension() == ".tmp") std::filesystem::remove(entry.path());
}

}  // namespace

TEST_CASE("a program that is killed again and again ends with the same files", "[io][checkpoint][kill]") {
  const TemporaryFolder unbroken, broken;
  REQUIRE(wait_for(process([&] { return train(unbroken.path(), false); })) == 0);
  Dice dice(1);
  int kills = 0, status = -1;
  for (int i = 0; i < 400 && kills < 20; ++i) {
    const pid_t child = process([&] { return train(broken.path(), true); });
    sleep_microseconds(500 + 8000 * dice.uniform());
    kill(child, SIGKILL);
    status = wait_for(child);
    if (WIFSIGNALED(status)) ++kills;
    if (!WIFSIGNALED(status)) {  // it reached its end: once more from the beginning
      REQUIRE(status == 0);
      CHECK((result_in(broken.path()) == result_in(unbroken.path())));
      std::filesystem::remove(broken / "checkpoint");
    }
    remove_unfinished_files(broken.path());
  }
  CHECK(kills == 20);
  REQUIRE(wait_for(process([&] { return train(broken.path(), false); })) == 0);
  CHECK((result_in(broken.path()) == result_in(unbroken.path())));
}

TEST_CASE("a program that is interrupted leaves a checkpoint and resumes from it", "[io][checkpoint][kill]") {
  for (const int signal : {SIGINT, SIGTERM}) {
    const TemporaryFolder unbroken, broken;
    REQUIRE(wait_for(process([&] { return train(unbroken.path(), false); })) == 0);
    const pid_t child = process([&] { return train(broken.path(), true); });
    while (!std::filesystem::exists(broken / "checkpoint")) sleep_microseconds(100);
    kill(child, signal);
    const int status = wait_for(child);
    REQUIRE(WIFEXITED(status));
    CHECK(WEXITSTATUS(status) == 128 + signal);
    CHECK_FALSE(std::filesystem::exists(broken / "model"));
    CHECK(broken.entries() == 1);
    REQUIRE(wait_for(process([&] { return train(broken.path(), false); })) == 0);
    CHECK((result_in(broken.path()) == result_in(unbroken.path())));
  }
}

TEST_CASE("a thousand kills while a file is saved leave either the old one or the new one complete",
          "[io][checkpoint][kill][slow]") {
  const TemporaryFolder folder;
  const auto path = folder / "file";
  const auto file_of = [](float number) {
    TensorFile file{{{"number", std::to_string(number)}}, {}};
    const std::vector<float> numbers(50'000, number);  // more than is written at once
    file.tensors.push_back(make_tensor("a", {50'000}, std::span<const float>(numbers)));
    file.tensors.push_back(make_tensor("b", {1}, std::span<const float>(numbers).first(1)));
    return file;
  };
  write_safetensors(path, file_of(0));
  const auto write_once = [&] {
    write_safetensors(path, file_of(0));
    return 0;
  };
  const Timer timer;  // kills should come before and after a file is complete, however busy the machine is
  for (int i = 0; i < 20; ++i) wait_for(process(write_once));
  const double one = 1e6 * timer.seconds() / 20;
  Dice dice(1);
  float last = 0;
  int renewed = 0, unfinished = 0;
  for (int i = 0; i < 1000; ++i) {
    const pid_t child = process([&]() -> int {
      for (float number = last + 1;; ++number) write_safetensors(path, file_of(number));
    });
    sleep_microseconds(1.25 * one * dice.uniform());
    kill(child, SIGKILL);
    wait_for(child);
    const TensorFile file = read_safetensors(path);
    const auto numbers = numbers_of<float>(file.tensors.at(0));
    const float now = numbers.at(0);
    REQUIRE(now >= last);
    REQUIRE(std::count(numbers.begin(), numbers.end(), now) == 50'000);
    REQUIRE(numbers_of<float>(file.tensors.at(1)).at(0) == now);
    REQUIRE(file.metadata.at("number") == std::to_string(now));
    if (now > last) ++renewed;
    if (folder.entries() > 1) ++unfinished;
    remove_unfinished_files(folder.path());
    last = now;
  }
  CHECK(renewed > 10);
  CHECK(unfinished > 10);  // kills that struck in the middle
}
