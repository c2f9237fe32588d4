/// \file
/// Samples with their classes as additional rows, for joint models: a one-hot block below the numbers, as a
/// categorical unit expects it.
#pragma once

#include "../data/batch_source.hpp"
#include "../data/one_hot.hpp"
#include "run/option_words.hpp"

namespace harmonium {

/// A source's samples with their labels below: what a joint RBM, `Rbm<Mixed<Bernoulli, Categorical>,
/// Bernoulli>`, learns from (Larochelle and Bengio, 2008).
template <class B, class Source>
class LabelledSource {
 public:
  /// The source must outlive this. \throws DataError if a sample has no label, or an invalid one
  LabelledSource(const Source& source, Index classes) : source_(source), classes_(classes) {
    check<ShapeError>(classes >= 0, "LabelledSource: classes is ", classes, ", expected at least 0");
    if (classes > 0) detail::check_labels("LabelledSource", source.labels(), source.size(), classes);
  }

  /// Numbers per sample plus the number of classes.
  Index rows() const { return source_.rows() + classes_; }
  /// Number of samples.
  Index size() const { return source_.size(); }
  /// The samples' classes.
  std::span<const int> labels() const { return source_.labels(); }
  /// The weight of each sample; if empty, all are equal.
  std::span<const double> weights() const { return weights_of(source_); }
  /// How its source likes to be read.
  Reading reading() const { return reading_of(source_); }
  /// out(:, i) = sample columns[i], and below it 1 at its class
  void fill(const B& on, std::span<const Index> columns, ViewOf<B> out) const {
    source_.fill(on, columns, out.rows_from(0, source_.rows()));
    if (classes_ == 0) return;
    detail::pick_labels(source_.labels(), columns, labels_);
    one_hot_.write(on, labels_, out.rows_from(source_.rows(), classes_));
  }

  /// 1 where a number is known, else 0; labels always are.
  void fill_known(const B& on, std::span<const Index> columns, ViewOf<B> out) const
      requires(requires { std::declval<const Source&>().fill_known(on, columns, out); }) {
    source_.fill_known(on, columns, out.rows_from(0, source_.rows()));
    if (classes_ > 0) on.fill(out.rows_from(source_.rows(), classes_), 1);
  }

  /// Its source's state, for resuming: see training/run/run_state.hpp.
  template <class F>
  void for_each_state(F&& f) const {
    if constexpr (requires { source_.for_each_state(f); }) f("source", source_);
  }
  /// Its source's options.
  template <class F>
  friend void for_each_option(F&& f, const LabelledSource& source) {
    f("classes", source.classes_);
    if constexpr (HasOptions<Source>) f("source", source.source_);
  }

 private:
  const Source& source_;
  Index classes_;
  mutable std::vector<int> labels_;
  mutable detail::OneHot<B> one_hot_;
};

}  // namespace harmonium
