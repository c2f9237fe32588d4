#include <cstdio>
#include <harmonium/core/timer.hpp>
#include <harmonium/io/formats/atomic_file.hpp>

#include "accuracy.hpp"
#include "model.hpp"
#include "outcome.hpp"
#include "report.hpp"
#include "run_file.hpp"
#include "sequences.hpp"
#include "supervised.hpp"

using namespace harmonium;

namespace program {

namespace {

// The results, for people and for the run file.
nlohmann::ordered_json sum_up(const Model& model, const Columns& columns, const Samples& rows,
                              const Samples& held_out, const TrainSettings& settings) {
  nlohmann::ordered_json results;
  const Samples train = some_rows(rows), test = some_rows(held_out);
  Samples judged = test.size() > 0 ? test : train;
  const bool drawn = draw_bits(columns, settings.seed, judged);
  if (judged.size() == 0) {
    std::printf("all rows have missing values: the likelihood was not evaluated\n");
    return results;
  }
  const double units = log_scales(columns).sum();
  const JudgeSettings judge{.threads = settings.threads, .seed = settings.seed};
  const Judgement judgement = model.judge(judged, judge);
  const double here = judgement.log_likelihoods.mean() - units,
               alone = model.judge_independent(train.size() > 0 ? train : judged, judged).mean() - units;
  const char* which = test.size() > 0 ? "held-out" : "training";
  std::printf("log likelihood per %s row: %.3f nats (%s); if columns were independent: %.3f\n", which, here,
              judgement.method.c_str(), alone);
  if (drawn) std::printf("(numbers between 0 and 1 were drawn as 0 or 1 for it)\n");
  std::printf("verdict: %s, %s\n", judgement.verdict.c_str(), judgement.reason.c_str());
  results = {{"rows_judged", judged.size()},  {"judged_on", test.size() > 0 ? "held out" : "training"},
             {"log_likelihood", here},        {"log_likelihood_independent", alone},
             {"binary_numbers_drawn", drawn}, {"method", judgement.method},
             {"log_z", judgement.log_z},      {"standard_error", judgement.standard_error},
             {"verdict", judgement.verdict},  {"reason", judgement.reason}};
  if (here < alone) {
    std::printf(
        "The model knows less than independent columns do: more epochs, another rate or fewer hidden units "
        "may help.\n");
  }
  return results;
}

// All files of a run but for the model.
void write_results(const CommonSettings& settings, const Columns& columns, const Model& model,
                   const std::vector<History>& histories, const Samples& rows, const Samples& held_out,
                   const nlohmann::ordered_json& run_so_far, const nlohmann::ordered_json& prediction,
                   const Column* target) {
  const std::filesystem::path folder = settings.folder;
  write_file(folder / "history.csv", history_csv(histories));
  nlohmann::ordered_json run = run_so_far;
  write_file(folder / "run.json", run_text(run));  // enough to repeat it
  run["results"] = sum_up(model, columns, rows, held_out, settings.train);
  if (!prediction.is_null()) run["results"]["prediction"] = prediction;
  run["results"]["rows_learned_from"] = rows.size();
  write_file(folder / "run.json", run_text(run));
  write_report({.folder = settings.folder,
                .run = run,
                .columns = columns,
                .histories = histories,
                .model = model,
                .learned = some_of(rows),
                .held_out = some_of(held_out),
                .target = target,
                .threads = settings.train.threads});
}

}  // namespace

void run_train(const CommonSettings& given) {
  CommonSettings settings = given;
  check<ValueError>(!settings.data.empty(), "train needs a table, or a run file that names one (--run)");
  static_cast<void>(training_options(settings.train, 0));  // before anything is read
  if (are_sequences(settings)) return train_sequences(settings);
  check<ValueError>(settings.train.chains != "trajectory", "--chains trajectory is for sequences");
  static_cast<void>(fine_tuning_options(settings.train, true));
  const bool predicts = !settings.train.target.empty(), generative = settings.train.generative;
  check<ValueError>(!generative || predicts, "--generative needs a --target, the column of classes");
  check<ValueError>(!generative || settings.train.hidden.size() == 1,
                    "--generative takes one hidden layer: with more, p(class | row) is not exact");
  const Timer timer;
  Columns columns;
  Column target;
  Answers answers;
  nlohmann::ordered_json run;
  Samples all = [&] {
    RawTable table = open_table(settings);
    settings.header = table.numeric() ? -1 : table.has_header() ? 1 : 0;
    columns = choose_columns(table, settings.train.visible, settings.columns, settings.train.target);
    check<ValueError>(
        !generative || table.sparse() == nullptr, "--generative: '", settings.data,
        "' lists only the numbers that are not 0; without --generative its labels are predicted");
    const Columns chosen = columns;
    if (predicts) {
      Columns others = columns;
      target = take_target(table, others, settings.train.target);
      check<DataError>(!generative || has_classes(target), "--generative: '", target.name,
                       "' is a number, expected classes; --visible categorical:", target.name,
                       " makes a class of each number, and without --generative it is predicted as it is");
      if (!generative) columns = others;
    }
    standardize(table, columns);
    if (predicts) {
      Columns one = {target};
      standardize(table, one);
      target = one[0];
      answers = read_answers(table, target);
      check_answers(target, answers);
    }
    // Before hours of training, not after.
    require_writable_folder(settings.folder);
    for (const char* name : {"model.safetensors", "history.csv", "run.json"})
      const AtomicFile probe(std::filesystem::path(settings.folder) / name);
    run = run_json(settings, chosen);
    static_cast<void>(run_text(run));
    static_cast<void>(description_of(columns));
    return encode_table(std::move(table), columns, predicts);
  }();
  std::printf("%s: %ld rows, %ld columns\n%s", settings.data.c_str(), static_cast<long>(all.size()),
              static_cast<long>(columns.size() + (predicts && !generative ? 1 : 0)),
              explain(columns).c_str());
  if (settings.header == 0)
    std::printf(
        "No header was found, so columns are called 1, 2, ...; --header if its first row names them.\n");
  if (predicts) std::printf("  target       %s\n", describe_target(target).c_str());
  if (all.sparse)
    std::printf("%ld of its numbers are not 0: it is kept sparse\n",
                static_cast<long>(all.sparse->nonZeros()));
  const auto missing = all.size() - static_cast<Index>(all.whole_ones().size());
  if (missing > 0)
    std::printf("%ld rows have missing values, which are drawn anew at each update\n",
                static_cast<long>(missing));
  const auto [row_numbers, held_numbers] = cut_rows(all.size(), settings.train, answers.labels);
  const Samples held_out = all.subset(held_numbers);
  all.keep(row_numbers);
  const Samples& rows = all;
  check<DataError>(rows.size() >= 2, "'", settings.data, "' leaves ", rows.size(),
                   " rows to learn from, expected at least 2");
  const std::unique_ptr<Model> model = make_model(columns, settings.train);
  std::printf("learning from %ld rows, %ld held out; %s\n", static_cast<long>(rows.size()),
              static_cast<long>(held_out.size()), model->text().c_str());
  std::fflush(stdout);
  std::vector<History> histories = model->train(rows, held_out, settings.train);
  Supervised learned;
  if (generative) {
    const bool judged = !answers.subset(held_numbers).known().empty();
    learned = judge_generative(*model, columns, target, judged ? held_out : rows,
                               answers.subset(judged ? held_numbers : row_numbers), settings.train.seed);
    learned.measures["judged_on"] = judged ? "held out" : "training";
  } else if (predicts) {
    learned = learn_target(*model, target, rows, answers.subset(row_numbers), held_out,
                           answers.subset(held_numbers), settings.train);
    histories.push_back(learned.history);
  }
  const double seconds = timer.seconds();

  // The model first: it is there whatever fails afterwards.
  const std::filesystem::path folder = settings.folder;
  const std::string saved = (folder / "model.safetensors").string();
  save_model(saved, *model, columns, target, learned.predictor.get());
  try {
    write_results(settings, columns, *model, histories, rows, held_out, run, learned.measures,
                  predicts ? &target : nullptr);
  } catch (const std::exception& error) {
    throw FileError("the model is in '" + saved + "', but not all of the results: " + error.what());
  }
  std::printf("learned in %.1f s; the model, the run and a report are in %s\n", seconds,
              settings.folder.c_str());
  if (predicts)
    std::printf("%s of %s, %ld rows:\n%s",
                learned.measures["judged_on"] == "held out" ? "held-out rows" : "training rows",
                target.name.c_str(), static_cast<long>(learned.measures["rows"].get<std::int64_t>()),
                text_of_measures(target, learned.measures).c_str());
  std::printf("next:  harmonium %s %s OTHER_ROWS\n       harmonium sample %s -n 20\n",
              predicts ? "predict" : "evaluate", saved.c_str(), saved.c_str());
}

}  // namespace program
