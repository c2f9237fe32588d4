/// \file
/// Class labels as numbers, and as one-hot columns.
#pragma once

#include <span>

#include "../core/error.hpp"
#include "../core/view.hpp"

namespace harmonium {

namespace detail {
/// \throws DataError unless there is a class below `classes` for each sample
inline void check_labels(const char* caller, std::span<const int> labels, Index samples, Index classes) {
  check<DataError>(static_cast<Index>(labels.size()) == samples, caller, ": the data have ", labels.size(),
                   " labels for ", samples, " samples");
  for (std::size_t i = 0; i < labels.size(); ++i)
    check<DataError>(labels[i] >= 0 && labels[i] < classes, caller, ": label ", i, " is ", labels[i],
                     ", expected 0 to ", classes - 1);
}
}  // namespace detail

/// One-hot columns for labels. \throws DataError if a label is out of range
template <class T>
void write_one_hot(std::span<const int> labels, View<T> out) {
  for (std::size_t i = 0; i < labels.size(); ++i) {
    check<DataError>(labels[i] >= 0 && labels[i] < out.rows, "labels: label ", i, " is ", labels[i],
                     ", expected 0 to ", out.rows - 1);
    for (Index r = 0; r < out.rows; ++r) out(r, static_cast<Index>(i)) = r == labels[i] ? T(1) : T(0);
  }
}

}  // namespace harmonium
