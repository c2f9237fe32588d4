/// \file
/// Cheap numbers that tell whether training is going well. They compare a model with itself at other times;
/// they do not compare models, likelihoods do.
#pragma once

#include "../core/host_matrix.hpp"
#include "free_energy.hpp"
#include "layers.hpp"

namespace harmonium {

/// -log p(v | h) of each of some samples of any kind at h = E[h | v], in nats, summed over visible units: how
/// well one step down recovers the data. For binary units this is the usual cross-entropy; for real ones
/// minus a log density. \throws as `free_energy`
template <class V, class H, class B, SamplesFor<B> Data>
Eigen::VectorXd reconstruction_cross_entropy(const Rbm<V, H, B>& rbm, const Data& data,
                                             const std::type_identity_t<B>& on = B::all()) {
  using T = ScalarOf<B>;
  constexpr const char* caller = "reconstruction_cross_entropy";
  check_shapes(caller, rbm);
  const auto& source = source_of<B>(data);
  const auto row =
      detail::row_of_samples(on, caller, rbm.visible.rows(), source, [&](ConstViewOf<B> v, ViewOf<B> out) {
        Matrix<B> input(rbm.hidden.rows(), v.cols), h(rbm.hidden.rows(), v.cols),
            down(rbm.visible.rows(), v.cols);
        hidden_input(on, rbm, v, view_of(input));
        mean(on, rbm.hidden, ConstViewOf<B>(input), view_of(h));
        visible_input(on, rbm, ConstViewOf<B>(h), view_of(down));
        add_energy(on, rbm.visible, v, T(1), out);
        on.dot_columns(T(-1), v, ConstViewOf<B>(down), out);
        add_log_partition(on, rbm.visible, ConstViewOf<B>(down), T(1), out);
      });
  return detail::row_on_host(on, row);
}

/// Mean free energy of held-out samples minus that of training samples, in nats: about 0 until a model begins
/// to over-fit, growing afterwards (Hinton, 2010, section 6). log Z cancels. \throws as `free_energy`
template <EnergyModel Model, SamplesFor<typename Model::Backend> Train,
          SamplesFor<typename Model::Backend> HeldOut>
double free_energy_gap(const Model& model, const Train& train, const HeldOut& held_out,
                       const typename Model::Backend& on = Model::Backend::all()) {
  using B = typename Model::Backend;
  const auto mean = [&](const auto& data) {
    const Matrix<B> energies = detail::free_energies(on, "free_energy_gap", model, source_of<B>(data));
    return on.sum(detail::IdentityBody{}, ConstViewOf<B>(energies)) / static_cast<double>(energies.cols());
  };
  return mean(held_out) - mean(train);
}

}  // namespace harmonium
