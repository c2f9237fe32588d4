/// \file
/// Predicted ratings: the mean of each user's stars for each item.
#pragma once

#include <span>

#include "../data/centered_ratings.hpp"
#include "../data/ratings.hpp"
#include "mean_missing.hpp"

namespace harmonium {

/// The means of categorical units whose states stand for numbers, from the probabilities of their states:
/// units x n. \throws ShapeError unless there is a row for each state of each unit
template <class Derived>
Eigen::MatrixXd mean_levels(std::span<const double> levels, const Eigen::MatrixBase<Derived>& probabilities) {
  const auto states = static_cast<Index>(levels.size());
  check<ShapeError>(states >= 1 && probabilities.rows() % states == 0, "mean_levels: there are ",
                    probabilities.rows(), " rows, expected a multiple of the ", states, " levels");
  Eigen::MatrixXd means = Eigen::MatrixXd::Zero(probabilities.rows() / states, probabilities.cols());
  for (Index c = 0; c < means.cols(); ++c)
    for (Index unit = 0; unit < means.rows(); ++unit)
      for (Index k = 0; k < states; ++k)
        means(unit, c) +=
            levels[static_cast<std::size_t>(k)] * static_cast<double>(probabilities(unit * states + k, c));
  return means;
}

/// Items x users: the ratings as they are, and in place of each missing one its mean given the user's own
/// ratings (`mean_missing`). Users need not be those that the model has learned from; their items and levels
/// must be. \throws ShapeError if there are other numbers of items or levels than the model has
template <class H, class B>
Eigen::MatrixXd predict_ratings(const Rbm<Categorical, H, B>& rbm, const RatingData& data,
                                const std::type_identity_t<B>& on = B::all()) {
  check<ShapeError>(rbm.visible.units() == data.items() && rbm.visible.group == data.states(),
                    "predict_ratings: the data have ", data.items(), " items with ", data.states(),
                    " levels, the model ", rbm.visible.units(), " with ", rbm.visible.group);
  const Matrix<B> probabilities = mean_missing(rbm, data, on);
  return mean_levels(data.levels(), detail::on_host(on, ConstViewOf<B>(probabilities)));
}

/// The same by a model of what the means leave over.
template <class H, class B>
Eigen::MatrixXd predict_ratings(const Rbm<Gaussian, H, B>& rbm, const CenteredRatings& data,
                                const std::type_identity_t<B>& on = B::all()) {
  const Matrix<B> rest = mean_missing(rbm, data, on);
  Eigen::MatrixXd ratings = detail::on_host(on, ConstViewOf<B>(rest));
  for (Index user = 0; user < ratings.cols(); ++user)
    for (Index item = 0; item < ratings.rows(); ++item) ratings(item, user) += data.by_means(item, user);
  return ratings;
}

}  // namespace harmonium
