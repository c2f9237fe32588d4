// Seconds per epoch of contrastive divergence on a CUDA device, and the fraction of the device's limit: the
// time that its products or memory transfers would take at the rates measured first. Prints a table, and
// writes JSON to the given file.
//
//   cuda_benchmark results.json [peers.json [key]]
//
// peers.json, if given, has PyTorch's seconds per epoch under the same keys, for comparison. With a key, such
// as cd1_h4096_b1024_tf32, only that case is measured.
#include <algorithm>
#include <cstdio>
#include <fstream>
#include <harmonium/cuda.hpp>
#include <harmonium/harmonium.hpp>
#include <sstream>

using namespace harmonium;

namespace {

constexpr Index visible = 784, samples = 60000;

// Seconds per call: the best of several rounds of many calls.
template <class F>
double seconds_of(const Cuda<float>& on, F call, int calls) {
  call();
  on.synchronize();
  double best = 1e30;
  for (int round = 0; round < 3; ++round) {
    const Timer timer;
    for (int i = 0; i < calls; ++i) call();
    on.synchronize();
    best = std::min(best, timer.seconds() / calls);
  }
  return best;
}

// Operations per second of a large product of random numbers, since a device multiplies constant ones faster.
double product_rate(const Cuda<float>& on) {
  constexpr Index n = 8192;
  CudaMatrix<float> a(n, n), b(n, n), c(n, n);
  const Layer<Gaussian, Cuda<float>> noise(n);
  on.fill(c, 0);
  sample(on, noise, View<const float, CudaMemory>(c), View<float, CudaMemory>(a), {.seed = 1});
  sample(on, noise, View<const float, CudaMemory>(c), View<float, CudaMemory>(b), {.seed = 2});
  const double t = seconds_of(
      on, [&] { on.multiply(Op::plain, Op::plain, 1, a, b, 0, c); }, 5);
  return 2.0 * n * n * n / t;
}

// Bytes per second of x += y, which moves three numbers per element.
double memory_rate(const Cuda<float>& on) {
  CudaMatrix<float> x(1 << 14, 1 << 13), y(1 << 14, 1 << 13);
  on.fill(x, 0);
  on.fill(y, 0);
  const double t = seconds_of(
      on, [&] { on.update(Add{}, View<float, CudaMemory>(x), View<const float, CudaMemory>(y)); }, 10);
  return 3.0 * 4 * (1 << 14) * (1 << 13) / t;
}

struct Case {
  int steps;
  Index hidden, batch;
};

// The least that an update must do: 3 + 2 k products (the first of the data, two per step, and both phases'
// statistics as one of twice the batch), and reading and writing weights, moments and gradient once each in
// addition to the reads of the weights by the products.
double limit_seconds(const Case& c, double operations, double bytes) {
  const double weights = static_cast<double>(visible * c.hidden), batch = static_cast<double>(c.batch);
  const double flop = 2 * weights * batch * (1 + 2.0 * c.steps + 2);
  const double activations = batch * static_cast<double>(visible + c.hidden) * (2 + 6.0 * c.steps);
  const double moved = 4 * (weights * (1 + 2.0 * c.steps + 1 + 5) + activations);
  return std::max(flop / operations, moved / bytes);
}

// The faster of two epochs after a first one, as run and timed by `fit`.
double epoch_seconds(const Case& c, const CudaDataset& data, const Cuda<float>& on) {
  Rbm<Bernoulli, Bernoulli, Cuda<float>> rbm{{.visible = visible, .hidden = c.hidden, .seed = 1}};
  const ContrastiveDivergenceOptions<> options{.epochs = 3,
                                               .batch_size = c.batch,
                                               .steps = c.steps,
                                               .chains = DataChains{},
                                               .optimizer = Momentum{.rate = 0.01},
                                               .max_gradient_norm = 0,
                                               .centered = false,
                                               .average_last = 0,
                                               .fit_visible_biases = false};
  double best = 1e30;
  ContrastiveDivergence{rbm, options, on}.fit(data, [&](const EpochReport& report) {
    if (report.epoch > 1) best = std::min(best, report.seconds);
  });
  return best;
}

// The number after "key": in a flat JSON text, or 0.
double number_of(const std::string& text, const std::string& key) {
  const std::size_t at = text.find('"' + key + "\":");
  return at == std::string::npos ? 0 : std::strtod(text.c_str() + at + key.size() + 3, nullptr);
}

// Random pixels, one in five of them white.
CudaDataset white_noise() {
  Dataset::Bytes pixels(visible, samples);
  for (Index c = 0; c < samples; ++c)
    for (Index r = 0; r < visible; ++r) {
      const PhiloxBlock block =
          philox({{static_cast<std::uint32_t>(r), static_cast<std::uint32_t>(c), 0, 0}}, 1, 2);
      pixels(r, c) = block.word[0] % 5 == 0 ? 255 : 0;
    }
  return CudaDataset(Dataset(std::move(pixels)));
}

// Keeps the JSON file complete after each number, in case the benchmark is cut short.
class Results {
 public:
  explicit Results(const char* path) : path_(path), text_("{\n  \"device\": \"" + cuda_device_name() + '"') {}
  void add(const std::string& key, double value) {
    std::ostringstream number;
    number << ",\n  \"" << key << "\": " << value;
    text_ += number.str();
    std::ofstream file(path_);
    file << text_ << "\n}\n";
    file.close();
    check<FileError>(file.good(), path_, ": cannot be written");
  }

 private:
  const char* path_;
  std::string text_;
};

}  // namespace

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "cuda_benchmark: expected the name of a file for the results\n");
    return 2;
  }
  try {
    const Cuda<float> made_ready;
    std::string peers;
    if (argc > 2) {
      std::stringstream text;
      text << std::ifstream(argv[2]).rdbuf();
      peers = text.str();
    }
    const std::string only = argc > 3 ? argv[3] : "";
    const CudaDataset data = white_noise();
    Results results(argv[1]);
    std::printf("%s\n%-6s %-8s %-7s %-7s %12s %8s %12s\n", cuda_device_name().c_str(), "CD-k", "hidden",
                "batch", "prods", "s / epoch", "of limit", "PyTorch s");
    const double bytes = memory_rate(made_ready);
    results.add("bytes_per_second", bytes);
    int compared = 0, faster = 0;
    for (const auto& [name, products] : {std::pair{"exact", CudaProducts::exact},
                                         {"tf32", CudaProducts::tf32},
                                         {"bf16", CudaProducts::bf16}}) {
      const Cuda<float> on({.products = products});
      const double operations = product_rate(on);
      results.add(std::string("operations_per_second_") + name, operations);
      for (const int steps : {1, 10})
        for (const Index hidden : {500, 2500, 4096, 16384})
          for (const Index batch : {100, 1024, 8192}) {
            const Case c{steps, hidden, batch};
            const std::string key = "cd" + std::to_string(steps) + "_h" + std::to_string(hidden) + "_b" +
                                    std::to_string(batch) + '_' + name;
            if (!only.empty() && key != only) continue;
            std::printf("CD-%-3d %-8ld %-7ld %-7s ", steps, static_cast<long>(hidden),
                        static_cast<long>(batch), name);
            double seconds = 0;
            try {
              seconds = epoch_seconds(c, data, on);
            } catch (const CudaOutOfMemory&) {
              std::printf("%12s\n", "too large");
              continue;
            }
            const double batches = static_cast<double>(samples) / static_cast<double>(batch);
            const double share = limit_seconds(c, operations, bytes) * batches / seconds;
            const double peer = number_of(peers, key);
            std::printf("%12.4f %7.1f%% ", seconds, 100 * share);
            std::printf(peer > 0 ? "%12.4f\n" : "           -\n", peer);
            std::fflush(stdout);
            compared += peer > 0;
            faster += peer > seconds;
            results.add(key, seconds);
            results.add(key + "_of_limit", share);
          }
    }
    if (compared > 0) {
      std::printf("faster than PyTorch in %d of %d cases\n", faster, compared);
      results.add("cases_with_pytorch", compared);
      results.add("cases_faster_than_pytorch", faster);
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "cuda_benchmark: %s\n", error.what());
    return 1;
  }
}
