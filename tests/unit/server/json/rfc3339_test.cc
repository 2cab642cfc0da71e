#include "server/json/rfc3339.h"

#include "tests/support/catch.h"

namespace vigia::server {
namespace {

TEST_CASE("times print as RFC 3339 in UTC") {
  CHECK(FormatRfc3339Ms(0) == "1970-01-01T00:00:00Z");
  CHECK(FormatRfc3339Ms(1435781451781) == "2015-07-01T20:10:51.781Z");
  CHECK(FormatRfc3339Ms(1435781451780) == "2015-07-01T20:10:51.78Z");
  CHECK(FormatRfc3339FixedMs(1435781451000) == "2015-07-01T20:10:51.000Z");
  CHECK(FormatRfc3339Ms(951782400000) == "2000-02-29T00:00:00Z");
  CHECK(FormatRfc3339Ms(-1) == "1969-12-31T23:59:59.999Z");
  CHECK(FormatRfc3339Ms(253402300800000) == "10000-01-01T00:00:00Z");
  CHECK(FormatRfc3339Nano(TimePointNs(std::chrono::nanoseconds(1435781451781000500))) ==
        "2015-07-01T20:10:51.7810005Z");
  // Prometheus' own maximum and minimum time.
  CHECK(FormatRfc3339Ms(9223372036854775807 / 1000000 * 1000).substr(0, 6) == "294247");
}

TEST_CASE("times read from RFC 3339") {
  CHECK(ParseRfc3339Ms("2015-07-01T20:10:51.781Z") == 1435781451781);
  CHECK(ParseRfc3339Ms("2015-07-01T20:10:51Z") == 1435781451000);
  CHECK(ParseRfc3339Ms("2015-07-01T22:10:51.7819999+02:00") == 1435781451781);
  CHECK(ParseRfc3339Ms("2015-07-01T18:40:51,5-01:30") == 1435781451500);
  CHECK(ParseRfc3339Ms("1969-12-31T23:59:59.999Z") == -1);
  CHECK(ParseRfc3339Ms("0000-01-01T00:00:00Z") == -62167219200000);
  CHECK(ParseRfc3339Ms("9999-12-31T23:59:59Z") == 253402300799000);
  for (const char* bad :
       {"", "2015", "2015-07-01", "2015-07-01T20:10:51", "2015-07-01 20:10:51Z", "2015-02-29T00:00:00Z",
        "2015-13-01T00:00:00Z", "2015-07-01T24:00:00Z", "2015-07-01T20:10:60Z", "2015-07-01T20:10:51.Z",
        "2015-07-01T20:10:51Zx", "2015-07-01T20:10:51+0200", "15-07-01T20:10:51Z"}) {
    INFO(bad);
    CHECK_FALSE(ParseRfc3339Ms(bad).has_value());
  }
}

}  // namespace
}  // namespace vigia::server
