/// \file
/// Products of factors in bf16 with sums in single precision, on the calling thread: each instruction
/// multiplies 16 pairs of neighbors of one factor with the same pair of the other (AVX512-BF16).
#pragma once

#include "bf16.hpp"

#if defined(__x86_64__) && defined(__GNUC__)
namespace harmonium::detail {

/// Both factors of a product: see bf16.hpp. The pair k of column c is columns[c * of_column + k * of_pair].
struct Bf16Factors {
  const std::uint32_t* rows;     ///< by panels
  const std::uint32_t* columns;  ///< not by panels
  Index of_column, of_pair;      ///< distances in words
  Index pairs;                   ///< half the depth, rounded up
};

/// `columns` x 16 `vectors` numbers of c = alpha sums + beta c, as many as registers hold; `pairs` of them
/// are added. c is not read if beta is 0.
template <int columns, int vectors>
[[gnu::target("avx512bf16"), gnu::noinline]] void bf16_tile(const std::uint32_t* rows,
                                                            const std::uint32_t* others, Index of_column,
                                                            Index of_pair, Index pairs, float alpha,
                                                            float beta, float* c, Index leading_dimension,
                                                            Index rows_left) {
  __m512 sums[columns][vectors];
#pragma GCC unroll 8
  for (int i = 0; i < columns; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) sums[i][v] = _mm512_setzero_ps();
  for (Index k = 0; k < pairs; ++k, rows += 16 * vectors) {
    __m512bh of_rows[vectors];
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) of_rows[v] = (__m512bh)_mm512_load_si512(rows + 16 * v);
#pragma GCC unroll 8
    for (int i = 0; i < columns; ++i) {
      const auto pair = (__m512bh)_mm512_set1_epi32(static_cast<int>(others[i * of_column + k * of_pair]));
#pragma GCC unroll 8
      for (int v = 0; v < vectors; ++v) sums[i][v] = _mm512_dpbf16_ps(sums[i][v], pair, of_rows[v]);
    }
  }
  const __m512 factor = _mm512_set1_ps(alpha), keep = _mm512_set1_ps(beta);
#pragma GCC unroll 8
  for (int i = 0; i < columns; ++i)
#pragma GCC unroll 8
    for (int v = 0; v < vectors; ++v) {
      float* to = c + i * leading_dimension + 16 * v;
      const __mmask16 there = first_of_16(rows_left - 16 * v);
      __m512 x = _mm512_mul_ps(factor, sums[i][v]);
      if (beta != 0) x = _mm512_fmadd_ps(keep, _mm512_maskz_loadu_ps(there, to), x);
      _mm512_mask_storeu_ps(to, there, x);
    }
}

/// The columns of a result are cut into tiles of four to six, if there are at least eight.
inline Index bf16_tiles(Index columns) { return (columns + 5) / 6; }

/// Panel `p` and tiles `first` to `last` of c = alpha times the product + beta c.
inline void multiply_bf16(const Bf16Factors& x, Index p, Index first, Index last, float alpha, float beta,
                          View<float> c) {
  constexpr Index most_pairs = 256;  // of a panel's rows, which then stay in the first-level cache
  const Bf16Panels panels(c.rows);
  const Index start = panels.first(p), width = panels.first(p + 1) - start;
  const std::uint32_t* rows = x.rows + 16 * start * x.pairs;
  const Index blocks = (x.pairs + most_pairs - 1) / most_pairs, tiles = bf16_tiles(c.cols);
  for (Index block = 0; block < blocks; ++block) {
    const Index from = x.pairs * block / blocks, count = x.pairs * (block + 1) / blocks - from;
    for (Index tile = first; tile < last; ++tile) {
      const Index column = c.cols * tile / tiles, columns = c.cols * (tile + 1) / tiles - column;
      const auto add = width == 4 ? (columns == 6   ? bf16_tile<6, 4>
                                     : columns == 5 ? bf16_tile<5, 4>
                                                    : bf16_tile<4, 4>)
                                  : (columns == 6   ? bf16_tile<6, 3>
                                     : columns == 5 ? bf16_tile<5, 3>
                                                    : bf16_tile<4, 3>);
      add(rows + 16 * from * width, x.columns + column * x.of_column + from * x.of_pair, x.of_column,
          x.of_pair, count, alpha, block == 0 ? beta : 1, c.column(column) + 16 * start, c.leading_dimension,
          c.rows - 16 * start);
    }
  }
}

}  // namespace harmonium::detail
#endif
