// Alternates other programs' scripts with ours: A B A B.
#pragma once

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <nlohmann/json.hpp>
#include <stdexcept>
#include <string>
#include <vector>

namespace benchmark {

// Runs a command and parses its last line as JSON.
inline nlohmann::json answer_of(const std::string& command) {
  const auto close = [](std::FILE* pipe) { pclose(pipe); };
  const std::unique_ptr<std::FILE, decltype(close)> pipe(popen(command.c_str(), "r"), close);
  if (!pipe) throw std::runtime_error("cannot run: " + command);
  std::string text;
  std::array<char, 4096> buffer;
  while (std::fgets(buffer.data(), buffer.size(), pipe.get()) != nullptr) text += buffer.data();
  while (!text.empty() && text.back() == '\n') text.pop_back();
  const std::size_t line = text.rfind('\n');
  const nlohmann::json answer =
      nlohmann::json::parse(line == std::string::npos ? text : text.substr(line + 1), nullptr, false);
  if (answer.is_discarded()) throw std::runtime_error("no JSON came from: " + command + "\n" + text);
  return answer;
}

// A script, its options, and our job with the same options.
struct Duel {
  std::string script, job, options;
};

inline const std::vector<Duel>& duels() {
  static const std::vector<Duel> all = {
      {"rbm_torch.py", "cd", "--hidden 500 --batch 100 --k 1 --epochs 3 --threads 1"},
      {"rbm_torch.py", "cd", "--hidden 500 --batch 100 --k 1 --epochs 3 --threads 2"},
      {"rbm_torch.py", "cd", "--hidden 2500 --batch 128 --k 10 --epochs 1 --threads 2 --limit 6016"},
      {"rbm_sklearn.py", "cd", "--hidden 500 --batch 100 --k 1 --epochs 1 --threads 2 --persistent"},
      {"rbm_seed_style.py", "cd", "--hidden 500 --batch 100 --k 1 --epochs 1 --threads 1"},
      {"rbm_seed_style.py", "cd", "--hidden 500 --batch 100 --k 1 --epochs 1 --threads 2"},
      {"mlp_torch.py", "mlp", "--layers 500-500-2000 --batch 100 --lr 0.001 --epochs 1 --threads 1"},
      {"mlp_torch.py", "mlp", "--layers 500-500-2000 --batch 100 --lr 0.001 --epochs 1 --threads 2"},
      {"ais_numpy.py", "ais", "--hidden 500 --batch 100 --limit 500 --threads 1"},
      {"ais_numpy.py", "ais", "--hidden 500 --batch 100 --limit 500 --threads 2"},
      {"log_z_numpy.py", "exact", "--visible 112 --hidden 23 --epochs 3 --threads 1"},
      {"log_z_numpy.py", "exact", "--visible 112 --hidden 23 --epochs 3 --threads 2"},
      {"log_z_numpy.py", "exact", "--visible 784 --hidden 20 --epochs 3 --threads 1"},
      {"log_z_numpy.py", "exact", "--visible 784 --hidden 20 --epochs 3 --threads 2"}};
  return all;
}

// Median seconds of both, and the ratio theirs / ours with its spread over the rounds.
inline nlohmann::ordered_json fight(const Duel& duel, const std::string& self, const std::string& python,
                                    const std::string& folder, const std::string& data, int rounds) {
  const std::string common = " --data '" + data + "' --json";
  // Other programs do not know --persistent; one of them does nothing else.
  std::string theirs_options = duel.options;
  if (const std::size_t at = theirs_options.find(" --persistent"); at != std::string::npos)
    theirs_options.erase(at);
  std::vector<double> theirs, ours, ratios;
  nlohmann::ordered_json result = {{"peer", duel.script}, {"options", duel.options}};
  for (int round = 0; round < rounds; ++round) {
    const nlohmann::json a = answer_of("env -u OPENBLAS_CORETYPE " + python + " '" + folder + "/" +
                                       duel.script + "' " + theirs_options + common);
    const nlohmann::json b = answer_of("'" + self + "' " + duel.job + " " + duel.options + common);
    theirs.push_back(a.at("median"));
    ours.push_back(b.at("median"));
    ratios.push_back(theirs.back() / ours.back());
    for (const char* quality : {"test_mse_per_pixel", "test_accuracy"})
      if (a.contains(quality) && b.contains(quality)) {
        result[std::string("their_") + quality] = a[quality];
        result[std::string("our_") + quality] = b[quality];
      }
  }
  const auto median = [](std::vector<double> x) {
    std::sort(x.begin(), x.end());
    return x[x.size() / 2];
  };
  result["their_seconds"] = median(theirs);
  result["our_seconds"] = median(ours);
  result["ratio"] = median(ratios);
  result["lowest_ratio"] = *std::min_element(ratios.begin(), ratios.end());
  result["highest_ratio"] = *std::max_element(ratios.begin(), ratios.end());
  result["rounds"] = rounds;
  return result;
}

}  // namespace benchmark
