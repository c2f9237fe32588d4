/// \file
/// Wake-sleep, or up-down: fine-tuning of a DBN as a generative model (Hinton, Dayan, Frey and Neal, 1995;
/// Hinton, Osindero and Teh, 2006, section 5 and appendix B). In the wake phase, recognition draws the hidden
/// layers of samples, and generation learns to produce each layer from the one above. Between the phases, the
/// top RBM learns features and labels together by contrastive divergence. In the sleep phase, its chains'
/// features are dreamt down to the visible layer, and recognition learns to recover the states that the dream
/// was generated from. All updates use the parameters from before the update.
#pragma once

#include <algorithm>
#include <vector>

#include "../core/host_matrix.hpp"
#include "../core/variant.hpp"
#include "../data/one_hot.hpp"
#include "../inference/generate_up_down.hpp"
#include "contrastive_divergence.hpp"
#include "wake_sleep_options.hpp"

namespace harmonium {

namespace detail {

/// gradient = that of the sum over columns c of shares(0, c) * log p(x(:, c) | given(:, c)) for a pass
/// through one layer; exact for every parameter. `shares` has a second row with the negatives; `input` and
/// `means` (rows of x each) are scratch space.
template <class U, class B>
void set_likelihood_gradient(const B& on, const Dense<U, B>& way, ConstViewOf<B> given, ConstViewOf<B> x,
                             ConstViewOf<B> shares, ViewOf<B> input, ViewOf<B> means, Dense<U, B>& gradient) {
  mean_output(on, way, given, input, means);
  set_zero(on, gradient.layer);
  add_statistics(on, way.layer, x, shares.rows_from(0, 1), gradient.layer);
  add_mean_statistics(on, way.layer, input, means, shares.rows_from(1, 1), gradient.layer);
  on.update(SubtractFrom{}, means, x);
  on.scale_columns(means, shares.rows_from(0, 1));
  on.multiply(Op::plain, Op::transposed, 1, given, means, 0, gradient.weights);
}

template <class Model>
inline constexpr bool is_up_down_dbn = false;
template <class Units, class B>
inline constexpr bool is_up_down_dbn<UpDownDbn<Units, B>> = true;

}  // namespace detail

/// The objective of wake-sleep: see training/objective.hpp. It trains the upward and downward passes; a
/// separate trainer trains the top RBM between the two phases.
template <class Model_, class Options_>
class WakeSleepObjective {
  static_assert(detail::is_up_down_dbn<Model_>,
                "WakeSleep trains an UpDownDbn, whose upward and downward weights differ");

 public:
  using Model = Model_;                                       ///< what is trained
  using Options = Options_;                                   ///< its options
  using Backend = typename Model::Backend;                    ///< where the model lives
  using Stack = UpDownStack<typename Model::Units, Backend>;  ///< the upward and downward passes
  static constexpr SeedFor seeds = SeedFor::wake_sleep;       ///< phases with one seed share no draws

  /// The gradient belongs to the upward and downward passes.
  static Stack& climbed(Model& model) { return model.stack; }
  /// \throws ValueError if an option is out of range
  static void check(const Options& options) {
    detail::check_training_options("WakeSleep", options);
    check_optimizer(options.top_optimizer);
    harmonium::check<ValueError>(options.steps >= 1, "WakeSleep: steps is ", options.steps,
                                 ", expected at least 1");
  }
  /// Allocates memory for batches of `options.batch_size` samples and for their dreams. The model must
  /// outlive this.
  WakeSleepObjective(const Backend& on, Model& model, const Options& options)
      : feature_rows_(model.features().rows()),
        classes_(model.classes()),
        top_(model.top, top_options(options), on),
        values_(model.visible_rows(), options.batch_size),
        one_hot_(classes_, options.batch_size) {
    const Index widest = std::max(options.batch_size, top_.chain_count(options.batch_size));
    for (const auto& any : model.stack.layers)
      detail::visit_variant(
          [&](const auto& layer) {
            const auto room = [&](const auto& way) { return Matrix<Backend>(way.layer.rows(), widest); };
            rooms_.push_back({room(layer.recognition), room(layer.recognition), room(layer.recognition),
                              room(layer.generation), room(layer.generation), room(layer.generation)});
          },
          any);
    shares_ = Matrix<Backend>(2, widest);
    host_shares_ = HostMatrix<ScalarOf<Backend>>(2, widest);
  }

  /// The buffer for n samples; with no layer below it, the top RBM sees them as they are.
  ViewOf<Backend> samples(Index n) { return rooms_.empty() ? features(n) : view_of(values_).columns(0, n); }
  /// The trainer of the top RBM.
  const auto& top() const { return top_; }

  /// \throws DataError if a unit does not accept one of its numbers or, for a model with classes, labels are
  /// missing or invalid
  template <class Source>
  void check_source(const Backend& on, const char* caller, const Options& options, const Model& model,
                    const Source& source) {
    if (classes_ > 0) detail::check_labels(caller, source.labels(), source.size(), classes_);
    visit_visible(model, [&](const auto& layer) {
      detail::check_values<Backend>(on, caller, layer, source, samples(options.batch_size));
      detail::check_whole_source(on, caller, source, samples(options.batch_size));
    });
  }
  /// Rows of real numbers that are far from mean 0 and variance 1.
  template <class Source>
  void warn(const Backend& on, const Options& options, const Model& model, const Source& source,
            std::vector<std::string>& warnings) {
    visit_visible(model, [&](const auto& layer) {
      detail::warn_of_layer_scales<Backend>(on, layer, source, options.seed, samples(options.batch_size),
                                            warnings);
    });
  }
  /// The top RBM's schedules extend over the same epochs.
  template <class Source>
  void prepare(const Backend& /*on*/, const Options& /*options*/, Model& /*model*/, const Source& source) {
    top_.plan_run(source.size());
  }
  /// Likewise over several calls.
  void plan_updates(std::uint64_t updates) { top_.plan_updates(updates); }
  /// A batch's labels. \throws DataError if there is not one per sample, or one is invalid
  void take(const Backend& on, const Model& /*model*/,
            const Batch<ScalarOf<Backend>, typename Backend::Memory>& batch) {
    if (classes_ > 0) detail::check_labels("step", batch.labels, batch.values.cols, classes_);
    take_labels(on, batch.labels);
  }
  /// The labels of a source's samples.
  template <class Source>
  void take(const Backend& on, const Source& source, std::span<const Index> columns) {
    if (classes_ == 0) return;
    detail::pick_labels(source.labels(), columns, labels_);
    take_labels(on, labels_);
  }

  /// Wake phase, an update of the top RBM, sleep phase.
  void set_gradient(const Backend& on, const Options& options, Model& model, const Update& update,
                    Stack& gradient) {
    const Draws draws{.seed = seed_for(options.seed, seeds), .step = update.step * rooms_.size()};
    wake(on, model.stack, shares(on, update.weights, update.mean_weight, update.samples),
         draws.in(Stream::wake), gradient);
    top_.update(update.samples, update.weights, update.mean_weight);
    sleep(on, options, model.stack, shares(on, {}, 1, top_.fantasies().cols), draws.in(Stream::dream),
          gradient);
  }

  /// Reconstruction error, and the norm of the gradient of all parts.
  template <class Source>
  void report(const Backend& on, const Options& options, const Model& model, const Source& source,
              const Stack& gradient, std::vector<std::pair<std::string, double>>& metrics) {
    const auto back = [&](std::span<const Index> columns) {
      return reconstruct(model, samples(static_cast<Index>(columns.size())), on);
    };
    const double error = detail::reconstruction_error(
        on, source, options.batch_size, options.seed, [&](Index n) { return samples(n); }, back);
    metrics = {{"reconstruction_error", error},
               {"gradient_norm", std::hypot(norm(on, gradient), norm(on, top_.gradient()))}};
  }
  /// Its state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(const Backend& /*on*/, F&& f) {
    f("top", top_);
  }

 private:
  // f(layer) with the layer of the samples.
  template <class F>
  void visit_visible(const Model& model, F f) const {
    if (rooms_.empty()) {
      f(model.features());
    } else {
      detail::visit_variant([&](const auto& layer) { f(layer.generation.layer); }, model.stack.layers[0]);
    }
  }
  using TopOptions =
      ContrastiveDivergenceOptions<decltype(Options::chains), decltype(Options::top_optimizer)>;
  // Scratch space of a layer: of its hidden rows in the first line, of its visible rows in the second.
  struct Room {
    Matrix<Backend> up_input, up_means, wake;
    Matrix<Backend> down_input, down_means, dream;
  };

  static TopOptions top_options(const Options& options) {
    return {.epochs = options.epochs,
            .batch_size = options.batch_size,
            .steps = options.steps,
            .chains = options.chains,
            .optimizer = options.top_optimizer,
            .weight_decay = options.weight_decay,
            .max_gradient_norm = 0,
            .discriminative = options.discriminative,
            .centered = options.centered,
            .average_last = 0,
            .seed = seed_for(options.seed, seeds),
            .phase = options.phase};
  }
  // The top RBM's input apart from the labels.
  ViewOf<Backend> features(Index n) { return top_.samples(n).rows_from(0, feature_rows_); }
  void take_labels(const Backend& on, std::span<const int> labels) {
    if (classes_ == 0) return;
    const auto seen = top_.samples(static_cast<Index>(labels.size()));
    one_hot_.write(on, labels, seen.rows_from(feature_rows_, classes_));
  }
  // The weight of each column, and its negative.
  ConstViewOf<Backend> shares(const Backend& on, std::span<const double> weights, double mean_weight,
                              Index n) {
    using Scalar = ScalarOf<Backend>;
    const auto host = View<Scalar>(host_shares_).columns(0, n);
    detail::write_shares(weights, mean_weight, host.rows_from(0, 1));
    for (Index c = 0; c < n; ++c) host(1, c) = -host(0, c);
    const auto here = view_of(shares_).columns(0, n);
    on.upload(View<const Scalar>(host), here);
    return here;
  }

  // Recognition draws each layer from the one below, and the downward passes get their gradient.
  void wake(const Backend& on, const Stack& stack, ConstViewOf<Backend> shares, Draws draws,
            Stack& gradient) {
    const Index n = shares.cols;
    ConstViewOf<Backend> below = samples(n);
    for (std::size_t i = 0; i < rooms_.size(); ++i, ++draws.step)
      detail::visit_variant(
          [&]<class L>(const L& layer) {
            Room& room = rooms_[i];
            const auto cut = [&](Matrix<Backend>& x) { return view_of(x).columns(0, n); };
            const auto above = i + 1 == rooms_.size() ? features(n) : cut(room.wake);
            sample_output(on, layer.recognition, below, cut(room.up_input), above, draws);
            detail::set_likelihood_gradient(on, layer.generation, ConstViewOf<Backend>(above), below, shares,
                                            cut(room.down_input), cut(room.down_means),
                                            std::get<L>(gradient.layers[i]).generation);
            below = above;
          },
          stack.layers[i]);
  }

  // The chains' features are dreamt down, and the upward passes get their gradient.
  void sleep(const Backend& on, const Options& options, const Stack& stack, ConstViewOf<Backend> shares,
             Draws draws, Stack& gradient) {
    const Index n = shares.cols;
    ConstViewOf<Backend> above = top_.fantasies().rows_from(0, feature_rows_);
    for (std::size_t i = rooms_.size(); i-- > 0; ++draws.step)
      detail::visit_variant(
          [&]<class L>(const L& layer) {
            Room& room = rooms_[i];
            const auto cut = [&](Matrix<Backend>& x) { return view_of(x).columns(0, n); };
            const auto below = cut(room.dream);
            if (i == 0 && options.visible_means) {
              mean_output(on, layer.generation, above, cut(room.down_input), below);
            } else {
              sample_output(on, layer.generation, above, cut(room.down_input), below, draws);
            }
            detail::set_likelihood_gradient(on, layer.recognition, ConstViewOf<Backend>(below), above, shares,
                                            cut(room.up_input), cut(room.up_means),
                                            std::get<L>(gradient.layers[i]).recognition);
            above = below;
          },
          stack.layers[i]);
  }

  Index feature_rows_, classes_;
  ContrastiveDivergence<typename Model::Top, TopOptions> top_;
  Matrix<Backend> values_;  // samples
  std::vector<Room> rooms_;
  Matrix<Backend> shares_;
  HostMatrix<ScalarOf<Backend>> host_shares_;
  detail::OneHot<Backend> one_hot_;
  std::vector<int> labels_;
};

/// Trains an `UpDownDbn`; the interface is that of `Trainer`. The model should have been pre-trained. A model
/// with classes needs labels.
///
///     WakeSleep trainer{model, {.epochs = 50, .steps = 3, .seed = 1}};
///     trainer.fit(digits, ProgressBar{});
///
/// Reports the metrics `reconstruction_error` (mean squared difference per visible row after mean-field
/// recognition up and generation down, over up to 1000 samples drawn once by the seed, weighted by their
/// sample weights) and `gradient_norm` (of the last update, both directions and the top RBM). `gradient()` is
/// that of the upward and downward passes.
template <class Model, class Options = WakeSleepOptions<>>
class WakeSleep : public Trainer<WakeSleepObjective<Model, Options>> {
 public:
  /// \param model is trained in place and must outlive the trainer
  /// \param on backend to compute on; default: all cores
  /// \throws ValueError if an option is out of range
  explicit WakeSleep(Model& model, Options options = {}, typename Model::Backend on = Model::Backend::all())
      : Trainer<WakeSleepObjective<Model, Options>>(model, std::move(options), std::move(on)) {}

  /// The trainer of the top RBM.
  const auto& top() const { return this->objective().top(); }
};

}  // namespace harmonium
