// Calls that must be refused: the call, the type of the error and its message, and that the call changed
// nothing.
#pragma once

#include <functional>
#include <string>
#include <type_traits>
#include <typeinfo>
#include <vector>

#include "support/catch.hpp"

namespace test {

struct Refusal {
  const char* call;  // description
  const std::type_info* error;
  const char* message;  // a regular expression that the whole message matches
  std::function<void()> run;
};

// A row of the table.
template <class Error, class F>
Refusal refused(const char* call, const char* message, F run) {
  return {call, &typeid(Error), message, [run]() mutable { static_cast<void>(run()); }};
}

// Runs a row.
void check_refusal(const Refusal& refusal);

// Runs a table; `watched` models, sets and numbers must be the same after each row.
template <class... Watched>
void check_refusals(const std::vector<Refusal>& table, const Watched&... watched) {
  for (const Refusal& refusal : table) {
    [&](const std::remove_cvref_t<Watched>... before) {
      check_refusal(refusal);
      INFO(refusal.call);
      CHECK(((watched == before) && ...));
    }(watched...);
  }
}

}  // namespace test
