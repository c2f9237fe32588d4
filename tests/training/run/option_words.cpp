// Options as words.
#include <harmonium/training/contrastive_divergence_options.hpp>
#include <harmonium/training/fine_tuning_options.hpp>
#include <harmonium/training/run/option_words.hpp>

#include "support/catch.hpp"

using namespace harmonium;

namespace test::training_run_option_words {

TEST_CASE("options are listed by name", "[settings]") {
  const Metadata words =
      settings(ContrastiveDivergenceOptions<>{.epochs = 7,
                                              .chains = Tempered{.chains = 20, .temperatures = 5},
                                              .optimizer = Momentum{.rate = linear(1, 0), .momentum = 0.5},
                                              .penalties = {.l1 = 0.1},
                                              .centered = false,
                                              .seed = std::numeric_limits<std::uint64_t>::max()});
  CHECK(words.at("epochs") == "7");
  CHECK(words.at("chains") == "tempered");
  CHECK(words.at("chains.temperatures") == "5");
  CHECK(words.at("optimizer") == "momentum");
  CHECK(words.at("optimizer.rate") ==
        "1 0.9375 0.875 0.8125 0.75 0.6875 0.625 0.5625 0.5 0.4375 0.375 0.3125 0.25 0.1875 0.125 0.0625 0");
  CHECK(words.at("optimizer.momentum") == "0.5");
  CHECK(words.at("penalties.l1") == "0.1");
  CHECK(words.at("centered") == "false");
  CHECK(words.at("statistics") == "means");
  CHECK(words.at("seed") == "18446744073709551615");
  CHECK(words.at("phase") == "training");
  CHECK(words.count("optimizer.beta1") == 0);
  CHECK(words.size() == 20 + 3 + 2 + 6);  // of the run, its chains, its optimizer, its penalties
}

TEST_CASE("every option that differs changes the words", "[settings]") {
  const Metadata plain = settings(FineTuningOptions<>{});
  const auto differs = [&](const FineTuningOptions<>& options, const std::string& name) {
    const Metadata words = settings(options);
    CHECK(words.at(name) != plain.at(name));
  };
  differs({.epochs = 11}, "epochs");
  differs({.batch_size = 1}, "batch_size");
  differs({.optimizer = Adam{.epsilon = 1e-7}}, "optimizer.epsilon");
  differs({.optimizer = Sgd{}}, "optimizer");
  differs({.weight_decay = std::nextafter(0.0, 1.0)}, "weight_decay");
  differs({.max_norm = 1}, "max_norm");
  differs({.max_gradient_norm = 1}, "max_gradient_norm");
  differs({.input_dropout = 0.1}, "input_dropout");
  differs({.dropout = 0.1}, "dropout");
  differs({.adversarial = 0.1}, "adversarial");
  differs({.loss = Loss::squared_error}, "loss");
  differs({.average_last = 0.1}, "average_last");
  differs({.seed = 1}, "seed");
  differs({.phase = "x"}, "phase");
  CHECK(plain.size() == 13 + 4);
}

}  // namespace test::training_run_option_words
