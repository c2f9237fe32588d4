/// \file
/// Wake-sleep, or up-down: fine-tuning of a DBN as a generative model (Hinton, Dayan, Frey and Neal, 1995;
/// Hinton, Osindero and Teh, 2006, section 5 and appendix B). Awake, recognition draws the hidden layers of
/// samples, and generation learns to make each layer from the one above. Between, the top RBM learns features
/// and labels together by contrastive divergence. Asleep, its chains' features are dreamt down to the visible
/// layer, and recognition learns to find what the dream was made from. All updates use the parameters from
/// before them.
#pragma once

#include <algorithm>
#include <vector>

#include "../core/host_matrix.hpp"
#include "../data/one_hot.hpp"
#include "../inference/generate_up_down.hpp"
#include "contrastive_divergence.hpp"
#include "wake_sleep_options.hpp"

namespace harmonium {

namespace detail {

/// gradient = uphill along the sum over columns c of shares(0, c) * log p(x(:, c) | given(:, c)), which a way
/// through one layer says; exact for every parameter. `shares` has a second row with the negatives; `input`
/// and `means` (rows of x each) are room to work in.
template <class U, class B>
void set_likelihood_gradient(const B& on, const Dense<U, B>& way, ConstViewOf<B> given, ConstViewOf<B> x,
                             ConstViewOf<B> shares, ViewOf<B> input, ViewOf<B> means, Dense<U, B>& gradient) {
  mean_output(on, way, given, input, means);
  set_zero(on, gradient.layer);
  add_statistics(on, way.layer, x, shares.rows_from(0, 1), gradient.layer);
  add_mean_statistics(on, way.layer, ConstViewOf<B>(input), ConstViewOf<B>(means), shares.rows_from(1, 1),
                      gradient.layer);
  on.update(SubtractFrom{}, means, x);
  on.scale_columns(means, shares.rows_from(0, 1));
  on.multiply(Op::plain, Op::transposed, 1, given, ConstViewOf<B>(means), 0, gradient.weights);
}

template <class Model>
inline constexpr bool is_up_down_dbn = false;
template <class Units, class B>
inline constexpr bool is_up_down_dbn<UpDownDbn<Units, B>> = true;

}  // namespace detail

/// Trains an `UpDownDbn`. Holds what training remembers.
///
///     WakeSleep trainer{model, {.epochs = 50, .steps = 3, .seed = 1}};
///     trainer.fit(digits, ProgressBar{});
template <class Model, class Options = WakeSleepOptions<>>
class WakeSleep {
  static_assert(detail::is_up_down_dbn<Model>,
                "WakeSleep trains an UpDownDbn, whose ways up and down differ");

 public:
  using Backend = typename Model::Backend;  ///< where the model lives
  using Scalar = typename Model::Scalar;    ///< its numbers

  /// \param model is trained in place and must outlive the trainer; its two ways should have been made by
  /// pre-training
  /// \param on with which means; by default all processors
  /// \throws ValueError if an option is out of range
  explicit WakeSleep(Model& model, Options options = {}, Backend on = Backend::all())
      : model_(model),
        options_(checked(std::move(options))),
        on_(std::move(on)),
        gradient_{zeros_like(model.stack)},
        optimizer_(model.stack, options_.optimizer),
        top_(model.top, top_options(options_), on_),
        values_(model.visible_rows(), options_.batch_size),
        one_hot_(model.classes(), options_.batch_size) {
    const Index widest = std::max(
        options_.batch_size,
        detail::visit_policy([&](const auto& c) { return c.count(options_.batch_size); }, options_.chains));
    for (const auto& any : model.stack.layers)
      std::visit(
          [&](const auto& layer) {
            const auto room = [&](const auto& way) { return Matrix<Backend>(way.layer.rows(), widest); };
            rooms_.push_back({room(layer.recognition), room(layer.recognition), room(layer.recognition),
                              room(layer.generation), room(layer.generation), room(layer.generation)});
          },
          any);
    shares_ = Matrix<Backend>(2, widest);
    host_shares_ = HostMatrix<Scalar>(2, widest);
  }

  /// One update from a batch of at most `batch_size` samples, with labels if the model has classes.
  /// \throws ShapeError if the batch has other rows than the model, no samples or too many \throws DataError
  /// if a number is not finite, there are not as many labels as samples, or a label is no class
  void step(const Batch<Scalar, typename Backend::Memory>& batch) {
    const Index n = batch.values.cols;
    detail::check_batch(on_, batch, model_.visible_rows(), options_.batch_size);
    if (model_.classes() > 0) detail::check_labels("step", batch.labels, n, model_.classes());
    on_.copy(batch.values, visible(n));
    take_labels(batch.labels);
    learn(n, batch.weights, 1);
  }

  /// One pass over all samples, in the order of epoch `number`; see `fit` for what it checks.
  template <BatchSource<Backend> Source>
  void epoch(const Source& source, int number = 1) {
    check_source(source, "epoch");
    const double mean = detail::mean_weight(source);
    for_each_batch(source.size(), options_.batch_size, options_.seed, number,
                   [&](std::span<const Index> columns) { learn_columns(source, columns, mean); });
  }

  /// Trains for all epochs. A sample with weight 2 counts as two. Reports the metrics `reconstruction_error`
  /// (mean squared difference a visible row after recognition up and generation down, in means, over the
  /// first 1000 samples) and `gradient_norm` (of the last update, both ways and the top). \throws ShapeError
  /// if the data have other rows than the model \throws DataError if there are no samples, one has a number
  /// that its unit cannot take, or, if the model has classes, there are no labels or one is no class; all
  /// before anything is changed \throws ValueError if the parameters stop being finite
  template <BatchSource<Backend> Source, Observer... Observers>
  History fit(const Source& source, Observers&&... observers) {
    check_source(source, "fit");
    const double mean = detail::mean_weight(source);
    return run_resumable_epochs(
        {.phase = options_.phase,
         .epochs = options_.epochs,
         .batch_size = options_.batch_size,
         .seed = options_.seed},
        source.size(), model_, TrainerParts<WakeSleep, Source>{*this, source},
        [&] {
          progress_.plan(optimizer_.steps(), source.size(), options_);
          top_.plan(source.size());
          average_.clear();
        },
        [&](std::span<const Index> columns, bool /*last_of_epoch*/) { learn_columns(source, columns, mean); },
        [&](EpochReport& report) {
          detail::end_epoch(on_, options_, progress_.at(optimizer_.steps()), average_, model_, report);
          report.metrics = {{"reconstruction_error", reconstruction_error(source)},
                            {"gradient_norm", std::hypot(norm(on_, gradient_), norm(on_, top_.gradient()))}};
        },
        observers...);
  }

  /// The last update's direction in the ways up and down, without weight decay.
  const UpDownStack<typename Model::Units, Backend>& gradient() const { return gradient_; }
  /// Who trains the top RBM.
  const auto& top() const { return top_; }
  /// Updates so far.
  std::uint64_t steps() const { return optimizer_.steps(); }
  /// What it was asked for.
  const Options& options() const { return options_; }

  /// What training remembers besides the model: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) {
    f("optimizer", optimizer_);
    f("progress", progress_);
    f("top", top_);
    f("average", average_, model_);
  }

 private:
  using Stack = UpDownStack<typename Model::Units, Backend>;
  using TopOptions =
      ContrastiveDivergenceOptions<decltype(Options::chains), decltype(Options::top_optimizer)>;
  // What a layer needs: its hidden rows in the first line, its visible rows in the second.
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
            .discriminative = options.discriminative,
            .centered = options.centered,
            .seed = options.seed,
            .phase = options.phase};
  }
  static Options checked(Options options) {
    detail::check_training_options("WakeSleep", options);
    check_optimizer(options.top_optimizer);
    check<ValueError>(options.steps >= 1, "WakeSleep: steps is ", options.steps, ", expected at least 1");
    return options;
  }

  // Where the n samples at hand lie: with no layer below it the top RBM sees them as they are.
  ViewOf<Backend> visible(Index n) { return rooms_.empty() ? features(n) : view_of(values_).columns(0, n); }
  // What the top RBM sees beside the labels.
  ViewOf<Backend> features(Index n) { return top_.samples(n).rows_from(0, model_.features().rows()); }
  void take_labels(std::span<const int> labels) {
    if (model_.classes() == 0) return;
    const auto seen = top_.samples(static_cast<Index>(labels.size()));
    one_hot_.write(on_, labels, seen.rows_from(model_.features().rows(), model_.classes()));
  }
  // What each column counts, and the negative of it.
  ConstViewOf<Backend> shares(std::span<const double> weights, double mean_weight, Index n) {
    const auto host = View<Scalar>(host_shares_).columns(0, n);
    detail::write_shares(weights, mean_weight, host.rows_from(0, 1));
    for (Index c = 0; c < n; ++c) host(1, c) = -host(0, c);
    const auto here = view_of(shares_).columns(0, n);
    on_.upload(View<const Scalar>(host), here);
    return here;
  }

  // One update from the n samples and labels that lie ready.
  void learn(Index n, std::span<const double> weights, double mean_weight) {
    const auto depth = static_cast<std::uint32_t>(rooms_.size());
    const Draws draws{.seed = options_.seed, .step = static_cast<std::uint32_t>(optimizer_.steps()) * depth};
    wake(n, shares(weights, mean_weight, n), draws.in(Stream::wake));
    top_.update(n, weights, mean_weight);
    const Index dreams = top_.fantasies().cols;
    sleep(dreams, shares({}, 1, dreams), draws.in(Stream::dream));
    optimizer_.step(on_, options_.optimizer, progress_.at(optimizer_.steps()), options_.weight_decay, 0,
                    gradient_, model_.stack);
    detail::join_average(on_, options_, progress_.at(optimizer_.steps()), model_, average_);
  }

  // Recognition draws each layer from the one below, and the generative ways get their gradient.
  void wake(Index n, ConstViewOf<Backend> shares, Draws draws) {
    ConstViewOf<Backend> below = visible(n);
    for (std::size_t i = 0; i < rooms_.size(); ++i, ++draws.step)
      std::visit(
          [&]<class L>(const L& layer) {
            Room& room = rooms_[i];
            const auto cut = [&](Matrix<Backend>& x) { return view_of(x).columns(0, n); };
            const auto above = i + 1 == rooms_.size() ? features(n) : cut(room.wake);
            sample_output(on_, layer.recognition, below, cut(room.up_input), above, draws);
            detail::set_likelihood_gradient(on_, layer.generation, ConstViewOf<Backend>(above), below, shares,
                                            cut(room.down_input), cut(room.down_means),
                                            std::get<L>(gradient_.layers[i]).generation);
            below = above;
          },
          model_.stack.layers[i]);
  }

  // The chains' features are dreamt down, and the recognition ways get their gradient.
  void sleep(Index n, ConstViewOf<Backend> shares, Draws draws) {
    ConstViewOf<Backend> above = top_.fantasies().rows_from(0, model_.features().rows());
    for (std::size_t i = rooms_.size(); i-- > 0; ++draws.step)
      std::visit(
          [&]<class L>(const L& layer) {
            Room& room = rooms_[i];
            const auto cut = [&](Matrix<Backend>& x) { return view_of(x).columns(0, n); };
            const auto below = cut(room.dream);
            if (i == 0 && options_.visible_means) {
              mean_output(on_, layer.generation, above, cut(room.down_input), below);
            } else {
              sample_output(on_, layer.generation, above, cut(room.down_input), below, draws);
            }
            detail::set_likelihood_gradient(on_, layer.recognition, ConstViewOf<Backend>(below), above,
                                            shares, cut(room.up_input), cut(room.up_means),
                                            std::get<L>(gradient_.layers[i]).recognition);
            above = below;
          },
          model_.stack.layers[i]);
  }

  template <class Source>
  void learn_columns(const Source& source, std::span<const Index> columns, double mean_weight) {
    const auto n = static_cast<Index>(columns.size());
    detail::pick_weights(weights_of(source), columns, weights_);
    source.fill(on_, columns, visible(n));
    if (model_.classes() > 0) detail::pick_labels(source.labels(), columns, labels_);
    take_labels(labels_);
    learn(n, weights_, mean_weight);
  }

  template <class Source>
  void check_source(const Source& source, const char* caller) {
    detail::check_size(caller, source, model_.visible_rows());
    if (model_.classes() > 0) detail::check_labels(caller, source.labels(), source.size(), model_.classes());
    const auto look = [&](const auto& layer) {
      detail::check_values<Backend>(on_, caller, layer, source, visible(options_.batch_size));
    };
    if (rooms_.empty()) {
      look(model_.features());
    } else {
      std::visit([&](const auto& layer) { look(layer.generation.layer); }, model_.stack.layers[0]);
    }
  }

  template <class Source>
  double reconstruction_error(const Source& source) {
    return detail::reconstruction_error(
        on_, source, options_.batch_size, [&](Index n) { return visible(n); },
        [&](Index n) { return reconstruct(model_, ConstViewOf<Backend>(visible(n)), on_); });
  }

  Model& model_;
  Options options_;
  Backend on_;
  Stack gradient_;
  OptimizerState<Stack> optimizer_;
  ContrastiveDivergence<typename Model::Top, TopOptions> top_;
  Matrix<Backend> values_;  // samples
  std::vector<Room> rooms_;
  Matrix<Backend> shares_;
  HostMatrix<Scalar> host_shares_;
  detail::OneHot<Backend> one_hot_;
  std::vector<double> weights_;
  std::vector<int> labels_;
  Average<Model> average_;
  detail::Progress progress_;
};

}  // namespace harmonium
