/// \file
/// Distances between the sites of a molecule, as text: a line `site site ... distance` for each pair, sites
/// counted from 1, separated by blanks; what is between is ignored. Files may be compressed with gzip.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <string_view>

#include "csv.hpp"
#include "gzip.hpp"
#include "words.hpp"

namespace harmonium {

/// Distances between pairs of `sites` sites, a symmetric matrix; NaN where the file has none. A line that
/// begins with `#` is a comment. \throws ValueError unless sites are 1 to 20000 \throws FileError, with the
/// line, if it has fewer than three numbers, a site is not one of them, or a distance is not a number of at
/// least 0; if it has no pairs, or as other text files
inline Eigen::MatrixXd read_site_distances(const std::filesystem::path& path, Index sites,
                                           const ReadLimits& limits = {}) {
  check<ValueError>(sites >= 1 && sites <= 20'000, "read_site_distances: sites is ", sites,
                    ", expected 1 to 20000");
  Eigen::MatrixXd distances =
      Eigen::MatrixXd::Constant(sites, sites, std::numeric_limits<double>::quiet_NaN());
  detail::TextLines lines(path, limits);
  bool any = false;
  for (std::string_view line; lines.next(line);) {
    std::array<std::string_view, 3> words;  // the first two and the last
    std::size_t count = 0;
    for (std::string_view word = detail::next_word(line); !word.empty(); word = detail::next_word(line))
      words[std::min<std::size_t>(count++, 2)] = word;
    if (count == 0 || words[0].starts_with('#')) continue;
    const auto fail_unless = [&](bool holds, const auto&... what) {
      check<FileError>(holds, "distances in '", path.string(), "', line ", lines.number(), ": ", what...);
    };
    fail_unless(count >= 3, "it has ", count, " words, expected site, site and distance");
    const auto site = [&](std::string_view word) {
      const double number = parse_number(word);
      fail_unless(number >= 1 && number <= static_cast<double>(sites) && number == std::floor(number), "'",
                  std::string(word.substr(0, 40)), "' is not a site, expected 1 to ", sites);
      return static_cast<Index>(number) - 1;
    };
    const Index i = site(words[0]), j = site(words[1]);
    const double distance = parse_number(words[2]);
    fail_unless(distance >= 0, "'", std::string(words[2].substr(0, 40)),
                "' is not a distance, expected a number of at least 0");
    distances(i, j) = distances(j, i) = distance;
    any = true;
  }
  check<FileError>(any, "distances in '", path.string(), "': it has no pairs");
  return distances;
}

}  // namespace harmonium
