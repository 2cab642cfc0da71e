#include "promql/plan/duration.h"

#include <algorithm>
#include <cmath>

namespace vigia::promql {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using Op = DurationExpr::Op;

constexpr double kMillisPerSecond = 1000.0;

Result<double> Divided(double lhs, double rhs) {
  if (rhs == 0) return Error{Errc::kInvalid, "division by zero"};
  return lhs / rhs;
}

Result<double> Remainder(double lhs, double rhs) {
  if (rhs == 0) return Error{Errc::kInvalid, "modulo by zero"};
  return std::fmod(lhs, rhs);
}

Result<double> Combine(Op op, double lhs, double rhs) {
  switch (op) {
    case Op::kAdd: return lhs + rhs;
    case Op::kSub: return lhs - rhs;
    case Op::kMul: return lhs * rhs;
    case Op::kDiv: return Divided(lhs, rhs);
    case Op::kMod: return Remainder(lhs, rhs);
    case Op::kPow: return std::pow(lhs, rhs);
    case Op::kMinOf: return std::min(lhs, rhs);
    case Op::kMaxOf: return std::max(lhs, rhs);
    case Op::kLiteral:
    case Op::kNegate:
    case Op::kPlus:
    case Op::kStep:
    case Op::kRange: break;
  }
  return Error{Errc::kInternal, "duration operator without two operands"};
}

// The parser limits the depth of the tree, hence of this recursion.
Result<double> Seconds(const DurationExpr& expr, const QueryTimes& times) {
  if (expr.op == Op::kLiteral) return expr.seconds;
  if (expr.op == Op::kStep) return static_cast<double>(times.step_ms) / kMillisPerSecond;
  if (expr.op == Op::kRange) return static_cast<double>(times.end_ms - times.start_ms) / kMillisPerSecond;
  if (!expr.lhs) return Error{Errc::kInternal, "duration operator without operand"};
  Result<double> lhs = Seconds(*expr.lhs, times);
  if (!lhs || expr.op == Op::kPlus) return lhs;
  if (expr.op == Op::kNegate) return -*lhs;
  if (!expr.rhs) return Error{Errc::kInternal, "duration operator without second operand"};
  Result<double> rhs = Seconds(*expr.rhs, times);
  if (!rhs) return rhs;
  return Combine(expr.op, *lhs, *rhs);
}

}  // namespace

Result<DurationMs> ResolveDuration(const DurationExpr& expr, DurationSign sign, const QueryTimes& times) {
  const Result<double> seconds = Seconds(expr, times);
  if (!seconds) return seconds.error();
  if (!std::isfinite(*seconds)) return Error{Errc::kInvalid, "duration is NaN or infinite"};
  if (sign == DurationSign::kPositive && *seconds <= 0) {
    return Error{Errc::kInvalid, "duration must be greater than 0"};
  }
  // Prometheus counts durations in nanoseconds of 64 bits.
  constexpr double kMaxSeconds = 9223372036.0;
  if (std::fabs(*seconds) > kMaxSeconds) return Error{Errc::kInvalid, "duration is out of range"};
  const auto ms = static_cast<DurationMs>(*seconds * kMillisPerSecond);
  // Less than a millisecond truncates to nothing, which is no range and no step.
  if (sign == DurationSign::kPositive && ms <= 0) return Error{Errc::kInvalid, "duration must be greater than 0"};
  return ms;
}

}  // namespace vigia::promql
