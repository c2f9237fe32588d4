#include <cstdio>
#include <filesystem>
#include <harmonium/inference/sequences/contacts.hpp>
#include <harmonium/inference/sequences/couplings.hpp>
#include <harmonium/inference/sequences/filters.hpp>
#include <harmonium/inference/sequences/mean_field.hpp>
#include <harmonium/inference/sequences/mutations.hpp>
#include <harmonium/inference/sequences/neighbours.hpp>
#include <harmonium/io/formats/atomic_file.hpp>
#include <harmonium/io/formats/site_distances.hpp>
#include <harmonium/io/pictures/heat_map.hpp>
#include <harmonium/io/pictures/sequence_logo.hpp>

#include "sequence_model.hpp"
#include "sequences.hpp"

using namespace harmonium;

namespace program {

namespace {
std::vector<std::string> letter_names(const Alphabet& alphabet) {
  std::vector<std::string> names;
  for (const char letter : alphabet.letters()) names.emplace_back(1, letter);
  return names;
}

}  // namespace

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
    const Alignment family = read_family(settings.data, model);
    pairs = couplings(model.rbm, some_of(family.subset(whole_sequences(family)), 30), on);
  } else {
    Alignment family = read_alignment(settings.model, alignment_options(settings));
    family = family.subset(whole_sequences(family));
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
  const Alignment family = read_alignment(settings.model, alignment_options(settings));
  write_text(
      settings.output,
      draw_logo(
          information_heights(letter_frequencies(family, sequence_weights(family, settings.weigh_within)),
                              family.alphabet.gap()),
          family.alphabet, {.title = std::filesystem::path(settings.model).filename().string()}));
}

}  // namespace program
