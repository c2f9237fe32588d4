/// \file
/// Samples without their missing entries, for queries.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "../backend/backend.hpp"
#include "../core/host_matrix.hpp"
#include "samples.hpp"

namespace harmonium {

namespace detail {
/// v *= known, for these samples of a source: 0 for each missing entry. `known` is scratch space, as large.
template <class B, class Source>
void leave_out_missing(const B& on, const Source& source, std::span<const Index> columns, ViewOf<B> known,
                       ViewOf<B> v) {
  source.fill_known(on, columns, known);
  on.update(Multiply{}, v, ConstViewOf<B>(known));
}
}  // namespace detail

/// A source's samples with 0 for each missing entry. To an RBM's query that is a sample of the model that has
/// the known units only, as `Missing::left_out` trains it: a unit that is 0 sends nothing to the hidden
/// layer, and has no energy.
///
///     mean_hidden(rbm, KnownOnly(ratings));                       // codes of users
///     free_energy(rbm, KnownOnly(ratings));                       // of each user's own model
///
/// The data must outlive it.
template <class Source>
class KnownOnly {
 public:
  /// Views a source.
  explicit KnownOnly(const Source& source) : source_(source) {}
  /// Numbers per sample.
  Index rows() const { return source_.rows(); }
  /// Number of samples.
  Index size() const { return source_.size(); }
  /// Their classes, or nothing.
  std::span<const int> labels() const { return source_.labels(); }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const { return weights_of(source_); }
  /// How its source likes to be read.
  Reading reading() const { return reading_of(source_); }
  /// out(:, i) = sample columns[i], with 0 where it is missing. The mask is in memory that each thread keeps.
  template <class B>
  void fill(const B& on, std::span<const Index> columns,
            View<typename B::Scalar, typename B::Memory> out) const {
    source_.fill(on, columns, out);
    if constexpr (requires { source_.fill_known(on, columns, out); }) {
      thread_local Matrix<B> room;
      if (room.rows() != out.rows || room.cols() < out.cols) room = Matrix<B>(out.rows, out.cols);
      detail::leave_out_missing(on, source_, columns, ViewOf<B>(room).columns(0, out.cols), out);
    }
  }

 private:
  const Source& source_;
};

}  // namespace harmonium
