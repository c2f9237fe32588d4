// Every operation gives the same bytes for any number of threads. Sizes are large enough for many pieces.
#include <cstring>
#include <harmonium/models/layer.hpp>
#include <vector>

#include "support/blocks.hpp"
#include "support/catch.hpp"
#include "support/units.hpp"

using namespace harmonium;
using test::Block;

namespace {

// Runs an operation on fresh numbers with 1, 2, 3 and 8 threads; all must give the bytes that 1 thread gives.
template <class Operation>
bool same_for_all_threads(Operation operation) {
  std::vector<float> first;
  for (const int threads : {1, 2, 3, 8}) {
    Block<float> x(1030, 301, true, 5);
    operation(Cpu<float>(threads), x);
    std::vector<float> numbers;
    for (Index c = 0; c < x.cols(); ++c)
      for (Index r = 0; r < x.rows(); ++r) numbers.push_back(x(r, c));
    if (threads == 1) first = numbers;
    if (std::memcmp(first.data(), numbers.data(), sizeof(float) * first.size()) != 0) return false;
  }
  return true;
}

}  // namespace

TEST_CASE("products have the same bytes for any number of threads", "[backend][threads]") {
  const Block<float> a(1030, 210, true, 1), b(210, 301, true, 2), at(210, 1030, true, 3),
      bt(301, 210, true, 4);
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    on.multiply(Op::plain, Op::plain, 1, a.view(), b.view(), 0.5f, x.view());
  }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    on.multiply(Op::transposed, Op::plain, 1, at.view(), b.view(), 0, x.view());
  }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    on.multiply(Op::plain, Op::transposed, 1, a.view(), bt.view(), 1, x.view());
  }));
  const Block<float> wide(301, 1030, true, 6);  // split by columns
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    Block<float> product(210, 1030, false);
    on.multiply(Op::transposed, Op::plain, 1, bt.view(), wide.view(), 0, product.view());
    on.copy(std::as_const(product).view().columns(0, 301), x.view().rows_from(0, 210));
  }));
}

TEMPLATE_TEST_CASE("a layer's passes have the same bytes for any number of threads",
                   "[backend][threads][slow]", Bernoulli, Gaussian, Categorical, test::Quintic) {
  using U = TestType;
  Layer<U> layer = [] {
    if constexpr (is_grouped<U>) {
      return Layer<U>({.units = 103, .states = 10});
    } else {
      return Layer<U>(1030);
    }
  }();
  const Block<float> input(1030, 301, true, 1), weights(1, 301, true, 2);
  const Draws at{.seed = 1, .step = 1, .stream = Stream::hidden};
  CHECK(same_for_all_threads([&](const auto& on, auto& x) { mean(on, layer, input.view(), x.view()); }));
  CHECK(
      same_for_all_threads([&](const auto& on, auto& x) { sample(on, layer, input.view(), x.view(), at); }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) { mode(on, layer, input.view(), x.view()); }));
  CHECK(same_for_all_threads(
      [&](const auto& on, auto& x) { backpropagate(on, layer, input.view(), input.view(), x.view()); }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    const auto row = x.view().rows_from(0, 1);
    add_log_partition(on, layer, input.view(), 0.3f, row);
    add_energy(on, layer, input.view(), 0.3f, row);
  }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    Layer<U> gradient(layer.size());
    add_statistics(on, layer, input.view(), weights.view(), gradient);
    add_mean_statistics(on, layer, input.view(), input.view(), weights.view(), gradient);
    on.copy(ConstViewOf<Cpu<float>>(gradient.parameters), x.view().columns(0, gradient.parameters.cols()));
  }));
}

TEST_CASE("everything else has the same bytes for any number of threads", "[backend][threads]") {
  const Block<float> other(1030, 301, true, 1), weights(1, 301, true, 2);
  Block<std::uint8_t> bytes(1030, 7, true);
  for (Index c = 0; c < 7; ++c)
    for (Index r = 0; r < 1030; ++r) bytes(r, c) = static_cast<std::uint8_t>(31 * c + r);
  std::vector<Index> columns;
  for (Index c = 0; c < 301; ++c) columns.push_back(c % 7);
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    on.gather(std::as_const(bytes).view(), columns, 1.0f / 255, x.view());
  }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) { on.scale_columns(x.view(), weights.view()); }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    on.dot_columns(2, other.view(), other.view(), x.view().rows_from(3, 1));
  }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    on.update([](float& a, float b) { a = a * b + b; }, x.view(), other.view());
  }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    Block<float> own(1030, 301, false, 9);  // one long column
    const Block<float> another(1030, 301, false, 8);
    on.update([](float& a, float b) { a = a * b + b; }, own.view(), another.view());
    on.copy(std::as_const(own).view(), x.view());
  }));
  CHECK(same_for_all_threads([&](const auto& on, auto& x) {
    const double sum = on.sum([](float a, float b) { return a * b; }, other.view(), other.view());
    std::memcpy(x.view().data, &sum, sizeof sum);
  }));
}
