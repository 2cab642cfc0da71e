// Rows to values: the end of the pipeline. Memory of the values is reserved before they are made.
#pragma once

#include "promql/exec/operator.h"
#include "promql/exec/range_source.h"
#include "promql/value/value.h"

namespace vigia::promql {

// The elements of an instant query, in the order in which the operators give them. REQUIRES: one step.
storage::Result<Vector> CollectVector(Operator& root, SampleBudget& budget);
// All steps of a range query; series without a sample are left out. Not sorted.
storage::Result<Matrix> CollectMatrix(Operator& root, SampleBudget& budget);
// What the window of the only step holds, for each series with something in it. `samples` gets those that are not
// counted yet.
storage::Result<Matrix> CollectWindows(QueryContext& context, RangeSource& root, SampleCounter& samples);

}  // namespace vigia::promql
