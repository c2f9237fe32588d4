// Writes a report with everything that a report can contain, awkward content included.
#include <harmonium/io/report/html_report.hpp>
#include <harmonium/models/rbm.hpp>
#include <harmonium/units/bernoulli.hpp>

using namespace harmonium;

namespace {

EpochReport epoch(const char* phase, int number, double scale) {
  EpochReport report{.phase = phase, .epoch = number, .epochs = 30, .seconds = 1.25, .rate = scale / number};
  const double wave = std::sin(2.1 * number) * std::cos(1.3 * number);
  report.metrics = {{"reconstruction_error", scale * (0.02 + 0.1 / number + 0.002 * wave)},
                    {"gradient_norm", scale * std::exp(4 - 0.2 * number + 0.2 * wave)},
                    {"pseudo_likelihood", -150 - scale * 90 / (number + 1) + 0.4 * wave},
                    {"held_out_pseudo_likelihood", -155 - scale * 80 / (number + 1) + 0.1 * wave},
                    {"dead_units", 0}};
  if (number > 20)
    report.warnings = {"over-fitting: the free energy of held-out samples has grown for " +
                       std::to_string(number - 20) + " epochs"};
  return report;
}

Image stripes(Index width, Index height, int channels) {
  Image image(width, height, channels);
  for (std::size_t i = 0; i < image.pixels.size(); ++i)
    image.pixels[i] = static_cast<std::uint8_t>(i * i / 97 + 31 * i);
  return image;
}

}  // namespace

int main(int count, char** arguments) {
  if (count != 2) return 1;
  std::vector<History> runs(2);
  for (int number = 1; number <= 30; ++number) {
    runs[0].epochs.push_back(epoch("rbm 1", number, 1));
    runs[1].epochs.push_back(epoch("rbm 2", number, 0.5));
  }
  runs[1].epochs[9].metrics[0].second = std::numeric_limits<double>::quiet_NaN();
  std::vector<Curve> variants(8);
  for (int i = 0; i < 8; ++i) {
    Curve& curve = variants[static_cast<std::size_t>(i)];
    curve.name = i == 3 ? "a variant of which there is much to be said" : "variant " + std::to_string(i + 1);
    for (int number = 1; number <= 100; ++number) {
      curve.y.push_back(-80 - 5.0 * i - 60.0 / (number + i));
      if (i % 3 == 0) curve.spread.push_back(1 + 0.01 * number);
    }
  }
  const std::string unbroken(300, 'x');
  const Eigen::MatrixXf weights = Eigen::MatrixXf::Random(8, 24);
  const std::vector<std::string> columns = {"age",           "income per year, in thousands",
                                            "female",        "region: north",
                                            "region: south", "region: <east>",
                                            "height",        unbroken};

  HtmlReport report("A report with everything",
                    "Names that are <odd>, words that are long, and a metric with a gap");
  report
      .add_key_values({{"test error", "1.34 %"},
                       {"test log loss", 0.0521},
                       {"time", duration_text(153)},
                       {"memory", "712 MB"}})
      .add_section("How it learned")
      .add_history(runs)
      .add_section("Variants")
      .add_curves(variants, {.title = "Log likelihood",
                             .y_title = "nats per sample, over five seeds",
                             .width = 900,
                             .height = 400})
      .add_section("What it learned")
      .add_picture(stripes(602, 242, 1), "A wide picture.")
      .add_picture(stripes(90, 60, 3), "A small one.")
      .add_picture(stripes(90, 60, 3),
                   "Another one, with a caption that is long enough to need a second line.")
      .add_heat_map(weights, {.title = "Weights of a table's columns", .row_names = columns})
      .add_heat_map(weights, {.title = "Weights without names"})
      .add_section("Settings")
      .add_values(
          {{"hidden units", 500}, {"rate", 0.05}, {"centered", true}, {"data", unbroken}, {unbroken, 1}})
      .add_table({"column", "type", "mean", "standard deviation", "missing", "reconstruction error"},
                 {{"age", "gaussian", 45.12, 12.5, 0, 0.123}, {unbroken, "bernoulli", 0.5, 0.5, 12, 0.01}})
      .add_code("{\n  \"layers\": [784, 500],\n  \"data\": \"" + unbroken + "\"\n}\n")
      .add_text(unbroken)
      .add_section(unbroken)
      .add_model(Rbm<Bernoulli, Bernoulli>{{.visible = 12, .hidden = 5}});
  write(arguments[1], report);
}
