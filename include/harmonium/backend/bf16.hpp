/// \file
/// Factors of products as processors with AVX512-BF16 multiply them: rounded to bf16 (the exponents of float,
/// 8 significant bits) and two to a word, neighbors in the direction over which the product sums. Each
/// function converts a piece of a factor, on the calling thread.
///
/// `Bf16Rows` holds the factor whose rows are those of the result, 16 rows side by side; of the other factor,
/// `Bf16Columns`, one word at a time is multiplied with all of them.
#pragma once

#include <algorithm>
#include <cstdint>
#include <memory>
#include <new>

#include "../core/view.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
#include <immintrin.h>
#endif

namespace harmonium {

/// Does this processor multiply numbers in bf16 (AVX512-BF16), and was this compiled for its kind?
inline bool has_bf16() {
#if defined(__x86_64__) && defined(__GNUC__)
  return __builtin_cpu_supports("avx512bf16") != 0;
#else
  return false;
#endif
}

namespace detail {

/// Words that begin at a cache line; not initialized.
class Bf16Words {
 public:
  Bf16Words() = default;
  /// \param count number of words
  explicit Bf16Words(Index count)
      : count_(count),
        words_(static_cast<std::uint32_t*>(::operator new (
            sizeof(std::uint32_t) * static_cast<std::size_t>(count), std::align_val_t{64}))) {}
  /// The first one.
  std::uint32_t* data() const { return words_.get(); }
  /// Their number.
  Index size() const { return count_; }

 private:
  struct Free {
    void operator()(std::uint32_t* words) const { ::operator delete (words, std::align_val_t{64}); }
  };
  Index count_ = 0;
  std::unique_ptr<std::uint32_t, Free> words_;
};

/// How the rows of a result are cut: into panels of three or four vectors of 16 rows, as wide as registers
/// allow and never narrower than hides the latency of a sum.
struct Bf16Panels {
  /// For this many rows; see `fits`.
  explicit Bf16Panels(Index rows) : vectors_((rows + 15) / 16) {
    if (vectors_ == 5) vectors_ = 6;
    count_ = (vectors_ + 3) / 4;
    if (count_ % 2 == 1 && vectors_ / (count_ + 1) >= 3) ++count_;  // for two threads
  }
  /// Are so many rows worth a panel of at least three vectors?
  static bool fits(Index rows) { return rows > 32; }
  /// Number of panels.
  Index count() const { return count_; }
  /// First vector of panel `p`; that of panel `count()` is the number of vectors.
  Index first(Index p) const { return vectors_ * p / count_; }
  /// Words of a factor with so many pairs of numbers in each row.
  Index words(Index pairs) const { return 16 * vectors_ * pairs; }

 private:
  Index vectors_, count_;
};

/// What a factor is multiplied by before it is rounded, and how that is undone in the product.
struct Bf16Scale {
  float to = 1;
  double back = 1;
};

/// What is known of the numbers of a factor.
struct Bf16Numbers {
  float largest = 0;     ///< magnitude
  bool integers = true;  ///< are all of them?
  bool bytes = true;     ///< are all of them k / 255, k = 0 to 255, or integers?

  /// Of two pieces together.
  void join(const Bf16Numbers& other) {
    largest = std::max(largest, other.largest);
    integers = integers && other.integers;
    bytes = bytes && other.bytes;
  }
  /// Counts up to 256 are exact as they are, 8-bit pixels in units of 1/255, and the two numbers 0 and x,
  /// such as weighted binary states, in units of x. Others lose up to a 256th of their value.
  Bf16Scale scale() const {
    if (!(largest > 1e-30f && largest < 1e30f) || (integers && largest <= 256)) return {};
    if (bytes && largest <= 1) return {255, 1.0 / 255};
    return {1 / largest, static_cast<double>(largest)};
  }
};

#if defined(__x86_64__) && defined(__GNUC__)
#if !defined(__clang__)  // g++ 12 warns of its own header where intrinsics are inlined
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
inline constexpr bool bf16_compiled = true;

/// The first n of 16 numbers.
inline __mmask16 first_of_16(Index n) {
  return static_cast<__mmask16>(n >= 16 ? 0xffff : n <= 0 ? 0 : (1 << n) - 1);
}

/// Two numbers of each lane, `first` in the lower half.
[[gnu::target("avx512bf16"), gnu::always_inline]] inline __m512i bf16_pairs(__m512 first, __m512 second) {
  const __m512i low = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(first));
  const __m512i high = _mm512_cvtepu16_epi32((__m256i)_mm512_cvtneps_pbh(second));
  return _mm512_or_si512(low, _mm512_slli_epi32(high, 16));
}

/// 16 pairs of neighbors in memory, the first `left` numbers of 32; the others are 0.
[[gnu::target("avx512bf16"), gnu::always_inline]] inline __m512i bf16_neighbors(const float* x, Index left,
                                                                                __m512 scale) {
  const __m512 low = _mm512_mul_ps(scale, _mm512_maskz_loadu_ps(first_of_16(left), x));
  const __m512 high = left > 16 ? _mm512_mul_ps(scale, _mm512_maskz_loadu_ps(first_of_16(left - 16), x + 16))
                                : _mm512_setzero_ps();
  return (__m512i)_mm512_cvtne2ps_pbh(high, low);
}

/// Transposes 16 x 16 words.
[[gnu::target("avx512bf16"), gnu::always_inline]] inline void transpose_words(__m512i* r) {
  __m512i t[16];
  for (int i = 0; i < 16; i += 2) {
    t[i] = _mm512_unpacklo_epi32(r[i], r[i + 1]);
    t[i + 1] = _mm512_unpackhi_epi32(r[i], r[i + 1]);
  }
  for (int i = 0; i < 16; i += 4) {
    r[i] = _mm512_unpacklo_epi64(t[i], t[i + 2]);
    r[i + 1] = _mm512_unpackhi_epi64(t[i], t[i + 2]);
    r[i + 2] = _mm512_unpacklo_epi64(t[i + 1], t[i + 3]);
    r[i + 3] = _mm512_unpackhi_epi64(t[i + 1], t[i + 3]);
  }
  for (int i = 0; i < 4; ++i) {
    t[i] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0x88);
    t[i + 4] = _mm512_shuffle_i32x4(r[i], r[i + 4], 0xdd);
    t[i + 8] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0x88);
    t[i + 12] = _mm512_shuffle_i32x4(r[i + 8], r[i + 12], 0xdd);
  }
  for (int i = 0; i < 4; ++i) {
    r[i] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0x88);
    r[i + 4] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0x88);
    r[i + 8] = _mm512_shuffle_i32x4(t[i], t[i + 8], 0xdd);
    r[i + 12] = _mm512_shuffle_i32x4(t[i + 4], t[i + 12], 0xdd);
  }
}

/// What is known of columns `first` to `last`. Properties that no longer hold are not looked for.
[[gnu::target("avx512bf16"), gnu::noinline]] inline Bf16Numbers bf16_numbers(View<const float> x, Index first,
                                                                             Index last) {
  const __m512 most = _mm512_set1_ps(255), tolerance = _mm512_set1_ps(0x1p-12f);
  Bf16Numbers found;
  __m512 largest = _mm512_setzero_ps();
  for (Index c = first; c < last; ++c) {
    __mmask16 fractions = 0, between = 0;
    for (Index r = 0; r < x.rows; r += 16) {
      const __m512 v = _mm512_abs_ps(_mm512_maskz_loadu_ps(first_of_16(x.rows - r), x.column(c) + r));
      largest = _mm512_max_ps(v, largest);
      if (found.integers) fractions |= _mm512_cmp_ps_mask(v, _mm512_roundscale_ps(v, 0), _CMP_NEQ_UQ);
      if (!found.integers && found.bytes) {
        const __m512 of_255 = _mm512_mul_ps(most, v);
        const __m512 rest = _mm512_abs_ps(_mm512_sub_ps(of_255, _mm512_roundscale_ps(of_255, 0)));
        between |= _mm512_cmp_ps_mask(rest, tolerance, _CMP_NLT_UQ);
      }
    }
    found.bytes = found.bytes && between == 0;
    if (fractions != 0) {  // the columns before were zeros, ones or counts
      found.integers = false;
      found.bytes = _mm512_reduce_max_ps(largest) <= 1;
      --c;
    }
  }
  found.largest = _mm512_reduce_max_ps(largest);
  return found;
}

/// Panel `p` of the factor `x`, rows x depth.
[[gnu::target("avx512bf16"), gnu::noinline]] inline void set_bf16_rows(View<const float> x, float scale,
                                                                       Index p, std::uint32_t* out) {
  const Bf16Panels panels(x.rows);
  const Index start = panels.first(p), width = panels.first(p + 1) - start, pairs = (x.cols + 1) / 2;
  const __m512 factor = _mm512_set1_ps(scale);
  out += 16 * start * pairs;
  for (Index k = 0; k < pairs; ++k) {
    const float *one = x.column(2 * k), *other = 2 * k + 1 < x.cols ? x.column(2 * k + 1) : nullptr;
    for (Index v = 0; v < width; ++v, out += 16) {
      const Index row = 16 * (start + v);
      const __mmask16 there = first_of_16(x.rows - row);
      const __m512 a = _mm512_maskz_loadu_ps(there, one + row);
      const __m512 b = other == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(there, other + row);
      _mm512_store_si512(out, bf16_pairs(_mm512_mul_ps(factor, a), _mm512_mul_ps(factor, b)));
    }
  }
}

/// Panel `p` of the factor x^T, where x is depth x rows.
[[gnu::target("avx512bf16"), gnu::noinline]] inline void set_bf16_rows_transposed(View<const float> x,
                                                                                  float scale, Index p,
                                                                                  std::uint32_t* out) {
  const Bf16Panels panels(x.cols);
  const Index start = panels.first(p), width = panels.first(p + 1) - start, pairs = (x.rows + 1) / 2;
  const __m512 factor = _mm512_set1_ps(scale);
  out += 16 * start * pairs;
  for (Index v = 0; v < width; ++v)
    for (Index k = 0; k < pairs; k += 16) {
      const Index row = 16 * (start + v);
      __m512i words[16];
      for (Index i = 0; i < 16; ++i)
        words[i] = row + i < x.cols ? bf16_neighbors(x.column(row + i) + 2 * k, x.rows - 2 * k, factor)
                                    : _mm512_setzero_si512();
      transpose_words(words);
      for (Index i = 0; i < std::min<Index>(16, pairs - k); ++i)
        _mm512_store_si512(out + 16 * ((k + i) * width + v), words[i]);
    }
}

/// Columns `first` to `last` of the factor `x`, depth x columns: those of a column one after another.
[[gnu::target("avx512bf16"), gnu::noinline]] inline void set_bf16_columns(View<const float> x, float scale,
                                                                          Index first, Index last,
                                                                          std::uint32_t* out) {
  const Index pairs = (x.rows + 1) / 2;
  const __m512 factor = _mm512_set1_ps(scale);
  for (Index c = first; c < last; ++c)
    for (Index k = 0; k < pairs; k += 16)
      _mm512_mask_storeu_epi32(out + c * pairs + k, first_of_16(pairs - k),
                               bf16_neighbors(x.column(c) + 2 * k, x.rows - 2 * k, factor));
}

/// Pairs `first` to `last` of the factor x^T, where x is columns x depth: those of all columns side by side.
[[gnu::target("avx512bf16"), gnu::noinline]] inline void set_bf16_columns_transposed(View<const float> x,
                                                                                     float scale, Index first,
                                                                                     Index last,
                                                                                     std::uint32_t* out) {
  const __m512 factor = _mm512_set1_ps(scale);
  for (Index k = first; k < last; ++k) {
    const float *one = x.column(2 * k), *other = 2 * k + 1 < x.cols ? x.column(2 * k + 1) : nullptr;
    for (Index r = 0; r < x.rows; r += 16) {
      const __mmask16 there = first_of_16(x.rows - r);
      const __m512 a = _mm512_maskz_loadu_ps(there, one + r);
      const __m512 b = other == nullptr ? _mm512_setzero_ps() : _mm512_maskz_loadu_ps(there, other + r);
      _mm512_mask_storeu_epi32(out + k * x.rows + r, there,
                               bf16_pairs(_mm512_mul_ps(factor, a), _mm512_mul_ps(factor, b)));
    }
  }
}
#if !defined(__clang__)
#pragma GCC diagnostic pop
#endif
#else
inline constexpr bool bf16_compiled = false;
#endif

}  // namespace detail
}  // namespace harmonium
