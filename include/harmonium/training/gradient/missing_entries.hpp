/// \file
/// Learning from samples with missing entries. Either these are drawn before each update given the known
/// ones, by block Gibbs sampling with the known ones clamped: the gradient's positive phase is then an
/// estimate of that of log p(known), with the missing entries summed out. Or they are left out: a unit that
/// is 0 sends nothing and has no statistics, so a sample's own model is the whole one with the missing units
/// held at 0, and so are those of its chain.
#pragma once

#include "../../core/host_matrix.hpp"
#include "../../inference/clamped.hpp"
#include "../../models/energy_model.hpp"

namespace harmonium {

/// A source that states which entries of its samples are known: `fill_known(on, columns, out)` writes 1 or 0;
/// where it is 0, `fill` may write any number that the unit accepts.
template <class S, class B>
concept SourceWithMissing = requires(const S& source, const B& on, std::span<const Index> columns,
                                     ViewOf<B> out) {
  source.fill_known(on, columns, out);
};

namespace detail {

template <class U>
inline constexpr bool has_groups = is_grouped<U>;
template <class... U>
inline constexpr bool has_groups<Mixed<U...>> = (is_grouped<U> || ...);

/// \param first_column index of the first column in the data
/// \throws ValueError if a grouped unit is partly known
template <class L, class B = typename L::Backend>
void check_known(const char* caller, const L& layer, ConstViewOf<B> known, Index first_column = 0) {
  if constexpr (has_groups<typename L::Unit>) {
    HostMatrix<ScalarOf<B>> host(known.rows, known.cols);
    B{}.download(known, View<ScalarOf<B>>(host));
    const Mask mask = host.array() != ScalarOf<B>(0);
    check_whole_units(caller, layer, View<const bool>(mask), 0, first_column);
  }
}

/// Which numbers of a batch are known.
template <class Model>
class MissingEntries {
  using B = typename Model::Backend;
  // Visible units are independent given the hidden ones, so the known ones can simply be restored.
  static constexpr bool possible =
      requires(const B& on, const Model& model, ConstViewOf<B> in, ViewOf<B> out) {
    hidden_input(on, model, in, out);
    visible_input(on, model, in, out);
  };

 public:
  /// Memory for which entries are known, of n samples in a batch of at most `most`.
  ViewOf<B> known(Index rows, Index n, Index most) {
    check<ValueError>(possible, "missing entries: the model has no hidden units to draw them by");
    if (known_.cols() < most) {
      known_ = Matrix<B>(rows, most);
      values_ = Matrix<B>(rows, most);
    }
    return view_of(known_).columns(0, n);
  }
  /// Draws the missing entries of a batch, whose `known` has been filled.
  void draw(const B& on, const Model& model, typename Model::StateView data, typename Model::Workspace& work,
            int steps, Draws draws) {
    if constexpr (possible) {
      const Index n = data.visible.cols;
      const auto known = view_of(known_).columns(0, n), values = view_of(values_).columns(0, n);
      const auto h = view_of(work.hidden).columns(0, n), down = view_of(work.visible).columns(0, n);
      on.copy(data.visible, values);
      for (int k = 0; k < steps; ++k) {
        refresh(on, model, data);
        sample(on, model.hidden, data.input, h, draws);
        visible_input(on, model, h, down);
        draws.step += 1;
        sample(on, model.visible, down, data.visible, draws);
        draws.step += 1;
        on.update(PutBack{}, data.visible, ConstViewOf<B>(values), ConstViewOf<B>(known));
      }
    }
  }
  /// Leaves the missing entries of a batch, whose `known` has been filled, out of these states.
  void leave_out(const B& on, ViewOf<B> visible) const {
    on.update(Multiply{}, visible, ConstViewOf<B>(known_).columns(0, visible.cols));
  }
  /// Moves a chain for each sample by `steps` steps from the sample, as `DataChains` does, within its own
  /// model.
  void advance(const B& on, const Model& model, typename Model::StateView data,
               typename Model::StateView chains, typename Model::Workspace& work, int steps,
               Draws draws) const {
    if constexpr (possible) {
      const Index n = data.visible.cols;
      const auto h = view_of(work.hidden).columns(0, n), down = view_of(work.visible).columns(0, n);
      for (int k = 0; k < steps; ++k, ++draws.step) {
        sample(on, model.hidden, k == 0 ? data.input : chains.input, h, draws.in(Stream::hidden));
        visible_input(on, model, h, down);
        sample(on, model.visible, down, chains.visible, draws.in(Stream::visible));
        leave_out(on, chains.visible);
        refresh(on, model, chains);
      }
    }
  }

 private:
  Matrix<B> known_, values_;
};

}  // namespace detail
}  // namespace harmonium
