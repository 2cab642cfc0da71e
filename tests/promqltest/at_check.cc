#include "tests/promqltest/at_check.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "promql/parser/function_signature.h"
#include "promql/parser/printer.h"
#include "promql/parser/walk.h"

namespace vigia::promqltest {
namespace {

using promql::AtAnchor;
using promql::Expr;
using promql::FunctionId;

bool UsesQueryRange(FunctionId id) {
  return id == FunctionId::kStart || id == FunctionId::kEnd || id == FunctionId::kRange || id == FunctionId::kStep;
}

// All other functions depend on their arguments alone.
bool DependsOnEvaluationTime(FunctionId id) {
  constexpr FunctionId kTimeFunctions[] = {
      FunctionId::kDaysInMonth,   FunctionId::kDayOfMonth, FunctionId::kDayOfWeek, FunctionId::kDayOfYear,
      FunctionId::kHour,          FunctionId::kMinute,     FunctionId::kMonth,     FunctionId::kYear,
      FunctionId::kPredictLinear, FunctionId::kTime,       FunctionId::kTimestamp};
  return UsesQueryRange(id) || std::ranges::find(kTimeFunctions, id) != std::end(kTimeFunctions);
}

bool UsesQueryRange(const promql::DurationExprPtr& duration) {
  if (!duration) return false;
  using Op = promql::DurationExpr::Op;
  if (duration->op == Op::kStep || duration->op == Op::kRange) return true;
  return UsesQueryRange(duration->lhs) || UsesQueryRange(duration->rhs);
}

class Examiner {
 public:
  explicit Examiner(storage::TimestampMs at_ms) : at_ms_(at_ms) {}

  void Visit(Expr& expr, bool inside_pinned) {
    if (auto* selector = expr.As<promql::VectorSelector>()) {
      Selector(*selector, inside_pinned);
    } else if (auto* matrix = expr.As<promql::MatrixSelector>()) {
      Selector(matrix->selector, inside_pinned);
      Duration(matrix->range_expr);
    } else if (auto* subquery = expr.As<promql::SubqueryExpr>()) {
      Pin(subquery->modifiers, inside_pinned);
      Duration(subquery->range_expr);
      Duration(subquery->step_expr);
      inside_pinned = true;
    } else if (const auto* call = expr.As<promql::Call>()) {
      const FunctionId id = call->function->id;
      traits_.uses_query_range |= UsesQueryRange(id);
      traits_.experimental_functions |= call->function->experimental;
      depends_on_time_ |= DependsOnEvaluationTime(id);
    } else if (const auto* aggregate = expr.As<promql::AggregateExpr>()) {
      traits_.experimental_functions |= IsExperimental(aggregate->op);
    } else if (const auto* binary = expr.As<promql::BinaryExpr>(); binary && binary->matching) {
      traits_.fill |= binary->matching->fill_left.has_value() || binary->matching->fill_right.has_value();
    }
    promql::ForEachChild(expr, [&](Expr& child) { Visit(child, inside_pinned); });
  }

  ExprTraits Take(const Expr& expr) {
    if (!depends_on_time_) traits_.pinned = promql::ToString(expr);
    return std::move(traits_);
  }

 private:
  void Selector(promql::VectorSelector& selector, bool inside_pinned) {
    traits_.extended_ranges |= selector.extension != promql::RangeExtension::kNone;
    Pin(selector.modifiers, inside_pinned);
  }

  void Pin(promql::Modifiers& modifiers, bool inside_pinned) {
    Duration(modifiers.offset_expr);
    traits_.uses_query_range |= modifiers.at == AtAnchor::kStart || modifiers.at == AtAnchor::kEnd;
    if (inside_pinned || modifiers.at == AtAnchor::kTimestamp) return;
    modifiers.at = AtAnchor::kTimestamp;
    modifiers.at_ms = at_ms_;
  }

  void Duration(const promql::DurationExprPtr& duration) {
    traits_.computed_durations |= duration != nullptr;
    traits_.uses_query_range |= UsesQueryRange(duration);
  }

  const storage::TimestampMs at_ms_;
  bool depends_on_time_ = false;
  ExprTraits traits_;
};

}  // namespace

storage::Result<ExprTraits> Examine(const std::string& expr, const promql::ParserOptions& options,
                                    storage::TimestampMs at_ms) {
  const storage::Result<promql::ExprPtr> tree = promql::ParseExpr(expr, options);
  if (!tree) return tree.error();
  Examiner examiner(at_ms);
  examiner.Visit(**tree, false);
  return examiner.Take(**tree);
}

}  // namespace vigia::promqltest
