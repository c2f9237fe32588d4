// How fast is the library? Compared with the machine's own limits, and with other programs.
//
//   benchmark                                     everything, into benchmark.json
//   benchmark --compare DIR                       against the scripts of DIR, in turn
//   benchmark cd --hidden 500 --batch 100 --json  one job, with the scripts' own options and answer
#include <CLI/CLI.hpp>
#include <exception>
#include <filesystem>

#include "compare.hpp"
#include "mapped.hpp"
#include "suite.hpp"

using namespace benchmark;

namespace {

struct Settings {
  std::string data = "build/benchmark/data", output = "results", compare, python = "/usr/bin/python3";
  std::string precision = "fp32";
  int rounds = 5;
  bool quick = false, json = false;
  Job job;
};

void print(const Settings& settings, const char* name, const Outcome& outcome,
           const nlohmann::ordered_json& more, double whole = 60000) {
  nlohmann::ordered_json record = {
      {"peer", name},
      {"seconds", outcome.seconds},
      {"median", outcome.median()},
      {"full_epoch", outcome.median() * (settings.job.limit > 0 ? whole / settings.job.limit : 1.0)},
      {"products", product_library},
      {"precision", settings.precision}};
  record.update(more);
  if (settings.json) {
    std::printf("%s\n", record.dump().c_str());
  } else {
    for (const auto& [key, value] : record.items())
      std::printf("%s: %s\n", key.c_str(), value.dump().c_str());
  }
}

void compare(const Settings& settings, const std::string& self) {
  std::vector<nlohmann::ordered_json> results;
  for (const Duel& duel : duels()) {
    if (!std::filesystem::exists(settings.compare + "/" + duel.script)) {
      std::printf("%s: not there\n", duel.script.c_str());
      continue;
    }
    results.push_back(fight(duel, self, settings.python, settings.compare, settings.data, settings.rounds));
    const nlohmann::ordered_json& r = results.back();
    std::printf("%-18s %-58s theirs %7.3f s, ours %7.3f s: %.2f (%.2f to %.2f)\n", duel.script.c_str(),
                duel.options.c_str(), r["their_seconds"].get<double>(), r["our_seconds"].get<double>(),
                r["ratio"].get<double>(), r["lowest_ratio"].get<double>(), r["highest_ratio"].get<double>());
    for (const auto& [key, value] : r.items())
      if (key.find("_test_") != std::string::npos)
        std::printf("  %s %s\n", key.c_str(), value.dump().c_str());
    std::fflush(stdout);
  }
  write_file(settings.output + "/comparison.json", nlohmann::ordered_json(results).dump(2) + '\n');
}

}  // namespace

int main(int argc, char** argv) {
  Settings settings;
  settings.job.threads = 0;
  CLI::App app{"Times the library against the machine's limits and against other programs."};
  const auto add_data = [&](CLI::App& to) {
    to.add_option("--data", settings.data, "folder of the four MNIST files")->envname("MNIST_DIR");
    to.add_option("--threads", settings.job.threads, "threads; 0: the job's default")
        ->check(CLI::Range(0, 1024));
  };
  add_data(app);
  app.add_option("--output", settings.output, "folder for the results; created if necessary");
  app.add_option("--compare", settings.compare, "folder of other programs' scripts")
      ->check(CLI::ExistingDirectory);
  app.add_option("--python", settings.python, "Python interpreter that runs them");
  app.add_option("--rounds", settings.rounds, "number of runs of each, alternating")
      ->check(CLI::Range(1, 1000));
  app.add_flag("--quick", settings.quick, "a tenth of the work");
  const auto add_job = [&](CLI::App& to) {
    add_data(to);
    to.add_option("--batch", settings.job.batch)->check(CLI::Range(1, 60000));
    to.add_option("--epochs", settings.job.epochs)->check(CLI::Range(1, 10000));
    to.add_option("--lr", settings.job.lr);
    to.add_option("--momentum", settings.job.momentum);
    to.add_option("--seed", settings.job.seed);
    to.add_option("--limit", settings.job.limit, "use only this many digits; 0: all")
        ->check(CLI::Range(0, 60000));
    to.add_option("--precision", settings.precision, "precision of the products")
        ->check(CLI::IsMember({"fp32", "mixed"}));
    to.add_flag("--json", settings.json, "one line of JSON");
  };
  CLI::App& cd = *app.add_subcommand("cd", "contrastive divergence");
  add_job(cd);
  cd.add_option("--hidden", settings.job.hidden)->check(CLI::Range(1, 1000000));
  cd.add_option("--k", settings.job.k)->check(CLI::Range(1, 100000));
  cd.add_flag("--persistent", settings.job.persistent, "persistent chains");
  cd.add_flag("--centered", settings.job.centered, "the centered gradient");
  CLI::App& mlp = *app.add_subcommand("mlp", "back-propagation");
  add_job(mlp);
  mlp.add_option("--layers", settings.job.layers, "hidden layers, such as 500-500-2000")
      ->delimiter('-')
      ->check(CLI::Range(1, 1000000));
  CLI::App& ais = *app.add_subcommand("ais", "annealed importance sampling; --batch chains");
  add_job(ais);
  ais.add_option("--hidden", settings.job.hidden)->check(CLI::Range(1, 1000000));
  CLI::App& exact = *app.add_subcommand("exact", "exact log Z");
  add_job(exact);
  exact.add_option("--visible", settings.job.visible)->check(CLI::Range(1, 1000000));
  exact.add_option("--hidden", settings.job.hidden)->check(CLI::Range(1, 30));
  CLI::App& sparse = *app.add_subcommand("sparse", "products of --batch sparse samples, and updates");
  add_job(sparse);
  sparse.add_option("--visible", settings.job.visible)->check(CLI::Range(1, 1000000));
  sparse.add_option("--hidden", settings.job.hidden)->check(CLI::Range(1, 1000000));
  sparse.add_option("--k", settings.job.k, "steps of an update")->check(CLI::Range(1, 100000));
  CLI::App& mapped = *app.add_subcommand(
      "mapped", "updates from a file that is larger than memory, and from files and memory");
  add_job(mapped);
  MappedJob large;
  mapped.add_option("--hidden", settings.job.hidden)->check(CLI::Range(1, 1000000));
  mapped.add_option("--gigabytes", large.gigabytes, "length of the file, most of it empty; 0: none")
      ->check(CLI::Range(0.0, 1e6));
  mapped.add_option("--updates", large.updates)->check(CLI::Range(1, 1000000000));
  mapped.add_option("--folder", large.folder, "for the files, which are removed")
      ->check(CLI::ExistingDirectory);
  app.require_subcommand(0, 1);
  CLI11_PARSE(app, argc, argv);
  try {
    Job& job = settings.job;
    if (settings.precision == "mixed") {
      check<ValueError>(has_bf16(), "benchmark: ", why_not_mixed());
      job.precision = Precision::mixed;
    }
    const int machine = Cpu<float>::all().threads();
    const bool one = cd.parsed() || mlp.parsed() || ais.parsed();
    if (exact.parsed()) {
      job.threads = std::max(1, job.threads);
      if (exact.count("--hidden") == 0) job.hidden = 20;
      const Outcome outcome = exact_sum(job);
      print(settings, "harmonium", outcome, {{"log_z", outcome.quality}});
      return 0;
    }
    if (sparse.parsed()) {
      job.threads = std::max(1, job.threads);
      if (sparse.count("--visible") == 0) job.visible = 20000;
      for (const SparseTimes& t : sparse_products(job))
        std::printf("%5.1f %% ones: number by number %8.2f ms, dense blocks %8.2f ms, difference %.1e\n",
                    100 * t.share, 1000 * t.sparse, 1000 * t.dense, t.difference);
      print(settings, "harmonium", sparse_updates(job), {{"update_steps", job.k}});
      return 0;
    }
    if (mapped.parsed()) {
      job.threads = std::max(1, job.threads);
      const nlohmann::ordered_json figures = train_from_files(job, large);
      std::printf("%s\n", figures.dump(settings.json ? -1 : 2).c_str());
      return 0;
    }
    if (settings.compare.empty() || one) {
      const Mnist mnist = read_mnist(settings.data);
      if (ais.parsed()) {
        job.threads = std::max(1, job.threads);
        job.temperatures = job.limit == 0 ? 10000 : job.limit;  // here `limit` is the number of temperatures
        const Outcome outcome = annealing(job, mnist.train);
        print(settings, "harmonium", outcome, {{"log_z", outcome.quality}}, 10000);
        return 0;
      }
      if (one) {
        job.threads = std::max(1, job.threads);
        const Outcome outcome = cd.parsed() ? contrastive_divergence(job, mnist.train, mnist.test)
                                            : fine_tuning(job, mnist.train, mnist.test);
        print(settings, "harmonium", outcome,
              cd.parsed() ? nlohmann::ordered_json{{"test_mse_per_pixel", outcome.quality.back()}}
                          : nlohmann::ordered_json{{"test_accuracy", outcome.quality}});
        return 0;
      }
      require_writable_folder(settings.output);
      Suite suite(mnist.train, mnist.test, job.threads == 0 ? std::min(2, machine) : job.threads,
                  settings.quick);
      write_file(settings.output + "/benchmark.json", suite.run().dump(2) + '\n');
    } else {
      require_writable_folder(settings.output);
      compare(settings, std::filesystem::read_symlink("/proc/self/exe").string());
    }
  } catch (const std::exception& error) {
    std::fprintf(stderr, "benchmark: %s\n", error.what());
    return 1;
  }
}
