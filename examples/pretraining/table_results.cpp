// Curves, pictures and the page of the study of the published tables.
#include <cstdio>

#include "../digits.hpp"
#include "table_text.hpp"

namespace pretraining {
namespace {

using digit_pictures::code_width, digit_pictures::one_of_each;

// Digits and codes of any size in columns, one below another.
Image row_of(const Eigen::MatrixXf& pictures) {
  const Index width = code_width(pictures.rows()), scale = std::max<Index>(1, 56 / width);
  return tiles(pictures, {.width = width,
                          .height = pictures.rows() / width,
                          .per_row = pictures.cols(),
                          .gap = std::max<Index>(1, 58 - width * scale),
                          .scale = scale,
                          .range = TileRange::unit});
}

Image strip_of(const CodePictures& of) {
  return stack({row_of(of.digits), row_of(of.codes), row_of(of.reconstructions)}, {.centered = true});
}

// A measure of all variants over epochs, each with a band of one standard error.
template <class Pick>
std::vector<Curve> curves_of(const TableResults& results, Pick pick) {
  std::vector<Curve> curves;
  for_each_table(results, [&](const Published& one, std::string_view variant) {
    Curve curve{.name = title_of(one, variant), .dashed = variant != "glorot", .colour = one.table[0] - 'A'};
    for (int epoch = 1; epoch <= 5; ++epoch) {
      const Summary summary = *results.summary(one.table, variant, epoch, pick);
      curve.x.push_back(one.table == "E" ? epoch + 5 : epoch);  // continues where D ends
      curve.y.push_back(summary.mean);
      curve.spread.push_back(summary.error);
    }
    curves.push_back(std::move(curve));
  });
  return curves;
}

CurvesOptions chart(const char* title) {
  return {.title = title, .x_title = "epoch of fine-tuning", .width = 720, .height = 420};
}

}  // namespace

CodePictures code_pictures(const Dbn<Stack<Bernoulli>>& dbn, const Dataset& digits, PassOptions options) {
  CodePictures pictures{.digits = one_of_each(digits).to_matrix<float>()};
  pictures.codes = encode(dbn, pictures.digits);
  pictures.reconstructions = reconstruct(dbn, pictures.digits, options);
  return pictures;
}

void write_results(const TableResults& results) {
  const Settings& settings = results.settings;
  const std::string markdown = markdown_of(results);
  std::printf("\n%s\n", markdown.c_str());
  write_file(settings.path("tables.md"), markdown);
  write_file(settings.path("tables.csv"), csv_of(results));
  write_file(settings.path("codes.json"), results.layers.dump(1) + '\n');

  const std::vector<Curve> accuracy = curves_of(results, test_accuracy), loss = curves_of(results, test_loss);
  const CurvesOptions accuracy_chart = chart("Accuracy on test digits"),
                      loss_chart = chart("Cross-entropy on test digits");
  write_file(settings.path("accuracy.svg"), draw_curves(accuracy, accuracy_chart));
  write_file(settings.path("loss.svg"), draw_curves(loss, loss_chart));

  const Image rbm = strip_of(results.rbm), dbn = strip_of(results.dbn);
  write_png(settings.path("rbm.png"), rbm);
  write_png(settings.path("dbn.png"), dbn);
  write_png(settings.path("strip.png"),
            stack({row_of(results.rbm.digits), row_of(results.rbm.codes), row_of(results.rbm.reconstructions),
                   row_of(results.dbn.codes), row_of(results.dbn.reconstructions)},
                  {.centered = true}));

  HtmlReport report("Does pre-training help?",
                    "Networks that classify digits, from random starts and pre-trained");
  report.add_section("Curves").add_curves(accuracy, accuracy_chart).add_curves(loss, loss_chart);
  report.add_section("Digits, codes, reconstructions")
      .add_picture(rbm, "The RBM of 2500 units.")
      .add_picture(dbn, "Down and up the whole DBN, the average of " + std::to_string(settings.passes) +
                            " stochastic passes.");
  report.add_section("Tables").add_code(markdown);
  write(settings.path("report.html"), report);
}

}  // namespace pretraining
