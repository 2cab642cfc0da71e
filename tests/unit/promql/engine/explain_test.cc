#include "tests/unit/promql/engine/governed_storage.h"
#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

// "op[detail](child, child)".
std::string Shape(const ExplainNode& node) {
  std::string text = node.op;
  if (!node.detail.empty()) text += "[" + node.detail + "]";
  if (node.children.empty()) return text;
  text += "(";
  for (const ExplainNode& child : node.children) {
    text += (&child == &node.children.front() ? "" : ", ") + Shape(child);
  }
  return text + ")";
}

QueryRequest Request(const std::string& text, TimestampMs start, TimestampMs end, storage::DurationMs step) {
  QueryRequest request;
  request.text = text;
  request.start_ms = start;
  request.end_ms = end;
  request.step_ms = step;
  return request;
}

void Load(QueryFixture& fixture) {
  for (const char* a : {"1", "2"}) {
    fixture.storage().AddEvery({{"__name__", "x"}, {"a", a}}, 10 * kSecond, {1, 2, 3, 4, 5});
    fixture.storage().AddEvery({{"__name__", "y"}, {"a", a}, {"b", "q"}}, 10 * kSecond, {1, 2, 3, 4, 5});
  }
}

TEST_CASE("a plan is shown without being executed") {
  GovernedStorage never_read;
  storage::Registry registry;
  Engine engine({}, never_read, registry);
  const auto shape = [&](const std::string& text) {
    const auto plan = engine.Explain(Request(text, 0, 60 * kSecond, 10 * kSecond));
    if (!plan) return "error: " + plan.error().what;
    CHECK_FALSE(plan->cost);
    return Shape(*plan);
  };
  CHECK(shape("x{a=\"1\"} offset 5m") == "select[x{a=\"1\"} offset 5m]");
  CHECK(shape("sum by (a) (rate(x[5m]))") == "aggregate[sum by (a)](function[rate](range_select[x[5m]]))");
  CHECK(shape("x + on(a) group_left(b) y") == "join[+ on (a) group_left (b)](select[x], select[y])");
  CHECK(shape("x > bool 2") == "arithmetic[> bool](select[x], number[2])");
  CHECK(shape("x unless ignoring(b) y") == "set[unless ignoring (b)](select[x], select[y])");
  CHECK(shape("-x @ 10") == "step_invariant[evaluated once](negate(select[x @ 10]))");
  CHECK(shape("max_over_time(x[1m:30s] offset 1m)") ==
        "function[max_over_time](subquery[[1m:30s] offset 1m](select[x]))");
  CHECK(shape("label_replace(x, \"a\", \"b\", \"c\", \"d\")") == "function[label_replace](select[x])");
  CHECK(shape("sum(") == "error: 1:5: parse error: unclosed left parenthesis");
}

TEST_CASE("an analysed join says what each side gave") {
  QueryFixture fixture;
  Load(fixture);
  QueryRequest request = Request("x * on(a) group_left sum by (a) (y)", 0, 40 * kSecond, 10 * kSecond);
  request.analyze = Analyze::kYes;
  const auto result = fixture.engine().Execute(request);
  REQUIRE(result.has_value());
  REQUIRE(result->explain);
  const ExplainNode& join = *result->explain;
  REQUIRE(Shape(join) == "join[* on (a) group_left ()](select[x], aggregate[sum by (a)](select[y]))");
  const ExplainNode& x = join.children[0];
  const ExplainNode& sum = join.children[1];
  const ExplainNode& y = sum.children[0];
  REQUIRE(join.cost);
  REQUIRE(x.cost);
  REQUIRE(sum.cost);
  REQUIRE(y.cost);
  CHECK(join.steps == 5);
  CHECK(join.cost->series == 2);
  CHECK(join.cost->samples == 10);
  CHECK(x.cost->series == 2);
  CHECK(x.cost->samples == 10);
  CHECK(x.cost->samples_read == 10);
  CHECK(y.cost->samples_read == 10);
  CHECK(sum.cost->samples == 10);
  CHECK(sum.cost->samples_read == 0);
  CHECK(join.cost->samples_read == 0);
  CHECK(x.cost->bytes == 2 * 5 * 9);
  CHECK(join.cost->peak_held_bytes > 0);
  CHECK(join.cost->total_seconds >= x.cost->total_seconds + sum.cost->total_seconds);
  CHECK(join.cost->self_seconds <= join.cost->total_seconds);
  CHECK(request.text.substr(y.start, y.end - y.start) == "y");
}

TEST_CASE("range selectors and subqueries are measured, too") {
  QueryFixture fixture;
  Load(fixture);
  QueryRequest request = Request("sum_over_time(x[30s]) + max_over_time(x[20s:10s])", 40 * kSecond, 40 * kSecond, 0);
  request.analyze = Analyze::kYes;
  const auto result = fixture.engine().Execute(request);
  REQUIRE(result.has_value());
  const ExplainNode& range = result->explain->children.at(0).children.at(0);
  const ExplainNode& subquery = result->explain->children.at(1).children.at(0);
  CHECK(range.op == "range_select");
  REQUIRE(range.cost);
  CHECK(range.cost->series == 2);
  CHECK(range.cost->samples == 6);
  CHECK(subquery.op == "subquery");
  REQUIRE(subquery.cost);
  CHECK(subquery.cost->samples == 4);
  REQUIRE(subquery.children.at(0).cost);
}

TEST_CASE("nothing is measured unless it was asked for") {
  QueryFixture fixture;
  Load(fixture);
  const auto result = fixture.Run("x", 0);
  REQUIRE(result.has_value());
  CHECK_FALSE(result->explain);
}

}  // namespace
}  // namespace vigia::promql
