#include "promql/histogram/counter_reset.h"

#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

using Hint = CounterResetHint;

TEST_CASE("hints decide") {
  const FloatHistogram high = Make({.count = 5, .positive = {5}});
  FloatHistogram low = Make({.count = 1, .positive = {1}});
  CHECK(DetectReset(low, high));
  CHECK_FALSE(DetectReset(high, low));
  low.hint = Hint::kNotReset;
  CHECK_FALSE(DetectReset(low, high));
  FloatHistogram marked = high;
  marked.hint = Hint::kReset;
  CHECK(DetectReset(marked, low));
  low.hint = Hint::kGauge;
  CHECK(DetectReset(low, high));
}

TEST_CASE("a fall anywhere is a reset, even with a growing count") {
  const FloatHistogram before = Make({.count = 6, .zero_count = 1, .positive = {2, 0, 3}, .negative = {1}});
  CHECK_FALSE(DetectReset(before, before));
  CHECK_FALSE(DetectReset(Make({.count = 9, .zero_count = 1, .positive = {2, 1, 4}, .negative = {1, 1}}), before));
  CHECK(DetectReset(Make({.count = 9, .zero_count = 0, .positive = {2, 0, 3}, .negative = {1}}), before));
  CHECK(DetectReset(Make({.count = 9, .zero_count = 1, .positive = {1, 0, 9}, .negative = {1}}), before));
  CHECK(DetectReset(Make({.count = 9, .zero_count = 1, .positive = {2}, .negative = {9}}), before));
  CHECK(DetectReset(Make({.count = 9, .zero_count = 1, .positive = {9, 9, 9}}), before));
  // The sum of observations may fall.
  CHECK_FALSE(
      DetectReset(Make({.count = 2, .sum = -9, .positive = {2}}), Make({.count = 2, .sum = 5, .positive = {2}})));
  // A bucket that is gone counts only if it was populated.
  CHECK_FALSE(DetectReset(Make({.count = 2, .positive = {2}}), Make({.count = 2, .positive = {2, 0, 0}})));
}

TEST_CASE("layouts change without a reset in one direction only") {
  const FloatHistogram fine = Make({.schema = 1, .count = 3, .positive = {1, 2}, .offset = 1});
  CHECK_FALSE(DetectReset(Make({.count = 3, .positive = {3}, .offset = 1}), fine));
  CHECK(DetectReset(Make({.count = 3, .positive = {2}, .offset = 1}), fine));
  CHECK(DetectReset(fine, Make({.count = 3, .positive = {3}, .offset = 1})));

  const FloatHistogram narrow = Make({.count = 3, .zero_count = 1, .zero_threshold = 0.25, .positive = {2}});
  const FloatHistogram wide = Make({.count = 3, .zero_count = 3, .zero_threshold = 1});
  CHECK_FALSE(DetectReset(wide, narrow));  // (0.5,1] has gone into the zero bucket.
  CHECK(DetectReset(narrow, wide));
  CHECK(DetectReset(Make({.count = 3, .zero_count = 2, .zero_threshold = 1}), narrow));
  CHECK(DetectReset(Make({.count = 3, .zero_count = 3, .zero_threshold = 0.75}), narrow));  // Cuts a populated bucket.
}

TEST_CASE("custom bounds are compared where both have them") {
  const FloatHistogram before = Make({.count = 6, .positive = {1, 2, 3}, .bounds = {1, 2}});
  CHECK(DetectReset(before, Make({.count = 6, .positive = {6}})));
  CHECK(DetectReset(Make({.count = 6, .positive = {6}}), before));
  CHECK_FALSE(DetectReset(Make({.count = 6, .positive = {3, 3}, .bounds = {2}}), before));
  CHECK(DetectReset(Make({.count = 6, .positive = {2, 4}, .bounds = {2}}), before));
  CHECK(DetectReset(Make({.count = 6, .positive = {4, 2}, .bounds = {2}}), before));
  CHECK_FALSE(DetectReset(Make({.count = 6, .positive = {3, 3}, .bounds = {7}}), before));
}

TEST_CASE("hints of samples that follow each other") {
  const FloatHistogram one = Make({.count = 1, .positive = {1}});
  const FloatHistogram two = Make({.count = 2, .positive = {2}});
  CHECK(HintWhenRead(nullptr, one) == Hint::kUnknown);
  CHECK(HintWhenRead(&one, two) == Hint::kNotReset);
  CHECK(HintWhenRead(&two, one) == Hint::kUnknown);
  FloatHistogram gauge = one;
  gauge.hint = Hint::kGauge;
  CHECK(HintWhenRead(&one, gauge) == Hint::kGauge);
  CHECK(HintWhenRead(&gauge, two) == Hint::kUnknown);
  FloatHistogram reset = two;
  reset.hint = Hint::kReset;
  CHECK(HintWhenRead(&one, reset) == Hint::kUnknown);
  CHECK(HintWhenRead(&one, Make({.schema = -1, .count = 2, .positive = {2}})) == Hint::kUnknown);

  CHECK(HintForStatistics(nullptr, one) == Hint::kUnknown);
  CHECK(HintForStatistics(&two, one) == Hint::kReset);
  CHECK(HintForStatistics(&one, two) == Hint::kNotReset);
  CHECK(HintForStatistics(&two, gauge) == Hint::kGauge);

  const HistogramPtr shared = Share(one);
  CHECK(ForgetNeighbours(shared) == shared);
  CHECK(ForgetNeighbours(Share(gauge))->hint == Hint::kGauge);
  CHECK(ForgetNeighbours(Share(reset))->hint == Hint::kUnknown);
}

}  // namespace
}  // namespace vigia::promql
