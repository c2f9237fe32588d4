// Uses of a trained model.
#include <cstdio>

#include "compare.hpp"
#include "given.hpp"
#include "model.hpp"
#include "outcome.hpp"
#include "output.hpp"
#include "run_file.hpp"
#include "sequences.hpp"
#include "supervised.hpp"

using namespace harmonium;

namespace program {

namespace {

// Visible rows in the table's own units.
Eigen::MatrixXf in_units(const Columns& columns, const Eigen::MatrixXf& values) {
  return unscaled<float>(scaling_of(columns), values);
}

// New rows, as the model's table has them.
Samples read_rows(const CommonSettings& settings, const LoadedModel& loaded) {
  RawTable table = open_table(settings, loaded.columns, loaded.target);
  // A generative model need not be told the target.
  const bool without = loaded.generative && !table.has_column(loaded.target.name);
  return without ? encode_table(table, loaded.columns, false, loaded.target.name)
                 : encode_table(std::move(table), loaded.columns);
}

// Rows without missing values. Throws DataError if there are fewer than `least`.
Eigen::MatrixXf whole_rows(const Samples& all, const std::string& path, std::size_t least) {
  const std::vector<Index> whole = all.whole_ones();
  check<DataError>(whole.size() >= least, "'", path, "' has ", whole.size(),
                   " rows without missing values, expected at least ", least);
  return all.subset(whole).dense();
}

// Samples of the model beside rows.
void compare_rows(const LoadedModel& loaded, const CommonSettings& settings) {
  const bool limited = loaded.predictor != nullptr;
  const auto read = [&](const std::string& path) {
    CommonSettings of_path = settings;
    of_path.data = path;
    const Samples all =
        encode_table(open_table(of_path, loaded.columns, loaded.target), loaded.columns, limited);
    return whole_rows(all, path, 2);
  };
  const Eigen::MatrixXf rows = read(settings.data);
  const bool held_out = !settings.training_data.empty();
  const Coverage c =
      compare_samples(*loaded.model, loaded.columns, held_out ? read(settings.training_data) : rows,
                      held_out ? rows : Eigen::MatrixXf(rows.rows(), 0), settings.samples, settings.steps,
                      settings.judge.seed, settings.judge.threads);
  print_coverage(c, "rows", held_out ? settings.training_data : settings.data);
}

void evaluate_model(const LoadedModel& loaded, const CommonSettings& settings) {
  const auto& [model, columns, target, predictor, generative] = loaded;
  const Samples all = read_rows(settings, loaded);
  const std::vector<Index> whole = all.whole_ones();
  check<DataError>(!whole.empty(), "'", settings.data, "': every row has a missing value");
  const Samples judged = all.subset(whole);
  const Eigen::MatrixXf rows = judged.dense();
  const double units = log_scales(columns).sum();
  Samples states = judged;
  const bool drawn = draw_bits(columns, settings.judge.seed, states);
  const Judgement judgement = model->judge(states, settings.judge);
  const Eigen::VectorXd own = judgement.log_likelihoods.array() - units;
  const double mean = own.mean(), alone = model->judge_independent(judged, states).mean() - units,
               spread = std::sqrt((own.array() - mean).square().mean() / static_cast<double>(own.size()));
  std::printf("%s: %ld rows judged", settings.data.c_str(), static_cast<long>(rows.cols()));
  if (all.size() > rows.cols())
    std::printf(", %ld with missing values left out", static_cast<long>(all.size() - rows.cols()));
  std::printf("\nlog likelihood per row       %10.3f nats (standard error %.3f from rows, %.3f from log Z)\n",
              mean, spread, judgement.standard_error);
  std::printf("  method                     %s\n  verdict                    %s: %s\n",
              judgement.method.c_str(), judgement.verdict.c_str(), judgement.reason.c_str());
  if (drawn) std::printf("  numbers between 0 and 1    were drawn as 0 or 1 for it\n");
  std::printf("if columns were independent  %10.3f nats, with the rates of these rows\n", alone);
  // For each kind of units, relative to predicting the mean.
  const Eigen::MatrixXf error = model->reconstruct(rows) - rows;
  const Eigen::MatrixXf centered = rows.colwise() - rows.rowwise().mean();
  std::printf("reconstruction error         %10.4f, mean square per number",
              error.squaredNorm() / static_cast<double>(error.size()));
  if (centered.squaredNorm() > 0)
    std::printf("; %.1f %% of the variance is left", 100 * error.squaredNorm() / centered.squaredNorm());
  std::printf("\n");
}

}  // namespace

void run_evaluate(const CommonSettings& settings) {
  check<ValueError>(settings.samples != 1, "--samples: one sample cannot be compared");
  check<ValueError>(settings.training_data.empty() || settings.samples > 0,
                    "--training-data is what samples are compared with: --samples says how many");
  if (is_sequence_model(settings.model)) return evaluate_sequences(settings);
  const LoadedModel loaded = load_model(settings.model);
  if (loaded.predictor != nullptr) evaluate_target(loaded, settings);
  if (loaded.predictor == nullptr || loaded.generative) evaluate_model(loaded, settings);
  if (settings.samples > 0) compare_rows(loaded, settings);
}

void run_sample(const CommonSettings& settings) {
  if (is_sequence_model(settings.model)) return sample_sequences(settings);
  check<ValueError>(settings.fixed.empty() && settings.temperature == 1,
                    "--fixed and --temperature are for models of sequences");
  check_output(settings.output);
  const LoadedModel loaded = load_model(settings.model);
  const auto& [model, columns, target, predictor, generative] = loaded;
  const Generated rows =
      settings.given.empty()
          ? model->generate(settings.count, settings.steps, settings.judge.seed)
          : Generated{model->generate_given(read_given(columns, settings.given), settings.count,
                                            settings.steps, settings.judge.seed)};
  const Eigen::MatrixXf& values = rows.values;
  if (!rows.how.empty()) std::fprintf(stderr, "sample: %s\n", rows.how.c_str());
  write_numbers(settings.output, "samples", in_units(columns, values),
                [&, &columns_ = columns] { return decode_table(columns_, values, Decoded::draws); });
}

void run_score(const CommonSettings& settings) {
  if (is_sequence_model(settings.model)) return score_sequences(settings);
  check_output(settings.output);
  const LoadedModel loaded = load_model(settings.model);
  const auto& [model, columns, target, predictor, generative] = loaded;
  const Samples rows = read_rows(settings, loaded);
  Scores scores = model->score(rows);
  const Eigen::VectorXd logs = log_scales(columns);  // densities in the table's own units
  for (Index c = 0; c < rows.size() && scores.exact; ++c)
    scores.numbers(c) += rows.sparse ? logs.sum() : logs.dot(rows.known.col(c).cast<double>());
  std::fprintf(stderr, "score: %s, in nats\n", scores.meaning.c_str());
  if (const auto without = scores.numbers.array().isNaN().count(); without > 0)
    std::fprintf(stderr, "%ld rows have too many missing values to sum over: they have no score\n",
                 static_cast<long>(without));
  write_numbers(settings.output, "scores", scores.numbers.transpose().cast<float>(), [&] {
    std::string text = csv_line({"score"});
    for (const double score : scores.numbers) text += csv_line({csv_text(score)});  // quoted if empty
    return text;
  });
}

void run_encode(const CommonSettings& settings) {
  if (is_sequence_model(settings.model)) return encode_sequences(settings);
  check_output(settings.output);
  const LoadedModel loaded = load_model(settings.model);
  const auto& [model, columns, target, predictor, generative] = loaded;
  const Eigen::MatrixXf codes = model->encode(read_rows(settings, loaded), settings.judge.seed);
  write_numbers(settings.output, "codes", codes, [&] { return codes_text(codes); });
}

void run_reconstruct(const CommonSettings& settings) {
  check_output(settings.output);
  const LoadedModel loaded = load_model(settings.model);
  const auto& [model, columns, target, predictor, generative] = loaded;
  const Samples rows = read_rows(settings, loaded);
  Eigen::MatrixXf values = model->fill_in(rows, settings.judge.seed);
  if (!settings.fill_in) values = model->reconstruct(values);
  write_numbers(settings.output, "rows", in_units(columns, values), [&, &columns_ = columns] {
    return decode_table(columns_, values, settings.expected ? Decoded::expected : Decoded::means);
  });
}

}  // namespace program
