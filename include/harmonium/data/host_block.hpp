/// \file
/// Blocks of samples that are put together on the host.
#pragma once

#include <concepts>

#include "../core/host_matrix.hpp"
#include "../core/view.hpp"

namespace harmonium::detail {

/// write(block) fills `out`, in place if that is the host's memory; for a device the block is put together on
/// the host first, in memory that each thread keeps.
template <class B, class Write>
void write_block(const B& on, View<typename B::Scalar, typename B::Memory> out, Write write) {
  using T = typename B::Scalar;
  if constexpr (std::same_as<typename B::Memory, HostMemory>) {
    write(out);
  } else {
    thread_local HostMatrix<T> room;
    if (room.rows() != out.rows || room.cols() < out.cols) room.resize(out.rows, out.cols);
    const auto block = View<T>(room).columns(0, out.cols);
    write(block);
    on.upload(View<const T>(block), out);
  }
}

}  // namespace harmonium::detail
