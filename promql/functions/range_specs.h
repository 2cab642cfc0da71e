// The rows of the registry of range-vector functions, each defined beside its kernel.
#pragma once

#include "promql/functions/range_function.h"

namespace vigia::promql {

extern const RangeFunctionSpec kAvgOverTime, kChanges, kCountOverTime, kDelta, kDeriv, kDoubleExponentialSmoothing,
    kFirstOverTime, kIdelta, kIncrease, kIrate, kLastOverTime, kMadOverTime, kMaxOverTime, kMinOverTime, kPredictLinear,
    kPresentOverTime, kQuantileOverTime, kRate, kResets, kStddevOverTime, kStdvarOverTime, kSumOverTime,
    kTsOfFirstOverTime, kTsOfLastOverTime, kTsOfMaxOverTime, kTsOfMinOverTime;

}  // namespace vigia::promql
