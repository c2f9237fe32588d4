/// \file
/// Dropout (Srivastava, Hinton, Krizhevsky, Sutskever and Salakhutdinov, 2014): in each update a fraction of
/// a layer's outputs is set to 0, and the others are divided by the fraction that is kept, so that their
/// expected sum is unchanged and the trained network is used as it is.
#pragma once

#include <algorithm>
#include <vector>

#include "../../core/variant.hpp"
#include "../../models/network.hpp"

namespace harmonium {

/// The masks of one update. Each number of a mask has its own address (seed, update, sample's position in the
/// batch, row), so masks do not depend on threads.
template <class B>
class Dropout {
 public:
  Dropout() = default;
  /// Allocates memory for masks of the inputs and of each hidden layer, where their dropout is above 0.
  template <class Model>
  Dropout(const Model& network, double input_share, double hidden_share, Index columns)
      : input_share_(input_share), hidden_share_(hidden_share) {
    Index rows = network.input_rows(), widest = rows;
    if (input_share > 0) input_ = Matrix<B>(rows, columns);
    for (const auto& any : network.layers)
      detail::visit_variant(
          [&](const auto& dense) {
            const Index own = dense.layer.rows();
            hidden_.push_back({hidden_share > 0 ? Matrix<B>(own, columns) : Matrix<B>(), rows});
            rows += own;
            widest = std::max(widest, own);
          },
          any);
    if (input_share > 0 || hidden_share > 0) {
      no_bias_ = Matrix<B>(widest, 1);
      B{}.fill(no_bias_, 0);
    }
  }

  /// Drops inputs (rows x n) of the update with these draws.
  void drop_inputs(const B& on, Draws draws, ViewOf<B> x) {
    if (input_share_ > 0) drop(on, draws, input_share_, 0, input_, x);
  }
  /// Drops outputs (rows x n) of a hidden layer.
  void drop_outputs(const B& on, Draws draws, std::size_t layer, ViewOf<B> x) {
    if (hidden_share_ > 0) drop(on, draws, hidden_share_, hidden_[layer].first_row, hidden_[layer].mask, x);
  }
  /// Errors propagated to dropped outputs are dropped as well, by the same mask.
  void drop_errors(const B& on, std::size_t layer, ViewOf<B> error) const {
    if (hidden_share_ > 0) apply(on, hidden_[layer].mask, error);
  }

 private:
  struct Hidden {
    Matrix<B> mask;   // rows x columns
    Index first_row;  // rows are numbered across the whole network, so that no two layers share a draw
  };
  void drop(const B& on, Draws draws, double share, Index first_row, Matrix<B>& memory, ViewOf<B> x) const {
    const ViewOf<B> mask = view_of(memory).columns(0, x.cols);
    on.transform(detail::DropoutBody{share}, ConstViewOf<B>(no_bias_).rows_from(0, x.rows), Index(1), x, x,
                 mask, draws.in(Stream::dropout), first_row);
    apply(on, memory, x);
  }
  static void apply(const B& on, const Matrix<B>& mask, ViewOf<B> x) {
    on.update(Multiply{}, x, ConstViewOf<B>(mask).columns(0, x.cols));
  }

  double input_share_ = 0, hidden_share_ = 0;
  Matrix<B> input_;
  std::vector<Hidden> hidden_;
  Matrix<B> no_bias_;
};

}  // namespace harmonium
