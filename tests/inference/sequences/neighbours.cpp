#include <harmonium/core/random.hpp>
#include <harmonium/inference/sequences/neighbours.hpp>

#include "bad_input/refusals.hpp"

using namespace harmonium;

namespace test::inference_sequences_neighbours {

namespace {

// Families of relatives: each sequence is one of a few ancestors with a letter or two changed.
Alignment family(Index sites, Index size, Index ancestors) {
  Alignment alignment{rna_alphabet(), HostMatrix<std::uint8_t>(sites, size), {}};
  const auto draw = [](Index row, Index column, Index range, std::uint64_t seed) {
    const PhiloxBlock block = Draws{.seed = seed, .stream = Stream::toy}.block_of_row(
        static_cast<std::uint32_t>(row), static_cast<std::uint32_t>(column), 0);
    return static_cast<Index>(block.word[0] % static_cast<std::uint32_t>(range));
  };
  for (Index c = 0; c < size; ++c)
    for (Index i = 0; i < sites; ++i)
      alignment.letters(i, c) = static_cast<std::uint8_t>(
          draw(i, c, 6, 1) == 0 ? draw(i, c, 5, 2) : draw(i, draw(0, c, ancestors, 3), 5, 4));
  return alignment;
}
Index differing(const Alignment& x, Index a, const Alignment& y, Index b) {
  return (x.letters.col(a).array() != y.letters.col(b).array()).count();
}

}  // namespace

TEST_CASE("weights are those of brute force, at every block's border and on any number of threads",
          "[inference][sequences]") {
  for (const auto& [sites, size] : {std::pair<Index, Index>{10, 1}, {15, 127}, {15, 129}, {300, 40}}) {
    const Alignment alignment = family(sites, size, 5);
    for (const double distance : {0.0, 0.2, 0.3, 1.0}) {
      std::vector<double> expected;
      for (Index a = 0; a < size; ++a) {
        int close = 1;
        for (Index b = 0; b < size; ++b)
          close += b != a && static_cast<double>(differing(alignment, a, alignment, b)) <
                                 distance * static_cast<double>(sites) - 1e-9;
        expected.push_back(1.0 / close);
      }
      CHECK(sequence_weights(alignment, distance, Cpu<float>(1)) == expected);
      CHECK(sequence_weights(alignment, distance, Cpu<float>(3)) == expected);
    }
  }
}

TEST_CASE("a difference of just the distance is not closer", "[inference][sequences]") {
  const Alignment two = alignment_from(std::vector<std::string>{"ACGUACGUAC", "ACGUACGU--"}, rna_alphabet());
  CHECK(sequence_weights(two, 0.2) == std::vector<double>{1, 1});
  CHECK(sequence_weights(two, 0.21) == std::vector<double>{0.5, 0.5});
  CHECK(effective_number(sequence_weights(two, 0.21)) == 1);
}

TEST_CASE("clusters are those of single linkage, and are held out as a whole", "[inference][sequences]") {
  const Alignment alignment = family(20, 200, 12);
  constexpr double distance = 0.25;
  // Numbers spread from neighbour to neighbour until nothing changes.
  std::vector<Index> expected(200);
  std::iota(expected.begin(), expected.end(), Index(0));
  for (bool changed = true; changed;) {
    changed = false;
    for (Index a = 0; a < 200; ++a)
      for (Index b = 0; b < 200; ++b)
        if (auto& x = expected[static_cast<std::size_t>(a)], &y = expected[static_cast<std::size_t>(b)];
            x < y && differing(alignment, a, alignment, b) < 5) {
          y = x;
          changed = true;
        }
  }
  const std::vector<Index> clusters = sequence_clusters(alignment, distance, Cpu<float>(2));
  Index count = 0;
  int wrong = 0;
  for (std::size_t a = 0; a < 200; ++a) {
    count = std::max(count, clusters[a] + 1);
    for (std::size_t b = 0; b < 200; ++b)
      wrong += (clusters[a] == clusters[b]) != (expected[a] == expected[b]);
  }
  CHECK(wrong == 0);
  CHECK(count > 10);
  CHECK(count < 150);
  CHECK(clusters[0] == 0);
  const WeightsAndClusters both = sequence_weights_and_clusters(alignment, distance, Cpu<float>(2));
  CHECK(both.clusters == clusters);
  CHECK(both.weights == sequence_weights(alignment, distance, Cpu<float>(1)));

  const ClusterSplit split = split_by_clusters(clusters, 50, 1);
  CHECK(split.training.size() + split.held_out.size() == 200);
  CHECK(split.held_out.size() <= 50);
  CHECK(split.held_out.size() > 30);
  Index closest = 20;
  for (const Index a : split.training)
    for (const Index b : split.held_out) closest = std::min(closest, differing(alignment, a, alignment, b));
  CHECK(closest >= 5);
  CHECK(split_by_clusters(clusters, 50, 1).held_out == split.held_out);
  CHECK(split_by_clusters(clusters, 50, 2).held_out != split.held_out);
}

TEST_CASE("the nearest sequence is that of brute force, the first of several", "[inference][sequences]") {
  const Alignment natural = family(300, 140, 9), sampled = family(300, 160, 9);
  const std::vector<NearestSequence> nearest = nearest_sequences(sampled, natural, Cpu<float>(2));
  for (Index c = 0; c < 160; ++c) {
    NearestSequence best{-1, 301};
    for (Index b = 0; b < 140; ++b)
      if (const Index count = differing(sampled, c, natural, b); count < best.differences) best = {b, count};
    const NearestSequence& found = nearest[static_cast<std::size_t>(c)];
    CHECK((found.index == best.index && found.differences == best.differences));
  }
}

TEST_CASE("bad distances, splits and alignments are refused", "[bad_input][sequences]") {
  const Alignment two = alignment_from(std::vector<std::string>{"ACGU", "ACG-"}, rna_alphabet());
  Alignment odd = two;
  odd.letters(0, 0) = 5;
  const std::vector<Index> clusters{0, 0, 1}, negative{-1};
  check_refusals({
      refused<ValueError>("a distance above 1", "sequence_weights: distance is 1.5, expected 0 to 1",
                          [=] { return sequence_weights(two, 1.5); }),
      refused<ValueError>("a distance that is no number", "sequence_clusters: distance is nan, expected .*",
                          [=] { return sequence_clusters(two, NAN); }),
      refused<ValueError>("a distance below 0 for both",
                          "sequence_weights_and_clusters: distance is -1, expected 0 to 1",
                          [=] { return sequence_weights_and_clusters(two, -1); }),
      refused<DataError>("letters that are none for both",
                         "sequence_weights_and_clusters: site 1 of sequence 0 is 5, expected .*",
                         [=] { return sequence_weights_and_clusters(odd); }),
      refused<DataError>("letters that are none", "sequence_weights: site 1 of sequence 0 is 5, expected .*",
                         [=] { return sequence_weights(odd); }),
      refused<ValueError>("more than there are", "split_by_clusters: count is 4, expected 0 to 3",
                          [=] { return split_by_clusters(clusters, 4, 1); }),
      refused<ValueError>("a negative cluster", "split_by_clusters: a cluster is -1, expected 0 to 0",
                          [=] { return split_by_clusters(negative, 0, 1); }),
      refused<DataError>("nothing near", "nearest_sequences: there are no others",
                         [=] { return nearest_sequences(two, two.subset({})); }),
      refused<ShapeError>("other sites", "nearest_sequences: there are 4 sites, the others have 1",
                          [=] {
                            return nearest_sequences(
                                two, alignment_from(std::vector<std::string>{"A"}, rna_alphabet()));
                          }),
      refused<DataError>("other letters", "nearest_sequences: the letters are -ACGU, .*-ACGT",
                         [=] {
                           return nearest_sequences(
                               two, alignment_from(std::vector<std::string>{"ACGT"}, dna_alphabet()));
                         }),
  });
}

}  // namespace test::inference_sequences_neighbours
