/// \file
/// A report of a training run as one self-contained HTML page: no requests, no scripts; readable on a phone
/// and with a dark theme. All names and text are escaped.
///
///     HtmlReport report("Digits", "784-500 restricted Boltzmann machine");
///     report.add_key_values({{"test error", "1.34 %"}, {"training", duration_text(153)}});
///     report.add_section("How it learned").add_history(history);  // charts, warnings, a table
///     report.add_section("What it learned").add_picture(tiles(rbm.weights, ...), "Filters");
///     report.add_heat_map(table_rbm.weights, {.title = "Weights", .row_names = columns});
///     report.add_section("Settings").add_values({{"hidden units", 500}, {"rate", 0.05}});
///     report.add_model(rbm);
///     write("report.html", report);
///
/// Sections and their contents appear in the order in which they were added. Small pictures and charts that
/// follow one another share a row where there is room.
#pragma once

#include <concepts>

#include "../../models/metadata.hpp"
#include "../../models/parameters.hpp"
#include "../pictures/heat_map.hpp"
#include "../pictures/image.hpp"
#include "../pictures/scatter.hpp"
#include "../pictures/sequence_logo.hpp"
#include "html_style.hpp"
#include "learning_curves.hpp"

namespace harmonium {

/// A table cell: text, or a number, which is right-aligned.
struct ReportCell {
  std::string text = {};  ///< as shown
  bool number = false;    ///< is it a number?

  ReportCell() = default;
  /// Words.
  ReportCell(std::string words) : text(std::move(words)) {}
  /// Words.
  ReportCell(std::string_view words) : text(words) {}
  /// Words.
  ReportCell(const char* words) : text(words) {}
  /// Yes or no.
  ReportCell(bool value) : text(value ? "yes" : "no") {}
  /// A whole number.
  ReportCell(std::integral auto value) : text(std::to_string(value)), number(true) {}
  /// A number, as `number_text` writes it.
  ReportCell(std::floating_point auto value) : text(number_text(static_cast<double>(value))), number(true) {}
};

/// Names and their values.
using ReportValues = std::vector<std::pair<std::string, ReportCell>>;

/// A page under construction. All functions that add something return the report, so that calls can be
/// chained.
class HtmlReport {
 public:
  /// \param title is also the page's title \param subtitle a line below it, or nothing
  explicit HtmlReport(std::string title, std::string subtitle = "")
      : title_(std::move(title)), subtitle_(std::move(subtitle)) {}

  /// A heading.
  HtmlReport& add_section(const std::string& heading) {
    return add("<h2>" + escape_markup(heading) + "</h2>\n");
  }
  /// A paragraph.
  HtmlReport& add_text(const std::string& words) { return add("<p>" + escape_markup(words) + "</p>\n"); }

  /// The few numbers that matter most, in large letters.
  HtmlReport& add_key_values(const ReportValues& values) {
    std::string html = "<dl class=\"key\">\n";
    for (const auto& [name, value] : values)
      html += "<div><dt>" + escape_markup(name) + "</dt><dd>" + escape_markup(value.text) + "</dd></div>\n";
    return values.empty() ? *this : add(html + "</dl>\n");
  }

  /// Names and values, one per line: settings, measurements.
  HtmlReport& add_values(const ReportValues& values) {
    std::string html = "<div class=\"card\"><table class=\"pairs\"><tbody>\n";
    for (const auto& [name, value] : values)
      html += "<tr><th scope=\"row\">" + escape_markup(name) + "</th><td>" + escape_markup(value.text) +
              "</td></tr>\n";
    return values.empty() ? *this : add(html + "</tbody></table></div>\n");
  }

  /// A table with one heading per column.
  /// \throws ShapeError if a row does not have as many cells as there are headings \throws ValueError if
  /// there are no headings
  HtmlReport& add_table(const std::vector<std::string>& headings,
                        const std::vector<std::vector<ReportCell>>& rows) {
    return add(table("add_table", headings, rows));
  }

  /// Warnings, set off from the rest of the page; an empty list adds nothing.
  HtmlReport& add_warnings(std::span<const std::string> warnings) {
    if (warnings.empty()) return *this;
    std::string html = "<div class=\"warn\"><strong>" +
                       std::string(warnings.size() == 1 ? "Warning" : "Warnings") + "</strong><ul>\n";
    for (const std::string& text : warnings) html += "<li>" + escape_markup(text) + "</li>\n";
    return add(html + "</ul></div>\n");
  }

  /// Text verbatim, line by line, such as a file of settings.
  HtmlReport& add_code(const std::string& text) {
    return add("<div class=\"card\"><pre>" + escape_markup(text) + "</pre></div>\n");
  }

  /// A picture with a caption. Small ones are enlarged by a whole factor.
  /// \throws ValueError if the picture is not a valid one
  HtmlReport& add_picture(const Image& picture, const std::string& caption) {
    detail::check_image("add_picture", picture);
    const Index factor = std::clamp<Index>((picture.width <= 200 ? 400 : 1000) / picture.width, 1, 16);
    const bool wide = picture.width * factor > 480;
    const std::string width = std::to_string(picture.width * factor);
    std::string html = wide ? "<figure class=\"wide\">" : "<figure>";
    html += "<img src=\"" + detail::data_address(picture) + "\" alt=\"" + escape_markup(caption) +
            "\" width=\"" + width + "\" height=\"" + std::to_string(picture.height * factor) + "\"/>";
    if (!caption.empty()) html += "<figcaption>" + escape_markup(caption) + "</figcaption>";
    return add(html + "</figure>\n", true);
  }

  /// Curves in one chart. \throws ValueError, ShapeError, DataError as `draw_curves`
  HtmlReport& add_curves(std::span<const Curve> curves, const CurvesOptions& options = {}) {
    const std::string chart = detail::CurvesDrawing(curves, options).text(false);
    return add_chart(chart, options.width);
  }
  /// As above, for curves in braces.
  HtmlReport& add_curves(std::initializer_list<Curve> curves, const CurvesOptions& options = {}) {
    return add_curves(std::span<const Curve>(curves.begin(), curves.size()), options);
  }

  /// A matrix with names. \throws ShapeError, ValueError as `draw_heat_map`
  template <detail::MatrixOnHost M>
  HtmlReport& add_heat_map(const M& matrix, const HeatMapOptions& options = {}) {
    detail::check_heat_map("add_heat_map", matrix.rows(), matrix.cols(), options);
    const Eigen::MatrixXd numbers = matrix.template cast<double>();
    const std::string chart = detail::heat_map_text(View<const double>(numbers), options, false);
    return add_chart(chart, options.width);
  }

  /// The letters of sequences. \throws ShapeError, ValueError as `draw_logo`
  HtmlReport& add_logo(const Eigen::MatrixXd& heights, const Alphabet& alphabet,
                       const LogoOptions& options = {}) {
    detail::check_logo("add_logo", heights, alphabet, options);
    return add_chart(detail::logo_text(View<const double>(heights), alphabet, options, false), 1000);
  }

  /// Points coloured by class. \throws ShapeError, ValueError, DataError as `draw_scatter`
  template <class Points>
  HtmlReport& add_scatter(const Eigen::MatrixBase<Points>& points, std::span<const int> labels = {},
                          const ScatterOptions& options = {}) {
    const Eigen::MatrixXd numbers = points.template cast<double>();
    detail::check_scatter("add_scatter", View<const double>(numbers), labels, options);
    const std::string chart = detail::scatter_text(View<const double>(numbers), labels, options, false);
    return add_chart(chart, options.width);
  }

  /// Everything that training runs reported: warnings, a chart per metric (`learning_curves`), and the
  /// numbers.
  HtmlReport& add_history(std::span<const History> histories) {
    add_warnings(warnings_of(histories));
    const LearningCurves all = learning_curves(histories);
    for (const LearningChart& chart : all.charts) add_curves(chart.curves, chart.options);
    ReportValues constant;
    for (const auto& [name, value] : all.constant)
      if (name != "rate" || value != "0") constant.emplace_back(detail::metric_title(name), value);
    if (!constant.empty()) add_text("Constant over all epochs:").add_values(constant);
    return add_epochs(histories);
  }
  /// As above, for one run.
  HtmlReport& add_history(const History& history) { return add_history(std::span(&history, 1)); }

  /// Kind, layers and number of parameters of a model.
  template <class Model>
  HtmlReport& add_model(const Model& model) {
    const Metadata metadata = describe(model);
    ReportValues values;
    for (const bool visible : {true, false})
      for (const auto& [name, value] : metadata) {
        const bool unit = name.ends_with(".unit");
        const std::string layer = name.substr(0, name.rfind('.'));
        if ((!unit && metadata.contains(layer + ".unit")) || visible == (name.find("hidden") != name.npos))
          continue;
        std::string text = value;
        if (const auto units = metadata.find(layer + ".units"); unit && units != metadata.end())
          text = units->second + ' ' + text + (units->second == "1" ? " unit" : " units");
        if (const auto states = metadata.find(layer + ".states"); unit && states != metadata.end())
          text += " of " + states->second + " states";
        values.emplace_back(unit ? layer : name, text);
      }
    values.emplace_back("parameters", parameter_count(model));
    return add_values(values);
  }

  /// The text of the page.
  std::string text() const {
    std::string html =
        "<!DOCTYPE html>\n<html lang=\"en\"><head><meta charset=\"utf-8\"/>\n<title>" +
        escape_markup(title_) +
        "</title>\n<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n"
        // A browser that obeys this makes no requests, whatever the page contains.
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; img-src data:; "
        "style-src 'unsafe-inline'\"/>\n<style>";
    html += detail::html_style();
    html += detail::chart_style();
    html += "</style></head>\n<body><main>\n<header><h1>" + escape_markup(title_) + "</h1>";
    if (!subtitle_.empty()) html += "<p>" + escape_markup(subtitle_) + "</p>";
    html += "</header>\n";
    bool row = false;  // pictures and charts are being placed side by side
    for (const Block& block : blocks_) {
      if (block.figure != row) html += row ? "</div>\n" : "<div class=\"figures\">\n";
      row = block.figure;
      html += block.html;
    }
    return html + (row ? "</div>\n" : "") + "<footer>Written by Harmonium.</footer>\n</main></body></html>\n";
  }

 private:
  HtmlReport& add_chart(const std::string& chart, Index width) {
    return add((width > 600 ? "<figure class=\"wide\">" : "<figure>") + chart + "</figure>\n", true);
  }
  struct Block {
    std::string html;
    bool figure;
  };

  HtmlReport& add(std::string html, bool figure = false) {
    blocks_.push_back({std::move(html), figure});
    return *this;
  }

  static std::string table(const char* function, const std::vector<std::string>& headings,
                           const std::vector<std::vector<ReportCell>>& rows) {
    check<ValueError>(!headings.empty(), function, ": there are no headings");
    for (std::size_t i = 0; i < rows.size(); ++i)
      check<ShapeError>(rows[i].size() == headings.size(), function, ": row ", i + 1, " has ", rows[i].size(),
                        " cells, and there are ", headings.size(), " headings");
    std::string html = "<div class=\"card\"><table><thead><tr>";
    for (std::size_t i = 0; i < headings.size(); ++i)
      html += (!rows.empty() && rows[0][i].number ? "<th class=\"n\">" : "<th>") +
              escape_markup(headings[i]) + "</th>";
    html += "</tr></thead><tbody>\n";
    for (const std::vector<ReportCell>& row : rows) {
      html += "<tr>";
      for (const ReportCell& cell : row)
        html += (cell.number ? "<td class=\"n\">" : "<td>") + escape_markup(cell.text) + "</td>";
      html += "</tr>\n";
    }
    return html + "</tbody></table></div>\n";
  }

  HtmlReport& add_epochs(std::span<const History> histories) {
    const std::vector<detail::PhaseEpochs> phases = detail::phases_of(histories);
    if (phases.empty()) return add_text("No epoch was reported.");
    const std::vector<std::string> names = detail::metrics_of(phases);
    std::vector<std::string> headings = {"phase", "epoch", "seconds"};
    headings.insert(headings.end(), names.begin(), names.end());
    std::vector<std::vector<ReportCell>> rows;
    for (const detail::PhaseEpochs& phase : phases)
      for (const EpochReport* report : phase.epochs) {
        rows.push_back({phase.name, report->epoch, report->seconds});
        for (const std::string& name : names) {
          const auto value = detail::metric_of(*report, name);
          rows.back().push_back(value ? ReportCell(*value) : ReportCell());
          rows.back().back().number = true;
        }
      }
    return add("<details><summary>All epochs as a table</summary>\n" + table("add_history", headings, rows) +
               "</details>\n");
  }

  std::string title_, subtitle_;
  std::vector<Block> blocks_;
};

/// Writes a report to a file, completely or not at all.
/// \throws FileError
inline void write(const std::filesystem::path& path, const HtmlReport& report) {
  write_file(path, report.text());
}

}  // namespace harmonium
