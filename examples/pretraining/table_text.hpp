// The five tables next to the published ones, and their verdicts, as text.
#pragma once

#include <sstream>

#include "table_results.hpp"

namespace pretraining {

// Is pre-training ahead? Compares two runs per seed, which start from the same head and see digits in the
// same order.
struct Comparison {
  std::string_view what, table, variant, against_table, against_variant;
};
inline constexpr std::array<Comparison, 6> comparisons = {{
    {"RBM classifier, pre-trained or not (B - A)", "B", "glorot", "A", "glorot"},
    {"DBN classifier, pre-trained or not (D - C)", "D", "glorot", "C", "glorot"},
    {"RBM classifier, against PyTorch's start (B - A torch)", "B", "glorot", "A", "torch"},
    {"DBN classifier, against PyTorch's start (D - C torch)", "D", "glorot", "C", "torch"},
    {"RBM classifier, Gaussian visible units or Bernoulli ones (B gaussian - B)", "B", "gaussian", "B",
     "glorot"},
    {"RBM classifier, Gaussian visible units or no pre-training (B gaussian - A)", "B", "gaussian", "A",
     "glorot"},
}};

// The difference in test accuracy after an epoch, over the seeds that have both.
inline std::optional<Summary> difference(const TableResults& results, const Comparison& comparison,
                                         int epoch) {
  std::vector<double> numbers;
  for (const Cell* a : results.at(comparison.table, comparison.variant, epoch))
    for (const Cell* b : results.at(comparison.against_table, comparison.against_variant, epoch))
      if (a->seed == b->seed) numbers.push_back(a->test.accuracy - b->test.accuracy);
  if (numbers.empty()) return {};
  return summary_of(numbers);
}

inline std::string verdict(const TableResults& results, const Comparison& comparison) {
  int ahead = 0, behind = 0, seeds = 0;
  for (int epoch = 1; epoch <= 5; ++epoch) {
    const Summary d = *difference(results, comparison, epoch);
    seeds = static_cast<int>(d.count);
    const double margin = d.count < 2 ? 0 : 2 * d.error;
    ahead += d.mean > margin ? 1 : 0;
    behind += d.mean < -margin ? 1 : 0;
  }
  const std::string by = seeds < 2 ? " (one seed: no interval)" : " by more than two standard errors";
  if (ahead == 5) return "ahead at every epoch" + by;
  if (behind == 5) return "behind at every epoch" + by;
  return "ahead at " + std::to_string(ahead) + " of 5 epochs, behind at " + std::to_string(behind) + by;
}

inline std::string title_of(const Published& published, std::string_view variant) {
  std::string title = std::string(published.table) + ". " + std::string(published.title);
  if (variant == "torch") title += ", PyTorch's start";
  if (variant == "gaussian") title += ", Gaussian visible units";
  return title;
}

// Our results next to the published ones.
inline std::string table_of(const TableResults& results, const Published& published,
                            std::string_view variant) {
  std::ostringstream text;
  text << "epoch | test accuracy | published | training accuracy | published | test cross-entropy | training "
          "cross-entropy | reference's loss, test | published | training | published\n"
          "---|---|---|---|---|---|---|---|---|---|---\n";
  char number[32];
  const auto theirs = [&](double x) {
    std::snprintf(number, sizeof number, "%.4f", x);
    return std::string(number);
  };
  for (int epoch = 1; epoch <= 5; ++epoch) {
    const auto& row = published.rows[static_cast<std::size_t>(epoch - 1)];
    const auto ours = [&](auto pick) {
      return text_of(*results.summary(published.table, variant, epoch, pick));
    };
    text << epoch << " | " << ours(test_accuracy) << " | " << theirs(row.test_accuracy) << " | "
         << ours(train_accuracy) << " | " << theirs(row.train_accuracy) << " | " << ours(test_loss) << " | "
         << ours(train_loss) << " | " << ours(reference_test_loss) << " | " << theirs(row.test_loss) << " | "
         << ours(reference_train_loss) << " | " << theirs(row.train_loss) << '\n';
  }
  return text.str();
}

inline std::string verdicts_of(const TableResults& results) {
  std::ostringstream text;
  text << "difference in test accuracy, with its 95 % interval | epoch 1 | 2 | 3 | 4 | 5 | verdict\n"
          "---|---|---|---|---|---|---\n";
  for (const Comparison& comparison : comparisons) {
    if (!difference(results, comparison, 1)) continue;
    text << comparison.what;
    for (int epoch = 1; epoch <= 5; ++epoch)
      text << " | " << difference_text(*difference(results, comparison, epoch));
    text << " | " << verdict(results, comparison) << '\n';
  }
  return text.str();
}

// One line per layer: statistics of its codes over seeds.
inline std::string codes_of(const TableResults& results) {
  std::ostringstream text;
  text << "model | layer | units | mean activation | dead units | saturated units | mean absolute error of "
          "reconstruction\n---|---|---|---|---|---|---\n";
  for (const Json& first : results.layers) {
    std::vector<const Json*> same;
    for (const Json& layer : results.layers)
      if (layer.at("model") == first.at("model") && layer.at("layer") == first.at("layer"))
        same.push_back(&layer);
    if (same.front() != &first) continue;
    const auto of = [&](const char* name) {
      std::vector<double> numbers;
      for (const Json* layer : same) numbers.push_back(layer->at(name).get<double>());
      return text_of(summary_of(numbers));
    };
    text << first.at("model").get<std::string>() << " | " << first.at("layer") << " | " << first.at("units")
         << " | " << of("mean_activation") << " | " << of("dead") << " | " << of("saturated") << " | "
         << of("absolute_error") << '\n';
  }
  return text.str();
}

// Calls f(published table, variant) for each that has cells.
template <class F>
void for_each_table(const TableResults& results, F f) {
  for (const Published& one : published_tables)
    for (const char* variant : {"glorot", "torch", "gaussian"})
      if (results.at(one.table, variant, 1).size() > 0) f(one, std::string_view(variant));
}

inline std::string markdown_of(const TableResults& results) {
  std::string text = "# Does pre-training help?\n\nMeans and standard errors over seeds.\n";
  for_each_table(results, [&](const Published& one, std::string_view variant) {
    text += "\n## " + title_of(one, variant) + "\n\n" + table_of(results, one, variant);
  });
  return text + "\n## What they say\n\n" + verdicts_of(results) + "\n## What codes are like\n\n" +
         codes_of(results);
}

inline std::string csv_of(const TableResults& results) {
  std::ostringstream text;
  text.precision(17);
  text << "table,variant,seed,epoch,test_accuracy,train_accuracy,test_loss,train_loss,reference_test_loss,"
          "reference_train_loss\n";
  for_each_table(results, [&](const Published& one, std::string_view variant) {
    for (int epoch = 1; epoch <= 5; ++epoch)
      for (const Cell* cell : results.at(one.table, variant, epoch))
        text << cell->table << ',' << cell->variant << ',' << cell->seed << ',' << epoch << ','
             << cell->test.accuracy << ',' << cell->train.accuracy << ',' << cell->test.loss << ','
             << cell->train.loss << ',' << cell->test.reference_loss << ',' << cell->train.reference_loss
             << '\n';
  });
  return text.str();
}

}  // namespace pretraining
