/// \file
/// Greedy pre-training of an up-down DBN (Hinton, Osindero and Teh, 2006): its lower layers as RBMs, one
/// after another, then the top RBM on the data as they encode it, together with the labels.
#pragma once

#include <vector>

#include "../models/up_down.hpp"
#include "labelled_source.hpp"
#include "pre_training.hpp"

namespace harmonium {

namespace detail {
/// The untied layers as RBMs, with the weights of their upward passes; the visible units are those of the
/// downward passes.
template <class Units, class B>
Dbn<Units, B> lower_dbn(const UpDownDbn<Units, B>& model) {
  auto sizes = model.options().sizes;
  sizes.pop_back();
  Dbn<Units, B> dbn{{.sizes = std::move(sizes)}};
  for_each_rbm(dbn, [&]<class V, class H>(Rbm<V, H, B>& rbm, Index i) {
    const auto& layer = std::get<UpDownLayer<V, H, B>>(model.stack.layers[static_cast<std::size_t>(i)]);
    rbm.weights = layer.recognition.weights;
    rbm.hidden = layer.recognition.layer;
    rbm.visible = layer.generation.layer;
  });
  return dbn;
}
}  // namespace detail

/// Trains the layers of an up-down DBN one after another, each for all its epochs: `options.layers` from the
/// bottom up, the top RBM's last. Afterwards the upward and downward passes of the lower layers have the same
/// weights. A model with classes needs labels, which only the top RBM sees. RBM i is trained with
/// `seed_of_layer` of its options' seed, and is called "rbm i + 1" in reports. \returns the history of each
/// RBM that was started \throws as `pre_train_on` of a DBN; DataError if the model has classes and there are
/// no labels, or one is invalid
template <class Units, class B, SamplesFor<B> Data, class Options = PreTrainingOptions<>,
          Observer... Observers>
std::vector<History> pre_train_on(const B& on, UpDownDbn<Units, B>& model, const Data& data,
                                  const Options& options, Observers&&... observers) {
  check<ShapeError>(model.top.hidden.rows() >= 1, "pre_train: the model has no layers");
  check_shapes("pre_train", model);
  const auto& source = source_of<B>(data);
  using Source = std::remove_cvref_t<decltype(source)>;
  detail::check_pre_training_options(options);
  const Index classes = model.classes(), depth = static_cast<Index>(model.stack.layers.size());
  if (classes > 0) detail::check_labels("pre_train", source.labels(), source.size(), classes);

  auto own = detail::options_of_rbm(options, depth);
  ContrastiveDivergence<typename UpDownDbn<Units, B>::Top, decltype(own)> top(model.top, own, on);
  const auto train_top = [&](const auto& below) {
    return top.fit(LabelledSource<B, std::remove_cvref_t<decltype(below)>>(below, classes), observers...);
  };
  if (depth == 0) return {train_top(source)};

  Dbn<Units, B> dbn = detail::lower_dbn(model);
  std::vector<History> histories = pre_train_on(on, dbn, source, options, observers...);
  for_each_rbm(dbn, [&]<class V, class H>(const Rbm<V, H, B>& rbm, Index i) {
    model.stack.layers[static_cast<std::size_t>(i)] = UpDownLayer<V, H, B>(rbm);
  });
  if (!histories.back().paused)
    histories.push_back(train_top(
        EncodedSource<Dbn<Units, B>, Source>(dbn, source, depth, options.samples, options.layers[0].seed,
                                             options.layers[0].missing_steps, options.layers[0].missing)));
  return histories;
}

/// The same on all processors.
template <class Units, class B, SamplesFor<B> Data, Observer... Observers>
std::vector<History> pre_train(UpDownDbn<Units, B>& model, const Data& data,
                               const PreTrainingOptions<>& options = {}, Observers&&... observers) {
  return pre_train_on(B::all(), model, data, options, observers...);
}

}  // namespace harmonium
