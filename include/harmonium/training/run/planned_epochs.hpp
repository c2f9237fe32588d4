/// \file
/// How many epochs a run takes if its options do not say.
#pragma once

#include <algorithm>
#include <limits>

#include "../../core/view.hpp"

namespace harmonium {

/// As a number of epochs: at least 10, and as many as 11,000 updates take. Ten passes over tens of thousands
/// of samples are enough; over thirty samples they are ten updates, after which nothing has been learned.
inline constexpr int automatic_epochs = std::numeric_limits<int>::min();

/// The option by name: see training/run/option_words.hpp.
template <class F>
void name_epochs(F&& f, int epochs) {
  if (epochs == automatic_epochs) {
    f("epochs", "automatic");
  } else {
    f("epochs", epochs);
  }
}

/// The number of epochs of a run over this many samples.
inline int planned_epochs(int epochs, Index batch_size, Index samples) {
  if (epochs != automatic_epochs) return epochs;
  constexpr Index least_epochs = 10, least_updates = 11'000;
  const Index batches = std::max<Index>(1, (samples + batch_size - 1) / batch_size);
  return static_cast<int>(std::max(least_epochs, (least_updates + batches - 1) / batches));
}

}  // namespace harmonium
