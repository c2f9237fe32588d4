#include <harmonium/core/tuple.hpp>
#include <harmonium/core/variant.hpp>
#include <string>

#include "support/catch.hpp"

using namespace harmonium;

namespace test::core_variant {

namespace {

struct Fails {
  Fails() = default;
  Fails(const Fails&) { throw 1; }
};
using Some = std::variant<int, std::string, Fails>;

}  // namespace

TEST_CASE("a variant is visited by what it holds", "[core][variant]") {
  const auto number = []<class T>(const T& value) {
    if constexpr (std::is_same_v<T, int>) return value;
    if constexpr (std::is_same_v<T, std::string>) return static_cast<int>(value.size());
    return -1;
  };
  for (const auto& [some, expected] :
       {std::pair(std::variant<int, std::string>(7), 7), {std::variant<int, std::string>("abc"), 3}})
    CHECK(detail::visit_variant(number, some) == expected);
  Some some;
  some.emplace<2>();
  CHECK(detail::visit_variant(number, some) == -1);
}

TEST_CASE("what a variant holds can be changed, and a reference to it returned", "[core][variant]") {
  std::variant<int, long> some = 1L;
  detail::visit_variant([](auto& value) { value = 5; }, some);
  CHECK(some == std::variant<int, long>(5L));
  std::variant<int> one = 1;
  detail::visit_variant([](int& value) -> int& { return value; }, one) = 2;
  CHECK(one == std::variant<int>(2));
}

TEST_CASE("a variant that holds nothing is refused", "[core][variant]") {
  Some some = 1;
  const Fails fails;
  CHECK_THROWS_AS(some.emplace<2>(fails), int);
  REQUIRE(some.valueless_by_exception());
  CHECK_THROWS_AS(detail::visit_variant([](const auto&) {}, some), std::bad_variant_access);
}

TEST_CASE("elements of a tuple are walked in order", "[core][tuple]") {
  int number = 1;
  std::string words;
  const std::tuple<int&, std::string> all(number, "b");
  detail::for_each_element(all, [&]<class T>(T& element) {
    if constexpr (std::is_same_v<T, int>) {
      element = 2;
      words += 'a';
    } else {
      words += element;
    }
  });
  CHECK(number == 2);
  CHECK(words == "ab");
  detail::for_each_element(std::tuple<>(), [&](auto&) { words.clear(); });
  CHECK(words == "ab");
}

}  // namespace test::core_variant
