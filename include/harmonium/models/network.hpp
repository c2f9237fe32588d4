/// \file
/// Feed-forward network made of layers of units: what an RBM or a DBN becomes to classify, to predict
/// numbers, or to reconstruct. A layer's output is the mean of its units given their input, so a pre-trained
/// Bernoulli layer becomes a sigmoid layer, a Gaussian one a linear and a categorical one a softmax layer;
/// back-propagation uses the functions of the units. The last layer, the head, consists of units as well, and
/// training increases their likelihood of the targets: the loss is cross-entropy for a softmax head and
/// squared error for a Gaussian one.
#pragma once

#include <vector>

#include "../core/variant.hpp"
#include "dbn.hpp"
#include "dense.hpp"

namespace harmonium {

/// Options of a network.
struct NetworkOptions {
  std::vector<StackSize> sizes = {};  ///< sizes of the inputs and of each hidden layer; at least two
  Index classes = 2;                  ///< number of classes of a softmax head
  StackSize outputs = 0;              ///< size of a head of other units, given as in `sizes`
  std::uint64_t seed = 0;             ///< seed of the initial weights
  Start start = Start::units;         ///< distribution of the initial weights
};

/// A network whose hidden layers have the types of `Units_`, a `Stack` that starts with the visible type;
/// they are unit types, or activations such as `Relu`. `Head_` is the unit type of the outputs: Categorical
/// for a classifier, Gaussian for regression, Bernoulli for independent binary outputs.
///
///     Network<Stack<Bernoulli>> fresh{{.sizes = {784, 500, 500, 2000}, .classes = 10, .seed = 1}};
///     Network<Stack<Bernoulli, Relu>> modern{{.sizes = {784, 800, 800}, .classes = 10, .seed = 1}};
///     Network<Stack<Gaussian, Relu>, Cpu<float>, Gaussian> numbers{{.sizes = {8, 100}, .outputs = 3}};
///     auto pre_trained = classifier(dbn, 10);
template <class Units_, class B = Cpu<float>, class Head_ = Categorical>
struct Network {
  static_assert(!is_activation<Head_>,
                "a network's head is made of units, whose likelihood of the targets is learned");
  using Units = Units_;               ///< types from the visible one up
  using Head = Head_;                 ///< unit type of the outputs
  using Backend = B;                  ///< where its parameters are stored
  using Scalar = typename B::Scalar;  ///< type of its parameters
  using Options = NetworkOptions;     ///< options of the constructor
  /// The same model on another backend or with another number type.
  template <class To>
  using On = Network<Units, To, Head>;
  /// Type of hidden layer `I`.
  template <std::size_t I>
  using DenseAt = Dense<typename Units::template At<I + 1>, B>;
  /// Units of the input; only their size matters.
  using Visible = typename Units::template At<0>;

  /// A variant of the hidden layers' types.
  using AnyDense = detail::AnyKind<DenseAt, Units::named>;
  /// Is it an autoencoder, which reconstructs its inputs?
  static constexpr bool reconstructs = Units::mirrored;
  /// Is it a classifier, whose head is one categorical unit?
  static constexpr bool classifies = !reconstructs && std::is_same_v<Head, Categorical>;

  LayerSize<Visible> visible{};  ///< size of the input
  std::vector<AnyDense> layers;  ///< hidden layers from the bottom up
  Dense<Head, B> head;           ///< softmax for a classifier: one categorical unit with a state per class

  Network() = default;
  /// A fresh network, initialized as `start` says: by default with Glorot's weights (He's for `Relu`) and
  /// zero biases.
  /// \throws ShapeError if there are fewer than two sizes or classes, or a layer has no units
  explicit Network(const Options& options) : Network(options, [](auto& /*dense*/, Index /*i*/) {}) {}
  /// The same; `adopt(dense, i)` may then replace a hidden layer's parameters.
  template <class Adopt>
  Network(const Options& options, Adopt adopt)
      : visible(options.sizes.empty() ? LayerSize<Visible>{} : options.sizes[0].template as<Visible>()) {
    const auto& sizes = options.sizes;
    check<ShapeError>(sizes.size() >= std::max<std::size_t>(2, Units::named), "Network: ", sizes.size(),
                      " layer sizes, expected at least ", std::max<std::size_t>(2, Units::named));
    check<ShapeError>(!classifies || options.classes >= 2, "Network: classes is ", options.classes,
                      ", expected at least 2");
    check<ShapeError>((!classifies && !reconstructs) || options.outputs == StackSize(0),
                      "Network: outputs is given, but ",
                      classifies ? "the outputs of a softmax head are its classes"
                                 : "the outputs of an autoencoder are its inputs");
    Index inputs = input_rows();
    check<ShapeError>(inputs >= 1, "Network: the input has ", inputs, " rows, expected at least 1");
    static_cast<void>(Layer<Visible, B>(visible));  // refuses sizes that no layer can have
    const LayerSize<Head> outputs = head_size(options);
    check<ShapeError>(Layer<Head, B>::row_count(outputs) >= 1, "Network: outputs has ",
                      Layer<Head, B>::row_count(outputs), " rows, expected at least 1");
    for_each_hidden(sizes.size(), [&](Index i, std::size_t place, auto kind) {
      using D = DenseAt<kind>;
      D dense(inputs, sizes[place].template as<typename Units::template At<kind + 1>>(),
              {.seed = options.seed, .step = static_cast<std::uint32_t>(i)}, options.start);
      adopt(dense, i);
      inputs = dense.layer.rows();
      layers.push_back(std::move(dense));
    });
    head = Dense<Head, B>(inputs, outputs,
                          {.seed = options.seed, .step = static_cast<std::uint32_t>(layers.size())},
                          options.start);
  }

  /// Numbers per input.
  Index input_rows() const { return static_cast<Index>(Layer<Visible, B>::row_count(visible)); }
  /// Numbers per output.
  Index output_rows() const { return head.layer.rows(); }
  /// Number of classes.
  Index classes() const requires(classifies) { return output_rows(); }
  /// Options that make another network of the same shape.
  Options options() const {
    Options result{.sizes = {StackSize(visible)}};
    for (std::size_t i = 0; i + 1 < Units::sizes(layers.size() + 1); ++i)
      detail::visit_variant([&](const auto& dense) { result.sizes.push_back(dense.layer.size()); },
                            layers[i]);
    if constexpr (classifies) result.classes = classes();
    if constexpr (!classifies && !reconstructs) result.outputs = head.layer.size();
    return result;
  }
  /// Options from what `describe` wrote. \throws DataError if that is not a network of these unit types
  static Options options_from(const Metadata& metadata) {
    detail::check_kind(metadata, reconstructs ? "autoencoder" : "network");
    const Index depth = detail::size_at(metadata, "depth");
    Options result{.sizes = {StackSize(Layer<Visible, B>::size_from(metadata, "visible"))}};
    if constexpr (classifies) {
      if (metadata.count("head.unit") != 0) detail::check_unit(metadata, "head", Head::name);
      result.classes = detail::size_at(metadata, "classes");
    } else if constexpr (!reconstructs) {
      result.outputs = Layer<Head, B>::size_from(metadata, "head");
    }
    for (Index i = 0; i < depth; ++i)
      detail::with_kind<Units::named>(static_cast<std::size_t>(i), [&](auto kind) {
        result.sizes.push_back(Layer<typename Units::template At<kind + 1>, B>::size_from(
            metadata, "layers." + std::to_string(i)));
      });
    return result;
  }
  /// Number of parameters of a network made with these options.
  static double parameter_count(const Options& options) {
    double count = 0, inputs = Layer<Visible, B>::row_count(options.sizes.at(0).template as<Visible>());
    for_each_hidden(options.sizes.size(), [&](Index, std::size_t place, auto kind) {
      using Unit = typename Units::template At<kind + 1>;
      const LayerSize<Unit> size = options.sizes[place].template as<Unit>();
      const double outputs = Layer<Unit, B>::row_count(size);
      count += outputs * inputs + Layer<Unit, B>::parameter_count(size);
      inputs = outputs;
    });
    const LayerSize<Head> outputs = head_size(options);
    return count + Layer<Head, B>::row_count(outputs) * inputs + Layer<Head, B>::parameter_count(outputs);
  }

  /// Are all parameters equal?
  friend bool operator==(const Network& a, const Network& b) {
    return a.visible == b.visible && a.layers == b.layers && a.head == b.head;
  }

  /// The walk: `layers.0.weight`, `layers.0.bias`, ..., `head.weight`, `head.bias`.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    const ParameterName parts = name / "layers";
    for (std::size_t i = 0; i < self.layers.size(); ++i)
      detail::visit_variant(
          [&]<class D>(D& dense) {
            using Plain = std::remove_const_t<D>;
            Plain::walk(f, parts / static_cast<Index>(i), dense,
                        std::get<typename Plain::template On<typename Others::Backend>>(others.layers[i])...);
          },
          self.layers[i]);
    Dense<Head, B>::walk(f, name / "head", self.head, others.head...);
  }

 private:
  // Calls f(hidden layer, index of its size, its kind) from the bottom up, for a network with this number of
  // sizes.
  template <class F>
  static void for_each_hidden(std::size_t sizes, F f) {
    for (std::size_t i = 1; i < Units::layers(sizes); ++i) {
      const std::size_t place = Units::place(i, sizes);
      detail::with_kind<Units::named>(place - 1,
                                      [&](auto kind) { f(static_cast<Index>(i) - 1, place, kind); });
    }
  }
  static LayerSize<Head> head_size(const Options& options) {
    if constexpr (reconstructs) {
      return options.sizes.at(0).template as<Head>();
    } else if constexpr (classifies) {
      return {.units = 1, .states = options.classes};
    } else {
      return options.outputs.template as<Head>();
    }
  }
};

/// \throws ShapeError if weights or parameters do not fit the layers and what they get from below
template <class Units, class B, class Head>
void check_shapes(const char* caller, const Network<Units, B, Head>& network) {
  Index inputs = network.input_rows();
  for (const auto& any : network.layers)
    detail::visit_variant(
        [&](const auto& dense) {
          check_shapes(caller, dense, inputs);
          inputs = dense.layer.rows();
        },
        any);
  check_shapes(caller, network.head, inputs);
}

/// Kind, unit types and sizes, for files.
template <class Units, class B, class Head>
Metadata describe(const Network<Units, B, Head>& network) {
  using Model = Network<Units, B, Head>;
  const std::size_t depth = Units::sizes(network.layers.size() + 1) - 1;
  Metadata metadata{{"kind", Model::reconstructs ? "autoencoder" : "network"},
                    {"depth", std::to_string(depth)}};
  if constexpr (Model::classifies) {
    metadata["classes"] = std::to_string(network.classes());
  } else if constexpr (!Model::reconstructs) {
    network.head.layer.describe(metadata, "head", network.head.layer.size());
  }
  Layer<typename Model::Visible, B>::describe(metadata, "visible", network.visible);
  for (std::size_t i = 0; i < depth; ++i)
    detail::visit_variant(
        [&]<class U>(const Dense<U, B>& dense) {
          dense.layer.describe(metadata, "layers." + std::to_string(i), dense.layer.size());
        },
        network.layers[i]);
  return metadata;
}

namespace detail {
/// A network with the hidden layers of a DBN, the top one included.
template <class Head, class Units, class B>
Network<Units, B, Head> with_layers_of(const Dbn<Units, B>& dbn, NetworkOptions options) {
  options.sizes = dbn.options().sizes;
  return Network<Units, B, Head>(options, [&]<class U>(Dense<U, B>& dense, Index i) {
    detail::visit_variant(
        [&](const auto& rbm) {
          if constexpr (requires { dense.layer = rbm.hidden; }) {
            dense.weights = rbm.weights;
            dense.layer = rbm.hidden;
          }
        },
        dbn.rbms[static_cast<std::size_t>(i)]);
  });
}
/// The same for an RBM.
template <class Head, class V, class H, class B>
Network<Stack<V, H>, B, Head> with_layers_of(const Rbm<V, H, B>& rbm, NetworkOptions options) {
  options.sizes = {rbm.visible.size(), rbm.hidden.size()};
  return Network<Stack<V, H>, B, Head>(options, [&]<class U>(Dense<U, B>& dense, Index) {
    if constexpr (std::is_same_v<U, H>) {
      dense.weights = rbm.weights;
      dense.layer = rbm.hidden;
    }
  });
}
}  // namespace detail

/// A classifier with the hidden layers of a DBN (including the top one) or of an RBM, and a fresh softmax
/// head. \throws ShapeError unless there are at least two classes
template <class Model>
auto classifier(const Model& model, Index classes, std::uint64_t seed = 0) {
  return detail::with_layers_of<Categorical>(model, {.classes = classes, .seed = seed});
}

/// A network for regression with the hidden layers of a DBN or RBM and a fresh linear head: Gaussian units of
/// precision 1, so that the loss is squared error. \throws ShapeError unless there is at least one output
template <class Model>
auto regressor(const Model& model, Index outputs, std::uint64_t seed = 0) {
  return detail::with_layers_of<Gaussian>(model, {.outputs = outputs, .seed = seed});
}

}  // namespace harmonium
