/// \file
/// Questions about part of a sample: log p(a | b) for any two sets of visible units, the rest summed out, and
/// the log likelihood of samples with missing entries. Exact where the unknown part is small or Gaussian;
/// otherwise estimated from both sides by annealing the remaining model, with a standard error and a verdict.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "../exact/free_part.hpp"
#include "sandwich.hpp"

namespace harmonium {

/// An answer in nats, and how reliable it is.
struct ConditionalEstimate {
  double log_p = 0;                       ///< the answer
  double standard_error = 0;              ///< 0 if it is exact
  bool exact = true;                      ///< were all sums exact?
  Verdict verdict = Verdict::consistent;  ///< inconsistent if one of the sandwiches is
  std::string reason = "exact";           ///< the sandwich's reason

  /// Does the verdict say that the answer can be trusted?
  bool consistent() const { return verdict == Verdict::consistent; }
};

/// log of the sum of exp(-E) over the free units of a clamped RBM, i.e. minus the free energy of the known
/// units. Exact as `exact_log_sum_over_free` is, with at most `options.exact_states` states. \throws
/// ValueError if an option is out of range, or two Gaussian layers can't be normalized
template <class V, class H>
ConditionalEstimate log_sum_over_free(const ClampedRbm<V, H>& clamped, const SandwichOptions& options = {},
                                      const Cpu<double>& on = Cpu<double>::all()) {
  detail::check_sandwich_options(options);
  if (const auto exact = exact_log_sum_over_free(clamped, options.exact_states, on)) return {.log_p = *exact};
  const Sandwich s = sandwich(clamped.rbm, options, on);
  return {.log_p = clamped.log_weight + s.log_z,
          .standard_error = s.standard_error,
          .exact = false,
          .verdict = s.verdict,
          .reason = s.reason};
}

namespace detail {

inline ConditionalEstimate difference(const ConditionalEstimate& a, const ConditionalEstimate& b) {
  const bool good = a.consistent() && b.consistent();
  return {.log_p = a.log_p - b.log_p,
          .standard_error = std::hypot(a.standard_error, b.standard_error),
          .exact = a.exact && b.exact,
          .verdict = good ? Verdict::consistent : Verdict::inconsistent,
          .reason = !a.consistent() || (good && !a.exact) ? a.reason : b.reason};
}

inline void check_mask(const char* caller, const char* name, View<const bool> mask, Index rows, Index cols) {
  check<ShapeError>(mask.rows == rows && mask.cols == cols, caller, ": the mask ", name, " is ", mask.rows,
                    " x ", mask.cols, ", expected ", rows, " x ", cols);
}

}  // namespace detail

namespace detail {

/// `log_conditional`; log Z (nothing given) is computed once for all columns if it is not supplied.
template <class V, class H, class B>
std::vector<ConditionalEstimate> log_conditional(const Rbm<V, H, B>& rbm, ConstViewOf<B> v,
                                                 View<const bool> a, View<const bool> b,
                                                 std::optional<ConditionalEstimate> log_z,
                                                 const SandwichOptions& options, const Cpu<double>& on) {
  check_shapes("log_conditional", rbm);
  check<ShapeError>(v.rows == rbm.visible.rows(), "log_conditional: v has ", v.rows, " rows, the RBM has ",
                    rbm.visible.rows(), " visible rows");
  detail::check_mask("log_conditional", "a", a, v.rows, v.cols);
  detail::check_mask("log_conditional", "b", b, v.rows, v.cols);
  detail::check_whole_units("log_conditional", rbm.visible, a);
  detail::check_whole_units("log_conditional", rbm.visible, b);
  detail::check_sandwich_options(options);
  for (Index c = 0; c < v.cols; ++c)
    for (Index r = 0; r < v.rows; ++r)
      check<ValueError>(!(a(r, c) && b(r, c)), "log_conditional: row ", r, " of column ", c,
                        " is both asked for and given");
  const auto precise = convert<Cpu<double>>(rbm);
  const Mask no_hidden = Mask::Zero(rbm.hidden.rows(), 1);
  const auto sum = [&](const Eigen::VectorXd& x, View<const bool> known) {
    return log_sum_over_free(
        detail::clamp_precise(precise, x, known, Eigen::VectorXd(), View<const bool>(no_hidden)), options,
        on);
  };
  std::vector<ConditionalEstimate> results;
  Mask both(v.rows, 1);
  for (Index c = 0; c < v.cols; ++c) {
    const Eigen::VectorXd x = detail::on_host(B{}, v.columns(c, 1)).col(0);
    bool any_a = false, any_b = false;
    for (Index r = 0; r < v.rows; ++r) {
      both(r, 0) = a(r, c) || b(r, c);
      any_a = any_a || a(r, c);
      any_b = any_b || b(r, c);
    }
    if (!any_a) {
      results.emplace_back();
      continue;
    }
    if (!any_b && !log_z) log_z = sum(x, b.columns(c, 1));
    results.push_back(
        detail::difference(sum(x, View<const bool>(both)), any_b ? sum(x, b.columns(c, 1)) : *log_z));
  }
  return results;
}

}  // namespace detail

/// log p(a | b) of each column of v (V x n): the log probability (density for real units) of the numbers
/// marked in mask `a` given those marked in mask `b`, all others summed out. Masks are V x n. If b marks
/// nothing, this is log p(a). \throws ShapeError if v or a mask has the wrong shape \throws ValueError if a
/// number is in both masks, a mask marks part of a grouped unit, or an option is out of range \throws
/// DataError if a unit does not accept a marked number
template <class V, class H, class B>
std::vector<ConditionalEstimate> log_conditional(const Rbm<V, H, B>& rbm,
                                                 std::type_identity_t<ConstViewOf<B>> v, View<const bool> a,
                                                 View<const bool> b, const SandwichOptions& options = {},
                                                 const Cpu<double>& on = Cpu<double>::all()) {
  return detail::log_conditional<V, H, B>(rbm, v, a, b, {}, options, on);
}

/// log p of the known numbers of each column of v (V x n; mask V x n), missing ones summed out: the log
/// likelihood of data with missing entries, whose values in v are ignored (NaN is fine). This is
/// `log_conditional` with nothing given, and throws as it does.
template <class V, class H, class B>
std::vector<ConditionalEstimate> log_marginal(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> v,
                                              View<const bool> known, const SandwichOptions& options = {},
                                              const Cpu<double>& on = Cpu<double>::all()) {
  const Mask nothing = Mask::Zero(v.rows, v.cols);
  return log_conditional(rbm, v, known, View<const bool>(nothing), options, on);
}
/// As above, with a sandwich of the whole model's log Z computed beforehand, perhaps starting from data.
template <class V, class H, class B>
std::vector<ConditionalEstimate> log_marginal(const Rbm<V, H, B>& rbm, const Sandwich& log_z,
                                              std::type_identity_t<ConstViewOf<B>> v, View<const bool> known,
                                              const SandwichOptions& options = {},
                                              const Cpu<double>& on = Cpu<double>::all()) {
  const Mask nothing = Mask::Zero(v.rows, v.cols);
  const ConditionalEstimate whole{.log_p = log_z.log_z,
                                  .standard_error = log_z.standard_error,
                                  .exact = false,
                                  .verdict = log_z.verdict,
                                  .reason = log_z.reason};
  return detail::log_conditional<V, H, B>(rbm, v, known, View<const bool>(nothing), whole, options, on);
}

}  // namespace harmonium
