#include "promql/parser/parse.h"
#include "promql/plan/duration.h"
#include "promql/plan/lower.h"
#include "promql/plan/passes.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

constexpr std::uint64_t kManySteps = 1'000'000;

PlanPtr Planned(std::string_view text, const QueryTimes& times = {0, 0, 0}) {
  ParserOptions options;
  options.experimental_functions = true;
  auto expr = ParseExpr(text, options);
  REQUIRE(expr.has_value());
  auto plan = Lower(**expr, {times, 60'000});
  REQUIRE(plan.has_value());
  return std::move(*plan);
}

TEST_CASE("anchors and offsets become numbers") {
  const PlanPtr plan = Planned("x @ end() offset 5s", {1000, 9000, 1000});
  const auto* select = plan->As<SelectNode>();
  REQUIRE(select != nullptr);
  CHECK(select->shift.at_ms == 9000);
  CHECK(select->shift.offset_ms == 5000);
  CHECK(select->shift.Apply(123) == 4000);
}

TEST_CASE("numbers fold, vectors do not") {
  PlanPtr plan = Planned("-(2 + 3) * 4");
  FoldConstants(plan);
  REQUIRE(plan->As<NumberNode>() != nullptr);
  CHECK(plan->As<NumberNode>()->value == -20);
  plan = Planned("x + (1 + 1)");
  FoldConstants(plan);
  REQUIRE(plan->As<BinaryNode>() != nullptr);
  CHECK(plan->As<BinaryNode>()->rhs->As<NumberNode>()->value == 2);
}

TEST_CASE("what is pinned is evaluated once") {
  PlanPtr plan = Planned("sum(x @ 10) + y");
  HoistStepInvariants(plan);
  const auto* binary = plan->As<BinaryNode>();
  REQUIRE(binary != nullptr);
  CHECK(binary->lhs->As<StepInvariantNode>() != nullptr);
  CHECK(binary->rhs->As<SelectNode>() != nullptr);

  plan = Planned("sum(rate(x[5m] @ 10)) / 2");
  HoistStepInvariants(plan);
  CHECK(plan->As<StepInvariantNode>() != nullptr);

  plan = Planned("predict_linear(x[5m] @ 10, 60)");
  HoistStepInvariants(plan);
  CHECK(plan->As<CallNode>() != nullptr);
}

TEST_CASE("selections know their range, open on the left") {
  const QueryTimes times{100'000, 160'000, 30'000};
  PlanPtr plan = Planned("x offset 10s + sum_over_time(y[20s])", times);
  const auto bounds = AssignTimes(*plan, times.ToSteps(), 300'000, kManySteps);
  REQUIRE(bounds.has_value());
  const auto* binary = plan->As<BinaryNode>();
  const auto& x = binary->lhs->As<SelectNode>()->hints;
  CHECK(x.start_ms == 100'000 - 10'000 - 300'000 + 1);
  CHECK(x.end_ms == 150'000);
  CHECK(x.step_ms == 30'000);
  const auto& y = binary->rhs->As<CallNode>()->args[0]->As<RangeSelectNode>()->hints;
  CHECK(y.start_ms == 80'001);
  CHECK(y.end_ms == 160'000);
  CHECK(bounds->first_ms == x.start_ms - 300'000);  // For the histogram before the first, on which its hint depends.
  CHECK(bounds->last_ms == 160'000);
}

TEST_CASE("the grid of a subquery starts at the first multiple of its step inside the window") {
  const QueryTimes times{100'000, 100'000, 0};
  PlanPtr plan = Planned("max_over_time(x[50s:20s])", times);
  REQUIRE(AssignTimes(*plan, times.ToSteps(), 300'000, kManySteps).has_value());
  const Steps inner = plan->As<CallNode>()->args[0]->As<SubqueryNode>()->input->steps;
  CHECK(inner == Steps{60'000, 20'000, 3});

  plan = Planned("max_over_time(x[200y:1ms])", times);
  const auto refused = AssignTimes(*plan, times.ToSteps(), 300'000, kManySteps);
  REQUIRE(!refused);
  CHECK(refused.error().code == storage::Errc::kLimit);
}

TEST_CASE("hints say what is done with a selection") {
  PlanPtr plan = Planned("sum by (b, a) (rate(x[5m])) / y");
  AddHints(*plan);
  const auto* binary = plan->As<BinaryNode>();
  const auto* sum = binary->lhs->As<AggregateNode>();
  const auto& x = sum->input->As<CallNode>()->args[0]->As<RangeSelectNode>()->hints;
  CHECK(x.function == "rate");
  CHECK(x.range_ms == 300'000);
  CHECK(sum->grouping == std::vector<std::string>{"a", "b"});
  CHECK(binary->rhs->As<SelectNode>()->hints.function.empty());
  REQUIRE(AssignTimes(*plan, {0, 1000, 3}, 300'000, 100).has_value());
  CHECK(binary->rhs->As<SelectNode>()->hints.lookback_ms == 300'000);
  CHECK(x.lookback_ms == 0);
}

TEST_CASE("duration expressions") {
  using Op = DurationExpr::Op;
  const auto literal = [](double seconds) {
    auto expr = std::make_unique<DurationExpr>();
    expr->seconds = seconds;
    return expr;
  };
  const auto resolve = [](Op op, DurationExprPtr lhs, DurationExprPtr rhs,
                          DurationSign sign = DurationSign::kPositive) {
    DurationExpr expr;
    expr.op = op;
    expr.lhs = std::move(lhs);
    expr.rhs = std::move(rhs);
    return ResolveDuration(expr, sign, {0, 60'000, 15'000});
  };
  CHECK(*resolve(Op::kStep, nullptr, nullptr) == 15'000);
  CHECK(*resolve(Op::kRange, nullptr, nullptr) == 60'000);
  CHECK(*resolve(Op::kPow, literal(2), literal(3)) == 8000);
  CHECK(*resolve(Op::kMinOf, literal(2), literal(3)) == 2000);
  CHECK(*resolve(Op::kNegate, literal(2), nullptr, DurationSign::kAny) == -2000);
  CHECK(resolve(Op::kNegate, literal(2), nullptr).error().what == "duration must be greater than 0");
  CHECK(resolve(Op::kDiv, literal(2), literal(0)).error().what == "division by zero");
  CHECK(resolve(Op::kMod, literal(2), literal(0)).error().what == "modulo by zero");
  CHECK(resolve(Op::kMul, literal(1e300), literal(1e300)).error().what == "duration is NaN or infinite");
  CHECK(resolve(Op::kMul, literal(1e10), literal(2)).error().what == "duration is out of range");
}

}  // namespace
}  // namespace vigia::promql
