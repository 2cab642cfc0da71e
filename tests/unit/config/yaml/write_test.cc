#include "config/yaml/write.h"

#include "config/yaml/parse.h"
#include "tests/support/catch.h"

using namespace vigia::config::yaml;

namespace {

std::string WriteString(const std::string& text) {
  Node node = Node::Mapping();
  node.Add("k", Node::Scalar(text, true));
  return Write(node);
}

}  // namespace

// Expected texts are those of Go's yaml.v2, whose layout Prometheus' /config has.
TEST_CASE("mappings are indented by two, lists stand at the column of their key") {
  Node job = Node::Mapping();
  job.Add("job_name", Node::Scalar("a", true));
  Node labels = Node::Sequence({Node::Scalar("x", true), Node::Scalar("y,z", true)});
  labels.flow = true;
  Node rule = Node::Mapping();
  rule.Add("source_labels", labels);
  rule.Add("separator", Node::Scalar(";", true));
  job.Add("relabel_configs", Node::Sequence({rule}));
  Node root = Node::Mapping();
  Node global = Node::Mapping();
  global.Add("interval", Node::Scalar("15s", true));
  global.Add("native", Node::Scalar("false"));
  root.Add("global", global);
  root.Add("scrape_configs", Node::Sequence({job}));
  root.Add("none", Node::Sequence());
  root.Add("empty", Node::Mapping());
  root.Add("nested", Node::Sequence({Node::Sequence({Node::Scalar("1"), Node::Scalar("2")})}));
  CHECK(Write(root) ==
        "global:\n  interval: 15s\n  native: false\n"
        "scrape_configs:\n- job_name: a\n  relabel_configs:\n  - source_labels: [x, 'y,z']\n    separator: ;\n"
        "none: []\nempty: {}\nnested:\n- - 1\n  - 2\n");
}

TEST_CASE("strings are quoted where plain text would be read as something else") {
  CHECK(WriteString("plain text") == "k: plain text\n");
  CHECK(WriteString("") == "k: \"\"\n");
  CHECK(WriteString("true") == "k: \"true\"\n");
  CHECK(WriteString("yes") == "k: \"yes\"\n");
  CHECK(WriteString("1.0") == "k: \"1.0\"\n");
  CHECK(WriteString("0x1F") == "k: \"0x1F\"\n");
  CHECK(WriteString("1:30") == "k: \"1:30\"\n");
  CHECK(WriteString("null") == "k: \"null\"\n");
  CHECK(WriteString("15s") == "k: 15s\n");
  CHECK(WriteString("(.*)") == "k: (.*)\n");
  CHECK(WriteString("$1") == "k: $1\n");
  CHECK(WriteString(";") == "k: ;\n");
  CHECK(WriteString("<secret>") == "k: <secret>\n");
  CHECK(WriteString("a: b") == "k: 'a: b'\n");
  CHECK(WriteString("it's: x") == "k: 'it''s: x'\n");
  CHECK(WriteString("http://a:9090/x") == "k: http://a:9090/x\n");
  CHECK(WriteString("a #b") == "k: 'a #b'\n");
  CHECK(WriteString("*x") == "k: '*x'\n");
  CHECK(WriteString("-") == "k: '-'\n");
  CHECK(WriteString(" lead") == "k: ' lead'\n");
  CHECK(WriteString("tab\there") == "k: \"tab\\there\"\n");
  CHECK(WriteString("2024-01-02") == "k: \"2024-01-02\"\n");
}

TEST_CASE("texts of several lines are literal blocks") {
  CHECK(WriteString("a\nb\n") == "k: |\n  a\n  b\n");
  CHECK(WriteString("a\nb") == "k: |-\n  a\n  b\n");
  CHECK(WriteString("a\n\n") == "k: |+\n  a\n\n");
  CHECK(WriteString(" a\nb") == "k: |2-\n   a\n  b\n");
}

TEST_CASE("long texts fold after column 80") {
  const std::string word(78, 'w');
  CHECK(WriteString(word + " second third") == "k: " + word + "\n  second third\n");
}

TEST_CASE("what is written reads back as the same strings") {
  for (const std::string text :
       {"a",  "",   "true", "a: b", "x\ny", " lead", "tail ",    "it's",   "\"q\"", "a\\b\tc",   "{x}",
        "%a", "@b", "`c`",  "- d",  "? e",  "a,b",   "\xC3\xB1", "a\x01z", "\n",    "a\n b\n\nc"}) {
    INFO(text);
    Node list = Node::Sequence({Node::Scalar(text, true)});
    const auto block = Parse(Write(list), "f");
    REQUIRE(block.has_value());
    CHECK(block->items.at(0).text == text);
    list.flow = true;
    const auto flow = Parse(Write(list), "f");
    REQUIRE(flow.has_value());
    CHECK(flow->items.at(0).text == text);
  }
}
