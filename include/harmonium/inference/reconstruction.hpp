/// \file
/// Up and down: the code that a model assigns to samples, and the samples that it reconstructs from a code;
/// for an RBM or a whole DBN. Either layers pass on their means, or `passes` stochastic passes are averaged.
#pragma once

#include <type_traits>
#include <utility>
#include <vector>

#include "../core/variant.hpp"
#include "../models/dbn.hpp"
#include "layers.hpp"

namespace harmonium {

/// How to go up and down.
struct PassOptions {
  int passes = 0;  ///< 0: layers pass on means; k: the average of k passes in which they pass on draws
  std::uint64_t seed = 0;  ///< of the draws
};

namespace detail {

/// out = means or draws of a layer given its input.
template <class B, class L>
void pass_on(const B& on, const L& layer, bool draw, Draws draws, ConstViewOf<B> input, Matrix<B>& out) {
  out = Matrix<B>(input.rows, input.cols);
  if (draw) {
    sample(on, layer, input, view_of(out), draws);
  } else {
    mean(on, layer, input, view_of(out));
  }
}

/// One pass through an RBM, up or down: out = means or draws of the target layer given x.
template <class R>
void pass_through(const typename R::Backend& on, const R& rbm, bool up, bool draw, Draws draws,
                  ConstViewOf<typename R::Backend> x, Matrix<typename R::Backend>& out) {
  using B = typename R::Backend;
  Matrix<B> input(up ? rbm.hidden.rows() : rbm.visible.rows(), x.cols);
  if (up) {
    hidden_input(on, rbm, x, view_of(input));
    pass_on(on, rbm.hidden, draw, draws.in(Stream::hidden), ConstViewOf<B>(input), out);
  } else {
    visible_input(on, rbm, x, view_of(input));
    pass_on(on, rbm.visible, draw, draws.in(Stream::visible), ConstViewOf<B>(input), out);
  }
}

/// Calls f(rbm, i) for RBMs 0 ... depth - 1; a single RBM is a stack of one.
template <class V, class H, class B, class F>
void visit_rbm(const Rbm<V, H, B>& rbm, Index /*i*/, F f) {
  f(rbm);
}
template <class Units, class B, class F>
void visit_rbm(const Dbn<Units, B>& dbn, Index i, F f) {
  detail::visit_variant([&](const auto& rbm) { f(rbm); }, dbn.rbms[static_cast<std::size_t>(i)]);
}
template <class V, class H, class B>
Index depth_of(const Rbm<V, H, B>& /*rbm*/) {
  return 1;
}
template <class Units, class B>
Index depth_of(const Dbn<Units, B>& dbn) {
  return dbn.depth();
}

/// An RBM, or a stack of them.
template <class Model>
concept MadeOfRbms = requires(const Model& model) {
  detail::depth_of(model);
};

/// What the lowest hidden layer gets from samples of any kind. \throws as `hidden_inputs`
template <class Model, class Data>
auto lowest_inputs(const typename Model::Backend& on, const char* caller, const Model& model,
                   const Data& data) {
  check_shapes(caller, model);
  Matrix<typename Model::Backend> input;
  visit_rbm(model, 0, [&](const auto& rbm) { input = hidden_inputs(on, caller, rbm, data); });
  return input;
}

/// The mean over passes of go(draws, draw), each with its own draws; or go without draws.
template <class B, class Go>
Matrix<B> average_passes(const char* caller, const B& on, PassOptions options, Go go) {
  check<ValueError>(options.passes >= 0, caller, ": passes is ", options.passes, ", expected at least 0");
  if (options.passes == 0) return go(Draws{}, false);
  Matrix<B> sum;
  for (int pass = 0; pass < options.passes; ++pass) {
    Matrix<B> one = go(Draws{.seed = options.seed, .step = static_cast<std::uint64_t>(pass) << 8}, true);
    if (pass == 0) {
      sum = std::move(one);
    } else {
      on.update(Add{}, view_of(sum), ConstViewOf<B>(one));
    }
  }
  const ScalarOf<B> share = ScalarOf<B>(1) / static_cast<ScalarOf<B>>(options.passes);
  on.update(ScaleBy<ScalarOf<B>>{share}, view_of(sum));
  return sum;
}

/// From the input of the lowest hidden layer up to the top. With `draw`, layers below the top pass on draws;
/// the top returns its means, or draws with `draw_top`.
template <class Model, class B>
Matrix<B> go_up(const B& on, const Model& model, const Matrix<B>& lowest, Draws draws, bool draw,
                bool draw_top) {
  Matrix<B> x, above;
  for (Index i = 0; i < depth_of(model); ++i, ++draws.step)
    visit_rbm(model, i, [&](const auto& rbm) {
      const bool drawn = draw && (draw_top || i + 1 < depth_of(model));
      if (i == 0) {
        pass_on(on, rbm.hidden, drawn, draws.in(Stream::hidden), ConstViewOf<B>(lowest), x);
      } else {
        pass_through(on, rbm, true, drawn, draws, ConstViewOf<B>(x), above);
        std::swap(x, above);
      }
    });
  return x;
}

/// From the top down. With `draw`, layers above the visible one pass on draws; the visible layer returns its
/// means.
template <class Model, class B>
Matrix<B> go_down(const B& on, const Model& model, ConstViewOf<B> top, Draws draws, bool draw) {
  Matrix<B> x(top.rows, top.cols), below;
  on.copy(top, x);
  for (Index i = depth_of(model); i-- > 0; ++draws.step)
    visit_rbm(model, i, [&](const auto& rbm) {
      pass_through(on, rbm, false, draw && i > 0, draws, x, below);
      std::swap(x, below);
    });
  return x;
}

}  // namespace detail

/// The top layer's means for samples of any kind, for an RBM or DBN: top rows x n. \throws ShapeError if
/// their rows do not match the visible layer, or weights their layers \throws DataError if there are no
/// samples, or a number is not finite \throws ValueError if one is missing, or passes is negative
template <detail::MadeOfRbms Model, SamplesFor<typename Model::Backend> Data>
auto encode(const Model& model, const Data& data, PassOptions options = {},
            const typename Model::Backend& on = {}) {
  const auto lowest = detail::lowest_inputs(rounding(on), "encode", model, data);
  return detail::average_passes("encode", on, options, [&](Draws draws, bool draw) {
    return detail::go_up(rounding(on), model, lowest, draws, draw, false);
  });
}

/// The visible layer's means for codes (top rows x n) of an RBM or DBN, V x n. \throws ShapeError if the
/// codes' rows do not match the top layer \throws ValueError if passes is negative
template <detail::MadeOfRbms Model, class B = typename Model::Backend>
Matrix<B> decode(const Model& model, std::type_identity_t<ConstViewOf<B>> codes, PassOptions options = {},
                 const std::type_identity_t<B>& on = {}) {
  check_shapes("decode", model);
  detail::visit_rbm(model, detail::depth_of(model) - 1, [&](const auto& rbm) {
    check<ShapeError>(codes.rows == rbm.hidden.rows(), "decode: the codes have ", codes.rows,
                      " rows, the top layer has ", rbm.hidden.rows());
  });
  return detail::average_passes("decode", on, options, [&](Draws draws, bool draw) {
    return detail::go_down(on, model, codes, draws, draw);
  });
}

/// Up to the top and down again, V x n. \throws as `encode`
template <detail::MadeOfRbms Model, SamplesFor<typename Model::Backend> Data>
auto reconstruct(const Model& model, const Data& data, PassOptions options = {},
                 const typename Model::Backend& on = {}) {
  using B = typename Model::Backend;
  const auto lowest = detail::lowest_inputs(on, "reconstruct", model, data);
  return detail::average_passes("reconstruct", on, options, [&](Draws draws, bool draw) {
    const Matrix<B> top = detail::go_up(on, model, lowest, draws, draw, true);
    draws.step += 128;  // the downward pass has its own draws
    return detail::go_down(on, model, ConstViewOf<B>(top), draws, draw);
  });
}

}  // namespace harmonium
