#include "promql/functions/histogram_fold.h"

#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

using Flag = HistogramFlag;
using Hint = storage::CounterResetHint;
using storage::FloatHistogram;

HistogramPtr Number(double count, Hint hint = Hint::kUnknown) {
  FloatHistogram h;
  h.hint = hint;
  h.count = count;
  h.positive_spans = {{1, 1}};
  h.positive_buckets = {count};
  return std::make_shared<const FloatHistogram>(std::move(h));
}

HistogramPtr Custom(double count) {
  FloatHistogram h = *Number(count);
  h.schema = storage::kCustomBucketsSchema;
  h.custom_values = {1, 2};
  return std::make_shared<const FloatHistogram>(std::move(h));
}

// One group. A row is what a series has at each step.
class Folding {
 public:
  Folding(FoldOp op, HistogramFoldOp histogram_op, std::size_t steps)
      : floats_(op, 1, steps), op_(histogram_op), steps_(steps) {}

  void Floats(const std::vector<double>& row, const std::vector<std::uint8_t>& has) {
    floats_.Add(0, row, has);
    if (fold_) fold_->AddFloats(0, has);
  }
  void Histograms(const std::vector<HistogramPtr>& row) {
    if (!fold_) fold_ = std::make_unique<HistogramFold>(op_, 1, steps_, floats_);
    fold_->Add(0, row);
  }
  HistogramFlags Finish() {
    values.assign(steps_, 0);
    valid.assign(steps_, 0);
    histograms.assign(steps_, nullptr);
    floats_.Finish(0, {values, valid});
    fold_->Finish(0, {values, valid}, histograms);
    return fold_->TakeFlags();
  }

  std::vector<double> values;
  std::vector<std::uint8_t> valid;
  std::vector<HistogramPtr> histograms;

 private:
  Fold floats_;
  const HistogramFoldOp op_;
  const std::size_t steps_;
  std::unique_ptr<HistogramFold> fold_;
};

TEST_CASE("sum and avg of histograms beside floats at other steps") {
  for (const bool is_sum : {true, false}) {
    Folding folding(is_sum ? FoldOp::kSum : FoldOp::kAvg, is_sum ? HistogramFoldOp::kSum : HistogramFoldOp::kAvg, 3);
    folding.Floats({5, 0, 0}, {1, 0, 0});
    folding.Histograms({nullptr, Number(1), nullptr});
    folding.Histograms({nullptr, Number(3), nullptr});
    CHECK(folding.Finish().empty());
    CHECK(folding.valid == std::vector<std::uint8_t>{1, 1, 0});
    CHECK(folding.values[0] == 5);
    CHECK(folding.histograms[0] == nullptr);
    REQUIRE(folding.histograms[1] != nullptr);
    CHECK(folding.histograms[1]->count == (is_sum ? 4 : 2));
  }
}

TEST_CASE("groups with both kinds are dropped, whichever came first") {
  for (const bool floats_first : {true, false}) {
    Folding folding(FoldOp::kSum, HistogramFoldOp::kSum, 1);
    if (floats_first) folding.Floats({1}, {1});
    folding.Histograms({Number(2)});
    if (!floats_first) folding.Floats({1}, {1});
    CHECK(folding.Finish() == Flag::kMixedFloatsHistogramsInAggregation);
    CHECK(folding.valid[0] == 0);
    CHECK(folding.histograms[0] == nullptr);
  }
}

TEST_CASE("groups of incompatible buckets are dropped; what comes later does not matter") {
  Folding folding(FoldOp::kAvg, HistogramFoldOp::kAvg, 2);
  folding.Histograms({Number(1), Custom(1)});
  folding.Histograms({Custom(1), Custom(2)});
  folding.Floats({1, 0}, {1, 0});
  CHECK(folding.Finish() == Flag::kMixedExponentialCustom);
  CHECK(folding.valid == std::vector<std::uint8_t>{0, 1});
  CHECK(folding.histograms[1]->count == 1.5);
}

TEST_CASE("conflicting hints are told for results only") {
  Folding folding(FoldOp::kSum, HistogramFoldOp::kSum, 1);
  folding.Histograms({Number(1, Hint::kReset)});
  folding.Histograms({Number(1, Hint::kNotReset)});
  CHECK(folding.Finish() == Flag::kResetCollisionInAggregation);
  CHECK(folding.histograms[0]->hint == Hint::kUnknown);

  Folding dropped(FoldOp::kSum, HistogramFoldOp::kSum, 1);
  dropped.Histograms({Number(1, Hint::kReset)});
  dropped.Histograms({Number(1, Hint::kNotReset)});
  dropped.Floats({1}, {1});
  CHECK(dropped.Finish() == Flag::kMixedFloatsHistogramsInAggregation);
}

TEST_CASE("results are compact") {
  Folding folding(FoldOp::kSum, HistogramFoldOp::kSum, 1);
  folding.Histograms({Number(1)});
  folding.Histograms({Number(-1)});
  folding.Finish();
  CHECK(folding.histograms[0]->positive_spans.empty());
}

TEST_CASE("a fold knows which cells have a float") {
  for (const FoldOp op : {FoldOp::kSum, FoldOp::kAvg, FoldOp::kMin, FoldOp::kCount, FoldOp::kGroup}) {
    Fold fold(op, 2, 2);
    fold.Add(1, std::vector<double>{1, 2}, std::vector<std::uint8_t>{0, 1});
    CHECK_FALSE(fold.Has(0, 1));
    CHECK_FALSE(fold.Has(1, 0));
    CHECK(fold.Has(1, 1));
  }
}

}  // namespace
}  // namespace vigia::promql
