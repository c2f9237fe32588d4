/// \file
/// Deep belief network with separate weights for the ways up and down, and with labels next to the lower
/// units of its top RBM (Hinton, Osindero and Teh, 2006, figure 1 and section 5): the top two layers are an
/// undirected memory of features and labels, the way down generates, the way up recognizes. Greedy
/// pre-training starts both ways from the same weights; wake-sleep trains them separately.
#pragma once

#include <string>
#include <vector>

#include "../core/variant.hpp"
#include "dbn.hpp"
#include "dense.hpp"
#include "mixed_layer.hpp"

namespace harmonium {

/// Options of an up-down DBN.
struct UpDownOptions {
  std::vector<StackSize> sizes = {};  ///< sizes of all layers, visible first
  Index classes = 0;                  ///< of the labels next to the last layer but one; 0: no labels
  std::uint64_t seed = 0;             ///< seed of the initial weights; layer i uses `seed_of_layer(seed, i)`
  double weight_scale = 0.01;         ///< their standard deviation
};

/// Two neighbouring layers with separate ways up and down.
template <class V, class H, class B = Cpu<float>>
struct UpDownLayer {
  using Backend = B;  ///< where its parameters are stored
  /// The same on another backend.
  template <class To>
  using On = UpDownLayer<V, H, To>;
  Dense<H, B> recognition;  ///< q(h | v): V x H weights, hidden units
  Dense<V, B> generation;   ///< p(v | h): H x V weights, visible units

  UpDownLayer() = default;
  /// Both ways with the weights and units of one RBM.
  explicit UpDownLayer(const Rbm<V, H, B>& rbm) {
    recognition.weights = rbm.weights;
    recognition.layer = rbm.hidden;
    generation.weights = detail::transposed<B>(rbm.weights);
    generation.layer = rbm.visible;
  }
  /// Are all parameters equal?
  friend bool operator==(const UpDownLayer&, const UpDownLayer&) = default;
  /// The walk: `recognition.*`, `generation.*`.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    Dense<H, B>::walk(f, name / "recognition", self.recognition, others.recognition...);
    Dense<V, B>::walk(f, name / "generation", self.generation, others.generation...);
  }
};

/// The untied layers of an up-down DBN, as a model of their own for gradients and moments.
template <class Units, class B = Cpu<float>>
struct UpDownStack {
  using Backend = B;                  ///< where its parameters are stored
  using Scalar = typename B::Scalar;  ///< type of its parameters
  /// The same on another backend.
  template <class To>
  using On = UpDownStack<Units, To>;
  /// Type of layer `I`.
  template <std::size_t I>
  using LayerAt = UpDownLayer<typename Units::template At<I>, typename Units::template At<I + 1>, B>;

  /// A variant of the layers' types.
  using AnyLayer = detail::AnyKind<LayerAt, Units::named>;
  std::vector<AnyLayer> layers;  ///< from the bottom up

  /// Are all parameters equal?
  friend bool operator==(const UpDownStack&, const UpDownStack&) = default;
  /// The walk: `0.*`, `1.*`, ...
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    for (std::size_t i = 0; i < self.layers.size(); ++i)
      detail::visit_variant(
          [&]<class L>(L& layer) {
            using Plain = std::remove_const_t<L>;
            Plain::walk(f, name / static_cast<Index>(i), layer,
                        std::get<typename Plain::template On<typename Others::Backend>>(others.layers[i])...);
          },
          self.layers[i]);
  }
};

/// The network. `Units` is a `Stack`; its last type is that of the top RBM's two layers. A plain value.
///
///     UpDownDbn<Stack<Bernoulli>> model{{.sizes = {784, 500, 500, 2000}, .classes = 10, .seed = 1}};
///     pre_train(model, digits, {.layers = {{.epochs = 10}}}, ProgressBar{});
///     WakeSleep{model, {.epochs = 50}}.fit(digits, ProgressBar{});
///     Evaluation result = evaluate(model, test_digits);
///     Eigen::MatrixXf sevens = generate(model, 7, {.samples = 20});
template <class Units_, class B = Cpu<float>>
struct UpDownDbn {
  using Units = Units_;               ///< unit types
  using Backend = B;                  ///< where its parameters are stored
  using Scalar = typename B::Scalar;  ///< type of its parameters
  using Options = UpDownOptions;      ///< options of the constructor
  /// The same model on another backend or with another number type.
  template <class To>
  using On = UpDownDbn<Units, To>;
  using Visible = typename Units::template At<0>;                 ///< units of the data
  using TopUnit = typename Units::template At<Units::named - 1>;  ///< units of the top RBM's two layers
  using Top = Rbm<Mixed<TopUnit, Categorical>, TopUnit, B>;  ///< its labels come after its other visible rows

  UpDownStack<Units, B> stack;  ///< all layers but the top RBM's
  Top top;                      ///< the memory: features and labels below, its hidden units above

  UpDownDbn() = default;
  /// A fresh model: normally distributed weights, the same up and down; zero biases.
  /// \throws ShapeError if there are too few layers (both layers of the top RBM have the last type), one has
  /// no units, or classes is negative or 1
  explicit UpDownDbn(const Options& options) {
    const auto& sizes = options.sizes;
    const std::size_t least = Units::named + 1;
    check<ShapeError>(sizes.size() >= least, "UpDownDbn: ", sizes.size(), " layer sizes, expected at least ",
                      least, ": the top RBM has the last type of units in both its layers");
    check<ShapeError>(options.classes == 0 || options.classes >= 2, "UpDownDbn: classes is ", options.classes,
                      ", expected 0 or at least 2");
    const std::size_t below = sizes.size() - 2;  // index of the top RBM's lower layer
    for (std::size_t i = 0; i < below; ++i)
      detail::with_kind<Units::named>(i, [&](auto kind) {
        using V = typename Units::template At<kind>;
        using H = typename Units::template At<kind + 1>;
        stack.layers.push_back(UpDownLayer<V, H, B>(Rbm<V, H, B>({.visible = sizes[i].template as<V>(),
                                                                  .hidden = sizes[i + 1].template as<H>(),
                                                                  .seed = seed_of_layer(options.seed, i),
                                                                  .weight_scale = options.weight_scale})));
      });
    top = Top({.visible = {sizes[below].template as<TopUnit>(), labels_size(options.classes)},
               .hidden = sizes[below + 1].template as<TopUnit>(),
               .seed = seed_of_layer(options.seed, below),
               .weight_scale = options.weight_scale});
  }

  /// The visible units of the top RBM that are not labels.
  const Layer<TopUnit, B>& features() const { return std::get<0>(top.visible.parts); }
  /// The labels: one categorical unit, or none if there are no classes.
  const Layer<Categorical, B>& labels() const { return std::get<1>(top.visible.parts); }
  /// Number of classes; 0 if there are no labels.
  Index classes() const { return labels().rows(); }
  /// Numbers per sample.
  Index visible_rows() const {
    return stack.layers.empty()
               ? features().rows()
               : detail::visit_variant([](const auto& layer) { return layer.generation.layer.rows(); },
                                       stack.layers[0]);
  }

  /// Options that make another model of the same shape.
  Options options() const {
    Options result{.classes = classes()};
    for (const auto& any : stack.layers)
      detail::visit_variant([&](const auto& layer) { result.sizes.push_back(layer.generation.layer.size()); },
                            any);
    result.sizes.push_back(features().size());
    result.sizes.push_back(top.hidden.size());
    return result;
  }
  /// Options from what `describe` wrote. \throws DataError if that is not an up-down DBN of these unit types
  static Options options_from(const Metadata& metadata) {
    detail::check_kind(metadata, "up_down_dbn");
    const Index depth = detail::size_at(metadata, "depth");
    Options result;
    if (metadata.count("classes") != 0) result.classes = detail::size_at(metadata, "classes");
    for (Index i = 0; i < depth; ++i)
      detail::with_kind<Units::named>(static_cast<std::size_t>(i), [&](auto kind) {
        result.sizes.push_back(
            Layer<typename Units::template At<kind>, B>::size_from(metadata, "layers." + std::to_string(i)));
      });
    return result;
  }
  /// Number of parameters of a model made with these options.
  static double parameter_count(const Options& options) {
    if (options.sizes.size() < 2) return 0;
    double count = 0;
    const std::size_t below = options.sizes.size() - 2;
    for (std::size_t i = 0; i < below; ++i)
      detail::with_kind<Units::named>(i, [&](auto kind) {
        using V = typename Units::template At<kind>;
        using H = typename Units::template At<kind + 1>;
        const LayerSize<V> v = options.sizes[i].template as<V>();
        const LayerSize<H> h = options.sizes[i + 1].template as<H>();
        count += 2 * Layer<V, B>::row_count(v) * Layer<H, B>::row_count(h) + Layer<V, B>::parameter_count(v) +
                 Layer<H, B>::parameter_count(h);
      });
    return count + Top::parameter_count({.visible = {options.sizes[below].template as<TopUnit>(),
                                                     labels_size(options.classes)},
                                         .hidden = options.sizes[below + 1].template as<TopUnit>()});
  }

  /// Are all parameters equal?
  friend bool operator==(const UpDownDbn&, const UpDownDbn&) = default;

  /// The walk: `layers.0.recognition.*`, `layers.0.generation.*`, ..., `top.*`.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    UpDownStack<Units, B>::walk(f, name / "layers", self.stack, others.stack...);
    Top::walk(f, name / "top", self.top, others.top...);
  }

 private:
  static GroupedSize labels_size(Index classes) {
    return classes == 0 ? GroupedSize{} : GroupedSize{.units = 1, .states = classes};
  }
};

/// \throws ShapeError if weights or parameters do not fit the layers
template <class Units, class B>
void check_shapes(const char* caller, const UpDownDbn<Units, B>& model) {
  Index rows = model.visible_rows();
  for (const auto& any : model.stack.layers)
    detail::visit_variant(
        [&](const auto& layer) {
          check_shapes(caller, layer.recognition, rows);
          const Index above = layer.recognition.layer.rows();
          check_shapes(caller, layer.generation, above);
          check<ShapeError>(layer.generation.layer.rows() == rows, caller, ": a downward pass has ",
                            layer.generation.layer.rows(), " rows, the upward one ", rows);
          rows = above;
        },
        any);
  check_shapes(caller, model.top);
  check<ShapeError>(model.features().rows() == rows, caller, ": the top RBM has ", model.features().rows(),
                    " rows for features, the layer below has ", rows);
}

/// Kind, unit types and sizes, for files.
template <class Units, class B>
Metadata describe(const UpDownDbn<Units, B>& model) {
  const auto sizes = model.options().sizes;
  Metadata metadata{{"kind", "up_down_dbn"}, {"depth", std::to_string(sizes.size())}};
  if (model.classes() > 0) metadata["classes"] = std::to_string(model.classes());
  for (std::size_t i = 0; i < sizes.size(); ++i)
    detail::with_kind<Units::named>(i, [&](auto kind) {
      using U = typename Units::template At<kind>;
      Layer<U, B>::describe(metadata, "layers." + std::to_string(i), sizes[i].template as<U>());
    });
  return metadata;
}

}  // namespace harmonium
