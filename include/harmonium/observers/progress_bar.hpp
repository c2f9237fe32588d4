/// \file
/// A line that shows the progress of training: updated in place on a terminal, one line per epoch elsewhere.
#pragma once

#include <cstdio>
#include <string>

#if defined(_WIN32)
#include <io.h>
#else
#include <unistd.h>
#endif

#include "../training/run/report.hpp"

namespace harmonium {

/// Writes to `stream` (standard output by default): a bar, batches per second and time left within an epoch,
/// then the epoch's metrics.
class ProgressBar {
 public:
  /// Writes to `stream`, which must outlive this.
  explicit ProgressBar(std::FILE* stream = stdout) : stream_(stream), live_(is_terminal(stream)) {}

  /// Updates the line, at most ten times per second.
  void on_batch(const BatchReport& report) {
    if (!live_ || (report.total_seconds - last_ < 0.1 && report.total_seconds >= last_)) return;
    last_ = report.total_seconds;
    const double done = static_cast<double>(report.epoch - 1) * static_cast<double>(report.batches) +
                        static_cast<double>(report.batch);
    const double all = static_cast<double>(report.epochs) * static_cast<double>(report.batches);
    const double rate = done / std::max(report.total_seconds, 1e-9);
    const int width = 24, filled = static_cast<int>(width * report.batch / report.batches);
    const std::string bar = std::string(static_cast<std::size_t>(filled), '=') +
                            std::string(static_cast<std::size_t>(width - filled), ' ');
    std::fprintf(stream_, "\r\033[K%.*s  epoch %d/%d [%s] %.0f batches/s, %s left",
                 static_cast<int>(report.phase.size()), report.phase.data(), report.epoch, report.epochs,
                 bar.c_str(), rate, duration((all - done) / rate).c_str());
    std::fflush(stream_);
  }

  /// One line for the epoch, and one for each warning.
  void operator()(const EpochReport& report) {
    std::fprintf(stream_, "%s%s  epoch %d/%d", live_ ? "\r\033[K" : "", report.phase.c_str(), report.epoch,
                 report.epochs);
    for (const auto& [name, value] : report.metrics) std::fprintf(stream_, "  %s %.4g", name.c_str(), value);
    std::fprintf(stream_, "  %.1f s\n", report.seconds);
    for (const std::string& warning : report.warnings)
      std::fprintf(stream_, "  warning: %s\n", warning.c_str());
    std::fflush(stream_);
  }

 private:
  static bool is_terminal(std::FILE* stream) {
#if defined(_WIN32)
    return _isatty(_fileno(stream)) != 0;
#else
    return isatty(fileno(stream)) != 0;
#endif
  }
  static std::string duration(double seconds) {
    const auto whole = static_cast<long>(seconds + 0.5);
    char text[32];
    if (whole >= 3600) {
      std::snprintf(text, sizeof text, "%ld:%02ld:%02ld", whole / 3600, whole / 60 % 60, whole % 60);
    } else {
      std::snprintf(text, sizeof text, "%ld:%02ld", whole / 60, whole % 60);
    }
    return text;
  }

  std::FILE* stream_;
  bool live_;
  double last_ = -1;
};

}  // namespace harmonium
