/// \file
/// The mean free energy of a source's samples, which log Z turns into their log likelihood.
#pragma once

#include <cstdint>
#include <span>

#include "../../backend/on_host.hpp"
#include "../../data/batch_source.hpp"
#include "../../models/energy_model.hpp"

namespace harmonium::detail {

/// Mean free energy, weighted by sample weights, of up to 1000 samples that are drawn once per run by its
/// seed. Each block of n samples is written to states(n).
template <class Model, class Source, class States>
double mean_free_energy(const typename Model::Backend& on, const Model& model, const Source& source,
                        Index batch_size, std::uint64_t seed, States states) {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;
  const std::span<const double> weights = weights_of(source);
  double sum = 0, total = 0;
  for_each_block(random_samples(source, 1000, seed), batch_size, [&](std::span<const Index> columns) {
    const auto n = static_cast<Index>(columns.size());
    source.fill(on, columns, states(n).visible);
    refresh(on, model, states(n));
    Matrix<B> energies(1, n);
    on.fill(energies, T(0));
    add_free_energy(on, model, states(n), T(1), energies);
    const Eigen::VectorXd own = row_on_host(on, energies);
    for (Index c = 0; c < n; ++c) {
      const double weight =
          weights.empty() ? 1 : weights[static_cast<std::size_t>(columns[static_cast<std::size_t>(c)])];
      sum += weight * own(c);
      total += weight;
    }
  });
  return sum / total;
}

}  // namespace harmonium::detail
