#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

void LoadHttp(QueryFixture& fixture) {
  int value = 100;
  for (const char* job : {"api", "app"}) {
    for (const char* instance : {"0", "1"}) {
      fixture.storage().Add({{"__name__", "http"}, {"job", job}, {"instance", instance}}, 0, value);
      value += 100;
    }
  }
}

TEST_CASE("aggregations by and without labels") {
  QueryFixture fixture;
  LoadHttp(fixture);
  CHECK(fixture.Instant("sum(http)", 0) == "{} 1000");
  CHECK(fixture.Instant("sum by (job) (http)", 0) == "{job=\"api\"} 300; {job=\"app\"} 700");
  CHECK(fixture.Instant("sum without (instance) (http)", 0) == "{job=\"api\"} 300; {job=\"app\"} 700");
  CHECK(fixture.Instant("avg by (job) (http)", 0) == "{job=\"api\"} 150; {job=\"app\"} 350");
  CHECK(fixture.Instant("count by (nothing) (http)", 0) == "{} 4");
  CHECK(fixture.Instant("group by (job) (http)", 0) == "{job=\"api\"} 1; {job=\"app\"} 1");
  CHECK(fixture.Instant("min(http)", 0) == "{} 100");
  CHECK(fixture.Instant("max(http)", 0) == "{} 400");
  CHECK(fixture.Instant("stdvar(http)", 0) == "{} 12500");
  CHECK(fixture.Instant("stddev by (job) (http)", 0) == "{job=\"api\"} 50; {job=\"app\"} 50");
  CHECK(fixture.Instant("sum(nothing)", 0) == "");
  CHECK(fixture.Instant("sum by (__name__) (http)", 0) == "http 1000");
}

TEST_CASE("topk and bottomk keep labels and are sorted in an instant result") {
  QueryFixture fixture;
  LoadHttp(fixture);
  CHECK(fixture.Instant("topk(2, http)", 0) ==
        "http{instance=\"1\", job=\"app\"} 400; http{instance=\"0\", job=\"app\"} 300");
  CHECK(fixture.Instant("bottomk(1, http) by (job)", 0) ==
        "http{instance=\"0\", job=\"api\"} 100; http{instance=\"0\", job=\"app\"} 300");
  CHECK(fixture.Instant("topk(0, http)", 0) == "");
  CHECK(fixture.Instant("topk(1.9, http)", 0) == "http{instance=\"1\", job=\"app\"} 400");
  CHECK(fixture.Instant("topk(NaN, http)", 0) == "error: Parameter value is NaN");
}

TEST_CASE("parameters are evaluated step by step") {
  QueryFixture fixture;
  fixture.storage().AddEvery({{"__name__", "x"}, {"l", "a"}}, kMinute, {1, 5});
  fixture.storage().AddEvery({{"__name__", "x"}, {"l", "b"}}, kMinute, {2, 4});
  CHECK(fixture.Range("topk(1, x)", 0, kMinute, kMinute) == "x{l=\"a\"} 5@60000; x{l=\"b\"} 2@0");
  CHECK(fixture.Range("topk(1 + time() / 60, x)", 0, kMinute, kMinute) == "x{l=\"a\"} 5@60000; x{l=\"b\"} 2@0 4@60000");
  CHECK(fixture.Range("quantile(time() / 60, x)", 0, kMinute, kMinute) == "{} 1@0 5@60000");
}

TEST_CASE("quantile warns of a parameter outside of [0, 1]") {
  QueryFixture fixture;
  LoadHttp(fixture);
  CHECK(fixture.Instant("quantile(0.5, http)", 0) == "{} 250");
  const auto result = fixture.Run("quantile(2, http)", 0);
  REQUIRE(result.has_value());
  CHECK(QueryFixture::Show(result) == "{} +Inf");
  REQUIRE(result->annotations.warnings.size() == 1);
  CHECK(result->annotations.warnings[0] == "PromQL warning: quantile value should be between 0 and 1, got 2 (1:10)");
  // Where there is a NaN among the parameters nothing is said of the others.
  fixture.storage().Add({{"__name__", "q"}}, 0, 2);
  const auto range = fixture.Run("quantile(scalar(q), http)", 0, 6 * kMinute, 6 * kMinute);
  REQUIRE(range.has_value());
  REQUIRE(range->annotations.warnings.size() == 1);
  CHECK(range->annotations.warnings[0] == "PromQL warning: quantile value should be between 0 and 1, got NaN (1:10)");
}

TEST_CASE("count_values makes a label of the value") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "version"}, {"i", "0"}}, 0, 1.5);
  fixture.storage().Add({{"__name__", "version"}, {"i", "1"}}, 0, 1.5);
  fixture.storage().Add({{"__name__", "version"}, {"i", "2"}}, 0, 1e6);
  CHECK(fixture.Instant("count_values(\"v\", version)", 0) == "{v=\"1.5\"} 2; {v=\"1000000\"} 1");
  CHECK(fixture.Instant("count_values by (i) (\"i\", version)", 0) == "{i=\"1.5\"} 2; {i=\"1000000\"} 1");
  CHECK(fixture.Instant("count_values(\"\", version)", 0) == "error: invalid label name \"\"");
}

TEST_CASE("limitk takes the first, limit_ratio and its complement split the series") {
  QueryFixture fixture;
  LoadHttp(fixture);
  CHECK(fixture.Instant("limitk(1, http)", 0) == "http{instance=\"0\", job=\"api\"} 100");
  CHECK(fixture.Instant("count(limit_ratio(0.4, http) or limit_ratio(-0.6, http))", 0) == "{} 4");
  CHECK(fixture.Instant("limit_ratio(0.4, http) and limit_ratio(-0.6, http)", 0) == "");
  CHECK(fixture.Instant("count(limit_ratio(1, http))", 0) == "{} 4");
}

TEST_CASE("a group has no value where none of its series has one") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "x"}, {"l", "a"}}, 0, 1);
  fixture.storage().Add({{"__name__", "x"}, {"l", "b"}}, 10 * kMinute, 2);
  CHECK(fixture.Range("sum by (l) (x)", 0, 10 * kMinute, 5 * kMinute) == "{l=\"a\"} 1@0; {l=\"b\"} 2@600000");
  CHECK(fixture.Range("sum(x)", 0, 10 * kMinute, 5 * kMinute) == "{} 1@0 2@600000");
}

}  // namespace
}  // namespace vigia::promql
