#include "storage/model/go_regex.h"

#include <re2/re2.h>

#include "tests/support/catch.h"

using namespace vigia::storage;

// Go's regexp/syntax: both (?P<name>re) and (?<name>re) are a group with a name.
TEST_CASE("named groups are written as every RE2 knows them") {
  const std::pair<std::string, std::string> cases[] = {
      {"i(?<x>.)", "i(?P<x>.)"},
      {"(?<a_1>b)(?<Z>c)", "(?P<a_1>b)(?P<Z>c)"},
      {"(?P<x>.)", "(?P<x>.)"},
      {"((?<x>(?<y>.)))", "((?P<x>(?P<y>.)))"},
      {R"(\\(?<x>.))", R"(\\(?P<x>.))"},
      {R"([\]](?<x>.))", R"([\]](?P<x>.))"},
      {R"([[:alpha:]](?<x>.))", R"([[:alpha:]](?P<x>.))"},
      {R"(\Qa\E(?<x>.))", R"(\Qa\E(?P<x>.))"},
      // What stands for itself stays.
      {R"(\(?<x>.)", R"(\(?<x>.)"},
      {"[(?<x>]", "[(?<x>]"},
      {"[](?<x>]", "[](?<x>]"},
      {"[^](?<x>]", "[^](?<x>]"},
      {R"([\](?<x>])", R"([\](?<x>])"},
      {"[[:alpha:](?<x>]", "[[:alpha:](?<x>]"},
      {R"(\Q(?<x>.)\E)", R"(\Q(?<x>.)\E)"},
      {R"(\Q(?<x>.))", R"(\Q(?<x>.))"},
      {R"(\Q\\E(?<x>.))", R"(\Q\\E(?P<x>.))"},
      {R"(\\C)", R"(\\C)"},
      {R"(\Q\C\E)", R"(\Q\C\E)"},
      // No names: left to RE2 to refuse.
      {"(?<=x)", "(?<=x)"},
      {"(?<!x)", "(?<!x)"},
      {"(?<>x)", "(?<>x)"},
      {"(?<x", "(?<x"},
      {"(?<", "(?<"},
      {"(?<é>x)", "(?<é>x)"},
      {"[(?<x>", "[(?<x>"},
      {R"((?<x>.)\)", R"((?P<x>.)\)"},
      {R"((?<x>[\)", R"((?P<x>[\)"},
  };
  for (const auto& [go, re2] : cases) {
    INFO(go);
    CHECK(ToRe2Syntax(go).value() == re2);
  }
}

TEST_CASE("a group with a name matches and has it") {
  const auto regex = CompileGoRegex("i(?<x>.)", RegexDot::kAny).value();
  CHECK(re2::RE2::FullMatch("i\n", *regex));
  CHECK_FALSE(re2::RE2::FullMatch("ix>.", *regex));
  CHECK(regex->NamedCapturingGroups() == std::map<std::string, int>{{"x", 1}});
  CHECK_FALSE(re2::RE2::FullMatch("i\n", *CompileGoRegex("i(?<x>.)", RegexDot::kNotNewline).value()));
  CHECK(re2::RE2::FullMatch("(?<x>.)", *CompileGoRegex(R"(\Q(?<x>.)\E)", RegexDot::kAny).value()));
}

TEST_CASE("what Go refuses is refused") {
  CHECK(CompileGoRegex(R"(a\C*)", RegexDot::kAny).error().what ==
        R"(error parsing regexp: invalid escape sequence: `\C`)");
  for (const char* bad : {"a(", R"(\C)", R"(a\C*)", R"([\C])", "(?<=x)", R"(\)"}) {
    INFO(bad);
    const auto regex = CompileGoRegex(bad, RegexDot::kAny);
    REQUIRE(regex.has_error());
    CHECK(regex.error().code == Errc::kInvalid);
    CHECK(regex.error().what.starts_with("error parsing regexp: "));
  }
}
