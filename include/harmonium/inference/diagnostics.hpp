/// \file
/// Cheap numbers that tell whether training is going well. They compare a model with itself at other times;
/// they do not compare models, likelihoods do.
#pragma once

#include "../core/host_matrix.hpp"
#include "free_energy.hpp"
#include "layers.hpp"

namespace harmonium {

/// -log p(v | h) of each column of v at h = E[h | v], in nats, summed over visible units: how well one step
/// down recovers the data. For binary units this is the usual cross-entropy; for real ones minus a log
/// density. \throws ShapeError if v's rows do not match the RBM
template <class V, class H, class B>
Eigen::VectorXd reconstruction_cross_entropy(const Rbm<V, H, B>& rbm, std::type_identity_t<ConstViewOf<B>> v,
                                             const B& on = B::all()) {
  using T = ScalarOf<B>;
  detail::check_rows<B>("reconstruction_cross_entropy", "v", v, rbm.visible, "visible");
  const Matrix<B> h = mean_hidden(rbm, v, on);
  Matrix<B> down(rbm.visible.rows(), v.cols), out(1, v.cols);
  visible_input(on, rbm, h, down);
  on.fill(out, T(0));
  add_energy(on, rbm.visible, v, T(1), out);
  on.dot_columns(T(-1), v, down, out);
  add_log_partition(on, rbm.visible, down, T(1), out);
  HostMatrix<T> host(1, v.cols);
  on.download(out, View<T>(host));
  return host.row(0).transpose().template cast<double>();
}

/// Mean free energy of held-out samples minus that of training samples (V x n each), in nats: about 0 until a
/// model begins to over-fit, growing afterwards (Hinton, 2010, section 6). log Z cancels. \throws ShapeError
/// if a set's rows do not match the model \throws DataError if a set has no samples
template <EnergyModel Model>
double free_energy_gap(const Model& model, std::type_identity_t<ConstViewOf<typename Model::Backend>> train,
                       std::type_identity_t<ConstViewOf<typename Model::Backend>> held_out,
                       const typename Model::Backend& on = Model::Backend::all()) {
  using B = typename Model::Backend;
  check<DataError>(train.cols >= 1 && held_out.cols >= 1, "free_energy_gap: there are ", train.cols,
                   " training and ", held_out.cols, " held-out samples, expected at least 1 of each");
  const auto mean = [&](ConstViewOf<B> v) {
    const Matrix<B> energies = free_energy(model, v, on);
    return on.sum(detail::IdentityBody{}, ConstViewOf<B>(energies)) / static_cast<double>(v.cols);
  };
  return mean(held_out) - mean(train);
}

}  // namespace harmonium
