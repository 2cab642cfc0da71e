#include "config/relabel/relabel.h"

#include "config/relabel/letter_case.h"
#include "tests/support/catch.h"

using namespace vigia::config;
using vigia::storage::Labels;

namespace {

RelabelRegex Regex(const std::string& text) { return RelabelRegex::Create(text).value(); }

std::optional<Labels> One(RelabelRule rule, const Labels& labels) {
  REQUIRE(Validate(rule).has_value());
  return Apply(std::span(&rule, 1), labels);
}

std::string Refusal(const RelabelRule& rule) {
  const auto status = Validate(rule);
  return status ? "" : status.error().what;
}

}  // namespace

// The cases are those of Prometheus' documentation and of model/relabel/relabel_test.go.
TEST_CASE("replace sets the target to the expanded replacement when the joined value matches") {
  const Labels labels{{"a", "foo"}, {"b", "bar"}, {"c", "baz"}};
  CHECK(One({.source_labels = {"a"}, .regex = Regex("f(.*)"), .target_label = "d", .replacement = "ch${1}-ch${1}"},
            labels) == Labels{{"a", "foo"}, {"b", "bar"}, {"c", "baz"}, {"d", "choo-choo"}});
  CHECK(One({.source_labels = {"a", "b"},
             .regex = Regex("f(.*);(.*)r"),
             .target_label = "a",
             .replacement = "b${1}${2}m"},
            labels) == Labels{{"a", "boobam"}, {"b", "bar"}, {"c", "baz"}});
  CHECK(One({.source_labels = {"a"}, .regex = Regex("no"), .target_label = "d", .replacement = "x"}, labels) == labels);
  CHECK(One({.source_labels = {"a"}, .regex = Regex("f(?<rest>.*)"), .target_label = "a", .replacement = "${rest}"},
            labels) == Labels{{"a", "oo"}, {"b", "bar"}, {"c", "baz"}});
}

TEST_CASE("replace with an empty result deletes the target; references to no group are empty") {
  const Labels labels{{"a", "foo"}, {"d", "old"}};
  CHECK(One({.source_labels = {"a"}, .target_label = "d", .replacement = ""}, labels) == Labels{{"a", "foo"}});
  CHECK(One({.source_labels = {"a"}, .target_label = "d", .replacement = "$7"}, labels) == Labels{{"a", "foo"}});
  CHECK(One({.source_labels = {"none"}, .target_label = "d"}, labels) == Labels{{"a", "foo"}});
  CHECK(One({.source_labels = {"none"}, .target_label = "d", .replacement = "set"}, labels) ==
        Labels{{"a", "foo"}, {"d", "set"}});
}

TEST_CASE("replacement templates follow Go's Expand") {
  const auto expand = [](const std::string& regex, const std::string& replacement) {
    const auto out =
        One({.source_labels = {"a"}, .regex = Regex(regex), .target_label = "d", .replacement = replacement},
            Labels{{"a", "x-y"}});
    return std::string(out->Get("d"));
  };
  CHECK(expand("(.)-(.)", "$2/$1") == "y/x");
  CHECK(expand("(.)-(.)", "${2}1") == "y1");
  CHECK(expand("(.)-(.)", "$21") == "");  // The name is as long as it can be.
  CHECK(expand("(.)-(.)", "$$1") == "$1");
  CHECK(expand("(.)-(.)", "$0") == "x-y");
  CHECK(expand("(.)-(.)", "a$") == "a$");
  CHECK(expand("(.)-(.)", "a$-") == "a$-");
  CHECK(expand("(.)-(.)", "${1") == "${1");
  CHECK(expand("(?P<first>.)-(?P<last>.)", "${last}$first") == "yx");
  CHECK(expand("(?P<first>.)-(.)", "$nobody!") == "!");
}

TEST_CASE("the target of replace may refer to groups, and must become a valid name") {
  const Labels labels{{"a", "some-name-value"}};
  CHECK(One({.source_labels = {"a"},
             .regex = Regex("some-([^-]+)-([^,]+)"),
             .target_label = "${1}",
             .replacement = "${2}"},
            labels) == Labels{{"a", "some-name-value"}, {"name", "value"}});
  RelabelRule legacy{.source_labels = {"a"},
                     .regex = Regex("some-([^-]+)-([^,]+)"),
                     .target_label = "${3}",
                     .replacement = "${1}",
                     .name_validation = NameValidation::kLegacy};
  CHECK(One(legacy, labels) == labels);  // "" is no name: nothing happens.
}

TEST_CASE("the expression is anchored and its dot matches a newline") {
  CHECK_FALSE(Regex("foo").Matches("foobar"));
  CHECK_FALSE(Regex("foo").Matches("xfoo"));
  CHECK(Regex("f.o").Matches("f\no"));
  CHECK(Regex("a|ab").Matches("ab"));
  CHECK_FALSE(RelabelRegex::Create("a(").has_value());
  CHECK_FALSE(RelabelRegex::Create("\\C").has_value());
}

TEST_CASE("keep and drop") {
  const Labels labels{{"a", "foo"}, {"b", "bar"}};
  CHECK(One({.source_labels = {"a"}, .regex = Regex("foo"), .action = RelabelAction::kKeep}, labels) == labels);
  CHECK(One({.source_labels = {"a"}, .regex = Regex("no"), .action = RelabelAction::kKeep}, labels) == std::nullopt);
  CHECK(One({.source_labels = {"a"}, .regex = Regex("f.*"), .action = RelabelAction::kDrop}, labels) == std::nullopt);
  CHECK(One({.source_labels = {"a"}, .regex = Regex("o"), .action = RelabelAction::kDrop}, labels) == labels);
}

TEST_CASE("keepequal and dropequal compare with the target's value") {
  const Labels same{{"__port_name", "1234"}, {"port", "1234"}};
  const Labels other{{"__port_name", "1234"}, {"port", "5678"}};
  const RelabelRule keep{.source_labels = {"__port_name"}, .target_label = "port", .action = RelabelAction::kKeepEqual};
  const RelabelRule drop{.source_labels = {"__port_name"}, .target_label = "port", .action = RelabelAction::kDropEqual};
  CHECK(One(keep, same) == same);
  CHECK(One(keep, other) == std::nullopt);
  CHECK(One(drop, same) == std::nullopt);
  CHECK(One(drop, other) == other);
}

TEST_CASE("hashmod takes the last eight bytes of the MD5 sum") {
  // Upstream's own cases.
  CHECK(One({.source_labels = {"c"}, .modulus = 1000, .target_label = "d", .action = RelabelAction::kHashMod},
            Labels{{"a", "foo"}, {"b", "bar"}, {"c", "baz"}})
            ->Get("d") == "976");
  CHECK(One({.source_labels = {"a"}, .modulus = 1000, .target_label = "d", .action = RelabelAction::kHashMod},
            Labels{{"a", "foo\nbar"}})
            ->Get("d") == "734");
  // MD5("") = d41d8cd98f00b204e9800998ecf8427e: 0xe9800998ecf8427e mod 10 = 16825458760271544958 mod 10.
  CHECK(
      One({.source_labels = {"none"}, .modulus = 10, .target_label = "d", .action = RelabelAction::kHashMod}, Labels{})
          ->Get("d") == "8");
}

TEST_CASE("labelmap copies by name; new names are not mapped again") {
  CHECK(One({.regex = Regex("(b.*)"), .replacement = "bar_${1}", .action = RelabelAction::kLabelMap},
            Labels{{"a", "foo"}, {"b1", "bar"}, {"b2", "baz"}}) ==
        Labels{{"a", "foo"}, {"b1", "bar"}, {"b2", "baz"}, {"bar_b1", "bar"}, {"bar_b2", "baz"}});
  CHECK(One({.regex = Regex("__meta_(my.*)"), .action = RelabelAction::kLabelMap},
            Labels{{"__meta_my_bar", "aaa"}, {"__meta_my_baz", "bbb"}, {"__meta_other", "ccc"}}) ==
        Labels{{"__meta_my_bar", "aaa"},
               {"__meta_my_baz", "bbb"},
               {"__meta_other", "ccc"},
               {"my_bar", "aaa"},
               {"my_baz", "bbb"}});
}

TEST_CASE("labeldrop and labelkeep") {
  const Labels labels{{"a", "foo"}, {"b1", "bar"}, {"b2", "baz"}};
  CHECK(One({.regex = Regex("(b.*)"), .action = RelabelAction::kLabelDrop}, labels) == Labels{{"a", "foo"}});
  CHECK(One({.regex = Regex("(b.*)"), .action = RelabelAction::kLabelKeep}, labels) ==
        Labels{{"b1", "bar"}, {"b2", "baz"}});
}

TEST_CASE("lowercase and uppercase map letters of any script") {
  const Labels labels{{"foo", "bAr123Foo"}};
  CHECK(One({.source_labels = {"foo"}, .target_label = "u", .action = RelabelAction::kUppercase}, labels)->Get("u") ==
        "BAR123FOO");
  CHECK(One({.source_labels = {"foo"}, .target_label = "l", .action = RelabelAction::kLowercase}, labels)->Get("l") ==
        "bar123foo");
  CHECK(UpperCase("ñandú") == "ÑANDÚ");
  CHECK(LowerCase("ÀÉÎ ΑΒΓ") == "àéî αβγ");
  CHECK(LowerCase("a\xff") == "a\xEF\xBF\xBD");
}

TEST_CASE("rules run in order and a drop ends them") {
  const std::vector<RelabelRule> rules{{.source_labels = {"a"}, .target_label = "b", .replacement = "${1}x"},
                                       {.source_labels = {"b"}, .regex = Regex("foox"), .action = RelabelAction::kKeep},
                                       {.source_labels = {"b"}, .regex = Regex("foox"), .action = RelabelAction::kDrop},
                                       {.target_label = "never", .replacement = "x"}};
  CHECK(Apply(rules, Labels{{"a", "foo"}}) == std::nullopt);
  const auto steps = ApplySteps(rules, Labels{{"a", "foo"}});
  REQUIRE(steps.size() == 3);
  CHECK(steps[0].output == Labels{{"a", "foo"}, {"b", "foox"}});
  CHECK(steps[1].keep);
  CHECK_FALSE(steps[2].keep);
  CHECK(steps[2].output.empty());
  CHECK(Apply({}, Labels{{"a", "foo"}}) == Labels{{"a", "foo"}});
}

TEST_CASE("combinations of fields that make no sense are refused") {
  CHECK(Refusal({.action = RelabelAction::kReplace}) ==
        "relabel configuration for replace action requires 'target_label' value");
  CHECK(Refusal({.target_label = "t", .action = RelabelAction::kHashMod}) ==
        "relabel configuration for hashmod requires non-zero modulus");
  CHECK(Refusal({.target_label = "t", .replacement = "x", .action = RelabelAction::kLowercase}) ==
        "'replacement' can not be set for lowercase action");
  CHECK(Refusal({.regex = Regex("a"), .target_label = "t", .action = RelabelAction::kKeepEqual}) ==
        "keepequal action requires only 'source_labels' and `target_label`, and no other fields");
  CHECK(Refusal({.source_labels = {"a"}, .action = RelabelAction::kLabelDrop}) ==
        "labeldrop action requires only 'regex', and no other fields");
  CHECK(Refusal({.target_label = "a\xff"}) == "\"a\\xff\" is invalid 'target_label' for replace action");
  const RelabelRule utf8{.target_label = "a.b", .replacement = "x"};
  CHECK(Refusal(utf8).empty());
  RelabelRule legacy = utf8;
  legacy.name_validation = NameValidation::kLegacy;
  CHECK(Refusal(legacy) == "\"a.b\" is invalid 'target_label' for replace action");
  legacy.target_label = "${1}_b";
  CHECK(Refusal(legacy).empty());
  legacy.target_label = "1${1}";
  CHECK_FALSE(Refusal(legacy).empty());
  RelabelRule map{
      .replacement = "a-$1", .action = RelabelAction::kLabelMap, .name_validation = NameValidation::kLegacy};
  CHECK(Refusal(map) == "\"a-$1\" is invalid 'replacement' for labelmap action");
}

TEST_CASE("actions are read without regard to case") {
  CHECK(ParseRelabelAction("LabelMap") == RelabelAction::kLabelMap);
  CHECK(ParseRelabelAction("nope") == std::nullopt);
}
