#include "promql/parser/parse.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

constexpr DurationMs kHourMs = 3'600'000;
constexpr DurationMs kDayMs = 24 * kHourMs;

TEST_CASE("durations are read and written") {
  struct Case {
    std::string_view text;
    DurationMs ms;
    std::string_view printed;
  };
  for (const Case& c : {Case{"0", 0, "0s"},
                        {"0w", 0, "0s"},
                        {"0s", 0, "0s"},
                        {"324ms", 324, "324ms"},
                        {"3s", 3000, "3s"},
                        {"5m", 300'000, "5m"},
                        {"1h", kHourMs, "1h"},
                        {"4d", 4 * kDayMs, "4d"},
                        {"4d1h", 4 * kDayMs + kHourMs, "4d1h"},
                        {"14d", 14 * kDayMs, "2w"},
                        {"3w", 21 * kDayMs, "3w"},
                        {"3w2d1h", 23 * kDayMs + kHourMs, "23d1h"},
                        {"10y", 3650 * kDayMs, "10y"},
                        {"90d", 90 * kDayMs, "90d"},
                        {"1h0m0s", kHourMs, "1h"},
                        {"1y2w3d4h5m6s7ms", (365 + 17) * kDayMs + 4 * kHourMs + 306'007, "382d4h5m6s7ms"}}) {
    INFO(c.text);
    const auto parsed = ParseDuration(c.text);
    REQUIRE(parsed.has_value());
    CHECK(*parsed == c.ms);
    CHECK(FormatDuration(c.ms) == c.printed);
  }
  CHECK(FormatDuration(-90'000) == "-1m30s");
}

TEST_CASE("what is no duration") {
  for (const std::string_view text :
       {"1", "1y1m1d", "-1w", "1.5d", "d", "5", "1h1h", "1s ", " 1s", "1ss", "1M", "294y"}) {
    INFO(text);
    CHECK(!ParseDuration(text));
  }
  CHECK(ParseDuration("").error().what == "empty duration string");
  CHECK(ParseDuration("1d1y").error().what == "not a valid duration string: \"1d1y\"");
  CHECK(ParseDuration("300y").error().what == "duration out of range");
  CHECK(ParseDuration("99999999999999999999s").error().what == "duration out of range");
}

}  // namespace
}  // namespace vigia::promql
