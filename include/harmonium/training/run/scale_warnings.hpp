/// \file
/// Warnings of rows that are far from mean 0 and variance 1, for which rates are chosen: learning from them
/// fails silently.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <string>
#include <vector>

#include "../../data/dataset.hpp"
#include "../../data/row_moments.hpp"
#include "../../models/scaling.hpp"

namespace harmonium::detail {

/// Names the rows among `rows` that are far from mean 0 and variance 1; empty if all are near. Far is a
/// factor of ten, on the small side of a row's farthest number: a row may vary rarely, as those of sparse
/// data. A row may also be small among others that are not, but not by a factor of 100.
inline std::string words_about_scales(const RowMoments& moments, const std::vector<Index>& rows,
                                      const char* what) {
  const Eigen::VectorXd means = moments.mean(), spreads = moments.variance().cwiseSqrt();
  double widest = 0;
  for (const Index r : rows) widest = std::max(widest, moments.reach(r));
  std::vector<Index> far;
  for (const Index r : rows) {
    const bool wide = std::abs(means(r)) > 10 || spreads(r) > 10;
    const bool narrow = spreads(r) > 0 && moments.reach(r) < (widest < 0.1 ? 0.1 : 0.01);
    if (wide || narrow) far.push_back(r);
  }
  if (far.empty()) return {};
  const auto count = static_cast<Index>(far.size()), named = std::min<Index>(count, 5);
  std::string text = count == 1 ? "row " : "rows ";
  for (Index i = 0; i < named; ++i)
    text += (i == 0           ? ""
             : i + 1 == count ? " and "
                              : ", ") +
            std::to_string(far[static_cast<std::size_t>(i)]);
  if (count > named) text += " and " + std::to_string(count - named) + " more";
  char numbers[96];
  std::snprintf(numbers, sizeof numbers, "row %ld: mean %.3g, standard deviation %.3g",
                static_cast<long>(far.front()), means(far.front()), spreads(far.front()));
  return text + " of " + what + (count == 1 ? " is" : " are") + " far from mean 0 and variance 1 (" +
         numbers + "), for which rates are chosen: scale them (`standard_scaling`, `Standardized`)";
}

/// The same of a source, from up to 1000 samples drawn by the seed. \param block scratch space
template <class B, class Source>
void warn_of_scales(const B& on, const Source& source, const std::vector<Index>& rows, std::uint64_t seed,
                    ViewOf<B> block, const char* what, std::vector<std::string>& warnings) {
  if (rows.empty()) return;
  const std::vector<Index> samples = random_samples(source, 1000, seed);
  const std::string words =
      words_about_scales(moments_of_samples(on, source, std::span<const Index>(samples), block), rows, what);
  if (!words.empty()) warnings.push_back(words);
}

/// The same for the rows of a layer whose units take all real numbers.
template <class B, class L, class Source>
void warn_of_layer_scales(const B& on, const L& layer, const Source& source, std::uint64_t seed,
                          ViewOf<B> block, std::vector<std::string>& warnings) {
  std::vector<Index> rows;
  for_each_real_row(layer, [&](Index r) { rows.push_back(r); });
  warn_of_scales<B>(on, source, rows, seed, block, "the data", warnings);
}

}  // namespace harmonium::detail
