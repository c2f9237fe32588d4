// Everything that is timed by default.
#pragma once

#include <cstdio>
#include <cstdlib>
#include <harmonium/backend/products.hpp>

#include "jobs.hpp"
#include "limits.hpp"

namespace benchmark {

// Compares the backend's products in a job's shapes with sums in double precision.
inline void check_products(const Job& job, Index visible) {
  const Cpu<float> on(job.threads);
  const Index hidden = job.hidden, batch = job.batch;
  const Eigen::MatrixXf w = Eigen::MatrixXf::Random(visible, hidden),
                        v = Eigen::MatrixXf::Random(visible, batch),
                        h = Eigen::MatrixXf::Random(hidden, batch);
  Eigen::MatrixXf up(hidden, batch), down(visible, batch), both(visible, hidden);
  on.multiply(Op::transposed, Op::plain, 1, View<const float>(w), View<const float>(v), 0, View<float>(up));
  on.multiply(Op::plain, Op::plain, 1, View<const float>(w), View<const float>(h), 0, View<float>(down));
  on.multiply(Op::plain, Op::transposed, 1, View<const float>(v), View<const float>(h), 0, View<float>(both));
  const auto check_one = [](float got, double exact, Index depth, const char* what) {
    check<ValueError>(std::abs(static_cast<double>(got) - exact) < 1e-6 * static_cast<double>(depth + 10),
                      "benchmark: the product ", what, " gives ", got, ", expected ", exact);
  };
  for (Index i = 0; i < 50; ++i) {  // a few numbers here and there
    const Index r = 7919 * i % visible, c = 104729 * i % hidden, b = 31 * i % batch;
    check_one(up(c, b), w.col(c).cast<double>().dot(v.col(b).cast<double>()), visible, "W^T v");
    check_one(down(r, b), w.row(r).cast<double>().dot(h.col(b).transpose().cast<double>()), hidden, "W h");
    check_one(both(r, c), v.row(r).cast<double>().dot(h.row(c).cast<double>()), batch, "v h^T");
  }
}

class Suite {
 public:
  Suite(const Dataset& train, const Dataset& test, int most_threads, bool quick)
      : train_(train), test_(test), quick_(quick) {
    for (int threads = 1; threads <= most_threads; threads *= 2) {
      limits_.push_back(limits(threads));
      const nlohmann::ordered_json& l = limits_.back();
      std::printf("%d thread%s: FP32 %.0f Gflop/s, memory %.0f GB/s", threads, threads == 1 ? "" : "s",
                  l["fp32_flops"].get<double>() * 1e-9, l["memory_bytes_per_second"].get<double>() * 1e-9);
      if (!l["bf16_product_flops"].is_null())
        std::printf(", products in bf16 %.0f Gflop/s, in 8 bits %.0f Gop/s",
                    l["bf16_product_flops"].get<double>() * 1e-9, l["int8_product_ops"].get<double>() * 1e-9);
      std::printf("\n");
    }
    std::printf("products by %s; seconds for 60,000 samples\n%-44s %8s %9s %6s %7s\n", product_library, "job",
                "seconds", "Gflop/s", "share", "timed");
  }

  nlohmann::ordered_json run() {
    for (const nlohmann::ordered_json& limit : limits_) {
      limit_ = &limit;
      const int threads = limit["threads"];
      for (const int hidden : {128, 500, 1000, 2500})
        for (const int batch : {10, 100, 500})
          if (!(quick_ && hidden > 500)) cd("cd", {.hidden = hidden, .batch = batch, .threads = threads});
      cd("cd-10", {.hidden = 2500, .batch = 128, .k = 10, .threads = threads});
      cd("pcd", {.threads = threads, .persistent = true});
      cd("cd centred", {.threads = threads, .centered = true});
      network({.batch = 100, .threads = threads, .lr = 0.001});
      if (has_bf16()) mixed(threads);
      annealed({.threads = threads, .temperatures = quick_ ? 50 : 500});
      exact({.visible = 112, .hidden = quick_ ? 19 : 23, .threads = threads});
      exact({.visible = 784, .hidden = quick_ ? 16 : 20, .threads = threads});
      passes(threads);
      for (const Index visible : {392, 1568, 3136}) growth(visible, 10000, {.threads = threads});
      for (const int count : {2500, 5000, 20000, 40000}) growth(784, count, {.threads = threads});
      small_step(threads);
    }
    large();
    compile_time();
    return {{"products", product_library}, {"limits", limits_}, {"jobs", jobs_}};
  }

 private:
  // As many samples as take about a second.
  int samples(double operations_each) const {
    const double wanted =
        (quick_ ? 0.1 : 1.0) * 0.5 * (*limit_)["fp32_flops"].get<double>() / operations_each;
    const auto whole = static_cast<int>(std::min(wanted, static_cast<double>(train_.size())) / 500) * 500;
    return std::max(500, whole);
  }
  void add(const std::string& name, const Job& job, double visible, double operations, double seconds,
           double count) {
    const double peak = (*limit_)["fp32_flops"];
    char title[80];
    std::snprintf(title, sizeof title, "%s %.0f-%d, batch %d, %d thread%s", name.c_str(), visible, job.hidden,
                  job.batch, job.threads, job.threads == 1 ? "" : "s");
    std::printf("%-44s %8.3f %9.1f %5.1f%% %7.0f\n", title, seconds * 60000 / count,
                operations / seconds * 1e-9, 100 * operations / seconds / peak, count);
    std::fflush(stdout);
    jobs_.push_back({{"job", name},
                     {"visible", visible},
                     {"hidden", job.hidden},
                     {"batch", job.batch},
                     {"k", job.k},
                     {"threads", job.threads},
                     {"samples", count},
                     {"seconds", seconds},
                     {"seconds_of_60000", seconds * 60000 / count},
                     {"flops", operations / seconds},
                     {"share_of_limit", operations / seconds / peak}});
  }

  void cd(const char* name, Job job) {
    check_products(job, train_.rows());
    const auto visible = static_cast<double>(train_.rows());
    job.limit = samples(operations_of_cd(job, visible, 1));
    const Outcome outcome = contrastive_divergence(job, train_, test_);
    check<ValueError>(outcome.quality[0] < 0.12, "benchmark: ", name, " has learned nothing: its error is ",
                      outcome.quality[0]);
    add(name, job, visible, operations_of_cd(job, visible, job.limit), outcome.median(), job.limit);
  }
  // Products of factors in bf16, where the processor has them; shares are of the peak in single precision.
  void mixed(int threads) {
    for (const int batch : {10, 100, 500})
      cd("cd mixed", {.batch = batch, .threads = threads, .precision = Precision::mixed});
    if (!quick_)
      cd("cd-10 mixed",
         {.hidden = 2500, .batch = 128, .k = 10, .threads = threads, .precision = Precision::mixed});
    cd("pcd mixed", {.threads = threads, .persistent = true, .precision = Precision::mixed});
    network({.batch = 100, .threads = threads, .lr = 0.001, .precision = Precision::mixed});
  }
  void network(Job job) {
    const auto visible = static_cast<double>(train_.rows());
    job.limit = samples(operations_of_network(job, visible, 1));
    const Outcome outcome = fine_tuning(job, train_, test_);
    job.hidden = job.layers.front();
    add(job.precision == Precision::mixed ? "mixed fine-tuning, layers" : "fine-tuning, layers", job, visible,
        operations_of_network(job, visible, job.limit), outcome.median(), job.limit);
  }
  void annealed(Job job) {
    Job small = job;  // with an exactly known log Z
    small.hidden = 12;
    small.epochs = 1;
    small.temperatures = 1000;
    annealing(small, train_);
    const auto visible = static_cast<double>(train_.rows());
    const double seconds = annealing(job, train_).median(),
                 operations = operations_of_annealing(job, visible);
    const double peak = (*limit_)["fp32_flops"];
    std::printf("%-44s %8.3f %9.1f %5.1f%%\n",
                ("ais 784-500, 100 chains, 10,000 steps, " + std::to_string(job.threads)).c_str(),
                seconds * 10000 / job.temperatures, operations / seconds * 1e-9,
                100 * operations / seconds / peak);
    jobs_.push_back({{"job", "ais"},
                     {"threads", job.threads},
                     {"seconds", seconds},
                     {"temperatures", job.temperatures},
                     {"flops", operations / seconds},
                     {"share_of_limit", operations / seconds / peak}});
  }
  void exact(const Job& job) {
    const double seconds = exact_sum(job).median();
    char title[80];
    std::snprintf(title, sizeof title, "exact_log_z %d-%d, %d thread%s", job.visible, job.hidden, job.threads,
                  job.threads == 1 ? "" : "s");
    std::printf("%-44s %8.3f s in all\n", title, seconds);
    jobs_.push_back({{"job", "exact_log_z"},
                     {"visible", job.visible},
                     {"hidden", job.hidden},
                     {"threads", job.threads},
                     {"seconds", seconds}});
  }
  static Dataset noise(Index visible, Index count) {
    Dataset::Bytes bytes(visible, count);
    for (Index i = 0; i < bytes.size(); ++i) bytes(i) = static_cast<std::uint8_t>((i * 2654435761u) >> 13);
    return Dataset(std::move(bytes));
  }
  // Any number of visible units and samples, on noise.
  void growth(Index visible, int count, Job job) {
    if (quick_) count /= 10;
    const Dataset data = noise(visible, count);
    const Outcome outcome = contrastive_divergence(job, data, first(data, 500));
    add("cd, noise", job, static_cast<double>(visible),
        operations_of_cd(job, static_cast<double>(visible), count), outcome.median(), count);
  }
  // The cost of an update when there is almost nothing to compute.
  void small_step(int threads) {
    const Dataset data = noise(64, 20000);
    const Outcome outcome =
        contrastive_divergence({.hidden = 16, .batch = 10, .threads = threads}, data, first(data, 500));
    const double each = outcome.median() / 2000 * 1e6;
    std::printf("%-44s %8.2f us an update, %d thread%s\n", "cd 64-16, batch 10", each, threads,
                threads == 1 ? "" : "s");
    jobs_.push_back({{"job", "small step"}, {"threads", threads}, {"microseconds_each", each}});
  }
  // Three copies of the model (weights, gradient, momentum), the data in 8 bits, and a batch's workspaces.
  void large() {
    const Job job{.hidden = quick_ ? 1000 : 4000, .epochs = 1, .threads = (*limit_)["threads"]};
    const Index visible = quick_ ? 5000 : 20000, count = 500;
    const double before = peak_memory_mb();
    const Dataset data = noise(visible, count);
    const Outcome outcome = contrastive_divergence(job, data, first(data, 100));
    const auto v = static_cast<double>(visible), h = static_cast<double>(job.hidden);
    const double model = 4e-6 * v * h;
    std::printf("memory: %.0f MB for a model of %.0f MB\n", peak_memory_mb(), model);
    add("cd, noise", job, v, operations_of_cd(job, v, static_cast<double>(count)), outcome.median(),
        static_cast<double>(count));
    jobs_.back().update(
        {{"model_mb", model}, {"peak_memory_mb", peak_memory_mb()}, {"memory_before_mb", before}});
  }
  // Drawing and conversion alone, per number.
  void passes(int threads) {
    const Cpu<float> on(threads);
    const Index rows = train_.rows(), cols = 1000;
    Eigen::MatrixXf x(rows, cols), input = Eigen::MatrixXf::Random(rows, cols);
    const Layer<Bernoulli> layer(rows);
    std::vector<Index> columns;
    for (Index i = 0; i < cols; ++i) columns.push_back(i * 7 % train_.size());
    const auto time = [&](const char* name, auto pass) {
      double best = 1e30;
      for (int i = 0; i < 20; ++i) {
        const Timer timer;
        pass();
        best = std::min(best, timer.seconds());
      }
      const double each = best / static_cast<double>(rows * cols) * 1e9;
      std::printf("%-44s %8.3f ns a number, %d thread%s\n", name, each, threads, threads == 1 ? "" : "s");
      jobs_.push_back({{"job", name}, {"threads", threads}, {"nanoseconds_each", each}});
    };
    time("sampling", [&] { sample(on, layer, View<const float>(input), View<float>(x), Draws{.seed = 1}); });
    check<ValueError>(std::abs(x.mean() - 0.5f) < 0.01f, "benchmark: draws have the mean ", x.mean());
    time("conversion from 8 bits", [&] { train_.fill(on, columns, View<float>(x)); });
  }
  // The umbrella header and one trained RBM.
  void compile_time() {
    const std::string command = std::string(HARMONIUM_COMPILE) + " 2>/dev/null";
    const Timer timer;
    if (std::system(command.c_str()) != 0) {
      std::printf("compiling failed: %s\n", command.c_str());
      return;
    }
    const double seconds = timer.seconds();
    std::printf("%-44s %8.1f\n", "compiling the umbrella and one trained RBM", seconds);
    jobs_.push_back({{"job", "compile"}, {"seconds", seconds}});
  }

  const Dataset &train_, &test_;
  bool quick_;
  std::vector<nlohmann::ordered_json> limits_;
  const nlohmann::ordered_json* limit_ = nullptr;
  std::vector<nlohmann::ordered_json> jobs_;
};

}  // namespace benchmark
