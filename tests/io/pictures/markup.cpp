#include <harmonium/io/pictures/markup.hpp>

#include <limits>
#include <locale>

#include "support/catch.hpp"

using namespace harmonium;

namespace {

std::string base64_of(std::string_view text) { return base64(std::as_bytes(std::span(text))); }

const std::string unknown = "\xef\xbf\xbd";  // U+FFFD

}  // namespace

TEST_CASE("markup is escaped, between tags and in quotes", "[io][markup]") {
  CHECK(escape_markup("") == "");
  CHECK(escape_markup("age > 40 & \"x\" <b>it's</b>") ==
        "age &gt; 40 &amp; &quot;x&quot; &lt;b&gt;it&#39;s&lt;/b&gt;");
  CHECK(escape_markup("a\tb\nc\r") == "a\tb\nc\r");
}

TEST_CASE("valid characters of all lengths stay, and invalid ones become U+FFFD", "[io][markup]") {
  const std::string good = "\xc3\xa4 \xe6\xbc\xa2 \xf0\x9f\x98\x80 \xef\xbf\xbd \xf4\x8f\xbf\xbd";
  CHECK(escape_markup(good) == good);
  CHECK(escape_markup(std::string("a\0b", 3)) == "a" + unknown + "b");
  CHECK(escape_markup("\x01\x1b\x7f") == unknown + unknown + unknown);
  CHECK(escape_markup("\xe4") == unknown);                                            // Latin-1
  CHECK(escape_markup("\xe2\x82<") == unknown + unknown + "&lt;");                    // cut short
  CHECK(escape_markup("\xc0\xbc") == unknown + unknown);                              // overlong '<'
  CHECK(escape_markup("\xe0\x80\xbc") == unknown + unknown + unknown);                // longer still
  CHECK(escape_markup("\xed\xa0\x80") == unknown + unknown + unknown);                // half a surrogate
  CHECK(escape_markup("\xf4\x90\x80\x80") == unknown + unknown + unknown + unknown);  // above U+10FFFF
  CHECK(escape_markup("\xf8\x88\x80\x80\x80").size() == 15);
  CHECK(escape_markup("\xef\xbf\xbe") == unknown + unknown + unknown);  // U+FFFE is not a character
  CHECK(escape_markup("\xc2\x80") == unknown + unknown);                // a control character
}

TEST_CASE("base64 gives the RFC's examples", "[io][markup]") {
  CHECK(base64_of("") == "");
  CHECK(base64_of("f") == "Zg==");
  CHECK(base64_of("fo") == "Zm8=");
  CHECK(base64_of("foo") == "Zm9v");
  CHECK(base64_of("foob") == "Zm9vYg==");
  CHECK(base64_of("fooba") == "Zm9vYmE=");
  CHECK(base64_of("foobar") == "Zm9vYmFy");
  CHECK(base64_of("\xff\xef\xbe\xfb") ==
        "/+++"
        "+w==");
}

TEST_CASE("numbers are formatted for people", "[io][markup]") {
  CHECK(number_text(0) == "0");
  CHECK(number_text(-0.0) == "0");
  CHECK(number_text(60000) == "60000");
  CHECK(number_text(0.05) == "0.05");
  CHECK(number_text(0.0134567) == "0.01346");
  CHECK(number_text(-134.2345) == "-134.2");
  CHECK(number_text(9.99996) == "10");
  CHECK(number_text(1e-3) == "0.001");
  CHECK(number_text(1.5e-7) == "1.5e-7");
  CHECK(number_text(-2e-10) == "-2e-10");
  CHECK(number_text(1.23456e22) == "1.235e22");
  CHECK(number_text(1e15) == "1e15");
  CHECK(number_text(std::numeric_limits<double>::max()) == "1.798e308");
  CHECK(number_text(std::numeric_limits<double>::denorm_min()) == "4.941e-324");
  CHECK(number_text(std::numeric_limits<double>::quiet_NaN()) == "not a number");
  CHECK(number_text(-std::numeric_limits<double>::infinity()) == "-infinite");
  CHECK(number_text(3.14159265, 2) == "3.1");
}

TEST_CASE("durations are formatted for people", "[io][markup]") {
  CHECK(duration_text(0.254) == "0.25 s");
  CHECK(duration_text(9.94) == "9.9 s");
  CHECK(duration_text(9.96) == "10 s");
  CHECK(duration_text(47.6) == "48 s");
  CHECK(duration_text(153.2) == "2 min 33 s");
  CHECK(duration_text(3599.7) == "1 h 00 min");
  CHECK(duration_text(11109) == "3 h 05 min");
  CHECK(duration_text(std::numeric_limits<double>::infinity()) == "infinite s");
}

TEST_CASE("numbers do not depend on the locale", "[io][markup]") {
  struct Comma : std::numpunct<char> {
    char do_decimal_point() const override { return ','; }
    char do_thousands_sep() const override { return '.'; }
    std::string do_grouping() const override { return "\3"; }
  };
  const std::locale before = std::locale::global(std::locale(std::locale::classic(), new Comma));
  const std::string number = number_text(1234.5, 6), small = number_text(1.5e-9);
  std::locale::global(before);
  CHECK(number == "1234.5");
  CHECK(small == "1.5e-9");
}
