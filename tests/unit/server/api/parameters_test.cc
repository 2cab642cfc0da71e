#include "server/api/parameters.h"

#include <fmt/format.h>

#include "server/api/series_api.h"
#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;

TEST_CASE("times are float seconds, RFC 3339 or the two extreme words") {
  CHECK(ParseTime("1435781451.781").value() == 1435781451781);
  CHECK(ParseTime("4").value() == 4000);
  CHECK(ParseTime("-1.5").value() == -1500);
  CHECK(ParseTime("+1e3").value() == 1000000);
  CHECK(ParseTime("+-1").has_error());
  CHECK(ParseTime("0.0004").value() == 0);
  CHECK(ParseTime("0.0006").value() == 1);
  CHECK(ParseTime("2015-07-01T20:10:51.781Z").value() == 1435781451781);
  CHECK(ParseTime("2015-07-01T22:10:51.781+02:00").value() == 1435781451781);
  CHECK(ParseTime("-292273086-05-16T16:47:06Z").value() == storage::kMinTimestampMs);
  CHECK(ParseTime("292277025-08-18T07:12:54.999999999Z").value() == storage::kMaxTimestampMs);
  // Milliseconds by mistake, as Grafana's exemplar probe sends them, are a time far away and not an error.
  CHECK(ParseTime("1763810535000").value() == 1763810535000000);
  CHECK(ParseTime("1e300").value() == storage::kMaxTimestampMs);
  for (const char* bad : {"", "soon", "12x", "NaN", "2015-07-01"}) {
    INFO(bad);
    REQUIRE(ParseTime(bad).has_error());
    CHECK(ParseTime(bad).error().what == std::string("cannot parse \"") + bad + "\" to a valid timestamp");
  }
}

TEST_CASE("durations are float seconds or Prometheus durations") {
  CHECK(ParseDurationSeconds("15").value() == 15000);
  CHECK(ParseDurationSeconds("0.5").value() == 500);
  CHECK(ParseDurationSeconds("1h30m").value() == 5400000);
  CHECK(ParseDurationSeconds("NaN").value() < 0);
  CHECK(ParseDurationSeconds("1e20").error().what == "cannot parse \"1e20\" to a valid duration. It overflows int64");
  CHECK(ParseDurationSeconds("a").error().what == "cannot parse \"a\" to a valid duration");
}

TEST_CASE("limits are non-negative") {
  CHECK(ParseLimit("").value() == 0);
  CHECK(ParseLimit("40000").value() == 40000);
  CHECK(ParseLimit("-1").error().what == "limit must be non-negative");
  CHECK(ParseLimit("+1").value() == 1);
  CHECK(ParseLimit("-0").value() == 0);
  // Go's strconv.NumError.
  for (const char* bad : {"x", "1.5", "1_0", "0x1", "+", "-", "+-1", "1 ", "-x"}) {
    INFO(bad);
    CHECK(ParseLimit(bad).error().what == fmt::format("strconv.Atoi: parsing \"{}\": invalid syntax", bad));
  }
  CHECK(ParseLimit("99999999999999999999").error().what ==
        "strconv.Atoi: parsing \"99999999999999999999\": value out of range");
  CHECK(ParseInteger("\"", "strconv.ParseInt").error().what == R"(strconv.ParseInt: parsing "\"": invalid syntax)");
}

TEST_CASE("times that may be left out") {
  Params params;
  params.Add("start", "10");
  params.Add("end", "9");
  CHECK(ParseTimeRange(params).value().start_ms == 10'000);
  CHECK(ParseTimeRange(params).value().end_ms == 9'000);
  CHECK(ParseTimeRange(Params()).value().end_ms == storage::kMaxTimestampMs);
  CHECK(OptionalTime(Params(), "time", 5).value() == 5);
  params.Add("time", "x");
  CHECK(OptionalTime(params, "time", 5).error().what ==
        "invalid parameter \"time\": invalid time value for 'time': cannot parse \"x\" to a valid timestamp");
}

TEST_CASE("booleans are Go's") {
  for (const char* yes : {"1", "t", "T", "TRUE", "true", "True"}) CHECK(ParseBool(yes) == true);
  for (const char* no : {"0", "f", "F", "FALSE", "false", "False"}) CHECK(ParseBool(no) == false);
  for (const char* bad : {"", "yes", "tRUE"}) CHECK_FALSE(ParseBool(bad).has_value());
}

TEST_CASE("label names in paths are unescaped") {
  CHECK(UnescapeLabelName("job") == "job");
  CHECK(UnescapeLabelName("U__http_2e_status") == "http.status");
  CHECK(UnescapeLabelName("U__a__b_1f600_") == "a_b😀");
  CHECK(UnescapeLabelName("U__broken_zz_") == "U__broken_zz_");
  CHECK(UnescapeLabelName("U__open_2e") == "U__open_2e");
}
