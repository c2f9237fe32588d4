/// \file
/// Classification by a joint model of samples and labels: p(label | sample), exactly, from one free energy
/// per label (Hinton, Osindero and Teh, 2006, section 6; Larochelle and Bengio, 2008). No chain is run. A
/// joint RBM needs nothing else; in an up-down DBN the recognition weights compute the input of its top RBM.
#pragma once

#include <cmath>
#include <vector>

#include "../core/host_matrix.hpp"
#include "../core/variant.hpp"
#include "../data/labels.hpp"
#include "../models/joint_rbm.hpp"
#include "../models/up_down.hpp"
#include "networks/classification.hpp"

namespace harmonium {

namespace detail {

/// Rows of a sample.
template <class Units, class B>
Index feature_rows(const UpDownDbn<Units, B>& model) {
  return model.visible_rows();
}

template <class V, class H, class B>
const JointRbm<V, H, B>& joint_rbm_of(const JointRbm<V, H, B>& rbm) {
  return rbm;
}
template <class Units, class B>
const auto& joint_rbm_of(const UpDownDbn<Units, B>& model) {
  return model.top;
}

/// What the joint RBM sees of samples x (rows x n): the samples themselves.
template <class V, class H, class B>
Matrix<B> recognise(const B& on, const JointRbm<V, H, B>& /*rbm*/, ConstViewOf<B> x) {
  Matrix<B> copy(x.rows, x.cols);
  on.copy(x, copy);
  return copy;
}
/// What the top RBM sees: means by the recognition weights, layer by layer.
template <class Units, class B>
Matrix<B> recognise(const B& on, const UpDownDbn<Units, B>& model, ConstViewOf<B> x) {
  Matrix<B> below(x.rows, x.cols), input, above;
  on.copy(x, below);
  for (const auto& any : model.stack.layers)
    detail::visit_variant(
        [&](const auto& layer) {
          input = Matrix<B>(layer.recognition.layer.rows(), x.cols);
          above = Matrix<B>(layer.recognition.layer.rows(), x.cols);
          mean_output(on, layer.recognition, below, input, above);
          std::swap(below, above);
        },
        any);
  return below;
}

/// out (classes x n) = minus the free energy of x (feature rows x n) with each label, up to a constant shared
/// by all labels.
template <class V, class H, class B>
void label_scores(const B& on, const JointRbm<V, H, B>& rbm, ConstViewOf<B> x, ViewOf<B> out) {
  const auto& labels = std::get<1>(rbm.visible.parts);
  EachLabel<H, B> each(rbm, x.cols);
  each.begin(on, rbm, x);
  set_label_log_partitions(on, rbm, each, out);
  on.multiply(Op::plain, Op::plain, 1, labels.bias(), each.ones(x.cols), 1, out);
}

/// \throws ShapeError if a model has no labels, or weights that do not fit its layers, or the samples' rows
/// do not match it \throws DataError if there are no samples
template <class Model, class Source>
void check_joint(const char* caller, const Model& model, const Source& source) {
  check_model(caller, model);
  check<ShapeError>(std::get<1>(joint_rbm_of(model).visible.parts).units() == 1, caller, ": the model has ",
                    std::get<1>(joint_rbm_of(model).visible.parts).units(), " labels, expected 1");
  check_samples(caller, source.rows(), source.size(), feature_rows(model));
}

}  // namespace detail

/// A model of samples and labels that says how probable each label is.
template <class M>
concept JointModel = requires(const M& model) {
  detail::feature_rows(model);
};

/// log p(label | sample) of samples of any kind in nats, classes x samples, on the host. \throws ShapeError
/// if the model has no labels, or weights that do not fit its layers, or the data do not have as many rows as
/// its samples \throws DataError if there are no samples, or a number is not finite \throws ValueError if one
/// is missing
template <JointModel Model, SamplesFor<typename Model::Backend> Data>
Eigen::MatrixXd class_log_probabilities(const Model& model, const Data& data,
                                        const typename Model::Backend& on = Model::Backend::all()) {
  using B = typename Model::Backend;
  using T = ScalarOf<B>;
  constexpr const char* caller = "class_log_probabilities";
  const auto& source = source_of<B>(data);
  detail::check_joint(caller, model, source);
  const auto& rbm = detail::joint_rbm_of(model);
  const Index classes = std::get<1>(rbm.visible.parts).rows();
  const Index block = detail::block_of(source.rows(), source.size());
  Matrix<B> scores(classes, block);
  HostMatrix<T> host(classes, block);
  Eigen::MatrixXd result(classes, source.size());
  detail::for_each_sample_block(on, caller, source.rows(), source, [&](Index first, ConstViewOf<B> x) {
    const Index n = x.cols;
    const Matrix<B> seen = detail::recognise(on, model, x);
    detail::label_scores(on, rbm, ConstViewOf<B>(seen), view_of(scores).columns(0, n));
    on.download(ConstViewOf<B>(scores).columns(0, n), View<T>(host).columns(0, n));
    for (Index i = 0; i < n; ++i) {
      const Eigen::VectorXd score = host.col(i).template cast<double>();
      const double largest = score.maxCoeff();
      result.col(first + i) = score.array() - (largest + std::log((score.array() - largest).exp().sum()));
    }
  });
  return result;
}

/// p(label | sample), classes x samples, on the host; throws as `class_log_probabilities` does.
template <JointModel Model, SamplesFor<typename Model::Backend> Data>
Eigen::MatrixXd predict_proba(const Model& model, const Data& data,
                              const typename Model::Backend& on = Model::Backend::all()) {
  return class_log_probabilities(model, data, on).array().exp();
}

/// The most probable label of each sample; throws as `class_log_probabilities` does.
template <JointModel Model, SamplesFor<typename Model::Backend> Data>
std::vector<int> predict(const Model& model, const Data& data,
                         const typename Model::Backend& on = Model::Backend::all()) {
  const Eigen::MatrixXd log_p = class_log_probabilities(model, data, on);
  std::vector<int> labels(static_cast<std::size_t>(log_p.cols()));
  for (Index c = 0; c < log_p.cols(); ++c)
    labels[static_cast<std::size_t>(c)] = detail::largest_row(View<const double>(log_p), c);
  return labels;
}

/// How well a model of samples and labels classifies; sample weights are honoured. Throws as
/// `class_log_probabilities` does; \throws DataError also if there are no samples, no labels, or a label is
/// not a class
template <JointModel Model, BatchSource<typename Model::Backend> Source>
Evaluation evaluate(const Model& model, const Source& source,
                    const typename Model::Backend& on = Model::Backend::all()) {
  detail::check_joint("evaluate", model, source);
  const std::span<const int> labels = source.labels();
  detail::check_labels("evaluate", labels, source.size(),
                       std::get<1>(detail::joint_rbm_of(model).visible.parts).rows());
  const std::span<const double> weights = weights_of(source);
  detail::check_weights("evaluate", weights, source.size());
  const Eigen::MatrixXd log_p = class_log_probabilities(model, source, on);
  Evaluation sum;
  for (Index i = 0; i < log_p.cols(); ++i) {
    const auto place = static_cast<std::size_t>(i);
    const double weight = weights.empty() ? 1 : weights[place];
    sum.log_loss -= weight * log_p(labels[place], i);
    if (detail::largest_row(View<const double>(log_p), i) != labels[place]) sum.error += weight;
  }
  const double count = detail::mean_weight(source) * static_cast<double>(source.size());
  return {.error = sum.error / count, .log_loss = sum.log_loss / count};
}

}  // namespace harmonium
