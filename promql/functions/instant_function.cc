#include "promql/functions/instant_function.h"

#include <cmath>
#include <limits>
#include <numbers>

#include "promql/functions/date_functions.h"
#include "promql/value/go_math.h"

namespace vigia::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

template <double (*kFunction)(double)>
void Map(const InstantInput& input, StepOutput output) {
  for (std::size_t i = 0; i < input.values.size(); ++i) output.values[i] = kFunction(input.values[i]);
}

double Abs(double v) { return std::fabs(v); }
double Acos(double v) { return std::acos(v); }
double Acosh(double v) { return std::acosh(v); }
double Asin(double v) { return std::asin(v); }
double Asinh(double v) { return std::asinh(v); }
double Atan(double v) { return std::atan(v); }
double Atanh(double v) { return std::atanh(v); }
double Ceil(double v) { return std::ceil(v); }
double Cos(double v) { return std::cos(v); }
double Cosh(double v) { return std::cosh(v); }
double Deg(double v) { return v * 180 / std::numbers::pi; }
double Exp(double v) { return std::exp(v); }
double Floor(double v) { return std::floor(v); }
double Ln(double v) { return std::log(v); }
double Rad(double v) { return v * std::numbers::pi / 180; }
double Sgn(double v) { return v < 0 ? -1 : v > 0 ? 1 : v; }
double Sin(double v) { return std::sin(v); }
double Sinh(double v) { return std::sinh(v); }
double Sqrt(double v) { return std::sqrt(v); }
double Tan(double v) { return std::tan(v); }
double Tanh(double v) { return std::tanh(v); }

// Ties go up. Dividing by the inverse loses less than multiplying by a step such as 0.1.
void Round(const InstantInput& input, StepOutput output) {
  const bool to_integer = input.scalars[0].values.empty();
  for (std::size_t i = 0; i < input.values.size(); ++i) {
    const double inverse = 1.0 / (to_integer ? 1.0 : input.scalars[0].At(i));
    output.values[i] = std::floor(input.values[i] * inverse + 0.5) / inverse;
  }
}

void ClampStep(const InstantInput& input, StepOutput output, std::size_t i, double min, double max) {
  if (max < min) output.valid[i] = 0;
  output.values[i] = GoMax(min, GoMin(max, input.values[i]));
}

void Clamp(const InstantInput& input, StepOutput output) {
  for (std::size_t i = 0; i < input.values.size(); ++i) {
    ClampStep(input, output, i, input.scalars[0].At(i), input.scalars[1].At(i));
  }
}

void ClampMax(const InstantInput& input, StepOutput output) {
  for (std::size_t i = 0; i < input.values.size(); ++i) ClampStep(input, output, i, -kInfinity, input.scalars[0].At(i));
}

void ClampMin(const InstantInput& input, StepOutput output) {
  for (std::size_t i = 0; i < input.values.size(); ++i) ClampStep(input, output, i, input.scalars[0].At(i), kInfinity);
}

constexpr std::array kAll{
    InstantFunctionSpec{"abs", &Map<&Abs>},
    InstantFunctionSpec{"acos", &Map<&Acos>},
    InstantFunctionSpec{"acosh", &Map<&Acosh>},
    InstantFunctionSpec{"asin", &Map<&Asin>},
    InstantFunctionSpec{"asinh", &Map<&Asinh>},
    InstantFunctionSpec{"atan", &Map<&Atan>},
    InstantFunctionSpec{"atanh", &Map<&Atanh>},
    InstantFunctionSpec{"ceil", &Map<&Ceil>},
    InstantFunctionSpec{"clamp", &Clamp},
    InstantFunctionSpec{"clamp_max", &ClampMax},
    InstantFunctionSpec{"clamp_min", &ClampMin},
    InstantFunctionSpec{"cos", &Map<&Cos>},
    InstantFunctionSpec{"cosh", &Map<&Cosh>},
    InstantFunctionSpec{"day_of_month", &Map<&DayOfMonth>},
    InstantFunctionSpec{"day_of_week", &Map<&DayOfWeek>},
    InstantFunctionSpec{"day_of_year", &Map<&DayOfYear>},
    InstantFunctionSpec{"days_in_month", &Map<&DaysInMonth>},
    InstantFunctionSpec{"deg", &Map<&Deg>},
    InstantFunctionSpec{"exp", &Map<&Exp>},
    InstantFunctionSpec{"floor", &Map<&Floor>},
    InstantFunctionSpec{"hour", &Map<&HourOf>},
    InstantFunctionSpec{"ln", &Map<&Ln>},
    InstantFunctionSpec{"log10", &Map<&GoLog10>},
    InstantFunctionSpec{"log2", &Map<&GoLog2>},
    InstantFunctionSpec{"minute", &Map<&MinuteOf>},
    InstantFunctionSpec{"month", &Map<&MonthOf>},
    InstantFunctionSpec{"rad", &Map<&Rad>},
    InstantFunctionSpec{"round", &Round},
    InstantFunctionSpec{"sgn", &Map<&Sgn>},
    InstantFunctionSpec{"sin", &Map<&Sin>},
    InstantFunctionSpec{"sinh", &Map<&Sinh>},
    InstantFunctionSpec{"sqrt", &Map<&Sqrt>},
    InstantFunctionSpec{"tan", &Map<&Tan>},
    InstantFunctionSpec{"tanh", &Map<&Tanh>},
    InstantFunctionSpec{"year", &Map<&YearOf>},
};

}  // namespace

const InstantFunctionSpec* FindInstantFunction(std::string_view name) {
  for (const InstantFunctionSpec& spec : kAll) {
    if (spec.name == name) return &spec;
  }
  return nullptr;
}

std::span<const InstantFunctionSpec> AllInstantFunctions() { return kAll; }

double MinOf(double a, double b) { return GoMin(a, b); }
double MaxOf(double a, double b) { return GoMax(a, b); }
double Power(double a, double b) { return GoPow(a, b); }
double Modulo(double a, double b) { return std::fmod(a, b); }
double ArcTangent2(double a, double b) { return std::atan2(a, b); }

}  // namespace vigia::promql
