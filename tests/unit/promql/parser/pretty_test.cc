#include "promql/parser/parse.h"
#include "promql/parser/printer.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

std::string PrettyOf(std::string_view text) {
  const auto expr = ParseExpr(text);
  return expr ? Pretty(**expr) : expr.error().what;
}

const std::string kLong50(50, 'x');
const std::string kLong90(90, 'y');

TEST_CASE("what fits in 100 characters stays on one line") {
  CHECK(PrettyOf("sum(rate(a[5m]))by(x)/b") == "sum by (x) (rate(a[5m])) / b");
  const std::string name(95, 'n');
  CHECK(PrettyOf("abs(" + name + ")") == "abs(" + name + ")");
}

TEST_CASE("what is longer is broken and indented") {
  CHECK(PrettyOf(kLong50 + "+" + kLong90) == "  " + kLong50 + "\n+\n  " + kLong90);
  CHECK(PrettyOf("abs(" + kLong90 + "abcdefgh)") == "abs(\n  " + kLong90 + "abcdefgh\n)");
  CHECK(PrettyOf("(" + kLong90 + "abcdefghi)") == "(\n  " + kLong90 + "abcdefghi\n)");
  CHECK(PrettyOf("-abs(" + kLong90 + "abcdefgh)") == "-abs(\n  " + kLong90 + "abcdefgh\n)");
  CHECK(PrettyOf("topk by (a) (5, " + kLong90 + ")") == "topk by (a) (\n  5,\n  " + kLong90 + "\n)");
  CHECK(PrettyOf("clamp(" + kLong90 + ", 100, 200)") == "clamp(\n  " + kLong90 + ",\n  100,\n  200\n)");
  CHECK(PrettyOf(kLong50 + " == bool on (a) group_left (b) " + kLong50) ==
        "  " + kLong50 + "\n== bool on (a) group_left (b)\n  " + kLong50);
  CHECK(PrettyOf("sum(abs(" + kLong90 + "))") == "sum(abs(" + kLong90 + "))");
  CHECK(PrettyOf("sum(" + kLong50 + " + " + kLong50 + ")") == "sum(\n    " + kLong50 + "\n  +\n    " + kLong50 + "\n)");
  CHECK(PrettyOf("abs(" + kLong90 + "abcdefgh)[1h:5m]") == "abs(\n  " + kLong90 + "abcdefgh\n)[1h:5m]");
}

}  // namespace
}  // namespace vigia::promql
