// A source of samples that records requests.
#pragma once

#include <harmonium/data/batch_source.hpp>
#include <vector>

#include "models.hpp"

namespace test {

using Calls = std::vector<std::vector<Index>>;

/// Samples on the host, and the indices of the samples in each call of `fill`.
template <class T>
struct RecordingSource {
  harmonium::Matrix<Cpu<T>> values;
  Calls& calls;
  std::vector<int> classes = {};
  Index rows() const { return values.rows(); }
  Index size() const { return values.cols(); }
  void fill(const Cpu<T>& on, std::span<const Index> columns, View<T> out) const {
    calls.emplace_back(columns.begin(), columns.end());
    on.gather(View<const T>(values), columns, T(1), out);
  }
  std::span<const int> labels() const { return classes; }
};

}  // namespace test
