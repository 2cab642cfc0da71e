// Is a histogram that came from outside one that can be computed with? (Prometheus model/histogram, Validate)
#pragma once

#include "storage/model/error.h"
#include "storage/model/histogram.h"

namespace vigia::promql {

// kInvalid with Prometheus' text: unknown schema, spans that do not fit the buckets or overlap, negative counts, custom
// bounds that do not ascend or are not finite, fields that the schema does not have. For integer histograms also a
// count that is not the sum of the buckets (or below it, when NaN was observed); rounding forbids that for others.
storage::Status Validate(const storage::FloatHistogram& h);

}  // namespace vigia::promql
