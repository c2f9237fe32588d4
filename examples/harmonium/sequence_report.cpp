#include "sequence_report.hpp"

#include <cstdio>
#include <filesystem>
#include <harmonium/core/random.hpp>
#include <harmonium/data/letter_frequencies.hpp>
#include <harmonium/inference/sequences/contacts.hpp>
#include <harmonium/inference/sequences/couplings.hpp>
#include <harmonium/inference/sequences/designs.hpp>
#include <harmonium/inference/sequences/filters.hpp>
#include <harmonium/io/report/coverage_section.hpp>
#include <numeric>

#include "compare.hpp"
#include "outcome.hpp"
#include "report.hpp"
#include "sequences.hpp"

using namespace harmonium;

namespace program {

namespace {

Alignment first_of(const Alignment& all, Index count) {
  std::vector<Index> columns(static_cast<std::size_t>(count));
  std::iota(columns.begin(), columns.end(), Index(0));
  return all.subset(columns);
}

// Up to `most` whole sequences, drawn in proportion to their weights, none twice (Efraimidis and Spirakis,
// Information Processing Letters 97, 2006).
Alignment weighty_ones(const FamilyParts& parts, const std::vector<Index>& among, Index most,
                       std::uint64_t seed) {
  const Draws draws{.seed = seed, .stream = Stream::split};
  const Alignment family = parts.family.subset(among);
  std::vector<std::pair<double, Index>> keys;
  for (const Index c : whole_sequences(family)) {
    const Index of_all = among[static_cast<std::size_t>(c)];
    const auto words = draws.block_of_row(static_cast<std::uint32_t>(of_all), 0, 0);
    keys.emplace_back(-std::log(fine_uniform_from(words)) / parts.weights[static_cast<std::size_t>(of_all)],
                      c);
  }
  std::sort(keys.begin(), keys.end());
  std::vector<Index> columns;
  for (const auto& key : keys)
    if (static_cast<Index>(columns.size()) < most) columns.push_back(key.second);
  std::sort(columns.begin(), columns.end());
  return family.subset(columns);
}

void add_logos(HtmlReport& report, const SequenceModel& model, const FamilyParts& parts,
               const Alignment& drawn, const Cpu<float>& on) {
  const auto logo_of = [&](const Alignment& sequences, const std::vector<double>& weights) {
    return information_heights(letter_frequencies(sequences, weights), model.alphabet.gap());
  };
  report.add_section("Sequences");
  if (parts.family.size() > 0)
    report.add_logo(logo_of(parts.family, parts.weights), model.alphabet, {.title = "The family"});
  report.add_logo(logo_of(drawn, {}), model.alphabet, {.title = "Drawn from the model"});
  if (parts.family.size() == 0) return;
  double differing = 0;
  for (const NearestSequence& one : nearest_sequences(drawn, some_of(parts.family, 5000), on))
    differing += static_cast<double>(one.differences) / static_cast<double>(drawn.size() * drawn.sites());
  report.add_text("Sequences that were drawn differ from the nearest natural one in " +
                  number_text(100 * differing, 3) + " % of the sites, on average.");
}

void add_filters(HtmlReport& report, const SequenceModel& model) {
  report.add_section("What hidden units look for");
  const std::vector<Index> units = units_by_weight(model.rbm);
  for (std::size_t i = 0; i < std::min<std::size_t>(6, units.size()); ++i)
    report.add_logo(letter_weights(model.rbm, units[i]), model.alphabet,
                    {.title = "Hidden unit " + std::to_string(units[i] + 1), .y_title = "weight"});
}

// Couplings are averaged over a few sequences.
void add_contacts(HtmlReport& report, const SequenceModel& model, const FamilyParts& parts,
                  const Cpu<float>& on) {
  const Index sites = model.rbm.visible.units();
  const Alignment few = some_of(parts.family.subset(whole_sequences(parts.family)), 10);
  if (sites < 2 || sites > 400 || few.size() == 0) return;
  report.add_section("Which sites depend on each other")
      .add_heat_map(contact_scores(couplings(model.rbm, few, on), model.alphabet.states(),
                                   {.gap = model.alphabet.gap()}),
                    {.title = "Contact scores", .x_title = "site", .width = 560});
}

}  // namespace

ReportValues key_values(const nlohmann::ordered_json& results) {
  ReportValues values = {{"effective sequences", results.at("effective").get<double>()},
                         {"log likelihood a site", results.at("log_likelihood_per_site").get<double>()}};
  if (results.contains("held_out_log_likelihood_per_site")) {
    values.emplace_back("of held-out clusters", results["held_out_log_likelihood_per_site"].get<double>());
    values.emplace_back("if sites were independent", results.at("held_out_independent").get<double>());
  }
  values.emplace_back("log Z", results.at("verdict").get<std::string>());
  return values;
}

FamilyParts cut_family(const CommonSettings& settings, Alignment family, const Cpu<float>& on) {
  FamilyParts parts{.family = std::move(family)};
  WeightsAndClusters compared = sequence_weights_and_clusters(parts.family, settings.weigh_within, on);
  parts.weights = std::move(compared.weights);
  const auto count = static_cast<Index>(settings.train.hold_out * static_cast<double>(parts.family.size()));
  parts.split = split_by_clusters(compared.clusters, count, settings.train.seed);
  return parts;
}

Alignment draw(const SequenceModel& model, Index count, int steps, std::uint64_t seed, const Cpu<float>& on) {
  return design_sequences(model.rbm, model.alphabet, {.count = count, .steps = steps, .seed = seed}, {}, on);
}

std::optional<Coverage> compare_sequences(const Alignment& drawn, const FamilyParts& parts,
                                          std::uint64_t seed, const Cpu<float>& on) {
  const Index most = drawn.size();
  const Alignment learned = weighty_ones(parts, parts.split.training, most, seed),
                  held_out = weighty_ones(parts, parts.split.held_out, most, seed);
  if (learned.size() < fewest_compared) return {};
  const CoverageOptions options{.most_samples = most, .seed = seed};
  const Cpu<double> in_double(on.threads());
  const Dataset samples = one_hot(first_of(drawn, learned.size()));
  if (!enough_held_out(held_out.size(), learned.size()))
    return coverage(samples, one_hot(learned), options, in_double);
  return coverage(samples, one_hot(learned), one_hot(held_out), options, in_double);
}

void write_sequence_report(const std::string& folder, const nlohmann::ordered_json& run,
                           const SequenceModel& model, const History& history, const FamilyParts& parts,
                           int threads) {
  HtmlReport report(std::filesystem::path(run.at("data").get<std::string>()).filename().string(),
                    std::to_string(model.rbm.visible.units()) + " sites, " +
                        std::to_string(model.rbm.hidden.rows()) + " dReLU hidden units");
  const nlohmann::ordered_json& results = run.at("results");
  report.add_key_values(key_values(results));
  if (results.at("verdict") != "consistent")
    report.add_warnings(std::vector<std::string>{"The log likelihood cannot be trusted: " +
                                                 results.at("reason").get<std::string>()});
  const Cpu<float> on = processors(threads);
  const Alignment drawn = draw(model, 1000, 500, 1, on);
  add_logos(report, model, parts, drawn, on);
  add_filters(report, model);
  add_contacts(report, model, parts, on);
  if (const auto compared = compare_sequences(first_of(drawn, 500), parts, 1, on))
    add_coverage(report, *compared);
  report.add_section("How it learned").add_history(history);
  add_run_settings(report, run);
  harmonium::write(std::filesystem::path(folder) / "report.html", report);
}

void report_sequences(const std::string& folder, const CommonSettings& settings,
                      const nlohmann::ordered_json& run) {
  check<FileError>(run.contains("results") && run["results"].contains("effective"), "'", settings.run,
                   "' has no results: the run was not finished");
  const std::filesystem::path in = folder;
  const SequenceModel model = load_sequence_model((in / "model.safetensors").string());
  const int threads = settings.train.threads;
  FamilyParts parts{.family = {.alphabet = model.alphabet}};
  std::error_code ignored;
  if (std::filesystem::exists(settings.data, ignored)) {
    parts = cut_family(settings, read_family(settings.data, model), processors(threads));
  } else {
    std::fprintf(stderr, "harmonium: '%s' is no longer there: the report shows none of its sequences\n",
                 settings.data.c_str());
  }
  const std::vector<History> histories = read_history((in / "history.csv").string());
  check<FileError>(histories.size() == 1, "'", (in / "history.csv").string(), "' has ", histories.size(),
                   " phases, expected one");
  write_sequence_report(folder, run, model, histories.front(), parts, threads);
  std::printf("%s\n", (in / "report.html").c_str());
}

}  // namespace program
