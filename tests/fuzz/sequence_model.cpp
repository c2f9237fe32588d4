// The program's models of sequences: what loads must encode and scan a family of its own size.
#include <fstream>
#include <harmonium/data/alphabet.hpp>
#include <harmonium/sequences.hpp>
#include <harmonium/units/categorical.hpp>
#include <harmonium/units/drelu.hpp>

#include "models.hpp"

namespace fuzz::sequence_model {
namespace {

using namespace program;
using namespace harmonium;

void attack(Bytes input) {
  CommonSettings settings;
  settings.model = file_with(input);
  settings.data = folder() + "/family";
  std::ofstream(settings.data) << ">a\nACG\n>b\nA-N\n";
  settings.output = folder() + "/rows.csv";
  if (!is_sequence_model(settings.model)) return;
  encode_sequences(settings);
  run_scan(settings);
}

std::vector<std::string> seeds() {
  std::vector<std::string> all;
  for (const Alphabet& alphabet : {rna_alphabet(), dna_alphabet()}) {
    const Rbm<Categorical, Drelu> rbm{
        {.visible = {.units = 3, .states = alphabet.states()}, .hidden = 2, .seed = 1}};
    TensorFile file = file_of(rbm);
    file.metadata["harmonium.alphabet"] = alphabet.letters() + alphabet.unknown();
    file.metadata["harmonium.log_z"] = "3.5";
    all.push_back(bytes_of(file));
  }
  return all;
}

const Registered target({"sequence_model", attack, seeds,
                         tensor_words_and({"\"harmonium.alphabet\":", "\"harmonium.log_z\":", "\"drelu\"",
                                           "\"-ACGUN\"", "\"abc\"",
                                           "\"visible.states\":", "\"hidden.units\":", "\"1e999\""})});

}  // namespace
}  // namespace fuzz::sequence_model
