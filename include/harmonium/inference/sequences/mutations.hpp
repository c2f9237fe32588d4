/// \file
/// What a mutation does: all sequences that differ from a given one at a single site.
#pragma once

#include "../../backend/on_host.hpp"
#include "../free_energy.hpp"
#include "check_sequences.hpp"

namespace harmonium {

/// log p(mutant) - log p(the sequence) for each letter at each site, states x sites; 0 for the sequence's own
/// letters. Exact, since log Z is that of both: for an RBM or a Boltzmann machine with categorical visible
/// units. \param wild_type an alignment of one sequence \throws ShapeError if its sites or letters are not
/// the model's \throws DataError unless there is one sequence, with no letter missing
template <EnergyModel Model>
Eigen::MatrixXd mutation_scan(const Model& model, const Alignment& wild_type,
                              const typename Model::Backend& on = {}) {
  using B = typename Model::Backend;
  constexpr const char* me = "mutation_scan";
  detail::check_sequences(me, model, wild_type);
  check<DataError>(wild_type.size() == 1 && !wild_type.any_missing(), me, ": there are ", wild_type.size(),
                   " sequences, expected one, with no letter missing");
  const Index states = wild_type.states(), sites = wild_type.sites();
  const Dataset::Bytes own = detail::one_hot_bytes(wild_type).replicate(1, states);
  Eigen::MatrixXd scan(states, sites);
  for (Index i = 0; i < sites; ++i) {  // a site at a time: all mutants have sites^2 * states^2 numbers
    Dataset::Bytes rows = own;
    rows.middleRows(i * states, states).setIdentity();
    const Matrix<B> energies = free_energy(model, Dataset(std::move(rows), {}, 1.0), on);
    const auto host = detail::on_host(on, ConstViewOf<B>(energies));
    for (Index a = 0; a < states; ++a)
      scan(a, i) = static_cast<double>(host(0, wild_type.letters(i, 0))) - static_cast<double>(host(0, a));
  }
  return scan;
}

}  // namespace harmonium
