// Values that are given for a draw: "colour=red,size=12".
#pragma once

#include "columns.hpp"

namespace program {

// One sample, in which only these are known. Throws ValueError, naming --given, for an unknown column or
// word.
Samples read_given(const Columns& columns, const std::string& text);

}  // namespace program
