#include "promql/functions/mixed_range.h"

#include <string>

#include "promql/functions/extended_histogram_rate.h"
#include "promql/histogram/format.h"
#include "promql/histogram/layout.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

using Flag = HistogramFlag;
using Hint = storage::CounterResetHint;
using storage::FloatHistogram;

// Observations in (1,2] and a sum that is twice their number.
FloatHistogram Number(double count, Hint hint = Hint::kUnknown) {
  FloatHistogram h;
  h.hint = hint;
  h.count = count;
  h.sum = 2 * count;
  h.positive_spans = {{1, 1}};
  h.positive_buckets = {count};
  return h;
}

FloatHistogram Custom(double count, std::vector<double> bounds) {
  FloatHistogram h = Number(count);
  h.schema = storage::kCustomBucketsSchema;
  h.positive_spans[0].offset = 0;
  h.custom_values = std::move(bounds);
  return h;
}

struct Item {
  Item(double value) : v(value) {}                                                             // NOLINT: a sample
  Item(int value) : v(value) {}                                                                // NOLINT: a sample
  Item(FloatHistogram value) : h(std::make_shared<const FloatHistogram>(std::move(value))) {}  // NOLINT: a sample
  double v = 0;
  HistogramPtr h;
};

// "-" for nothing, the float, or the histogram's text; then the flags.
struct Outcome {
  std::vector<std::string> steps;
  std::vector<HistogramPtr> histograms;
  HistogramFlags flags;
};

constexpr DurationMs kMinute = 60'000;

Outcome Run(std::string_view name, const std::vector<Item>& items, const RangeGrid& grid) {
  std::vector<TimestampMs> t;
  std::vector<double> v;
  std::vector<HistogramPtr> h;
  for (const Item& item : items) {
    t.push_back(static_cast<TimestampMs>(t.size()) * kMinute);
    v.push_back(item.v);
    h.push_back(item.h);
  }
  const RangeFunctionSpec* spec = FindRangeFunction(name);
  REQUIRE(spec != nullptr);
  const WindowSet windows(t, grid);
  std::vector<double> values(grid.steps, 4711);
  std::vector<std::uint8_t> valid(grid.steps, 7);
  Outcome out;
  out.histograms.assign(grid.steps, std::make_shared<const FloatHistogram>());
  MixedRangeScratch scratch;
  const MixedRangeInput input{.values = v, .histograms = h, .windows = windows, .scalars = {}};
  REQUIRE(EvaluateMixedRange(*spec, input, scratch, {values, valid, out.histograms}, out.flags).has_value());
  for (std::size_t i = 0; i < grid.steps; ++i) {
    REQUIRE(valid[i] <= 1);
    if (valid[i] == 0) {
      CHECK(out.histograms[i] == nullptr);
      out.steps.push_back("-");
    } else {
      out.steps.push_back(out.histograms[i] ? FormatHistogram(*out.histograms[i]) : std::to_string(values[i]));
    }
  }
  return out;
}

RangeGrid At(DurationMs at_ms, DurationMs range_ms, WindowKind kind = WindowKind::kPlain) {
  RangeGrid grid;
  grid.eval_start_ms = grid.end_start_ms = at_ms;
  grid.range_ms = range_ms;
  grid.kind = kind;
  grid.lookback_ms = 5 * kMinute;
  return grid;
}

// All items in one window that begins a minute before the first.
Outcome RunAll(std::string_view name, const std::vector<Item>& items) {
  const auto size = static_cast<DurationMs>(items.size());
  return Run(name, items, At((size - 1) * kMinute, size * kMinute));
}

double CountOf(const Outcome& outcome) {
  REQUIRE(outcome.histograms.at(0) != nullptr);
  return outcome.histograms[0]->count;
}

TEST_CASE("increase of histograms extrapolates as for their count") {
  // Two minutes are sampled, and the minute to the left is taken in: the counter meets 0 at its very beginning, as
  // 120 s * 2 / 4 = 60 s. So the increase is (120 + 60) / 120 of 4.
  const Outcome plain = RunAll("increase", {Number(2), Number(3), Number(6)});
  CHECK(plain.steps[0] == "{count:6, sum:12, (1,2]:6}");
  CHECK(plain.histograms[0]->hint == Hint::kGauge);
  CHECK(plain.flags.empty());
  // The zero point is nearer: 120 * 1 / 5 = 24 s, hence 144 / 120.
  CHECK(RunAll("increase", {Number(1), Number(3), Number(6)}).steps[0] == "{count:6, sum:12, (1,2]:6}");
  CHECK(RunAll("rate", {Number(2), Number(3), Number(6)}).histograms[0]->count == Approx(6.0 / 180));
  CHECK(RunAll("increase", {Number(2)}).steps[0] == "-");
}

TEST_CASE("increase adds what there was before a reset") {
  // 10 - 4 + 6 = 12 over 120 s; it meets 0 after 120 s * 4 / 12 = 40 s to the left.
  CHECK(CountOf(RunAll("increase", {Number(4), Number(6), Number(10, Hint::kReset)})) == Approx(16));
  CHECK(CountOf(RunAll("increase", {Number(4), Number(6), Number(5)})) == 10.5);
  CHECK(CountOf(RunAll("increase", {Number(4), Number(6), Number(5, Hint::kNotReset)})) == 1.5);
  CHECK(CountOf(RunAll("delta", {Number(4), Number(6), Number(5)})) == 1.5);
}

TEST_CASE("a first sample before a reset may be of any layout") {
  const Outcome out = RunAll("increase", {Custom(1, {5}), Number(3), Number(4)});
  CHECK(out.flags.empty());
  CHECK(out.histograms[0]->count == Approx(4 * 1.25));  // Only its count: 120 * 1 / 4 = 30 s to zero.
  CHECK(RunAll("increase", {Number(3), Custom(4, {5}), Number(5)}).flags == Flag::kMixedExponentialCustom);
  CHECK(RunAll("increase", {Number(3), Number(4), Custom(5, {5})}).flags == Flag::kMixedExponentialCustom);
  CHECK(RunAll("delta", {Number(3), Custom(4, {5})}).steps[0] == "-");
}

TEST_CASE("rates go down to the lowest resolution of the window") {
  FloatHistogram coarse = Number(6);
  coarse.schema = -1;  // (1,4]
  CHECK(RunAll("increase", {Number(2), coarse, coarse}).steps[0] == "{count:6, sum:12, (1,4]:6}");
}

TEST_CASE("rates of gauges and differences of counters are told") {
  CHECK(RunAll("rate", {Number(1, Hint::kGauge), Number(2, Hint::kGauge)}).flags == Flag::kNotCounter);
  CHECK(RunAll("rate", {Number(1), Number(2, Hint::kGauge), Number(3)}).flags == Flag::kNotCounter);
  CHECK(RunAll("delta", {Number(1, Hint::kGauge), Number(2)}).flags == Flag::kNotGauge);
  CHECK(RunAll("delta", {Number(1, Hint::kGauge), Number(2, Hint::kGauge)}).flags.empty());
  CHECK(RunAll("irate", {Number(1), Number(2, Hint::kGauge)}).flags == Flag::kNotCounter);
  CHECK(RunAll("idelta", {Number(1), Number(2)}).flags == Flag::kNotGauge);
}

TEST_CASE("bounds that differ are reconciled") {
  const Outcome out = RunAll("increase", {Custom(1, {5}), Custom(2, {5, 10}), Custom(3, {5, 10})});
  CHECK(out.flags == Flag::kBoundsReconciledInSubtraction);
  CHECK(out.histograms[0]->custom_values == std::vector<double>{5});
  CHECK(RunAll("sum_over_time", {Custom(1, {5}), Custom(2, {5, 10})}).flags == Flag::kBoundsReconciledInAggregation);
}

TEST_CASE("irate and idelta take the last two samples") {
  const Outcome out = RunAll("irate", {Number(9), Number(3), Number(9)});
  CHECK(out.steps[0] == "{count:0.1, sum:0.2, (1,2]:0.1}");
  CHECK(CountOf(RunAll("irate", {Number(9), Number(3)})) == Approx(3.0 / 60));
  CHECK(CountOf(RunAll("idelta", {Number(9), Number(3)})) == -6);
  CHECK(RunAll("irate", {Number(1), 3, 9}).steps[0] == "0.100000");
  CHECK(RunAll("irate", {1, 3, Number(9)}).flags == Flag::kMixedFloatsHistograms);
  CHECK(RunAll("idelta", {Number(1), Custom(2, {5})}).steps[0] == "-");
  // A change of kind is a reset to a counter.
  CHECK(CountOf(RunAll("irate", {Number(1), Custom(6, {5})})) == 0.1);
}

TEST_CASE("sums and means over time") {
  CHECK(RunAll("sum_over_time", {Number(1), Number(2), Number(6)}).steps[0] == "{count:9, sum:18, (1,2]:9}");
  CHECK(RunAll("avg_over_time", {Number(1), Number(2), Number(6)}).steps[0] == "{count:3, sum:6, (1,2]:3}");
  CHECK(RunAll("avg_over_time", {Number(5)}).steps[0] == "{count:5, sum:10, (1,2]:5}");
  CHECK(RunAll("sum_over_time", {Number(1), Custom(2, {5})}).flags == Flag::kMixedExponentialCustom);
  CHECK(RunAll("sum_over_time", {Number(1, Hint::kReset), Number(2, Hint::kNotReset)}).flags ==
        Flag::kResetCollisionInAggregation);
}

TEST_CASE("windows with both kinds are dropped with a warning, or keep their floats with an info") {
  for (const char* name : {"rate", "increase", "delta", "sum_over_time", "avg_over_time"}) {
    const Outcome out = RunAll(name, {1, 2, Number(3), Number(4)});
    CHECK(out.steps[0] == "-");
    CHECK(out.flags == Flag::kMixedFloatsHistograms);
  }
  const Outcome max = RunAll("max_over_time", {1, Number(9), 2});
  CHECK(max.steps[0] == "2.000000");
  CHECK(max.flags == Flag::kIgnoredInMixedRange);
  const Outcome none = RunAll("max_over_time", {Number(9)});
  CHECK(none.steps[0] == "-");
  CHECK(none.flags.empty());
}

TEST_CASE("each window is judged by what is in it") {
  RangeGrid grid = At(2 * kMinute, 2 * kMinute);
  grid.steps = 4;
  grid.eval_step_ms = grid.end_step_ms = kMinute;
  const Outcome out = Run("sum_over_time", {1, 2, 3, Number(4), Number(5), Number(6)}, grid);
  CHECK(out.steps ==
        std::vector<std::string>{"5.000000", "-", "{count:9, sum:18, (1,2]:9}", "{count:11, sum:22, (1,2]:11}"});
}

TEST_CASE("ends, counts and changes look at every sample") {
  const std::vector<Item> items = {1, Number(2), Number(2), Number(1), 5};
  CHECK(RunAll("first_over_time", items).steps[0] == "1.000000");
  CHECK(RunAll("last_over_time", items).steps[0] == "5.000000");
  CHECK(RunAll("last_over_time", {1, Number(2)}).steps[0] == "{count:2, sum:4, (1,2]:2}");
  CHECK(RunAll("count_over_time", items).steps[0] == "5.000000");
  CHECK(RunAll("present_over_time", {Number(1)}).steps[0] == "1.000000");
  CHECK(RunAll("ts_of_last_over_time", {1, Number(1)}).steps[0] == "60.000000");
  CHECK(RunAll("changes", items).steps[0] == "3.000000");
  CHECK(RunAll("resets", items).steps[0] == "3.000000");
}

TEST_CASE("anchored and smoothed ranges of histograms") {
  // Samples 1, 4, 9 at 0 s, 60 s, 120 s; the range is (30 s, 90 s].
  const std::vector<Item> items = {Number(1), Number(4), Number(9)};
  CHECK(CountOf(Run("increase", items, At(90'000, kMinute, WindowKind::kAnchored))) == 3);
  CHECK(CountOf(Run("increase", items, At(90'000, kMinute, WindowKind::kSmoothed))) == 4);  // 6.5 - 2.5
  CHECK(CountOf(Run("rate", items, At(90'000, kMinute, WindowKind::kSmoothed))) == Approx(4.0 / 60));
  CHECK(Run("delta", items, At(90'000, kMinute, WindowKind::kAnchored)).flags == Flag::kNotGauge);
  CHECK(Run("increase", items, At(200'000, kMinute, WindowKind::kAnchored)).steps[0] == "-");
  // A reset at the end, and one that the left end lies behind already.
  CHECK(CountOf(Run("increase", {Number(5), Number(10), Number(3)}, At(120'000, 120'000, WindowKind::kAnchored))) == 8);
  CHECK(CountOf(Run("increase", {Number(10), Number(5)}, At(45'000, 30'000, WindowKind::kSmoothed))) == 2.5);
  CHECK(Run("resets", {Number(5), 1, Number(3), Number(2)}, At(180'000, 70'000, WindowKind::kAnchored)).steps[0] ==
        "2.000000");
}

TEST_CASE("histograms between two samples") {
  HistogramFlags flags;
  const FloatHistogram a = Number(2);
  const FloatHistogram b = Number(6);
  CHECK(InterpolateHistograms({0, &a}, {100, &b}, 25, true, flags)->count == 3);
  CHECK(InterpolateHistograms({0, &b}, {100, &a}, 25, true, flags)->count == 0.5);
  CHECK(InterpolateHistograms({0, &b}, {100, &a}, 25, false, flags)->count == 5);
  CHECK(Equals(*InterpolateHistograms({0, &a}, {100, &b}, 100, true, flags), b));
  CHECK(flags.empty());
}

}  // namespace
}  // namespace vigia::promql
