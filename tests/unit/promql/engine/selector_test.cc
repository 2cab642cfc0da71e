#include "storage/model/sample.h"
#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

TEST_CASE("a selector sees the newest sample within the lookback, open on the left") {
  QueryFixture fixture;
  fixture.storage().AddEvery({{"__name__", "up"}, {"job", "a"}}, kMinute, {1, 2});
  CHECK(fixture.Instant("up", 0) == "up{job=\"a\"} 1");
  CHECK(fixture.Instant("up", kMinute - 1) == "up{job=\"a\"} 1");
  CHECK(fixture.Instant("up", kMinute) == "up{job=\"a\"} 2");
  CHECK(fixture.Instant("up", 6 * kMinute - 1) == "up{job=\"a\"} 2");
  CHECK(fixture.Instant("up", 6 * kMinute) == "");
  CHECK(fixture.Instant("up", -1) == "");
}

TEST_CASE("a stale marker ends a series at its time") {
  QueryFixture fixture;
  const storage::Labels up = {{"__name__", "up"}};
  fixture.storage().Add(up, 0, 1);
  fixture.storage().Add(up, 30 * kSecond, storage::kStaleNan);
  fixture.storage().Add(up, 90 * kSecond, 3);
  CHECK(fixture.Range("up", 0, 90 * kSecond, 30 * kSecond) == "up 1@0 3@90000");
  CHECK(fixture.Instant("up[5m]", 90 * kSecond) == "up 1@0 3@90000");
  CHECK(fixture.Instant("count_over_time(up[5m])", 90 * kSecond) == "{} 2");
}

TEST_CASE("matchers see a missing label as the empty string") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "x"}, {"l", "a"}}, 0, 1);
  fixture.storage().Add({{"__name__", "x"}}, 0, 2);
  CHECK(fixture.Instant("x{l=\"a\"}", 0) == "x{l=\"a\"} 1");
  CHECK(fixture.Instant("x{l=\"\"}", 0) == "x 2");
  CHECK(fixture.Instant("x{l!=\"a\"}", 0) == "x 2");
  CHECK(fixture.Instant("x{l=~\".*\"}", 0) == "x{l=\"a\"} 1; x 2");
  CHECK(fixture.Instant("x{l!~\"a|b\"}", 0) == "x 2");
}

TEST_CASE("range vectors are open on the left") {
  QueryFixture fixture;
  fixture.storage().AddEvery({{"__name__", "x"}}, 10 * kSecond, {0, 1, 2, 3, 4});
  CHECK(fixture.Instant("x[20s]", 30 * kSecond) == "x 2@20000 3@30000");
  CHECK(fixture.Instant("sum_over_time(x[20s])", 35 * kSecond) == "{} 5");
}

TEST_CASE("offset and @ move the moment that is looked at") {
  QueryFixture fixture;
  fixture.storage().AddEvery({{"__name__", "x"}}, 10 * kSecond, {0, 1, 2, 3, 4, 5});
  CHECK(fixture.Instant("x offset 20s", 50 * kSecond) == "x 3");
  CHECK(fixture.Instant("x offset -10s", 30 * kSecond) == "x 4");
  CHECK(fixture.Instant("x @ 20", 50 * kSecond) == "x 2");
  CHECK(fixture.Instant("x @ 20 offset 10s", 50 * kSecond) == "x 1");
  CHECK(fixture.Range("x @ start() + x @ end()", 10 * kSecond, 30 * kSecond, 10 * kSecond) ==
        "{} 4@10000 4@20000 4@30000");
  CHECK(fixture.Range("sum_over_time(x[20s] @ 40)", 0, 20 * kSecond, 10 * kSecond) == "{} 7@0 7@10000 7@20000");
  CHECK(fixture.Instant("timestamp(x @ 25)", 50 * kSecond) == "{} 20");
  CHECK(fixture.Range("timestamp((x))", 15 * kSecond, 30 * kSecond, 15 * kSecond) == "{} 10@15000 30@30000");
}

TEST_CASE("a query is a scalar, a string, a vector or a matrix") {
  QueryFixture fixture;
  fixture.storage().AddEvery({{"__name__", "x"}}, 10 * kSecond, {7});
  CHECK(fixture.Instant("1 + 2 * 3", 0) == "7");
  CHECK(fixture.Instant("\"text\"", 0) == "\"text\"");
  CHECK(fixture.Range("2 ^ 3", 0, 20 * kSecond, 10 * kSecond) == "{} 8@0 8@10000 8@20000");
  CHECK(fixture.Range("x[1m]", 0, kMinute, kMinute) ==
        "error: invalid expression type \"range vector\" for range query, must be Scalar or instant Vector");
}

}  // namespace
}  // namespace vigia::promql
