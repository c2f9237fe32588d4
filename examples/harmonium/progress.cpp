#include "progress.hpp"

#include <unistd.h>

#include <cstdio>

namespace program {

void Progress::show(const harmonium::EpochReport& report, bool last) {
  const char* separator = "";
  const auto metric = [&](const char* name, const char* text) {
    for (const auto& [key, value] : report.metrics)
      if (key == name) {
        std::fprintf(stderr, "%s %s %.4g", separator, text, value);
        separator = ",";
        return true;
      }
    return false;
  };
  const int every = std::max(1, report.epochs / 10);
  const bool telling =
      last || report.epoch == 1 || report.epoch % every == 0 || report.epoch == report.epochs;
  const char* clear = isatty(fileno(stderr)) != 0 ? "\r\033[K" : "";
  if (telling) {
    std::fprintf(stderr, "%s%s %d/%d:", clear, report.phase.c_str(), report.epoch, report.epochs);
    metric("reconstruction_error", "reconstruction error");
    metric("held_out_reconstruction_error", "of held-out rows");
    const bool predicts = metric("loss", "loss");  // of numbers it is no log likelihood
    metric("held_out_loss", predicts ? "of held-out rows" : "held-out loss in nats");
    metric("free_energy_gap", "free-energy gap");
    std::fprintf(stderr, "\n");
  }
  for (const std::string& warning : report.warnings)
    if (warned.insert(warning.substr(0, warning.find(':'))).second)
      std::fprintf(stderr, "%s  warning, epoch %d: %s\n", telling ? "" : clear, report.epoch,
                   warning.c_str());
  std::fflush(stderr);
}

}  // namespace program
