/// \file
/// The discriminative gradient of a joint RBM (Larochelle and Bengio, 2008, equation 5): that of
/// log p(label | sample), exact. Added to contrastive divergence it gives a hybrid: a model of samples and
/// labels that devotes more of its units to distinguishing the labels.
#pragma once

#include "../../models/joint_rbm.hpp"

namespace harmonium {

/// Models other than joint RBMs do not have this gradient.
template <class Model>
class LabelGradient {
 public:
  static constexpr bool possible = false;  ///< does the model have labels?
};

/// Owns its scratch memory.
template <class V, class H, class B>
class LabelGradient<JointRbm<V, H, B>> {
  using Model = JointRbm<V, H, B>;

 public:
  static constexpr bool possible = true;  ///< does the model have labels?

  LabelGradient() = default;
  /// Allocates memory for that many samples. \throws ShapeError unless the model has exactly one label
  LabelGradient(const Model& rbm, Index columns)
      : each_(rbm, columns),
        means_(rbm.hidden.rows(), columns),
        sum_(rbm.hidden.rows(), columns),
        by_label_(rbm.hidden.rows(), labels_of(rbm).rows()),
        scores_(labels_of(rbm).rows(), columns),
        errors_(labels_of(rbm).rows(), columns) {
    check<ShapeError>(labels_of(rbm).units() == 1,
                      "ContrastiveDivergence: discriminative is for models with 1 label, this has ",
                      labels_of(rbm).units());
  }

  /// gradient += factor * sum over columns c of shares(0, c) * d log p(label of c | sample of c)
  /// \param visible samples, with their one-hot labels below them
  void add(const B& on, const Model& rbm, ConstViewOf<B> visible, ConstViewOf<B> shares, ScalarOf<B> factor,
           Model& gradient) {
    const auto& labels = labels_of(rbm);
    const Index features = detail::feature_rows(rbm), classes = labels.rows(), n = visible.cols;
    const auto cut = [&](Matrix<B>& x) { return view_of(x).columns(0, n); };
    const auto x = visible.rows_from(0, features);
    const auto errors = cut(errors_), means = cut(means_), sum = cut(sum_);

    each_.begin(on, rbm, x);
    detail::set_label_log_partitions(on, rbm, each_, cut(scores_));
    mean(on, labels, cut(scores_), errors);  // p(label | sample)
    on.update(SubtractFrom{}, errors, visible.rows_from(features, classes));
    on.scale_columns(errors, shares);
    on.update(ScaleBy<ScalarOf<B>>{factor}, errors);

    add_bias_statistics(on, errors, each_.ones(n), labels_of(gradient));
    const auto weights = view_of(gradient.weights), label_weights = weights.rows_from(features, classes);
    // Temporarily transposed, since a sum can be added to columns directly.
    on.multiply(Op::transposed, Op::plain, 1, label_weights, each_.identity(), 0, by_label_);
    on.fill(sum, 0);
    each_(on, rbm, n, [&](Index c, const Layer<H, B>& hidden, ConstViewOf<B> input) {
      const auto error = ConstViewOf<B>(errors).rows_from(c, 1);
      mean(on, hidden, input, means);
      add_mean_statistics(on, hidden, input, means, error, gradient.hidden);
      on.multiply(Op::plain, Op::transposed, 1, means, error, 1, view_of(by_label_).columns(c, 1));
      on.scale_columns(means, error);
      on.update(Add{}, sum, ConstViewOf<B>(means));
    });
    on.multiply(Op::plain, Op::transposed, 1, x, sum, 1, weights.rows_from(0, features));
    on.multiply(Op::plain, Op::transposed, 1, each_.identity(), by_label_, 0, label_weights);
  }

 private:
  template <class M>
  static auto& labels_of(M& rbm) {
    return std::get<1>(rbm.visible.parts);
  }

  detail::EachLabel<H, B> each_;
  Matrix<B> means_, sum_, by_label_, scores_, errors_;
};

}  // namespace harmonium
