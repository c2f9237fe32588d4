#include "accuracy.hpp"

#include <cstdio>
#include <harmonium/inference/networks/calibration.hpp>

using namespace harmonium;

namespace program {

namespace {

using Json = nlohmann::ordered_json;

Json measure_classes(const Column& target, const Eigen::MatrixXd& p, const Answers& answers) {
  const HostMatrix<double> probabilities = p;
  const auto classes = static_cast<Index>(target.words.size());
  std::vector<int> predicted;
  double wrong = 0, loss = 0;
  for (Index c = 0; c < p.cols(); ++c) {
    const int label = answers.labels[static_cast<std::size_t>(c)];
    predicted.push_back(detail::largest_row(View<const double>(probabilities), c));
    wrong += predicted.back() != label ? 1 : 0;
    loss -= std::log(std::max(p(label, c), 1e-38));  // the least that a float can say
  }
  const auto count = static_cast<double>(p.cols());
  const Calibration calibrated = calibration(probabilities, answers.labels, 10);
  const Eigen::MatrixXd confusion = confusion_matrix(answers.labels, predicted, classes);
  Json measures = {{"rows", p.cols()},           {"error", wrong / count},
                   {"log_loss", loss / count},   {"calibration_error", calibrated.error},
                   {"confusion", Json::array()}, {"calibration", Json::array()}};
  for (Index r = 0; r < classes; ++r) {
    Json row = Json::array();
    for (Index c = 0; c < classes; ++c) row.push_back(std::llround(confusion(r, c)));
    measures["confusion"].push_back(row);
  }
  for (const ReliabilityBin& bin : calibrated.bins)
    measures["calibration"].push_back({bin.share, bin.confidence, bin.accuracy});
  return measures;
}

Json measure_numbers(const Eigen::MatrixXd& predicted, const Answers& answers) {
  const Eigen::VectorXd error = predicted.row(0).transpose() - answers.numbers;
  const double mean = answers.numbers.mean(), squared = error.squaredNorm(),
               spread = (answers.numbers.array() - mean).matrix().squaredNorm();
  const auto count = static_cast<double>(error.size());
  Json measures = {{"rows", error.size()},
                   {"rmse", std::sqrt(squared / count)},
                   {"mean_absolute_error", error.cwiseAbs().mean()}};
  if (spread > 0) measures["r2"] = 1 - squared / spread;
  return measures;
}

std::string line(const char* name, const char* format, double number) {
  char text[100];
  std::snprintf(text, sizeof text, format, number);
  return name + std::string(text) + '\n';
}

}  // namespace

Json measure(const Column& target, const Eigen::MatrixXd& predicted, const Answers& answers) {
  return has_classes(target) ? measure_classes(target, predicted, answers)
                             : measure_numbers(predicted, answers);
}

std::string text_of_measures(const Column& target, const Json& m) {
  if (!has_classes(target))
    return (m.contains("r2")
                ? line("R2                           ", "%10.4f", m["r2"].get<double>())
                : std::string("R2                               none: all targets are equal\n")) +
           line("root mean squared error      ", "%10.4g", m["rmse"].get<double>()) +
           line("mean absolute error          ", "%10.4g", m["mean_absolute_error"].get<double>());
  std::string text =
      line("accuracy                     ", "%10.2f %%", 100 * (1 - m["error"].get<double>())) +
      line("error rate                   ", "%10.2f %%", 100 * m["error"].get<double>()) +
      line("log loss                     ", "%10.4f nats", m["log_loss"].get<double>()) +
      line("expected calibration error   ", "%10.4f", m["calibration_error"].get<double>());
  std::size_t width = 6;
  for (const std::string& word : target.words) width = std::max(width, word.size() + 1);
  const auto cell = [&](const std::string& word) {
    return std::string(width > word.size() ? width - word.size() : 0, ' ') + word;
  };
  if (target.words.size() <= 20) {
    text += "confusion matrix: a row for each true class, a column for each predicted one\n" + cell("");
    for (const std::string& word : target.words) text += cell(word);
    text += '\n';
    for (std::size_t r = 0; r < target.words.size(); ++r) {
      text += cell(target.words[r]);
      for (const auto& count : m["confusion"][r]) text += cell(std::to_string(count.get<long>()));
      text += '\n';
    }
  }
  text += "calibration: rows by the probability of their predicted class\n";
  text += "  probability        rows   mean probability   accuracy\n";
  for (std::size_t b = 0; b < m["calibration"].size(); ++b) {
    const auto& bin = m["calibration"][b];
    if (bin[0].get<double>() == 0) continue;
    char part[100];
    std::snprintf(part, sizeof part, "  %.1f to %.1f  %8.1f %%  %17.3f  %9.3f\n", static_cast<double>(b) / 10,
                  static_cast<double>(b + 1) / 10, 100 * bin[0].get<double>(), bin[1].get<double>(),
                  bin[2].get<double>());
    text += part;
  }
  return text;
}

}  // namespace program
