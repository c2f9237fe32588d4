// A deep belief network of digits and labels is pre-trained layer by layer and fine-tuned by wake-sleep
// (Hinton, Osindero and Teh, 2006): a generative model, which makes up digits of a class that is asked for,
// and reads by the free energy of each label.
#include <cstdio>

#include "../digits.hpp"
#include "backend.hpp"
#include "modes.hpp"
#include "results.hpp"
#include "wake_sleep.hpp"

namespace mnist {
namespace {

using namespace digit_pictures;

// A row of digits for each label, made up from it.
Image draw_generated(const DigitsAndLabels& model, const Cpu<float>& on) {
  constexpr Index in_a_row = 20;
  Eigen::MatrixXf digits(model.visible_rows(), in_a_row * model.classes());
  for (int label = 0; label < model.classes(); ++label)
    digits.middleCols(label * in_a_row, in_a_row) =
        generate(model, label, {.samples = in_a_row, .steps = 1000, .seed = 1}, on);
  return tiles(digits, digit_tiles(in_a_row));
}

// What the learned model reads and makes up.
Json show(const Run& run, const Mnist& mnist, const Awoken& awoken) {
  const Settings& settings = run.settings;
  const auto& [learned, before, test, train] = awoken;
  write_file(settings.path("history.csv"), history_csv(run.histories));
  const Eigen::MatrixXf digits = one_of_each(mnist.test).to_matrix<float>();
  const Image generated = draw_generated(learned, cpu(settings)),
              back = stack({tiles(digits, digit_tiles(10)),
                            tiles(reconstruct(learned, digits, cpu(settings)), digit_tiles(10))});
  write_png(settings.path("generated.png"), generated);
  write_png(settings.path("reconstructions.png"), back);

  const Json metrics = run.write_metrics({{"test_error", test.error},
                                          {"train_error", train.error},
                                          {"test_log_loss", test.log_loss},
                                          {"train_log_loss", train.log_loss},
                                          {"test_error_before_wake_sleep", before.error}});
  HtmlReport report("Handwritten digits", "A deep belief network of digits and labels, by wake-sleep");
  report.add_key_values({{"test error", number_text(100 * test.error, 3) + " %"},
                         {"before wake-sleep", number_text(100 * before.error, 3) + " %"},
                         {"training error", number_text(100 * train.error, 3) + " %"},
                         {"time", duration_text(metrics.at("seconds_total"))},
                         {"memory", number_text(metrics.at("peak_memory_mb"), 3) + " MB"}});
  add_pictures(report, {{generated, "Digits that the network makes up, a row for each label."},
                        {back, "Test digits, and what recognition and generation make of them."}});
  report.add_section("How it learned").add_history(run.histories);
  report.add_section("The network").add_model(learned);
  add_metrics(report, metrics);
  write(settings.path("report.html"), report);
  std::printf(
      "test error %.2f %%  (before wake-sleep %.2f %%, training %.2f %%), %.0f s in all; results are in %s\n",
      100 * test.error, 100 * before.error, 100 * train.error, run.timer.seconds(), settings.output.c_str());
  return metrics;
}

}  // namespace

Json run_wake_sleep(const Settings& settings, const Mnist& mnist) {
  return run_on_backend(settings, mnist,
                        [](Run& run, const Mnist& digits, const auto& train_set, const auto& on) {
                          return show(run, digits, wake_sleep(run, digits, train_set, on));
                        });
}

}  // namespace mnist
