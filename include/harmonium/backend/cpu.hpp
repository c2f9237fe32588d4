/// \file
/// The CPU backend: Eigen's matrices, products split into pieces, and element-wise passes split into chunks,
/// whose loops are in cpu_loops.hpp.
///
/// Work is split into pieces whose number depends on the shape alone, and each number of a result is computed
/// by one piece (total sums are added in the order of the pieces), so results are bit-identical for any
/// number of threads. Operations are not inlined: each call processes thousands of numbers, and instantiating
/// their loops at every call site would dominate compile times.
#pragma once

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "../core/error.hpp"
#include "../core/host_matrix.hpp"
#include "backend.hpp"
#include "cpu_loops.hpp"
#include "precision.hpp"
#include "products.hpp"
#include "rounded_products.hpp"
#include "thread_pool.hpp"

namespace harmonium {

/// Computes on the CPU, in `float` by default and in `double` for checking.
template <class Scalar_ = float>
class Cpu {
 public:
  using Scalar = Scalar_;     ///< type of the numbers
  using Memory = HostMemory;  ///< where they are stored
  template <class T>
  using Matrix = HostMatrix<T>;  ///< models' matrices

  /// One thread.
  Cpu() = default;
  /// `threads` threads, the caller's included; copies share them.
  /// \throws ValueError unless 1 <= threads <= 1024
  explicit Cpu(int threads) {
    check<ValueError>(threads >= 1 && threads <= 1024, "Cpu: threads is ", threads, ", expected 1 to 1024");
    if (threads > 1) pool_ = std::make_shared<ThreadPool>(threads);
  }
  /// The same, with a choice of precision: see `Precision` and `precision()`. \param supported can the
  /// processor multiply in bf16?
  Cpu(int threads, Precision precision, bool supported = has_bf16()) requires std::same_as<Scalar, float>
      : Cpu(threads) {
    if (precision == Precision::mixed && supported && detail::bf16_compiled)
      rounded_ = std::make_shared<detail::RoundedProducts>();
  }
  /// One thread per processor of the machine.
  static Cpu all() { return Cpu(std::clamp(static_cast<int>(std::thread::hardware_concurrency()), 1, 1024)); }
  /// Number of threads.
  int threads() const { return pool_ ? pool_->size() : 1; }
  /// What it may round: nothing where the processor cannot multiply in bf16, whatever was asked for.
  Precision precision() const { return rounded_ ? Precision::mixed : Precision::full; }
  /// For work that tolerates rounded factors: its products round them, if the precision is mixed.
  Cpu rounding() const {
    Cpu on = *this;
    on.rounds_ = rounded_ != nullptr;
    return on;
  }
  /// Calls work(), in which weights are converted to bf16 once, as long as no operation writes to them.
  template <class Work>
  void as_one(const Work& work) const {
    const detail::RoundedProducts::Keep keep(rounded_.get());
    work();
  }

  /// Host to backend: a copy, since models are in host memory as well.
  [[gnu::noinline]] void upload(View<const Scalar> from, View<Scalar> to) const { copy(from, to); }
  /// Backend to host: a copy, too.
  [[gnu::noinline]] void download(View<const Scalar> from, View<Scalar> to) const { copy(from, to); }
  /// to = from; the shapes are equal.
  template <class T>
  void copy(View<const T> from, View<T> to) const {
    writes(to);
    for (Index c = 0; c < from.cols; ++c) std::copy(from.column(c), from.column(c) + from.rows, to.column(c));
  }
  /// The same, for arguments that convert to views.
  void copy(View<const Scalar> from, View<Scalar> to) const { copy<Scalar>(from, to); }
  /// Sets all numbers of x to `value`.
  void fill(View<Scalar> x, Scalar value) const {
    writes(x);
    for (Index c = 0; c < x.cols; ++c) std::fill(x.column(c), x.column(c) + x.rows, value);
  }

  /// c = alpha op(a) op(b) + beta c; c is not read if beta is 0.
  [[gnu::noinline]] void multiply(Op op_a, Op op_b, Scalar alpha, View<const Scalar> a, View<const Scalar> b,
                                  Scalar beta, View<Scalar> c) const {
    if (c.size() == 0) return;
    writes(c);
    if constexpr (std::same_as<Scalar, float>)
      if (rounds_ && detail::RoundedProducts::pays(op_a, op_b, a, c))
        return rounded_->multiply(*this, op_a, op_b, alpha, a, b, beta, c);
    const bool by_rows = detail::cuts_rows<Scalar>(op_a, c.rows, c.cols);
    const Index length = by_rows ? c.rows : c.cols;
    const Index operations = 2 * c.size() * (op_a == Op::plain ? a.cols : a.rows);
    // As many pieces as are worth a call, each wide enough for the kernels to run at full speed. A power of
    // two divides evenly among threads; pieces end at the kernels' block boundaries.
    const Index least = by_rows ? 112 : 12, block = by_rows ? 16 : 4;
    Index pieces = 1;
    while (pieces < 64 && length / (2 * pieces) >= least && operations / (2 * pieces) >= 8'000'000)
      pieces *= 2;
    const auto edge = [&](Index i) {
      return i == pieces ? length : (length * i / pieces + block / 2) / block * block;
    };
    for_each_piece(pieces, [&](Index piece) {
      const Index first = edge(piece), count = edge(piece + 1) - first;
      const auto part_a = !by_rows            ? a
                          : op_a == Op::plain ? a.rows_from(first, count)
                                              : a.columns(first, count);
      const auto part_b = by_rows             ? b
                          : op_b == Op::plain ? b.columns(first, count)
                                              : b.rows_from(first, count);
      const auto part_c = by_rows ? c.rows_from(first, count) : c.columns(first, count);
      detail::multiply_by_one_thread(op_a, op_b, alpha, part_a, part_b, beta, part_c);
    });
  }

  /// x(:, i) = scale * table(:, columns[i]), converted.
  template <class T>
  [[gnu::noinline]] void gather(View<const T> table, std::span<const Index> columns, Scalar scale,
                                View<Scalar> x) const {
    writes(x);
    for_each_range(x.cols, x.rows, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) {
        const T* from = table.column(columns[static_cast<std::size_t>(i)]);
        if (i + 1 < end) Loops::prefetch(table.column(columns[static_cast<std::size_t>(i + 1)]), x.rows);
        Scalar* to = x.column(i);
        for (Index r = 0; r < x.rows; ++r) to[r] = static_cast<Scalar>(from[r]) * scale;
      }
    });
  }

  /// x = body(input + bias, other), unit by unit.
  template <class Body>
  [[gnu::noinline]] void transform(const Body& body, View<const Scalar> parameters, Index group,
                                   View<const Scalar> input, View<const Scalar> other, View<Scalar> x,
                                   Draws draws, Index first_row) const {
    writes(x);
    const Index chunk = std::max<Index>(1, chunk_rows / group) * group;
    const Index chunks = (x.rows + chunk - 1) / chunk;
    for_each_range(x.cols * chunks, chunk, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) {
        const Index c = i / chunks, r = i % chunks * chunk, count = std::min(chunk, x.rows - r);
        if constexpr (!Body::grouped) {
          Loops::transform_rows(body, parameters.rows_from(r, count), input.column(c) + r,
                                other.column(c) + r, x.column(c) + r, count, draws, first_row + r, c,
                                Shapes<Body>{});
        } else {
          Loops::transform_groups(body, parameters.column(0) + r, group, input.column(c) + r,
                                  other.column(c) + r, x.column(c) + r, count, draws, first_row + r, c);
        }
      }
    });
  }

  /// out(0, c) += factor * sum over units of body(x, bias).
  template <class Body>
  [[gnu::noinline]] void sum_over_units(const Body& body, View<const Scalar> parameters, Index group,
                                        View<const Scalar> x, Scalar factor, View<Scalar> out) const {
    writes(out);
    for_each_range(x.cols, x.rows, [&](Index begin, Index end) {
      for (Index c = begin; c < end; ++c) {
        double sum = 0;
        if constexpr (Body::grouped) {
          sum = Loops::sum_groups(body, parameters.column(0), group, x.column(c), x.rows);
        } else {
          for (Index r = 0; r < x.rows; r += chunk_rows) {
            const Index count = std::min(chunk_rows, x.rows - r);
            sum +=
                Loops::sum_rows(body, parameters.rows_from(r, count), x.column(c) + r, count, Shapes<Body>{});
          }
        }
        out(0, c) += factor * static_cast<Scalar>(sum);
      }
    });
  }

  /// out(r, 0) += sum over c of weights(0, c) * body(x, bias).
  template <class Body>
  [[gnu::noinline]] void sum_over_samples(const Body& body, View<const Scalar> parameters,
                                          View<const Scalar> x, View<const Scalar> weights,
                                          View<Scalar> out) const {
    writes(out);
    const Index chunks = (x.rows + chunk_rows - 1) / chunk_rows;
    for_each_range(chunks, chunk_rows * x.cols, [&](Index begin, Index end) {
      for (Index i = begin; i < end; ++i) {
        const Index r = i * chunk_rows, count = std::min(chunk_rows, x.rows - r);
        Loops::sum_samples(body, parameters.rows_from(r, count), x.rows_from(r, count), weights, out.data + r,
                           Shapes<Body>{});
      }
    });
  }

  /// x(:, c) *= weights(0, c).
  [[gnu::noinline]] void scale_columns(View<Scalar> x, View<const Scalar> weights) const {
    writes(x);
    for_each_range(x.cols, x.rows, [&](Index begin, Index end) {
      for (Index c = begin; c < end; ++c) {
        const Scalar weight = weights(0, c);
        if (weight == Scalar(1)) continue;  // most columns, if norms are limited
        Scalar* column = x.column(c);
        for (Index r = 0; r < x.rows; ++r) column[r] *= weight;
      }
    });
  }

  /// out(0, c) += factor * sum over r of x * y.
  [[gnu::noinline]] void dot_columns(Scalar factor, View<const Scalar> x, View<const Scalar> y,
                                     View<Scalar> out) const {
    writes(out);
    for_each_range(x.cols, x.rows, [&](Index begin, Index end) {
      for (Index c = begin; c < end; ++c) {
        double sum = 0;
        for (Index r = 0; r < x.rows; ++r) sum += static_cast<double>(x(r, c)) * static_cast<double>(y(r, c));
        out(0, c) += factor * static_cast<Scalar>(sum);
      }
    });
  }

  /// out(0, c) = the Euclidean norm of x(:, c).
  [[gnu::noinline]] void column_norms(View<const Scalar> x, View<Scalar> out) const {
    writes(out);
    for_each_range(x.cols, x.rows, [&](Index begin, Index end) {
      for (Index c = begin; c < end; ++c) {
        double sum = 0;
        for (Index r = 0; r < x.rows; ++r) sum += static_cast<double>(x(r, c)) * static_cast<double>(x(r, c));
        out(0, c) = norm_from(sum, x.column(c), x.rows);
      }
    });
  }

  /// rule(x, others...) on each number.
  template <class Rule, class... Others>
  [[gnu::noinline]] void update(const Rule& rule, View<Scalar> x, Others... others) const {
    writes(x);
    // Without gaps between columns, the matrix is one long column.
    const bool one_column = x.leading_dimension == x.rows && ((others.leading_dimension == x.rows) && ...);
    const Index count = one_column ? (x.size() + chunk_rows - 1) / chunk_rows : x.cols;
    for_each_range(count, one_column ? chunk_rows : x.rows, [&](Index begin, Index end) {
      if (one_column) {
        begin *= chunk_rows, end = std::min(end * chunk_rows, x.size());
        return Loops::apply(rule, end - begin, x.data + begin, (others.data + begin)...);
      }
      for (Index c = begin; c < end; ++c) Loops::apply(rule, x.rows, x.column(c), others.column(c)...);
    });
  }

  /// The sum over all numbers of body(x, others...), in double precision.
  template <class Body, class... Others>
  [[gnu::noinline]] double sum(const Body& body, View<const Scalar> x, Others... others) const {
    std::array<double, 64> parts{};
    const Index columns = (x.cols + 63) / 64;
    for_each_piece(static_cast<Index>(parts.size()), [&](Index piece) {
      const Index last = std::min((piece + 1) * columns, x.cols);
      double part = 0;
      for (Index c = piece * columns; c < last; ++c)
        for (Index r = 0; r < x.rows; ++r) part += static_cast<double>(body(x(r, c), others(r, c)...));
      parts[static_cast<std::size_t>(piece)] = part;
    });
    double total = 0;
    for (const double part : parts) total += part;
    return total;
  }

  /// body(0) ... body(pieces - 1), in any order, by all threads. For results that do not depend on their
  /// number, neither `pieces` nor what a piece adds up may.
  template <class Body>
  void for_each_piece(Index pieces, const Body& body) const {
    share_out(pieces, [&](Index begin, Index end) {
      for (Index piece = begin; piece < end; ++piece) body(piece);
    });
  }

 private:
  using Loops = detail::CpuLoops<Scalar>;
  static constexpr Index chunk_rows = Loops::chunk_rows;
  template <class Body>
  using Shapes = typename Loops::template Shapes<Body>;

  // Conversions of that memory no longer hold.
  template <class T>
  void writes([[maybe_unused]] View<T> x) const {
    if constexpr (std::same_as<T, float>)
      if (rounded_) rounded_->forget(x);
  }

  void share_out(Index pieces, const RangeWork& work) const {
    if (pool_ && pieces > 1) {
      pool_->run(pieces, work);
    } else {
      work(0, pieces);
    }
  }

  // Splits 0 ... count into ranges of about ten thousand numbers, where each index stands for `each` numbers.
  void for_each_range(Index count, Index each, const RangeWork& work) const {
    const Index pieces = std::clamp<Index>(count * each / 12288, 1, std::clamp<Index>(count, 1, 64));
    for_each_piece(pieces, [&](Index piece) {
      const Index begin = count * piece / pieces, end = count * (piece + 1) / pieces;
      if (begin < end) work(begin, end);
    });
  }

  std::shared_ptr<ThreadPool> pool_;
  std::shared_ptr<detail::RoundedProducts> rounded_;  // if the precision is mixed
  bool rounds_ = false;                               // do products round their factors?
};

static_assert(Backend<Cpu<float>> && Backend<Cpu<double>>);

}  // namespace harmonium
