// A network that predicts a target: the hidden layers of a trained model, fine-tuned, below a head for
// classes or for a number. It does not depend on the kinds of the columns, so there are two of them only.
#pragma once

#include <harmonium/io/formats/tensor.hpp>
#include <harmonium/models/layer.hpp>
#include <harmonium/training/run/report.hpp>
#include <harmonium/units/bernoulli.hpp>
#include <memory>

#include "settings.hpp"
#include "target.hpp"

namespace program {

// A hidden layer of a trained model.
struct HiddenLayer {
  Eigen::MatrixXf weights;  // from the layer below
  harmonium::Layer<harmonium::Bernoulli, harmonium::Cpu<float>> units;
};

class Predictor {
 public:
  virtual ~Predictor() = default;
  // Learns from rows that miss nothing and whose answers are all known; held-out rows may be none.
  virtual harmonium::History train(const Samples& x, const Answers& answers, const Samples& held_out,
                                   const Answers& held_out_answers, const TrainSettings& settings) = 0;
  // The probability of each class, classes x n, or numbers in the target's own unit, 1 x n.
  virtual Eigen::MatrixXd predict(const Samples& x) const = 0;
  // Adds itself to the file of the model that it was made of.
  virtual void add_to(harmonium::TensorFile& file) const = 0;
};

std::unique_ptr<Predictor> make_predictor(const Column& target, const std::vector<HiddenLayer>& layers,
                                          std::uint64_t seed);
class Model;
// The model itself, if the target is one of its columns: p(class | the other columns), exactly, by its free
// energy with each class in turn (Larochelle and Bengio, 2008). The model must outlive it.
std::unique_ptr<Predictor> generative_predictor(const Model& model, const Columns& columns,
                                                const Column& target);
// Takes the predictor out of a model's file. Throws DataError unless it has `inputs` inputs, and as many
// outputs as the target has.
std::unique_ptr<Predictor> take_predictor(harmonium::TensorFile& file, const Column& target, Index inputs);

}  // namespace program
