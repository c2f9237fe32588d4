/// \file
/// Joint RBMs of samples and labels (Hinton, Osindero and Teh, 2006, section 6; Larochelle and Bengio, 2008):
/// the visible units are a sample and one categorical unit. Hidden units can be summed over for each label in
/// turn, so p(label | sample) and its gradient are exact.
#pragma once

#include <utility>

#include "../core/host_matrix.hpp"
#include "mixed_layer.hpp"
#include "rbm.hpp"

namespace harmonium {

/// A joint RBM: its visible units are a sample and one categorical unit, the label.
template <class V, class H, class B = Cpu<float>>
using JointRbm = Rbm<Mixed<V, Categorical>, H, B>;

namespace detail {

/// Numbers per sample, without its label.
template <class V, class H, class B>
Index feature_rows(const JointRbm<V, H, B>& rbm) {
  return std::get<0>(rbm.visible.parts).rows();
}

/// A joint RBM's hidden layer given each label in turn: the label's weights are added to the biases, so that
/// the input from samples can be reused. Holds the memory for this.
template <class H, class B>
class EachLabel {
 public:
  EachLabel() = default;
  /// Memory for up to `columns` samples.
  template <class V>
  EachLabel(const JointRbm<V, H, B>& rbm, Index columns)
      : input_(rbm.hidden.rows(), columns),
        hidden_(rbm.hidden),
        from_labels_(rbm.hidden.rows(), std::get<1>(rbm.visible.parts).rows()),
        ones_(1, columns) {
    const HostMatrix<ScalarOf<B>> identity =
        HostMatrix<ScalarOf<B>>::Identity(from_labels_.cols(), from_labels_.cols());
    identity_ = Matrix<B>(identity.rows(), identity.cols());
    B{}.upload(View<const ScalarOf<B>>(identity), identity_);
    B{}.fill(ones_, 1);
  }

  /// Sets the samples x (feature rows x n) and takes the current parameters of the RBM.
  template <class V>
  void begin(const B& on, const JointRbm<V, H, B>& rbm, ConstViewOf<B> x) {
    on.multiply(Op::transposed, Op::plain, 1, view_of(rbm.weights).rows_from(0, x.rows), x, 0,
                view_of(input_).columns(0, x.cols));
    on.multiply(Op::transposed, Op::plain, 1, view_of(rbm.weights).rows_from(x.rows, identity_.rows()),
                identity_, 0, from_labels_);
  }
  /// Calls f(c, hidden, input) for each label c, where `input` (hidden rows x n) is the input of `hidden`.
  template <class V, class F>
  void operator()(const B& on, const JointRbm<V, H, B>& rbm, Index n, F f) {
    for (Index c = 0; c < from_labels_.cols(); ++c) {
      const auto from_label = ConstViewOf<B>(from_labels_).columns(c, 1);
      Index first = 0;  // a mixed layer has several biases
      for_each_parameter(
          [&](const ParameterName&, Role role, auto own, auto of_rbm) {
            on.copy(of_rbm, own);
            if (role != Role::bias) return;
            on.update(Add{}, own, from_label.rows_from(first, own.rows));
            first += own.rows;
          },
          hidden_, rbm.hidden);
      f(c, std::as_const(hidden_), ConstViewOf<B>(input_).columns(0, n));
    }
  }
  /// 1 x n
  ConstViewOf<B> ones(Index n) const { return ConstViewOf<B>(ones_).columns(0, n); }
  /// classes x classes; a product with it serves as a transposition.
  ConstViewOf<B> identity() const { return identity_; }

 private:
  Matrix<B> input_;
  Layer<H, B> hidden_;
  Matrix<B> from_labels_;  // hidden rows x classes
  Matrix<B> identity_, ones_;
};

/// out (classes x n) = the hidden layer's log-partition for each label: minus the free energy, without the
/// label's bias and terms common to all labels.
template <class V, class H, class B>
void set_label_log_partitions(const B& on, const JointRbm<V, H, B>& rbm, EachLabel<H, B>& each,
                              ViewOf<B> out) {
  on.fill(out, 0);
  each(on, rbm, out.cols, [&](Index c, const Layer<H, B>& hidden, ConstViewOf<B> input) {
    add_log_partition(on, hidden, input, 1, out.rows_from(c, 1));
  });
}

}  // namespace detail
}  // namespace harmonium
