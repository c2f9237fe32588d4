#include "outcome.hpp"

#include <harmonium/core/permutation.hpp>
#include <harmonium/core/random.hpp>
#include <map>

using namespace harmonium;

namespace program {

std::string history_csv(const std::vector<History>& histories) {
  std::vector<std::string> metrics;
  for (const History& history : histories)
    for (const EpochReport& report : history.epochs)
      for (const auto& [name, value] : report.metrics)
        if (std::find(metrics.begin(), metrics.end(), name) == metrics.end()) metrics.push_back(name);
  std::vector<std::string> cells = {"phase", "epoch", "epochs", "seconds", "rate", "warnings"};
  cells.insert(cells.end(), metrics.begin(), metrics.end());
  std::string text = csv_line(cells);
  for (const History& history : histories)
    for (const EpochReport& report : history.epochs) {
      cells = {report.phase,
               std::to_string(report.epoch),
               std::to_string(report.epochs),
               csv_text(report.seconds),
               csv_text(report.rate),
               ""};
      for (const std::string& warning : report.warnings)
        cells.back() += (cells.back().empty() ? "" : "\n") + warning;
      for (const std::string& metric : metrics) {
        cells.emplace_back();
        for (const auto& [name, value] : report.metrics)
          if (name == metric) cells.back() = csv_text(value);
      }
      text += csv_line(cells);
    }
  return text;
}

namespace {
// A conversion of 1e300 is undefined.
int epoch_from(double number) {
  check<DataError>(number >= 0 && number <= std::numeric_limits<int>::max() && number == std::floor(number),
                   "the history has ", number, ", expected the number of an epoch");
  return static_cast<int>(number);
}
}  // namespace

std::vector<History> read_history(const std::string& path) {
  const CsvTable table = read_csv(path, {.separator = ','});
  const Eigen::MatrixXd numbers = csv_numbers(table, {"epoch", "epochs", "seconds", "rate"});
  const Index phase = table.column("phase"), warnings = table.column("warnings");
  std::vector<History> histories;
  for (Index row = 0; row < table.rows(); ++row) {
    EpochReport report{.phase = std::string(table.cell(row, phase)),
                       .epoch = epoch_from(numbers(0, row)),
                       .epochs = epoch_from(numbers(1, row)),
                       .seconds = numbers(2, row),
                       .rate = numbers(3, row)};
    for (std::string_view text = table.cell(row, warnings); !text.empty();) {
      const std::size_t end = std::min(text.find('\n'), text.size());
      report.warnings.emplace_back(text.substr(0, end));
      text.remove_prefix(std::min(text.size(), end + 1));
    }
    for (Index column = warnings + 1; column < table.columns(); ++column)
      if (!is_missing(table.cell(row, column)))
        report.metrics.emplace_back(table.names()[static_cast<std::size_t>(column)],
                                    parse_number(table.cell(row, column)));
    if (histories.empty() || histories.back().epochs.back().phase != report.phase) histories.emplace_back();
    histories.back().epochs.push_back(std::move(report));
  }
  return histories;
}

std::pair<std::vector<Index>, std::vector<Index>> cut_rows(Index rows, const TrainSettings& settings,
                                                           const std::vector<int>& labels) {
  const auto aside = static_cast<std::size_t>(std::llround(settings.hold_out * static_cast<double>(rows)));
  const std::vector<Index> order = permutation(rows, {.seed = settings.seed, .stream = Stream::split});
  std::map<int, Index> left;
  for (const int label : labels) ++left[label];
  std::vector<Index> held, rest;
  for (const Index row : order) {
    const int label = labels.empty() ? -1 : labels[static_cast<std::size_t>(row)];
    const bool out = held.size() < aside && (label < 0 || left[label] > 1);
    if (out && label >= 0) --left[label];
    (out ? held : rest).push_back(row);
  }
  std::sort(held.begin(), held.end());
  std::sort(rest.begin(), rest.end());
  return {rest, held};
}

namespace {
Samples random_rows(const Samples& rows, Index most) {
  const std::vector<Index> whole = rows.whole_ones();
  std::vector<Index> chosen =
      random_subset(static_cast<Index>(whole.size()), most, {.stream = Stream::split});
  for (Index& i : chosen) i = whole[static_cast<std::size_t>(i)];
  return rows.subset(chosen);
}
}  // namespace

Samples some_rows(const Samples& rows) {
  // As many as would fit into 16 MB; of a table of up to 2000 columns all 2000.
  return random_rows(rows, std::clamp<Index>(4'000'000 / std::max<Index>(1, rows.rows()), 100, 2000));
}

Eigen::MatrixXf some_of(const Samples& rows) {
  if (!rows.sparse) return some_rows(rows).values;
  // There are several copies at times: 4 MB of a sparse table.
  return random_rows(rows, std::clamp<Index>(1'000'000 / std::max<Index>(1, rows.rows()), 50, 2000)).dense();
}

namespace {
// Is it neither 0 nor 1? Then it becomes one of them.
bool draw_bit(const Draws& draws, Index r, Index c, float& x) {
  if (x == 0 || x == 1) return false;
  const auto block = draws.block_of_row(static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(c), 0);
  x = fine_uniform_from(block) < static_cast<double>(x) ? 1.0f : 0.0f;
  return true;
}
}  // namespace

bool draw_bits(const Columns& columns, std::uint64_t seed, Eigen::MatrixXf& rows) {
  const Draws draws{.seed = seed, .stream = Stream::binarize};
  const Index bits = Layout(columns).bernoulli;
  bool any = false;
  for (Index c = 0; c < rows.cols(); ++c)
    for (Index r = 0; r < bits; ++r) any |= draw_bit(draws, r, c, rows(r, c));
  return any;
}

bool draw_bits(const Columns& columns, std::uint64_t seed, Samples& rows) {
  if (!rows.sparse) return draw_bits(columns, seed, rows.values);
  const Draws draws{.seed = seed, .stream = Stream::binarize};
  const Index bits = Layout(columns).bernoulli;
  bool any = false;
  for (Index c = 0; c < rows.size(); ++c)
    for (Eigen::SparseMatrix<float>::InnerIterator entry(*rows.sparse, c); entry; ++entry)
      if (entry.row() < bits) any |= draw_bit(draws, entry.row(), c, entry.valueRef());
  return any;
}

}  // namespace program
