/// \file
/// An estimate of log Z that says whether it can be trusted: annealing forwards (tends to lie below log Z)
/// and in reverse (tends to lie above), the gap between them, and a verdict with its reason.
///
/// Two estimates that agree may both have missed the same part of a model, so agreement is not enough. Where
/// reverse chains start in a region with probability p that forward chains reach with probability q, their
/// log weights are log(p / q) above log Z: a few such chains reveal a missed mode. This needs chains that
/// start there: draws from the model where it is small enough, otherwise long chains from the data and from
/// all over the state space, and then the verdict calls itself heuristic.
/// over the state space; the verdict then calls itself heuristic.
#pragma once

#include <algorithm>
#include <sstream>
#include <string>

#include "../../core/host_matrix.hpp"
#include "../exact/samples.hpp"
#include "importance_sampling.hpp"
#include "log_weights.hpp"

namespace harmonium {

/// How a sandwich is made, and what it must satisfy.
struct SandwichOptions {
  Index chains = 100;              ///< in each direction, at least 10
  std::vector<double> betas = {};  ///< from 0 to 1, non-decreasing; empty: `uniform_betas(1000)`
  std::uint64_t seed = 0;          ///< of all chains
  double exact_states = 1 << 16;   ///< layers with at most this many states are summed over: exact starts
  int start_steps = 1000;          ///< steps of the long chains that provide the starts otherwise, at least 1
  int resamples = 500;             ///< of the bootstrap, at least 50
  double least_effective = 10;     ///< smaller effective sample sizes are inconsistent
  double most_gap = 1;             ///< nats; larger gaps are inconsistent however large the errors
  double tolerance = 0.02;         ///< nats by which estimates may differ in addition to four standard errors
};

/// Where reverse chains started.
enum class ReverseStarts {
  exact,     ///< at independent draws from the model
  replayed,  ///< at states that climbed the model's training path from exact draws (trajectory/replay.hpp)
  heuristic  ///< at the ends of long chains, or where the caller said
};
/// Can the estimate be trusted?
enum class Verdict { consistent, inconsistent };

/// log Z from both sides.
struct Sandwich {
  double log_z = 0;  ///< the estimate: from both sides (Bennett, 1976) if reverse starts are exact or
                     ///< replayed, otherwise the forward one
  double standard_error = 0;                    ///< by the bootstrap over chains, plus what rounding may add
  LogZEstimate forward = {};                    ///< by annealing from the base rates
  LogZEstimate reverse = {};                    ///< by annealing to them
  double forward_effective = 0;                 ///< effective sample size of the forward chains
  double reverse_effective = 0;                 ///< effective sample size of the reverse chains
  double gap = 0;                               ///< reverse minus forward, in nats
  ReverseStarts starts = ReverseStarts::exact;  ///< where reverse chains started
  Verdict verdict = Verdict::inconsistent;      ///< can the estimate be trusted?
  std::string reason = {};                      ///< why, as text

  /// Does the verdict say that it can be trusted?
  bool consistent() const { return verdict == Verdict::consistent; }
  /// Lower end of the 95 % interval.
  double low() const { return log_z - 1.96 * standard_error; }
  /// Upper end of the 95 % interval.
  double high() const { return log_z + 1.96 * standard_error; }
};

namespace detail {

inline void check_sandwich_options(const SandwichOptions& options) {
  check_count("sandwich", "chains", options.chains, 10);
  check<ValueError>(options.start_steps >= 1, "sandwich: start_steps is ", options.start_steps,
                    ", expected at least 1");
  check<ValueError>(options.resamples >= 50, "sandwich: resamples is ", options.resamples,
                    ", expected at least 50");
  check<ValueError>(options.least_effective >= 1 && options.most_gap > 0 && options.tolerance >= 0,
                    "sandwich: expected least_effective of at least 1, most_gap above 0 and tolerance of at "
                    "least 0, got ",
                    options.least_effective, ", ", options.most_gap, " and ", options.tolerance);
}

inline const char* words_for(ReverseStarts starts) {
  switch (starts) {
    case ReverseStarts::exact:
      return ", and reverse chains start at exact draws";
    case ReverseStarts::replayed:
      return ", and reverse chains start at states that climbed the training path from exact draws";
    default:
      return "; heuristic: reverse chains start at the ends of long chains";
  }
}

/// What speaks against the estimates; empty if nothing does.
inline std::string objection(const Sandwich& s, const Eigen::VectorXd& forward,
                             const Eigen::VectorXd& reverse, const SandwichOptions& options) {
  std::ostringstream text;
  text.precision(3);
  const auto few = [&](const char* which, double effective, Index chains) {
    if (effective >= options.least_effective) return false;
    text << "the effective sample size of the " << which << " chains is " << effective << " of " << chains
         << ", expected at least " << options.least_effective << ": more temperatures or chains are needed";
    return true;
  };
  if (!forward.allFinite() || !reverse.allFinite()) {
    text << "a chain's weight is infinite or not a number: the model may not be normalizable";
    return text.str();
  }
  // In a region that forward chains visit q / p times as often as its probability says, reverse weights are
  // exp(log(p / q)). Healthy weights spread that far only where effective sample sizes are hopeless anyway.
  const double far = std::log(static_cast<double>(forward.size())) + 4;
  const auto missed = (reverse.array() > s.log_z + far).count();
  if (missed > 0) {
    text << missed << " of " << reverse.size()
         << " reverse chains started where forward chains hardly ever get (the largest log weight is "
         << reverse.maxCoeff() - s.log_z
         << " nats above log Z): annealing misses modes of the model, or takes too few temperatures";
    return text.str();
  }
  if (few("forward", s.forward_effective, forward.size()) ||
      few("reverse", s.reverse_effective, reverse.size()))
    return text.str();
  const double error = std::hypot(s.forward.standard_error, s.reverse.standard_error);
  if (!(std::abs(s.gap) <= std::min(4 * error + options.tolerance, options.most_gap))) {
    text << "the reverse estimate is " << std::abs(s.gap) << " nats " << (s.gap > 0 ? "above" : "below")
         << " the forward one, with a standard error of " << error << ", expected at most "
         << std::min(4 * error + options.tolerance, options.most_gap) << " nats"
         << (s.starts == ReverseStarts::heuristic ? ": more temperatures are needed, or the reverse chains "
                                                    "did not start at draws from the model"
                                                  : ": more temperatures are needed");
    return text.str();
  }
  return {};
}

}  // namespace detail

/// Combines forward and reverse log weights (of `annealed_log_weights` and `reverse_annealed_log_weights`).
/// `rounding` is an additional standard error due to the precision of the numbers.
/// \throws ValueError if an option is out of range, or a direction has fewer than 10 chains
inline Sandwich sandwich_of(const Eigen::VectorXd& forward, const Eigen::VectorXd& reverse,
                            ReverseStarts starts, const SandwichOptions& options = {}, double rounding = 0) {
  detail::check_sandwich_options(options);
  check<ValueError>(forward.size() >= 10 && reverse.size() >= 10, "sandwich: there are ", forward.size(),
                    " forward and ", reverse.size(), " reverse chains, expected at least 10 of each");
  Sandwich s;
  s.starts = starts;
  s.forward.log_z = log_mean_exp(forward);
  s.reverse.log_z = -log_mean_exp(-reverse);
  s.gap = s.reverse.log_z - s.forward.log_z;
  s.forward_effective = effective_sample_size(forward);
  s.reverse_effective = effective_sample_size(-reverse);
  s.log_z = s.forward.log_z;
  if (forward.allFinite() && reverse.allFinite()) {
    const double balanced = detail::balance(forward, reverse);
    const auto errors = detail::bootstrap(forward, reverse, balanced, options.resamples, options.seed);
    s.forward.standard_error = std::hypot(errors.forward, rounding);
    s.reverse.standard_error = std::hypot(errors.reverse, rounding);
    const bool heuristic = starts == ReverseStarts::heuristic;
    if (!heuristic) s.log_z = balanced;
    s.standard_error = heuristic ? s.forward.standard_error : std::hypot(errors.balanced, rounding);
  }
  s.reason = detail::objection(s, forward, reverse, options);
  s.verdict = s.reason.empty() ? Verdict::consistent : Verdict::inconsistent;
  if (s.consistent()) {
    std::ostringstream text;
    text.precision(3);
    text << "forward and reverse estimates are " << std::abs(s.gap) << " nats apart";
    text << detail::words_for(starts);
    s.reason = text.str();
  }
  return s;
}

/// Starts for reverse chains in a model that is too large to draw from: the ends of long chains, of which the
/// odd-numbered begin at columns of `data` (V x n, spread evenly; may be empty) and the others all over the
/// state space: visible units drawn at fields from -4 to 4, the same for all units of a chain. V x chains.
/// \throws ValueError if chains is not positive or steps is negative \throws ShapeError if the data's rows do
/// not match the RBM
template <class V, class H, class B>
Matrix<B> long_chains(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> data, Index chains,
                      int steps, std::uint64_t seed, const B& on) {
  using T = ScalarOf<B>;
  check_shapes("long_chains", rbm);
  detail::check_count("long_chains", "chains", chains);
  check<ValueError>(steps >= 0, "long_chains: steps is ", steps, ", expected at least 0");
  check<ShapeError>(data.rows == rbm.visible.rows() || data.cols == 0, "long_chains: the data have ",
                    data.rows, " rows, the RBM has ", rbm.visible.rows(), " visible rows");
  auto state = make_state(rbm, chains);
  auto work = make_workspace(rbm, chains);
  const auto all = state.columns(0, chains);
  HostMatrix<T> bias(rbm.visible.rows(), 1), host(rbm.visible.rows(), chains);
  for_each_bias(rbm.visible,
                [&](auto own, Index first) { on.download(own, View<T>(bias).rows_from(first, own.rows)); });
  for (Index c = 0; c < chains; ++c) {
    const double field = chains == 1 ? 0 : -4 + 8 * static_cast<double>(c) / static_cast<double>(chains - 1);
    host.col(c) = static_cast<T>(field) - bias.col(0).array();
  }
  const auto down = view_of(work.visible).columns(0, chains);
  on.upload(View<const T>(host), down);
  Draws draws{.seed = seed, .step = ~std::uint32_t{0}, .stream = Stream::start};
  sample(on, rbm.visible, down, all.visible, draws);
  for (Index c = 1; c < chains && data.cols > 0; c += 2)
    on.copy(data.columns(c / 2 * data.cols / (chains / 2) % data.cols, 1), all.visible.columns(c, 1));
  refresh(on, rbm, all);
  for (draws.step = 0; draws.step < static_cast<std::uint64_t>(steps); ++draws.step)
    transition(on, rbm, all, all, work, draws);
  return std::move(state.visible);
}

/// log Z from both sides, with reverse chains starting at the columns of `starts` (V x n), which the caller
/// believes to be draws from the model; `exact` says that they are independent draws, like those of
/// `exact_samples`. \throws ValueError if an option is out of range \throws ShapeError if the rows of base or
/// starts do not match the RBM, or there are fewer than 10 starts
template <class V, class H, class B>
Sandwich sandwich_from(const Rbm<V, H, B>& rbm, const BaseRates<V, H, B>& base,
                       std::type_identity_t<ConstViewOf<B>> starts,
                       ReverseStarts kind = ReverseStarts::heuristic, const SandwichOptions& options = {},
                       const B& on = B::all()) {
  detail::check_sandwich_options(options);
  check<ShapeError>(starts.rows == rbm.visible.rows() && starts.cols >= 10, "sandwich: the starts are ",
                    starts.rows, " x ", starts.cols, ", expected ", rbm.visible.rows(),
                    " rows and at least 10 columns");
  const AnnealingOptions annealing{.chains = options.chains, .betas = options.betas, .seed = options.seed};
  const Eigen::VectorXd forward = annealed_log_weights(rbm, base, annealing, on),
                        reverse = reverse_annealed_log_weights(rbm, base, starts, annealing, on);
  const double steps = options.betas.empty() ? 1000 : static_cast<double>(options.betas.size());
  const double rounding = static_cast<double>(std::numeric_limits<ScalarOf<B>>::epsilon()) *
                          std::sqrt(steps) * (1 + std::abs(log_mean_exp(forward)));
  return sandwich_of(forward, reverse, kind, options, rounding);
}

/// log Z from both sides. Reverse chains start at exact draws where one layer has at most
/// `options.exact_states` states or both are Gaussian; otherwise at the ends of long chains, half of which
/// begin at the columns of `data` (V x n; may be empty). \throws ValueError if an option is out of range, or
/// two Gaussian layers can't be normalized \throws ShapeError if the rows of base or data do not match the
/// RBM
template <class V, class H, class B>
Sandwich sandwich(const Rbm<V, H, B>& rbm, const BaseRates<V, H, B>& base,
                  std::type_identity_t<ConstViewOf<B>> data, const SandwichOptions& options = {},
                  const B& on = B::all()) {
  detail::check_sandwich_options(options);
  check_shapes("sandwich", rbm);
  check<ShapeError>(data.rows == rbm.visible.rows() || data.cols == 0, "sandwich: the data have ", data.rows,
                    " rows, the RBM has ", rbm.visible.rows(), " visible rows");
  if constexpr (detail::can_be_summed<V, H>) {
    if (detail::states_to_sum(rbm) <= std::min(options.exact_states, detail::most_states_to_draw))
      return sandwich_from(rbm, base, exact_samples(rbm, options.chains, options.seed), ReverseStarts::exact,
                           options, on);
  }
  const Matrix<B> starts = long_chains(rbm, data, options.chains, options.start_steps, options.seed, on);
  return sandwich_from(rbm, base, ConstViewOf<B>(starts), ReverseStarts::heuristic, options, on);
}

/// As above, from the base rates of samples of any kind, or from the RBM's own biases without samples.
template <class V, class H, class B, SamplesFor<B> Data>
Sandwich sandwich(const Rbm<V, H, B>& rbm, const Data& data, const SandwichOptions& options = {},
                  const std::type_identity_t<B>& on = B::all()) {
  detail::check_sandwich_options(options);
  const auto& source = source_of<B>(data);
  if (source.size() == 0) return sandwich(rbm, base_rates(rbm), ConstViewOf<B>(), options, on);
  const BaseRates<V, H, B> base = base_rates(rbm, data, on);
  // Where the long chains begin: as many samples as they need, spread evenly.
  const Index count = std::min(source.size(), std::max<Index>(1, options.chains / 2));
  std::vector<Index> columns;
  for (Index i = 0; i < count; ++i) columns.push_back(i * source.size() / count);
  Matrix<B> starts(source.rows(), count);
  detail::check_nothing_missing(on, "sandwich", source, columns, view_of(starts));
  source.fill(on, columns, view_of(starts));
  return sandwich(rbm, base, ConstViewOf<B>(starts), options, on);
}
/// As above without data, from the RBM's own biases.
template <class V, class H, class B>
Sandwich sandwich(const Rbm<V, H, B>& rbm, const SandwichOptions& options = {}, const B& on = B::all()) {
  return sandwich(rbm, base_rates(rbm), ConstViewOf<B>(), options, on);
}

/// log p(v) of each of some samples of any kind in nats, for a given log Z, estimated or exact. \throws as
/// `free_energy`
template <EnergyModel Model, SamplesFor<typename Model::Backend> Data>
Eigen::VectorXd log_likelihood(const Model& model, const Data& data, double log_z,
                               const typename Model::Backend& on = Model::Backend::all()) {
  const auto energies =
      detail::free_energies(on, "log_likelihood", model, source_of<typename Model::Backend>(data));
  return -detail::row_on_host(on, energies).array() - log_z;
}

}  // namespace harmonium
