/// \file
/// Deep belief network: a stack of RBMs, each trained on the hidden representation of the one below (Hinton,
/// Osindero and Teh, 2006). Every RBM keeps its own visible and hidden biases; neighbours do not share any.
#pragma once

#include <concepts>
#include <vector>

#include "../core/variant.hpp"
#include "rbm.hpp"
#include "stack.hpp"

namespace harmonium {

/// Options of a DBN.
struct DbnOptions {
  std::vector<StackSize> sizes = {};  ///< sizes of all layers, visible first; at least two
  std::uint64_t seed = 0;             ///< seed of the initial weights; RBM i uses `seed_of_layer(seed, i)`
  double weight_scale = 0.01;         ///< their standard deviation
};

/// A stack of RBMs with the unit types of the `Stack` `Units`. A plain value.
///
///     Dbn<Stack<Bernoulli>> dbn{{784, 500, 500, 2000}};
///     Dbn<Stack<Gaussian, Bernoulli>> other{{.sizes = {784, 500, 30}, .seed = 1}};
template <class Units, class B = Cpu<float>>
struct Dbn;

/// The definition, with unit types `U`.
template <class... U, class B>
struct Dbn<Stack<U...>, B> {
  using Units = Stack<U...>;          ///< unit types
  using Backend = B;                  ///< where its parameters are stored
  using Scalar = typename B::Scalar;  ///< type of its parameters
  using Options = DbnOptions;         ///< options of the constructor
  /// The same model on another backend or with another number type.
  template <class To>
  using On = Dbn<Units, To>;
  /// Type of RBM `I`.
  template <std::size_t I>
  using RbmAt = Rbm<typename Units::template At<I>, typename Units::template At<I + 1>, B>;

  /// A variant of the types of the stack's RBMs.
  using AnyRbm = detail::AnyKind<RbmAt, Units::named>;

  std::vector<AnyRbm> rbms;  ///< from the bottom up; algorithms use `for_each_rbm`

  Dbn() = default;
  /// \throws ShapeError if there are fewer than two layers, fewer layers than named types, or a layer has no
  /// units
  explicit Dbn(const Options& options) {
    const auto& sizes = options.sizes;
    check<ShapeError>(sizes.size() >= std::max<std::size_t>(2, Units::named), "Dbn: ", sizes.size(),
                      " layer sizes, expected at least ", std::max<std::size_t>(2, Units::named));
    for (std::size_t i = 0; i + 1 < sizes.size(); ++i) {
      detail::with_kind<Units::named>(i, [&](auto kind) {
        using R = RbmAt<kind>;
        rbms.push_back(R({.visible = sizes[i].template as<typename Units::template At<kind>>(),
                          .hidden = sizes[i + 1].template as<typename Units::template At<kind + 1>>(),
                          .seed = seed_of_layer(options.seed, i),
                          .weight_scale = options.weight_scale}));
      });
    }
  }
  /// The same from sizes alone: `{{784, 500}}`. A template, so that g++ 12 does not choose it for `{{.sizes =
  /// ...}}`.
  template <std::same_as<std::vector<StackSize>> Sizes = std::vector<StackSize>>
  explicit Dbn(Sizes sizes, std::uint64_t seed = 0) : Dbn(Options{.sizes = std::move(sizes), .seed = seed}) {}

  /// Number of RBMs, which is one less than the number of layers.
  Index depth() const { return static_cast<Index>(rbms.size()); }
  /// Options that make another DBN of the same shape.
  Options options() const {
    Options result;
    for (std::size_t i = 0; i < rbms.size(); ++i)
      detail::visit_variant(
          [&](const auto& rbm) {
            if (i == 0) result.sizes.push_back(rbm.visible.size());
            result.sizes.push_back(rbm.hidden.size());
          },
          rbms[i]);
    return result;
  }
  /// Options from what `describe` wrote. \throws DataError if that is not a DBN of these unit types
  static Options options_from(const Metadata& metadata) {
    detail::check_kind(metadata, "dbn");
    const Index depth = detail::size_at(metadata, "depth");
    Options result;
    for (Index i = 0; i < depth; ++i)
      detail::with_kind<Units::named>(static_cast<std::size_t>(i), [&](auto kind) {
        const std::string name = "layers." + std::to_string(i);
        if (i == 0)
          result.sizes.push_back(
              Layer<typename Units::template At<0>, B>::size_from(metadata, name + ".visible"));
        result.sizes.push_back(
            Layer<typename Units::template At<kind + 1>, B>::size_from(metadata, name + ".hidden"));
      });
    return result;
  }
  /// Number of parameters of a DBN made with these options.
  static double parameter_count(const Options& options) {
    double count = 0;
    for (std::size_t i = 0; i + 1 < options.sizes.size(); ++i)
      detail::with_kind<Units::named>(i, [&](auto kind) {
        count += RbmAt<kind>::parameter_count(
            {.visible = options.sizes[i].template as<typename Units::template At<kind>>(),
             .hidden = options.sizes[i + 1].template as<typename Units::template At<kind + 1>>()});
      });
    return count;
  }

  /// Are all RBMs equal?
  friend bool operator==(const Dbn& a, const Dbn& b) { return a.rbms == b.rbms; }

  /// The walk: `layers.0.*`, `layers.1.*`, ...
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    const ParameterName layers = name / "layers";
    for (std::size_t i = 0; i < self.rbms.size(); ++i)
      detail::visit_variant(
          [&]<class R>(R& rbm) {
            using Plain = std::remove_const_t<R>;
            Plain::walk(f, layers / static_cast<Index>(i), rbm,
                        std::get<typename Plain::template On<typename Others::Backend>>(others.rbms[i])...);
          },
          self.rbms[i]);
  }
};

/// Calls f(rbm, i) for each RBM of a DBN from the bottom up; `rbm` has its actual type.
template <class Units, class B, class F>
void for_each_rbm(Dbn<Units, B>& dbn, F f) {
  for (std::size_t i = 0; i < dbn.rbms.size(); ++i)
    detail::visit_variant([&](auto& rbm) { f(rbm, static_cast<Index>(i)); }, dbn.rbms[i]);
}
/// The same, read-only.
template <class Units, class B, class F>
void for_each_rbm(const Dbn<Units, B>& dbn, F f) {
  for (std::size_t i = 0; i < dbn.rbms.size(); ++i)
    detail::visit_variant([&](const auto& rbm) { f(rbm, static_cast<Index>(i)); }, dbn.rbms[i]);
}

/// \throws ShapeError if there are no RBMs, one has matrices that do not fit its layers, or the visible layer
/// of one does not fit the hidden layer below
template <class Units, class B>
void check_shapes(const char* caller, const Dbn<Units, B>& dbn) {
  check<ShapeError>(dbn.depth() >= 1, caller, ": the DBN has no layers");
  Index below = 0;
  for_each_rbm(dbn, [&](const auto& rbm, Index i) {
    check_shapes(caller, rbm);
    check<ShapeError>(i == 0 || rbm.visible.rows() == below, caller, ": RBM ", i + 1, " has ",
                      rbm.visible.rows(), " visible rows, the one below ", below, " hidden rows");
    below = rbm.hidden.rows();
  });
}

/// Kind, unit types and sizes, for files.
template <class Units, class B>
Metadata describe(const Dbn<Units, B>& dbn) {
  Metadata metadata{{"kind", "dbn"}, {"depth", std::to_string(dbn.depth())}};
  for_each_rbm(dbn, [&](const auto& rbm, Index i) {
    for (const auto& [name, value] : describe(rbm))
      if (name != "kind") metadata["layers." + std::to_string(i) + "." + name] = value;
  });
  return metadata;
}

}  // namespace harmonium
