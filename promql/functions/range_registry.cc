#include <array>

#include "promql/functions/range_function.h"
#include "promql/functions/range_specs.h"

namespace vigia::promql {
namespace {

constexpr std::array kAll{
    &kAvgOverTime,
    &kChanges,
    &kCountOverTime,
    &kDelta,
    &kDeriv,
    &kDoubleExponentialSmoothing,
    &kFirstOverTime,
    &kIdelta,
    &kIncrease,
    &kIrate,
    &kLastOverTime,
    &kMadOverTime,
    &kMaxOverTime,
    &kMinOverTime,
    &kPredictLinear,
    &kPresentOverTime,
    &kQuantileOverTime,
    &kRate,
    &kResets,
    &kStddevOverTime,
    &kStdvarOverTime,
    &kSumOverTime,
    &kTsOfFirstOverTime,
    &kTsOfLastOverTime,
    &kTsOfMaxOverTime,
    &kTsOfMinOverTime,
};

}  // namespace

const RangeFunctionSpec* FindRangeFunction(std::string_view name) {
  for (const RangeFunctionSpec* spec : kAll) {
    if (spec->name == name) return spec;
  }
  return nullptr;
}

std::span<const RangeFunctionSpec* const> AllRangeFunctions() { return kAll; }

}  // namespace vigia::promql
