// How the examples show handwritten digits and their codes.
#pragma once

#include <harmonium/io.hpp>
#include <vector>

namespace digit_pictures {

using namespace harmonium;  // a part of the example programs

inline TileOptions digit_tiles(Index per_row) {
  return {.width = 28, .height = 28, .per_row = per_row, .gap = 2, .range = TileRange::unit};
}

// The width of the picture of a layer's code: as square as its size allows.
inline Index code_width(Index units) {
  Index width = 1;
  for (Index w = 1; w * w <= units; ++w)
    if (units % w == 0) width = units / w;
  return width;
}

// The first digit of each class, in the order of classes.
inline Dataset one_of_each(const Dataset& digits) {
  std::vector<Index> chosen;
  for (int digit = 0; digit < 10; ++digit)
    for (Index i = 0; i < digits.size(); ++i)
      if (digits.labels()[static_cast<std::size_t>(i)] == digit) {
        chosen.push_back(i);
        break;
      }
  return digits.subset(chosen);
}

}  // namespace digit_pictures
