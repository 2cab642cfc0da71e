#include "tests/unit/promql/engine/query_fixture.h"

namespace vigia::promql {
namespace {

// x counts the time in seconds: 0 at 0 s, 10 at 10 s, ...
void LoadClock(QueryFixture& fixture) {
  std::vector<double> values;
  for (int i = 0; i <= 100; ++i) values.push_back(i * 10);
  fixture.storage().AddEvery({{"__name__", "x"}}, 10 * kSecond, values);
}

TEST_CASE("a subquery is evaluated at multiples of its step, open on the left") {
  QueryFixture fixture;
  LoadClock(fixture);
  CHECK(fixture.Instant("x[50s:20s]", 75 * kSecond) == "x 40@40000 60@60000");
  CHECK(fixture.Instant("x[40s:20s]", 80 * kSecond) == "x 60@60000 80@80000");
  CHECK(fixture.Instant("sum_over_time(x[40s:20s])", 80 * kSecond) == "{} 140");
}

TEST_CASE("a subquery without step takes the default step") {
  QueryFixture fixture;
  LoadClock(fixture);
  CHECK(fixture.Instant("x[3m:]", 185 * kSecond) == "x 60@60000 120@120000 180@180000");
  fixture.engine().SetDefaultSubqueryStep(90 * kSecond);
  CHECK(fixture.Instant("x[3m:]", 185 * kSecond) == "x 90@90000 180@180000");
}

TEST_CASE("subqueries nest, shift and pin") {
  QueryFixture fixture;
  LoadClock(fixture);
  // Maximum over 20 s at 40, 60, 80: 40, 60, 80; their sum.
  CHECK(fixture.Instant("sum_over_time(max_over_time(x[20s])[1m:20s])", 80 * kSecond) == "{} 180");
  CHECK(fixture.Instant("sum_over_time(x[40s:20s] offset 20s)", 80 * kSecond) == "{} 100");
  CHECK(fixture.Range("sum_over_time(x[40s:20s] @ 80)", 0, 20 * kSecond, 10 * kSecond) ==
        "{} 140@0 140@10000 140@20000");
  // What is pinned inside of it is the same at each of its steps.
  CHECK(fixture.Instant("sum_over_time((x @ 30)[40s:20s])", 80 * kSecond) == "{} 60");
  CHECK(fixture.Range("max_over_time(sum_over_time(x[20s:10s])[40s:20s])", 60 * kSecond, 80 * kSecond, 20 * kSecond) ==
        "{} 110@60000 150@80000");
}

TEST_CASE("a subquery before the epoch aligns as well") {
  QueryFixture fixture;
  for (int i = -6; i <= 0; ++i) fixture.storage().Add({{"__name__", "x"}}, i * 10 * kSecond, i);
  CHECK(fixture.Instant("x[30s:20s]", -5 * kSecond) == "x -2@-20000");
  CHECK(fixture.Instant("x[40s:20s]", -20 * kSecond) == "x -4@-40000 -2@-20000");
}

TEST_CASE("gaps of the inner expression stay gaps") {
  QueryFixture fixture;
  LoadClock(fixture);
  CHECK(fixture.Instant("count_over_time((x > 50)[1m:10s])", 80 * kSecond) == "{} 3");
}

TEST_CASE("duration expressions know the step and the range of the query") {
  QueryFixture fixture;
  LoadClock(fixture);
  CHECK(fixture.Range("sum_over_time(x[step()])", 100 * kSecond, 140 * kSecond, 20 * kSecond) ==
        "{} 190@100000 230@120000 270@140000");
  CHECK(fixture.Range("count_over_time(x[range() / 2])", 100 * kSecond, 140 * kSecond, 40 * kSecond) ==
        "{} 2@100000 2@140000");
  CHECK(fixture.Instant("count_over_time(x[max_of(30s, 10s * 2)])", 100 * kSecond) == "{} 3");
  CHECK(fixture.Instant("x[step()]", 100 * kSecond) == "error: duration must be greater than 0");
  CHECK(fixture.Instant("x[10s / 0]", 100 * kSecond).find("division by zero") != std::string::npos);
}

}  // namespace
}  // namespace vigia::promql
