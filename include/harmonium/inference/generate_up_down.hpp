/// \file
/// Samples of an up-down DBN: Gibbs sampling in its top RBM, freely or with the label held, then one pass
/// down its generative weights. And reconstructions of samples: up by recognition, down by generation.
#pragma once

#include "../core/host_matrix.hpp"
#include "../core/variant.hpp"
#include "clamped.hpp"
#include "generate.hpp"
#include "label_free_energies.hpp"

namespace harmonium {

namespace detail {

/// One pass down the generative weights from states or means of the features below the top RBM. With `draw`
/// layers pass on draws; the visible layer returns its means or, with `draw_visible`, draws.
template <class Units, class B>
Matrix<B> generate_down(const B& on, const UpDownDbn<Units, B>& model, Matrix<B> x, Draws draws, bool draw,
                        bool draw_visible) {
  Matrix<B> input, below;
  for (std::size_t i = model.stack.layers.size(); i-- > 0; ++draws.step)
    detail::visit_variant(
        [&](const auto& layer) {
          const auto& way = layer.generation;
          input = Matrix<B>(way.layer.rows(), x.cols());
          below = Matrix<B>(way.layer.rows(), x.cols());
          if (i == 0 ? draw_visible : draw) {
            sample_output(on, way, x, input, below, draws.in(Stream::dream));
          } else {
            mean_output(on, way, x, input, below);
          }
          std::swap(x, below);
        },
        model.stack.layers[i]);
  return x;
}

/// Runs chains in an RBM of features (and possibly a label beside them), and passes the features down.
template <class Units, class B, class Memory>
Matrix<B> generate_from(const B& on, const UpDownDbn<Units, B>& model, const Memory& memory,
                        GenerateOptions options) {
  check_shapes("generate", model);
  const bool means = options.means, untied = !model.stack.layers.empty();
  options.means = means && !untied;
  const Matrix<B> states = generate(memory, options, on);
  Matrix<B> features(model.features().rows(), options.samples);
  on.copy(view_of(states).rows_from(0, features.rows()), features);
  return generate_down(on, model, std::move(features),
                       {.seed = options.seed, .step = static_cast<std::uint64_t>(options.steps)}, true,
                       !means);
}

}  // namespace detail

/// Samples, V x n, of whichever labels arise. \throws ValueError if samples or steps is not positive, or
/// tempering is negative
template <class Units, class B>
Matrix<B> generate(const UpDownDbn<Units, B>& model, GenerateOptions options = {},
                   const std::type_identity_t<B>& on = {}) {
  return detail::generate_from(on, model, model.top, options);
}

/// Samples, V x n, of one class: the chains' label is held. \throws ValueError if the label is not one of the
/// model's classes, samples or steps is not positive, or tempering is negative
template <class Units, class B>
Matrix<B> generate(const UpDownDbn<Units, B>& model, int label, GenerateOptions options = {},
                   const std::type_identity_t<B>& on = {}) {
  check<ValueError>(label >= 0 && label < model.classes(), "generate: label is ", label, ", expected 0 to ",
                    model.classes() - 1, ", the classes of the model");
  using T = ScalarOf<B>;
  const Index features = model.features().rows(), rows = model.top.visible.rows();
  Mask known = Mask::Constant(rows, 1, false);
  known.bottomRows(model.classes()).setConstant(true);
  HostMatrix<T> host = HostMatrix<T>::Zero(rows, 1);
  host(features + label, 0) = T(1);
  Matrix<B> held(rows, 1);
  on.upload(View<const T>(host), view_of(held));
  const auto memory = clamp(model.top, ConstViewOf<B>(held), View<const bool>(known)).rbm;
  return detail::generate_from(on, model, convert<B>(memory), options);
}

/// Samples of any kind up to the features below the top RBM by recognition and down again by generation, in
/// means; V x n. \throws ShapeError if their rows do not match the model, or its weights its layers \throws
/// DataError if there are no samples, or a number is not finite \throws ValueError if one is missing
template <class Units, class B, SamplesFor<B> Data>
Matrix<B> reconstruct(const UpDownDbn<Units, B>& model, const Data& data,
                      const std::type_identity_t<B>& on = {}) {
  check_shapes("reconstruct", model);
  const auto& source = source_of<B>(data);
  Matrix<B> result(model.visible_rows(), source.size());
  detail::for_each_sample_block(
      on, "reconstruct", model.visible_rows(), source, [&](Index first, ConstViewOf<B> v) {
        const Matrix<B> down =
            detail::generate_down(on, model, detail::recognise(on, model, v), {}, false, false);
        on.copy(ConstViewOf<B>(down), view_of(result).columns(first, v.cols));
      });
  return result;
}

}  // namespace harmonium
