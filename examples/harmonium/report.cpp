#include "report.hpp"

#include <harmonium/io/pictures/tiles.hpp>
#include <harmonium/io/report/html_report.hpp>

#include "outcome.hpp"
#include "run_file.hpp"

using namespace harmonium;

namespace program {

namespace {

// The side of square pictures, if the rows are such; else 0.
Index picture_side(const Columns& columns) {
  const auto side = static_cast<Index>(std::llround(std::sqrt(static_cast<double>(columns.size()))));
  const bool square = side >= 8 && side * side == static_cast<Index>(columns.size());
  const bool binary = std::all_of(columns.begin(), columns.end(), [](const Column& c) {
    return c.kind == Kind::bernoulli && c.words.empty() &&
           c.name.find_first_not_of("0123456789") == std::string::npos;
  });
  return square && binary ? side : 0;
}

// A name for each visible row; none for states that no column has.
std::vector<std::string> row_names(const Columns& columns) {
  const Layout layout(columns);
  std::vector<std::string> names(static_cast<std::size_t>(layout.rows()));
  for (std::size_t i = 0; i < columns.size(); ++i) {
    if (layout.first[i] < 0) continue;
    const auto first = static_cast<std::size_t>(layout.first[i]);
    const auto& words = columns[i].words;
    if (columns[i].kind != Kind::categorical) {
      names[first] = columns[i].name + (words.size() == 2 ? " = " + words[1] : "");
    } else {
      for (std::size_t k = 0; k < words.size(); ++k) names[first + k] = columns[i].name + " = " + words[k];
    }
  }
  return names;
}

void add_weights(HtmlReport& report, const ReportInput& input) {
  const Eigen::MatrixXf weights = input.model.weights();
  const std::vector<std::string> names = row_names(input.columns);
  std::vector<Index> shown;  // no more than a page takes
  std::vector<std::string> shown_names;
  for (std::size_t i = 0; i < names.size() && shown.size() < 60; ++i)
    if (!names[i].empty()) {
      shown.push_back(static_cast<Index>(i));
      shown_names.push_back(names[i]);
    }
  const Eigen::MatrixXf block = weights(shown, Eigen::all).leftCols(std::min<Index>(weights.cols(), 64));
  report.add_section("What hidden units look at")
      .add_text("What a hidden unit makes likelier or larger when it is on is red, the contrary is blue.")
      .add_heat_map(block, {.title = "Weights", .row_names = shown_names, .width = 900});
}

void add_pictures(HtmlReport& report, const ReportInput& input, Index side) {
  const TileOptions grey{.width = side, .height = side, .per_row = 10, .gap = 2, .range = TileRange::unit};
  const Eigen::MatrixXf weights = input.model.weights(),
                        rows = input.rows.leftCols(std::min<Index>(20, input.rows.cols()));
  report.add_section("Pictures")
      .add_picture(
          tiles(
              weights.leftCols(std::min<Index>(100, weights.cols())),
              {.width = side, .height = side, .per_row = 10, .gap = 2, .colours = TileColours::signed_grey}),
          "What hidden units respond to")
      .add_picture(tiles(input.model.generate(50, 1000, 1), grey), "Made up by the model")
      .add_picture(tiles(rows, grey), "Rows of the data")
      .add_picture(tiles(input.model.reconstruct(rows), grey), "The same, reconstructed");
}

void add_rows(HtmlReport& report, const std::string& csv, const std::string& text) {
  const CsvTable table = parse_csv(csv, {.separator = ','});
  const std::size_t most = std::min<std::size_t>(table.names().size(), 12);
  const std::vector<std::string> names(table.names().begin(),
                                       table.names().begin() + static_cast<std::ptrdiff_t>(most));
  std::vector<std::vector<ReportCell>> cells;
  for (Index r = 0; r < table.rows(); ++r) {
    cells.emplace_back();
    for (std::size_t i = 0; i < most; ++i) {
      const std::string_view cell = table.cell(r, static_cast<Index>(i));
      const double number = parse_number(cell);
      cells.back().push_back(std::isnan(number) ? ReportCell(cell) : ReportCell(number));
    }
  }
  report.add_text(text + (table.names().size() > most ? " (the first columns)" : "")).add_table(names, cells);
}

void add_columns(HtmlReport& report, const Columns& columns) {
  std::vector<std::vector<ReportCell>> rows;
  for (std::size_t i = 0; i < std::min<std::size_t>(columns.size(), 100); ++i) {
    const Column& c = columns[i];
    std::string values;
    for (std::size_t k = 0; k < std::min<std::size_t>(c.words.size(), 8); ++k)
      values += (k > 0 ? ", " : "") + c.words[k];
    if (c.words.size() > 8) values += ", ...";
    if (c.kind == Kind::gaussian)
      values = "mean " + csv_text(static_cast<float>(c.mean)) + ", standard deviation " +
               csv_text(static_cast<float>(c.scale));
    rows.push_back({c.name, name_of(c.kind), values, c.reason});
  }
  report.add_section("Columns").add_table({"column", "taken as", "values", "because"}, rows);
}

void add_results(HtmlReport& report, const nlohmann::ordered_json& results) {
  if (!results.contains("log_likelihood")) {
    report.add_key_values({{"rows learned from", results.at("rows_learned_from").get<Index>()}});
    return;
  }
  const std::string reason = results["reason"], verdict = results["verdict"], method = results["method"],
                    judged_on = results["judged_on"];
  report
      .add_key_values({{"log likelihood of a row, in nats", results["log_likelihood"].get<double>()},
                       {"if columns were independent", results["log_likelihood_independent"].get<double>()},
                       {"rows learned from", results.at("rows_learned_from").get<Index>()},
                       {"rows judged", results["rows_judged"].get<Index>()}})
      .add_text("The log likelihood is that of rows " +
                std::string(judged_on == "held out" ? "kept aside" : "learned from") + "; how: " + method +
                ". Verdict: " + verdict + ", " + reason + ".");
  if (verdict != "consistent")
    report.add_warnings(std::vector<std::string>{"The log likelihood is not to be trusted: " + reason});
}

}  // namespace

void write_report(const ReportInput& input) {
  const auto& run = input.run;
  const std::string data = run.at("data");
  HtmlReport report(std::filesystem::path(data).filename().string(), input.model.text());
  add_results(report, run.at("results"));
  report.add_section("How it learned").add_history(input.histories);
  if (const Index side = picture_side(input.columns); side > 0 && input.rows.cols() > 0) {
    add_pictures(report, input, side);
  } else {
    add_weights(report, input);
    report.add_section("Rows");
    add_rows(report, decode_table(input.columns, input.model.generate(10, 1000, 1), true),
             "Made up by the model:");
    const Eigen::MatrixXf rows = input.rows.leftCols(std::min<Index>(10, input.rows.cols()));
    if (rows.cols() > 0) {
      add_rows(report, decode_table(input.columns, rows, true), "Of the data:");
      add_rows(report, decode_table(input.columns, input.model.reconstruct(rows), false),
               "The same, reconstructed:");
    }
    add_columns(report, input.columns);
  }
  ReportValues settings = {{"data", data}};
  for (const auto& [name, value] : run.at("options").items())
    settings.emplace_back(name, value.is_string() ? value.get<std::string>() : value.dump());
  report.add_section("Settings").add_values(settings);
  harmonium::write(std::filesystem::path(input.folder) / "report.html", report);
}

void run_report(const CommonSettings& given) {
  const std::filesystem::path folder = given.folder;
  CommonSettings settings;
  settings.run = (folder / "run.json").string();
  const nlohmann::ordered_json run = read_json(settings.run);
  check<FileError>(run.contains("results") && run["results"].contains("rows_learned_from"), "'", settings.run,
                   "' has no results: the run was not finished");
  take_run_file(settings);
  const auto [model, columns] = load_model((folder / "model.safetensors").string());
  Eigen::MatrixXf rows;
  std::error_code ignored;
  if (std::filesystem::exists(settings.data, ignored)) {
    const auto [learned, held_out] =
        cut(encode_table(RawTable(settings.data, settings.array), columns), settings.train);
    rows = some_of(held_out.values.cols() > 0 ? held_out : learned);
  } else {
    std::fprintf(stderr, "harmonium: '%s' is no longer there: the report shows none of its rows\n",
                 settings.data.c_str());
  }
  write_report({.folder = given.folder,
                .run = run,
                .columns = columns,
                .histories = read_history((folder / "history.csv").string()),
                .model = *model,
                .rows = rows});
  std::printf("%s\n", (folder / "report.html").c_str());
}

}  // namespace program
