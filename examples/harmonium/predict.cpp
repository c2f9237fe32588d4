// Uses of a model with a target: predictions, and how good they are.
#include <cstdio>

#include "accuracy.hpp"
#include "commands.hpp"
#include "output.hpp"
#include "supervised.hpp"

using namespace harmonium;

namespace program {

Eigen::MatrixXf inputs_of(const Model& model, const Samples& rows, std::uint64_t seed) {
  return rows.size() == 0 ? rows.values : model.fill_in(rows, seed);
}

Supervised learn_target(const Model& model, const Column& target, const Samples& rows, const Answers& answers,
                        const Samples& held_out, const Answers& held_out_answers,
                        const TrainSettings& settings) {
  Supervised learned;
  const std::vector<Index> known = answers.known(), aside = held_out_answers.known();
  const Eigen::MatrixXf x = inputs_of(model, rows.subset(known), settings.seed),
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
  const Samples all = encode_table(table, loaded.columns, true);
  const Answers answers = read_answers(table, loaded.target);
  const std::vector<Index> known = answers.known();
  check<DataError>(!known.empty(), "'", settings.data, "': no row has a known '", loaded.target.name,
                   "', which the model predicts");
  const Eigen::MatrixXf x = inputs_of(*loaded.model, all.subset(known), settings.judge.seed);
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
  const auto [model, columns, target, predictor] = load_model(settings.model);
  check<DataError>(predictor != nullptr, "predict: '", settings.model,
                   "' has no target, expected a model that was trained with --target COLUMN");
  const Samples rows = encode_table(open_table(settings, columns, target), columns, true);
  const Eigen::MatrixXd predicted = predictor->predict(inputs_of(*model, rows, settings.judge.seed));
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
