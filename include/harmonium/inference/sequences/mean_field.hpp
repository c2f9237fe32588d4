/// \file
/// A Potts model by mean-field inversion (Morcos et al., 2011): its couplings are minus the inverse of the
/// covariances of letters. Contacts at once, without training; also a start for it.
#pragma once

#include <Eigen/Cholesky>

#include "../../data/letter_frequencies.hpp"
#include "../../models/boltzmann_machine.hpp"
#include "couplings.hpp"

namespace harmonium {

/// How to invert.
struct MeanFieldOptions {
  /// Share of the uniform distribution in the frequencies, above 0: without it rare letters decide.
  double pseudo_count = 0.5;
};

/// J = -C^-1, without the last letter of each site, whose couplings follow from the others; zero-sum gauge.
/// Biases are those of naive mean-field theory: log f_i(a) - sum over j and b of J_ij(a, b) f_j(b). \param
/// weights one per sequence, or none \throws ValueError if the pseudo-count is not above 0 and at most 1
/// \throws DataError if the alignment or the weights are not valid, a letter is missing, or the covariances
/// cannot be inverted
template <class T = double>
BoltzmannMachine<Categorical, Cpu<T>> mean_field_inversion(const Alignment& alignment,
                                                           std::span<const double> weights = {},
                                                           const MeanFieldOptions& options = {},
                                                           const Cpu<T>& on = Cpu<T>::all()) {
  using Numbers = HostMatrix<DoubleIn<T>>;
  constexpr const char* me = "mean_field_inversion";
  check<ValueError>(options.pseudo_count > 0 && options.pseudo_count <= 1, me, ": pseudo_count is ",
                    options.pseudo_count, ", expected a number above 0, at most 1");
  const Numbers pairs = pair_frequencies(on, alignment, weights, {.pseudo_count = options.pseudo_count});
  const Index states = alignment.states(), sites = alignment.sites(), kept = states - 1;
  const auto at = [=](Index k) { return k / kept * states + k % kept; };  // the last letter is left out
  Numbers covariance(sites * kept, sites * kept);
  for (Index c = 0; c < covariance.cols(); ++c)
    for (Index r = 0; r < covariance.rows(); ++r)
      covariance(r, c) = pairs(at(r), at(c)) - pairs(at(r), at(r)) * pairs(at(c), at(c));
  const Eigen::LLT<Numbers> factor(covariance);
  check<DataError>(factor.info() == Eigen::Success, me, ": the covariances cannot be inverted");
  const Numbers inverse = factor.solve(Numbers::Identity(covariance.rows(), covariance.cols()));
  Numbers couplings = Numbers::Zero(pairs.rows(), pairs.cols());
  for (Index c = 0; c < inverse.cols(); ++c)
    for (Index r = 0; r < inverse.rows(); ++r)
      if (r / kept != c / kept) couplings(at(r), at(c)) = -(inverse(r, c) + inverse(c, r)) / 2;
  detail::center_couplings(View<double>(couplings), states);

  BoltzmannMachine<Categorical, Cpu<T>> machine{{.visible = {sites, states}}};
  machine.weights = couplings.template cast<T>();
  for (Index i = 0; i < sites; ++i) {
    std::vector<double> field(static_cast<std::size_t>(states));
    double mean = 0;
    for (Index a = 0; a < states; ++a) {
      double& h = field[static_cast<std::size_t>(a)] = std::log(pairs(i * states + a, i * states + a));
      for (Index r = 0; r < pairs.rows(); ++r) h -= couplings(i * states + a, r) * pairs(r, r);
      mean += h / static_cast<double>(states);
    }
    for (Index a = 0; a < states; ++a)
      machine.visible.parameters(i * states + a, 0) =
          static_cast<T>(field[static_cast<std::size_t>(a)] - mean);
  }
  return machine;
}

}  // namespace harmonium
