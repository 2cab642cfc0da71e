// Functions of an instant vector that look at one value at a time: mathematics, dates, clamp, round. Element-wise over
// the steps of one series. Source: surface.md 4.7, Prometheus promql/functions.go.
#pragma once

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

#include "promql/functions/range_function.h"

namespace vigia::promql {

struct InstantInput {
  // One for each step. Invalid steps are computed too (their results mean nothing), so they must be initialised.
  std::span<const double> values;
  // The function's scalar arguments in the order written, the vector left out. An optional one that was not written has
  // an empty span (round's second).
  std::array<ScalarArgument, 2> scalars;
};

// output.valid holds the input's validity before the call; a kernel may clear slots (clamp with min > max), never sets
// any. output.values may be input.values.
using InstantKernel = void (*)(const InstantInput& input, StepOutput output);

struct InstantFunctionSpec {
  std::string_view name;
  InstantKernel kernel = nullptr;
};

// nullptr when `name` is no element-wise function. The date functions without argument are theirs of vector(time()).
// Not here, because they are no arithmetic on a value: absent, scalar, vector, time, timestamp, sort* (sort.h),
// label_* (label_functions.h), histogram_* (classic_histogram.h), info.
const InstantFunctionSpec* FindInstantFunction(std::string_view name);
std::span<const InstantFunctionSpec> AllInstantFunctions();

// The value of scalar(v) for one step: the only float element, NaN when there is none or more than one, is the
// executor's; min_of and max_of as Prometheus takes minimum and maximum (a NaN wins unless the other is the infinity
// that nothing exceeds; -0 is below +0).
double MinOf(double a, double b);
double MaxOf(double a, double b);

// a ^ b as Go's math.Pow computes it, whose rounding differs from C's in the last digit, and a % b, atan2(a, b).
double Power(double a, double b);
double Modulo(double a, double b);
double ArcTangent2(double a, double b);

}  // namespace vigia::promql
