#include "results.hpp"

#include <sstream>

#include "../digits.hpp"

namespace mnist {

using namespace digit_pictures;

std::string history_csv(const std::vector<History>& histories, const std::string& measure) {
  std::vector<std::string> metrics = {"reconstruction_error", "gradient_norm"};
  if (!measure.empty()) metrics.insert(metrics.end(), {"loss", measure});
  std::ostringstream table;
  table << "phase,epoch,seconds,rate";
  for (const std::string& name : metrics) table << ',' << name;
  table << '\n';
  for (const History& history : histories)
    for (const EpochReport& report : history.epochs) {
      table << report.phase << ',' << report.epoch << ',' << report.seconds << ',' << report.rate;
      for (const std::string& name : metrics) {
        table << ',';
        for (const auto& [key, value] : report.metrics)
          if (key == name) table << value;
      }
      table << '\n';
    }
  return table.str();
}

namespace {

// Digits above, their codes in the top layer in the middle, reconstructions below.
Image draw_reconstructions(const Dbn<ClassifierUnits>& dbn, const Dataset& test) {
  const Eigen::MatrixXf digits = one_of_each(test).to_matrix<float>();
  const Eigen::MatrixXf codes = encode(dbn, digits);
  const Eigen::MatrixXf back = reconstruct(dbn, digits, {.passes = 50, .seed = 1});
  const Index width = code_width(codes.rows());
  return stack({tiles(digits, digit_tiles(10)),
                tiles(codes, {.width = width,
                              .height = codes.rows() / width,
                              .per_row = 10,
                              .gap = 2,
                              .scale = 1 + 27 / width,  // a small code is drawn as large as a digit
                              .range = TileRange::unit}),
                tiles(back, digit_tiles(10))},
               {.centred = true});
}

// The weights of the first hidden units, each as a picture.
Image draw_filters(const Dbn<ClassifierUnits>& dbn, Index count) {
  Eigen::MatrixXf filters;
  for_each_rbm(dbn, [&](const auto& rbm, Index i) {
    if (i == 0) filters = rbm.weights.leftCols(std::min(count, rbm.weights.cols()));
  });
  return tiles(filters,
               {.width = 28, .height = 28, .per_row = 20, .gap = 2, .colours = TileColours::signed_grey});
}

// Digits that the DBN makes up.
Image draw_samples(const Dbn<ClassifierUnits>& dbn, Index count, const Cpu<float>& on) {
  return tiles(generate(dbn, {.samples = count, .steps = 1000, .seed = 1}, on), digit_tiles(20));
}

}  // namespace

Pictures draw_dbn(const std::string& folder, const Dbn<ClassifierUnits>& dbn, const Dataset& test,
                  const Cpu<float>& on) {
  const Image reconstructions = draw_reconstructions(dbn, test), filters = draw_filters(dbn, 200),
              samples = draw_samples(dbn, 200, on);
  write_png(folder + "/filters.png", filters);
  write_png(folder + "/samples.png", samples);
  write_png(folder + "/reconstructions.png", reconstructions);
  write_png(folder + "/learned.png",
            stack({draw_filters(dbn, 60), draw_samples(dbn, 60, on), reconstructions}, {.centred = true}));
  return {
      {filters, "What hidden units of the first layer respond to: their weights, bright above zero."},
      {samples, "Digits that the deep belief network makes up."},
      {reconstructions, "Test digits, their codes in the top layer, and what comes back from the codes."}};
}

Pictures draw_misclassified(const std::string& path, const Network<ClassifierUnits>& network,
                            const Dataset& test, const Cpu<float>& on) {
  const std::vector<int> predicted = predict(network, test, on);
  std::vector<Index> wrong;
  for (std::size_t i = 0; i < predicted.size() && wrong.size() < 200; ++i)
    if (predicted[i] != test.labels()[i]) wrong.push_back(static_cast<Index>(i));
  if (wrong.empty()) return {};
  const Image picture = tiles(test.subset(wrong).to_matrix<float>(), digit_tiles(20));
  write_png(path, picture);
  return {{picture, "Test digits that the network gets wrong, at most 200 of them."}};
}

void add_pictures(HtmlReport& report, const Pictures& pictures) {
  if (!pictures.empty()) report.add_section("What it learned");
  for (const Picture& picture : pictures) report.add_picture(picture.image, picture.caption);
}

void add_metrics(HtmlReport& report, const Json& metrics) {
  ReportValues values;
  for (const auto& [name, value] : metrics.items())
    values.emplace_back(name,
                        value.is_number_float() ? ReportCell(value.get<double>()) : ReportCell(value.dump()));
  report.add_section("Measurements and settings").add_values(values);
}

}  // namespace mnist
