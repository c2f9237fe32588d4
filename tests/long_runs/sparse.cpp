// Bags of words of a size at which nobody would make them dense: 20,000 words, 100,000 texts, 0.3 % ones.
// They would take 8 GB.
#include <harmonium/inference/free_energy.hpp>
#include <harmonium/io/report/peak_memory.hpp>
#include <harmonium/training/contrastive_divergence.hpp>

#include "support/catch.hpp"
#include "support/models.hpp"

using namespace harmonium;
using namespace test;

TEST_CASE("20,000 columns x 100,000 rows train in the memory of the non-zeros, two models and a few batches",
          "[sparse][slow]") {
  constexpr Index words = 20'000, texts = 100'000, topics = 20;
  // Texts of 60 words, most of them from one of 20 topics; or, for comparison, without topics.
  const auto bags = [](Index count, bool with_topics, std::uint64_t seed) {
    Dice dice(seed);
    Eigen::SparseMatrix<float> x(words, count);
    x.reserve(62 * count);
    std::vector<Index> bag;
    for (Index c = 0; c < count; ++c) {
      const Index topic = dice.below(topics), own = words / topics;
      bag.clear();
      for (int i = 0; i < 60; ++i)
        bag.push_back(with_topics && dice.uniform() < 0.8 ? topic * own + dice.below(own)
                                                          : dice.below(words));
      std::sort(bag.begin(), bag.end());
      bag.erase(std::unique(bag.begin(), bag.end()), bag.end());
      x.startVec(c);
      for (const Index word : bag) x.insertBack(word, c) = 1;
    }
    x.finalize();
    return x;
  };
  const Eigen::SparseMatrix<float> train = bags(texts, true, 1), more = bags(1000, true, 2),
                                   others = bags(1000, false, 3);
  REQUIRE(train.nonZeros() > 5'500'000);
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = words, .hidden = 32, .seed = 1}};
  const double before = peak_memory_mb();
  ContrastiveDivergence trainer{rbm, {.epochs = 1, .batch_size = 100, .steps = 1}};
  const History history = trainer.fit(train);
  const double model = 4e-6 * words * 33, batch = 4e-6 * words * 100;
  INFO("peak " << peak_memory_mb() << " MB, before training " << before << " MB, a model " << model
               << " MB, a batch " << batch << " MB; " << history.epochs[0].seconds << " s");
  CHECK(peak_memory_mb() - before < 20 * batch);  // models, chains and rooms; not the data
  const auto mean = [&](const auto& data) { return free_energy(rbm, data).mean(); };
  CHECK(mean(more) < mean(others) - 10);  // it knows what belongs together
  WARN("peak " << peak_memory_mb() << " MB, of which " << before << " MB before training, in "
               << history.epochs[0].seconds << " s");
}
