#include <harmonium/io/pictures/snapshots.hpp>
#include <harmonium/units/bernoulli.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;

TEST_CASE("snapshots are drawn every few epochs, and after the last", "[io][snapshots]") {
  const test::TemporaryFolder folder;
  Rbm<Bernoulli, Bernoulli> rbm{{.visible = 6, .hidden = 3, .seed = 1}};
  Snapshots snapshots{rbm,
                      {.folder = folder / "a/b", .every = 2, .width = 3, .height = 2, .count = 2, .steps = 5},
                      Cpu<float>(1)};
  for (int epoch = 1; epoch <= 5; ++epoch) snapshots(EpochReport{.epoch = epoch, .epochs = 5});
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder / "a/b"))
    names.push_back(entry.path().filename());
  std::sort(names.begin(), names.end());
  CHECK(names == std::vector<std::string>{"filters-0002.png", "filters-0004.png", "filters-0005.png",
                                          "samples-0002.png", "samples-0004.png", "samples-0005.png"});
  // The model did not change, and the seed is the same.
  CHECK(test::get(folder / "a/b/samples-0002.png") == test::get(folder / "a/b/samples-0005.png"));
  const auto bytes = encode_png(
      tiles(rbm.weights.leftCols(2).eval(), {.width = 3, .height = 2, .colours = TileColours::signed_grey}));
  CHECK(test::get(folder / "a/b/filters-0002.png") ==
        std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));

  rbm.weights(0, 0) = std::numeric_limits<float>::quiet_NaN();
  snapshots(EpochReport{.epoch = 6, .epochs = 6});
  CHECK(std::filesystem::exists(folder / "a/b/filters-0006.png"));
  CHECK(!std::filesystem::exists(folder / "a/b/samples-0006.png"));
}

TEST_CASE("snapshots that cannot be drawn are refused before training", "[io][snapshots]") {
  const test::TemporaryFolder folder;
  const Rbm<Bernoulli, Bernoulli> rbm{{.visible = 6, .hidden = 3}};
  const auto make = [&](SnapshotOptions options) { Snapshots{rbm, std::move(options), Cpu<float>(1)}; };
  CHECK_THROWS_AS(make({.folder = folder / "a", .width = 2, .height = 2}), ShapeError);
  CHECK_THROWS_AS(make({.folder = folder / "a"}), ShapeError);
  CHECK_THROWS_WITH(make({.folder = folder / "a", .every = 0, .width = 3, .height = 2}),
                    "Snapshots: every is 0, expected at least 1");
  test::put(folder / "file", "");
  CHECK_THROWS_AS(make({.folder = folder / "file/a", .width = 3, .height = 2}), FileError);
  CHECK(folder.entries() == 1);
}
