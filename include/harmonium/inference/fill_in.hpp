/// \file
/// Missing numbers, drawn or averaged given the known ones: block Gibbs sampling with known units held, for
/// many samples at once. In-painting of pictures, missing entries of tables, labels of joint models.
#pragma once

#include <type_traits>

#include "../core/host_matrix.hpp"
#include "clamped.hpp"

namespace harmonium {

/// How to fill in.
struct FillInOptions {
  int steps = 1000;        ///< of each chain, at least 1
  bool average = false;    ///< the mean of E[v | h] over the steps after `burn_in`, not the last draws
  int burn_in = 100;       ///< steps left out of an average, less than `steps`
  std::uint64_t seed = 0;  ///< of the chains
};

/// Hidden units to hold as well.
template <class B>
struct KnownHidden {
  ConstViewOf<B> values = {};   ///< H x n
  View<const bool> known = {};  ///< H x n; without columns none is held
};

namespace detail {

/// States of a layer, with some of the numbers held.
template <class B>
class Held {
  using T = ScalarOf<B>;

 public:
  /// Unknown numbers may be anything. Afterwards `states()` are the known numbers and draws of the others.
  /// \throws ValueError if a grouped unit is only partly known \throws DataError if a unit does not accept a
  /// known number
  template <class L>
  Held(const char* caller, const B& on, const L& layer, ConstViewOf<B> values, View<const bool> known,
       Draws draws)
      : values_(values.rows, values.cols), held_(values.rows, values.cols) {
    check_whole_units(caller, layer, known);
    HostMatrix<T> given(values.rows, values.cols), states(values.rows, values.cols),
        mask(values.rows, values.cols);
    on.download(values, View<T>(given));
    on.fill(held_, T(0));
    sample(on, layer, held_, values_, draws);
    on.download(values_, View<T>(states));
    for (Index c = 0; c < states.cols(); ++c)
      for (Index r = 0; r < states.rows(); ++r) {
        mask(r, c) = known(r, c) ? T(1) : T(0);
        if (known(r, c)) states(r, c) = given(r, c);
      }
    const auto [row, column] = find_unacceptable(layer, View<const T>(states));
    check<DataError>(row < 0, caller, ": row ", row, " of column ", column, " is ",
                     row < 0 ? T(0) : states(row, column), "; ",
                     accepted_values(layer, std::max<Index>(row, 0)));
    on.upload(View<const T>(states), values_);
    on.upload(View<const T>(mask), held_);
  }
  /// Known numbers, and draws at zero input in place of the others.
  ConstViewOf<B> states() const { return values_; }
  /// Puts the known numbers back.
  void restore(const B& on, ViewOf<B> x) const {
    on.update(PutBack{}, x, ConstViewOf<B>(values_), ConstViewOf<B>(held_));
  }

 private:
  Matrix<B> values_, held_;
};

}  // namespace detail

/// Samples v (V x n) with the numbers that `known` (V x n) does not mark filled in. Each column has its own
/// chain, which starts at draws from the visible layer; marked numbers are returned unchanged. With `hidden`,
/// hidden units are held too. \throws ShapeError if v or a mask has the wrong shape \throws ValueError if an
/// option is out of range, or a grouped unit is only partly known \throws DataError if a unit does not accept
/// a known number
template <class V, class H, class B>
Matrix<B> fill_in(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> v, View<const bool> known,
                  const FillInOptions& options = {}, const std::type_identity_t<KnownHidden<B>>& hidden = {},
                  const B& on = B::all()) {
  using T = ScalarOf<B>;
  check_shapes("fill_in", rbm);
  check<ShapeError>(v.rows == rbm.visible.rows(), "fill_in: v has ", v.rows, " rows, the RBM has ",
                    rbm.visible.rows(), " visible rows");
  check<ShapeError>(known.rows == v.rows && known.cols == v.cols, "fill_in: the mask is ", known.rows, " x ",
                    known.cols, ", expected ", v.rows, " x ", v.cols);
  const bool hold_hidden = hidden.known.cols > 0;
  check<ShapeError>(!hold_hidden || (hidden.known.rows == rbm.hidden.rows() && hidden.known.cols == v.cols &&
                                     hidden.values.rows == rbm.hidden.rows() && hidden.values.cols == v.cols),
                    "fill_in: the hidden values are ", hidden.values.rows, " x ", hidden.values.cols,
                    " and their mask ", hidden.known.rows, " x ", hidden.known.cols, ", expected ",
                    rbm.hidden.rows(), " x ", v.cols);
  check<ValueError>(options.steps >= 1, "fill_in: steps is ", options.steps, ", expected at least 1");
  check<ValueError>(!options.average || (options.burn_in >= 0 && options.burn_in < options.steps),
                    "fill_in: burn_in is ", options.burn_in, ", expected 0 to ", options.steps - 1);
  Draws draws{.seed = options.seed, .stream = Stream::clamped};
  const detail::Held<B> held("fill_in", on, rbm.visible, v, known, draws);
  std::vector<detail::Held<B>> held_hidden;
  if (hold_hidden)
    held_hidden.emplace_back("fill_in", on, rbm.hidden, hidden.values, hidden.known, draws.in(Stream::start));

  Matrix<B> x(v.rows, v.cols), down(v.rows, v.cols), up(rbm.hidden.rows(), v.cols),
      h(rbm.hidden.rows(), v.cols);
  Matrix<B> means(v.rows, options.average ? v.cols : 0), sum(v.rows, options.average ? v.cols : 0);
  on.fill(sum, T(0));
  on.copy(held.states(), x);
  for (int step = 0; step < options.steps; ++step) {
    draws.step += 1;
    hidden_input(on, rbm, x, up);
    sample(on, rbm.hidden, up, h, draws);
    if (hold_hidden) held_hidden.front().restore(on, h);
    visible_input(on, rbm, h, down);
    if (options.average && step >= options.burn_in) {
      mean(on, rbm.visible, down, means);
      on.update(Add{}, view_of(sum), ConstViewOf<B>(means));
    }
    draws.step += 1;
    sample(on, rbm.visible, down, x, draws);
    held.restore(on, x);
  }
  if (options.average) {
    const T share = T(1) / static_cast<T>(options.steps - options.burn_in);
    on.update(SetToMultiple<T>{share}, view_of(x), ConstViewOf<B>(sum));
    held.restore(on, x);
  }
  return x;
}

}  // namespace harmonium
