// Options that the example programs share, and how they end.
#pragma once

#include <CLI/CLI.hpp>
#include <cstdint>
#include <cstdio>
#include <exception>
#include <string>

namespace options {

inline void add_data(CLI::App& app, std::string& folder) {
  app.add_option("--data", folder, "folder of the four MNIST files, compressed (.gz) or not")
      ->envname("MNIST_DIR")
      ->capture_default_str();
}

inline void add_seed(CLI::App& app, std::uint64_t& seed,
                     const std::string& what = "of everything random: the same seed gives the same result") {
  app.add_option("--seed", seed, what)->check(CLI::NonNegativeNumber)->capture_default_str();  // not 2^64 - 1
}

inline void add_threads(CLI::App& app, int& threads) {
  app.add_option("--threads", threads, "0 for all processors; the result does not depend on it")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
}

// Runs a program's work; an error ends it with a line that says what went wrong. \returns the exit status
template <class Work>
int run(const char* program, const Work& work) {
  try {
    work();
    return 0;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s: %s\n", program, error.what());
    return 1;
  }
}

}  // namespace options
