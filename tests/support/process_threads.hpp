// A group of processes that are threads of this one, for tests without MPI.
#pragma once

#include <barrier>
#include <cstring>
#include <exception>
#include <functional>
#include <harmonium/core/process_group.hpp>
#include <mutex>
#include <thread>
#include <vector>

namespace test {

namespace process_threads {

// What each has sent to each.
struct Post {
  explicit Post(int count)
      : size(count), all_sent(count), all_read(count), boxes(static_cast<std::size_t>(count * count)) {}
  std::vector<std::byte>& box(int from, int to) { return boxes[static_cast<std::size_t>(from * size + to)]; }
  int size;
  std::barrier<> all_sent, all_read;
  std::vector<std::vector<std::byte>> boxes;
};

class ThreadConnection : public harmonium::Connection {
 public:
  ThreadConnection(Post& post, int rank) : post_(post), rank_(rank) {}
  int rank() const override { return rank_; }
  int size() const override { return post_.size; }
  std::string machine(int) const override { return "here"; }
  void exchange(std::span<const harmonium::Transfer<const std::byte>> out,
                std::span<const harmonium::Transfer<std::byte>> in) const override {
    for (int i = 0; i < post_.size; ++i) post_.box(rank_, i).clear();
    for (const auto& [to, bytes] : out)
      post_.box(rank_, to).insert(post_.box(rank_, to).end(), bytes.begin(), bytes.end());
    post_.all_sent.arrive_and_wait();
    std::vector<std::size_t> read(static_cast<std::size_t>(post_.size));
    for (const auto& [from, bytes] : in) {
      std::size_t& at = read[static_cast<std::size_t>(from)];
      harmonium::check<harmonium::Error>(at + bytes.size() <= post_.box(from, rank_).size(),
                                         "a message is shorter than expected");
      if (!bytes.empty()) std::memcpy(bytes.data(), post_.box(from, rank_).data() + at, bytes.size());
      at += bytes.size();
    }
    post_.all_read.arrive_and_wait();
  }

 private:
  Post& post_;
  int rank_;
};

}  // namespace process_threads

/// Calls work(group) in `count` threads, each of which is a process of the group. \returns what each threw,
/// or ""
template <class Work>
std::vector<std::string> in_processes(int count, const Work& work) {
  process_threads::Post post(count);
  std::vector<std::string> errors(static_cast<std::size_t>(count));
  std::vector<std::thread> threads;
  for (int i = 0; i < count; ++i)
    threads.emplace_back([&, i] {
      try {
        work(harmonium::ProcessGroup(std::make_shared<process_threads::ThreadConnection>(post, i)));
      } catch (const std::exception& error) {
        errors[static_cast<std::size_t>(i)] = error.what();
        post.all_sent.arrive_and_drop();  // nobody waits for what has ended
        post.all_read.arrive_and_drop();
      }
    });
  for (std::thread& thread : threads) thread.join();
  return errors;
}

}  // namespace test
