// What is refused, and in which words. The texts are those of surface.md 4.3 and of Prometheus' parser.
#include "promql/parser/parse.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

constexpr ParserOptions kAll{
    .experimental_functions = true, .extended_range_selectors = true, .binop_fill_modifiers = true};

struct Case {
  std::string_view text;
  std::string_view error;
};

void CheckAll(std::initializer_list<Case> cases, const ParserOptions& options = kAll) {
  for (const auto& [text, error] : cases) {
    INFO("query: " << text);
    const auto expr = ParseExpr(text, options);
    CHECK(!expr);
    if (!expr) CHECK(expr.error().what == error);
    if (!expr) CHECK(expr.error().code == storage::Errc::kInvalid);
  }
}

TEST_CASE("lexical errors") {
  CheckAll({{"foo{", "1:5: parse error: unexpected end of input inside braces"},
            {"foo[5mm]", "1:5: parse error: bad number or duration syntax: \"5mm\""},
            {"1d1y", "1:1: parse error: bad number or duration syntax: \"1d1\""},
            {"0xee", "1:1: parse error: bad number or duration syntax: \"0xee\""},
            {"1__0", "1:1: parse error: bad number or duration syntax: \"1__\""},
            {"1ms2h", "1:1: parse error: not a valid duration string: \"1ms2h\""},
            {"foo[5m", "1:7: parse error: unclosed left bracket"},
            {"foo[", "1:5: parse error: unexpected end of input in duration expression"},
            {"foo[\"5m\"]", "1:5: parse error: unexpected character in duration expression: '\"'"},
            {"foo[5m bar]", "1:8: parse error: unexpected character: 'b', expected ':'"},
            {"foo[:1m]", "1:6: parse error: unexpected colon before duration in duration expression"},
            {"foo[5m:1m:1m]", "1:10: parse error: unexpected colon ':'"},
            {"(foo", "1:5: parse error: unclosed left parenthesis"},
            {"foo)", "1:5: parse error: unexpected right parenthesis ')'"},
            {"foo]", "1:4: parse error: unexpected right bracket ']'"},
            {"$", "1:1: parse error: unexpected character: '$'"},
            {"é", "1:1: parse error: unexpected character: 'é'"},
            {"foo ! bar", "1:5: parse error: unexpected character after '!': ' '"},
            {"foo =~ bar", "1:5: parse error: unexpected character after '=': '~'"},
            {"foo{a!b}", "1:6: parse error: unexpected character after '!' inside braces: 'b'"},
            {"foo{a:b=\"c\"}", "1:6: parse error: unexpected character inside braces: ':'"},
            {"foo{{", "1:5: parse error: unexpected left brace '{'"},
            {"\"abc", "1:1: parse error: unterminated quoted string"},
            {"'a\n'", "1:1: parse error: unterminated quoted string"},
            {"`abc", "1:1: parse error: unterminated raw string"},
            {"\"\\q\"", "1:1: parse error: unknown escape sequence U+0071 'q'"},
            {"\"\\xg0\"", "1:1: parse error: illegal character U+0067 'g' in escape sequence"},
            {"\"\\400\"", "1:1: parse error: escape sequence is an invalid Unicode code point"},
            {"\"\\ud800\"", "1:1: parse error: escape sequence is an invalid Unicode code point"},
            {"\"\\", "1:1: parse error: escape sequence not terminated"},
            {"\"\xff\"", "1:1: parse error: invalid UTF-8 rune"}});
}

TEST_CASE("unexpected words") {
  CheckAll({{"", "unknown position: parse error: no expression found in input"},
            {"  # nothing", "1:1: parse error: no expression found in input"},
            {"1 +", "1:4: parse error: unexpected end of input"},
            {"foo bar", "1:5: parse error: unexpected identifier \"bar\""},
            {"foo a:b", "1:5: parse error: unexpected metric identifier \"a:b\""},
            {"foo 12345678901", "1:5: parse error: unexpected number \"1234567890\"..."},
            {"foo 5m", "1:5: parse error: unexpected duration \"5m\""},
            {"foo \"x\"", "1:5: parse error: unexpected string \"\\\"x\\\"\""},
            {"foo = bar", "1:5: parse error: unexpected \"=\""},
            {"* 5", "1:1: parse error: unexpected <op:*>"},
            {"foo + bool bar", "1:5: parse error: bool modifier can only be used on comparison operators"},
            {"foo bool", "1:5: parse error: unexpected <bool>"},
            {"foo sum", "1:5: parse error: unexpected <aggr:sum>"},
            {"fill(3)", "1:1: parse error: unexpected <fill>"},
            {"a + fill 3", "1:10: parse error: unexpected number \"3\""},
            {"a + fill (foo) b", "1:11: parse error: unexpected identifier \"foo\""},
            {"(a b)", "1:4: parse error: unexpected identifier \"b\""},
            {"abs(,a)", "1:5: parse error: unexpected \",\""},
            {"abs(a b)", "1:7: parse error: unexpected identifier \"b\""},
            {"foo\n  + \n bar baz", "3:6: parse error: unexpected identifier \"baz\""}});
}

TEST_CASE("unexpected words in a context") {
  CheckAll(
      {{"sum some_metric by (test)", "1:5: parse error: unexpected identifier \"some_metric\""},
       {"sum(a b)", "1:7: parse error: unexpected identifier \"b\" in aggregation"},
       {"sum by (x) y", "1:12: parse error: unexpected identifier \"y\" in aggregation"},
       {"sum(abs(a b))", "1:11: parse error: unexpected identifier \"b\" in aggregation"},
       {"sum without(==)(a)", "1:13: parse error: unexpected <op:==> in grouping opts, expected label"},
       {"sum without(a,,)(a)", "1:15: parse error: unexpected \",\" in grouping opts, expected label"},
       {"sum without(a b)(a)",
        "1:15: parse error: unexpected identifier \"b\" in grouping opts, expected \",\" or \")\""},
       {"sum by x (a)", "1:8: parse error: unexpected identifier \"x\" in grouping opts, expected \"(\""},
       {"a + on b", "1:8: parse error: unexpected identifier \"b\" in grouping opts, expected \"(\""},
       {"sum by (\"\") (a)", "1:9: parse error: invalid label name for grouping: \"\""},
       {"foo{a=\"b\" c}", "1:11: parse error: unexpected identifier \"c\" in label matching, expected \",\" or \"}\""},
       {"foo{a}", "1:6: parse error: unexpected \"}\" in label matching, expected label matching operator"},
       {"foo{a=b}", "1:7: parse error: unexpected identifier \"b\" in label matching, expected string"},
       {"foo{,}", "1:5: parse error: unexpected \",\" in label matching, expected identifier or \"}\""},
       {"foo[]",
        "1:5: parse error: unexpected \"]\" in subquery or range selector, expected number, duration, step(), or "
        "range()"},
       {"foo[5m 3]", "1:8: parse error: unexpected number \"3\" in subquery or range, expected \":\" or \"]\""},
       {"foo[5m:)]", "1:9: parse error: unexpected right parenthesis ')'"},
       {"foo[5m:*]",
        "1:8: parse error: unexpected <op:*> in subquery selector, expected number, duration, step(), range(), or "
        "\"]\""},
       {"foo[5m:1m 3]", "1:11: parse error: unexpected number \"3\" in subquery selector, expected \"]\""},
       {"foo offset",
        "1:11: parse error: unexpected end of input in offset, expected number, duration, step(), or range()"},
       {"foo @", "1:6: parse error: unexpected end of input in @, expected timestamp"},
       {"foo @ bar", "1:7: parse error: unexpected identifier \"bar\" in @, expected timestamp"},
       {"foo @ start", "1:12: parse error: unexpected end of input in @, expected timestamp"}});
}

TEST_CASE("modifiers in the wrong place") {
  CheckAll(
      {{"1[5m]", "1:2: parse error: ranges only allowed for vector selectors"},
       {"(foo)[5m]", "1:6: parse error: ranges only allowed for vector selectors"},
       {"foo[5m][5m]", "1:8: parse error: ranges only allowed for vector selectors"},
       {"foo offset 5m[5m]", "1:14: parse error: no offset modifiers allowed before range"},
       {"foo @ 5[5m]", "1:8: parse error: no @ modifiers allowed before range"},
       {"foo offset 5m offset 6m", "1:1: parse error: offset may not be set multiple times"},
       {"foo @ 1 @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"},
       {"foo @ start() @ 2", "1:1: parse error: @ <timestamp> may not be set multiple times"},
       {"1 offset 5m",
        "1:1: parse error: offset modifier must be preceded by an instant vector selector or range vector selector or "
        "a "
        "subquery"},
       {"(foo) @ 5",
        "1:1: parse error: @ modifier must be preceded by an instant vector selector or range vector selector or a "
        "subquery"},
       {"foo @ inf", "1:1: parse error: timestamp out of bounds for @ modifier: +Inf"},
       {"foo @ nan", "1:1: parse error: timestamp out of bounds for @ modifier: NaN"},
       {"foo @ 1e18", "1:1: parse error: timestamp out of bounds for @ modifier: 1000000000000000000.000000"},
       {"foo anchored smoothed", "1:1: parse error: anchored and smoothed modifiers cannot be used together"},
       {"foo[5m:] smoothed", "1:1: parse error: smoothed modifier is not supported for subqueries"},
       {"1 anchored", "1:1: parse error: anchored modifier not implemented"}});
}

TEST_CASE("durations out of bounds") {
  CheckAll(
      {{"foo[0]", "1:5: parse error: duration must be greater than 0"},
       {"foo[-5m]", "1:5: parse error: duration must be greater than 0"},
       {"foo[5m:0s]", "1:8: parse error: duration must be greater than 0"},
       {"foo[1/0]", "1:6: parse error: division by zero"},
       {"foo[1%0s]", "1:6: parse error: modulo by zero"},
       {"foo[1e10]", "1:5: parse error: duration out of range"},
       {"foo offset -1e10", "1:13: parse error: duration out of range"},
       {"300y", "1:1: parse error: duration out of range"},
       {"1e999", "1:1: parse error: error parsing number: strconv.ParseFloat: parsing \"1e999\": value out of range"}});
}

TEST_CASE("types") {
  CheckAll(
      {{"rate(foo)", "1:6: parse error: expected type range vector in call to function \"rate\", got instant vector"},
       {"abs(\"x\")", "1:5: parse error: expected type instant vector in call to function \"abs\", got string"},
       {"sum(1)", "1:5: parse error: expected type instant vector in aggregation expression, got scalar"},
       {"topk(foo, foo)", "1:6: parse error: expected type scalar in aggregation parameter, got instant vector"},
       {"count_values(1, foo)", "1:14: parse error: expected type string in aggregation parameter, got scalar"},
       {"-\"x\"",
        "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got "
        "\"string\""},
       {"-foo[5m]",
        "1:1: parse error: unary expression only allowed on expressions of type scalar or instant vector, got \"range "
        "vector\""},
       {"1 + foo[5m]", "1:5: parse error: binary expression must contain only scalar and instant vector types"},
       {"\"a\" == bool 1", "1:1: parse error: binary expression must contain only scalar and instant vector types"},
       {"1[5m:]", "1:1: parse error: subquery is only allowed on instant vector, got scalar instead"},
       {"foo[5m][5m:]", "1:1: parse error: subquery is only allowed on instant vector, got matrix instead"},
       {"1 == 1", "1:3: parse error: comparisons between scalars must use BOOL modifier"},
       {"1 and foo", "1:1: parse error: set operator \"and\" not allowed in binary scalar expression"},
       {"foo + on(a) 1", "1:1: parse error: vector matching only allowed between instant vectors"},
       {"foo + fill(1) 1", "1:1: parse error: filling in missing series only allowed between instant vectors"},
       {"foo or fill(1) bar", "1:1: parse error: filling in missing series not allowed for set operators"},
       {"foo and on(a) group_left(b) bar", "1:1: parse error: no grouping allowed for \"and\" operation"},
       {"foo == on(a) group_left(a) bar",
        "1:5: parse error: label \"a\" must not occur in ON and GROUP clause at once"}});
}

TEST_CASE("arguments") {
  CheckAll({{"nope(1)", "1:1: parse error: unknown function with name \"nope\""},
            {"Time()", "1:1: parse error: unknown function with name \"Time\""},
            {"time(1)", "1:1: parse error: expected 0 argument(s) in call to \"time\", got 1"},
            {"rate()", "1:1: parse error: expected 1 argument(s) in call to \"rate\", got 0"},
            {"round(a, 1, 2)", "1:1: parse error: expected at most 2 argument(s) in call to \"round\", got 3"},
            {"label_join(a)", "1:1: parse error: expected at least 3 argument(s) in call to \"label_join\", got 1"},
            {"abs(a,)", "1:6: parse error: trailing commas not allowed in function call args"},
            {"sum()", "1:1: parse error: no arguments for aggregate expression provided"},
            {"topk(foo)",
             "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 2, got 1"},
            {"sum(1, foo)",
             "1:1: parse error: wrong number of arguments for aggregate expression provided, expected 1, got 2"},
            {"info(a, b)", "1:9: parse error: expected label selectors only, got vector selector instead"},
            {"info(a, sum(b))", "1:9: parse error: expected label selectors only"}});
}

TEST_CASE("selectors that select nothing or everything") {
  CheckAll({{"{}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
            {"{x=\"\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
            {"{x=~\".*\"}", "1:1: parse error: vector selector must contain at least one non-empty matcher"},
            {"foo{__name__=\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\""},
            {"foo{\"bar\"}", "1:1: parse error: metric name must not be set twice: \"foo\" or \"bar\""}});
  const auto regex = ParseExpr("foo{a=~\"(\"}");
  REQUIRE(!regex);
  CHECK(regex.error().what.starts_with("1:5: parse error: error parsing regexp: "));
}

TEST_CASE("parts of the language that need a feature flag") {
  CheckAll({{"limitk(2, foo)",
             "1:1: parse error: limitk() is experimental and must be enabled with "
             "--enable-feature=promql-experimental-functions"},
            {"mad_over_time(foo[5m])", "1:1: parse error: function \"mad_over_time\" is not enabled"},
            {"foo anchored", "1:1: parse error: anchored modifier is experimental and not enabled"},
            {"foo[5m] smoothed", "1:1: parse error: smoothed modifier is experimental and not enabled"},
            {"foo + fill(1) bar", "1:1: parse error: binop fill modifiers are experimental and not enabled"}},
           {});
}

TEST_CASE("deep and long queries are refused, not crashed on") {
  const std::string deep = "expression is nested deeper than 500 levels";
  const auto error_of = [](const std::string& text) {
    const auto expr = ParseExpr(text);
    return expr ? std::string("accepted") : expr.error().what;
  };
  const auto repeat = [](std::string_view part, int times) {
    std::string out;
    for (int i = 0; i < times; ++i) out += part;
    return out;
  };
  using Catch::Matchers::EndsWith;
  CHECK_THAT(error_of(repeat("(", 400'000)), EndsWith(deep));
  CHECK_THAT(error_of(repeat("-", 400'000) + "1"), EndsWith(deep));
  CHECK_THAT(error_of("1" + repeat("+1", 400'000)), EndsWith(deep));
  CHECK_THAT(error_of("1" + repeat("^1", 400'000)), EndsWith(deep));
  CHECK_THAT(error_of(repeat("abs(", 200'000)), EndsWith(deep));
  CHECK_THAT(error_of(repeat("sum(", 200'000)), EndsWith(deep));
  CHECK_THAT(error_of("a" + repeat("[1m:]", 100'000)), EndsWith(deep));
  CHECK_THAT(error_of("a[" + repeat("(", 400'000)), EndsWith(deep));
  CHECK_THAT(error_of("a[1" + repeat("+1", 400'000) + "]"), EndsWith(deep));
  CHECK_THAT(error_of("a[" + repeat("-", 400'000) + "1]"), EndsWith(deep));
  CHECK(error_of("1" + repeat("+1", 498)) == "accepted");
  CHECK(error_of(repeat("(", 490) + "1" + repeat(")", 490)) == "accepted");
  CHECK(error_of(std::string(kMaxQueryBytes + 1, ' ')) == "1:1: parse error: query is longer than 1048576 bytes");
}

TEST_CASE("garbage is refused") {
  // A fixed generator, so that a failure can be repeated.
  std::uint32_t state = 12345;
  const auto next = [&state] { return state = state * 1664525u + 1013904223u, state >> 8; };
  constexpr std::string_view kParts[] = {"foo",   "sum", "(",    ")",    "{",   "}",        "[",      "]",  "5m",   "1",
                                         "\"x\"", "=",   "=~",   "by",   "on",  "offset",   "@",      "+",  "-",    "^",
                                         ",",     ":",   " ",    "bool", "and", "start",    "step()", "\\", "\x80", "`",
                                         "#",     "\n",  "fill", "0x",   "1e",  "anchored", "rate",   "!"};
  for (int i = 0; i < 20'000; ++i) {
    std::string text;
    for (std::uint32_t n = next() % 12; n > 0; --n) text += kParts[next() % std::size(kParts)];
    const auto expr = ParseExpr(text, kAll);
    if (expr) CHECK(*expr != nullptr);
    if (!expr) CHECK(!expr.error().what.empty());
  }
}

}  // namespace
}  // namespace vigia::promql
