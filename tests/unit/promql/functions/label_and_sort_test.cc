#include <algorithm>
#include <limits>

#include "promql/functions/label_functions.h"
#include "promql/functions/sort.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

using storage::Labels;
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

storage::Status Roomy(std::uint64_t, std::uint64_t) { return {}; }

Labels Replaced(std::string dst, std::string replacement, std::string src, std::string_view regex, Labels labels) {
  auto function = LabelReplacement::Create(std::move(dst), std::move(replacement), std::move(src), regex);
  REQUIRE(function.has_value());
  CHECK(function->Apply(labels, &Roomy).has_value());
  return labels;
}

TEST_CASE("label_replace: whole match, groups, empty removes") {
  const Labels base{{"__name__", "m"}, {"src", "source-value-10"}, {"dst", "original"}};
  CHECK(Replaced("dst", "value-$1", "src", "source-value-(.*)", base).Get("dst") == "value-10");
  CHECK(Replaced("dst", "value-$1", "src", "value-(.*)", base) == base);
  CHECK(Replaced("dst", "${number}x$$", "src", ".*-(?P<number>\\d+)", base).Get("dst") == "10x$");
  CHECK(Replaced("dst", "", "dst", ".*", base).Get("dst").empty());
  CHECK_FALSE(Replaced("dst", "", "dst", ".*", base).Has("dst"));
  CHECK(Replaced("new", "x", "missing", "", base).Get("new") == "x");
  CHECK(Replaced("dst", "$1x-$7-$", "src", "(.*)", base).Get("dst") == "--$");  // $1x is a name.
  CHECK(Replaced("dst", "${1}x", "src", "(.*)", base).Get("dst") == "source-value-10x");
  CHECK(Replaced("dst", "$01${", "src", "(.*)", base).Get("dst") == "${");
  CHECK(Replaced("dst", "$1", "src", "(.*)", Labels{{"src", "a\nb"}}).Get("dst") == "a\nb");
}

TEST_CASE("label_replace and label_join refuse with Prometheus' words") {
  CHECK(LabelReplacement::Create("dst", "", "src", "(.*").error().what ==
        "invalid regular expression in label_replace(): (.*");
  CHECK(LabelReplacement::Create("", "", "src", "").error().what ==
        "invalid destination label name in label_replace(): ");
  CHECK(LabelJoin::Create("dst", "", {"\xff"}).error().what == "invalid source label name in label_join(): \xff");
  CHECK(LabelJoin::Create("", "", {}).error().what == "invalid destination label name in label_join(): ");
}

TEST_CASE("label_join: missing labels are empty") {
  Labels labels{{"a", "1"}, {"c", "3"}};
  const auto join = LabelJoin::Create("dst", "-", {"a", "b", "c"});
  REQUIRE(join.has_value());
  REQUIRE(join->Apply(labels, &Roomy).has_value());
  CHECK(labels.Get("dst") == "1--3");
  const auto empty = LabelJoin::Create("dst", "-", {});
  REQUIRE(empty.has_value());
  REQUIRE(empty->Apply(labels, &Roomy).has_value());
  CHECK_FALSE(labels.Has("dst"));
}

TEST_CASE("label functions ask for room before they make a value, and take no for an answer") {
  std::vector<std::pair<std::uint64_t, std::uint64_t>> asked;
  const LabelRoom room = [&asked](std::uint64_t value_bytes, std::uint64_t more_bytes) -> storage::Status {
    asked.emplace_back(value_bytes, more_bytes);
    if (value_bytes > 100) return storage::Error{storage::Errc::kLimit, "too long"};
    return {};
  };
  const auto twice = LabelReplacement::Create("dst", "$1-$1", "src", "(.*)");
  REQUIRE(twice.has_value());
  Labels labels{{"src", "abc"}};
  CHECK(twice->Apply(labels, room).value());
  CHECK(asked.back() == std::pair<std::uint64_t, std::uint64_t>{7, 7 + 3});  // The value, and the name.
  labels = Labels{{"src", "abc"}, {"dst", "12345"}};
  CHECK(twice->Apply(labels, room).value());
  CHECK(asked.back() == std::pair<std::uint64_t, std::uint64_t>{7, 2});
  asked.clear();
  CHECK(twice->Apply(labels, room).value());
  CHECK(asked.empty());  // It is as long as what it replaces.
  const Labels wide{{"src", std::string(50, 'x')}};
  labels = wide;
  CHECK(twice->Apply(labels, room).error().what == "too long");
  CHECK(labels == wide);
  CHECK(asked.back().first == 101);

  // 5000 times 20 kB of separators: nothing of them is there when the answer is no.
  const auto join = LabelJoin::Create("dst", std::string(20'000, 'x'), std::vector<std::string>(5000, "src"));
  REQUIRE(join.has_value());
  CHECK(join->Apply(labels, room).error().what == "too long");
  CHECK(labels == wide);
  CHECK(asked.back().first == 4999ull * 20'000 + 5000ull * 50);
}

TEST_CASE("label_replace: pieces of the replacement") {
  const Labels base{{"src", "ab"}};
  const auto replaced = [&base](std::string replacement) {
    const Labels labels = Replaced("dst", std::move(replacement), "src", "(?P<x>a)(b)", base);
    return std::string(labels.Get("dst"));
  };
  CHECK(replaced("$2$1") == "ba");
  CHECK(replaced("<$x>${x}y$$1$") == "<a>ay$1$");
  CHECK(replaced("$$$$") == "$$");
  CHECK(replaced("$-$1-${-$2") == "$-a-${-b");
  CHECK(replaced("$0$3$99999999999") == "ab");
  CHECK(replaced("none") == "none");
}

TEST_CASE("sort puts NaN last both ways") {
  std::vector<double> values{kNan, 2, 1, 3};
  std::stable_sort(values.begin(), values.end(), &SortsBefore);
  CHECK(std::vector<double>(values.begin(), values.begin() + 3) == std::vector<double>{1, 2, 3});
  std::rotate(values.begin(), values.begin() + 3, values.end());
  std::stable_sort(values.begin(), values.end(), &SortsBeforeDesc);
  CHECK(std::vector<double>(values.begin(), values.begin() + 3) == std::vector<double>{3, 2, 1});
}

TEST_CASE("natural order") {
  CHECK(NaturalLess("cpu2", "cpu10"));
  CHECK_FALSE(NaturalLess("cpu10", "cpu2"));
  CHECK(NaturalLess("cpu", "cpu1"));
  CHECK_FALSE(NaturalLess("cpu1", "cpu"));
  CHECK(NaturalLess("1.2.9", "1.2.10"));
  CHECK(NaturalLess("", "a") == false);
  CHECK(NaturalLess("9999999999999999999a", "99999999999999999999"));  // Too long for a number: bytewise.
}

TEST_CASE("sort_by_label: named labels first, then all of them") {
  const std::vector<std::string> names{"cpu"};
  const Labels a{{"cpu", "2"}, {"x", "b"}}, b{{"cpu", "10"}, {"x", "a"}}, c{{"cpu", "2"}, {"x", "a"}};
  CHECK(CompareByLabels(a, b, names) < 0);
  CHECK(CompareByLabels(b, a, names) > 0);
  CHECK(CompareByLabels(c, a, names) < 0);
  CHECK(CompareByLabels(a, a, names) == 0);
  const Labels padded{{"cpu", "02"}};
  CHECK(CompareByLabels(padded, Labels{{"cpu", "2"}}, names) < 0);  // A tie, decided bytewise.
}

}  // namespace
}  // namespace vigia::promql
