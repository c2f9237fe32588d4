// A model of sequences: its file, and families read with its alphabet.
#pragma once

#include <cmath>
#include <harmonium/io/formats/alignment_file.hpp>
#include <harmonium/models/rbm.hpp>
#include <harmonium/units/drelu.hpp>

#include "commands.hpp"

namespace program {

using SequenceRbm = harmonium::Rbm<harmonium::Categorical, harmonium::Drelu>;

struct SequenceModel {
  SequenceRbm rbm = {};
  harmonium::Alphabet alphabet = harmonium::protein_alphabet();
  harmonium::UnknownLetters unknown = harmonium::UnknownLetters::gap;
  double log_z = std::nan("");
};

// Throws FileError if it is not one.
SequenceModel load_sequence_model(const std::string& path);
void save_sequence_model(const std::string& path, const SequenceModel& model);

// How --alphabet and --unknown say that alignments are read.
harmonium::AlignmentOptions alignment_options(const CommonSettings& settings);
// Sequences with the sites of a model. Letters that it does not know are what they were in training.
harmonium::Alignment read_family(const std::string& path, const SequenceModel& model);
// "proteins", "RNA" and so on
std::string text_of(const harmonium::Alphabet& alphabet);

// The sequences without a missing letter.
std::vector<Index> whole_sequences(const harmonium::Alignment& family);
// At most `most` sequences, evenly spread.
harmonium::Alignment some_of(const harmonium::Alignment& family, Index most);
// The weights of these sequences.
std::vector<double> chosen(const std::vector<double>& weights, const std::vector<Index>& columns);
// Weighted mean log likelihood a site of the sequences without a missing letter; NaN if there are none.
double log_likelihood_per_site(const SequenceModel& model, const harmonium::Alignment& family,
                               const std::vector<double>& weights, const harmonium::Cpu<float>& on);
// The same if sites were independent, with these frequencies (letters x sites).
double independent_per_site(const Eigen::MatrixXd& frequencies, const harmonium::Alignment& family,
                            const std::vector<double>& weights);

// Throws ValueError unless the output is the terminal or ends in one of these.
void require_ending(const std::string& output, std::initializer_list<const char*> endings);
void write_text(const std::string& output, const std::string& text);

}  // namespace program
