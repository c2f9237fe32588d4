/// \file
/// Feed-forward network made of layers of units, with a softmax head: what an RBM or a DBN becomes when it is
/// to classify. A layer's output is the mean of its units given their input, so a pre-trained Bernoulli layer
/// is a sigmoid layer, a Gaussian one linear, a categorical one softmax, and back-propagation is the units'
/// own.
#pragma once

#include <vector>

#include "dbn.hpp"

namespace harmonium {

/// Weights and the layer that they lead to: mean(W^T x).
template <class U, class B = Cpu<float>>
struct Dense {
  /// The same on another backend.
  template <class To>
  using On = Dense<U, To>;
  Matrix<B> weights;  ///< inputs x rows of the layer
  Layer<U, B> layer;  ///< units, with their biases

  Dense() = default;
  /// Zero biases, weights uniform within +- sqrt(6 / (inputs + outputs)) (Glorot and Bengio, 2010).
  Dense(Index inputs, LayerSize<U> size, Draws draws) : layer(size) {
    using T = ScalarOf<B>;
    Eigen::Matrix<T, Eigen::Dynamic, Eigen::Dynamic> host(inputs, layer.rows());
    const T limit = static_cast<T>(std::sqrt(6.0 / static_cast<double>(inputs + layer.rows())));
    for (Index c = 0; c < host.cols(); ++c)
      for (Index r = 0; r < inputs; ++r)
        host(r, c) = limit * (T(2) * Random{draws.in(Stream::weights), static_cast<std::uint32_t>(r),
                                            static_cast<std::uint32_t>(c)}
                                         .template uniform<T>() -
                              T(1));
    weights = Matrix<B>(inputs, layer.rows());
    B{}.upload(View<const T>(host), weights);
  }
  friend bool operator==(const Dense& a, const Dense& b) {
    return a.layer == b.layer && detail::equal<B>(a.weights, b.weights);
  }
  /// The walk: `weight`, `bias`, shape parameters.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    f(name / "weight", Role::weight, view_of(self.weights), view_of(others.weights)...);
    Layer<U, B>::walk(f, name, self.layer, others.layer...);
  }
};

/// How a network is made.
struct NetworkOptions {
  std::vector<StackSize> sizes = {};  ///< of the inputs and of each hidden layer, at least two
  Index classes = 2;                  ///< of the softmax head
  std::uint64_t seed = 0;             ///< of the initial weights
};

/// A classifier whose hidden layers have the unit types of `Units`, a `Stack` that begins with the visible
/// type.
///
///     Network<Stack<Bernoulli>> fresh{{.sizes = {784, 500, 500, 2000}, .classes = 10, .seed = 1}};
///     auto pre_trained = classifier(dbn, 10);
template <class Units, class B = Cpu<float>>
struct Network;

template <class... U, class B>
struct Network<Stack<U...>, B> {
  using Units = Stack<U...>;          ///< unit types from the visible one up
  using Backend = B;                  ///< where parameters live
  using Scalar = typename B::Scalar;  ///< their numbers
  using Options = NetworkOptions;     ///< how it is made
  /// The same model on another backend or with other numbers.
  template <class To>
  using On = Network<Units, To>;
  /// Type of hidden layer `I`.
  template <std::size_t I>
  using DenseAt = Dense<typename Units::template At<I + 1>, B>;
  /// Units of the input; they only say its size.
  using Visible = typename Units::template At<0>;

 private:
  template <class>
  struct Kinds;
  template <std::size_t... I>
  struct Kinds<std::index_sequence<I...>> {
    using type = detail::UniqueVariant<DenseAt<I>...>;
  };

 public:
  /// Any of the types that the hidden layers have.
  using AnyDense = typename Kinds<std::make_index_sequence<Units::named>>::type;

  LayerSize<Visible> visible{};  ///< size of the input
  std::vector<AnyDense> layers;  ///< hidden layers from the bottom up
  Dense<Categorical, B> head;    ///< softmax: one categorical unit with a state for each class

  Network() = default;
  /// A fresh start: Glorot's weights, zero biases.
  /// \throws ShapeError if there are fewer than two sizes or classes, or a layer has no units
  explicit Network(const Options& options) : Network(options, [](auto& /*dense*/, Index /*i*/) {}) {}
  /// The same; `adopt(dense, i)` may then replace a hidden layer's parameters.
  template <class Adopt>
  Network(const Options& options, Adopt adopt)
      : visible(options.sizes.empty() ? LayerSize<Visible>{} : options.sizes[0].template as<Visible>()) {
    const auto& sizes = options.sizes;
    check<ShapeError>(sizes.size() >= std::max<std::size_t>(2, Units::named), "Network: ", sizes.size(),
                      " layer sizes, expected at least ", std::max<std::size_t>(2, Units::named));
    check<ShapeError>(options.classes >= 2, "Network: classes is ", options.classes, ", expected at least 2");
    Index inputs = input_rows();
    check<ShapeError>(inputs >= 1, "Network: the input has ", inputs, " rows, expected at least 1");
    static_cast<void>(Layer<Visible, B>(visible));  // refuses what no layer can be, a part of no units
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i)
      detail::with_kind<Units::named>(i, [&](auto kind) {
        using D = DenseAt<kind>;
        D dense(inputs, sizes[i + 1].template as<typename Units::template At<kind + 1>>(),
                {.seed = options.seed, .step = static_cast<std::uint32_t>(i)});
        adopt(dense, static_cast<Index>(i));
        inputs = dense.layer.rows();
        layers.push_back(std::move(dense));
      });
    head = Dense<Categorical, B>(inputs, {.units = 1, .states = options.classes},
                                 {.seed = options.seed, .step = static_cast<std::uint32_t>(layers.size())});
  }

  /// Numbers in an input.
  Index input_rows() const { return static_cast<Index>(Layer<Visible, B>::row_count(visible)); }
  /// Number of classes.
  Index classes() const { return head.layer.rows(); }
  /// Sizes to make another of the same shape with.
  Options options() const {
    Options result{.sizes = {StackSize(visible)}, .classes = classes()};
    for (const auto& any : layers)
      std::visit([&](const auto& dense) { result.sizes.push_back(dense.layer.size()); }, any);
    return result;
  }
  /// What `describe` put down. \throws DataError if it is no network of these unit types
  static Options options_from(const Metadata& metadata) {
    detail::check_kind(metadata, "network");
    const Index depth = detail::size_at(metadata, "depth");
    Options result{.sizes = {StackSize(Layer<Visible, B>::size_from(metadata, "visible"))},
                   .classes = detail::size_at(metadata, "classes")};
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
    for (std::size_t i = 0; i + 1 < options.sizes.size(); ++i)
      detail::with_kind<Units::named>(i, [&](auto kind) {
        using Unit = typename Units::template At<kind + 1>;
        const LayerSize<Unit> size = options.sizes[i + 1].template as<Unit>();
        const double outputs = Layer<Unit, B>::row_count(size);
        count += outputs * inputs + Layer<Unit, B>::parameter_count(size);
        inputs = outputs;
      });
    return count + static_cast<double>(options.classes) * (inputs + 1);
  }

  friend bool operator==(const Network& a, const Network& b) {
    return a.visible == b.visible && a.layers == b.layers && a.head == b.head;
  }

  /// The walk: `layers.0.weight`, `layers.0.bias`, ..., `head.weight`, `head.bias`.
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    const ParameterName parts = name / "layers";
    for (std::size_t i = 0; i < self.layers.size(); ++i)
      std::visit(
          [&]<class D>(D& dense) {
            using Plain = std::remove_const_t<D>;
            Plain::walk(f, parts / static_cast<Index>(i), dense,
                        std::get<typename Plain::template On<typename Others::Backend>>(others.layers[i])...);
          },
          self.layers[i]);
    Dense<Categorical, B>::walk(f, name / "head", self.head, others.head...);
  }
};

/// Kind, unit types and sizes, for files.
template <class Units, class B>
Metadata describe(const Network<Units, B>& network) {
  Metadata metadata{{"kind", "network"},
                    {"depth", std::to_string(network.layers.size())},
                    {"classes", std::to_string(network.classes())}};
  Layer<typename Network<Units, B>::Visible, B>::describe(metadata, "visible", network.visible);
  for (std::size_t i = 0; i < network.layers.size(); ++i)
    std::visit(
        [&]<class U>(const Dense<U, B>& dense) {
          dense.layer.describe(metadata, "layers." + std::to_string(i), dense.layer.size());
        },
        network.layers[i]);
  return metadata;
}

/// A classifier with the hidden layers of a DBN, the top one included, and a fresh softmax head.
/// \throws ShapeError unless there are at least two classes
template <class Units, class B>
Network<Units, B> classifier(const Dbn<Units, B>& dbn, Index classes, std::uint64_t seed = 0) {
  return Network<Units, B>({.sizes = dbn.options().sizes, .classes = classes, .seed = seed},
                           [&]<class U>(Dense<U, B>& dense, Index i) {
                             std::visit(
                                 [&](const auto& rbm) {
                                   if constexpr (requires { dense.layer = rbm.hidden; }) {
                                     dense.weights = rbm.weights;
                                     dense.layer = rbm.hidden;
                                   }
                                 },
                                 dbn.rbms[static_cast<std::size_t>(i)]);
                           });
}

/// A classifier with an RBM's hidden layer and a fresh softmax head.
/// \throws ShapeError unless there are at least two classes
template <class V, class H, class B>
Network<Stack<V, H>, B> classifier(const Rbm<V, H, B>& rbm, Index classes, std::uint64_t seed = 0) {
  return Network<Stack<V, H>, B>(
      {.sizes = {rbm.visible.size(), rbm.hidden.size()}, .classes = classes, .seed = seed},
      [&]<class U>(Dense<U, B>& dense, Index) {
        if constexpr (std::is_same_v<U, H>) {
          dense.weights = rbm.weights;
          dense.layer = rbm.hidden;
        }
      });
}

}  // namespace harmonium
