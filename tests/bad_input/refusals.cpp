#include "refusals.hpp"

#include <exception>
#include <regex>

namespace test {

void check_refusal(const Refusal& refusal) {
  INFO(refusal.call);
  try {
    refusal.run();
  } catch (const std::exception& error) {
    CHECK(typeid(error) == *refusal.error);
    INFO("the message is: " << error.what());
    INFO("it should match: " << refusal.message);
    CHECK(std::regex_match(error.what(), std::regex(refusal.message)));
    return;
  }
  FAIL_CHECK("nothing was refused");
}

}  // namespace test
