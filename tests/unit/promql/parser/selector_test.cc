#include "promql/parser/selector.h"

#include "promql/parser/parse.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

using storage::Labels;

TEST_CASE("ParseMetricSelector gives the matchers of one selector") {
  const auto matchers = ParseMetricSelector("up{job=~\"a|b\"}");
  REQUIRE(matchers.has_value());
  REQUIRE(matchers->size() == 2);
  CHECK((*matchers)[0].ToString() == "job=~\"a|b\"");
  CHECK((*matchers)[1].ToString() == "__name__=\"up\"");
}

TEST_CASE("ParseMetricSelector refuses what is no selector") {
  const auto error_of = [](std::string_view text) {
    const auto matchers = ParseMetricSelector(text);
    return matchers ? std::string() : matchers.error().what;
  };
  CHECK(error_of("") == "unknown position: parse error: unexpected end of input");
  CHECK(error_of("up + 1") == "1:4: parse error: unexpected <op:+>");
  CHECK(error_of("up[5m]") == "1:3: parse error: unexpected \"[\"");
  CHECK(error_of("1") == "1:1: parse error: unexpected number \"1\"");
  CHECK(error_of("{a=~\".*\"}") == "match[] must contain at least one non-empty matcher");
  CHECK(error_of("{}") == "match[] must contain at least one non-empty matcher");
}

TEST_CASE("ParseSelector also gives what selects every series") {
  const auto all = ParseSelector("{a=~\".*\"}");
  REQUIRE(all.has_value());
  CHECK(all->size() == 1);
  REQUIRE(ParseSelector("{}").has_value());
  CHECK(ParseSelector("{}")->empty());
  CHECK(ParseSelector("up{").error().what == "1:4: parse error: unexpected end of input inside braces");
}

TEST_CASE("ParseMetric gives labels") {
  const auto parsed = [](std::string_view text) {
    const auto labels = ParseMetric(text);
    return labels ? *labels : Labels{{"error", labels.error().what}};
  };
  CHECK(parsed("up") == Labels{{"__name__", "up"}});
  CHECK(parsed("up{}") == Labels{{"__name__", "up"}});
  CHECK(parsed("{}") == Labels{});
  CHECK(parsed("sum{a='1',\"b c\"=`2`,}") == Labels{{"__name__", "sum"}, {"a", "1"}, {"b c", "2"}});
  CHECK(parsed("{\"x y\", a=\"1\"}") == Labels{{"__name__", "x y"}, {"a", "1"}});
  CHECK(parsed("up{a=~\"1\"}") ==
        Labels{{"error", "1:5: parse error: unexpected <op:=~> in label set, expected \"=\""}});
  CHECK(parsed("up{a=1}") == Labels{{"error", "1:6: parse error: unexpected character inside braces: '1'"}});
  CHECK(parsed("up{a=b}") ==
        Labels{{"error", "1:6: parse error: unexpected identifier \"b\" in label set, expected string"}});
  CHECK(parsed("up 1") == Labels{{"error", "1:4: parse error: unexpected number \"1\""}});
}

}  // namespace
}  // namespace vigia::promql
