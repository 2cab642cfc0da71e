// The functions of PromQL: names, argument types, result types (surface.md 4.7; Prometheus promql/parser/functions.go).
#pragma once

#include <cstddef>
#include <span>
#include <string_view>

#include "promql/parser/ast.h"

namespace vigia::promql {

// One value per function, dense from 0 and in the order of the names, so that tables may be indexed with it.
enum class FunctionId {
  kAbs,
  kAbsent,
  kAbsentOverTime,
  kAcos,
  kAcosh,
  kAsin,
  kAsinh,
  kAtan,
  kAtanh,
  kAvgOverTime,
  kCeil,
  kChanges,
  kClamp,
  kClampMax,
  kClampMin,
  kCos,
  kCosh,
  kCountOverTime,
  kDayOfMonth,
  kDayOfWeek,
  kDayOfYear,
  kDaysInMonth,
  kDeg,
  kDelta,
  kDeriv,
  kDoubleExponentialSmoothing,
  kEnd,
  kExp,
  kFirstOverTime,
  kFloor,
  kHistogramAvg,
  kHistogramCount,
  kHistogramFraction,
  kHistogramQuantile,
  kHistogramQuantiles,
  kHistogramStddev,
  kHistogramStdvar,
  kHistogramSum,
  kHour,
  kIdelta,
  kIncrease,
  kInfo,
  kIrate,
  kLabelJoin,
  kLabelReplace,
  kLastOverTime,
  kLn,
  kLog10,
  kLog2,
  kMadOverTime,
  kMaxOf,
  kMaxOverTime,
  kMinOf,
  kMinOverTime,
  kMinute,
  kMonth,
  kPi,
  kPredictLinear,
  kPresentOverTime,
  kQuantileOverTime,
  kRad,
  kRange,
  kRate,
  kResets,
  kRound,
  kScalar,
  kSgn,
  kSin,
  kSinh,
  kSort,
  kSortByLabel,
  kSortByLabelDesc,
  kSortDesc,
  kSqrt,
  kStart,
  kStartTimestamp,
  kStddevOverTime,
  kStdvarOverTime,
  kStep,
  kSumOverTime,
  kTan,
  kTanh,
  kTime,
  kTimestamp,
  kTsOfFirstOverTime,
  kTsOfLastOverTime,
  kTsOfMaxOverTime,
  kTsOfMinOverTime,
  kVector,
  kYear,
};
inline constexpr std::size_t kFunctionCount = 90;

struct FunctionSignature {
  FunctionId id;
  std::string_view name;
  std::span<const ValueType> args;
  // 0: exactly args. n > 0: the last of args is optional and may be given up to n times. -1: the same without a limit.
  int variadic;
  ValueType result;
  bool experimental;  // Needs ParserOptions::experimental_functions.
};

// Null when there is no such function. Names are case-sensitive. The result lives as long as the program.
const FunctionSignature* FindFunction(std::string_view name);

const FunctionSignature& SignatureOf(FunctionId id);

// All functions, ascending by name; element i has the id i.
std::span<const FunctionSignature> AllFunctions();

}  // namespace vigia::promql
