#include "sequences.hpp"

#include <cstdio>
#include <harmonium/data/letter_frequencies.hpp>
#include <harmonium/inference/annealing/sandwich.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/inference/sequences/designs.hpp>
#include <numeric>

#include "compare.hpp"
#include "output.hpp"
#include "sequence_report.hpp"

using namespace harmonium;

namespace program {

bool are_sequences(const CommonSettings& settings) {
  if (!settings.alphabet.empty()) return true;
  try {
    return looks_like_alignment(detail::beginning_of_text(settings.data, 4096));
  } catch (const FileError&) {
    return false;  // whoever reads it says so
  }
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
  const std::vector<Index> whole = whole_sequences(family);
  const Eigen::VectorXd of_whole =
      -log_likelihood(model.rbm, one_hot(family.subset(whole)), log_z) / static_cast<double>(family.sites());
  Eigen::VectorXd scores = Eigen::VectorXd::Constant(family.size(), std::nan(""));
  scores(whole) = of_whole;
  std::fprintf(stderr, "score: -log p a site%s, in nats\n",
               std::isnan(model.log_z) ? " up to a constant" : "");
  if (const auto without = scores.array().isNaN().count(); without > 0)
    std::fprintf(stderr, "%ld sequences have unknown letters: they have no score\n",
                 static_cast<long>(without));
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

namespace {
// Sequences to judge by, with those that the model learned from before them, if they are named.
FamilyParts judged_parts(const CommonSettings& settings, const SequenceModel& model, const Cpu<float>& on) {
  FamilyParts parts{.family = read_family(settings.data, model)};
  parts.weights = sequence_weights(parts.family, settings.weigh_within, on);
  std::vector<Index> judged(static_cast<std::size_t>(parts.family.size()));
  std::iota(judged.begin(), judged.end(), Index(0));
  if (settings.training_data.empty()) {
    parts.split.training = std::move(judged);
    return parts;
  }
  const Alignment learned = read_family(settings.training_data, model);
  const std::vector<double> of_learned = sequence_weights(learned, settings.weigh_within, on);
  for (Index& c : judged) c += learned.size();
  parts.split.held_out = std::move(judged);
  parts.split.training.resize(static_cast<std::size_t>(learned.size()));
  std::iota(parts.split.training.begin(), parts.split.training.end(), Index(0));
  HostMatrix<std::uint8_t> letters(learned.sites(), learned.size() + parts.family.size());
  letters << learned.letters, parts.family.letters;
  parts.family = Alignment{model.alphabet, std::move(letters), {}};
  parts.weights.insert(parts.weights.begin(), of_learned.begin(), of_learned.end());
  return parts;
}
}  // namespace

void evaluate_sequences(const CommonSettings& settings) {
  SequenceModel model = load_sequence_model(settings.model);
  const Cpu<float> on = processors(settings.judge.threads);
  const FamilyParts parts = judged_parts(settings, model, on);
  const std::vector<Index>& columns =
      settings.training_data.empty() ? parts.split.training : parts.split.held_out;
  const Alignment family = parts.family.subset(columns);
  const std::vector<double> weights = chosen(parts.weights, columns);
  const std::vector<Index> whole = whole_sequences(family);
  check<DataError>(!whole.empty(), "'", settings.data, "': every sequence has an unknown letter");
  const Sandwich z = sandwich(model.rbm, one_hot(family.subset(whole)),
                              {.chains = settings.judge.chains,
                               .betas = uniform_betas(settings.judge.temperatures),
                               .seed = settings.judge.seed,
                               .start_steps = settings.judge.start_steps},
                              on);
  model.log_z = z.log_z;
  const Eigen::MatrixXd shares = letter_frequencies(family, weights, {.pseudo_count = 1e-3});
  std::printf("sequences judged             %ld, effectively %.0f\n", static_cast<long>(whole.size()),
              effective_number(chosen(weights, whole)));
  std::printf("log likelihood a site        %.4f\n", log_likelihood_per_site(model, family, weights, on));
  std::printf("sites fitted independently   %.4f\n", independent_per_site(shares, family, weights));
  std::printf("log Z                        %.3f, %s: %s\n", z.log_z,
              z.consistent() ? "consistent" : "inconsistent", z.reason.c_str());
  if (settings.samples == 0) return;
  const auto compared = compare_sequences(
      draw(model, settings.samples, settings.steps, settings.judge.seed, on), parts, settings.judge.seed, on);
  check<DataError>(compared.has_value(), "--samples: there are fewer than ", fewest_compared,
                   " sequences to compare with");
  print_coverage(*compared, "sequences",
                 settings.training_data.empty() ? settings.data : settings.training_data);
}

}  // namespace program
