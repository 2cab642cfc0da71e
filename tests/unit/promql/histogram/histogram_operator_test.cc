#include "promql/histogram/histogram_operator.h"

#include "promql/histogram/layout.h"
#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

using Op = HistogramOperator;
using Flag = HistogramFlag;

const HistogramPtr kOne = Shared({.count = 3, .sum = 4, .positive = {1, 2}, .hint = CounterResetHint::kNotReset});

TEST_CASE("which operators are defined for which pairs") {
  struct Case {
    Op op;
    bool histograms, with_float, float_first;
  };
  for (const Case& c : {Case{Op::kAdd, true, false, false}, Case{Op::kSubtract, true, false, false},
                        Case{Op::kMultiply, false, true, true}, Case{Op::kDivide, false, true, false},
                        Case{Op::kTrimUpper, false, true, false}, Case{Op::kTrimLower, false, true, false},
                        Case{Op::kEqual, true, false, false}, Case{Op::kNotEqual, true, false, false},
                        Case{Op::kOther, false, false, false}}) {
    const auto defined = [&](const Operand& left, const Operand& right) {
      return !ApplyOperator(c.op, left, right).flags.Has(Flag::kIncompatibleTypes);
    };
    CHECK(defined({kOne}, {kOne}) == c.histograms);
    CHECK(defined({kOne}, {nullptr, 2}) == c.with_float);
    CHECK(defined({nullptr, 2}, {kOne}) == c.float_first);
  }
}

TEST_CASE("sums and differences are compact; a difference is a gauge") {
  const OperatorResult sum = ApplyOperator(Op::kAdd, {kOne}, {kOne});
  CHECK(sum.keep);
  CHECK(Equals(*sum.h, Make({.count = 6, .sum = 8, .positive = {2, 4}})));
  CHECK(sum.h->hint == CounterResetHint::kNotReset);
  const OperatorResult difference = ApplyOperator(Op::kSubtract, {kOne}, {kOne});
  CHECK(difference.h->positive_buckets.empty());
  CHECK(difference.h->hint == CounterResetHint::kGauge);
  CHECK(kOne->count == 3);  // Operands are shared and stay.
}

TEST_CASE("what sums have to tell") {
  const HistogramPtr reset = Shared({.hint = CounterResetHint::kReset});
  const HistogramPtr a = Shared({.positive = {1}, .bounds = {1, 2}});
  const HistogramPtr b = Shared({.positive = {1}, .bounds = {2}});
  CHECK(ApplyOperator(Op::kAdd, {kOne}, {reset}).flags == Flag::kResetCollisionInAddition);
  CHECK(ApplyOperator(Op::kSubtract, {kOne}, {reset}).flags == Flag::kResetCollisionInSubtraction);
  CHECK(ApplyOperator(Op::kAdd, {a}, {b}).flags == Flag::kBoundsReconciledInAddition);
  CHECK(ApplyOperator(Op::kSubtract, {a}, {b}).flags == Flag::kBoundsReconciledInSubtraction);
  const OperatorResult mixed = ApplyOperator(Op::kAdd, {kOne}, {a});
  CHECK(mixed.flags == Flag::kIncompatibleBucketLayout);
  CHECK_FALSE(mixed.h);
}

TEST_CASE("multiples, comparisons, minus") {
  CHECK(ApplyOperator(Op::kMultiply, {nullptr, 2}, {kOne}).h->count == 6);
  CHECK(ApplyOperator(Op::kMultiply, {kOne}, {nullptr, 0}).h->positive_buckets.empty());
  CHECK(ApplyOperator(Op::kDivide, {kOne}, {nullptr, 2}).h->sum == 2);
  const OperatorResult equal = ApplyOperator(Op::kEqual, {kOne}, {Share(*kOne)});
  CHECK(equal.keep);
  CHECK(equal.h == kOne);
  CHECK_FALSE(ApplyOperator(Op::kNotEqual, {kOne}, {kOne}).keep);
  CHECK(ApplyOperator(Op::kTrimLower, {kOne}, {nullptr, 1}).h->count == 2);
  CHECK(Negate(kOne)->sum == -4);
  CHECK(Negate(kOne)->hint == CounterResetHint::kGauge);
}

TEST_CASE("flags become annotations") {
  AnnotationSet set;
  AnnotateOperator(Flag::kIncompatibleTypes, {kOne}, "^", {nullptr, 1}, {1, 3}, set);
  AnnotateOperator(Flag::kIncompatibleBucketLayout, {kOne}, "+", {kOne}, {1, 3}, set);
  HistogramFlags flags = Flag::kNotCounter;
  flags.Add(Flag::kBoundsReconciledInAggregation);
  Annotate(flags, "m", {2, 1}, set);
  const Annotations out = set.Render();
  CHECK(out.warnings ==
        std::vector<std::string>{"PromQL warning: incompatible bucket layout encountered for binary operator + (1:3)",
                                 "PromQL warning: this native histogram metric is not a counter: \"m\" (2:1)"});
  CHECK(out.infos == std::vector<std::string>{
                         "PromQL info: incompatible sample types encountered for binary operator \"^\": histogram ^ "
                         "float (1:3)",
                         "PromQL info: mismatched custom buckets were reconciled during aggregation (2:1)"});
}

}  // namespace
}  // namespace vigia::promql
