// Training on samples that stay in their file: one that is larger than memory, and one that is not, beside
// the same samples in memory.
#pragma once

#include <fstream>
#include <nlohmann/json.hpp>

#include "jobs.hpp"

namespace benchmark {

struct MappedJob {
  double gigabytes = 30;
  int updates = 300;
  std::string folder = ".";
};

// A file that is there for as long as this lives.
struct PassingFile {
  std::filesystem::path path;
  explicit PassingFile(std::filesystem::path where) : path(std::move(where)) {}
  PassingFile(const PassingFile&) = delete;
  PassingFile& operator=(const PassingFile&) = delete;
  ~PassingFile() {
    std::error_code ignored;
    std::filesystem::remove(path, ignored);
  }
};

// Samples of grey levels, most of which are a hole in the file: zeros that take no room on the disk.
inline void make_sparse_file(const std::filesystem::path& path, Index rows, Index samples) {
  const std::string shape = "(" + std::to_string(samples) + ", " + std::to_string(rows) + ")";
  const std::string header = detail::pack_npy_header("|u1", shape);
  std::ofstream(path, std::ios::binary) << header;
  std::filesystem::resize_file(path, header.size() + static_cast<std::uint64_t>(samples * rows));
  std::fstream file(path, std::ios::binary | std::ios::in | std::ios::out);
  constexpr Index places = 64;
  std::string block(1u << 20, '\0');
  for (Index i = 0; i < places; ++i) {
    for (std::size_t k = 0; k < block.size(); ++k) block[k] = static_cast<char>((k * k + k / 784) % 251);
    file.seekp(static_cast<std::streamoff>(header.size()) + (samples * rows - (1 << 20)) / places * i);
    file.write(block.data(), static_cast<std::streamsize>(block.size()));
  }
  check<FileError>(file.good(), "benchmark: cannot write '", path.string(), "'");
}

// A line of /proc/self/status, in MB.
inline double status_mb(const std::string& name) {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);)
    if (line.starts_with(name + ":")) return std::stod(line.substr(name.size() + 1)) / 1024;
  return 0;
}

// Ends a run after some updates, and looks at the memory that belongs to no file.
struct MemoryWatch {
  int updates;
  double started = 0, ended = 0, most_mb = 0;
  Timer timer = {};
  Flow operator()(EpochReport& /*report*/) { return Flow::go_on; }
  Flow on_batch(const BatchReport& report) {
    if (report.batch == 1) started = timer.seconds();
    ended = timer.seconds();
    most_mb = std::max(most_mb, status_mb("RssAnon"));
    return report.batch >= updates ? Flow::pause : Flow::go_on;
  }
};

inline nlohmann::ordered_json train_from_files(const Job& job, const MappedJob& mapped) {
  constexpr Index rows = 784;
  const Cpu<float> on(job.threads);
  const ContrastiveDivergenceOptions<> options{
      .epochs = 1, .batch_size = job.batch, .chains = DataChains{}, .seed = job.seed};
  const auto model = [&] {
    return Rbm<Bernoulli, Bernoulli>{{.visible = rows, .hidden = job.hidden, .seed = job.seed}};
  };
  nlohmann::ordered_json figures;
  if (mapped.gigabytes > 0) {
    const PassingFile file(std::filesystem::path(mapped.folder) / "benchmark_large.npy");
    make_sparse_file(file.path, rows, std::max<Index>(2000, std::llround(mapped.gigabytes * 1e9 / rows)));
    const MappedSamples samples = map_npy(file.path, {.scale = 1.0 / 255});
    auto rbm = model();
    const double before = status_mb("RssAnon");
    ContrastiveDivergence trainer{rbm, options, on};
    MemoryWatch watch{mapped.updates};
    trainer.fit(samples, watch);
    figures["large"] = {
        {"gigabytes", static_cast<double>(std::filesystem::file_size(file.path)) * 1e-9},
        {"samples", samples.size()},
        {"seconds_before_updates", watch.started},
        {"milliseconds_per_update", 1000 * (watch.ended - watch.started) / (mapped.updates - 1)},
        {"anonymous_mb_before", before},
        {"anonymous_mb_at_most", watch.most_mb}};
  }
  // Grey levels that fit into the page cache: from the file, in an order shuffled in blocks, and from memory.
  const PassingFile file(std::filesystem::path(mapped.folder) / "benchmark_small.npy");
  Dataset::Bytes grey(rows, 60000);
  for (Index i = 0; i < grey.size(); ++i)
    grey.data()[i] = static_cast<std::uint8_t>((i * i + i / rows) % 251);
  write_npy(file.path, grey);
  const Dataset memory(std::move(grey));
  const MappedSamples blocks =
      map_npy(file.path, {.scale = 1.0 / 255, .block_bytes = 1 << 18, .shuffle_bytes = 1 << 22});
  const MappedSamples whole = map_npy(file.path, {.scale = 1.0 / 255});
  auto rbm = model();
  ContrastiveDivergence trainer{rbm, options, on};
  double best[3] = {1e9, 1e9, 1e9};
  const auto time = [&](double& seconds, const auto& data, int epoch) {
    const Timer timer;
    trainer.epoch(data, epoch);
    seconds = std::min(seconds, timer.seconds());
  };
  for (int epoch = 1; epoch <= job.epochs; ++epoch) {
    time(best[0], memory, epoch);
    time(best[1], blocks, epoch);
    time(best[2], whole, epoch);
  }
  figures["in_the_page_cache"] = {{"seconds_per_epoch_from_memory", best[0]},
                                  {"seconds_per_epoch_in_blocks", best[1]},
                                  {"seconds_per_epoch_shuffled_as_in_memory", best[2]},
                                  {"rate_in_blocks", best[0] / best[1]},
                                  {"rate_shuffled_as_in_memory", best[0] / best[2]}};
  return figures;
}

}  // namespace benchmark
