// Parts of the language behind feature flags: fill modifiers, anchored and smoothed ranges.
#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

EngineOptions AllFeatures() {
  EngineOptions options;
  options.parser = {true, true, true};
  return options;
}

TEST_CASE("fill gives a value to what has no partner") {
  QueryFixture fixture(AllFeatures());
  fixture.storage().Add({{"__name__", "a"}, {"l", "1"}}, 0, 10);
  fixture.storage().Add({{"__name__", "a"}, {"l", "2"}}, 0, 20);
  fixture.storage().Add({{"__name__", "b"}, {"l", "2"}}, 0, 200);
  fixture.storage().Add({{"__name__", "b"}, {"l", "3"}}, 0, 300);
  CHECK(fixture.Instant("sort_by_label(a + fill(1) b, \"l\")", 0) == "{l=\"1\"} 11; {l=\"2\"} 220; {l=\"3\"} 301");
  CHECK(fixture.Instant("a + fill_right(1) b", 0) == "{l=\"1\"} 11; {l=\"2\"} 220");
  CHECK(fixture.Instant("sort_by_label(a + fill_left(1) b, \"l\")", 0) == "{l=\"2\"} 220; {l=\"3\"} 301");
  CHECK(fixture.Instant("a < fill(250) b", 0) == "a{l=\"1\"} 10; a{l=\"2\"} 20; {l=\"3\"} 250");
  CHECK(fixture.Instant("none + fill(0) b", 0) == "{l=\"2\"} 200; {l=\"3\"} 300");
  CHECK(fixture.Instant("none + fill(0) none", 0) == "");
}

TEST_CASE("fill decides step by step") {
  QueryFixture fixture(AllFeatures());
  fixture.storage().AddEvery({{"__name__", "a"}}, 10 * kMinute, {1, 2});
  fixture.storage().Add({{"__name__", "b"}}, 10 * kMinute, 5);
  fixture.storage().Add({{"__name__", "b"}}, 20 * kMinute, 6);
  CHECK(fixture.Range("a + fill(0) b", 0, 20 * kMinute, 10 * kMinute) == "{} 1@0 7@600000 6@1200000");
}

// 1 2 3 at 0, 10, 20 s; 9 at 50 s.
void LoadCounter(QueryFixture& fixture) {
  fixture.storage().AddEvery({{"__name__", "c"}}, 10 * kSecond, {1, 2, 3});
  fixture.storage().Add({{"__name__", "c"}}, 50 * kSecond, 9);
}

TEST_CASE("anchored ranges start at the sample before them") {
  QueryFixture fixture(AllFeatures());
  LoadCounter(fixture);
  CHECK(fixture.Instant("increase(c[10s] anchored)", 25 * kSecond) == "{} 1");
  CHECK(fixture.Instant("increase(c[30s] anchored)", 50 * kSecond) == "{} 6");
  CHECK(fixture.Instant("c[10s] anchored", 25 * kSecond) == "c 2@15000 3@20000 3@25000");
  CHECK(fixture.Instant("max_over_time(c[10s] anchored)", 25 * kSecond) ==
        "error: anchored modifier can only be used with: changes, delta, increase, rate, resets - not with "
        "max_over_time");
}

TEST_CASE("smoothed ranges end on the line between samples") {
  QueryFixture fixture(AllFeatures());
  LoadCounter(fixture);
  // From 2.5 at 15 s to 3 + 6 * 5 / 30 = 4 at 25 s.
  CHECK(fixture.Instant("increase(c[10s] smoothed)", 25 * kSecond) == "{} 1.5");
  CHECK(fixture.Instant("c[10s] smoothed", 25 * kSecond) == "c 2.5@15000 3@20000 4@25000");
  CHECK(fixture.Instant("c smoothed", 35 * kSecond) == "c 6");
  CHECK(fixture.Instant("c smoothed", 55 * kSecond) == "c 9");
  CHECK(fixture.Instant("c smoothed", -5 * kSecond) == "");
  CHECK(fixture.Instant("increase(c[5s] smoothed)", -1 * kSecond) == "");
}

}  // namespace
}  // namespace vigia::promql
