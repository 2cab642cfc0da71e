#include "server/api/parse_query_api.h"

#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;

namespace {

std::string Tree(const std::string& query) {
  const auto expr = promql::ParseExpr(query, {.experimental_functions = true, .extended_range_selectors = true});
  INFO(query);
  REQUIRE(expr.has_value());
  std::string out;
  AppendTree(out, **expr);
  return out;
}

}  // namespace

// The members are those of surface.md 1.8, in the order in which Go writes a map.
TEST_CASE("trees as Prometheus shows them") {
  CHECK(Tree("1.5") == R"({"type":"numberLiteral","val":"1.5"})");
  CHECK(Tree("1e21") == R"({"type":"numberLiteral","val":"1000000000000000000000"})");
  CHECK(Tree("Inf") == R"({"type":"numberLiteral","val":"+Inf"})");
  CHECK(Tree("\"a\"") == R"({"type":"stringLiteral","val":"a"})");
  CHECK(
      Tree("-(a)") ==
      R"({"expr":{"expr":{"anchored":false,"matchers":[{"name":"__name__","type":"=","value":"a"}],"name":"a",)"
      R"("offset":0,"smoothed":false,"startOrEnd":null,"timestamp":null,"type":"vectorSelector"},"type":"parenExpr"},)"
      R"("op":"-","type":"unaryExpr"})");
  CHECK(Tree("{a!~\"x\",b=\"y\"}[5m] offset -1m @ end()") ==
        R"({"anchored":false,"matchers":[{"name":"a","type":"!~","value":"x"},{"name":"b","type":"=","value":"y"}],)"
        R"("name":"","offset":-60000,"range":300000,"smoothed":false,"startOrEnd":"end","timestamp":null,)"
        R"("type":"matrixSelector"})");
}

TEST_CASE("aggregations, calls, operators, subqueries") {
  const std::string vector = R"("matchers":[{"name":"__name__","type":"=","value":"a"}],"name":"a","offset":0,)"
                             R"("smoothed":false,"startOrEnd":null,"timestamp":null,"type":"vectorSelector"})";
  const std::string a = R"({"anchored":false,)" + vector;
  CHECK(Tree("topk without (x) (3, a)") == R"({"expr":)" + a +
                                               R"(,"grouping":["x"],"op":"topk","param":{"type":"numberLiteral",)"
                                               R"("val":"3"},"type":"aggregation","without":true})");
  CHECK(Tree("round(a)") == R"({"args":[)" + a +
                                R"(],"func":{"argTypes":["vector","scalar"],"name":"round","returnType":"vector",)"
                                R"("variadic":1},"type":"call"})");
  CHECK(Tree("a and a") == R"({"bool":false,"lhs":)" + a +
                               R"(,"matching":{"card":"many-to-many","fillValues":{"lhs":null,"rhs":null},)"
                               R"("include":[],"labels":[],"on":false},"op":"and","rhs":)" +
                               a + R"(,"type":"binaryExpr"})");
  CHECK(Tree("a[1h:1m] @ 1.5") == R"({"expr":)" + a +
                                      R"(,"offset":0,"range":3600000,"startOrEnd":null,"step":60000,)"
                                      R"("timestamp":1500,"type":"subquery"})");
}
