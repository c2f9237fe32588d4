#include "predictor.hpp"

#include <harmonium/data/dataset.hpp>
#include <harmonium/inference/networks/classification.hpp>
#include <harmonium/inference/networks/regression.hpp>
#include <harmonium/io/models/model_file.hpp>
#include <harmonium/models/network.hpp>
#include <harmonium/observers/early_stopping.hpp>
#include <harmonium/observers/held_out.hpp>
#include <harmonium/training/fine_tuning.hpp>

#include "progress.hpp"

using namespace harmonium;

namespace program {

namespace {

constexpr const char* part_name = "predictor";  // of the model's file

// Only the size of a network's inputs matters, whatever units they were for the model below.
template <class Head>
class NetworkPredictor final : public Predictor {
  using Net = Network<Stack<Bernoulli>, Cpu<float>, Head>;

 public:
  NetworkPredictor(const Column& target, const std::vector<HiddenLayer>& layers, std::uint64_t seed)
      : target_(target) {
    NetworkOptions options{.seed = seed};
    options.sizes.emplace_back(layers.front().weights.rows());
    for (const HiddenLayer& layer : layers) options.sizes.emplace_back(layer.weights.cols());
    if constexpr (Net::classifies) {
      options.classes = static_cast<Index>(target.words.size());
    } else {
      options.outputs = 1;
    }
    network_ = Net(options, [&](auto& dense, Index i) {
      dense.weights = layers[static_cast<std::size_t>(i)].weights;
      dense.layer = layers[static_cast<std::size_t>(i)].units;
    });
  }
  NetworkPredictor(const Column& target, const TensorFile& file, Index inputs)
      : target_(target), network_(model_from<Net>(file)) {
    check<DataError>(network_.input_rows() == inputs, "its predictor has ", network_.input_rows(),
                     " inputs, its columns take ", inputs);
    const auto outputs = has_classes(target) ? static_cast<Index>(target.words.size()) : 1;
    check<DataError>(network_.output_rows() == outputs, "its predictor has ", network_.output_rows(),
                     " outputs, its target ", outputs);
  }

  History train(const Samples& x, const Answers& answers, const Samples& held_out,
                const Answers& held_out_answers, const TrainSettings& settings) override {
    const Cpu<float> on = processors(settings.threads);
    FineTuning trainer{network_, fine_tuning_options(settings, Net::classifies), on};
    const Dataset rows = with_answers(x, answers);
    const Dataset aside = held_out.size() > 0 ? with_answers(held_out, held_out_answers) : rows;
    Watcher watcher{[](EpochReport&) {}};
    if (held_out.size() > 0) watcher.look = HeldOut{network_, aside, on};
    check<DataError>(settings.patience == 0 || held_out.size() > 0,
                     "patience: no held-out row has a known target");
    if (settings.patience > 0)
      watcher.stopping = EarlyStopping{.metric = "held_out_loss", .patience = settings.patience};
    return trainer.fit(rows, watcher);
  }

  Eigen::MatrixXd predict(const Samples& x) const override {
    return x.sparse ? predict_rows(*x.sparse) : predict_rows(x.values);
  }

  void add_to(TensorFile& file) const override { add_part(file, part_name, file_of(network_)); }

 private:
  template <class Rows>
  Eigen::MatrixXd predict_rows(const Rows& x) const {
    if constexpr (Net::classifies) {
      return predict_proba(network_, x).template cast<double>();
    } else {
      const Eigen::MatrixXf y = outputs(network_, x);
      return unscaled(scaling_of({target_}), y);
    }
  }
  Dataset with_answers(const Samples& x, const Answers& answers) const {
    if constexpr (Net::classifies) {
      return x.sparse ? Dataset(*x.sparse, answers.labels) : Dataset(x.values, answers.labels);
    } else {
      const auto y = scaled<double>(scaling_of({target_}), answers.numbers.transpose());
      return (x.sparse ? Dataset(*x.sparse) : Dataset(x.values)).with_targets(y);
    }
  }

  Column target_;
  Net network_;
};

}  // namespace

std::unique_ptr<Predictor> make_predictor(const Column& target, const std::vector<HiddenLayer>& layers,
                                          std::uint64_t seed) {
  if (has_classes(target)) return std::make_unique<NetworkPredictor<Categorical>>(target, layers, seed);
  return std::make_unique<NetworkPredictor<Gaussian>>(target, layers, seed);
}

std::unique_ptr<Predictor> take_predictor(TensorFile& file, const Column& target, Index inputs) {
  const TensorFile own = take_part(file, part_name);
  if (has_classes(target)) return std::make_unique<NetworkPredictor<Categorical>>(target, own, inputs);
  return std::make_unique<NetworkPredictor<Gaussian>>(target, own, inputs);
}

}  // namespace program
