// Programs that train, are killed on the way, and are started again.
#pragma once

#include <harmonium/io/models/checkpoint.hpp>

#include "io/temporary_folder.hpp"
#include "support/dice.hpp"

namespace test {

struct Killed {};

/// Throws in the middle of a run: nothing after it happens.
struct Killer {
  int at = 0;       ///< the batch, counted over all runs; 0: never
  int batches = 0;  ///< so far
  void on_batch(const harmonium::BatchReport& /*report*/) {
    if (++batches == at) throw Killed();
  }
  void operator()(const harmonium::EpochReport& /*report*/) {}
};

/// What two runs must have in common: everything but the time they took.
inline std::string without_seconds(harmonium::History history) {
  for (auto& report : history.epochs) report.seconds = report.total_seconds = 0;
  return harmonium::detail::text_of(history);
}

/// A model's numbers, to the bit.
template <class Model>
std::string bytes_of(const Model& model) {
  harmonium::TensorFile file;
  harmonium::add_parameters(file, model);
  std::string bytes;
  for (const auto& tensor : file.tensors)
    bytes.append(reinterpret_cast<const char*>(tensor.bytes.data()), tensor.bytes.size());
  return bytes;
}

/// Runs program(killer, checkpoint), which returns its results: uninterrupted, and then `kills` times killed
/// at random and resumed, twice each. All must end the same.
template <class Program>
void check_that_kills_do_not_matter(Program program, int kills, std::uint64_t seed) {
  const TemporaryFolder folder;
  Killer counter;
  harmonium::Checkpoint unused{{.path = folder / "unused"}};
  const std::string expected = program(counter, unused);
  Dice dice(seed);
  for (int i = 0; i < kills; ++i) {
    const std::filesystem::path path = folder / ("run" + std::to_string(i));
    const int every = 1 + static_cast<int>(2 * dice.uniform());
    const double seconds = dice.uniform() < 0.5 ? 0 : 1e-12;  // at every batch
    const int first = 1 + static_cast<int>(dice.uniform() * counter.batches);
    INFO("killed at batch " << first << " of " << counter.batches << ", a checkpoint each " << every
                            << " epochs or " << seconds << " seconds");
    int killed = 0;
    std::string end;
    for (const int at :
         {first, 1 + first / 2, 0}) {  // the second attempt may be killed too, or reach the end
      try {
        harmonium::Checkpoint checkpoint{{.path = path, .resume = true, .epochs = every, .seconds = seconds}};
        Killer killer{at};
        end = program(killer, checkpoint);
      } catch (const Killed&) {
        ++killed;
      }
    }
    CHECK(killed >= 1);
    harmonium::Checkpoint finished{{.path = path, .resume = true}};
    Killer first_batch{1};
    CHECK((program(first_batch, finished) == expected));  // nothing is left to do
    CHECK((end == expected));
  }
}

}  // namespace test
