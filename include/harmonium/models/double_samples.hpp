/// \file
/// Samples in the host's memory, of any kind and precision, as a source of numbers in double precision.
#pragma once

#include <algorithm>
#include <concepts>
#include <span>
#include <type_traits>

#include "../backend/cpu.hpp"
#include "../data/samples.hpp"

namespace harmonium {

/// Samples of any kind in the host's memory, in either precision.
template <class Data>
concept HostSamples = SamplesFor<Data, Cpu<double>> || SamplesFor<Data, Cpu<float>>;

namespace detail {

/// A matrix of numbers of any type, in the host's memory.
template <class Data>
concept HostNumbers = requires {
  typename Data::Scalar;
}
&&std::convertible_to<const Data&, View<const typename Data::Scalar>>;

/// A `BatchSource` of numbers in double precision, as far as the samples have it. The data must outlive it.
template <class Data>
class DoubleSamples {
  static_assert(HostSamples<Data> || HostNumbers<Data>,
                "samples in the host's memory are expected: a matrix, a sparse matrix, a Dataset or a source "
                "of batches");
  using On = std::conditional_t<SamplesFor<Data, Cpu<double>>, Cpu<double>, Cpu<float>>;

 public:
  /// Samples that are filled in double precision, or else in single precision and converted.
  explicit DoubleSamples(const Data& data) : data_(data) {}
  /// Numbers per sample.
  Index rows() const { return data_.rows(); }
  /// Number of samples.
  Index size() const {
    if constexpr (requires { data_.cols(); }) {
      return data_.cols();
    } else {
      return data_.size();
    }
  }
  /// The samples' classes, or nothing.
  std::span<const int> labels() const {
    if constexpr (requires { data_.labels(); }) {
      return data_.labels();
    } else {
      return {};
    }
  }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const { return weights_of(data_); }
  /// out(:, i) = sample columns[i]
  void fill(const Cpu<double>& on, std::span<const Index> columns, View<double> out) const {
    if constexpr (HostNumbers<Data>) {
      on.gather(View<const typename Data::Scalar>(data_), columns, 1.0, out);
    } else {
      as_double(out, [&](const On& own, auto to) { source_of<On>(data_).fill(own, columns, to); });
    }
  }
  /// out(:, i) = 1 where sample columns[i] is known, else 0
  void fill_known(const Cpu<double>&, std::span<const Index> columns, View<double> out) const requires
      requires(const Data& data, const On& own, View<typename On::Scalar> to) {
    data.fill_known(own, columns, to);
  }
  {
    as_double(out, [&](const On& own, auto to) { data_.fill_known(own, columns, to); });
  }

 private:
  // write(on, block) writes numbers of the samples' own precision
  template <class Write>
  static void as_double(View<double> out, Write write) {
    if constexpr (std::same_as<On, Cpu<double>>) {
      write(On(), out);
    } else {
      thread_local HostMatrix<float> room;
      if (room.rows() != out.rows || room.cols() < out.cols) room.resize(out.rows, out.cols);
      const auto block = View<float>(room).columns(0, out.cols);
      write(On(), block);
      for (Index c = 0; c < out.cols; ++c) std::copy_n(block.column(c), out.rows, out.column(c));
    }
  }

  const Data& data_;
};

}  // namespace detail

}  // namespace harmonium
