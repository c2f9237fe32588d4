// Uses of a model with a target: predictions, and how good they are.
#include <cstdio>

#include "accuracy.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "supervised.hpp"

using namespace harmonium;

namespace program {

namespace {

class GenerativePredictor final : public Predictor {
 public:
  GenerativePredictor(const Model& model, Index first, Index classes)
      : model_(model), first_(first), classes_(classes) {}
  History train(const Samples& /*x*/, const Answers& /*answers*/, const Samples& /*held_out*/,
                const Answers& /*held_out_answers*/, const TrainSettings& /*settings*/) override {
    return {};  // the model has learned
  }
  // Where the classes' rows of x are not 0, they are their probabilities.
  Eigen::MatrixXd predict(const Samples& rows) const override {
    const Eigen::MatrixXf& x = rows.values;
    Eigen::MatrixXd p = model_.class_log_scores(x, first_, classes_);
    for (Index c = 0; c < p.cols(); ++c) {
      if (const auto known = x.col(c).segment(first_, classes_); known.sum() > 0) {
        p.col(c) = known.cast<double>() / known.sum();
        continue;
      }
      p.col(c) = (p.col(c).array() - p.col(c).maxCoeff()).exp().eval();
      p.col(c) /= p.col(c).sum();
    }
    return p;
  }
  void add_to(TensorFile& /*file*/) const override {}  // it is the file

 private:
  const Model& model_;
  Index first_, classes_;
};

// The inputs of a generative model. The target's rows are 0; or, where other values are missing and few
// states are left, the classes' probabilities, with those values summed out. Otherwise missing values are
// averages.
Samples inputs_without(const Model& model, const Columns& columns, const std::string& target, Samples rows,
                       std::uint64_t seed) {
  check<DataError>(!rows.sparse,
                   "a model of a table with classes takes a table that lists all numbers, such as CSV");
  const Layout layout(columns);
  Index first = 0;
  for (std::size_t i = 0; i < columns.size(); ++i)
    if (columns[i].name == target) first = layout.first[i];
  rows.values.middleRows(first, layout.states).setZero();
  rows.known.middleRows(first, layout.states).setConstant(true);
  std::vector<Index> gaps;  // rows that lack something else
  for (Index c = 0; c < rows.size(); ++c)
    if (!rows.known.col(c).all()) gaps.push_back(c);
  if (gaps.empty()) return rows;
  Samples some = rows.subset(gaps);
  some.known.middleRows(first, layout.states).setConstant(false);
  Eigen::MatrixXf filled = model.fill_in(some, seed);
  const std::vector<bool> exact = model.fills_in_exactly(some);
  for (Index c = 0; c < some.size(); ++c)
    if (!exact[static_cast<std::size_t>(c)]) filled.col(c).segment(first, layout.states).setZero();
  rows.values(Eigen::all, gaps) = filled;
  rows.known.setConstant(true);
  return rows;
}

// New rows, for `predictor_inputs`: a generative model need not be told the target.
Samples rows_to_predict(const LoadedModel& loaded, const RawTable& table) {
  return encode_table(table, loaded.columns, true, loaded.generative ? loaded.target.name : std::string());
}
Samples predictor_inputs(const LoadedModel& loaded, Samples rows, std::uint64_t seed) {
  return loaded.generative
             ? inputs_without(*loaded.model, loaded.columns, loaded.target.name, std::move(rows), seed)
             : inputs_of(*loaded.model, rows, seed);
}

}  // namespace

std::unique_ptr<Predictor> generative_predictor(const Model& model, const Columns& columns,
                                                const Column& target) {
  const Layout layout(columns);
  const auto found =
      std::find_if(columns.begin(), columns.end(), [&](const Column& c) { return c.name == target.name; });
  check<DataError>(found != columns.end() && found->kind == Kind::categorical && found->words == target.words,
                   "its target '", target.name, "' is not the column of this name");
  return std::make_unique<GenerativePredictor>(
      model, layout.first[static_cast<std::size_t>(found - columns.begin())],
      static_cast<Index>(target.words.size()));
}

Supervised judge_generative(const Model& model, const Columns& columns, const Column& target,
                            const Samples& rows, const Answers& answers, std::uint64_t seed) {
  Supervised learned;
  learned.predictor = generative_predictor(model, columns, target);
  const std::vector<Index> known = answers.known();
  const Samples x = inputs_without(model, columns, target.name, rows.subset(known), seed);
  learned.measures = measure(target, learned.predictor->predict(x), answers.subset(known));
  return learned;
}

Samples inputs_of(const Model& model, const Samples& rows, std::uint64_t seed) {
  if (rows.complete()) return rows;
  Samples whole{model.fill_in(rows, seed)};
  whole.known.setConstant(rows.rows(), rows.size(), true);
  return whole;
}

Supervised learn_target(const Model& model, const Column& target, const Samples& rows, const Answers& answers,
                        const Samples& held_out, const Answers& held_out_answers,
                        const TrainSettings& settings) {
  Supervised learned;
  const std::vector<Index> known = answers.known(), aside = held_out_answers.known();
  const Samples x = inputs_of(model, rows.subset(known), settings.seed),
                y = inputs_of(model, held_out.subset(aside), settings.seed);
  learned.predictor = make_predictor(target, model.hidden_layers(), settings.seed);
  learned.history =
      learned.predictor->train(x, answers.subset(known), y, held_out_answers.subset(aside), settings);
  const bool judged = !aside.empty();
  learned.measures = measure(target, learned.predictor->predict(judged ? y : x),
                             judged ? held_out_answers.subset(aside) : answers.subset(known));
  learned.measures["judged_on"] = judged ? "held out" : "training";
  return learned;
}

void evaluate_target(const LoadedModel& loaded, const CommonSettings& settings) {
  const RawTable table = open_table(settings, loaded.columns, loaded.target);
  const Samples all = rows_to_predict(loaded, table);
  const Answers answers = read_answers(table, loaded.target);
  const std::vector<Index> known = answers.known();
  check<DataError>(!known.empty(), "'", settings.data, "': no row has a known '", loaded.target.name,
                   "', which the model predicts");
  const Samples x = predictor_inputs(loaded, all.subset(known), settings.judge.seed);
  std::printf("%s: %ld rows judged by their %s", settings.data.c_str(), static_cast<long>(known.size()),
              loaded.target.name.c_str());
  if (const auto unknown = all.size() - static_cast<Index>(known.size()); unknown > 0)
    std::printf(", %ld left out, where it is not known", static_cast<long>(unknown));
  std::printf("\n%s", text_of_measures(loaded.target, measure(loaded.target, loaded.predictor->predict(x),
                                                              answers.subset(known)))
                          .c_str());
}

void run_predict(const CommonSettings& settings) {
  check_output(settings.output);
  const LoadedModel loaded = load_model(settings.model);
  const auto& [model, columns, target, predictor, generative] = loaded;
  check<DataError>(predictor != nullptr, "predict: '", settings.model,
                   "' has no target, expected a model that was trained with --target COLUMN");
  const Eigen::MatrixXd predicted = predictor->predict(predictor_inputs(
      loaded, rows_to_predict(loaded, open_table(settings, columns, target)), settings.judge.seed));
  write_numbers(
      settings.output, "predictions", predicted.cast<float>(), [&, &target_ = target, &columns_ = columns] {
        std::vector<std::string> cells = {target_.name};
        if (has_classes(target_))
          for (const std::string& word : target_.words) cells.push_back("p(" + word + ")");
        Columns all = columns_;
        all.push_back(target_);
        const char separator = separator_of(all);
        const Spelling probability{{.point = separator == ';' ? ',' : '.'}};
        std::string text = csv_line(cells, separator);
        for (Index c = 0; c < predicted.cols(); ++c) {
          cells.clear();
          Index best = 0;
          predicted.col(c).maxCoeff(&best);
          if (has_classes(target_)) cells.push_back(target_.words[static_cast<std::size_t>(best)]);
          for (Index r = 0; r < predicted.rows(); ++r)
            cells.push_back(has_classes(target_) ? spelled(static_cast<float>(predicted(r, c)), probability)
                                                 : number_text_of(target_, predicted(r, c), false));
          text += csv_line(cells, separator);
        }
        return text;
      });
}

}  // namespace program
