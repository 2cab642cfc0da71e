// Duration expressions (`[step() * 2]`) to milliseconds, once the times of the query are known (surface.md 4.3).
#pragma once

#include "promql/parser/ast.h"
#include "promql/plan/steps.h"
#include "storage/model/error.h"

namespace vigia::promql {

enum class DurationSign { kPositive, kAny };

// Fails with kInvalid: "duration must be greater than 0", "duration is out of range", "duration is NaN or infinite",
// "division by zero", "modulo by zero".
storage::Result<DurationMs> ResolveDuration(const DurationExpr& expr, DurationSign sign, const QueryTimes& times);

}  // namespace vigia::promql
