/// \file
/// Labels of a batch, as one-hot columns in a backend's memory.
#pragma once

#include <span>
#include <vector>

#include "../backend/backend.hpp"
#include "../core/host_matrix.hpp"
#include "labels.hpp"

namespace harmonium::detail {

/// The labels of a batch's samples, given all labels and the samples' indices.
inline void pick_labels(std::span<const int> labels, std::span<const Index> columns, std::vector<int>& out) {
  out.clear();
  for (const Index c : columns) out.push_back(labels[static_cast<std::size_t>(c)]);
}

/// Writes one-hot columns, and holds the memory for it.
template <class B>
class OneHot {
 public:
  OneHot() = default;
  /// For up to `columns` labels at once without further allocations.
  OneHot(Index classes, Index columns) : host_(classes, columns) {}
  /// out (classes x labels) = 1 at each label, else 0. \throws DataError if a label is out of range
  void write(const B& on, std::span<const int> labels, ViewOf<B> out) {
    if (host_.rows() != out.rows || host_.cols() < out.cols) host_.resize(out.rows, out.cols);
    const auto here = View<ScalarOf<B>>(host_).columns(0, out.cols);
    write_one_hot(labels, here);
    on.upload(View<const ScalarOf<B>>(here), out);
  }

 private:
  HostMatrix<ScalarOf<B>> host_;
};

}  // namespace harmonium::detail
