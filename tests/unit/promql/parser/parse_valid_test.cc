// Expressions and their canonical forms. Expected texts follow Prometheus' grammar and printer.
#include "promql/parser/parse.h"
#include "promql/parser/printer.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

constexpr ParserOptions kAll{
    .experimental_functions = true, .extended_range_selectors = true, .binop_fill_modifiers = true};

struct Case {
  std::string_view text;
  std::string_view printed;
};

void CheckAll(std::initializer_list<Case> cases) {
  for (const auto& [text, printed] : cases) {
    INFO("query: " << text);
    const auto expr = ParseExpr(text, kAll);
    if (!expr) FAIL_CHECK(expr.error().what);
    if (!expr) continue;
    CHECK(ToString(**expr) == printed);
    const auto again = ParseExpr(printed, kAll);
    if (!again) FAIL_CHECK(again.error().what);
    if (again) CHECK(ToString(**again) == printed);
  }
}

TEST_CASE("numbers are decimal, hexadecimal, octal, or durations") {
  CheckAll({{"1", "1"},
            {"+1", "1"},
            {"-1", "-1"},
            {"--1", "1"},
            {".5", "0.5"},
            {"5.", "5"},
            {"1e3", "1000"},
            {"1E-3", "0.001"},
            {"1_000_000", "1000000"},
            {"0x8f", "143"},
            {"0X_1F", "31"},
            {"0755", "493"},
            {"0_755", "493"},
            {"08", "8"},
            {"123.4567", "123.4567"},
            {"9223372036854775808", "9223372036854776000"},
            {"Inf", "+Inf"},
            {"+iNf", "+Inf"},
            {"-inf", "-Inf"},
            {"NaN", "NaN"},
            {"1e300", "1" + std::string(300, '0')},
            {"5m", "5m"},
            {"-1h30m", "-1h30m"},
            {"1h0m0s", "1h"},
            {"1500ms", "1s500ms"},
            {"90d", "90d"},
            {"14d", "2w"},
            {"1y", "1y"}});
}

TEST_CASE("strings keep their value in any notation") {
  CheckAll({{R"("a")", R"("a")"},
            {R"('a"b')", R"("a\"b")"},
            {R"('it\'s')", R"("it's")"},
            {R"(`raw \n`)", R"("raw \\n")"},
            {R"("\a\b\f\n\r\t\v\\")", R"("\a\b\f\n\r\t\v\\")"},
            {R"("\101\x42\u0043\U00000044")", R"("ABCD")"},
            {R"("é日本")", R"("é日本")"},
            {R"("\xff")", R"("\xff")"}});
}

TEST_CASE("operators bind as documented") {
  const auto shape = [](std::string_view text) {
    const auto expr = ParseExpr(text);
    REQUIRE(expr.has_value());
    const auto* binary = (*expr)->As<BinaryExpr>();
    REQUIRE(binary);
    return "[" + ToString(*binary->lhs) + "] " + std::string(ToString(binary->op)) + " [" + ToString(*binary->rhs) +
           "]";
  };
  CHECK(shape("1 + 2 * 3") == "[1] + [2 * 3]");
  CHECK(shape("1 * 2 + 3") == "[1 * 2] + [3]");
  CHECK(shape("1 - 2 - 3") == "[1 - 2] - [3]");
  CHECK(shape("2 ^ 3 ^ 2") == "[2] ^ [3 ^ 2]");
  CHECK(shape("a atan2 b * c") == "[a atan2 b] * [c]");
  CHECK(shape("a == b + c") == "[a] == [b + c]");
  CHECK(shape("a </ b + c") == "[a] </ [b + c]");
  CHECK(shape("a or b and c") == "[a] or [b and c]");
  CHECK(shape("a and b unless c") == "[a and b] unless [c]");
  CHECK(shape("-2 * 3") == "[-2] * [3]");
  CHECK(shape("a offset -2^2") == "[a offset -2s] ^ [2]");
  CHECK(shape("a @ 1 ^ 2") == "[a @ 1.000] ^ [2]");
  // -2^2 is -(2^2).
  const auto power = ParseExpr("-2^2");
  REQUIRE(power.has_value());
  REQUIRE((*power)->As<UnaryExpr>());
  CHECK(ToString(*(*power)->As<UnaryExpr>()->expr) == "2 ^ 2");
}

TEST_CASE("selectors") {
  CheckAll({{"up", "up"},
            {"job:up:sum", "job:up:sum"},
            {"up{}", "up"},
            {"up {job='a',}", "up{job=\"a\"}"},
            {R"(up{b!="x",a=~"y.*",c!~"z"})", R"(up{a=~"y.*",b!="x",c!~"z"})"},
            {R"({"up"})", R"({__name__="up"})"},
            {R"({"my metric", "my label"="v"})", R"({"my label"="v",__name__="my metric"})"},
            {R"({__name__=~"a|b"})", R"({__name__=~"a|b"})"},
            {"up # comment\n + 1", "up + 1"},
            {R"(up{sum="a", on="b", by="c"})", R"(up{by="c",on="b",sum="a"})"}});
}

TEST_CASE("most keywords are metric names, too") {
  for (const std::string name :
       {"and", "or",   "unless", "sum",    "avg",    "by",   "without", "offset", "anchored",  "smoothed",   "start",
        "end", "step", "range",  "min_of", "max_of", "topk", "limitk",  "fill",   "fill_left", "fill_right", "Sum"}) {
    INFO(name);
    const auto expr = ParseExpr(name, kAll);
    REQUIRE(expr.has_value());
    REQUIRE((*expr)->As<VectorSelector>());
    CHECK((*expr)->As<VectorSelector>()->name == name);
  }
  for (const std::string name : {"bool", "on", "ignoring", "group_left", "group_right", "atan2"}) {
    INFO(name);
    CHECK(!ParseExpr(name, kAll));
  }
  CheckAll({{"fill + fill", "fill + fill"}, {"offset offset 5m", "offset offset 5m"}, {"sum(sum)", "sum(sum)"}});
}

TEST_CASE("ranges, subqueries and modifiers") {
  CheckAll({{"a[5m]", "a[5m]"},
            {"a[300]", "a[5m]"},
            {"a[1.5]", "a[1s500ms]"},
            {"a[ 5m ] offset 1h", "a[5m] offset 1h"},
            {"a offset -5m", "a offset -5m"},
            {"a offset 0s", "a"},
            {"a @ 1603774568", "a @ 1603774568.000"},
            {"a @ -1.5", "a @ -1.500"},
            {"a @ 5m", "a @ 300.000"},
            {"a @ start()", "a @ start()"},
            {"a offset 5m @ end()", "a @ end() offset 5m"},
            {"a[5m:]", "a[5m:]"},
            {"a[5m:1m] @ 10 offset 1m", "a[5m:1m] @ 10.000 offset 1m"},
            {"rate(a[5m])[1h:30s]", "rate(a[5m])[1h:30s]"},
            {"a[5m] smoothed", "a[5m] smoothed"},
            {"a[5m] anchored @ 3 offset 1m", "a[5m] anchored @ 3.000 offset 1m"},
            {"a smoothed", "a smoothed"}});
}

TEST_CASE("durations may be computed") {
  CheckAll({{"a[5m+1m*2]", "a[5m + 1m * 2]"},
            {"a[(5m+1m)*2]", "a[(5m + 1m) * 2]"},
            {"a[(1m)*2]", "a[(1m) * 2]"},
            {"a[step()]", "a[step()]"},
            {"a[STEP() + RANGE()]", "a[step() + range()]"},
            {"a[min_of(step(), 1m):max_of(10, 2^3)]", "a[min_of(step(), 1m):max_of(10, 2 ^ 3)]"},
            {"a offset step()", "a offset step()"},
            {"a offset -step()", "a offset -step()"},
            {"a offset +range()", "a offset range()"},
            {"a offset -min_of(1, 2)", "a offset -min_of(1, 2)"},
            {"a offset (100 + 2)", "a offset (100 + 2)"},
            {"a offset -(1m % 7)", "a offset -(1m % 7)"},
            {"a offset 1m + 1m", "a offset 1m + 1m"}});
  // Without parentheses the offset ends behind the literal.
  const auto expr = ParseExpr("a offset 1m + 1m");
  REQUIRE(expr.has_value());
  CHECK((*expr)->As<BinaryExpr>());
}

TEST_CASE("binary modifiers") {
  CheckAll({{"a == bool b", "a == bool b"},
            {"1 > bool 2", "1 > bool 2"},
            {"a + on() b", "a + on () b"},
            {"a + ignoring() b", "a + b"},
            {"a * on(x, y) group_left(z) b", "a * on (x, y) group_left (z) b"},
            {"a * ignoring(x) group_right b", "a * ignoring (x) group_right () b"},
            {R"(a * on("é x", sum) b)", R"(a * on ("é x", sum) b)"},
            {"a AND on(x) b", "a and on (x) b"},
            {"a + fill(1) b", "a + fill (1) b"},
            {"a + on(x) group_left fill_left(-1) b", "a + on (x) group_left () fill_left (-1) b"},
            {"a + fill_right(2) fill_left(1m) b", "a + fill_left (60) fill_right (2) b"}});
}

TEST_CASE("aggregations and calls") {
  CheckAll({{"sum(a)", "sum(a)"},
            {"SUM(a)", "sum(a)"},
            {"sum by (x) (a)", "sum by (x) (a)"},
            {"sum(a) by (x, y,)", "sum by (x, y) (a)"},
            {"sum by () (a)", "sum(a)"},
            {"sum without () (a)", "sum without () (a)"},
            {R"(sum by ("a b") (a))", R"(sum by ("a b") (a))"},
            {"topk(5, a)", "topk(5, a)"},
            {"quantile(1 - 0.1, a)", "quantile(1 - 0.1, a)"},
            {R"(count_values("v", a))", R"(count_values("v", a))"},
            {"limit_ratio(-0.5, a)", "limit_ratio(-0.5, a)"},
            {"time()", "time()"},
            {"start() + end() + step() + range()", "start() + end() + step() + range()"},
            {"min_of(1, 2)", "min_of(1, 2)"},
            {"round(a, 5)", "round(a, 5)"},
            {R"(label_join(a, "x", ",", "y", "z"))", R"(label_join(a, "x", ",", "y", "z"))"},
            {R"(info(a, {x=~".*"}))", R"(info(a, {x=~".*"}))"},
            {R"(info(a, {}))", R"(info(a, {}))"},
            {"-a", "-a"},
            {"+a", "+a"},
            {"-(1)", "-(1)"},
            {"((a))", "((a))"}});
}

TEST_CASE("set operators are many-to-many; matching is only kept between vectors") {
  const auto set = ParseExpr("a and b");
  REQUIRE(set.has_value());
  CHECK((*set)->As<BinaryExpr>()->matching->card == Cardinality::kManyToMany);
  const auto scalar = ParseExpr("a + 1");
  REQUIRE(scalar.has_value());
  CHECK(!(*scalar)->As<BinaryExpr>()->matching);
  CHECK((*scalar)->type == ValueType::kVector);
}

TEST_CASE("nodes know their place") {
  const std::string text = " sum by (x) (rate(a{b='c'}[5m] offset 1m)) / on (x) (b) ";
  const auto expr = ParseExpr(text);
  REQUIRE(expr.has_value());
  const auto part = [&text](PosRange pos) { return text.substr(pos.start, pos.end - pos.start); };
  const auto& binary = *(*expr)->As<BinaryExpr>();
  CHECK(part(binary.op_pos) == "/");
  CHECK(part((*expr)->pos) == "sum by (x) (rate(a{b='c'}[5m] offset 1m)) / on (x) (b)");
  CHECK(part(binary.rhs->pos) == "(b)");
  const Expr& call = *binary.lhs->As<AggregateExpr>()->expr;
  CHECK(part(call.pos) == "rate(a{b='c'}[5m] offset 1m)");
  const Expr& matrix = *call.As<Call>()->args[0];
  CHECK(part(matrix.pos) == "a{b='c'}[5m] offset 1m");
  CHECK(part(matrix.As<MatrixSelector>()->selector_pos) == "a{b='c'}");
}

}  // namespace
}  // namespace vigia::promql
