/// \file
/// Missing numbers, drawn or averaged given the known ones: exactly where few states are left, otherwise by
/// block Gibbs sampling with known units held, for many samples at once. In-painting of pictures, missing
/// entries of tables, labels of joint models.
#pragma once

#include <type_traits>

#include "../core/host_matrix.hpp"
#include "exact/free_part.hpp"

namespace harmonium {

/// How to fill in.
struct FillInOptions {
  int steps = 1000;        ///< of each chain, at least 1
  bool average = false;    ///< means, not draws: of a chain, of E[v | h] over the steps after `burn_in`
  int burn_in = 100;       ///< steps left out of an average, less than `steps`
  std::uint64_t seed = 0;  ///< of all draws
  double exact_states = 1 << 16;  ///< a sample with at most this many states left has no chain, but exact
                                  ///< draws and means; 0: all have chains
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

/// `fill_in` by chains, from where the numbers that are not held were drawn. `held_hidden` is one or none.
template <class V, class H, class B>
Matrix<B> fill_in_by_chains(const Rbm<V, H, B>& rbm, const Held<B>& held,
                            const std::vector<Held<B>>& held_hidden, const FillInOptions& options,
                            const B& on) {
  using T = ScalarOf<B>;
  Draws draws{.seed = options.seed, .stream = Stream::clamped};
  const Index n = held.states().cols, rows = held.states().rows;
  Matrix<B> x(rows, n), down(rows, n), up(rbm.hidden.rows(), n), h(rbm.hidden.rows(), n);
  Matrix<B> means(rows, options.average ? n : 0), sum(rows, options.average ? n : 0);
  on.fill(sum, T(0));
  on.copy(held.states(), x);
  for (int step = 0; step < options.steps; ++step) {
    draws.step += 1;
    hidden_input(on, rbm, x, up);
    sample(on, rbm.hidden, up, h, draws);
    if (!held_hidden.empty()) held_hidden.front().restore(on, h);
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

/// Fills in the columns of x (V x n, on the host; h is H x n) that have few states left, in double precision.
/// Returns the others.
template <class V, class H, class T>
std::vector<Index> fill_in_exactly(const Rbm<V, H, Cpu<double>>& rbm, HostMatrix<T>& x,
                                   View<const bool> known, const Eigen::MatrixXd& h, View<const bool> known_h,
                                   const FillInOptions& options) {
  const Cpu<double> on = Cpu<double>::all();
  const double most = std::min(options.exact_states, most_states_to_draw);
  const auto same = [&](Index a, Index b) {  // do two columns ask the same?
    for (Index r = 0; r < x.rows(); ++r)
      if (known(r, a) != known(r, b) || (known(r, a) && x(r, a) != x(r, b))) return false;
    for (Index r = 0; r < h.rows(); ++r)
      if (known_h(r, a) != known_h(r, b) || (known_h(r, a) && h(r, a) != h(r, b))) return false;
    return true;
  };
  const Mask no_hidden = Mask::Zero(rbm.hidden.rows(), 1);
  std::vector<Index> others;
  for (Index first = 0, end = 0; first < x.cols(); first = end) {
    for (end = first + 1; end < x.cols() && same(first, end);) ++end;
    const View<const bool> fixed = known.columns(first, 1),
                           fixed_h = h.cols() == 0 ? View<const bool>(no_hidden) : known_h.columns(first, 1);
    if (!free_part_is_small(rbm, fixed, fixed_h, most)) {
      for (Index c = first; c < end; ++c) others.push_back(c);
      continue;
    }
    const auto rest =
        clamp_precise(rbm, x.col(first).template cast<double>(), fixed,
                      h.cols() == 0 ? Eigen::VectorXd() : Eigen::VectorXd(h.col(first)), fixed_h);
    if (rest.visible_rows.empty()) continue;
    const Index count = end - first;
    const Draws draws{
        .seed = options.seed, .first_sample = static_cast<std::uint32_t>(first), .stream = Stream::clamped};
    const Eigen::MatrixXd found = options.average
                                      ? Eigen::MatrixXd(free_means(rest.rbm, most, on).replicate(1, count))
                                      : free_draws(rest.rbm, count, most, draws, on);
    x(rest.visible_rows, Eigen::seqN(first, count)) = found.template cast<T>();
  }
  return others;
}

/// The marked numbers of some columns, for chains of their own.
template <class B, class L>
Held<B> hold_some(const B& on, const L& layer, const HostMatrix<ScalarOf<B>>& values, View<const bool> known,
                  const std::vector<Index>& columns, Draws draws) {
  HostMatrix<ScalarOf<B>> some = values(Eigen::all, columns);
  Mask mask(known.rows, some.cols());
  for (Index c = 0; c < mask.cols(); ++c)
    for (Index r = 0; r < mask.rows(); ++r) mask(r, c) = known(r, columns[static_cast<std::size_t>(c)]);
  Matrix<B> there(some.rows(), some.cols());
  on.upload(View<const ScalarOf<B>>(some), view_of(there));
  return Held<B>("fill_in", on, layer, there, View<const bool>(mask), draws);
}

}  // namespace detail

/// Samples v (V x n) with the numbers that `known` (V x n) does not mark filled in; marked numbers are
/// returned unchanged. With `hidden`, hidden units are held too. A column is filled in exactly, in double
/// precision on the host, if one layer has at most `options.exact_states` states left (see
/// `exact_log_sum_over_free`). Each other column has its own chain, which starts at draws from the visible
/// layer. \throws ShapeError if v or a mask has the wrong shape \throws ValueError if an option is out of
/// range, a grouped unit is only partly known, or two Gaussian layers can't be normalized \throws DataError
/// if a unit does not accept a known number
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
  check<ValueError>(options.exact_states >= 0, "fill_in: exact_states is ", options.exact_states,
                    ", expected at least 0");
  const Draws draws{.seed = options.seed, .stream = Stream::clamped};
  const detail::Held<B> held("fill_in", on, rbm.visible, v, known, draws);
  std::vector<detail::Held<B>> held_hidden;
  if (hold_hidden)
    held_hidden.emplace_back("fill_in", on, rbm.hidden, hidden.values, hidden.known, draws.in(Stream::start));
  if (options.exact_states == 0) return detail::fill_in_by_chains(rbm, held, held_hidden, options, on);

  HostMatrix<T> x(v.rows, v.cols), h(hold_hidden ? rbm.hidden.rows() : 0, hold_hidden ? v.cols : 0);
  on.download(v, View<T>(x));
  if (hold_hidden) on.download(hidden.values, View<T>(h));
  const std::vector<Index> others = detail::fill_in_exactly(convert<Cpu<double>>(rbm), x, known,
                                                            h.template cast<double>(), hidden.known, options);
  if (static_cast<Index>(others.size()) == v.cols)
    return detail::fill_in_by_chains(rbm, held, held_hidden, options, on);
  if (!others.empty()) {
    std::vector<detail::Held<B>> some_hidden;
    if (hold_hidden)
      some_hidden.push_back(
          detail::hold_some(on, rbm.hidden, h, hidden.known, others, draws.in(Stream::start)));
    const Matrix<B> filled = detail::fill_in_by_chains(
        rbm, detail::hold_some(on, rbm.visible, x, known, others, draws), some_hidden, options, on);
    HostMatrix<T> back(x.rows(), filled.cols());
    on.download(filled, View<T>(back));
    x(Eigen::all, others) = back;
  }
  Matrix<B> result(v.rows, v.cols);
  on.upload(View<const T>(x), view_of(result));
  return result;
}

}  // namespace harmonium
