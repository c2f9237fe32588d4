// Learns tables of your own: binary, categorical and real columns, or pictures, from CSV, NumPy or IDX files.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <exception>

#include "commands.hpp"
#include "sequences.hpp"

using namespace program;

namespace {

// Options from the list of settings, so that command line, run file and help stay consistent.
template <class Settings>
void add_settings(CLI::App& command, Settings& settings) {
  for_each_setting(settings, [&]<class T>(const std::string& name, T& value, const std::string& help,
                                          const std::vector<std::string>& choices) {
    if constexpr (std::is_same_v<T, bool>) {
      command.add_flag("--" + name, value, help);
    } else {
      auto* option = command.add_option("--" + name, value, help);
      if constexpr (std::is_same_v<T, std::vector<int>>) option->delimiter(',');
      if (name == "target") option->expected(0, 1);
      if (!choices.empty()) option->check(CLI::IsMember(choices));
      if constexpr (std::is_unsigned_v<T>) option->check(CLI::NonNegativeNumber);  // -1 would be 2^64 - 1
      if (name != "visible" && name != "target") option->capture_default_str();
    }
  });
}

void add_data(CLI::App& command, CommonSettings& s, bool required) {
  auto* data = command.add_option("data", s.data,
                                  "CSV, NPY, NPZ, IDX, or LIBSVM text, or aligned sequences (FASTA, A2M, "
                                  "Stockholm); compressed with gzip or not");
  if (required) data->required();
  command.add_option("--array", s.array, "which array of an NPZ file");
  command.add_option("--index-base", s.index_base, "the first index of a LIBSVM file")
      ->check(CLI::Range(0, 1))
      ->capture_default_str();
  command.add_flag_callback(
      "--header", [&s] { s.header = 1; },
      "the first row of a CSV file names its columns; found out if not said");
  command.add_flag_callback(
      "--no-header", [&s] { s.header = 0; }, "the first row is data: columns are 1, 2, ...");
}
void add_model(CLI::App& command, CommonSettings& s) {
  command.add_option("model", s.model, "the model.safetensors written by train")->required();
}
void add_output(CLI::App& command, CommonSettings& s) {
  command.add_option("-o,--output", s.output, "file to write: .csv, .npy or .npz; - is the terminal, as CSV")
      ->capture_default_str();
}
void add_seed(CLI::App& command, CommonSettings& s) {
  command.add_option("--seed", s.judge.seed, "of everything random: the same seed gives the same result")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
}

CLI::App* add_train(CLI::App& app, CommonSettings& s) {
  CLI::App* train = app.add_subcommand(
      "train", "learn a table; writes a folder with the model, its settings, and a report");
  add_data(*train, s, false);
  train->add_option("-o,--output", s.folder, "folder for the results; created if necessary")
      ->capture_default_str();
  train->add_option("--run", s.run,
                    "repeat the run of a run.json written by train; other options override it");
  add_settings(*train, s.train);
  train->footer(
      "Example:\n  harmonium train people.csv --hidden 32 -o results\n"
      "  harmonium train people.csv --visible categorical:grade,ignored:id\n"
      "  harmonium train flowers.csv --target species -o results\n"
      "  harmonium train family.fasta -o results\n"
      "  harmonium train --run results/run.json -o again");
  return train;
}

CLI::App* add_evaluate(CLI::App& app, CommonSettings& s) {
  CLI::App* evaluate =
      app.add_subcommand("evaluate",
                         "how well does a model know rows or sequences? Log likelihood, and whether to "
                         "trust it; of a model with a target, how "
                         "good its predictions are");
  add_model(*evaluate, s);
  add_data(*evaluate, s, true);
  evaluate->add_option("--chains", s.judge.chains, "annealing chains, in each direction")
      ->check(CLI::Range(10, 1000000))
      ->capture_default_str();
  evaluate
      ->add_option("--temperatures", s.judge.temperatures,
                   "number of temperatures between independent units and the model")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  evaluate
      ->add_option("--start-steps", s.judge.start_steps, "steps of the chains that start reverse annealing")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  evaluate->add_option("--samples", s.samples, "samples of the model to compare with the rows; 0 for none")
      ->check(CLI::Range(0, 1000000))
      ->capture_default_str();
  evaluate
      ->add_option("--sample-steps", s.steps,
                   "steps of each sample's own chain, if they are not drawn exactly")
      ->check(CLI::Range(1, 1000000000))
      ->capture_default_str();
  evaluate->add_option("--training-data", s.training_data,
                       "the table that the model learned from: samples are compared with its rows, and the "
                       "others are the held-out ones");
  add_seed(*evaluate, s);
  evaluate->add_option("--threads", s.judge.threads, "0 for all processors; the result does not depend on it")
      ->check(CLI::Range(0, 1024))
      ->capture_default_str();
  evaluate->footer(
      "Example:\n  harmonium evaluate results/model.safetensors test.csv\n"
      "  harmonium evaluate results/model.safetensors test.csv --samples 1000 --training-data people.csv\n\n"
      "Rows with missing values are left out. The numbers are nats per row; densities of real columns\n"
      "are in the table's own units. Small models are summed over exactly, others are estimated from two\n"
      "sides, with a verdict on whether the two agree.");
  return evaluate;
}

}  // namespace

int main(int argc, char** argv) {
  CommonSettings settings;
  CLI::App app{
      "Restricted Boltzmann machines for tables of your own: binary, categorical and real columns, or "
      "pictures.",
      "harmonium"};
  app.require_subcommand(1);
  app.set_version_flag("--version", "harmonium 0.1.0");
  CLI::App* train = add_train(app, settings);
  CLI::App* evaluate = add_evaluate(app, settings);
  CLI::App* sample = app.add_subcommand("sample", "draw new rows, under the training table's header");
  add_model(*sample, settings);
  sample->add_option("-n,--count", settings.count, "rows")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  sample
      ->add_option(
          "--steps", settings.steps,
          "steps of each row's own chain, of a model that cannot be drawn from exactly; sweeps over the "
          "training path at most, if it has one")
      ->check(CLI::Range(1, 100000000))
      ->capture_default_str();
  sample->add_option("--given", settings.given, "values that the rows have: COLUMN=VALUE,COLUMN=VALUE,...");
  sample->add_option("--fixed", settings.fixed,
                     "of sequences: a letter for each site that is fixed, ? for each that is not");
  sample
      ->add_option("--temperature", settings.temperature,
                   "of sequences: below 1 they are better and more alike")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  add_seed(*sample, settings);
  add_output(*sample, settings);
  sample->footer(
      "Example:\n  harmonium sample results/model.safetensors -n 1000 -o made_up.csv\n"
      "  harmonium sample results/model.safetensors --given \"smoker=yes,visits=3\"");
  CLI::App* predict = app.add_subcommand(
      "predict", "the target of new rows: a class and the probability of each, or a number in its own unit");
  add_model(*predict, settings);
  add_data(*predict, settings, true);
  add_seed(*predict, settings);
  add_output(*predict, settings);
  predict->footer(
      "Example:\n  harmonium predict results/model.safetensors new.csv -o predicted.csv\n\n"
      "The model must have been trained with --target. Columns are found by name; that of the target may be\n"
      "there or not.");
  CLI::App* score = app.add_subcommand(
      "score", "how odd is each row? A column of -log p, or of free energies: the larger, the odder");
  add_model(*score, settings);
  add_data(*score, settings, true);
  add_output(*score, settings);
  score->footer(
      "Example:\n  harmonium score results/model.safetensors new.csv -o scores.csv\n\n"
      "Small models give -log p, in the table's own units; others their free energy, which differs from it "
      "by\n"
      "a constant. Missing values are summed out; a row has no score if there are too many of them for "
      "that.");
  CLI::App* encode =
      app.add_subcommand("encode", "the hidden units' means for rows: features for other programs");
  add_model(*encode, settings);
  add_data(*encode, settings, true);
  add_seed(*encode, settings);
  add_output(*encode, settings);
  encode->footer(
      "Example:\n  harmonium encode results/model.safetensors people.csv -o features.npy\n\n"
      "Missing values are averaged over given the known ones.");
  CLI::App* reconstruct = app.add_subcommand(
      "reconstruct", "rows as the model reconstructs them, or with --fill-in only their missing values");
  add_model(*reconstruct, settings);
  add_data(*reconstruct, settings, true);
  reconstruct->add_flag("--fill-in", settings.fill_in, "leave known values unchanged");
  reconstruct->add_flag("--expected", settings.expected,
                        "of words that are numbers, such as stars, write the mean, not the likeliest word");
  add_seed(*reconstruct, settings);
  add_output(*reconstruct, settings);
  reconstruct->footer(
      "Example:\n  harmonium reconstruct results/model.safetensors people.csv --fill-in -o whole.csv");
  CLI::App* scan = app.add_subcommand(
      "scan", "every mutation of a sequence: the change of log p, letter by letter and site by site");
  add_model(*scan, settings);
  scan->add_option("data", settings.data, "an alignment; its first sequence is the one that is mutated")
      ->required();
  scan->add_option("-o,--output", settings.output, "file to write: .csv, or .svg for a heat map; - as CSV")
      ->capture_default_str();
  scan->footer("Example:\n  harmonium scan results/model.safetensors wild_type.fasta -o scan.svg");
  CLI::App* contacts = app.add_subcommand("contacts", "which sites of a family of sequences touch?");
  contacts
      ->add_option("model", settings.model,
                   "the model.safetensors written by train; or an alignment, for mean-field inversion")
      ->required();
  contacts->add_option("data", settings.data, "the family: an alignment; needed for a model");
  contacts->add_option("--distances", settings.distances,
                       "distances to judge by: lines of site, site, ..., distance; sites count from 1");
  contacts->add_option("-o,--output", settings.output, "file to write: .csv, or .svg for a map; - as CSV")
      ->capture_default_str();
  contacts->footer(
      "Example:\n  harmonium contacts family.fasta --distances family.distances -o contacts.csv\n"
      "  harmonium contacts results/model.safetensors family.fasta -o contacts.svg");
  CLI::App* logo = app.add_subcommand("logo", "the logo of sequences, or of a hidden unit's weights, as SVG");
  logo->add_option("model", settings.model, "an alignment, or the model.safetensors written by train")
      ->required();
  logo->add_option("--unit", settings.unit, "which hidden unit, by the size of its weights; 0 is the largest")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  logo->add_option("-o,--output", settings.output, "file to write: .svg")->required();
  logo->footer("Example:\n  harmonium logo family.fasta -o logo.svg");
  for (CLI::App* of_families : {train, evaluate, contacts, logo})
    of_families
        ->add_option(
            "--weigh-within", settings.weigh_within,
            "sequences weigh 1 over the number of those that differ in less than this share of sites")
        ->check(CLI::Range(0.0, 1.0))
        ->capture_default_str();
  for (CLI::App* of_families : {train, contacts, logo}) {
    of_families->add_option(
        "--alphabet", settings.alphabet,
        "of sequences: protein, rna, dna, or letters in their order, a gap being -; found "
        "out if not said");
    of_families
        ->add_option("--unknown", settings.unknown,
                     "what letters that are not of the alphabet are: gap, or missing; gap if it has one")
        ->check(CLI::IsMember({"gap", "missing"}));
  }
  CLI::App* report = app.add_subcommand("report", "rewrite the report of a finished run");
  report->add_option("folder", settings.folder, "the folder written by train")->required();
  report->footer("Example:\n  harmonium report results");

  try {
    read_run_file(argc, argv, settings);  // before the command line, whose options win
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    return app.exit(error) == 0 ? 0 : 1;
  } catch (const std::exception& error) {
    std::fprintf(stderr, "harmonium: %s\n", error.what());
    return 1;
  }
  try {
    if (train->count("--target") > 0 && settings.train.target.empty()) settings.train.target = label_column;
    if (!settings.train.target.empty() && settings.run.empty() && train->count("--hidden") == 0)
      settings.train.hidden = {128};  // codes for reading, not for looking at
    if (train->parsed() && settings.run.empty() && are_sequences(settings)) {
      const auto said = [&](const char* name) { return train->count(name) > 0; };
      if (!said("--hidden")) settings.train.hidden = {50};
      if (!said("--chains")) settings.train.chains = "trajectory";
      if (!said("--chain-count")) settings.train.chain_count = 100;
      if (!said("--batch-size")) settings.train.batch_size = 100;
      if (!said("--weight-decay")) settings.train.weight_decay = 0;
      if (!said("--l1b")) settings.train.l1b = 0.25;
    }
    if (train->parsed()) run_train(settings);
    if (evaluate->parsed()) run_evaluate(settings);
    if (predict->parsed()) run_predict(settings);
    if (sample->parsed()) run_sample(settings);
    if (score->parsed()) run_score(settings);
    if (encode->parsed()) run_encode(settings);
    if (reconstruct->parsed()) run_reconstruct(settings);
    if (scan->parsed()) run_scan(settings);
    if (contacts->parsed()) run_contacts(settings);
    if (logo->parsed()) run_logo(settings);
    if (report->parsed()) run_report(settings);
  } catch (const std::exception& error) {
    std::fprintf(stderr, "harmonium: %s\n", error.what());
    return 1;
  }
}
