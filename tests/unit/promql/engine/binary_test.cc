#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

using Labels = storage::Labels;

void LoadRequests(QueryFixture& fixture) {
  fixture.storage().Add({{"__name__", "errors"}, {"code", "500"}, {"method", "get"}}, 0, 24);
  fixture.storage().Add({{"__name__", "errors"}, {"code", "404"}, {"method", "get"}}, 0, 30);
  fixture.storage().Add({{"__name__", "errors"}, {"code", "501"}, {"method", "put"}}, 0, 3);
  fixture.storage().Add({{"__name__", "errors"}, {"code", "500"}, {"method", "post"}}, 0, 6);
  fixture.storage().Add({{"__name__", "errors"}, {"code", "404"}, {"method", "post"}}, 0, 21);
  fixture.storage().Add({{"__name__", "requests"}, {"method", "get"}}, 0, 600);
  fixture.storage().Add({{"__name__", "requests"}, {"method", "del"}}, 0, 34);
  fixture.storage().Add({{"__name__", "requests"}, {"method", "post"}}, 0, 120);
}

// The data and results are those of the page "Operators" of Prometheus' documentation.
TEST_CASE("vector matching as documented") {
  QueryFixture fixture;
  LoadRequests(fixture);
  CHECK(fixture.Instant("errors{code=\"500\"} / ignoring(code) requests", 0) ==
        "{method=\"get\"} 0.04; {method=\"post\"} 0.05");
  CHECK(fixture.Instant("errors / ignoring(code) group_left requests", 0) ==
        "{code=\"500\", method=\"get\"} 0.04; {code=\"404\", method=\"get\"} 0.05; "
        "{code=\"500\", method=\"post\"} 0.05; {code=\"404\", method=\"post\"} 0.175");
  CHECK(fixture.Instant("requests / on(method) group_right errors{code=\"500\"}", 0) ==
        "{code=\"500\", method=\"get\"} 25; {code=\"500\", method=\"post\"} 20");
}

TEST_CASE("arithmetic of scalars and vectors") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "x"}, {"l", "a"}}, 0, -7);
  CHECK(fixture.Instant("-2 ^ 2", 0) == "-4");
  CHECK(fixture.Instant("2 ^ 3 ^ 2", 0) == "512");
  CHECK(fixture.Instant("-7 % 5", 0) == "-2");
  CHECK(fixture.Instant("x % 5", 0) == "{l=\"a\"} -2");
  CHECK(fixture.Instant("1 / 0", 0) == "+Inf");
  CHECK(fixture.Instant("3 > bool 2", 0) == "1");
  CHECK(fixture.Instant("-x", 0) == "{l=\"a\"} 7");
  CHECK(fixture.Instant("+x", 0) == "x{l=\"a\"} -7");
  CHECK(fixture.Instant("10 - x", 0) == "{l=\"a\"} 17");
}

TEST_CASE("filters keep the vector's value and name, bool gives 0 and 1") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "x"}, {"l", "a"}}, 0, 1);
  fixture.storage().Add({{"__name__", "x"}, {"l", "b"}}, 0, 5);
  CHECK(fixture.Instant("x > 2", 0) == "x{l=\"b\"} 5");
  CHECK(fixture.Instant("2 < x", 0) == "x{l=\"b\"} 5");
  CHECK(fixture.Instant("x > bool 2", 0) == "{l=\"a\"} 0; {l=\"b\"} 1");
  CHECK(fixture.Instant("x == x", 0) == "x{l=\"a\"} 1; x{l=\"b\"} 5");
  CHECK(fixture.Instant("x == on(l) x", 0) == "{l=\"a\"} 1; {l=\"b\"} 5");
  CHECK(fixture.Instant("x != bool x", 0) == "{l=\"a\"} 0; {l=\"b\"} 0");
}

TEST_CASE("group_left copies labels of the one side") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "up"}, {"instance", "i"}, {"zone", "old"}}, 0, 1);
  fixture.storage().Add({{"__name__", "info"}, {"instance", "i"}, {"version", "2"}}, 0, 1);
  CHECK(fixture.Instant("up * on(instance) group_left(version, zone) info", 0) == "{instance=\"i\", version=\"2\"} 1");
}

TEST_CASE("set operators work by signature, or puts the left side first") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "a"}, {"l", "1"}}, 0, 1);
  fixture.storage().Add({{"__name__", "a"}, {"l", "2"}}, 0, 2);
  fixture.storage().Add({{"__name__", "b"}, {"l", "2"}}, 0, 20);
  fixture.storage().Add({{"__name__", "b"}, {"l", "3"}}, 0, 30);
  CHECK(fixture.Instant("a and b", 0) == "a{l=\"2\"} 2");
  CHECK(fixture.Instant("a unless b", 0) == "a{l=\"1\"} 1");
  CHECK(fixture.Instant("b or a", 0) == "b{l=\"2\"} 20; b{l=\"3\"} 30; a{l=\"1\"} 1");
  CHECK(fixture.Instant("a and on() b", 0) == "a{l=\"1\"} 1; a{l=\"2\"} 2");
  CHECK(fixture.Instant("a unless on() vector(1)", 0) == "");
}

TEST_CASE("set operators decide step by step") {
  QueryFixture fixture;
  fixture.storage().AddEvery({{"__name__", "a"}}, kMinute, {1, 2, 3});
  CHECK(fixture.Range("a < 2 or a > 2", 0, 2 * kMinute, kMinute) == "a 1@0 3@120000");
  CHECK(fixture.Range("a and a != 2", 0, 2 * kMinute, kMinute) == "a 1@0 3@120000");
  CHECK(fixture.Range("a unless a != 2", 0, 2 * kMinute, kMinute) == "a 2@60000");
}

TEST_CASE("matching that is not unique is refused in Prometheus' words") {
  QueryFixture fixture;
  LoadRequests(fixture);
  CHECK(fixture.Instant("requests / on(method) errors", 0) ==
        "error: found duplicate series for the match group {method=\"get\"} on the right hand-side of the operation: "
        "[errors{code=\"404\", method=\"get\"}, errors{code=\"500\", method=\"get\"}];many-to-many matching not "
        "allowed: matching labels must be unique on one side");
  CHECK(fixture.Instant("errors / on(method) requests", 0) ==
        "error: multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)");
  CHECK(fixture.Instant("errors * on(method) group_left(code) label_replace(requests, \"code\", \"1\", \"\", \"\")",
                        0) == "error: multiple matches for labels: grouping labels must ensure unique matches");
  CHECK(fixture.Instant("errors / on(method) group_right errors", 0).find("on the left hand-side") !=
        std::string::npos);
}

TEST_CASE("series of one signature may take turns: only a common step is a conflict") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "left"}, {"job", "j"}}, 0, 10);
  fixture.storage().Add({{"__name__", "left"}, {"job", "j"}}, 10 * kMinute, 20);
  fixture.storage().Add({{"__name__", "right"}, {"job", "j"}, {"pod", "old"}}, 0, 1);
  fixture.storage().Add({{"__name__", "right"}, {"job", "j"}, {"pod", "new"}}, 10 * kMinute, 2);
  CHECK(fixture.Range("left + on(job) right", 0, 10 * kMinute, 10 * kMinute) == "{job=\"j\"} 11@0 22@600000");
  CHECK(fixture.Range("left + on(job) group_left(pod) right", 0, 10 * kMinute, 10 * kMinute) ==
        "{job=\"j\", pod=\"new\"} 22@600000; {job=\"j\", pod=\"old\"} 11@0");
  CHECK(fixture.Range("right + on(job) left", 0, 10 * kMinute, 10 * kMinute) == "{job=\"j\"} 11@0 22@600000");
}

TEST_CASE("label sets that become equal are an error where they meet") {
  QueryFixture fixture;
  fixture.storage().Add({{"__name__", "a"}}, 0, 1);
  fixture.storage().Add({{"__name__", "b"}}, 0, 2);
  const std::string error = "error: vector cannot contain metrics with the same labelset";
  CHECK(fixture.Instant("-{__name__=~\"a|b\"}", 0) == error);
  CHECK(fixture.Instant("abs({__name__=~\"a|b\"})", 0) == error);
  CHECK(fixture.Instant("rate({__name__=~\"a|b\"}[1m])", 0) == "");
  CHECK(fixture.Instant("count_over_time({__name__=~\"a|b\"}[1m])", 0) == error);
  CHECK(fixture.Instant("last_over_time({__name__=~\"a|b\"}[1m])", 0) == "a 1; b 2");
}

}  // namespace
}  // namespace vigia::promql
