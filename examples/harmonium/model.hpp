// What the program does with a model of any unit types: the model is chosen at run time from one registry,
// while everything below it uses types known at compile time.
#pragma once

#include <functional>
#include <harmonium/io/formats/tensor.hpp>
#include <harmonium/training/run/report.hpp>
#include <memory>

#include "predictor.hpp"
#include "settings.hpp"

namespace program {

// How likely rows are.
struct Judgement {
  Eigen::VectorXd log_likelihoods;  // in nats, of numbers as the model sees them
  double standard_error = 0;        // from the estimate of log Z
  double log_z = 0;
  std::string method, verdict, reason;
};

// How odd rows are: the larger, the less likely.
struct Scores {
  Eigen::VectorXd numbers;  // in nats, of numbers as the model sees them; NaN where too much is missing
  bool exact = false;       // -log p of the known values; otherwise only up to a constant
  std::string meaning;
};

// New rows.
struct Generated {
  Eigen::MatrixXf values;
  std::string how = {};  // if there is more to say than steps
};

class Model {
 public:
  virtual ~Model() = default;
  virtual std::vector<harmonium::History> train(const Samples& rows, const Samples& held_out,
                                                const TrainSettings& settings) = 0;
  virtual harmonium::TensorFile file() const = 0;
  // For a predictor to start from.
  virtual std::vector<HiddenLayer> hidden_layers() const = 0;
  // Fills in missing values: their averages given the known ones; exact if few states are left, otherwise
  // those of chains.
  virtual Eigen::MatrixXf fill_in(const Samples& rows, std::uint64_t seed) const = 0;
  virtual std::vector<bool> fills_in_exactly(const Samples& rows) const = 0;  // for each row
  // Codes of rows whose missing values are filled in first.
  virtual Eigen::MatrixXf encode(const Samples& rows, std::uint64_t seed) const = 0;
  virtual Eigen::MatrixXf reconstruct(const Eigen::MatrixXf& rows) const = 0;
  // Exact if few states are to be summed over; otherwise from chains of `steps` steps each, or, of a model
  // with a training path, from exact draws at its bottom in at most `steps` sweeps over it.
  virtual Generated generate(Index samples, int steps, std::uint64_t seed) const = 0;
  // The same given some values of one row: exact if few states are left, otherwise from chains of `steps`
  // steps. A deep model draws from its lowest RBM.
  virtual Eigen::MatrixXf generate_given(const Samples& row, Index samples, int steps,
                                         std::uint64_t seed) const = 0;
  // Missing values are summed out, where that is exact.
  virtual Scores score(const Samples& rows) const = 0;
  // log p(rows in which this class is the one of the `classes` rows from `first` on) up to a constant of each
  // row: classes x rows.
  virtual Eigen::MatrixXd class_log_scores(const Eigen::MatrixXf& rows, Index first, Index classes) const = 0;
  virtual Judgement judge(const Samples& rows, const JudgeSettings& settings) const = 0;  // complete ones
  // The exact log likelihood if columns were independent, with the rates of `rates`.
  virtual Eigen::VectorXd judge_independent(const Samples& rates, const Samples& rows) const = 0;
  // Weights of the lowest layer, V x H.
  virtual Eigen::MatrixXf weights() const = 0;
  virtual std::string text() const = 0;
};

// A kind of model.
struct ModelKind {
  const char* name;
  bool (*fits)(const Layout&);  // does it support these columns?
  std::unique_ptr<Model> (*make)(const Layout&, const TrainSettings&);
  std::unique_ptr<Model> (*from)(const harmonium::TensorFile&, const Layout&);
};

// All kinds; the first that fits is used. To add a kind, add a file like bernoulli.cpp and a line there.
const std::vector<ModelKind>& registry();

std::unique_ptr<Model> make_model(const Columns& columns, const TrainSettings& settings);
struct LoadedModel {
  std::unique_ptr<Model> model;
  Columns columns;
  Column target = {};  // without a name if there is none
  std::unique_ptr<Predictor> predictor = {};
  bool generative = false;  // is the target one of the columns?
};
LoadedModel load_model(const std::string& path);
void save_model(const std::string& path, const Model& model, const Columns& columns,
                const Column& target = {}, const Predictor* predictor = nullptr);

}  // namespace program
