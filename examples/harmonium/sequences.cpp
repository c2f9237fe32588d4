#include "sequences.hpp"

#include <cstdio>
#include <harmonium/core/timer.hpp>
#include <harmonium/inference/annealing/sandwich.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/inference/sequences/contacts.hpp>
#include <harmonium/inference/sequences/designs.hpp>
#include <harmonium/inference/sequences/filters.hpp>
#include <harmonium/inference/sequences/mean_field.hpp>
#include <harmonium/inference/sequences/neighbours.hpp>
#include <harmonium/io/formats/alignment_file.hpp>
#include <harmonium/io/formats/atomic_file.hpp>
#include <harmonium/io/formats/site_distances.hpp>
#include <harmonium/io/models/model_file.hpp>
#include <harmonium/io/report/html_report.hpp>
#include <harmonium/observers/monitor.hpp>
#include <harmonium/training/chains/trajectory.hpp>
#include <harmonium/training/contrastive_divergence.hpp>
#include <harmonium/units/drelu.hpp>

#include "outcome.hpp"
#include "output.hpp"
#include "progress.hpp"
#include "run_file.hpp"

using namespace harmonium;

namespace program {

namespace {

using SequenceRbm = Rbm<Categorical, Drelu>;

constexpr const char* alphabet_name = "harmonium.alphabet";  // its letters, then what stands for unknown ones
constexpr const char* log_z_name = "harmonium.log_z";

struct SequenceModel {
  SequenceRbm rbm = {};
  Alphabet alphabet = protein_alphabet();
  double log_z = std::nan("");
};

Alphabet alphabet_from(const std::string& letters) {
  for (const Alphabet& known : {protein_alphabet(), rna_alphabet(), dna_alphabet()})
    if (known.letters() + known.unknown() == letters) return known;
  check<DataError>(letters.size() >= 3, "its alphabet is '", letters, "'");
  return Alphabet(letters.substr(0, letters.size() - 1), letters.back());
}

SequenceModel load_sequence_model(const std::string& path) {
  TensorFile file = read_safetensors(path);
  const auto found = file.metadata.find(alphabet_name);
  check<FileError>(found != file.metadata.end(), "'", path,
                   "' is not a model of sequences: expected the model.safetensors that train made of an "
                   "alignment");
  try {
    SequenceModel model{.alphabet = alphabet_from(found->second)};
    file.metadata.erase(found);
    if (const auto log_z = file.metadata.find(log_z_name); log_z != file.metadata.end()) {
      model.log_z = parse_number(log_z->second);
      file.metadata.erase(log_z);
    }
    model.rbm = model_from<SequenceRbm>(file);
    check<DataError>(model.rbm.visible.group == model.alphabet.states(), "its sites have ",
                     model.rbm.visible.group, " states, its alphabet ", model.alphabet.states(), " letters");
    return model;
  } catch (const Error& error) {
    throw FileError("'" + path + "': " + error.what());
  }
}

// The program's options, with chains for sequences, and biases that start at the data's frequencies.
LearningOptions sequence_options(const TrainSettings& s) {
  check<ValueError>(s.chains == "pcd" || s.chains == "trajectory", "--chains is '", s.chains,
                    "', sequences take pcd or trajectory");
  LearningOptions options = training_options(s, 0);
  options.fit_visible_biases = true;
  return options;
}

const char* kind_of(const Alphabet& alphabet) {
  if (alphabet == protein_alphabet()) return "proteins";
  if (alphabet == rna_alphabet()) return "RNA";
  return alphabet == dna_alphabet() ? "DNA" : "letters of a model's own";
}

// Sequences with the sites of a model. Unknown letters are gaps.
Alignment read_family(const std::string& path, const SequenceModel& model) {
  const Alignment family = read_alignment(
      path, {.alphabet = model.alphabet,
             .unknown = model.alphabet.gap() >= 0 ? UnknownLetters::gap : UnknownLetters::missing});
  check<DataError>(family.sites() == model.rbm.visible.units(), "'", path, "' has ", family.sites(),
                   " sites, the model ", model.rbm.visible.units());
  return family;
}

// At most `most` sequences, evenly spread.
Alignment some_of(const Alignment& family, Index most) {
  std::vector<Index> columns;
  const Index count = std::min(most, family.size());
  for (Index i = 0; i < count; ++i) columns.push_back(i * family.size() / count);
  return family.subset(columns);
}

std::vector<double> chosen(const std::vector<double>& weights, const std::vector<Index>& columns) {
  std::vector<double> some;
  for (const Index c : columns) some.push_back(weights[static_cast<std::size_t>(c)]);
  return some;
}

double weighted_mean(const Eigen::VectorXd& numbers, const std::vector<double>& weights) {
  double sum = 0;
  for (Index i = 0; i < numbers.size(); ++i) sum += weights[static_cast<std::size_t>(i)] * numbers(i);
  return sum / effective_number(weights);
}

// log p of sequences if sites were independent.
Eigen::VectorXd independent(const Eigen::MatrixXd& frequencies, const Alignment& family) {
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(family.size());
  for (Index c = 0; c < family.size(); ++c)
    for (Index i = 0; i < family.sites(); ++i) sums(c) += std::log(frequencies(family.letters(i, c), i));
  return sums;
}

void require_ending(const std::string& output, std::initializer_list<const char*> endings) {
  const std::string ending = std::filesystem::path(output).extension();
  std::string all;
  for (const char* known : endings) {
    if (ending == known) return;
    all += (all.empty() ? "" : " or ") + std::string(known);
  }
  check<ValueError>(output == "-", "--output is '", output, "', expected a name in ", all);
}

void write_text(const std::string& output, const std::string& text) {
  if (output != "-") return write_file(output, text);
  check<FileError>(
      std::fwrite(text.data(), 1, text.size(), stdout) == text.size() && std::fflush(stdout) == 0,
      "cannot write to the terminal");
}

std::vector<std::string> letter_names(const Alphabet& alphabet) {
  std::vector<std::string> names;
  for (const char letter : alphabet.letters()) names.emplace_back(1, letter);
  return names;
}

void write_sequence_report(const std::string& folder, const std::string& title, const SequenceModel& model,
                           const History& history, const Alignment& family,
                           const std::vector<double>& weights, const ReportValues& results, int threads) {
  HtmlReport report(title, std::to_string(family.sites()) + " sites, " +
                               std::to_string(model.rbm.hidden.rows()) + " dReLU hidden units");
  report.add_key_values(results);
  const Alignment drawn = design_sequences(model.rbm, model.alphabet,
                                           {.count = 1000, .steps = 500, .seed = 1}, {}, processors(threads));
  const int gap = model.alphabet.gap();
  const auto logo_of = [&](const Alignment& sequences, const std::vector<double>& of_each) {
    return information_heights(letter_frequencies(sequences, of_each), gap);
  };
  report.add_section("Sequences")
      .add_logo(logo_of(family, weights), model.alphabet, {.title = "The family"})
      .add_logo(logo_of(drawn, {}), model.alphabet, {.title = "Drawn from the model"});
  const Alignment natural = some_of(family, 5000);
  const std::vector<NearestSequence> nearest = nearest_sequences(drawn, natural, processors(threads));
  double differing = 0;
  for (const NearestSequence& one : nearest)
    differing += static_cast<double>(one.differences) / static_cast<double>(drawn.size() * drawn.sites());
  report.add_text("Sequences that were drawn differ from the nearest natural one in " +
                  number_text(100 * differing, 3) + " % of the sites, on average.");
  report.add_section("What hidden units look for");
  const std::vector<Index> units = units_by_weight(model.rbm);
  for (std::size_t i = 0; i < std::min<std::size_t>(6, units.size()); ++i)
    report.add_logo(letter_weights(model.rbm, units[i]), model.alphabet,
                    {.title = "Hidden unit " + std::to_string(units[i] + 1), .y_title = "weight"});
  if (family.sites() >= 2 && family.sites() <= 400)
    report.add_section("Which sites depend on each other")
        .add_heat_map(contact_scores(couplings(model.rbm, some_of(family, 10), processors(threads)),
                                     model.alphabet.states(), {.gap = gap}),
                      {.title = "Contact scores", .x_title = "site", .width = 560});
  report.add_section("How it learned").add_history(history);
  harmonium::write(std::filesystem::path(folder) / "report.html", report);
}

}  // namespace

bool is_alignment(const std::string& path) {
  try {
    return looks_like_alignment(detail::beginning_of_text(path, 4096));
  } catch (const FileError&) {
    return false;  // whoever reads it says so
  }
}

bool is_sequence_model(const std::string& path) {
  try {
    return read_safetensors_metadata(path).contains(alphabet_name);
  } catch (const FileError&) {
    return false;  // whoever reads it says so
  }
}

void train_sequences(const CommonSettings& settings) {
  const TrainSettings& s = settings.train;
  check<ValueError>(s.hidden.size() == 1, "sequences take one hidden layer");
  check<ValueError>(s.target.empty() && s.visible.empty(), "sequences have neither --target nor --visible");
  check<ValueError>(s.patience == 0, "--patience is not for sequences");
  const auto options = sequence_options(s);
  const Cpu<float> on = processors(s.threads);
  const Timer timer;
  const Alignment family = read_alignment(settings.data);
  const std::vector<double> weights = sequence_weights(family, settings.weigh_within, on);
  require_writable_folder(settings.folder);
  nlohmann::ordered_json run = run_json(settings, {});
  run["weigh_within"] = settings.weigh_within;
  static_cast<void>(run_text(run));
  const auto count = static_cast<Index>(s.hold_out * static_cast<double>(family.size()));
  const ClusterSplit split =
      split_by_clusters(sequence_clusters(family, settings.weigh_within, on), count, s.seed);
  const Alignment rows = family.subset(split.training), held_out = family.subset(split.held_out);
  const std::vector<double> of_rows = chosen(weights, split.training),
                            of_held_out = chosen(weights, split.held_out);
  std::printf(
      "%s: %ld sequences of %ld sites, %s; effectively %.0f (weights: 1 over the number closer than %g)\n",
      settings.data.c_str(), static_cast<long>(family.size()), static_cast<long>(family.sites()),
      kind_of(family.alphabet), effective_number(weights), settings.weigh_within);
  check<DataError>(rows.size() >= 2, "'", settings.data, "' leaves ", rows.size(),
                   " sequences to learn from, expected at least 2");
  std::printf("learning from %ld of them, %ld held out as whole clusters; %d dReLU hidden units\n",
              static_cast<long>(rows.size()), static_cast<long>(held_out.size()), s.hidden[0]);
  std::fflush(stdout);

  SequenceModel model{.rbm = SequenceRbm{{.visible = {family.sites(), family.states()},
                                          .hidden = s.hidden[0],
                                          .seed = s.seed,
                                          .weight_scale = s.weight_scale}},
                      .alphabet = family.alphabet};
  const Dataset samples = one_hot(rows, of_rows);
  ContrastiveDivergence trainer{model.rbm, options, on};
  std::optional<Monitor<SequenceRbm>> monitor;
  const MonitorOptions watched{.samples = 500, .seed = s.seed};
  if (held_out.size() > 0) {
    monitor.emplace(model.rbm, samples, one_hot(held_out, of_held_out), watched, on);
  } else {
    monitor.emplace(model.rbm, samples, watched, on);
  }
  const History history = trainer.fit(samples, Watcher{[&](EpochReport& report) { (*monitor)(report); }});
  const double seconds = timer.seconds();

  const Sandwich z = sandwich(model.rbm, samples, {.betas = uniform_betas(2000), .seed = s.seed}, on);
  model.log_z = z.log_z;
  TensorFile file = file_of(model.rbm);
  file.metadata[alphabet_name] = family.alphabet.letters() + family.alphabet.unknown();
  file.metadata[log_z_name] = csv_text(z.log_z);
  const std::filesystem::path folder = settings.folder;
  const std::string saved = (folder / "model.safetensors").string();
  write_safetensors(saved, file);

  const auto per_site = [&](const Alignment& of, const std::vector<double>& weights_of_each) {
    return weighted_mean(log_likelihood(model.rbm, one_hot(of), z.log_z, on), weights_of_each) /
           static_cast<double>(of.sites());
  };
  const double learned_from = per_site(rows, of_rows);
  const Eigen::MatrixXd shares = letter_frequencies(rows, of_rows, {.pseudo_count = 1e-3});
  ReportValues values = {{"effective sequences", effective_number(weights)},
                         {"log likelihood a site", learned_from}};
  run["results"] = {{"effective", effective_number(weights)},
                    {"log_likelihood_per_site", learned_from},
                    {"log_z", z.log_z},
                    {"verdict", z.consistent() ? "consistent" : "inconsistent"},
                    {"reason", z.reason}};
  if (held_out.size() > 0) {
    const double alone =
        weighted_mean(independent(shares, held_out), of_held_out) / static_cast<double>(family.sites());
    const double aside = per_site(held_out, of_held_out);
    values.emplace_back("of held-out clusters", aside);
    values.emplace_back("if sites were independent", alone);
    run["results"]["held_out_log_likelihood_per_site"] = aside;
    run["results"]["held_out_independent"] = alone;
  }
  values.emplace_back("log Z", z.consistent() ? "consistent" : "inconsistent");
  write_file(folder / "history.csv", history_csv({history}));
  write_file(folder / "run.json", run_text(run));
  for (const auto& [name, value] : values) std::printf("%-28s %s\n", name.c_str(), value.text.c_str());
  if (!z.consistent()) std::printf("log Z is not to be trusted: %s\n", z.reason.c_str());
  write_sequence_report(settings.folder, std::filesystem::path(settings.data).filename().string(), model,
                        history, family, weights, values, s.threads);
  std::printf("learned in %.1f s; the model, the run and a report are in %s\n", seconds,
              settings.folder.c_str());
  std::printf("next:  harmonium sample %s -o new.fasta\n       harmonium contacts %s %s -o contacts.svg\n",
              saved.c_str(), saved.c_str(), settings.data.c_str());
}

void sample_sequences(const CommonSettings& settings) {
  require_ending(settings.output, {".fasta", ".fa", ".gz"});
  check<ValueError>(settings.given.empty(),
                    "--given is for tables; of sequences, --fixed says what is fixed");
  const SequenceModel model = load_sequence_model(settings.model);
  const Alignment drawn = design_sequences(model.rbm, model.alphabet,
                                           {.count = settings.count,
                                            .steps = settings.steps,
                                            .temperature = settings.temperature,
                                            .fixed = settings.fixed,
                                            .seed = settings.judge.seed});
  if (settings.output != "-") {
    write_fasta(settings.output, drawn);
    std::fprintf(stderr, "%ld sequences written to %s\n", static_cast<long>(drawn.size()),
                 settings.output.c_str());
    return;
  }
  std::string text;
  for (Index c = 0; c < drawn.size(); ++c) text += fasta_record(drawn, c);
  write_text("-", text);
}

void score_sequences(const CommonSettings& settings) {
  require_ending(settings.output, {".csv"});
  const SequenceModel model = load_sequence_model(settings.model);
  const Alignment family = read_family(settings.data, model);
  const double log_z = std::isnan(model.log_z) ? 0 : model.log_z;
  const Eigen::VectorXd scores =
      -log_likelihood(model.rbm, one_hot(family), log_z) / static_cast<double>(family.sites());
  std::fprintf(stderr, "score: -log p a site%s, in nats\n",
               std::isnan(model.log_z) ? " up to a constant" : "");
  std::string text = csv_line({"name", "score"});
  for (Index c = 0; c < family.size(); ++c)
    text += csv_line({family.names[static_cast<std::size_t>(c)], csv_text(scores(c))});
  write_text(settings.output, text);
}

void encode_sequences(const CommonSettings& settings) {
  require_ending(settings.output, {".csv"});
  const SequenceModel model = load_sequence_model(settings.model);
  const Eigen::MatrixXf codes = mean_hidden(model.rbm, one_hot(read_family(settings.data, model)));
  write_text(settings.output, codes_text(codes));
}

void run_scan(const CommonSettings& settings) {
  require_ending(settings.output, {".csv", ".svg"});
  const SequenceModel model = load_sequence_model(settings.model);
  const std::vector<Index> first{0};
  const Alignment wild = read_family(settings.data, model).subset(first);
  const Eigen::MatrixXd scan = mutation_scan(model.rbm, wild);
  const std::vector<std::string> letters = letter_names(model.alphabet);
  if (settings.output.ends_with(".svg"))
    return write_file(settings.output, draw_heat_map(scan, {.title = "Change of log p, " + wild.names.front(),
                                                            .row_names = letters,
                                                            .x_title = "site",
                                                            .width = 900}));
  std::vector<std::string> cells = {"site", "letter"};
  cells.insert(cells.end(), letters.begin(), letters.end());
  std::string text = csv_line(cells);
  for (Index i = 0; i < scan.cols(); ++i) {
    cells = {std::to_string(i + 1), std::string(1, model.alphabet.letter(wild.letters(i, 0)))};
    for (Index k = 0; k < scan.rows(); ++k) cells.push_back(csv_text(scan(k, i)));
    text += csv_line(cells);
  }
  write_text(settings.output, text);
}

void run_contacts(const CommonSettings& settings) {
  require_ending(settings.output, {".csv", ".svg"});
  const bool trained = is_sequence_model(settings.model);
  check<ValueError>(!trained || !settings.data.empty(), "contacts of a model need the family: an alignment");
  check<ValueError>(trained || settings.data.empty(), "contacts of '", settings.model,
                    "', an alignment, take no further file, '", settings.data, "' was given");
  const Cpu<float> on = Cpu<float>::all();
  Eigen::MatrixXd pairs, distances;
  const auto read_distances = [&](Index sites) {  // before what takes long
    if (!settings.distances.empty()) distances = read_site_distances(settings.distances, sites);
  };
  Alphabet alphabet = protein_alphabet();
  if (trained) {
    const SequenceModel model = load_sequence_model(settings.model);
    alphabet = model.alphabet;
    read_distances(model.rbm.visible.units());
    pairs = couplings(model.rbm, some_of(read_family(settings.data, model), 30), on);
  } else {
    const Alignment family = read_alignment(settings.model);
    alphabet = family.alphabet;
    read_distances(family.sites());
    pairs =
        couplings(mean_field_inversion<double>(family, sequence_weights(family, settings.weigh_within, on)));
  }
  const Eigen::MatrixXd scores = contact_scores(pairs, alphabet.states(), {.gap = alphabet.gap()});
  const std::vector<Contact> ranked = ranked_contacts(scores);
  if (distances.size() > 0) {
    const Index sites = scores.rows();
    Index known = 0;
    for (const Contact& one : ranked) known += std::isnan(distances(one.i, one.j)) ? 0 : 1;
    for (const auto& [name, count] : {std::pair<const char*, Index>{"L/5", sites / 5},
                                      {"L/2", sites / 2},
                                      {"L", sites},
                                      {"2 L", 2 * sites}})
      if (count >= 1 && count <= known)
        std::fprintf(stderr, "top %-4s %.3f nearer than 8\n", name,
                     contact_precision(ranked, distances, count));
  }
  if (settings.output.ends_with(".svg"))
    return write_file(settings.output,
                      draw_heat_map(scores, {.title = "Contact scores", .x_title = "site", .width = 560}));
  std::string text = csv_line({"i", "j", "score"});
  for (const Contact& one : ranked)
    text += csv_line({std::to_string(one.i + 1), std::to_string(one.j + 1), csv_text(one.score)});
  write_text(settings.output, text);
}

void run_logo(const CommonSettings& settings) {
  require_ending(settings.output, {".svg"});
  if (is_sequence_model(settings.model)) {
    const SequenceModel model = load_sequence_model(settings.model);
    const std::vector<Index> units = units_by_weight(model.rbm);
    check<ValueError>(settings.unit < static_cast<int>(units.size()), "--unit is ", settings.unit,
                      ", the model has ", units.size(), " hidden units");
    const Index unit = units[static_cast<std::size_t>(settings.unit)];
    return write_text(settings.output,
                      draw_logo(letter_weights(model.rbm, unit), model.alphabet,
                                {.title = "Hidden unit " + std::to_string(unit + 1), .y_title = "weight"}));
  }
  const Alignment family = read_alignment(settings.model);
  write_text(
      settings.output,
      draw_logo(
          information_heights(letter_frequencies(family, sequence_weights(family, settings.weigh_within)),
                              family.alphabet.gap()),
          family.alphabet, {.title = std::filesystem::path(settings.model).filename().string()}));
}

}  // namespace program
