// A binary operator where one of its two samples, or both, is a native histogram, and the operators that floats do not
// have (surface.md 4.5).
#pragma once

#include "promql/exec/query_context.h"
#include "promql/histogram/histogram_operator.h"
#include "promql/parser/ast.h"

namespace vigia::promql {

bool IsTrim(BinaryOp op);
// Operators that select or cut keep the metric name of their left side, those that compute do not.
bool KeepsMetricName(BinaryOp op);

// What the operator makes of a pair of samples.
struct CombinedSample {
  bool valid = false;
  HistogramPtr h;  // Set: a histogram.
  double v = 0;
};

// REQUIRES: one of the operands is a histogram, or the operator is a trim; it is no set operator. Comparisons keep the
// left histogram, or say whether they hold if `return_bool`. Annotations are about `pos`.
CombinedSample Combine(QueryContext& context, BinaryOp op, bool return_bool, PosRange pos, const Operand& lhs,
                       const Operand& rhs);

}  // namespace vigia::promql
