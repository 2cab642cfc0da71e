#include "promql/exec/histogram_reader.h"
#include "promql/exec/histogram_size.h"
#include "promql/exec/row_batch.h"
#include "promql/exec/row_store.h"
#include "promql/exec/sample_budget.h"
#include "promql/exec/sample_counter.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

using storage::CounterResetHint;
using storage::FloatHistogram;

HistogramPtr WithCount(double count, CounterResetHint hint = CounterResetHint::kUnknown) {
  FloatHistogram h;
  h.hint = hint;
  h.count = count;
  h.sum = 2 * count;
  h.positive_spans = {{0, 1}};
  h.positive_buckets = {count};
  return std::make_shared<const FloatHistogram>(std::move(h));
}

// 168 bytes of fields, 8 of time, 8 for each element, in units of 16.
TEST_CASE("a histogram counts by its size") {
  FloatHistogram h;
  CHECK(SamplesOf(h) == 11);
  h.positive_spans.resize(1);
  h.positive_buckets.resize(8);
  CHECK(SamplesOf(h) == 15);
  h.negative_spans.resize(2);
  h.negative_buckets.resize(4);
  h.custom_values.resize(3);
  CHECK(SamplesOf(h) == 20);

  std::vector<std::uint64_t> before;
  const std::vector<HistogramPtr> mixed = {nullptr, WithCount(1), nullptr};
  SumSamples(mixed, before);
  CHECK(before == std::vector<std::uint64_t>{0, 1, 13, 14});
}

TEST_CASE("rows have histograms only where somebody asked for them") {
  RowBatch batch(2);
  batch.Append(1);
  CHECK(batch.row(0).histograms.empty());
  batch.Append(2);
  Row row = batch.WithHistograms(1);
  REQUIRE(row.histograms.size() == 2);
  CHECK_FALSE(row.IsHistogram(0));
  row.histograms[0] = WithCount(1);
  row.histograms[1] = WithCount(1);
  row.valid[0] = 1;
  CHECK(batch.row(1).IsHistogram(0));
  CHECK(batch.row(0).histograms.empty());
  CHECK(CountSamples(batch.row(1)) == 12);

  batch.MoveRow(1, 0);
  batch.DropLast();
  CHECK(batch.row(0).IsHistogram(0));
  CHECK(batch.row(0).valid[0] == 1);
  CHECK(DiscardHistograms(batch.row(0)));
  CHECK(batch.row(0).valid[0] == 0);
  CHECK_FALSE(DiscardHistograms(batch.row(0)));

  batch.Clear();
  CHECK(batch.Append(3).histograms.empty());
}

TEST_CASE("a store keeps histograms beside values") {
  SampleBudget budget(100);
  RowStore store(budget);
  RowBatch batch(4);
  Row row = batch.Append(5);
  row = batch.WithHistograms(0);
  row.valid[1] = row.valid[2] = 1;
  row.values[1] = 7;
  row.histograms[2] = WithCount(3);
  REQUIRE(store.Add(5, row).has_value());
  const StoredRow stored = store.row(0);
  CHECK(stored.HistogramAt(1) == nullptr);
  REQUIRE(stored.HistogramAt(2) != nullptr);
  CHECK(stored.HistogramAt(2)->count == 3);
  const Row copy = store.AppendTo(0, batch);
  CHECK(copy.values[1] == 7);
  CHECK(copy.IsHistogram(2));
  CHECK_FALSE(copy.IsHistogram(3));

  // A column that holds nothing at valid steps is not kept.
  row.valid[2] = 0;
  REQUIRE(store.Add(6, row).has_value());
  CHECK(store.row(1).histograms.empty());
}

TEST_CASE("histograms get the hints of their neighbours when they are read") {
  const std::vector<TimestampMs> t = {1, 2, 3, 4, 5};
  const std::vector<double> v(5, 0.0);
  const std::vector<HistogramPtr> h = {WithCount(1), WithCount(2), nullptr, WithCount(9), WithCount(4)};
  const storage::SamplesView view{t, v, h, 0};
  CHECK(HasHistograms(view));
  const auto hint = [&](std::size_t i, HistogramDetail detail) {
    return ReadHistogram(view, i, nullptr, detail)->hint;
  };
  CHECK(hint(0, HistogramDetail::kAll) == CounterResetHint::kUnknown);
  CHECK(hint(1, HistogramDetail::kAll) == CounterResetHint::kNotReset);
  CHECK(hint(3, HistogramDetail::kAll) == CounterResetHint::kUnknown);
  CHECK(hint(4, HistogramDetail::kAll) == CounterResetHint::kUnknown);
  // In front of the view there may be another one.
  CHECK(ReadHistogram(view, 0, WithCount(1), HistogramDetail::kAll)->hint == CounterResetHint::kNotReset);
  CHECK(ReadHistogram(view, 0, WithCount(3), HistogramDetail::kAll)->hint == CounterResetHint::kUnknown);
  CHECK(ReadHistogram(view, 0, WithCount(3), HistogramDetail::kStatistics)->hint == CounterResetHint::kUnknown);
  // Without buckets the hint has to say what they would.
  CHECK(hint(4, HistogramDetail::kStatistics) == CounterResetHint::kReset);
  const HistogramPtr statistics = ReadHistogram(view, 1, nullptr, HistogramDetail::kStatistics);
  CHECK(statistics->count == 2);
  CHECK(statistics->sum == 4);
  CHECK(statistics->positive_buckets.empty());
  CHECK_FALSE(HasHistograms({t, v, {}, 0}));
}

TEST_CASE("windows count the samples of their histograms") {
  const std::vector<TimestampMs> t = {1000, 2000, 3000};
  RangeGrid grid;
  grid.steps = 2;
  grid.end_start_ms = 2000;
  grid.end_step_ms = 1000;
  grid.range_ms = 2000;
  const WindowSet windows(t, grid);
  const std::vector<HistogramPtr> mixed = {nullptr, WithCount(1), nullptr};
  std::vector<std::uint64_t> before;
  SumSamples(mixed, before);
  SampleCounter counter;
  counter.KeepSteps(2);
  counter.AddWindows(windows, before);
  CHECK(counter.total() == 13 + 13);
  CHECK(counter.read() == 14);
  CHECK(std::vector<std::uint64_t>(counter.read_by_step().begin(), counter.read_by_step().end()) ==
        std::vector<std::uint64_t>{13, 1});
}

}  // namespace
}  // namespace vigia::promql
