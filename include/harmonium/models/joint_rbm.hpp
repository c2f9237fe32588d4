/// \file
/// RBMs of samples and labels together (Hinton, Osindero and Teh, 2006, section 6; Larochelle and Bengio,
/// 2008): the visible units are a sample and one categorical unit. Hidden units can be summed over for each
/// label in turn, so p(label | sample) and its gradient are exact.
#pragma once

#include "mixed_layer.hpp"
#include "rbm.hpp"

namespace harmonium {

/// A joint RBM: its visible units are a sample and one categorical unit, the label.
template <class V, class H, class B = Cpu<float>>
using JointRbm = Rbm<Mixed<V, Categorical>, H, B>;

namespace detail {

/// Numbers in a sample, without its label.
template <class V, class H, class B>
Index feature_rows(const JointRbm<V, H, B>& rbm) {
  return std::get<0>(rbm.visible.parts).rows();
}

/// What hidden units receive from samples with each label in turn. Holds room for it.
template <class B>
class EachLabel {
 public:
  EachLabel() = default;
  /// Room for so many samples.
  EachLabel(Index hidden_rows, Index classes, Index columns)
      : from_sample_(hidden_rows, columns),
        input_(hidden_rows, columns),
        chosen_(classes, columns),
        ones_(1, columns) {
    B{}.fill(chosen_, 0);
    B{}.fill(ones_, 1);
  }

  /// From now on it is about samples x (feature rows x n).
  template <class V, class H>
  void begin(const B& on, const JointRbm<V, H, B>& rbm, ConstViewOf<B> x) {
    on.multiply(Op::transposed, Op::plain, 1, view_of(rbm.weights).rows_from(0, x.rows), x, 0,
                view_of(from_sample_).columns(0, x.cols));
  }
  /// f(c, input), where input (hidden rows x n) is W^T (x, label c), for each label c; input may be changed.
  template <class V, class H, class F>
  void operator()(const B& on, const JointRbm<V, H, B>& rbm, Index n, F f) {
    const auto label_weights = ConstViewOf<B>(rbm.weights).rows_from(feature_rows(rbm), chosen_.rows());
    const auto input = view_of(input_).columns(0, n), chosen = view_of(chosen_).columns(0, n);
    for (Index c = 0; c < chosen_.rows(); ++c) {
      on.fill(chosen.rows_from(c, 1), 1);
      on.copy(ConstViewOf<B>(from_sample_).columns(0, n), input);
      on.multiply(Op::transposed, Op::plain, 1, label_weights, ConstViewOf<B>(chosen), 1, input);
      on.fill(chosen.rows_from(c, 1), 0);
      f(c, input);
    }
  }
  /// 1 x n
  ConstViewOf<B> ones(Index n) const { return ConstViewOf<B>(ones_).columns(0, n); }

 private:
  Matrix<B> from_sample_, input_, chosen_, ones_;
};

/// out (classes x n) = the hidden layer's log-partition for each label: minus the free energy, but for the
/// label's bias and for what all labels have in common.
template <class V, class H, class B>
void set_label_log_partitions(const B& on, const JointRbm<V, H, B>& rbm, EachLabel<B>& each, ViewOf<B> out) {
  on.fill(out, 0);
  each(on, rbm, out.cols, [&](Index c, ViewOf<B> input) {
    add_log_partition(on, rbm.hidden, ConstViewOf<B>(input), 1, out.rows_from(c, 1));
  });
}

}  // namespace detail
}  // namespace harmonium
