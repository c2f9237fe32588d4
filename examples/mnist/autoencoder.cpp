// A deep belief network is unrolled into an autoencoder with a small linear code, and fine-tuned to
// reconstruct digits (Hinton and Salakhutdinov, 2006). It is compared with principal components, the best
// linear code of that size.
#include <cstdio>

#include "autoencoder_results.hpp"
#include "backend.hpp"
#include "modes.hpp"
#include "pre_trained.hpp"
#include "results.hpp"

namespace mnist {
namespace {

// Learns from `train_set`, which is mnist.train in the memory of backend `B`.
template <class B, class Source>
Json learn_codes(Run& run, const Mnist& mnist, const Source& train_set, const B& on) {
  const Settings& settings = run.settings;
  using Model = Autoencoder<AutoencoderUnits, B>;
  Model network = settings.no_pre_training ? Model{{.sizes = sizes_of(settings), .seed = settings.seed}}
                                           : autoencoder(pre_trained<AutoencoderUnits>(
                                                 run, autoencoder_pre_training(settings), train_set, on));
  const FineTuningOptions<Adam> options{.epochs = settings.epochs,
                                        .batch_size = 100,
                                        .optimizer = Adam{.rate = linear(4e-3, 0.0)},
                                        .seed = settings.seed,
                                        .shards = shards(settings)};
  FineTuning trainer{network, options, on};
  run.seconds_fine_tuning = run.finish(trainer.fit(train_set, ProgressBar{}, run.interrupt, run.checkpoint));
  if (!run.writes()) return {};
  save(settings.path("model.safetensors"), network);  // first: it is there whatever fails afterwards

  const OutputEvaluation test = evaluate(network, mnist.test, on), train = evaluate(network, train_set, on);
  write_file(settings.path("history.csv"), history_csv(run.histories, "squared_error"));
  const auto learned = convert<Cpu<float>>(network);
  const CodeResults codes = show_codes(run, learned, mnist);
  const Json metrics = run.write_metrics({{"test_squared_error", test.squared_error},
                                          {"train_squared_error", train.squared_error},
                                          {"test_loss", test.loss},
                                          {"train_loss", train.loss},
                                          {"pca_test_squared_error", codes.pca_test},
                                          {"pca_train_squared_error", codes.pca_train}});
  HtmlReport report("Codes of handwritten digits",
                    std::to_string(code_rows(learned)) + " numbers for 784 pixels");
  report.add_key_values({{"test squared error per digit", test.squared_error},
                         {"training squared error", train.squared_error},
                         {"principal components", codes.pca_test},
                         {"time", duration_text(metrics.at("seconds_total"))},
                         {"memory", number_text(metrics.at("peak_memory_mb"), 3) + " MB"}});
  add_codes(report, codes, mnist.test);
  report.add_section("How it learned").add_history(run.histories);
  report.add_section("The network").add_model(learned);
  add_metrics(report, metrics);
  write(settings.path("report.html"), report);
  std::printf(
      "test squared error %.2f per digit  (training %.2f, principal components %.2f), %.0f s in all; "
      "results are in %s\n",
      test.squared_error, train.squared_error, codes.pca_test, run.timer.seconds(), settings.output.c_str());
  return metrics;
}

}  // namespace

Json run_autoencoder(const Settings& settings, const Mnist& mnist) {
  check<ValueError>(settings.layers.size() == 4 && settings.layers.back() >= 2,
                    "--layers: the autoencoder has four, the last of them its code, of at least 2 numbers");
  return run_on_backend(settings, mnist,
                        [](Run& run, const Mnist& digits, const auto& train_set, const auto& on) {
                          return learn_codes(run, digits, train_set, on);
                        });
}

}  // namespace mnist
