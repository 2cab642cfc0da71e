// Binary operators of which at least one side is a native histogram (surface.md 4.5; Prometheus promql/engine.go,
// vectorElemBinop), and unary minus.
#pragma once

#include <string_view>

#include "promql/histogram/histogram_flags.h"
#include "promql/value/value.h"

namespace vigia::promql {

enum class HistogramOperator {
  kAdd,
  kSubtract,
  kMultiply,
  kDivide,
  kTrimUpper,  // </
  kTrimLower,  // >/
  kEqual,
  kNotEqual,
  kOther,  // All others: not defined for histograms.
};

// A side of the operator: a histogram, or a float if `h` is nullptr.
struct Operand {
  HistogramPtr h;
  double v = 0;
};

struct OperatorResult {
  HistogramPtr h;     // nullptr: there is no result.
  bool keep = false;  // Of a comparison: did it hold? `h` is then the left side; with `bool` the result is this as 0/1.
  HistogramFlags flags;
};

// REQUIRES: one of the operands is a histogram. For everything but comparisons, keep == (h != nullptr); a comparison
// whose types do not fit has keep false and kIncompatibleTypes (with `bool` too there is no result then).
OperatorResult ApplyOperator(HistogramOperator op, const Operand& left, const Operand& right);

HistogramPtr Negate(const HistogramPtr& h);

// The annotations of ApplyOperator. `op` as written.
void AnnotateOperator(HistogramFlags flags, const Operand& left, std::string_view op, const Operand& right,
                      TextPosition position, AnnotationSet& out);

}  // namespace vigia::promql
