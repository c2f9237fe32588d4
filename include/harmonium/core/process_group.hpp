/// \file
/// Processes that work together, on one machine or on many. A *group* is a cheap value: copies speak through
/// the same connection. The default is a group of one, which has no connection and costs nothing, so that
/// algorithms are written once. MPI's groups are in <harmonium/mpi.hpp>; anything that can carry bytes
/// between processes can be another one.
#pragma once

#include <cstddef>
#include <cstring>
#include <exception>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "error.hpp"
#include "function_ref.hpp"

namespace harmonium {

/// Bytes that go to, or come from, another process.
template <class Byte>
struct Transfer {
  int rank;               ///< the other process
  std::span<Byte> bytes;  ///< what is sent, or room for what is received
};

/// What carries bytes between the processes of a group.
class Connection {
 public:
  Connection() = default;
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  virtual ~Connection() = default;
  /// Number of this process, from 0.
  virtual int rank() const = 0;
  /// Number of processes.
  virtual int size() const = 0;
  /// The machine that a process is on, for messages.
  virtual std::string machine(int rank) const = 0;
  /// Sends and receives, all at the same time. Messages between two processes arrive in the order in which
  /// they were sent; both sides agree about their lengths, and none is to this process itself.
  virtual void exchange(std::span<const Transfer<const std::byte>> out,
                        std::span<const Transfer<std::byte>> in) const = 0;
};

/// The processes that compute one result, seen from one of them. All must call the same functions in the same
/// order.
class ProcessGroup {
 public:
  /// A group of one: this process.
  ProcessGroup() = default;
  /// The processes of a connection.
  explicit ProcessGroup(std::shared_ptr<const Connection> connection) : connection_(std::move(connection)) {}

  /// Number of this process, from 0.
  int rank() const { return connection_ ? connection_->rank() : 0; }
  /// Number of processes.
  int size() const { return connection_ ? connection_->size() : 1; }
  /// Is this process the one that writes files and speaks for all?
  bool is_first() const { return rank() == 0; }
  /// Which process, and where: "process 1 of 4 (node7)".
  std::string name(int rank) const {
    return "process " + std::to_string(rank) + " of " + std::to_string(size()) +
           (connection_ ? " (" + connection_->machine(rank) + ')' : "");
  }

  /// Sends and receives: see `Connection`. Of a group of one there must be no messages.
  void exchange(std::span<const Transfer<const std::byte>> out,
                std::span<const Transfer<std::byte>> in) const {
    if (connection_) connection_->exchange(out, in);
  }
  /// The words of every process, by rank.
  std::vector<std::string> gather(std::string_view own) const {
    std::vector<std::string> all(static_cast<std::size_t>(size()));
    std::vector<std::size_t> lengths(all.size(), own.size());
    each_to_each(std::as_bytes(std::span(&lengths[static_cast<std::size_t>(rank())], 1)),
                 [&](std::size_t i) { return std::as_writable_bytes(std::span(&lengths[i], 1)); });
    for (std::size_t i = 0; i < all.size(); ++i) all[i].resize(lengths[i]);
    all[static_cast<std::size_t>(rank())] = own;
    each_to_each(std::as_bytes(std::span(own)),
                 [&](std::size_t i) { return std::as_writable_bytes(std::span(all[i])); });
    return all;
  }
  /// What the first process says, to all.
  std::string broadcast(std::string_view of_first) const {
    return size() == 1 ? std::string(of_first) : gather(is_first() ? of_first : std::string_view())[0];
  }
  /// Is it true of the first process? All get its answer.
  bool broadcast(bool of_first) const {
    return size() == 1 ? of_first : broadcast(std::string_view(of_first ? "1" : "0")) == "1";
  }
  /// Is it true of any process?
  bool any(bool here) const {
    if (size() == 1) return here;
    for (const std::string& answer : gather(here ? "1" : "0"))
      if (answer == "1") return true;
    return false;
  }

  /// Calls work() in each process; if it throws in one, all throw that error, with the name of the process,
  /// so that none waits for those that ended. \throws what `work` throws
  void together(FunctionRef<void()> work) const;
  /// The end of work that may have failed here, with this error: if it failed anywhere, all throw.
  void agree(std::exception_ptr error) const;

 private:
  // Sends the same bytes to all others, and receives theirs.
  template <class Room>
  void each_to_each(std::span<const std::byte> own, Room room) const {
    std::vector<Transfer<const std::byte>> out;
    std::vector<Transfer<std::byte>> in;
    for (int i = 0; i < size(); ++i)
      if (i != rank()) {
        out.push_back({i, own});
        in.push_back({i, room(static_cast<std::size_t>(i))});
      }
    exchange(out, in);
  }

  std::shared_ptr<const Connection> connection_;
};

inline void ProcessGroup::together(FunctionRef<void()> work) const {
  if (size() == 1) return work();
  std::exception_ptr error;
  try {
    work();
  } catch (...) {
    error = std::current_exception();
  }
  agree(error);
}

inline void ProcessGroup::agree(std::exception_ptr error) const {
  if (size() == 1) {
    if (error) std::rethrow_exception(error);
    return;
  }
  // The first letter is the error's type.
  const auto words = [&]() -> std::string {
    if (!error) return {};
    try {
      std::rethrow_exception(error);
    } catch (const ShapeError& e) {
      return std::string("s") + e.what();
    } catch (const ValueError& e) {
      return std::string("v") + e.what();
    } catch (const DataError& e) {
      return std::string("d") + e.what();
    } catch (const FileError& e) {
      return std::string("f") + e.what();
    } catch (const std::exception& e) {
      return std::string("e") + e.what();
    } catch (...) {
      return "eunknown error";
    }
  };
  const std::vector<std::string> all = gather(words());
  for (int i = 0; i < size(); ++i) {
    const std::string& said = all[static_cast<std::size_t>(i)];
    if (said.empty()) continue;
    const std::string text = name(i) + ": " + said.substr(1);
    switch (said[0]) {
      case 's':
        throw ShapeError(text);
      case 'v':
        throw ValueError(text);
      case 'd':
        throw DataError(text);
      case 'f':
        throw FileError(text);
      default:
        throw Error(text);
    }
  }
}

}  // namespace harmonium
