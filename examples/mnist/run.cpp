#include "run.hpp"

#include <cstdio>

namespace mnist {

Run::Run(const Settings& own, const Mnist& mnist, const std::string& where)
    : settings(own), device(where), checkpoint{{.path = own.checkpoint(), .resume = own.resume}} {
  std::printf("%ld digits to learn from, %ld to test on, %s\n", static_cast<long>(mnist.train.size()),
              static_cast<long>(mnist.test.size()), device.c_str());
  if (settings.resume)
    std::printf(std::filesystem::exists(settings.checkpoint()) ? "continuing from %s\n"
                                                               : "from the beginning: there is no %s\n",
                settings.checkpoint().c_str());
}

double Run::finish(const History& history) {
  if (history.paused) throw Interrupted{settings.checkpoint()};
  histories.push_back(history);
  return history.epochs.empty() ? 0 : history.epochs.back().total_seconds;
}

Json Run::write_metrics(Json measured) const {
  measured.update({{"seconds_pre_training", seconds_pre_training},
                   {"seconds_fine_tuning", seconds_fine_tuning},
                   {"seconds_total", timer.seconds()},
                   {"peak_memory_mb", peak_memory_mb()},
                   {"device", device},
                   {"threads", cpu(settings).threads()}});
  measured.update(described(settings));
  write_file(settings.path("metrics.json"), measured.dump(2) + '\n');
  return measured;
}

}  // namespace mnist
