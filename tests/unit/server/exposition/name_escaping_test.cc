#include "server/exposition/name_escaping.h"

#include "tests/support/catch.h"

using namespace vigia::server;

// surface.md 5.7, and what the reference answers for these names at /federate.
TEST_CASE("names are escaped by each scheme") {
  const auto all = [](std::string_view name) {
    return EscapeName(name, NameEscaping::kUnderscores) + " " + EscapeName(name, NameEscaping::kDots) + " " +
           EscapeName(name, NameEscaping::kValues);
  };
  CHECK(all("my.dotted") == "my_dotted my_dot_dotted U__my_2e_dotted");
  CHECK(all("_x.y") == "_x_y __x_dot_y U____x_2e_y");
  CHECK(all("1.a:b") == "__a:b ___dot_a:b U___31__2e_a:b");
  CHECK(all("ü-x") == "__x ____x U___fc__2d_x");
  CHECK(all("a.😀") == "a__ a_dot___ U__a_2e__1f600_");
  CHECK(EscapeName("ü-x", NameEscaping::kAllowUtf8) == "ü-x");
}

TEST_CASE("legacy names stay what they are") {
  for (const auto escaping : {NameEscaping::kUnderscores, NameEscaping::kDots, NameEscaping::kValues}) {
    CHECK(EscapeName("plain_a:b1", escaping) == "plain_a:b1");
    CHECK(EscapeName("", escaping).empty());
  }
}

TEST_CASE("a name that ends within a code point is cut") {
  CHECK(EscapeName("a.\xC3", NameEscaping::kUnderscores) == "a_");
}

TEST_CASE("schemes have names") {
  for (const auto* const text : {"allow-utf-8", "underscores", "dots", "values"}) {
    REQUIRE(ParseNameEscaping(text));
    CHECK(ToString(*ParseNameEscaping(text)) == text);
  }
  CHECK_FALSE(ParseNameEscaping("foo"));
}
