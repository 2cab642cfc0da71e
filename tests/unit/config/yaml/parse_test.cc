#include "config/yaml/parse.h"

#include "config/yaml/parse_json.h"
#include "tests/support/catch.h"

using namespace vigia::config::yaml;
using vigia::storage::Errc;

namespace {

std::string Fault(const std::string& text) {
  const auto node = Parse(text, "f.yml");
  return node ? "" : node.error().what;
}

}  // namespace

TEST_CASE("scalars keep their text and their place") {
  const auto node = Parse("a: yes\nb: 'yes'\nlist:\n  - 1.0\n  - 010\n", "f.yml");
  REQUIRE(node.has_value());
  CHECK(node->Find("a")->text == "yes");
  CHECK_FALSE(node->Find("a")->quoted);
  CHECK(node->Find("b")->quoted);
  const Node* list = node->Find("list");
  REQUIRE(list->items.size() == 2);
  CHECK(list->items[0].text == "1.0");
  CHECK(list->items[1].text == "010");
  CHECK(list->items[1].line == 5);
  CHECK(list->items[1].column == 5);
  CHECK(node->entries[1].line == 2);
}

TEST_CASE("empty documents and null values are null") {
  CHECK(Parse("", "f")->IsNull());
  CHECK(Parse("# only a comment\n", "f")->IsNull());
  CHECK(Parse("a:\n", "f")->Find("a")->IsNull());
  CHECK(Parse("a: ~\n", "f")->Find("a")->IsNull());
  CHECK(Parse("a: ''\n", "f")->Find("a")->kind == Kind::kScalar);
}

TEST_CASE("only the first document counts") {
  const auto node = Parse("a: 1\n---\nb: 2\n", "f");
  REQUIRE(node.has_value());
  CHECK(node->Find("a") != nullptr);
  CHECK(node->Find("b") == nullptr);
}

TEST_CASE("anchors, aliases and merge keys are resolved") {
  const auto node = Parse("base: &b {x: 1, y: 2}\nuse:\n  <<: *b\n  y: 3\nsame: *b\n", "f");
  REQUIRE(node.has_value());
  CHECK(node->Find("use")->Find("x")->text == "1");
  CHECK(node->Find("use")->Find("y")->text == "3");
  CHECK(node->Find("same")->Find("y")->text == "2");
}

TEST_CASE("faults name the file, the line and the column") {
  CHECK(Fault("a: 1\nb: 2\na: 3\n") == "f.yml:3:1: key \"a\" is already set in line 1");
  CHECK(Fault("a: [1\nb: 2\n").starts_with("f.yml:"));
  CHECK(Fault("? [a]\n: 1\n").find("a key must be a single value, not a list") != std::string::npos);
  CHECK(Fault("a: \xff\n") == "f.yml: not UTF-8 text");
  CHECK(Fault("a: *nobody\n").starts_with("f.yml:1:"));
}

TEST_CASE("an alias bomb, a deep nest and a huge text hit a limit") {
  std::string bomb = "a0: &a0 [x,x,x,x,x,x,x,x,x,x]\n";
  for (int i = 1; i < 10; ++i) {
    const std::string before = "*a" + std::to_string(i - 1);
    bomb += "a" + std::to_string(i) + ": &a" + std::to_string(i) + " [";
    for (int k = 0; k < 10; ++k) bomb += (k == 0 ? "" : ",") + before;
    bomb += "]\n";
  }
  const auto node = Parse(bomb, "f.yml");
  REQUIRE_FALSE(node.has_value());
  CHECK(node.error().code == Errc::kLimit);
  const auto deep = Parse(std::string(5000, '[') + std::string(5000, ']'), "f.yml");
  REQUIRE_FALSE(deep.has_value());
  CHECK(deep.error().code == Errc::kLimit);
  CHECK(Parse("a: 1", "f.yml", Limits{.max_bytes = 2}).error().code == Errc::kLimit);
  CHECK(Parse("a: [12, 34]", "f.yml", Limits{.max_text_bytes = 4}).error().code == Errc::kLimit);
}

TEST_CASE("JSON becomes the same tree, with its own escapes") {
  const auto node =
      ParseJson(R"([{"targets": ["a:1"], "labels": {"e": "\ud83d\ude00", "e": "\/"}, "n": 1.50, "z": null}])", "f");
  REQUIRE(node.has_value());
  const Node& group = node->items.at(0);
  CHECK(group.Find("targets")->items.at(0).text == "a:1");
  CHECK(group.Find("labels")->entries.size() == 1);
  CHECK(group.Find("labels")->Find("e")->text == "/");
  CHECK(group.Find("n")->text == "1.50");
  CHECK(group.Find("z")->IsNull());
  CHECK(ParseJson("[1,", "f").error().what.starts_with("f: invalid JSON at byte "));
  CHECK(ParseJson(std::string(500, '['), "f").error().code == Errc::kLimit);
}
