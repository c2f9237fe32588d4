// A deep belief network is unrolled into an autoencoder with a small linear code, and fine-tuned to give
// digits back (Hinton and Salakhutdinov, 2006). Principal components, the best linear code of that size,
// stand beside.
#include <cstdio>
#include <numeric>

#include "../digits.hpp"
#include "backend.hpp"
#include "modes.hpp"
#include "pre_trained.hpp"
#include "results.hpp"

namespace mnist {
namespace {

using namespace digit_pictures;

// The mean squared distance of digits from what principal components make of them, summed over pixels.
double squared_error(const PrincipalComponents& pca, const Dataset& digits) {
  double sum = 0;
  for (Index first = 0; first < digits.size(); first += 1000) {
    std::vector<Index> columns(static_cast<std::size_t>(std::min<Index>(1000, digits.size() - first)));
    std::iota(columns.begin(), columns.end(), first);
    const Eigen::MatrixXd x = digits.subset(columns).to_matrix<double>();
    sum += (x - decode(pca, encode(pca, x))).squaredNorm();
  }
  return sum / static_cast<double>(digits.size());
}

// Digits, what the autoencoder gives back, and what as many principal components do, one below another.
Image draw_reconstructions(const Autoencoder<AutoencoderUnits>& network, const PrincipalComponents& pca,
                           const Dataset& test, const Cpu<float>& on) {
  const Eigen::MatrixXf digits = one_of_each(test).to_matrix<float>();
  const Eigen::MatrixXf linear = decode(pca, encode(pca, digits.cast<double>())).cast<float>();
  return stack({tiles(digits, digit_tiles(10)), tiles(reconstruct(network, digits, on), digit_tiles(10)),
                tiles(linear, digit_tiles(10))});
}

// The two directions in which codes of digits vary most: 2 x digits.
Eigen::MatrixXd plane_of_codes(const Autoencoder<AutoencoderUnits>& network, const Dataset& digits,
                               const Cpu<float>& on) {
  const Eigen::MatrixXf codes = encode(network, digits.to_matrix<float>(), on);
  return encode(principal_components(Dataset(codes), 2), codes.cast<double>());
}

// Learns from `train_set`, which is mnist.train where backend `B` has it at hand.
template <class B, class Source>
Json learn(Run& run, const Mnist& mnist, const Source& train_set, const B& on) {
  const Settings& settings = run.settings;
  using Model = Autoencoder<AutoencoderUnits, B>;
  Model network = settings.no_pre_training ? Model{{.sizes = sizes_of(settings), .seed = settings.seed}}
                                           : autoencoder(autoencoder_dbn(run, train_set, on));
  FineTuning trainer{network,
                     {.epochs = settings.epochs,
                      .batch_size = 100,
                      .optimizer = Adam{.rate = linear(4e-3, 0.0)},
                      .seed = settings.seed},
                     on};
  run.seconds_fine_tuning = run.finish(trainer.fit(train_set, ProgressBar{}, run.interrupt, run.checkpoint));

  const OutputEvaluation test = evaluate(network, mnist.test, on), train = evaluate(network, train_set, on);
  save(settings.path("model.safetensors"), network);
  write_file(settings.path("history.csv"), history_csv(run.histories, "squared_error"));
  const auto learned = convert<Cpu<float>>(network);
  const Index code = code_rows(learned);
  const PrincipalComponents pca = principal_components(mnist.train, std::min<Index>(code, 784));
  const double pca_test = squared_error(pca, mnist.test), pca_train = squared_error(pca, mnist.train);
  const Image picture = draw_reconstructions(learned, pca, mnist.test, cpu(settings));
  write_png(settings.path("reconstructions.png"), picture);
  const Eigen::MatrixXd plane = plane_of_codes(learned, mnist.test, cpu(settings));
  const ScatterOptions scatter{.title = "Codes of test digits",
                               .x_title = "first principal component of the codes",
                               .y_title = "second principal component"};
  write_file(settings.path("codes.svg"), draw_scatter(plane, mnist.test.labels(), scatter));

  const Json metrics = run.write_metrics({{"test_squared_error", test.squared_error},
                                          {"train_squared_error", train.squared_error},
                                          {"test_loss", test.loss},
                                          {"train_loss", train.loss},
                                          {"pca_test_squared_error", pca_test},
                                          {"pca_train_squared_error", pca_train}});
  HtmlReport report("Codes of handwritten digits", std::to_string(code) + " numbers for 784 pixels");
  report.add_key_values({{"test squared error a digit", test.squared_error},
                         {"training squared error", train.squared_error},
                         {"principal components", pca_test},
                         {"time", duration_text(metrics.at("seconds_total"))},
                         {"memory", number_text(metrics.at("peak_memory_mb"), 3) + " MB"}});
  add_pictures(report,
               {{picture,
                 "Test digits, what the autoencoder gives back, and what as many principal components "
                 "do."}});
  report.add_scatter(plane, mnist.test.labels(), scatter);
  report.add_section("How it learned").add_history(run.histories);
  report.add_section("The network").add_model(learned);
  add_metrics(report, metrics);
  write(settings.path("report.html"), report);
  std::printf(
      "test squared error %.2f a digit  (training %.2f, principal components %.2f), %.0f s in all; "
      "results are in %s\n",
      test.squared_error, train.squared_error, pca_test, run.timer.seconds(), settings.output.c_str());
  return metrics;
}

}  // namespace

Json run_autoencoder(const Settings& settings, const Mnist& mnist) {
  check<ValueError>(settings.layers.size() == 4 && settings.layers.back() >= 2,
                    "--layers: the autoencoder has four, the last of them its code, of at least 2 numbers");
  return run_on_backend(settings, mnist,
                        [](Run& run, const Mnist& digits, const auto& train_set, const auto& on) {
                          return learn(run, digits, train_set, on);
                        });
}

}  // namespace mnist
