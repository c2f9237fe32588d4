// How good is a trained model? A record for the results file.
#pragma once

#include <cmath>
#include <harmonium/io.hpp>
#include <iomanip>
#include <sstream>
#include <string>

#include "../kept.hpp"
#include "recipes.hpp"

namespace likelihood {

struct Judging {
  int chains = 100, temperatures = 40000, start_steps = 2000;
  std::uint64_t seed = 1;

  SandwichOptions sandwich() const {
    return {.chains = chains, .betas = uniform_betas(temperatures), .seed = seed, .start_steps = start_steps};
  }
};

// Digits in the form that the model expects; base rates and long chains use the first training digits.
struct Digits {
  Dataset train, test;
  Eigen::MatrixXf some_train() const {
    return train.to_matrix<float>().leftCols(std::min<Index>(train.size(), 10000));
  }
};

inline Json describe(const Sandwich& s) {
  return {{"log_z", s.log_z},
          {"log_z_standard_error", s.standard_error},
          {"log_z_forward", s.forward.log_z},
          {"log_z_reverse", s.reverse.log_z},
          {"effective_forward", s.forward_effective},
          {"effective_reverse", s.reverse_effective},
          {"gap", s.gap},
          {"verdict", s.consistent() ? "consistent" : "inconsistent"},
          {"reason", s.reason}};
}

// The mean over digits, and its standard error with respect to all possible digits.
inline Json describe(const Eigen::VectorXd& log_p) {
  const double spread = std::sqrt((log_p.array() - log_p.mean()).square().mean());
  return {{"test_log_likelihood", log_p.mean()},
          {"sampling_error", spread / std::sqrt(static_cast<double>(log_p.size()))}};
}

// With few hidden units all states are summed over; annealing is reported as well.
inline Json judge(const BinaryRbm& rbm, const Digits& digits, const Judging& judging, const Cpu<float>& on) {
  const bool exact = rbm.hidden.rows() <= 20;
  SandwichOptions options = judging.sandwich();
  if (exact) options.chains *= 10;  // a small model, compared with the truth
  const Sandwich s = sandwich(rbm, digits.some_train(), options, on);
  const double log_z = exact ? exact_log_z(rbm, Cpu<double>(on.threads())) : s.log_z;
  Json record = {{"estimator", exact ? "exact" : "annealed importance sampling, forward and reverse"}};
  record.update(describe(log_likelihood(rbm, digits.test.to_matrix<float>(), log_z, on)));
  record["train_log_likelihood"] = log_likelihood(rbm, digits.some_train(), log_z, on).mean();
  record["standard_error"] = exact ? 0.0 : s.standard_error;
  record.update(describe(s));
  if (exact) record["exact_log_z"] = log_z;
  return record;
}

inline Json judge(const BinaryDbn& dbn, const Digits& digits, const Judging& judging, const Cpu<float>& on) {
  const Sandwich s = sandwich(dbn, digits.some_train(), judging.sandwich(), on);
  const auto bound = [&](const Eigen::MatrixXf& v) {
    return log_likelihood_bound(dbn, v, s.log_z, {.samples = 10, .seed = judging.seed}, on);
  };
  const DbnBound test = bound(digits.test.to_matrix<float>());
  Json record = {{"estimator", "lower bound; log Z of the top RBM by annealing, forward and reverse"}};
  record.update(describe(test.bounds));
  record["train_log_likelihood"] = bound(digits.some_train()).mean;
  record["standard_error"] = std::hypot(test.standard_error, s.standard_error);
  record.update(describe(s));
  return record;
}

// The results of an earlier run. \throws FileError if the file exists and was not written by this program
inline Json read_records(const std::string& path) {
  if (!std::filesystem::exists(path)) return Json::array();
  Json records = kept::read_json(path);
  bool good = records.is_array();
  for (const Json& record : good ? records : Json::array())
    good = good && record.is_object() && record.contains("model") && record.contains("settings");
  check<FileError>(good, "'", path, "' is not a list of results; remove it to start afresh");
  return records;
}

// The results as a table in Markdown.
inline std::string table_of(const Json& records) {
  std::ostringstream table;
  table << "model | pixels | nats per test digit | standard error | gap | verdict | minutes\n"
        << "---|---|---|---|---|---|---\n"
        << std::fixed;
  for (const Json& record : records) {
    const auto number = [&](const char* name) { return record.at(name).get<double>(); };
    const bool exact = record.contains("exact_log_z");
    table << record.at("model").get<std::string>() << " | " << record.at("binarisation").get<std::string>()
          << " | " << (record.at("estimator").get<std::string>().starts_with("lower") ? "at least " : "")
          << std::setprecision(2) << number("test_log_likelihood") << " | ";
    if (exact) {
      table << "exact";
    } else {
      table << number("standard_error");
    }
    table << " | " << number("gap") << " | " << record.at("verdict").get<std::string>() << " | "
          << std::setprecision(1) << number("seconds") / 60 << '\n';
  }
  return table.str();
}

}  // namespace likelihood
