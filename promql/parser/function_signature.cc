#include "promql/parser/function_signature.h"

#include <algorithm>
#include <array>

namespace vigia::promql {
namespace {

constexpr ValueType kS = ValueType::kScalar, kV = ValueType::kVector, kM = ValueType::kMatrix, kT = ValueType::kString;

constexpr std::array kArgsM = {kM};
constexpr std::array kArgsMS = {kM, kS};
constexpr std::array kArgsMSS = {kM, kS, kS};
constexpr std::array kArgsS = {kS};
constexpr std::array kArgsSM = {kS, kM};
constexpr std::array kArgsSS = {kS, kS};
constexpr std::array kArgsSSV = {kS, kS, kV};
constexpr std::array kArgsSV = {kS, kV};
constexpr std::array kArgsV = {kV};
constexpr std::array kArgsVS = {kV, kS};
constexpr std::array kArgsVSS = {kV, kS, kS};
constexpr std::array kArgsVT = {kV, kT};
constexpr std::array kArgsVTSS = {kV, kT, kS, kS};
constexpr std::array kArgsVTTT = {kV, kT, kT, kT};
constexpr std::array kArgsVTTTT = {kV, kT, kT, kT, kT};
constexpr std::array kArgsVV = {kV, kV};
constexpr std::span<const ValueType> kNoArgs;

// Ascending by name: FindFunction() searches by halves.
constexpr std::array<FunctionSignature, kFunctionCount> kFunctions = {{
    {FunctionId::kAbs, "abs", kArgsV, 0, kV, false},
    {FunctionId::kAbsent, "absent", kArgsV, 0, kV, false},
    {FunctionId::kAbsentOverTime, "absent_over_time", kArgsM, 0, kV, false},
    {FunctionId::kAcos, "acos", kArgsV, 0, kV, false},
    {FunctionId::kAcosh, "acosh", kArgsV, 0, kV, false},
    {FunctionId::kAsin, "asin", kArgsV, 0, kV, false},
    {FunctionId::kAsinh, "asinh", kArgsV, 0, kV, false},
    {FunctionId::kAtan, "atan", kArgsV, 0, kV, false},
    {FunctionId::kAtanh, "atanh", kArgsV, 0, kV, false},
    {FunctionId::kAvgOverTime, "avg_over_time", kArgsM, 0, kV, false},
    {FunctionId::kCeil, "ceil", kArgsV, 0, kV, false},
    {FunctionId::kChanges, "changes", kArgsM, 0, kV, false},
    {FunctionId::kClamp, "clamp", kArgsVSS, 0, kV, false},
    {FunctionId::kClampMax, "clamp_max", kArgsVS, 0, kV, false},
    {FunctionId::kClampMin, "clamp_min", kArgsVS, 0, kV, false},
    {FunctionId::kCos, "cos", kArgsV, 0, kV, false},
    {FunctionId::kCosh, "cosh", kArgsV, 0, kV, false},
    {FunctionId::kCountOverTime, "count_over_time", kArgsM, 0, kV, false},
    {FunctionId::kDayOfMonth, "day_of_month", kArgsV, 1, kV, false},
    {FunctionId::kDayOfWeek, "day_of_week", kArgsV, 1, kV, false},
    {FunctionId::kDayOfYear, "day_of_year", kArgsV, 1, kV, false},
    {FunctionId::kDaysInMonth, "days_in_month", kArgsV, 1, kV, false},
    {FunctionId::kDeg, "deg", kArgsV, 0, kV, false},
    {FunctionId::kDelta, "delta", kArgsM, 0, kV, false},
    {FunctionId::kDeriv, "deriv", kArgsM, 0, kV, false},
    {FunctionId::kDoubleExponentialSmoothing, "double_exponential_smoothing", kArgsMSS, 0, kV, true},
    {FunctionId::kEnd, "end", kNoArgs, 0, kS, true},
    {FunctionId::kExp, "exp", kArgsV, 0, kV, false},
    {FunctionId::kFirstOverTime, "first_over_time", kArgsM, 0, kV, true},
    {FunctionId::kFloor, "floor", kArgsV, 0, kV, false},
    {FunctionId::kHistogramAvg, "histogram_avg", kArgsV, 0, kV, false},
    {FunctionId::kHistogramCount, "histogram_count", kArgsV, 0, kV, false},
    {FunctionId::kHistogramFraction, "histogram_fraction", kArgsSSV, 0, kV, false},
    {FunctionId::kHistogramQuantile, "histogram_quantile", kArgsSV, 0, kV, false},
    {FunctionId::kHistogramQuantiles, "histogram_quantiles", kArgsVTSS, 9, kV, true},
    {FunctionId::kHistogramStddev, "histogram_stddev", kArgsV, 0, kV, false},
    {FunctionId::kHistogramStdvar, "histogram_stdvar", kArgsV, 0, kV, false},
    {FunctionId::kHistogramSum, "histogram_sum", kArgsV, 0, kV, false},
    {FunctionId::kHour, "hour", kArgsV, 1, kV, false},
    {FunctionId::kIdelta, "idelta", kArgsM, 0, kV, false},
    {FunctionId::kIncrease, "increase", kArgsM, 0, kV, false},
    {FunctionId::kInfo, "info", kArgsVV, 1, kV, true},
    {FunctionId::kIrate, "irate", kArgsM, 0, kV, false},
    {FunctionId::kLabelJoin, "label_join", kArgsVTTT, -1, kV, false},
    {FunctionId::kLabelReplace, "label_replace", kArgsVTTTT, 0, kV, false},
    {FunctionId::kLastOverTime, "last_over_time", kArgsM, 0, kV, false},
    {FunctionId::kLn, "ln", kArgsV, 0, kV, false},
    {FunctionId::kLog10, "log10", kArgsV, 0, kV, false},
    {FunctionId::kLog2, "log2", kArgsV, 0, kV, false},
    {FunctionId::kMadOverTime, "mad_over_time", kArgsM, 0, kV, true},
    {FunctionId::kMaxOf, "max_of", kArgsSS, 0, kS, true},
    {FunctionId::kMaxOverTime, "max_over_time", kArgsM, 0, kV, false},
    {FunctionId::kMinOf, "min_of", kArgsSS, 0, kS, true},
    {FunctionId::kMinOverTime, "min_over_time", kArgsM, 0, kV, false},
    {FunctionId::kMinute, "minute", kArgsV, 1, kV, false},
    {FunctionId::kMonth, "month", kArgsV, 1, kV, false},
    {FunctionId::kPi, "pi", kNoArgs, 0, kS, false},
    {FunctionId::kPredictLinear, "predict_linear", kArgsMS, 0, kV, false},
    {FunctionId::kPresentOverTime, "present_over_time", kArgsM, 0, kV, false},
    {FunctionId::kQuantileOverTime, "quantile_over_time", kArgsSM, 0, kV, false},
    {FunctionId::kRad, "rad", kArgsV, 0, kV, false},
    {FunctionId::kRange, "range", kNoArgs, 0, kS, true},
    {FunctionId::kRate, "rate", kArgsM, 0, kV, false},
    {FunctionId::kResets, "resets", kArgsM, 0, kV, false},
    {FunctionId::kRound, "round", kArgsVS, 1, kV, false},
    {FunctionId::kScalar, "scalar", kArgsV, 0, kS, false},
    {FunctionId::kSgn, "sgn", kArgsV, 0, kV, false},
    {FunctionId::kSin, "sin", kArgsV, 0, kV, false},
    {FunctionId::kSinh, "sinh", kArgsV, 0, kV, false},
    {FunctionId::kSort, "sort", kArgsV, 0, kV, false},
    {FunctionId::kSortByLabel, "sort_by_label", kArgsVT, -1, kV, true},
    {FunctionId::kSortByLabelDesc, "sort_by_label_desc", kArgsVT, -1, kV, true},
    {FunctionId::kSortDesc, "sort_desc", kArgsV, 0, kV, false},
    {FunctionId::kSqrt, "sqrt", kArgsV, 0, kV, false},
    {FunctionId::kStart, "start", kNoArgs, 0, kS, true},
    {FunctionId::kStartTimestamp, "start_timestamp", kArgsV, 0, kV, true},
    {FunctionId::kStddevOverTime, "stddev_over_time", kArgsM, 0, kV, false},
    {FunctionId::kStdvarOverTime, "stdvar_over_time", kArgsM, 0, kV, false},
    {FunctionId::kStep, "step", kNoArgs, 0, kS, true},
    {FunctionId::kSumOverTime, "sum_over_time", kArgsM, 0, kV, false},
    {FunctionId::kTan, "tan", kArgsV, 0, kV, false},
    {FunctionId::kTanh, "tanh", kArgsV, 0, kV, false},
    {FunctionId::kTime, "time", kNoArgs, 0, kS, false},
    {FunctionId::kTimestamp, "timestamp", kArgsV, 0, kV, false},
    {FunctionId::kTsOfFirstOverTime, "ts_of_first_over_time", kArgsM, 0, kV, true},
    {FunctionId::kTsOfLastOverTime, "ts_of_last_over_time", kArgsM, 0, kV, true},
    {FunctionId::kTsOfMaxOverTime, "ts_of_max_over_time", kArgsM, 0, kV, true},
    {FunctionId::kTsOfMinOverTime, "ts_of_min_over_time", kArgsM, 0, kV, true},
    {FunctionId::kVector, "vector", kArgsS, 0, kV, false},
    {FunctionId::kYear, "year", kArgsV, 1, kV, false},
}};

constexpr bool IsSortedAndDense() {
  for (std::size_t i = 0; i < kFunctions.size(); ++i) {
    if (static_cast<std::size_t>(kFunctions[i].id) != i) return false;
    if (i > 0 && !(kFunctions[i - 1].name < kFunctions[i].name)) return false;
  }
  return true;
}
static_assert(IsSortedAndDense());

}  // namespace

const FunctionSignature* FindFunction(std::string_view name) {
  const auto at = std::ranges::lower_bound(kFunctions, name, {}, &FunctionSignature::name);
  return at != kFunctions.end() && at->name == name ? &*at : nullptr;
}

const FunctionSignature& SignatureOf(FunctionId id) { return kFunctions[static_cast<std::size_t>(id)]; }

std::span<const FunctionSignature> AllFunctions() { return kFunctions; }

}  // namespace vigia::promql
