// Is pre-training worth it when few digits have labels? All training digits are available for pre-training;
// 100, 1,000 or 10,000 of them have labels. The pre-trained network is compared with the same one from a
// random start and with networks of rectified linear units, all of the same sizes and with the same updates.
#include <algorithm>
#include <cstdio>
#include <sstream>

#include "fine_tuned.hpp"
#include "kept_cells.hpp"
#include "pre_trained.hpp"
#include "studies.hpp"

namespace pretraining {
namespace {

const std::vector<Index> pre_trained_sizes = {784, 500, 500};
constexpr const char* models[] = {"pre-trained, sigmoid", "fresh, sigmoid", "fresh, ReLU",
                                  "fresh, ReLU and dropout"};

struct LabelCell {
  Index labels = 0;
  std::string model;
  std::uint64_t seed = 0;
  double test_accuracy = 0, test_loss = 0;
};
bool operator<(const LabelCell& a, const LabelCell& b) {
  return std::tie(a.labels, a.model, a.seed) < std::tie(b.labels, b.model, b.seed);
}
void to_json(Json& json, const LabelCell& cell) {
  json = {{"labels", cell.labels},
          {"model", cell.model},
          {"seed", cell.seed},
          {"test_accuracy", cell.test_accuracy},
          {"test_loss", cell.test_loss}};
}
void from_json(const Json& json, LabelCell& cell) {
  json.at("labels").get_to(cell.labels);
  json.at("model").get_to(cell.model);
  json.at("seed").get_to(cell.seed);
  json.at("test_accuracy").get_to(cell.test_accuracy);
  json.at("test_loss").get_to(cell.test_loss);
}

class Labels {
 public:
  Labels(const Settings& settings, const Mnist& mnist)
      : settings_(settings),
        on_(settings.on()),
        mnist_(mnist),
        train_(settings.quick ? split(mnist.train, mnist.train.size() / 10, 0).first : mnist.train) {
    for (const Index count : {100, 1000, 10000})
      if (count <= train_.size()) counts_.push_back(count);
    check<DataError>(!counts_.empty(), "there are ", train_.size(), " digits, expected at least 100");
    cells_ = kept_cells<LabelCell>(settings, "labels", how());
    std::printf("%ld digits to pre-train on, up to %ld of them with labels, %ld to test on, %d threads\n",
                static_cast<long>(train_.size()), static_cast<long>(counts_.back()),
                static_cast<long>(mnist.test.size()), on_.threads());
  }

  void run() {
    for (int i = 0; i < settings_.seeds; ++i) {
      const std::uint64_t seed = settings_.seed(i);
      const BinaryDbn dbn = learned(seed);
      for (const Index count : counts_) tune(dbn, count, seed);
    }
    write();
  }

 private:
  // Few labels are visited more often: at least a thousand updates.
  int epochs(Index labels) const {
    return (labels <= 100 ? 500 : labels <= 1000 ? 100 : 30) / (settings_.quick ? 5 : 1);
  }
  Json how() const {
    Json json = {
        {"sizes", pre_trained_sizes}, {"pre_training_epochs", settings_.epochs}, {"digits", train_.size()}};
    for (const Index count : counts_) json["epochs"].push_back(epochs(count));
    return json;
  }

  BinaryDbn learned(std::uint64_t seed) {
    const Recipe recipe{.name = "labels",
                        .sizes = pre_trained_sizes,
                        .epochs = settings_.epochs,
                        .seed = seed,
                        .digits = train_.size()};
    auto found = pre_trained<BinaryDbn>(settings_, recipe, train_, on_);
    for (const Json& layer : describe_codes(recipe, found, first_of(mnist_.test, 2000), on_))
      layers_.push_back(layer);
    return std::move(found.model);
  }

  void tune(const BinaryDbn& dbn, Index count, std::uint64_t seed) {
    const std::vector<StackSize> layers(pre_trained_sizes.begin(), pre_trained_sizes.end());
    const Dataset labelled = split(train_, count, seed).first;
    tune_one(models[0], classifier(dbn, 10, seed), labelled, seed);
    tune_one(models[1], Network<Stack<Bernoulli>>{{.sizes = layers, .classes = 10, .seed = seed}}, labelled,
             seed);
    const Network<Stack<Bernoulli, Relu>> modern{{.sizes = layers, .classes = 10, .seed = seed}};
    tune_one(models[2], modern, labelled, seed);
    tune_one(models[3], modern, labelled, seed, 0.2, 0.5);
  }
  template <class Model>
  void tune_one(const std::string& model, Model network, const Dataset& labelled, std::uint64_t seed,
                double input_dropout = 0, double dropout = 0) {
    LabelCell cell{.labels = labelled.size(), .model = model, .seed = seed};
    const auto same = [&](const LabelCell& other) { return !(cell < other) && !(other < cell); };
    if (std::any_of(cells_.begin(), cells_.end(), same)) return;
    const Timer timer;
    FineTuning trainer{network,
                       {.epochs = epochs(cell.labels),
                        .batch_size = 64,
                        .optimizer = Adam{.rate = linear(0.001, 0)},
                        .input_dropout = input_dropout,
                        .dropout = dropout,
                        .seed = seed},
                       on_};
    trainer.fit(labelled);
    const Evaluation test = evaluate(network, mnist_.test, on_);
    cell.test_accuracy = 1 - test.error;
    cell.test_loss = test.log_loss;
    cells_.push_back(cell);
    keep_cells(settings_, "labels", how(), cells_);
    std::printf("%ld labels, seed %llu, %s: test accuracy %.4f, %.0f s\n", static_cast<long>(cell.labels),
                static_cast<unsigned long long>(seed), cell.model.c_str(), cell.test_accuracy,
                timer.seconds());
    std::fflush(stdout);
  }

  // The accuracies of a model, one per seed.
  std::vector<double> accuracies(const std::string& model, Index labels) const {
    std::vector<double> numbers;
    for (int i = 0; i < settings_.seeds; ++i)
      for (const LabelCell& cell : cells_)
        if (cell.model == model && cell.labels == labels && cell.seed == settings_.seed(i))
          numbers.push_back(cell.test_accuracy);
    return numbers;
  }

  std::string markdown() const {
    std::ostringstream text;
    const auto head = [&](const char* what) {
      text << what;
      for (const Index count : counts_) text << " | " << count << " labels";
      text << "\n---";
      for (std::size_t i = 0; i < counts_.size(); ++i) text << "|---";
      text << '\n';
    };
    text << "# What is pre-training worth when digits have labels or not?\n\nMeans and standard errors over "
            "seeds.\n\n";
    head("test accuracy");
    for (const char* model : models) {
      text << model;
      for (const Index count : counts_) text << " | " << text_of(summary_of(accuracies(model, count)));
      text << '\n';
    }
    text << '\n';
    head("pre-trained is ahead by, with a 95 % interval");
    for (std::size_t m = 1; m < std::size(models); ++m) {
      text << "of " << models[m];
      for (const Index count : counts_) {
        std::vector<double> differences = accuracies(models[0], count);
        const std::vector<double> others = accuracies(models[m], count);
        for (std::size_t i = 0; i < differences.size(); ++i) differences[i] -= others[i];
        text << " | " << difference_text(summary_of(differences));
      }
      text << '\n';
    }
    return text.str();
  }

  void write() const {
    const std::string text = markdown();
    std::printf("\n%s\n", text.c_str());
    write_file(settings_.path("labels.md"), text);
    write_file(settings_.path("labels-codes.json"), layers_.dump(1) + '\n');
    std::vector<Curve> curves;
    for (const char* model : models) {
      Curve curve{.name = model};
      for (const Index count : counts_) {
        const Summary summary = summary_of(accuracies(model, count));
        curve.x.push_back(static_cast<double>(count));
        curve.y.push_back(1 - summary.mean);
        curve.spread.push_back(summary.error);
      }
      curves.push_back(std::move(curve));
    }
    const CurvesOptions chart{.title = "Error on test digits",
                              .x_title = "labelled digits",
                              .x_scale = AxisScale::logarithmic,
                              .y_scale = AxisScale::logarithmic,
                              .width = 720,
                              .height = 420};
    write_file(settings_.path("labels.svg"), draw_curves(curves, chart));
  }

  const Settings& settings_;
  Cpu<float> on_;
  const Mnist& mnist_;
  Dataset train_;
  std::vector<Index> counts_;
  std::vector<LabelCell> cells_;
  Json layers_ = Json::array();
};

}  // namespace

void run_labels(const Settings& settings, const Mnist& mnist) { Labels(settings, mnist).run(); }

}  // namespace pretraining
