#include "modes.hpp"

namespace mnist {

std::span<const Mode> modes() {
  static const std::vector<Mode> table = {
      {"classifier",
       "",
       "",
       "test_error",
       {{500, 500, 2000}, 8, 12},
       {{500, 500, 2000}, 1, 3},
       run_classifier},
      {"long",
       "--long",
       "a better classifier in a few more minutes: also fine-tuned on digits altered to mislead it",
       "test_error",
       {{500, 500, 2000}, 8, 60},
       {{500, 500, 2000}, 1, 5},
       run_long},
      {"autoencoder",
       "--autoencoder",
       "learn codes of 30 numbers and reconstructions from them instead of classes",
       "test_squared_error",
       {{1000, 500, 250, 30}, 5, 60},
       {{1000, 500, 250, 30}, 1, 6},
       run_autoencoder},
      {"wake-sleep",
       "--wake-sleep",
       "learn a generative model of digits and labels, by wake-sleep instead of back-propagation",
       "test_error",
       {{500, 500, 2000}, 8, 24},
       {{500, 500, 2000}, 1, 2},
       run_wake_sleep},
  };
  return table;
}

}  // namespace mnist
