/// \file
/// Do a model's matrices fit together, and are they as large as they were? Algorithms compute with buffers of
/// those sizes, so they ask before they write.
#pragma once

#include <vector>

#include "parameters.hpp"

namespace harmonium::detail {

/// The shapes of a model's matrices at one moment; none for what has no `Backend` and so no matrices.
class Shapes {
 public:
  Shapes() = default;
  /// As they are now.
  template <class Model>
  explicit Shapes(const Model& model) {
    walk(model, [this](const ParameterName&, Index rows, Index cols) {
      sizes_.push_back(rows);
      sizes_.push_back(cols);
    });
  }
  /// \throws ShapeError if the model has other ones now; `who` changed it
  template <class Model>
  void check(const char* who, const Model& model) const {
    std::size_t at = 0;
    walk(model, [&](const ParameterName& name, Index rows, Index cols) {
      if (at + 2 <= sizes_.size() && sizes_[at] == rows && sizes_[at + 1] == cols) {
        at += 2;
        return;
      }
      throw ShapeError(in_words({Word(who), Word(" changed the shape of the model: '"), Word(name.string()),
                                 Word("' is "), Word(rows), Word(" x "), Word(cols), Word(" now")}));
    });
    harmonium::check<ShapeError>(at == sizes_.size(), who, " removed parameters of the model");
  }

 private:
  template <class Model, class F>
  static void walk(const Model& model, F f) {
    if constexpr (requires { typename Model::Backend; })
      for_each_parameter([&](const ParameterName& name, Role, auto x) { f(name, x.rows, x.cols); }, model);
  }
  std::vector<Index> sizes_;
};

}  // namespace harmonium::detail
