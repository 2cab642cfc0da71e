#include "promql/plan/lower.h"

#include <algorithm>
#include <numbers>
#include <optional>
#include <utility>

#include "promql/plan/duration.h"

namespace vigia::promql {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

const Expr& WithoutParens(const Expr& expr) {
  const Expr* at = &expr;
  while (const auto* paren = at->As<ParenExpr>()) at = paren->expr.get();
  return *at;
}

class Lowering {
 public:
  explicit Lowering(const LowerOptions& options) : options_(options) {}

  // The parser limits the depth of the tree, hence of this recursion.
  Result<PlanPtr> Run(const Expr& expr) {
    return std::visit([&](const auto& node) { return Node(expr, node); }, expr.node);
  }

 private:
  template <class T>
  static PlanPtr Make(const Expr& expr, T node) {
    auto plan = std::make_unique<PlanNode>();
    plan->node = std::move(node);
    plan->pos = expr.pos;
    plan->type = expr.type;
    return plan;
  }

  Result<PlanPtr> Node(const Expr& expr, const NumberLiteral& n) { return Make(expr, NumberNode{n.value}); }
  Result<PlanPtr> Node(const Expr& expr, const StringLiteral& n) { return Make(expr, StringNode{n.value}); }
  Result<PlanPtr> Node(const Expr&, const ParenExpr& n) { return Run(*n.expr); }

  Result<PlanPtr> Node(const Expr& expr, const VectorSelector& n) {
    // Prometheus ignores `anchored` on an instant selector.
    Result<TimeShift> shift = Shift(n.modifiers);
    if (!shift) return shift.error();
    SelectNode node;
    node.matchers = n.matchers;
    node.shift = *shift;
    node.smoothed = n.extension == RangeExtension::kSmoothed;
    return Make(expr, std::move(node));
  }

  Result<PlanPtr> Node(const Expr& expr, const MatrixSelector& n) {
    Result<TimeShift> shift = Shift(n.selector.modifiers);
    if (!shift) return shift.error();
    const Result<DurationMs> range = Duration(n.range_expr.get(), n.range_ms, DurationSign::kPositive);
    if (!range) return range.error();
    return Make(expr, RangeSelectNode{n.selector.matchers, *shift, *range, KindOf(n.selector.extension)});
  }

  Result<PlanPtr> Node(const Expr& expr, const SubqueryExpr& n) {
    Result<TimeShift> shift = Shift(n.modifiers);
    if (!shift) return shift.error();
    const Result<DurationMs> range = Duration(n.range_expr.get(), n.range_ms, DurationSign::kPositive);
    if (!range) return range.error();
    Result<DurationMs> step = Duration(n.step_expr.get(), n.step_ms, DurationSign::kPositive);
    if (!step) return step.error();
    Result<PlanPtr> input = Run(*n.expr);
    if (!input) return input;
    SubqueryNode node{std::move(*input), *shift, *range, *step > 0 ? *step : options_.default_subquery_step_ms};
    return Make(expr, std::move(node));
  }

  Result<PlanPtr> Node(const Expr& expr, const UnaryExpr& n) {
    Result<PlanPtr> input = Run(*n.expr);
    if (!input || !n.negative) return input;
    return Make(expr, NegateNode{std::move(*input)});
  }

  Result<PlanPtr> Node(const Expr& expr, const BinaryExpr& n) {
    const bool is_trim = n.op == BinaryOp::kTrimUpper || n.op == BinaryOp::kTrimLower;
    if (is_trim && n.lhs->type == ValueType::kScalar && n.rhs->type == ValueType::kScalar) {
      return Error{Errc::kLimit, "operator \"" + std::string(ToString(n.op)) + "\" not allowed for Scalar operations"};
    }
    Result<PlanPtr> lhs = Run(*n.lhs);
    if (!lhs) return lhs;
    Result<PlanPtr> rhs = Run(*n.rhs);
    if (!rhs) return rhs;
    return Make(expr, BinaryNode{n.op, std::move(*lhs), std::move(*rhs), n.return_bool, n.matching});
  }

  Result<PlanPtr> Node(const Expr& expr, const AggregateExpr& n) {
    AggregateNode node{n.op, nullptr, nullptr, n.without, n.grouping, n.expr->pos};
    std::ranges::sort(node.grouping);
    node.grouping.erase(std::unique(node.grouping.begin(), node.grouping.end()), node.grouping.end());
    if (n.param) {
      Result<PlanPtr> param = Run(*n.param);
      if (!param) return param;
      node.param = std::move(*param);
    }
    Result<PlanPtr> input = Run(*n.expr);
    if (!input) return input;
    node.input = std::move(*input);
    return Make(expr, std::move(node));
  }

  Result<PlanPtr> Node(const Expr& expr, const Call& n) {
    if (n.function->id == FunctionId::kInfo) return Info(expr, n);
    if (const std::optional<double> constant = Constant(n.function->id)) return Make(expr, NumberNode{*constant});
    CallNode node{n.function->id, {}};
    for (const ExprPtr& arg : n.args) {
      Result<PlanPtr> lowered = Run(WithoutParens(*arg));
      if (!lowered) return lowered;
      node.args.push_back(std::move(*lowered));
    }
    SelectNode* const select = node.args.size() == 1 ? node.args.front()->As<SelectNode>() : nullptr;
    if (select != nullptr && node.function == FunctionId::kTimestamp) select->sample_time = true;
    if (select != nullptr && node.function == FunctionId::kStartTimestamp) select->sample_start = true;
    return Make(expr, std::move(node));
  }

  // info(v, selector): the second argument becomes what to select of info metrics, at the time at which v looks.
  Result<PlanPtr> Info(const Expr& expr, const Call& n) {
    Result<PlanPtr> vector = Run(WithoutParens(*n.args.front()));
    if (!vector) return vector;
    SelectNode select;
    select.is_info = true;
    select.sample_time = true;
    select.shift = ShiftOfFirstSelector(**vector).value_or(TimeShift{});
    PosRange pos = expr.pos;
    if (n.args.size() > 1) {
      const auto* selector = n.args[1]->As<VectorSelector>();
      if (selector == nullptr) return Error{Errc::kInvalid, "expected label selectors only"};
      select.matchers = selector->matchers;
      pos = n.args[1]->pos;
    }
    if (Status status = AddNameOfInfoMetrics(select.matchers); !status) return status.error();
    CallNode node{n.function->id, {}};
    node.args.push_back(std::move(*vector));
    node.args.push_back(Make(expr, std::move(select)));
    node.args.back()->pos = pos;
    return Make(expr, std::move(node));
  }

  // Without a matcher that says which metrics these are: target_info, or all that are called so and are not excluded.
  static Status AddNameOfInfoMetrics(std::vector<storage::Matcher>& matchers) {
    bool excludes = false;
    for (const storage::Matcher& matcher : matchers) {
      if (matcher.name() != storage::kMetricName) continue;
      if (matcher.type() == storage::MatchType::kEqual || matcher.type() == storage::MatchType::kRegex) return {};
      excludes = true;
    }
    if (!excludes) {
      matchers.push_back(storage::Matcher::Equal(std::string(storage::kMetricName), "target_info"));
      return {};
    }
    auto any = storage::Matcher::Create(storage::MatchType::kRegex, std::string(storage::kMetricName), ".+_info");
    if (!any) return any.error();
    matchers.push_back(std::move(*any));
    return {};
  }

  // Where the first selector within `plan` looks, seen from the steps of `plan`.
  static std::optional<TimeShift> ShiftOfFirstSelector(PlanNode& plan) {
    if (const auto* select = plan.As<SelectNode>()) return select->shift;
    if (const auto* select = plan.As<RangeSelectNode>()) return select->shift;
    std::optional<TimeShift> found;
    ForEachChild(plan, [&](PlanPtr& child) {
      if (!found) found = ShiftOfFirstSelector(*child);
    });
    const auto* subquery = plan.As<SubqueryNode>();
    if (found && subquery != nullptr && !found->at_ms) {
      found->at_ms = subquery->shift.at_ms;
      found->offset_ms += subquery->shift.offset_ms;
    }
    return found;
  }

  static WindowKind KindOf(RangeExtension extension) {
    switch (extension) {
      case RangeExtension::kNone: return WindowKind::kPlain;
      case RangeExtension::kAnchored: return WindowKind::kAnchored;
      case RangeExtension::kSmoothed: return WindowKind::kSmoothed;
    }
    return WindowKind::kPlain;
  }

  // The functions that are numbers once the query is known.
  std::optional<double> Constant(FunctionId function) const {
    const QueryTimes& times = options_.times;
    if (function == FunctionId::kPi) return std::numbers::pi;
    if (function == FunctionId::kStart) return InSeconds(times.start_ms);
    if (function == FunctionId::kEnd) return InSeconds(times.end_ms);
    if (function == FunctionId::kStep) return InSeconds(times.step_ms);
    if (function == FunctionId::kRange) return InSeconds(times.end_ms - times.start_ms);
    return std::nullopt;
  }

  static double InSeconds(std::int64_t ms) { return static_cast<double>(ms) / 1000.0; }

  Result<TimeShift> Shift(const Modifiers& modifiers) {
    const Result<DurationMs> offset = Duration(modifiers.offset_expr.get(), modifiers.offset_ms, DurationSign::kAny);
    if (!offset) return offset.error();
    TimeShift shift{*offset, std::nullopt};
    switch (modifiers.at) {
      case AtAnchor::kNone: break;
      case AtAnchor::kTimestamp: shift.at_ms = Clamped(modifiers.at_ms); break;
      case AtAnchor::kStart: shift.at_ms = options_.times.start_ms; break;
      case AtAnchor::kEnd: shift.at_ms = options_.times.end_ms; break;
    }
    return shift;
  }

  // Beyond these there are no samples, and sums with durations stay within the type.
  static TimestampMs Clamped(TimestampMs at_ms) {
    return std::clamp(at_ms, storage::kMinTimestampMs, storage::kMaxTimestampMs);
  }

  Result<DurationMs> Duration(const DurationExpr* expr, DurationMs literal_ms, DurationSign sign) {
    if (expr == nullptr) return literal_ms;
    return ResolveDuration(*expr, sign, options_.times);
  }

  const LowerOptions& options_;
};

}  // namespace

Result<PlanPtr> Lower(const Expr& expr, const LowerOptions& options) { return Lowering(options).Run(expr); }

}  // namespace vigia::promql
