#include "promql/value/go_math.h"

#include <cmath>
#include <cstdint>
#include <limits>
#include <numbers>

namespace vigia::promql {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();
constexpr double kNan = std::numeric_limits<double>::quiet_NaN();

bool IsOddInteger(double x) {
  if (std::fabs(x) >= 0x1p53) return false;  // All such numbers are even.
  const double whole = std::trunc(x);
  return whole == x && std::fmod(whole, 2) != 0;
}

double PowOfZero(double x, double y) {
  const bool keeps_sign = std::signbit(x) && IsOddInteger(y);
  if (y < 0) return keeps_sign ? -kInfinity : kInfinity;
  return keeps_sign ? x : 0;
}

double PowToInfinity(double x, double y) {
  if (x == -1) return 1;
  return (std::fabs(x) < 1) == (y > 0) ? 0 : kInfinity;
}

double PowOfInfinity(double x, double y) {
  if (x < 0) return PowOfZero(-0.0, -y);
  return y < 0 ? 0 : kInfinity;
}

// |y| >= 2^63 apart, for finite x != 0 and y.
double PowByProducts(double x, double y) {
  double whole = 0;
  double fraction = std::modf(std::fabs(y), &whole);
  if (fraction != 0 && x < 0) return kNan;
  if (whole >= 0x1p63) return PowToInfinity(x, y);
  double result = 1;  // The value is result * 2^exponent.
  std::int64_t exponent = 0;
  if (fraction != 0) {
    if (fraction > 0.5) {
      --fraction;
      ++whole;
    }
    result = std::exp(fraction * std::log(x));
  }
  int base_exponent = 0;
  double base = std::frexp(x, &base_exponent);
  std::int64_t power_exponent = base_exponent;
  for (auto rest = static_cast<std::int64_t>(whole); rest != 0; rest >>= 1) {
    if (power_exponent < -(1 << 12) || power_exponent > (1 << 12)) {
      exponent += power_exponent;  // Overflows or underflows for certain.
      break;
    }
    if ((rest & 1) == 1) {
      result *= base;
      exponent += power_exponent;
    }
    base *= base;
    power_exponent <<= 1;
    if (base < 0.5) {
      base += base;
      --power_exponent;
    }
  }
  if (y < 0) {
    result = 1 / result;
    exponent = -exponent;
  }
  return std::ldexp(result, static_cast<int>(exponent));
}

}  // namespace

double GoMin(double a, double b) {
  if (a == -kInfinity || b == -kInfinity) return -kInfinity;
  if (std::isnan(a) || std::isnan(b)) return kNan;
  if (a == 0 && b == 0) return std::signbit(a) ? a : b;
  return a < b ? a : b;
}

double GoMax(double a, double b) {
  if (a == kInfinity || b == kInfinity) return kInfinity;
  if (std::isnan(a) || std::isnan(b)) return kNan;
  if (a == 0 && b == 0) return std::signbit(a) ? b : a;
  return a > b ? a : b;
}

double GoLog2(double x) {
  if (!(x > 0) || std::isinf(x)) return std::log(x);
  int exponent = 0;
  const double significand = std::frexp(x, &exponent);
  // Exact for powers of two.
  if (significand == 0.5) return exponent - 1;
  return std::log(significand) * std::numbers::log2e + exponent;
}

// Go divides its constants before it rounds them, so this is log10(2) and not a quotient of two doubles.
double GoLog10(double x) { return GoLog2(x) * 0.301029995663981195213738894724493027; }

double GoExp2(double x) {
  if (std::isnan(x) || x == kInfinity) return x;
  if (x > 1023.9999999999999) return kInfinity;
  if (x < -1074) return 0;
  // 2^x = e^(t ln 2) * 2^k with |t| <= 1/2; ln 2 in two parts, so that the high product loses nothing.
  const int k = static_cast<int>(x < 0 ? x - 0.5 : x + 0.5);
  const double t = x - k;
  const double high = t * 6.93147180369123816490e-01;
  const double low = -t * 1.90821492927058770002e-10;
  const double r = high - low;
  const double square = r * r;
  constexpr double kP1 = 1.66666666666666657415e-01;
  constexpr double kP2 = -2.77777777770155933842e-03;
  constexpr double kP3 = 6.61375632143793436117e-05;
  constexpr double kP4 = -1.65339022054652515390e-06;
  constexpr double kP5 = 4.13813679705723846039e-08;
  const double c = r - square * (kP1 + square * (kP2 + square * (kP3 + square * (kP4 + square * kP5))));
  const double y = 1 - ((low - (r * c) / (2 - c)) - high);
  return std::ldexp(y, k);
}

double GoPow(double x, double y) {
  if (y == 0 || x == 1) return 1;
  if (y == 1) return x;
  if (std::isnan(x) || std::isnan(y)) return kNan;
  if (x == 0) return PowOfZero(x, y);
  if (std::isinf(y)) return PowToInfinity(x, y);
  if (std::isinf(x)) return PowOfInfinity(x, y);
  if (y == 0.5) return std::sqrt(x);
  if (y == -0.5) return 1 / std::sqrt(x);
  return PowByProducts(x, y);
}

}  // namespace vigia::promql
