/// \file
/// New sequences by Gibbs sampling: with some sites fixed, with hidden units held, at another temperature.
#pragma once

#include <cmath>
#include <string>
#include <string_view>

#include "../../core/counts.hpp"
#include "../../models/boltzmann_machine.hpp"
#include "../fill_in.hpp"
#include "mutations.hpp"

namespace harmonium {

/// How to draw sequences.
struct DesignOptions {
  Index count = 100;  ///< number of sequences, each from a chain of its own
  int steps = 1000;   ///< of each chain, at least 1
  /// Above 0. Below 1, sequences are better and more alike (`at_temperature`).
  double temperature = 1;
  /// A letter for each site that is fixed, `?` for each that is not; empty: all sites are free.
  std::string fixed = {};
  std::uint64_t seed = 0;  ///< of the chains
};

namespace detail {
/// Units whose energy, without any other constant, is in proportion to what `at_temperature` makes of their
/// parameters.
inline constexpr bool scales(std::string_view unit) {
  for (const std::string_view known : {"bernoulli", "spin", "categorical", "gaussian", "rectified", "drelu"})
    if (unit == known) return true;
  return false;
}
}  // namespace detail

/// The model with all energies divided by a temperature: of its joint states, p^(1 / T) / Z. For a Boltzmann
/// machine this is p^(1 / T) of the visible ones too. Units: Bernoulli, spin, categorical, Gaussian,
/// rectified, dReLU. \throws ValueError if the temperature is not above 0
template <EnergyModel Model>
Model at_temperature(const Model& model, double temperature, const typename Model::Backend& on = {}) {
  using T = ScalarOf<typename Model::Backend>;
  static_assert(detail::scales(decltype(Model::visible)::Unit::name),
                "at_temperature: the energy of the visible units does not scale with their parameters");
  if constexpr (requires { &Model::hidden; })
    static_assert(detail::scales(decltype(Model::hidden)::Unit::name),
                  "at_temperature: the energy of the hidden units does not scale with their parameters");
  check<ValueError>(temperature > 0 && std::isfinite(temperature), "at_temperature: the temperature is ",
                    temperature, ", expected a number above 0");
  Model result = model;
  for_each_parameter(
      [&](const ParameterName& parameter, Role role, auto x) {
        const std::string name = parameter.string();
        if (!is_shape(role)) {
          on.update(ScaleBy<T>{static_cast<T>(1 / temperature)}, x);
        } else if (name.ends_with("log_precision")) {
          Matrix<typename Model::Backend> shift(x.rows, x.cols);
          on.fill(shift, static_cast<T>(std::log(temperature)));
          on.update(Subtract{}, x, ConstViewOf<typename Model::Backend>(shift));
        } else if (name.ends_with("kink")) {  // in units of 1 / sqrt(precision); the asymmetry is a ratio
          on.update(ScaleBy<T>{static_cast<T>(1 / std::sqrt(temperature))}, x);
        }
      },
      result);
  return result;
}

namespace detail {

/// A pattern of letters and `?` as one sequence, in which free sites are missing. \throws ShapeError,
/// DataError
inline Alignment fixed_sites(const char* caller, std::string_view pattern, Index sites,
                             const Alphabet& alphabet) {
  Alignment one{alphabet, HostMatrix<std::uint8_t>::Constant(sites, 1, missing_letter), {}};
  check<ShapeError>(pattern.empty() || static_cast<Index>(pattern.size()) == sites, caller, ": there are ",
                    pattern.size(), " fixed letters or ?, expected ", sites);
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    if (pattern[i] == '?') continue;
    const int state = alphabet.state(pattern[i]);
    check<DataError>(state >= 0, caller, ": site ", i + 1, " is fixed to '", pattern[i],
                     "', expected ? or one of ", alphabet.letters());
    one.letters(static_cast<Index>(i), 0) = static_cast<std::uint8_t>(state);
  }
  return one;
}

/// \throws ValueError, ShapeError
template <class Model>
void check_designs(const Model& model, const Alphabet& alphabet, const DesignOptions& options) {
  constexpr const char* me = "design_sequences";
  check_model(me, model);
  check_count(me, "count", options.count);
  check<ValueError>(options.steps >= 1, me, ": steps is ", options.steps, ", expected at least 1");
  check<ShapeError>(model.visible.group == alphabet.states(), me, ": the model has ", model.visible.group,
                    " letters, the alphabet ", alphabet.states());
}

}  // namespace detail

/// New sequences of an RBM. \param hidden hidden units to hold, with a column for each sequence
/// (`KnownHidden` of inference/fill_in.hpp); none if empty \throws ShapeError if the alphabet, the fixed
/// sites or the hidden values do not fit the model \throws ValueError if an option is out of range \throws
/// DataError if a fixed letter is not one of the alphabet, or a hidden unit does not accept its value
template <class H, class B>
Alignment design_sequences(const Rbm<Categorical, H, B>& rbm, const Alphabet& alphabet,
                           const DesignOptions& options = {},
                           const std::type_identity_t<KnownHidden<B>>& hidden = {}, const B& on = B::all()) {
  detail::check_designs(rbm, alphabet, options);
  const Alignment pattern =
      detail::fixed_sites("design_sequences", options.fixed, rbm.visible.units(), alphabet);
  const auto cold = options.temperature == 1 ? rbm : at_temperature(rbm, options.temperature, on);
  const HostMatrix<ScalarOf<B>> values =
      detail::one_hot_bytes(pattern).template cast<ScalarOf<B>>().replicate(1, options.count);
  Matrix<B> there(values.rows(), values.cols());
  on.upload(View<const ScalarOf<B>>(values), view_of(there));
  Mask known(values.rows(), values.cols());
  for (Index r = 0; r < known.rows(); ++r)
    known.row(r).setConstant(pattern.letters(r / pattern.states(), 0) != missing_letter);
  const Matrix<B> drawn = fill_in(cold, ConstViewOf<B>(there), View<const bool>(known),
                                  {.steps = options.steps, .seed = options.seed}, hidden, on);
  return alignment_of(detail::on_host(on, ConstViewOf<B>(drawn)), alphabet);
}

/// New sequences of a Potts model; a step is a sweep over all sites. \throws as for an RBM
template <class B>
Alignment design_sequences(const BoltzmannMachine<Categorical, B>& machine, const Alphabet& alphabet,
                           const DesignOptions& options = {}, const B& on = B::all()) {
  detail::check_designs(machine, alphabet, options);
  const Alignment pattern =
      detail::fixed_sites("design_sequences", options.fixed, machine.visible.units(), alphabet);
  // A site is fixed by biases that leave no other letter any probability, at any temperature.
  auto cold = machine;
  HostMatrix<ScalarOf<B>> never = HostMatrix<ScalarOf<B>>::Zero(machine.visible.rows(), 1);
  for (Index i = 0; i < pattern.sites(); ++i)
    for (Index a = 0; a < pattern.states() && pattern.letters(i, 0) != missing_letter; ++a)
      if (a != pattern.letters(i, 0)) never(i * pattern.states() + a, 0) = ScalarOf<B>(1e6);
  Matrix<B> there(never.rows(), 1);
  on.upload(View<const ScalarOf<B>>(never), view_of(there));
  detail::subtract_from_biases<B>(on, ConstViewOf<B>(there), cold.visible);
  cold = at_temperature(cold, options.temperature, on);
  auto state = make_state(cold, options.count);
  auto work = make_workspace(cold, options.count);
  const auto chains = state.columns(0, options.count);
  start(on, cold, chains, {.seed = options.seed});
  for (int step = 0; step < options.steps; ++step)
    transition(on, cold, chains, chains, work,
               {.seed = options.seed, .step = static_cast<std::uint64_t>(step)});
  return alignment_of(detail::on_host(on, ConstViewOf<B>(chains.visible)), alphabet);
}

}  // namespace harmonium
