// Samples that stay in their file give the numbers, and so the models, that samples in memory give.
#include <harmonium/inference/free_energy.hpp>
#include <harmonium/inference/layers.hpp>
#include <harmonium/io/formats/mapped_samples.hpp>
#include <harmonium/io/formats/npy.hpp>
#include <harmonium/io/models/checkpoint.hpp>
#include <harmonium/models/standardized.hpp>
#include <harmonium/training/labelled_source.hpp>
#include <harmonium/training/pre_training.hpp>
#include <harmonium/units/bernoulli.hpp>
#include <harmonium/units/gaussian.hpp>

#include "io/temporary_folder.hpp"
#include "support/catch.hpp"

using namespace harmonium;
using Catch::Matchers::ContainsSubstring;
using Catch::Matchers::EndsWith;

namespace test::formats_mapped_samples {

namespace {

using Bits = Rbm<Bernoulli, Bernoulli>;
constexpr Index rows = 6, size = 53;

// Grey levels from 0 to 255, none like another's neighbour.
Dataset::Bytes grey() {
  Dataset::Bytes values(rows, size);
  for (Index c = 0; c < size; ++c)
    for (Index r = 0; r < rows; ++r)
      values(r, c) = static_cast<std::uint8_t>((r * 53 + c * 97 + c * c) % 256);
  return values;
}
template <class M>
std::string bytes_of(const M& values) {
  return {reinterpret_cast<const char*>(values.data()),
          static_cast<std::size_t>(values.size()) * sizeof(typename M::Scalar)};
}
std::string idx(const std::string& sizes, const std::string& numbers) {
  std::string file("\0\0\x08", 3);
  file += static_cast<char>(sizes.size());
  for (const char each : sizes) file += std::string(3, '\0') + each;
  return file + numbers;
}

template <class Data>
Bits trained(const Data& data, int threads = 1) {
  Bits rbm{{.visible = rows, .hidden = 4, .seed = 1}};
  ContrastiveDivergence trainer{rbm, {.epochs = 3, .batch_size = 10, .seed = 2}, Cpu<float>(threads)};
  trainer.fit(data);
  trainer.epoch(data, 4);
  return rbm;
}

// Samples in memory that are read like those of a file.
struct InBlocks {
  const Dataset& data;
  Reading how;
  Index rows() const { return data.rows(); }
  Index size() const { return data.size(); }
  std::span<const int> labels() const { return {}; }
  Reading reading() const { return how; }
  template <class B>
  void fill(const B& on, std::span<const Index> columns, View<typename B::Scalar> out) const {
    data.fill(on, columns, out);
  }
};

constexpr MapOptions levels{.scale = 1.0 / 255};
constexpr MapOptions in_blocks{.scale = 1.0 / 255, .block_bytes = 5 * rows, .shuffle_bytes = 15 * rows};

}  // namespace

TEST_CASE("a model learned from a file is that learned from memory, to the last byte", "[io][mapped]") {
  const TemporaryFolder folder;
  const Dataset memory(grey());
  write_npy(folder / "a.npy", grey());
  const MappedSamples file = map_npy(folder / "a.npy", levels);
  CHECK(file.rows() == rows);
  CHECK(file.size() == size);
  CHECK(file.labels().empty());
  CHECK(file.byte_scale() == 1.0 / 255);
  CHECK(reading_of(file).shuffles_all(size));
  const Bits rbm = trained(memory);
  CHECK(trained(file) == rbm);
  CHECK(trained(file, 2) == rbm);
  CHECK(mean_hidden(rbm, file) == mean_hidden(rbm, memory));
  CHECK(free_energy(rbm, file) == free_energy(rbm, memory));

  Dbn<Stack<Bernoulli>> from_file{{.sizes = {rows, 4, 3}, .seed = 1}}, from_memory = from_file;
  const PreTrainingOptions<> options{.layers = {{.epochs = 2, .batch_size = 10, .seed = 3}}};
  pre_train(from_memory, memory, options);
  pre_train(from_file, map_npy(folder / "a.npy", in_blocks), options);
  CHECK_FALSE(from_file == from_memory);
  from_file = Dbn<Stack<Bernoulli>>{{.sizes = {rows, 4, 3}, .seed = 1}};
  pre_train(from_file, file, options);
  CHECK(from_file == from_memory);
}

TEST_CASE("every format has the numbers of its reader into memory", "[io][mapped]") {
  const TemporaryFolder folder;
  const auto path = folder / "a";
  std::vector<Index> all;
  detail::set_consecutive(all, 0, size);
  const auto numbers = [&](const MappedSamples& samples) {
    Eigen::MatrixXf block(samples.rows(), samples.size());
    samples.fill(Cpu<float>(), std::span(all).first(static_cast<std::size_t>(samples.size())),
                 View<float>(block));
    return block;
  };
  const auto same_as_read = [&] { return numbers(map_npy(path)) == samples_from(read_npy(path)); };
  const Eigen::MatrixXf single = grey().cast<float>() / 7;
  const Eigen::MatrixXd twice = grey().cast<double>() / 7;
  write_npy(path, grey());
  CHECK(same_as_read());
  write_npy(path, single);
  CHECK(same_as_read());
  CHECK_FALSE(map_npy(path).byte_scale());
  write_npy(path, twice);
  CHECK(same_as_read());
  write_npy(path, make_tensor("a", {5, 3, 2}, std::span<const float>(single.data(), 30)));
  CHECK(same_as_read());
  CHECK(map_npy(path).rows() == 6);
  write_npy(path, make_tensor("a", {7}, std::span<const float>(single.data(), 7)));
  CHECK(same_as_read());
  put(path, detail::pack_npy_header("|b1", "(2, 3)") + std::string("\0\1\1\0\0\1", 6));
  CHECK(same_as_read());

  put(path, "a header of 24 bytes, or" + bytes_of(twice));
  CHECK(numbers(map_raw(path, {.dtype = Dtype::f64, .rows = rows, .offset = 24})) == twice.cast<float>());
  put(path, bytes_of(grey()));
  CHECK(numbers(map_raw(path, {.rows = rows})) == grey().cast<float>());
  CHECK(numbers(map_raw(path, {.rows = rows}, {.first = 3, .count = 20})) ==
        grey().middleCols(3, 20).cast<float>());
  CHECK(numbers(map_raw(path, {.rows = rows}, {.first = 50})) == grey().rightCols(3).cast<float>());

  const std::string classes = bytes_of(grey()).substr(0, size);
  put(path, idx({size, 2, 3}, bytes_of(grey())));
  put(folder / "labels", idx({size}, classes));
  const Dataset read = read_idx(path, folder / "labels");
  const MappedSamples pictures = map_idx(path, folder / "labels");
  CHECK(numbers(pictures) == read.to_matrix<float>());
  CHECK(std::ranges::equal(pictures.labels(), read.labels()));
  const MappedSamples part = map_idx(path, folder / "labels", {.first = 3, .count = 20});
  CHECK(std::ranges::equal(part.labels(), read.labels().subspan(3, 20)));
  CHECK(numbers(part) == read.to_matrix<float>().middleCols(3, 20));
}

TEST_CASE("real numbers are scaled batch by batch, and seen by every check", "[io][mapped]") {
  const TemporaryFolder folder;
  Eigen::MatrixXd values = grey().cast<double>() * 3;
  write_npy(folder / "a.npy", values);
  const MappedSamples file = map_npy(folder / "a.npy");
  const auto learn = [&](const auto& data) {
    Rbm<Gaussian, Bernoulli> rbm{{.visible = rows, .hidden = 4, .seed = 1}};
    ContrastiveDivergence{rbm, {.epochs = 1, .batch_size = 10, .seed = 2}}.fit(data);
    return rbm;
  };
  const Scaling scaling = standard_scaling(file);
  CHECK(scaling.shift == standard_scaling(values).shift);
  CHECK(learn(Standardized(scaling, file)) == learn(Standardized(scaling, values)));
  values(2, 17) = std::nan("");
  write_npy(folder / "a.npy", values);
  CHECK_THROWS_WITH(learn(map_npy(folder / "a.npy")), ContainsSubstring("nan in row 2 of column 17"));
  write_npy(folder / "a.npy", grey());
  CHECK_THROWS_WITH(trained(map_npy(folder / "a.npy")), ContainsSubstring("a bernoulli unit takes"));
}

TEST_CASE("a large file is shuffled in blocks, as samples in memory that are read so", "[io][mapped]") {
  const TemporaryFolder folder;
  const Dataset memory(grey());
  write_npy(folder / "a.npy", grey());
  const MappedSamples file = map_npy(folder / "a.npy", in_blocks);
  CHECK(reading_of(file).block == 5);
  CHECK(reading_of(file).together == 3);
  const Bits rbm = trained(file);
  CHECK(rbm == trained(InBlocks{memory, {.block = 5, .together = 3}}));
  CHECK(rbm == trained(file, 2));
  CHECK_FALSE(rbm == trained(memory));
  const auto reading = [&](const MapOptions& options) {
    const Reading how = map_npy(folder / "a.npy", options).reading();
    return std::pair(how.block, how.together);
  };
  CHECK(reading({.block_bytes = 1, .shuffle_bytes = 1}) == std::pair<Index, Index>(1, 1));
  CHECK(reading({.block_bytes = 1, .most_shuffled = 9}) == std::pair<Index, Index>(1, 9));
  CHECK(reading({.most_shuffled = 9}) == std::pair<Index, Index>(9, 1));
  CHECK(reading({.most_shuffled = size}) == std::pair<Index, Index>(size, 1));
}

TEST_CASE("whatever stands between a file and a trainer passes on how it is read", "[io][mapped]") {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", grey());
  const MappedSamples file = map_npy(folder / "a.npy", in_blocks);
  const auto block_of = [](const auto& source) { return reading_of(source).block; };
  const Dbn<Stack<Bernoulli>> dbn{{.sizes = {rows, 4, 3}, .seed = 1}};
  CHECK(block_of(EncodedSource(dbn, file, 1, false, 1)) == 5);
  CHECK(block_of(LabelledSource<Cpu<float>, MappedSamples>(file, 0)) == 5);
  CHECK(block_of(KnownOnly(file)) == 5);
  CHECK(block_of(Standardized(Scaling(ScalingOptions{rows}), file)) == 5);
}

TEST_CASE("a run from a file goes on from where it was, in blocks of the same size alone", "[io][mapped]") {
  const TemporaryFolder folder;
  write_npy(folder / "a.npy", grey());
  const MappedSamples file = map_npy(folder / "a.npy", in_blocks);
  const auto fit = [&](const MappedSamples& data, int most) {
    Bits rbm{{.visible = rows, .hidden = 4, .seed = 1}};
    ContrastiveDivergence trainer{rbm, {.epochs = 2, .batch_size = 10, .seed = 2}};
    struct Pause {
      int left;
      Flow operator()(EpochReport& /*report*/) { return Flow::go_on; }
      Flow on_batch(const BatchReport& /*report*/) { return --left == 0 ? Flow::pause : Flow::go_on; }
    };
    trainer.fit(data, Pause{most}, Checkpoint{{.path = folder / "run", .resume = true}});
    return rbm;
  };
  const Bits whole = fit(file, -1);
  std::filesystem::remove(folder / "run");
  CHECK_FALSE(fit(file, 4) == whole);  // of 6 batches in an epoch
  MapOptions other = in_blocks;
  other.block_bytes = 3 * rows;
  other.shuffle_bytes = 9 * rows;
  CHECK_THROWS_WITH(fit(map_npy(folder / "a.npy", other), -1),
                    EndsWith("': samples_read_together was '5', it is '3' now"));
  CHECK(fit(file, -1) == whole);
}

TEST_CASE("a file may be moved, and given another name, but not be changed", "[io][mapped]") {
  const TemporaryFolder folder;
  const auto path = folder / "a.npy";
  write_npy(path, grey());
  MappedSamples first = map_npy(path, levels);
  const Bits rbm = trained(first);
  MappedSamples second = std::move(first);
  CHECK(second.file().path() == path);
  std::filesystem::rename(path, folder / "b.npy");
  write_npy(path, Dataset::Bytes::Zero(rows, 2).eval());
  CHECK(trained(second) == rbm);
  second = map_npy(path, levels);
  CHECK(second.size() == 2);
  CHECK_FALSE(trained(second) == rbm);

  const MappedSamples here = map_npy(folder / "b.npy", levels);
  const auto length = std::filesystem::file_size(folder / "b.npy");
  for (const auto now : {length - 1, length + 1}) {
    std::filesystem::resize_file(folder / "b.npy", now);
    CHECK_THROWS_WITH(trained(here),
                      EndsWith("': it had " + std::to_string(length) +
                               " bytes when it was opened, and now has " + std::to_string(now)));
  }
  std::filesystem::resize_file(folder / "b.npy", length);
  CHECK_NOTHROW(trained(here));
}

}  // namespace test::formats_mapped_samples
