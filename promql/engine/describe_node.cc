#include "promql/engine/describe_node.h"

#include <algorithm>
#include <cstdlib>

#include "promql/engine/text_cut.h"
#include "promql/parser/parse.h"
#include "promql/value/format.h"

namespace vigia::promql {
namespace {

constexpr std::size_t kMaxDetailBytes = 1024;

std::string Cut(std::string_view text) { return CutText(text, kMaxDetailBytes); }

std::string Written(const PlanNode& node, std::string_view text) {
  const std::size_t start = std::min<std::size_t>(node.pos.start, text.size());
  const std::size_t end = std::clamp<std::size_t>(node.pos.end, start, text.size());
  return Cut(text.substr(start, end - start));
}

std::string ListOf(const std::vector<std::string>& labels) {
  std::string list = "(";
  for (const std::string& label : labels) list.append(list.size() > 1 ? ", " : "").append(label);
  return list + ")";
}

std::string MatchingOf(const BinaryNode& n) {
  std::string text(ToString(n.op));
  if (n.return_bool) text += " bool";
  if (!n.matching) return text;
  const VectorMatching& matching = *n.matching;
  if (matching.on || !matching.labels.empty()) text += (matching.on ? " on " : " ignoring ") + ListOf(matching.labels);
  if (matching.card == Cardinality::kManyToOne) text += " group_left " + ListOf(matching.include);
  if (matching.card == Cardinality::kOneToMany) text += " group_right " + ListOf(matching.include);
  return Cut(text);
}

std::string ModifiersOf(const TimeShift& shift) {
  std::string text;
  if (shift.at_ms) text += " @ " + FormatPlain(static_cast<double>(*shift.at_ms) / 1000);
  if (shift.offset_ms != 0) {
    text += " offset " + std::string(shift.offset_ms < 0 ? "-" : "") + FormatDuration(std::abs(shift.offset_ms));
  }
  return text;
}

struct Describer {
  const PlanNode& node;
  std::string_view text;

  NodeWords operator()(const NumberNode& n) const { return {"number", FormatPlain(n.value)}; }
  NodeWords operator()(const StringNode& n) const { return {"string", Cut(n.value)}; }
  NodeWords operator()(const SelectNode&) const { return {"select", Written(node, text)}; }
  NodeWords operator()(const RangeSelectNode&) const { return {"range_select", Written(node, text)}; }
  NodeWords operator()(const SubqueryNode& n) const {
    return {"subquery",
            "[" + FormatDuration(n.range_ms) + ":" + FormatDuration(n.step_ms) + "]" + ModifiersOf(n.shift)};
  }
  NodeWords operator()(const NegateNode&) const { return {"negate", ""}; }
  NodeWords operator()(const BinaryNode& n) const {
    if (IsSetOperator(n.op)) return {"set", MatchingOf(n)};
    const bool vectors = n.lhs->type == ValueType::kVector && n.rhs->type == ValueType::kVector;
    return {vectors ? "join" : "arithmetic", MatchingOf(n)};
  }
  NodeWords operator()(const AggregateNode& n) const {
    std::string detail(ToString(n.op));
    if (n.without || !n.grouping.empty()) detail += (n.without ? " without " : " by ") + ListOf(n.grouping);
    return {"aggregate", Cut(detail)};
  }
  NodeWords operator()(const CallNode& n) const { return {"function", std::string(SignatureOf(n.function).name)}; }
  NodeWords operator()(const StepInvariantNode&) const { return {"step_invariant", "evaluated once"}; }
};

}  // namespace

NodeWords Describe(const PlanNode& node, std::string_view text) { return std::visit(Describer{node, text}, node.node); }

}  // namespace vigia::promql
