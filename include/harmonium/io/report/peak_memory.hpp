/// \file
/// Memory used by the program, for its reports.
#pragma once

#if !defined(_WIN32)
#include <sys/resource.h>
#endif

namespace harmonium {

/// The program's peak memory so far, in 2^20 bytes; 0 where it is not available.
inline double peak_memory_mb() {
#if defined(_WIN32)
  return 0;
#else
  rusage usage{};
  getrusage(RUSAGE_SELF, &usage);
#if defined(__APPLE__)
  return static_cast<double>(usage.ru_maxrss) / 1048576.0;
#else
  return static_cast<double>(usage.ru_maxrss) / 1024.0;
#endif
#endif
}

}  // namespace harmonium
