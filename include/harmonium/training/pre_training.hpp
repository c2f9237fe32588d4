/// \file
/// Greedy layer-wise pre-training of a DBN (Hinton, Osindero and Teh, 2006): each RBM learns from the data as
/// encoded by the ones below.
#pragma once

#include <vector>

#include "../core/variant.hpp"
#include "../data/known_only.hpp"
#include "../models/dbn.hpp"
#include "contrastive_divergence.hpp"

namespace harmonium {

/// How to pre-train.
template <class Rbm_ = ContrastiveDivergenceOptions<>>
struct PreTrainingOptions {
  std::vector<Rbm_> layers =
      std::vector<Rbm_>(1);  ///< options of each RBM from the bottom up; the last entry repeats
  bool samples = false;      ///< train on samples of the layers below instead of their means
};

/// A source's samples as the lowest `depth` RBMs of a DBN encode them, computed batch by batch: nothing is
/// stored. Missing entries are drawn by the lowest RBM given the known ones, again in each batch, or left
/// out.
template <class Model, class Source>
class EncodedSource {
 public:
  using Backend = typename Model::Backend;  ///< where the models live
  /// The DBN and the source must outlive this. Draws use `seed_for(seed, SeedFor::codes, depth)`.
  EncodedSource(const Model& dbn, const Source& source, Index depth, bool samples, std::uint64_t seed,
                int missing_steps = 10, Missing missing = Missing::drawn)
      : dbn_(dbn),
        source_(source),
        depth_(depth),
        samples_(samples),
        missing_steps_(missing_steps),
        missing_(missing),
        seed_(seed),
        draws_{.seed = seed_for(seed, SeedFor::codes, static_cast<std::uint32_t>(depth))} {}

  /// Hidden rows of the topmost RBM that encodes.
  Index rows() const {
    return detail::visit_variant([](const auto& rbm) { return rbm.hidden.rows(); },
                                 dbn_.rbms[static_cast<std::size_t>(depth_ - 1)]);
  }
  /// Number of samples.
  Index size() const { return source_.size(); }
  /// The samples' classes, or nothing.
  std::span<const int> labels() const { return source_.labels(); }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const { return weights_of(source_); }
  /// How its source likes to be read.
  Reading reading() const { return reading_of(source_); }
  /// out(:, i) = the code of sample columns[i]
  void fill(const Backend& on, std::span<const Index> columns, ViewOf<Backend> out) const {
    const auto n = static_cast<Index>(columns.size());
    if (buffers_.empty() || buffers_[0].cols() < n) make_buffers(n);
    const auto bottom = view_of(buffers_[0]).columns(0, n);
    source_.fill(on, columns, bottom);
    if constexpr (has_missing) {
      if (missing_ == Missing::left_out) {
        leave_out_missing(on, columns, bottom);
      } else {
        draw_missing(on, columns, bottom);
      }
    }
    ConstViewOf<Backend> x = bottom;
    for (Index i = 0; i < depth_; ++i)
      detail::visit_variant(
          [&](const auto& rbm) {
            const auto place = static_cast<std::size_t>(2 * i + 1);
            const auto input = view_of(buffers_[place]).columns(0, n);
            const auto h = i + 1 == depth_ ? out : view_of(buffers_[place + 1]).columns(0, n);
            hidden_input(rounding(on), rbm, x, input);
            if (samples_) {
              ++draws_.step;
              sample(on, rbm.hidden, input, h, draws_.in(Stream::hidden));
            } else {
              mean(on, rbm.hidden, input, h);
            }
            x = h;
          },
          dbn_.rbms[static_cast<std::size_t>(i)]);
  }

  /// Is a sample another one each time that it is read?
  bool draws() const { return samples_ || (has_missing && missing_ == Missing::drawn); }
  /// Its state, if it draws, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) const {
    f("step", draws_.step);
    if constexpr (requires { source_.for_each_state(f); }) f("source", source_);
  }
  /// Its options.
  template <class F>
  friend void for_each_option(F&& f, const EncodedSource& source) {
    f("samples", source.samples_);
    f("seed", source.seed_);
    if constexpr (has_missing) {
      f("missing", name_of(source.missing_));
      f("missing_steps", source.missing_steps_);
    }
    if constexpr (HasOptions<Source>) f("source", source.source_);
  }

 private:
  static constexpr bool has_missing = SourceWithMissing<Source, Backend>;

  void leave_out_missing(const Backend& on, std::span<const Index> columns, ViewOf<Backend> v) const {
    if (known_.cols() < v.cols) known_ = Matrix<Backend>(v.rows, v.cols);
    detail::leave_out_missing(on, source_, columns, view_of(known_).columns(0, v.cols), v);
  }
  void draw_missing(const Backend& on, std::span<const Index> columns, ViewOf<Backend> v) const {
    detail::visit_variant(
        [&](const auto& rbm) {
          if (known_.cols() < v.cols) {
            known_ = Matrix<Backend>(v.rows, v.cols);
            values_ = Matrix<Backend>(v.rows, v.cols);
            down_ = Matrix<Backend>(v.rows, v.cols);
            input_ = Matrix<Backend>(rbm.hidden.rows(), v.cols);
            hidden_ = Matrix<Backend>(rbm.hidden.rows(), v.cols);
          }
          const auto cut = [&](Matrix<Backend>& x) { return view_of(x).columns(0, v.cols); };
          const auto known = cut(known_), values = cut(values_), down = cut(down_), input = cut(input_),
                     h = cut(hidden_);
          source_.fill_known(on, columns, known);
          on.copy(ConstViewOf<Backend>(v), values);
          for (int k = 0; k < missing_steps_; ++k) {
            hidden_input(on, rbm, ConstViewOf<Backend>(v), input);
            ++draws_.step;
            sample(on, rbm.hidden, ConstViewOf<Backend>(input), h, draws_.in(Stream::clamped));
            visible_input(on, rbm, ConstViewOf<Backend>(h), down);
            ++draws_.step;
            sample(on, rbm.visible, ConstViewOf<Backend>(down), v, draws_.in(Stream::clamped));
            on.update(PutBack{}, v, ConstViewOf<Backend>(values), ConstViewOf<Backend>(known));
          }
        },
        dbn_.rbms[0]);
  }
  void make_buffers(Index n) const {
    buffers_.assign(1, Matrix<Backend>(source_.rows(), n));
    for (Index i = 0; i < depth_; ++i)
      detail::visit_variant(
          [&](const auto& rbm) {  // input and means; the last layer writes its means to the caller's matrix
            buffers_.push_back(Matrix<Backend>(rbm.hidden.rows(), n));
            buffers_.push_back(Matrix<Backend>(i + 1 == depth_ ? 0 : rbm.hidden.rows(), n));
          },
          dbn_.rbms[static_cast<std::size_t>(i)]);
  }

  const Model& dbn_;
  const Source& source_;
  Index depth_;
  bool samples_;
  int missing_steps_;
  Missing missing_;
  std::uint64_t seed_;
  mutable Draws draws_;
  mutable Matrix<Backend> known_, values_, down_, input_, hidden_;  // of missing entries
  mutable std::vector<Matrix<Backend>> buffers_;
};

namespace detail {
/// \throws ValueError if there are no options, or one is out of range
template <class Options>
void check_pre_training_options(const Options& options) {
  check<ValueError>(!options.layers.empty(), "pre_train: there are no options for any layer");
  for (const auto& own : options.layers) check_contrastive_divergence_options(own);
}
/// The options of RBM `i`.
template <class Options>
auto options_of_rbm(const Options& options, Index i) {
  auto own = options.layers[std::min(static_cast<std::size_t>(i), options.layers.size() - 1)];
  own.seed = seed_of_layer(own.seed, static_cast<std::size_t>(i));
  own.phase = "rbm " + std::to_string(i + 1);
  return own;
}
}  // namespace detail

/// Trains the RBMs of a DBN on samples of any kind one after another, each for all its epochs. RBM i is
/// trained with `seed_of_layer` of its options' seed, and is called "rbm i + 1" in reports. An observer's
/// `Flow::stop` ends the current RBM, `Flow::pause` the whole run. \returns the history of each RBM that was
/// started \throws as `ContrastiveDivergence`; ShapeError if the DBN has no layers; ValueError if `layers` is
/// empty
template <class Units, class B, SamplesFor<B> Data, class Options = PreTrainingOptions<>,
          Observer... Observers>
std::vector<History> pre_train_on(const B& on, Dbn<Units, B>& dbn, const Data& data, const Options& options,
                                  Observers&&... observers) {
  check_shapes("pre_train", dbn);
  const auto& source = source_of<B>(data);
  using Source = std::remove_cvref_t<decltype(source)>;
  detail::check_pre_training_options(options);
  const auto trainer_of = [&](auto& rbm, Index i) {
    auto own = detail::options_of_rbm(options, i);
    return ContrastiveDivergence<std::remove_reference_t<decltype(rbm)>, decltype(own)>(rbm, own, on);
  };
  // Options that do not fit their RBM are found before the first RBM is trained.
  for_each_rbm(dbn, [&](auto& rbm, Index i) { static_cast<void>(trainer_of(rbm, i)); });
  std::vector<History> histories;
  const auto train = [&](auto& rbm, Index i, const auto& samples) {
    histories.push_back(trainer_of(rbm, i).fit(samples, observers...));
  };
  for_each_rbm(dbn, [&](auto& rbm, Index i) {
    if (!histories.empty() && histories.back().paused) return;
    if (i == 0) {
      train(rbm, i, source);
    } else {
      train(rbm, i,
            EncodedSource<Dbn<Units, B>, Source>(dbn, source, i, options.samples, options.layers[0].seed,
                                                 options.layers[0].missing_steps, options.layers[0].missing));
    }
  });
  return histories;
}

/// The same on all processors: `pre_train(dbn, data, {.layers = {{.epochs = 10}}}, ProgressBar{})`.
template <class Units, class B, SamplesFor<B> Data, Observer... Observers>
std::vector<History> pre_train(Dbn<Units, B>& dbn, const Data& data, const PreTrainingOptions<>& options = {},
                               Observers&&... observers) {
  return pre_train_on(B::all(), dbn, data, options, observers...);
}

}  // namespace harmonium
