#include "tests/promqltest/notation.h"

#include <cmath>

#include "storage/model/sample.h"
#include "tests/promqltest/at_check.h"
#include "tests/promqltest/buckets.h"
#include "tests/promqltest/compare.h"
#include "tests/promqltest/histogram_notation.h"
#include "tests/promqltest/nhcb.h"
#include "tests/promqltest/test_file.h"
#include "tests/support/catch.h"

namespace vigia::promqltest {
namespace {

std::string Floats(std::string_view line) {
  const auto series = ParseSeriesLine(line);
  if (!series) return "error: " + series.error().what;
  std::string out = series->labels.ToString() + ":";
  for (const Point& point : series->points) {
    const std::string text = point.omitted                  ? "_"
                             : point.h                      ? "h" + fmt::format("{}", point.h->count)
                             : storage::IsStaleNan(point.v) ? "stale"
                                                            : fmt::format("{}", point.v);
    out += " " + text;
  }
  return out;
}

TEST_CASE("points of a series") {
  CHECK(Floats("a 1 2 3") == "a: 1 2 3");
  CHECK(Floats("a{b='c'}  -1.5 .5\t+3 1e3 1_000") == "a{b=\"c\"}: -1.5 0.5 3 1000 1000");
  CHECK(Floats("a 1x2") == "a: 1 1 1");
  CHECK(Floats("a 1+2x3") == "a: 1 3 5 7");
  CHECK(Floats("a -1-2x2") == "a: -1 -3 -5");
  CHECK(Floats("a _ _x3 1") == "a: _ _ _ _ 1");
  CHECK(Floats("a Inf +Inf -inf NaN stale") == "a: inf inf -inf nan stale");
  CHECK(Floats("a 0x5") == "a: 0 0 0 0 0 0");
  CHECK(Floats("a NaNx1 stalex1") == "a: nan nan stale stale");
  CHECK(Floats("{} 1") == "{}: 1");
  CHECK(Floats("a{b=\"} 5\"} 1") == "a{b=\"} 5\"}: 1");
  CHECK(Floats("a") == "a:");
  CHECK(Floats("a {{count:3}} {{count:5}}x1") == "a: h3 h5 h5");
  CHECK(Floats("a {{count:3 sum:1}}+{{count:2}}x2") == "a: h3 h5 h7");
  CHECK(Floats("a 1y").starts_with("error"));
  CHECK(Floats("a 1+1").starts_with("error"));
  CHECK(Floats("a 1x99999999999").starts_with("error"));
  CHECK(Floats("a {{nope:3}}").starts_with("error"));
  CHECK(Floats("a{ 1").starts_with("error"));
}

TEST_CASE("start timestamps of a series") {
  const auto line = ParseSeriesLine("a{b=\"c\"}@st _ -30s-1mx2 _x2 0 -0ms");
  REQUIRE(line.has_value());
  CHECK(line->is_start_line);
  const std::vector<std::optional<DurationMs>> expected = {std::nullopt, -30'000,      -90'000, -150'000,
                                                           std::nullopt, std::nullopt, 0,       0};
  CHECK(line->start_offsets_ms == expected);
}

TEST_CASE("histogram literals") {
  const auto parsed = ParseHistogram(
      " schema:1 count:7 sum:-2.5 z_bucket:1 z_bucket_w:0.5 buckets:[1 2] offset:-1 n_buckets:[3] "
      "counter_reset_hint:gauge ");
  REQUIRE(parsed.has_value());
  const storage::FloatHistogram& h = parsed->histogram;
  CHECK(parsed->hint_written);
  CHECK(h.hint == storage::CounterResetHint::kGauge);
  CHECK(h.schema == 1);
  CHECK(h.count == 7);
  CHECK(h.sum == -2.5);
  CHECK(h.zero_threshold == 0.5);
  CHECK(NonEmptyBuckets(h.positive_spans, h.positive_buckets) == BucketMap{{-1, 1}, {0, 2}});
  CHECK(NonEmptyBuckets(h.negative_spans, h.negative_buckets) == BucketMap{{0, 3}});
  CHECK(!ParseHistogram("sum:1 sum:2").has_value());
  CHECK(!ParseHistogram("buckets:[1 2").has_value());
}

TEST_CASE("histograms of a finer schema are added at the coarser one") {
  // Schema 1 has two buckets for each of schema 0: indexes 1 and 2 fall into 1, 3 into 2.
  const auto a = ParseHistogram("schema:0 buckets:[5]")->histogram;
  const auto b = ParseHistogram("schema:1 buckets:[1 2 4] offset:1")->histogram;
  const auto sum = Combine(a, b, 1);
  REQUIRE(sum.has_value());
  CHECK(NonEmptyBuckets(sum->positive_spans, sum->positive_buckets) == BucketMap{{0, 5}, {1, 3}, {2, 4}});
  CHECK(!Combine(b, a, 1).has_value());
}

TEST_CASE("classic buckets become custom ones") {
  std::vector<SeriesLine> lines;
  for (const std::string_view text : {"h_bucket{le='1',x='y'} 1 2", "h_bucket{le='2',x='y'} 3 2.5",
                                      "h_bucket{le='+Inf',x='y'} 4 5", "h_count{x='y'} 4 5", "h_sum{x='y'} 9 10"}) {
    lines.push_back(*ParseSeriesLine(text));
  }
  const auto converted = ConvertToNhcb(lines);
  REQUIRE(converted.has_value());
  REQUIRE(converted->size() == 1);
  CHECK((*converted)[0].labels.ToString() == "h{x=\"y\"}");
  const storage::FloatHistogram& first = *(*converted)[0].points[0].h;
  CHECK(first.custom_values == std::vector<double>{1, 2});
  CHECK(first.positive_buckets == std::vector<double>{1, 2, 1});
  CHECK(first.count == 4);
  CHECK(first.sum == 9);
  CHECK(first.integer);
  CHECK(!(*converted)[0].points[1].h->integer);
  lines[1] = *ParseSeriesLine("h_bucket{le='2',x='y'} 0.5 2");
  CHECK(!ConvertToNhcb(lines).has_value());
}

TEST_CASE("commands of a file") {
  const auto commands = ParseTestFile(
      "# comment\nclear\nload 5m\n  a 1 2\n\n  # gap\n\neval instant at 1h30m a + 1\n  expect warn msg: be ware\n  "
      "expect "
      "no_info\n  {} 3\n\neval range from 0 to 10m step 5m a\n a 1 2\n\neval instant at 0 1\n 0x1F\neval_fail instant "
      "at 1m "
      "b\n  expected_fail_regexp x.*\n");
  if (!commands) FAIL(commands.error().what);
  REQUIRE(commands->size() == 6);
  CHECK(std::get<Load>((*commands)[1].what).step_ms == 300'000);
  const auto& instant = std::get<Eval>((*commands)[2].what);
  CHECK((*commands)[2].line == 8);
  CHECK(instant.expr == "a + 1");
  CHECK(instant.times.start_ms == 5'400'000);
  CHECK(instant.warn.patterns.at(0).text == "be ware");
  CHECK(instant.info.none);
  CHECK(instant.series.size() == 1);
  CHECK(std::get<Eval>((*commands)[3].what).is_range);
  CHECK(std::get<Eval>((*commands)[4].what).scalar == 31);
  const auto& fail = std::get<Eval>((*commands)[5].what);
  CHECK(fail.fail);
  CHECK(fail.fail_message->Matches("has xyz"));
  CHECK(!fail.fail_message->Matches("has y"));
  CHECK(ParseTestFile("nope").error().what == "line 1: unknown command");
  CHECK(ParseTestFile("load x").error().what == "line 1: bad step");
}

TEST_CASE("floats are compared with a relative tolerance") {
  CHECK(AlmostEqual(1, 1 + 1e-7));
  CHECK(!AlmostEqual(1, 1 + 1e-5));
  CHECK(AlmostEqual(0, 0));
  CHECK(!AlmostEqual(0, 1e-300));
  CHECK(AlmostEqual(std::nan(""), storage::kNormalNan));
  CHECK(!AlmostEqual(std::nan(""), storage::kStaleNan));
  CHECK(AlmostEqual(storage::kStaleNan, storage::kStaleNan));
  CHECK(AlmostEqual(INFINITY, INFINITY));
  CHECK(!AlmostEqual(INFINITY, -INFINITY));
}

TEST_CASE("expressions are pinned where nothing pins them yet") {
  const promql::ParserOptions all{
      .experimental_functions = true, .extended_range_selectors = true, .binop_fill_modifiers = true};
  const auto pinned = [&all](const std::string& expr) {
    const auto traits = Examine(expr, all, 5000);
    return traits ? traits->pinned.value_or("none") : traits.error().what;
  };
  CHECK(pinned("a + rate(b[1m]) @ 3") != "");
  CHECK(pinned("a + b @ 3") == "a @ 5.000 + b @ 3.000");
  CHECK(pinned("sum_over_time(a[1m:]) + rate(b[1m])") == "sum_over_time(a[1m:] @ 5.000) + rate(b[1m] @ 5.000)");
  CHECK(pinned("a @ start()") == "a @ 5.000");
  CHECK(pinned("timestamp(a)") == "none");
  CHECK(Examine("a[step()]", all, 0)->uses_query_range);
  CHECK(Examine("a + fill(1) b", all, 0)->fill);
}

}  // namespace
}  // namespace vigia::promqltest
