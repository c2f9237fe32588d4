// The study behind the published tables.
#include <algorithm>
#include <cstdio>

#include "fine_tuned.hpp"
#include "pre_trained.hpp"
#include "studies.hpp"
#include "table_results.hpp"

namespace pretraining {
namespace {

using BinaryNetwork = Network<Stack<Bernoulli>>;

const std::vector<Index> wide = {784, 2500}, deep = {784, 512, 128, 64};

// As in the reference, 42,000 digits are drawn once and split into 27,720 and 14,280; smaller sets in
// proportion.
Digits study_digits(const Mnist& mnist, bool quick) {
  const Index all = quick ? std::max<Index>(mnist.train.size() / 10, std::min<Index>(mnist.train.size(), 20))
                          : mnist.train.size();
  const Index drawn = all * 7 / 10, train = drawn * 66 / 100;
  auto [learned_from, tested_on] = split(split(mnist.train, drawn, 0).first, train, 1);
  return {std::move(learned_from), std::move(tested_on)};
}

// Binarises at one threshold, the mean of all training pixels.
Digits at_one_threshold(const Digits& digits) {
  const double threshold = digits.train.visit_values([&](const auto& values) {
    return values.template cast<double>().sum() / static_cast<double>(values.size()) * digits.train.scale();
  });
  return {binarize(digits.train, threshold), binarize(digits.test, threshold)};
}

class Tables {
 public:
  Tables(const Settings& settings, const Mnist& mnist)
      : settings_(settings),
        on_(settings.on()),
        digits_(study_digits(mnist, settings.quick)),
        binary_(at_one_threshold(digits_)),
        looked_at_(first_of(digits_.test, 2000)),
        results_{.settings = settings, .cells = kept_cells<Cell>(settings, "tables", how())} {
    std::printf("%ld digits to learn from, %ld to test on, %d threads\n",
                static_cast<long>(digits_.train.size()), static_cast<long>(digits_.test.size()),
                on_.threads());
  }

  void run() {
    for (int i = 0; i < settings_.seeds; ++i) {
      const std::uint64_t seed = settings_.seed(i);
      wide_networks(seed, i == 0);
      deep_networks(seed, i == 0);
    }
    grey_network(settings_.first_seed);
    write_results(results_);
  }

 private:
  Json how() const {
    return {{"epochs", settings_.epochs},
            {"deep_epochs", settings_.deep_epochs()},
            {"digits", digits_.train.size()},
            {"tested_on", digits_.test.size()}};
  }
  Recipe recipe(const std::string& name, const std::vector<Index>& sizes, std::uint64_t seed) const {
    return {.name = name,
            .sizes = sizes,
            .epochs = sizes.size() > 2 ? settings_.deep_epochs() : settings_.epochs,
            .seed = seed,
            .digits = digits_.train.size()};
  }

  bool has(const std::string& table, const std::string& variant, std::uint64_t seed) const {
    return std::count_if(results_.cells.begin(), results_.cells.end(), [&](const Cell& cell) {
             return cell.table == table && cell.variant == variant && cell.seed == seed;
           }) == 5;
  }
  void add(const std::vector<Cell>& cells) {
    results_.cells.insert(results_.cells.end(), cells.begin(), cells.end());
    keep_cells(settings_, "tables", how(), results_.cells);
  }

  template <class Model>
  std::vector<Cell> tuned(const std::string& table, const std::string& variant, std::uint64_t seed,
                          Model& network) {
    return fine_tune({.table = table, .variant = variant, .seed = seed}, network, digits_, seed, on_);
  }
  void fresh(const std::string& table, const std::vector<Index>& sizes, std::uint64_t seed) {
    for (const Start start : {Start::units, Start::fan_in}) {
      const char* variant = start == Start::units ? "glorot" : "torch";
      if (has(table, variant, seed)) continue;
      BinaryNetwork network{
          {.sizes = {sizes.begin(), sizes.end()}, .classes = 10, .seed = seed, .start = start}};
      add(tuned(table, variant, seed, network));
    }
  }
  template <class Model>
  kept::Found<Model> learned(const Recipe& recipe) {
    auto found = pre_trained<Model>(settings_, recipe, digits_.train, on_);
    for (const Json& layer : describe_codes(recipe, found, looked_at_, on_)) results_.layers.push_back(layer);
    return found;
  }

  void wide_networks(std::uint64_t seed, bool first) {
    fresh("A", wide, seed);
    const BinaryDbn rbm = learned<BinaryDbn>(recipe("rbm", wide, seed)).model;
    if (first) results_.rbm = code_pictures(rbm, digits_.test, {});
    if (has("B", "glorot", seed)) return;
    auto network = classifier(rbm, 10, seed);
    add(tuned("B", "glorot", seed, network));
  }
  void deep_networks(std::uint64_t seed, bool first) {
    fresh("C", deep, seed);
    const BinaryDbn dbn = learned<BinaryDbn>(recipe("dbn", deep, seed)).model;
    if (first) results_.dbn = code_pictures(dbn, digits_.test, {.passes = settings_.passes, .seed = seed});
    if (has("D", "glorot", seed) && has("E", "glorot", seed)) return;
    auto network = classifier(dbn, 10, seed);
    std::vector<Cell> cells = tuned("D", "glorot", seed, network);
    // Training of the same network continues, with a fresh Adam and another order of digits.
    const std::vector<Cell> more = fine_tune({.table = "E", .variant = "glorot", .seed = seed}, network,
                                             binary_, seed_for(seed, SeedFor::run, 1), on_);
    cells.insert(cells.end(), more.begin(), more.end());
    add(cells);
  }
  void grey_network(std::uint64_t seed) {
    const GaussianDbn rbm = learned<GaussianDbn>(recipe("gaussian", wide, seed)).model;
    if (has("B", "gaussian", seed)) return;
    auto network = classifier(rbm, 10, seed);
    add(tuned("B", "gaussian", seed, network));
  }

  const Settings& settings_;
  Cpu<float> on_;
  Digits digits_, binary_;
  Eigen::MatrixXf looked_at_;
  TableResults results_;
};

}  // namespace

void run_tables(const Settings& settings, const Mnist& mnist) { Tables(settings, mnist).run(); }

}  // namespace pretraining
