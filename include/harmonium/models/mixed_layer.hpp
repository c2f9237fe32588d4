/// \file
/// A layer whose rows have several unit types, so that binary, categorical and real columns of one table
/// share the hidden units. It consists of several layers behind the functions that models require of a layer.
#pragma once

#include <tuple>
#include <utility>

#include "layer_data.hpp"
#include "layer_states.hpp"

namespace harmonium {

/// The unit types of a layer's parts, from the first row on; a type may occur more than once. A part may have
/// no units, and hence no parameters, as long as another part has some.
///
///     using Row = Mixed<Bernoulli, Categorical, Gaussian>;
///     Rbm<Row, Bernoulli> table{{.visible = {30, {5, 3}, 4}, .hidden = 64}};
template <class... Units>
struct Mixed {};

namespace detail {
template <class U>
inline constexpr bool is_mixed = false;
template <class... U>
inline constexpr bool is_mixed<Mixed<U...>> = true;

/// The rows of a part within its layer.
struct PartRows {
  Index first = 0;  ///< the first row
  Index count = 0;  ///< number of rows
  /// The part's rows of a view.
  template <class V>
  V of(V x) const {
    return x.rows_from(first, count);
  }
};

/// Calls f(rows, part, parts...) for each part of a mixed layer that has units, with the same part of the
/// others.
template <class F, class L, class... Others>
void for_each_part(F f, L& layer, Others&... others) {
  PartRows rows;
  const auto visit = [&](auto& part, auto&... other) {
    rows = {rows.first + rows.count, part.rows()};
    if (rows.count > 0) f(rows, part, other...);
  };
  [&]<std::size_t... I>(std::index_sequence<I...>) {
    const auto at = [&](auto i) { visit(std::get<i>(layer.parts), std::get<i>(others.parts)...); };
    (at(std::integral_constant<std::size_t, I>{}), ...);
  }
  (std::make_index_sequence<std::tuple_size_v<decltype(layer.parts)>>{});
}
}  // namespace detail

/// Layers of several unit types, one after another.
template <class... U, class B>
struct Layer<Mixed<U...>, B> {
  static_assert(sizeof...(U) >= 1, "Mixed names at least one unit type");
  static_assert((!detail::is_mixed<U> && ...), "Mixed names unit types: a Mixed can't be part of another");
  using Unit = Mixed<U...>;                                     ///< the unit types
  using Backend = B;                                            ///< where the parameters are stored
  using Scalar = typename B::Scalar;                            ///< type of the parameters
  using Parts = std::tuple<Layer<U, B>...>;                     ///< a layer per type
  using Size = std::tuple<LayerSize<U>...>;                     ///< the size of each part
  static constexpr bool finite = (Layer<U, B>::finite && ...);  ///< are the layer's states finitely many?

  Parts parts;  ///< in the order of the rows

  Layer() = default;
  /// A layer with all parameters zero.
  /// \throws ShapeError if a part's size is negative, or no part has units
  explicit Layer(const Size& size)
      : parts(std::apply([](const auto&... part) { return Parts(make_part<U>(part)...); }, size)) {
    check<ShapeError>(rows() >= 1, "Layer: none of the ", sizeof...(U), " parts of a mixed layer has units");
  }

  /// Number of rows, one for each number of a state.
  Index rows() const {
    return std::apply([](const auto&... part) { return (part.rows() + ...); }, parts);
  }
  /// Number of units in all parts.
  Index units() const {
    return std::apply([](const auto&... part) { return (part.units() + ...); }, parts);
  }
  /// The size of each part.
  Size size() const {
    return std::apply([](const auto&... part) { return Size(part.size()...); }, parts);
  }

  /// Number of rows that a layer of this size would have.
  static double row_count(const Size& size) {
    return std::apply([](const auto&... part) { return (Layer<U, B>::row_count(part) + ...); }, size);
  }
  /// Number of parameters that a layer of this size would have.
  static double parameter_count(const Size& size) {
    return std::apply([](const auto&... part) { return (Layer<U, B>::parameter_count(part) + ...); }, size);
  }
  /// Records the number of parts, and each of them.
  static void describe(Metadata& metadata, const std::string& name, const Size& size) {
    metadata[name + ".unit"] = "mixed";
    metadata[name + ".parts"] = std::to_string(sizeof...(U));
    int i = 0;
    std::apply(
        [&](const auto&... part) {
          (Layer<U, B>::describe(metadata, name + '.' + std::to_string(i++), part), ...);
        },
        size);
  }
  /// Reads the sizes back. \throws DataError if the unit types differ, or a size is not a whole number
  static Size size_from(const Metadata& metadata, const std::string& name) {
    detail::check_unit(metadata, name, "mixed");
    const Index found = detail::size_at(metadata, name + ".parts");
    check<DataError>(found == Index(sizeof...(U)), "metadata: '", name, ".parts' is ", found,
                     ", the model has ", sizeof...(U));
    Size size;
    int i = 0;
    std::apply(
        [&](auto&... part) { ((part = part_size_from<U>(metadata, name + '.' + std::to_string(i++))), ...); },
        size);
    return size;
  }

  /// Are all parts equal?
  friend bool operator==(const Layer&, const Layer&) = default;

  /// The walk: `0.bias`, `1.bias`, `1.log_precision`, ...
  template <class F, class Self, class... Others>
  static void walk(F& f, const ParameterName& name, Self& self, Others&... others) {
    [&]<std::size_t... I>(std::index_sequence<I...>) {
      const auto at = [&](auto i) {
        if (std::get<i>(self.parts).rows() > 0)
          std::tuple_element_t<i, Parts>::walk(f, name / static_cast<Index>(i), std::get<i>(self.parts),
                                               std::get<i>(others.parts)...);
      };
      (at(std::integral_constant<std::size_t, I>{}), ...);
    }
    (std::index_sequence_for<U...>{});
  }

 private:
  template <class P>
  static Layer<P, B> make_part(const LayerSize<P>& size) {
    if constexpr (is_grouped<P>) {
      return size.units == 0 ? Layer<P, B>() : Layer<P, B>(size);
    } else {
      return size == 0 ? Layer<P, B>() : Layer<P, B>(size);
    }
  }
  template <class P>
  static LayerSize<P> part_size_from(const Metadata& metadata, const std::string& name) {
    const auto units = metadata.find(name + ".units");
    if (units == metadata.end() || units->second != "0") return Layer<P, B>::size_from(metadata, name);
    detail::check_unit(metadata, name, P::name);
    return Layer<P, B>().size();
  }
};

/// The same for each part.
template <class... U, class B>
void check_shapes(const char* caller, const Layer<Mixed<U...>, B>& layer) {
  detail::for_each_part([&](auto, const auto& part) { check_shapes(caller, part); }, layer);
}

/// \name What models require of a layer, part by part; see layer.hpp and gauge.hpp for each function.
/// @{

/// out = E[x | input]
template <class... U, class B>
void mean(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> input, ViewOf<B> out) {
  detail::for_each_part([&](auto rows, const auto& part) { mean(on, part, rows.of(input), rows.of(out)); },
                        layer);
}

/// out = the most probable x given the input
template <class... U, class B>
void mode(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> input, ViewOf<B> out) {
  detail::for_each_part([&](auto rows, const auto& part) { mode(on, part, rows.of(input), rows.of(out)); },
                        layer);
}

/// out ~ p(x | input)
template <class... U, class B>
void sample(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> input, ViewOf<B> out, Draws draws,
            Index first_row = 0) {
  detail::for_each_part(
      [&](auto rows, const auto& part) {
        sample(on, part, rows.of(input), rows.of(out), draws, first_row + rows.first);
      },
      layer);
}

/// out = Cov(x | input) delta
template <class... U, class B>
void backpropagate(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> input,
                   ConstViewOf<B> delta, ViewOf<B> out) {
  detail::for_each_part(
      [&](auto rows, const auto& part) {
        backpropagate(on, part, rows.of(input), rows.of(delta), rows.of(out));
      },
      layer);
}

/// out += factor * the layer's log-partition
template <class... U, class B>
void add_log_partition(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> input,
                       ScalarOf<B> factor, ViewOf<B> out) {
  detail::for_each_part(
      [&](auto rows, const auto& part) { add_log_partition(on, part, rows.of(input), factor, out); }, layer);
}

/// out += factor * the layer's energy
template <class... U, class B>
void add_energy(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> x, ScalarOf<B> factor,
                ViewOf<B> out) {
  detail::for_each_part([&](auto rows, const auto& part) { add_energy(on, part, rows.of(x), factor, out); },
                        layer);
}

/// The biases of gradient += weighted sums of x.
template <class... U, class B>
void add_bias_statistics(const B& on, ConstViewOf<B> x, ConstViewOf<B> weights,
                         Layer<Mixed<U...>, B>& gradient) {
  detail::for_each_part([&](auto rows, auto& part) { add_bias_statistics(on, rows.of(x), weights, part); },
                        gradient);
}

/// gradient += weighted statistics of states.
template <class... U, class B>
void add_statistics(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> x, ConstViewOf<B> weights,
                    Layer<Mixed<U...>, B>& gradient) {
  detail::for_each_part(
      [&](auto rows, const auto& part, auto& sums) { add_statistics(on, part, rows.of(x), weights, sums); },
      layer, gradient);
}

/// gradient += weighted expectations of statistics.
template <class... U, class B>
void add_mean_statistics(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> input,
                         ConstViewOf<B> mean_x, ConstViewOf<B> weights, Layer<Mixed<U...>, B>& gradient) {
  detail::for_each_part(
      [&](auto rows, const auto& part, auto& sums) {
        add_mean_statistics(on, part, rows.of(input), rows.of(mean_x), weights, sums);
      },
      layer, gradient);
}

/// out = weighted expectations, and gradient += weighted expectations of statistics.
template <class... U, class B>
void weigh_means(const B& on, const Layer<Mixed<U...>, B>& layer, ConstViewOf<B> input,
                 ConstViewOf<B> weights, ViewOf<B> out, Layer<Mixed<U...>, B>& gradient) {
  detail::for_each_part(
      [&](auto rows, const auto& part, auto& sums) {
        weigh_means(on, part, rows.of(input), weights, rows.of(out), sums);
      },
      layer, gradient);
}

/// Number of joint states.
template <class... U, class B>
double state_count(const Layer<Mixed<U...>, B>& layer) {
  double count = 1;
  detail::for_each_part([&](auto, const auto& part) { count *= state_count(part); }, layer);
  return count;
}

/// Calls f for the kinds of units of each part.
template <class... U, class B, class F>
void for_each_unit_kind(const Layer<Mixed<U...>, B>& layer, F f) {
  detail::for_each_part(
      [&](auto part_rows, const auto& part) {
        for_each_unit_kind(part, [&](Index first, Index rows, Index units, Eigen::MatrixXd states) {
          f(part_rows.first + first, rows, units, std::move(states));
        });
      },
      layer);
}

/// Joint states number `first`, `first + 1`, ...
template <class... U, class B>
void write_states(const Layer<Mixed<U...>, B>& layer, std::uint64_t first, View<ScalarOf<B>> out) {
  for (Index c = 0; c < out.cols; ++c) {
    std::uint64_t rest = first + static_cast<std::uint64_t>(c);  // digits in mixed radix, part by part
    detail::for_each_part(
        [&](auto rows, const auto& part) {
          const double count = state_count(part);
          const bool last = count > static_cast<double>(rest);
          write_states(part, last ? rest : rest % static_cast<std::uint64_t>(count),
                       rows.of(out).columns(c, 1));
          rest = last ? 0 : rest / static_cast<std::uint64_t>(count);
        },
        layer);
  }
}

/// The first entry that its unit does not accept, or (-1, -1).
template <class... U, class B>
std::pair<Index, Index> find_unacceptable(const Layer<Mixed<U...>, B>& layer, View<const ScalarOf<B>> x) {
  std::pair<Index, Index> first{-1, -1};
  detail::for_each_part(
      [&](auto rows, const auto& part) {
        const auto [row, column] = find_unacceptable(part, rows.of(x));
        if (row >= 0 && (first.second < 0 || column < first.second)) first = {rows.first + row, column};
      },
      layer);
  return first;
}

/// A description of what the unit in a row accepts.
template <class... U, class B>
std::string accepted_values(const Layer<Mixed<U...>, B>& layer, Index row = 0) {
  std::string text;
  detail::for_each_part(
      [&](auto rows, const auto& part) {
        if (row >= rows.first && row < rows.first + rows.count)
          text = accepted_values(part, row - rows.first);
      },
      layer);
  return text;
}

/// Sets the parameters to match the means and variances of `counts` samples per row.
template <class... U, class B>
void fit(Layer<Mixed<U...>, B>& layer, View<const ScalarOf<B>> means, View<const ScalarOf<B>> variances,
         View<const ScalarOf<B>> counts) {
  detail::for_each_part(
      [&](auto rows, auto& part) { fit(part, rows.of(means), rows.of(variances), rows.of(counts)); }, layer);
}
/// The same for rows that have all `count` samples.
template <class... U, class B>
void fit(Layer<Mixed<U...>, B>& layer, View<const ScalarOf<B>> means, View<const ScalarOf<B>> variances,
         Index count) {
  detail::for_each_part([&](auto rows, auto& part) { fit(part, rows.of(means), rows.of(variances), count); },
                        layer);
}

/// Calls f for the block of categorical units of each part that has one.
template <class... U, class B, class F>
void for_each_categorical_block(const Layer<Mixed<U...>, B>& layer, F f) {
  detail::for_each_part(
      [&](auto rows, const auto& part) {
        for_each_categorical_block(
            part, [&](Index first, Index count, Index group) { f(rows.first + first, count, group); });
      },
      layer);
}
/// @}

}  // namespace harmonium
