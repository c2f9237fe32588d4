/// \file
/// Processes of MPI as a group (core/process_group.hpp): training on several machines, or in several
/// processes of one. Plain C MPI, of any implementation. The program links the CMake target harmonium::mpi,
/// and is started by mpirun or srun; started by itself it is a group of one.
///
///     int main(int argc, char** argv) {
///       return with_mpi(argc, argv, [](const ProcessGroup& all) {
///         ContrastiveDivergence{rbm, {.epochs = 10, .shards = {.count = 8, .group = all}}}.fit(data);
///         if (all.is_first()) save("rbm.safetensors", rbm);
///         return 0;
///       });
///     }
#pragma once

#include <mpi.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <exception>
#include <thread>

#include "core/process_group.hpp"

namespace harmonium {

namespace detail {

/// Point-to-point messages within a communicator of its own.
class MpiConnection : public Connection {
 public:
  explicit MpiConnection(MPI_Comm all) {
    MPI_Comm_dup(all, &group_);
    MPI_Comm_rank(group_, &rank_);
    MPI_Comm_size(group_, &size_);
    std::vector<char> own(MPI_MAX_PROCESSOR_NAME, '\0');
    int length = 0;
    MPI_Get_processor_name(own.data(), &length);
    names_.resize(own.size() * static_cast<std::size_t>(size_));
    MPI_Allgather(own.data(), MPI_MAX_PROCESSOR_NAME, MPI_CHAR, names_.data(), MPI_MAX_PROCESSOR_NAME,
                  MPI_CHAR, group_);
  }
  ~MpiConnection() override {
    int over = 0;
    MPI_Finalized(&over);
    if (over == 0) MPI_Comm_free(&group_);
  }

  int rank() const override { return rank_; }
  int size() const override { return size_; }
  std::string machine(int rank) const override {
    return std::string(&names_[static_cast<std::size_t>(rank) * MPI_MAX_PROCESSOR_NAME]);
  }
  void exchange(std::span<const Transfer<const std::byte>> out,
                std::span<const Transfer<std::byte>> in) const override {
    std::vector<MPI_Request> requests;
    for (const auto& message : in)
      in_pieces(message.bytes, [&](std::span<std::byte> piece) {
        MPI_Irecv(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, message.rank, 0, group_,
                  &requests.emplace_back());
      });
    for (const auto& message : out)
      in_pieces(message.bytes, [&](std::span<const std::byte> piece) {
        MPI_Isend(piece.data(), static_cast<int>(piece.size()), MPI_BYTE, message.rank, 0, group_,
                  &requests.emplace_back());
      });
    MPI_Waitall(static_cast<int>(requests.size()), requests.data(), MPI_STATUSES_IGNORE);
  }

 private:
  // MPI counts in `int`.
  template <class Byte, class F>
  static void in_pieces(std::span<Byte> bytes, F f) {
    constexpr std::size_t most = std::size_t{1} << 30;
    for (; !bytes.empty(); bytes = bytes.subspan(std::min(most, bytes.size())))
      f(bytes.first(std::min(most, bytes.size())));
  }

  MPI_Comm group_ = MPI_COMM_NULL;
  int rank_ = 0, size_ = 1;
  std::vector<char> names_;
};

}  // namespace detail

/// Calls work(group) with all processes that mpirun or srun has started, between MPI's beginning and its end.
/// \param work is anything that takes a `const ProcessGroup&` and returns the exit status
/// \returns the exit status of `work`. An error that leaves `work` in any process ends all of them, with one
/// message that says which process it was and where; none is left waiting for the others.
template <class Work>
int with_mpi(int argc, char** argv, const Work& work) {
  int given = 0;
  MPI_Init_thread(&argc, &argv, MPI_THREAD_FUNNELED, &given);
  int status = 1;
  {
    const ProcessGroup all(std::make_shared<detail::MpiConnection>(MPI_COMM_WORLD));
    const auto end_all = [&](const char* what) {
      // If all have failed alike, the first one says so.
      if (!all.is_first()) std::this_thread::sleep_for(std::chrono::seconds(2));
      const std::string who = std::string(what).starts_with("process ") ? "" : all.name(all.rank()) + ": ";
      std::fprintf(stderr, "%s%s\n", all.size() > 1 ? who.c_str() : "", what);
      std::fflush(stderr);
      if (all.size() > 1) MPI_Abort(MPI_COMM_WORLD, 1);
    };
    try {
      status = work(all);
    } catch (const std::exception& error) {
      end_all(error.what());
    } catch (...) {
      end_all("unknown error");
    }
  }
  MPI_Finalize();
  return status;
}

}  // namespace harmonium
