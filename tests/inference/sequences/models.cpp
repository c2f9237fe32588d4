// Questions to models of sequences, each beside single energies of sequences written out.
#include <harmonium/core/random.hpp>
#include <harmonium/inference/sequences/contacts.hpp>
#include <harmonium/inference/sequences/designs.hpp>
#include <harmonium/inference/sequences/filters.hpp>
#include <harmonium/inference/sequences/mean_field.hpp>
#include <harmonium/units/drelu.hpp>
#include <harmonium/units/gaussian.hpp>

#include "bad_input/refusals.hpp"

using namespace harmonium;

namespace test::inference_sequences_models {

namespace {

using Double = Cpu<double>;
using Potts = BoltzmannMachine<Categorical, Double>;
using Machine = Rbm<Categorical, Bernoulli, Double>;

double normal(Index row, Index column, std::uint64_t seed) {
  return Random{{.seed = seed, .stream = Stream::toy},
                static_cast<std::uint32_t>(row),
                static_cast<std::uint32_t>(column)}
      .normal<double>();
}
const Alphabet four("-ABC", '?');

Machine random_rbm() {
  Machine rbm{{.visible = {4, 4}, .hidden = 3, .seed = 1, .weight_scale = 1}};
  for (Index r = 0; r < 16; ++r) rbm.visible.parameters(r, 0) = normal(r, 0, 1);
  for (Index r = 0; r < 3; ++r) rbm.hidden.parameters(r, 0) = normal(r, 0, 2);
  return rbm;
}
Potts random_potts() {
  Potts machine{{.visible = {4, 4}}};
  for (Index c = 0; c < 16; ++c)
    for (Index r = 0; r < c / 4 * 4; ++r) machine.weights(r, c) = machine.weights(c, r) = normal(r, c, 3);
  for (Index r = 0; r < 16; ++r) machine.visible.parameters(r, 0) = normal(r, 0, 4);
  return machine;
}
Alignment sequence(const std::string& text) { return alignment_from(std::vector<std::string>{text}, four); }
template <class Model>
double energy(const Model& model, const Alignment& one) {
  return free_energy(model, Eigen::MatrixXd(one_hot(one).to_matrix<double>()))(0, 0);
}

}  // namespace

TEST_CASE("a scan has the differences of single energies", "[inference][sequences]") {
  const Alignment wild = sequence("A-CB");
  const auto check_scan = [&](const auto& model) {
    const Eigen::MatrixXd scan = mutation_scan(model, wild);
    REQUIRE((scan.rows() == 4 && scan.cols() == 4));
    for (Index i = 0; i < 4; ++i)
      for (Index a = 0; a < 4; ++a) {
        Alignment mutant = wild;
        mutant.letters(i, 0) = static_cast<std::uint8_t>(a);
        CHECK(std::abs(scan(a, i) - (energy(model, wild) - energy(model, mutant))) < 1e-12);
      }
  };
  check_scan(random_rbm());
  check_scan(random_potts());
}

TEST_CASE("an RBM's couplings are second differences of its free energy", "[inference][sequences]") {
  const Machine rbm = random_rbm();
  const Alignment two = alignment_from(std::vector<std::string>{"A-CB", "CCB-"}, four);
  const Eigen::MatrixXd found = couplings(rbm, two, Double(2));
  double worst = 0;
  for (Index i = 0; i < 4; ++i)
    for (Index j = 0; j < 4; ++j) {
      Eigen::Matrix4d log_p = Eigen::Matrix4d::Zero();
      for (Index c = 0; c < 2 && i != j; ++c)
        for (Index a = 0; a < 4; ++a)
          for (Index b = 0; b < 4; ++b) {
            const std::vector<Index> column{c};
            Alignment changed = two.subset(column);
            changed.letters(i, 0) = static_cast<std::uint8_t>(a);
            changed.letters(j, 0) = static_cast<std::uint8_t>(b);
            log_p(a, b) -= energy(rbm, changed) / 2;
          }
      for (Index a = 0; a < 4; ++a)
        for (Index b = 0; b < 4; ++b) {
          // The mean over all other letters of the four corners of a square.
          double expected = 0;
          for (Index x = 0; x < 4; ++x)
            for (Index y = 0; y < 4; ++y)
              expected += (log_p(a, b) + log_p(x, y) - log_p(a, y) - log_p(x, b)) / 16;
          worst = std::max(worst, std::abs(found(i * 4 + a, j * 4 + b) - expected));
        }
    }
  CHECK(worst < 1e-12);
}

TEST_CASE("the gauge of a Potts model does not matter", "[inference][sequences]") {
  Potts machine = random_potts();
  const Eigen::MatrixXd before = couplings(machine);
  CHECK(std::abs(before.block(0, 4, 4, 4).rowwise().sum().norm()) < 1e-12);
  CHECK(std::abs(before.block(0, 4, 4, 4).colwise().sum().norm()) < 1e-12);
  CHECK((before - before.transpose()).norm() < 1e-12);
  machine.weights.block(0, 4, 1, 4).array() += 3;
  machine.weights.block(4, 0, 4, 1).array() += 3;
  CHECK((couplings(machine) - before).norm() < 1e-12);
}

TEST_CASE("contacts of a planted Potts model are found", "[inference][sequences]") {
  // Each pair of (0, 5), (1, 7), (2, 9) prefers equal letters.
  constexpr Index sites = 10;
  Potts planted{{.visible = {sites, 4}}};
  const std::vector<std::pair<Index, Index>> pairs{{0, 5}, {1, 7}, {2, 9}};
  for (const auto& [i, j] : pairs)
    for (Index a = 0; a < 4; ++a) {
      planted.weights(i * 4 + a, j * 4 + a) = 1.5;
      planted.weights(j * 4 + a, i * 4 + a) = 1.5;
    }
  const Alignment family = design_sequences(planted, four, {.count = 1500, .steps = 20, .seed = 1});
  const Potts found = mean_field_inversion<double>(family, {}, {.pseudo_count = 0.2}, Double(2));
  const std::vector<Contact> ranked =
      ranked_contacts(contact_scores(couplings(found), 4, {.gap = four.gap()}), 1);
  Eigen::MatrixXd distances = Eigen::MatrixXd::Constant(sites, sites, 20);
  for (const auto& [i, j] : pairs) distances(i, j) = 5;
  CHECK(contact_precision(ranked, distances, 3) == 1);
  CHECK(contact_precision(ranked, distances, 6) == 0.5);
  distances(ranked[0].i, ranked[0].j) = std::nan("");
  CHECK(contact_precision(ranked, distances, 3) == Catch::Detail::Approx(2.0 / 3));
  CHECK(ranked.size() == sites * (sites - 1) / 2);
  CHECK(ranked_contacts(Eigen::MatrixXd::Zero(sites, sites), 5).size() == 15);
  // Biases and couplings agree: to first order, frequencies are those of the family.
  CHECK(found.visible.parameters.middleRows(8, 4).sum() < 1e-9);
}

TEST_CASE("the mean-field inversion of independent sites has no couplings but those of chance",
          "[inference][sequences]") {
  // All pairs of letters once: exactly independent.
  std::vector<std::string> texts;
  for (const char a : four.letters())
    for (const char b : four.letters()) texts.push_back(std::string{a, b});
  const Alignment family = alignment_from(texts, four);
  const Potts found = mean_field_inversion<double>(family, {}, {.pseudo_count = 0.1}, Double(1));
  CHECK(found.weights.norm() < 1e-12);
  CHECK(found.visible.parameters.norm() < 1e-12);
  // -J is the inverse covariance: two sites of two letters, on which the formula is solved by hand. With
  // p(same) = 3/4, covariances are c = [1/4 1/8; 1/8 1/4] of the first letter, and -J = c^-1 off the
  // diagonal = -(1/8) / (1/16 - 1/64) = -8/3; centered, a fourth of it.
  const Alphabet two("AB", '?');
  const Alignment alike =
      alignment_from(std::vector<std::string>{"AA", "AA", "AA", "BB", "BB", "BB", "AB", "BA"}, two);
  const Potts pair = mean_field_inversion<double>(alike, {}, {.pseudo_count = 1e-9}, Double(1));
  CHECK(std::abs(pair.weights(0, 2) - 8.0 / 12) < 1e-6);
  CHECK(std::abs(pair.weights(0, 3) + 8.0 / 12) < 1e-6);
}

TEST_CASE("the average-product correction is its formula", "[inference][sequences]") {
  Eigen::Matrix3d scores;
  scores << 9, 1, 2, 1, 9, 6, 2, 6, 9;
  const Eigen::MatrixXd corrected = average_product_correction(scores);
  // Means off the diagonal: 1.5, 3.5, 4; of all 3.
  CHECK(corrected(0, 1) == Catch::Detail::Approx(1 - 1.5 * 3.5 / 3));
  CHECK(corrected(0, 2) == Catch::Detail::Approx(2 - 1.5 * 4 / 3));
  CHECK(corrected(2, 1) == Catch::Detail::Approx(6 - 4 * 3.5 / 3));
  CHECK(corrected.diagonal().isZero());
  Eigen::MatrixXd block = Eigen::MatrixXd::Zero(4, 4);
  block.topRightCorner(2, 2) << 1, 2, 3, 4;
  block.bottomLeftCorner(2, 2) = block.topRightCorner(2, 2).transpose();
  CHECK(contact_scores(block, 2, {.gap = 0, .corrected = false})(0, 1) == 4);
  CHECK(contact_scores(block, 2, {.gap = -1, .corrected = false})(1, 0) ==
        Catch::Detail::Approx(std::sqrt(30.0)));
}

TEST_CASE("designs keep fixed sites and follow p^(1/T)", "[inference][sequences]") {
  const auto check_designs = [&](const auto& model, double temperature, auto log_p) {
    const int count = 4000;
    const Alignment drawn = design_sequences(
        model, four, {.count = count, .steps = 60, .temperature = temperature, .fixed = "?A?-", .seed = 2});
    REQUIRE(drawn.size() == count);
    CHECK((drawn.letters.row(1).array() == 1).all());
    CHECK((drawn.letters.row(3).array() == 0).all());
    Eigen::Matrix4d expected, found = Eigen::Matrix4d::Zero();
    for (Index a = 0; a < 4; ++a)
      for (Index b = 0; b < 4; ++b) {
        Alignment one = sequence("-A--");
        one.letters(0, 0) = static_cast<std::uint8_t>(a);
        one.letters(2, 0) = static_cast<std::uint8_t>(b);
        expected(a, b) = std::exp(log_p(one));
      }
    expected /= expected.sum();
    for (Index c = 0; c < count; ++c) found(drawn.letters(0, c), drawn.letters(2, c)) += 1.0 / count;
    // Half of the summed differences; 16 states of sqrt(p / count) each.
    CHECK((found - expected).cwiseAbs().sum() / 2 < 4 * std::sqrt(16.0 / count) / 2);
  };
  const Potts potts = random_potts();
  check_designs(potts, 0.5, [&](const Alignment& one) { return -energy(potts, one) / 0.5; });
  const Machine rbm = random_rbm();
  check_designs(rbm, 1, [&](const Alignment& one) { return -energy(rbm, one); });
  const Machine cold = at_temperature(rbm, 0.5);
  check_designs(rbm, 0.5, [&](const Alignment& one) { return -energy(cold, one); });
  CHECK((cold.weights - 2 * rbm.weights).norm() == 0);
  // Near absolute zero, where other biases and weights are large too.
  const Alignment frozen = design_sequences(
      potts, four, {.count = 20, .steps = 5, .temperature = 1e-9, .fixed = "CA?-", .seed = 3});
  for (Index c = 0; c < frozen.size(); ++c) CHECK(frozen.text(c).starts_with("CA"));
}

TEST_CASE("at a temperature, joint energies are divided by it", "[inference][sequences]") {
  const auto check_energies = [](auto rbm) {
    for (Index k = 0; k < rbm.hidden.parameters.cols(); ++k)
      rbm.hidden.parameters(0, k) = 0.3 + 0.2 * double(k);
    const auto cold = at_temperature(rbm, 0.5);
    CHECK((cold.weights - 2 * rbm.weights).norm() == 0);
    for (const double x : {-1.3, 1.7}) {
      const Eigen::MatrixXd h = Eigen::MatrixXd::Constant(1, 1, x);
      Eigen::MatrixXd before = Eigen::MatrixXd::Zero(1, 1), after = before;
      add_energy(Double(), rbm.hidden, View<const double>(h), 1, before);
      add_energy(Double(), cold.hidden, View<const double>(h), 1, after);
      CHECK(after(0, 0) == Catch::Detail::Approx(before(0, 0) / 0.5));
    }
  };
  check_energies(Rbm<Categorical, Gaussian, Double>{{.visible = {2, 3}, .hidden = 1, .seed = 1}});
  check_energies(Rbm<Categorical, Drelu, Double>{{.visible = {2, 3}, .hidden = 1, .seed = 1}});
}

TEST_CASE("hidden units can be held", "[inference][sequences]") {
  Machine rbm{{.visible = {4, 4}, .hidden = 1, .seed = 1, .weight_scale = 0}};
  for (Index i = 0; i < 4; ++i) rbm.weights(i * 4 + 1, 0) = 40;
  rbm.hidden.parameters(0, 0) = -1000;
  const Eigen::MatrixXd on = Eigen::MatrixXd::Ones(1, 5);
  const Mask known = Mask::Constant(1, 5, true);
  const Alignment held =
      design_sequences(rbm, four, {.count = 5, .steps = 1}, {.values = on, .known = known});
  CHECK(held.text(4) == "AAAA");
}

TEST_CASE("letters of weights sum to zero at each site, and units are ordered by them",
          "[inference][sequences]") {
  Machine rbm = random_rbm();
  rbm.weights.col(1) *= 5;
  const Eigen::MatrixXd weights = letter_weights(rbm, 1);
  REQUIRE((weights.rows() == 4 && weights.cols() == 4));
  CHECK(weights.colwise().sum().norm() < 1e-12);
  CHECK(std::abs(weights(2, 3) - (rbm.weights(14, 1) - rbm.weights.col(1).tail(4).mean())) < 1e-12);
  CHECK(units_by_weight(rbm).front() == 1);
  CHECK(units_by_weight(rbm).size() == 3);
  CHECK_THROWS_AS(letter_weights(rbm, 3), ValueError);
}

TEST_CASE("bad questions to models of sequences are refused", "[bad_input][sequences]") {
  const Machine rbm = random_rbm();
  const Potts potts = random_potts();
  const Alignment wild = sequence("A-CB"), missing = sequence("A?CB");
  const Alignment other = alignment_from(std::vector<std::string>{"ACGU"}, rna_alphabet());
  const Eigen::MatrixXd scores = Eigen::MatrixXd::Zero(4, 4);
  const std::vector<Contact> one{{0, 1, 1}};
  check_refusals(
      {
          refused<ShapeError>("other letters", "mutation_scan: the sequences have 4 sites of 5 letters, .*",
                              [=] { return mutation_scan(rbm, other); }),
          refused<DataError>("a letter that is missing", "mutation_scan: there are 1 sequences, .*",
                             [=] { return mutation_scan(potts, missing); }),
          refused<ShapeError>("other sequences", "couplings: the sequences have 4 sites of 5 letters, .*",
                              [=] { return couplings(rbm, other); }),
          refused<DataError>("no sequences", "couplings: there are no sequences, or letters are missing",
                             [=] { return couplings(rbm, missing); }),
          refused<ValueError>("a gap that is none", "contact_scores: the gap is 4 of 4 states, .*",
                              [=] { return contact_scores(couplings(potts), 4, {.gap = 4}); }),
          refused<ShapeError>("couplings of one site", "contact_scores: the couplings are 4 x 4, .*",
                              [=] { return contact_scores(scores, 4); }),
          refused<ShapeError>("one score", "average_product_correction: the scores are 1 x 1, .*",
                              [] { return average_product_correction(Eigen::MatrixXd(1, 1)); }),
          refused<ValueError>("neighbours of themselves", "ranked_contacts: separation is 0, .*",
                              [=] { return ranked_contacts(scores, 0); }),
          refused<ShapeError>("scores of no square", "ranked_contacts: the scores are 2 x 3, .*",
                              [] { return ranked_contacts(Eigen::MatrixXd(2, 3)); }),
          refused<ValueError>("no contacts", "contact_precision: count is 0, expected at least 1",
                              [=] { return contact_precision(one, scores, 0); }),
          refused<ValueError>("more contacts than there are",
                              "contact_precision: 1 of the contacts have a distance, expected 2",
                              [=] { return contact_precision(one, scores, 2); }),
          refused<ShapeError>("contacts of others",
                              "contact_precision: a contact is between sites 0 and 1, .*",
                              [=] { return contact_precision(one, Eigen::MatrixXd::Zero(1, 1), 1); }),
          refused<ValueError>("no pseudo-count", "mean_field_inversion: pseudo_count is 0, expected .*",
                              [=] { return mean_field_inversion(wild, {}, {.pseudo_count = 0}); }),
          refused<DataError>("frequencies of what is missing", "pair_frequencies: letters are missing",
                             [=] { return mean_field_inversion(missing); }),
          refused<ValueError>("absolute zero", "at_temperature: the temperature is 0, .*",
                              [=] { return at_temperature(rbm, 0); }),
          refused<ShapeError>("a pattern that is too short",
                              "design_sequences: there are 2 fixed letters or \\?, expected 4",
                              [=] { return design_sequences(rbm, four, {.fixed = "A?"}); }),
          refused<DataError>("a fixed letter that is none",
                             "design_sequences: site 2 is fixed to 'X', expected \\? or one of -ABC",
                             [=] { return design_sequences(potts, four, {.fixed = "AX??"}); }),
          refused<ShapeError>("another alphabet", "design_sequences: the model has 4 letters, the alphabet 5",
                              [=] { return design_sequences(rbm, rna_alphabet()); }),
          refused<ValueError>("no steps", "design_sequences: steps is 0, expected at least 1",
                              [=] { return design_sequences(potts, four, {.steps = 0}); }),
          refused<ValueError>("no designs", "design_sequences: count is 0, expected at least 1",
                              [=] { return design_sequences(rbm, four, {.count = 0}); }),
      },
      rbm, potts);
}

}  // namespace test::inference_sequences_models
