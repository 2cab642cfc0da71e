#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

TEST_CASE("rate, increase and delta over a counter with a reset") {
  QueryFixture fixture;
  fixture.storage().AddEvery({{"__name__", "c_total"}}, kMinute, {0, 60, 120, 30, 90});
  // Within (0, 4m]: 60 120 30 90; 30 + 120 over 180 s, extrapolated by a gap of 60 s on the left: factor 240/180.
  CHECK(fixture.Instant("increase(c_total[4m])", 4 * kMinute) == "{} 200");
  CHECK(fixture.Instant("resets(c_total[5m])", 4 * kMinute) == "{} 1");
  CHECK(fixture.Instant("irate(c_total[5m])", 4 * kMinute) == "{} 1");
  CHECK(fixture.Instant("rate(c_total[30s])", 4 * kMinute) == "");
}

TEST_CASE("rate of what does not look like a counter says so, with the position") {
  QueryFixture fixture;
  fixture.storage().AddEvery({{"__name__", "heat"}}, kMinute, {0, 60});
  const auto result = fixture.Run("  rate(heat[5m])", kMinute);
  REQUIRE(result.has_value());
  REQUIRE(result->annotations.infos.size() == 1);
  CHECK(result->annotations.infos[0] ==
        "PromQL info: metric might not be a counter, name does not end in _total/_sum/_count/_bucket: \"heat\" (1:8)");
}

TEST_CASE("absent tells the labels that equality matchers determine") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "here"}, {"job", "a"}}, 0, 1);
  CHECK(fixture.Instant("absent(gone{job=\"a\", env=~\"x|y\"})", 0) == "{job=\"a\"} 1");
  CHECK(fixture.Instant("absent(gone{job=\"a\", job=\"b\"})", 0) == "{} 1");
  CHECK(fixture.Instant("absent(here)", 0) == "");
  CHECK(fixture.Instant("absent(sum(gone{job=\"a\"}))", 0) == "{} 1");
  CHECK(fixture.Instant("absent_over_time(gone{job=\"a\"}[5m])", 0) == "{job=\"a\"} 1");
  CHECK(fixture.Range("absent(here)", 0, 10 * kMinute, 5 * kMinute) == "{} 1@300000 1@600000");
  CHECK(fixture.Range("absent_over_time(here[1m])", 0, 2 * kMinute, kMinute) == "{} 1@60000 1@120000");
}

TEST_CASE("scalar, vector and time") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "one"}}, 0, 7);
  fixture.storage().Add({{"__name__", "two"}, {"l", "a"}}, 0, 1);
  fixture.storage().Add({{"__name__", "two"}, {"l", "b"}}, 0, 1);
  CHECK(fixture.Instant("scalar(one)", 0) == "7");
  CHECK(fixture.Instant("scalar(two)", 0) == "NaN");
  CHECK(fixture.Instant("scalar(none)", 0) == "NaN");
  CHECK(fixture.Instant("vector(3)", 0) == "{} 3");
  CHECK(fixture.Instant("time()", 1500) == "1.5");
  CHECK(fixture.Range("vector(time())", 0, 2 * kMinute, kMinute) == "{} 0@0 60@60000 120@120000");
  CHECK(fixture.Instant("timestamp(vector(1))", 5000) == "{} 5");
  CHECK(fixture.Instant("hour()", 3 * 60 * kMinute) == "{} 3");
  CHECK(fixture.Instant("day_of_week(vector(0))", 0) == "{} 4");
}

TEST_CASE("element-wise functions") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "x"}, {"l", "a"}}, 0, -1.5);
  CHECK(fixture.Instant("abs(x)", 0) == "{l=\"a\"} 1.5");
  CHECK(fixture.Instant("round(x)", 0) == "{l=\"a\"} -1");
  CHECK(fixture.Instant("round(x, 0.5)", 0) == "{l=\"a\"} -1.5");
  CHECK(fixture.Instant("clamp(x, 0, 1)", 0) == "{l=\"a\"} 0");
  CHECK(fixture.Instant("clamp(x, 1, 0)", 0) == "");
  CHECK(fixture.Instant("sgn(x)", 0) == "{l=\"a\"} -1");
}

TEST_CASE("sort orders instant results and is idle otherwise") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "x"}, {"l", "a2"}}, 0, 2);
  fixture.storage().Add({{"__name__", "x"}, {"l", "a10"}}, 0, 1);
  fixture.storage().Add({{"__name__", "x"}, {"l", "nan"}}, 0, std::nan(""));
  CHECK(fixture.Instant("sort(x)", 0) == "x{l=\"a10\"} 1; x{l=\"a2\"} 2; x{l=\"nan\"} NaN");
  CHECK(fixture.Instant("sort_desc(x)", 0) == "x{l=\"a2\"} 2; x{l=\"a10\"} 1; x{l=\"nan\"} NaN");
  CHECK(fixture.Instant("sort_by_label(x, \"l\")", 0) == "x{l=\"a2\"} 2; x{l=\"a10\"} 1; x{l=\"nan\"} NaN");
  CHECK(fixture.Instant("sort_by_label_desc(x, \"l\")", 0) == "x{l=\"nan\"} NaN; x{l=\"a10\"} 1; x{l=\"a2\"} 2");
  const auto result = fixture.Run("sort(x)", 0, kMinute, kMinute);
  REQUIRE(result.has_value());
  REQUIRE(result->annotations.warnings.size() == 1);
  CHECK(result->annotations.warnings[0].find("sort is ineffective for range queries") != std::string::npos);
}

TEST_CASE("label_replace and label_join") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "x"}, {"host", "node-7"}, {"port", "80"}}, 0, 1);
  fixture.storage().Add({{"__name__", "x"}, {"host", "node-8"}, {"port", "80"}}, 0, 2);
  CHECK(fixture.Instant("label_replace(x{host=\"node-7\"}, \"n\", \"$1\", \"host\", \"node-(.*)\")", 0) ==
        "x{host=\"node-7\", n=\"7\", port=\"80\"} 1");
  CHECK(fixture.Instant("label_join(x{host=\"node-7\"}, \"addr\", \":\", \"host\", \"port\")", 0) ==
        "x{addr=\"node-7:80\", host=\"node-7\", port=\"80\"} 1");
  CHECK(fixture.Instant("label_replace(x, \"host\", \"\", \"\", \"\")", 0) ==
        "error: vector cannot contain metrics with the same labelset");
  CHECK(fixture.Instant("label_replace(x, \"n\", \"\", \"host\", \"(\")", 0) ==
        "error: invalid regular expression in label_replace(): (");
}

TEST_CASE("histogram_quantile over classic buckets") {
  QueryFixture fixture;
  for (const auto& [le, count] : std::vector<std::pair<const char*, double>>{{"1", 10}, {"2", 30}, {"+Inf", 40}}) {
    fixture.storage().Add({{"__name__", "h_bucket"}, {"job", "a"}, {"le", le}}, 0, count);
  }
  CHECK(fixture.Instant("histogram_quantile(0.5, h_bucket)", 0) == "{job=\"a\"} 1.5");
  CHECK(fixture.Instant("histogram_quantile(0.5, sum by (le) (h_bucket))", 0) == "{} 1.5");
  CHECK(fixture.Instant("histogram_quantile(0.9, h_bucket)", 0) == "{job=\"a\"} 2");
  CHECK(fixture.Instant("histogram_fraction(0, 1, h_bucket)", 0) == "{job=\"a\"} 0.25");
  CHECK(fixture.Instant("histogram_quantiles(h_bucket, \"q\", 0.5, 0.25)", 0) ==
        "{job=\"a\", q=\"0.5\"} 1.5; {job=\"a\", q=\"0.25\"} 1");
  fixture.storage().Add({{"__name__", "g_bucket"}, {"le", "oops"}}, 0, 1);
  const auto result = fixture.Run("histogram_quantile(0.5, g_bucket)", 0);
  REQUIRE(result.has_value());
  REQUIRE(result->annotations.warnings.size() == 1);
  CHECK(result->annotations.warnings[0] ==
        "PromQL warning: bucket label \"le\" is missing or has a malformed value of \"oops\" (1:25)");
}

}  // namespace
}  // namespace vigia::promql
