#include "sequence_model.hpp"

#include <cstdio>
#include <filesystem>
#include <harmonium/inference/annealing/sandwich.hpp>
#include <harmonium/inference/sequences/neighbours.hpp>
#include <harmonium/io/formats/atomic_file.hpp>
#include <harmonium/io/models/model_file.hpp>

using namespace harmonium;

namespace program {

namespace {
constexpr const char* alphabet_name = "harmonium.alphabet";  // its letters, then what stands for unknown ones
constexpr const char* unknown_name = "harmonium.unknown";    // if unknown letters are missing
constexpr const char* log_z_name = "harmonium.log_z";

Alphabet alphabet_from(const std::string& letters) {
  for (const Alphabet& known : {protein_alphabet(), rna_alphabet(), dna_alphabet()})
    if (known.letters() + known.unknown() == letters) return known;
  check<DataError>(letters.size() >= 3, "its alphabet is '", letters, "'");
  return Alphabet(letters.substr(0, letters.size() - 1), letters.back());
}

// Takes an entry out, if there is one.
std::optional<std::string> taken(Metadata& metadata, const char* name) {
  const auto found = metadata.find(name);
  if (found == metadata.end()) return {};
  const std::string value = found->second;
  metadata.erase(found);
  return value;
}
}  // namespace

bool is_sequence_model(const std::string& path) {
  try {
    return read_safetensors_metadata(path).contains(alphabet_name);
  } catch (const FileError&) {
    return false;  // whoever reads it says so
  }
}

SequenceModel load_sequence_model(const std::string& path) {
  TensorFile file = read_safetensors(path);
  const std::optional<std::string> letters = taken(file.metadata, alphabet_name);
  check<FileError>(letters.has_value(), "'", path,
                   "' is not a model of sequences: expected the model.safetensors that train made of an "
                   "alignment");
  try {
    SequenceModel model{.alphabet = alphabet_from(*letters)};
    if (const auto unknown = taken(file.metadata, unknown_name)) {
      check<DataError>(*unknown == "missing", "its unknown letters are '", *unknown, "', expected 'missing'");
      model.unknown = UnknownLetters::missing;
    }
    if (const auto log_z = taken(file.metadata, log_z_name)) model.log_z = parse_number(*log_z);
    model.rbm = model_from<SequenceRbm>(file);
    check<DataError>(model.rbm.visible.group == model.alphabet.states(), "its sites have ",
                     model.rbm.visible.group, " states, its alphabet ", model.alphabet.states(), " letters");
    return model;
  } catch (const Error& error) {
    throw FileError("'" + path + "': " + error.what());
  }
}

void save_sequence_model(const std::string& path, const SequenceModel& model) {
  TensorFile file = file_of(model.rbm);
  file.metadata[alphabet_name] = model.alphabet.letters() + model.alphabet.unknown();
  if (model.unknown == UnknownLetters::missing) file.metadata[unknown_name] = "missing";
  file.metadata[log_z_name] = csv_text(model.log_z);
  write_safetensors(path, file);
}

AlignmentOptions alignment_options(const CommonSettings& settings) {
  AlignmentOptions options;
  const std::string& name = settings.alphabet;
  if (name == "protein") options.alphabet = protein_alphabet();
  if (name == "rna") options.alphabet = rna_alphabet();
  if (name == "dna") options.alphabet = dna_alphabet();
  if (!name.empty() && !options.alphabet)
    options.alphabet = Alphabet(name, name.find('?') == std::string::npos ? '?' : '*');
  const bool has_gap = !options.alphabet || options.alphabet->gap() >= 0;
  check<ValueError>(settings.unknown.empty() || settings.unknown == "missing" || has_gap,
                    "--unknown is gap, but there is no - among the letters of --alphabet");
  if (settings.unknown == "missing" || !has_gap) options.unknown = UnknownLetters::missing;
  return options;
}

Alignment read_family(const std::string& path, const SequenceModel& model) {
  const bool missing = model.unknown == UnknownLetters::missing || model.alphabet.gap() < 0;
  const Alignment family = read_alignment(
      path, {.alphabet = model.alphabet, .unknown = missing ? UnknownLetters::missing : UnknownLetters::gap});
  check<DataError>(family.sites() == model.rbm.visible.units(), "'", path, "' has ", family.sites(),
                   " sites, the model ", model.rbm.visible.units());
  return family;
}

std::string text_of(const Alphabet& alphabet) {
  if (alphabet == protein_alphabet()) return "proteins";
  if (alphabet == rna_alphabet()) return "RNA";
  return alphabet == dna_alphabet() ? "DNA" : "letters " + alphabet.letters();
}

std::vector<Index> whole_sequences(const Alignment& family) {
  std::vector<Index> whole;
  for (Index c = 0; c < family.size(); ++c)
    if ((family.letters.col(c).array() != missing_letter).all()) whole.push_back(c);
  return whole;
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

namespace {
double weighted_mean(const Eigen::VectorXd& numbers, const std::vector<double>& weights) {
  double sum = 0;
  for (Index i = 0; i < numbers.size(); ++i) sum += weights[static_cast<std::size_t>(i)] * numbers(i);
  return sum / effective_number(weights);
}
}  // namespace

double log_likelihood_per_site(const SequenceModel& model, const Alignment& family,
                               const std::vector<double>& weights, const Cpu<float>& on) {
  const std::vector<Index> whole = whole_sequences(family);
  if (whole.empty()) return std::nan("");
  return weighted_mean(log_likelihood(model.rbm, one_hot(family.subset(whole)), model.log_z, on),
                       chosen(weights, whole)) /
         static_cast<double>(family.sites());
}

double independent_per_site(const Eigen::MatrixXd& frequencies, const Alignment& family,
                            const std::vector<double>& weights) {
  const std::vector<Index> whole = whole_sequences(family);
  Eigen::VectorXd sums = Eigen::VectorXd::Zero(static_cast<Index>(whole.size()));
  for (Index c = 0; c < sums.size(); ++c)
    for (Index i = 0; i < family.sites(); ++i)
      sums(c) += std::log(frequencies(family.letters(i, whole[static_cast<std::size_t>(c)]), i));
  return weighted_mean(sums, chosen(weights, whole)) / static_cast<double>(family.sites());
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

}  // namespace program
