#include "storage/model/matcher.h"

#include "tests/support/catch.h"

using namespace vigia::storage;

namespace {
Matcher Make(MatchType type, std::string value) { return Matcher::Create(type, "l", std::move(value)).value(); }
}  // namespace

TEST_CASE("regular expressions are anchored and the dot matches a newline") {
  CHECK(Make(MatchType::kRegex, "a.c").Matches("a\nc"));
  CHECK_FALSE(Make(MatchType::kRegex, "b").Matches("abc"));
  CHECK(Make(MatchType::kNotRegex, "b").Matches("abc"));
  CHECK(Make(MatchType::kRegex, "a|bc").Matches("bc"));
  CHECK_FALSE(Make(MatchType::kRegex, "a|bc").Matches("ac"));
  CHECK(Make(MatchType::kRegex, "(?i:ABC)").Matches("abc"));
  CHECK(Make(MatchType::kRegex, "i(?<x>.)").Matches("i1"));
}

TEST_CASE("a missing label matches as the empty string") {
  const Labels labels{{"x", "1"}};
  CHECK(Make(MatchType::kEqual, "").Matches(labels));
  CHECK(Make(MatchType::kNotEqual, "a").Matches(labels));
  CHECK(Make(MatchType::kRegex, ".*").Matches(labels));
  CHECK_FALSE(Make(MatchType::kRegex, ".+").Matches(labels));
}

TEST_CASE("a bad expression is refused with the reason") {
  const auto bad = Matcher::Create(MatchType::kRegex, "l", "a(");
  REQUIRE(bad.has_error());
  CHECK(bad.error().code == Errc::kInvalid);
  CHECK(bad.error().what.find("missing )") != std::string::npos);
}
