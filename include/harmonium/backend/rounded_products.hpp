/// \file
/// Products of factors rounded to bf16, on all threads of a CPU backend.
///
/// Within one piece of work, such as an update, weights are converted once for all products that read them.
/// What is converted, and how, depends on shapes and numbers alone, so results are bit-identical for any
/// number of threads.
#pragma once

#include <algorithm>
#include <array>
#include <atomic>
#include <functional>
#include <mutex>
#include <thread>
#include <utility>
#include <vector>

#include "backend.hpp"
#include "bf16_kernel.hpp"
#include "products.hpp"

namespace harmonium::detail {

/// The converted weights, shared by copies of a backend.
class RoundedProducts {
 public:
  /// Keeps conversions of weights while it lives, for the thread that made it; within another, and beside one
  /// of another thread, it does nothing.
  class Keep {
   public:
    /// For products by `of`; null: nothing is kept.
    explicit Keep(RoundedProducts* of) {
      std::thread::id none;
      if (of != nullptr && of->owner_.compare_exchange_strong(none, std::this_thread::get_id())) of_ = of;
    }
    Keep(const Keep&) = delete;
    Keep& operator=(const Keep&) = delete;
    ~Keep() {
      if (of_ == nullptr) return;
      for (Weights& kept : of_->kept_) kept.forget();
      of_->owner_.store({});
    }

   private:
    RoundedProducts* of_ = nullptr;
  };

  /// Memory is about to be written: conversions of it no longer hold.
  void forget(View<const float> written) {
    if (!mine() || written.size() == 0) return;
    const auto end = [](View<const float> x) { return x.column(x.cols - 1) + x.rows; };
    const std::less<> before;  // defined for unrelated memory, too
    for (Weights& kept : kept_)
      if (kept.of.size() > 0 && before(written.data, end(kept.of)) && before(kept.of.data, end(written)))
        kept.forget();
  }

  /// Is the product large enough to repay conversion? Not over more samples than are added in single
  /// precision.
  static bool pays(Op op_a, Op op_b, View<const float> a, View<const float> c) {
    const Index depth = op_a == Op::plain ? a.cols : a.rows;
    return Bf16Panels::fits(c.rows) && c.cols >= 8 && depth >= 8 && c.size() * depth >= 500'000 &&
           (op_b == Op::plain || depth <= block_samples);
  }

  /// c = alpha op(a) op(b) + beta c by the threads of `on`. \param a if op_b is plain, the weights, which are
  /// rounded as they are; other factors are scaled so that states and pixels are exact: see Bf16Numbers
  template <class On>
  void multiply(const On& on, Op op_a, Op op_b, float alpha, View<const float> a, View<const float> b,
                float beta, View<float> c) {
    if constexpr (bf16_compiled) {
      const bool statistics = op_b == Op::transposed;
      const Index depth = op_a == Op::plain ? a.cols : a.rows, pairs = (depth + 1) / 2;
      const Bf16Scale of_a = statistics ? numbers(on, a).scale() : Bf16Scale{}, of_b = numbers(on, b).scale();

      const Bf16Panels panels(c.rows);
      Conversion* kept = statistics ? nullptr : kept_conversion(a, op_a);
      const Lease own_rows(*this, kept == nullptr ? panels.words(pairs) : 0), columns(*this, c.cols * pairs);
      if (kept != nullptr && kept->words.size() < panels.words(pairs))
        kept->words = Bf16Words(panels.words(pairs));
      std::uint32_t* const rows = kept == nullptr ? own_rows.data() : kept->words.data();
      const bool converted = kept != nullptr && std::exchange(kept->holds, true);
      // Each thread converts what it will multiply: pieces here and below are shared out alike.
      const Index pieces = panels.count(), length = statistics ? pairs : c.cols;
      on.for_each_piece(pieces, [&](Index p) {
        if (!converted && op_a == Op::plain) set_bf16_rows(a, of_a.to, p, rows);
        if (!converted && op_a == Op::transposed) set_bf16_rows_transposed(a, of_a.to, p, rows);
        const Index first = length * p / pieces, last = length * (p + 1) / pieces;
        if (statistics) {
          set_bf16_columns_transposed(b, of_b.to, first, last, columns.data());
        } else {
          set_bf16_columns(b, of_b.to, first, last, columns.data());
        }
      });

      const Bf16Factors factors{rows, columns.data(), statistics ? 1 : pairs, statistics ? c.cols : 1, pairs};
      const auto factor = static_cast<float>(static_cast<double>(alpha) * of_a.back * of_b.back);
      const Index tiles = bf16_tiles(c.cols), parts = (tiles + 7) / 8;
      on.for_each_piece(pieces * parts, [&](Index piece) {
        // Statistics go to the thread that updates the same columns of the weights.
        const Index p = statistics ? piece % pieces : piece / parts,
                    part = statistics ? piece / pieces : piece % parts;
        multiply_bf16(factors, p, tiles * part / parts, tiles * (part + 1) / parts, factor, beta, c);
      });
    }
  }

 private:
  struct Conversion {
    Bf16Words words;
    bool holds = false;
  };
  // A matrix of weights, and its conversions for products with the matrix itself and with its transpose.
  struct Weights {
    View<const float> of;
    std::array<Conversion, 2> conversions;
    void forget() {  // the memory is used again
      of = {};
      for (Conversion& conversion : conversions) conversion.holds = false;
    }
  };

  // Words for one product. Memory fresh from the system would cost as much as the product.
  class Lease {
   public:
    Lease(RoundedProducts& of, Index count) : of_(of) {
      const std::lock_guard lock(of_.spare_lock_);
      if (!of_.spare_.empty()) {
        words_ = std::move(of_.spare_.back());
        of_.spare_.pop_back();
      }
      if (words_.size() < count) words_ = Bf16Words(count);
    }
    Lease(const Lease&) = delete;
    Lease& operator=(const Lease&) = delete;
    ~Lease() {
      const std::lock_guard lock(of_.spare_lock_);
      of_.spare_.push_back(std::move(words_));
    }
    std::uint32_t* data() const { return words_.data(); }

   private:
    RoundedProducts& of_;
    Bf16Words words_;
  };

  bool mine() const { return owner_.load() == std::this_thread::get_id(); }

  // That of the weights `a`, if conversions are kept, or null.
  Conversion* kept_conversion(View<const float> a, Op op) {
    if (!mine()) return nullptr;
    const auto find = [&](View<const float> of) {
      return std::find_if(kept_.begin(), kept_.end(), [&](const Weights& kept) {
        return kept.of.data == of.data && kept.of.rows == of.rows && kept.of.cols == of.cols &&
               kept.of.leading_dimension == of.leading_dimension;
      });
    };
    auto found = find(a);
    if (found == kept_.end()) found = find({});
    if (found == kept_.end()) found = kept_.emplace(kept_.end());
    found->of = a;
    return &found->conversions[op == Op::plain ? 0 : 1];
  }

  template <class On>
  static Bf16Numbers numbers(const On& on, View<const float> x) {
    std::array<Bf16Numbers, 16> parts;
    const Index pieces = std::clamp<Index>(x.size() / 32768, 1, std::min<Index>(x.cols, 16));
    on.for_each_piece(pieces, [&](Index piece) {
      parts[static_cast<std::size_t>(piece)] =
          bf16_numbers(x, x.cols * piece / pieces, x.cols * (piece + 1) / pieces);
    });
    for (Index piece = 1; piece < pieces; ++piece) parts[0].join(parts[static_cast<std::size_t>(piece)]);
    return parts[0];
  }

  std::atomic<std::thread::id> owner_{};
  std::vector<Weights> kept_;
  std::mutex spare_lock_;
  std::vector<Bf16Words> spare_;
};

}  // namespace harmonium::detail
