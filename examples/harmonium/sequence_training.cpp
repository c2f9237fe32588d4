#include <cstdio>
#include <filesystem>
#include <harmonium/core/timer.hpp>
#include <harmonium/data/letter_frequencies.hpp>
#include <harmonium/inference/annealing/sandwich.hpp>
#include <harmonium/io/formats/atomic_file.hpp>
#include <harmonium/observers/monitor.hpp>
#include <harmonium/training/chains/trajectory.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "outcome.hpp"
#include "progress.hpp"
#include "run_file.hpp"
#include "sequence_report.hpp"
#include "sequences.hpp"

using namespace harmonium;

namespace program {

namespace {

// The program's options, with chains for sequences, and biases that start at the data's frequencies.
LearningOptions sequence_options(const TrainSettings& s) {
  check<ValueError>(s.chains == "pcd" || s.chains == "trajectory", "--chains is '", s.chains,
                    "', sequences take pcd or trajectory");
  LearningOptions options = training_options(s, 0);
  options.fit_visible_biases = true;
  return options;
}

// The parts, said on the terminal. Throws DataError if there is too little to learn from.
void say_parts(const CommonSettings& settings, const FamilyParts& parts) {
  const Alignment& family = parts.family;
  std::printf(
      "%s: %ld sequences of %ld sites, %s; effectively %.0f (weights: 1 over the number closer than %g)\n",
      settings.data.c_str(), static_cast<long>(family.size()), static_cast<long>(family.sites()),
      text_of(family.alphabet).c_str(), effective_number(parts.weights), settings.weigh_within);
  const std::size_t learned = parts.split.training.size();
  check<DataError>(learned >= 2, "'", settings.data, "' leaves ", learned,
                   " sequences to learn from, expected at least 2");
  std::printf("learning from %ld of them, %ld held out as whole clusters; %d dReLU hidden units\n",
              static_cast<long>(learned), static_cast<long>(parts.split.held_out.size()),
              settings.train.hidden[0]);
  if (const Index some = family.size() - static_cast<Index>(whole_sequences(family).size()); some > 0)
    std::printf("%ld have letters that are unknown, thus missing; likelihoods are those of the others\n",
                static_cast<long>(some));
  std::fflush(stdout);
}

// The model learns rows while a monitor looks at those held out.
template <class Samples>
History learn(SequenceModel& model, const CommonSettings& settings, const LearningOptions& options,
              const Samples& rows, const Dataset& held_out, const Cpu<float>& on) {
  const MonitorOptions watched{.samples = 500, .seed = settings.train.seed};
  std::optional<Monitor<SequenceRbm>> monitor;
  if (held_out.size() > 0) {
    monitor.emplace(model.rbm, rows, held_out, watched, on);
  } else {
    monitor.emplace(model.rbm, rows, watched, on);
  }
  ContrastiveDivergence trainer{model.rbm, options, on};
  return trainer.fit(rows, Watcher{[&](EpochReport& report) { (*monitor)(report); }});
}

}  // namespace

void train_sequences(const CommonSettings& settings) {
  const TrainSettings& s = settings.train;
  check<ValueError>(s.hidden.size() == 1, "sequences take one hidden layer");
  check<ValueError>(s.target.empty() && s.visible.empty(), "sequences have neither --target nor --visible");
  check<ValueError>(s.patience == 0, "--patience is not for sequences");
  const LearningOptions options = sequence_options(s);
  const AlignmentOptions reading = alignment_options(settings);
  const Cpu<float> on = processors(s.threads);
  const Timer timer;
  const FamilyParts parts = cut_family(settings, read_alignment(settings.data, reading), on);
  require_writable_folder(settings.folder);
  nlohmann::ordered_json run = run_json(settings, {});
  run["weigh_within"] = settings.weigh_within;
  if (!settings.alphabet.empty()) run["alphabet"] = settings.alphabet;
  if (!settings.unknown.empty()) run["unknown"] = settings.unknown;
  static_cast<void>(run_text(run));
  say_parts(settings, parts);
  const Alignment& family = parts.family;
  const auto part = [&](const std::vector<Index>& columns) {
    return std::pair{family.subset(columns), chosen(parts.weights, columns)};
  };
  const auto [rows, of_rows] = part(parts.split.training);
  const auto [held_out, of_held_out] = part(parts.split.held_out);
  const auto whole = [](const Alignment& some, const std::vector<double>& weights) {
    const std::vector<Index> columns = whole_sequences(some);
    return one_hot(some.subset(columns), chosen(weights, columns));
  };
  const Dataset judged = whole(rows, of_rows);
  check<DataError>(judged.size() >= 1, "'", settings.data,
                   "': every sequence has an unknown letter; --unknown gap takes them as gaps");

  SequenceModel model{.rbm = SequenceRbm{{.visible = {family.sites(), family.states()},
                                          .hidden = s.hidden[0],
                                          .seed = s.seed,
                                          .weight_scale = s.weight_scale}},
                      .alphabet = family.alphabet,
                      .unknown = reading.unknown};
  const Dataset watched = whole(held_out, of_held_out);
  const History history =
      family.any_missing() ? learn(model, settings, options, one_hot_with_missing(rows, of_rows), watched, on)
                           : learn(model, settings, options, judged, watched, on);
  const double seconds = timer.seconds();

  const Sandwich z = sandwich(model.rbm, judged, {.betas = uniform_betas(2000), .seed = s.seed}, on);
  model.log_z = z.log_z;
  const std::filesystem::path folder = settings.folder;
  const std::string saved = (folder / "model.safetensors").string();
  save_sequence_model(saved, model);

  run["results"] = {{"effective", effective_number(parts.weights)},
                    {"log_likelihood_per_site", log_likelihood_per_site(model, rows, of_rows, on)},
                    {"log_z", z.log_z},
                    {"verdict", z.consistent() ? "consistent" : "inconsistent"},
                    {"reason", z.reason}};
  if (watched.size() > 0) {
    const Eigen::MatrixXd shares = letter_frequencies(rows, of_rows, {.pseudo_count = 1e-3});
    run["results"]["held_out_log_likelihood_per_site"] =
        log_likelihood_per_site(model, held_out, of_held_out, on);
    run["results"]["held_out_independent"] = independent_per_site(shares, held_out, of_held_out);
  }
  write_file(folder / "history.csv", history_csv({history}));
  write_file(folder / "run.json", run_text(run));
  for (const auto& [name, value] : key_values(run["results"]))
    std::printf("%-28s %s\n", name.c_str(), value.text.c_str());
  if (!z.consistent()) std::printf("log Z is not to be trusted: %s\n", z.reason.c_str());
  write_sequence_report(settings.folder, run, model, history, parts, s.threads);
  std::printf("learned in %.1f s; the model, the run and a report are in %s\n", seconds,
              settings.folder.c_str());
  std::printf("next:  harmonium sample %s -o new.fasta\n       harmonium contacts %s %s -o contacts.svg\n",
              saved.c_str(), saved.c_str(), settings.data.c_str());
}

}  // namespace program
