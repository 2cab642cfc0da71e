#include "promql/parser/printer.h"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <type_traits>

#include <fmt/format.h>

#include "promql/parser/function_signature.h"
#include "promql/parser/literal.h"
#include "promql/parser/parse.h"
#include "promql/parser/parser.h"

namespace vigia::promql {
namespace {

std::string LabelsText(const std::vector<std::string>& labels) {
  std::string out;
  for (const std::string& label : labels) {
    if (!out.empty()) out += ", ";
    out += storage::IsLegacyLabelName(label) ? label : storage::Quoted(label);
  }
  return out;
}

std::string NumberText(double value, bool as_duration) {
  return as_duration ? FormatDuration(DurationLiteralMs(value)) : FormatNumber(value);
}

// As Go's %v: with an exponent from 1e21 on and below 1e-4.
std::string GeneralNumberText(double value) {
  const double magnitude = std::fabs(value);
  if (!std::isfinite(value) || value == 0 || (magnitude >= 1e-4 && magnitude < 1e21)) return FormatNumber(value);
  char buffer[32];
  const auto [end, errc] = std::to_chars(buffer, buffer + sizeof buffer, value, std::chars_format::scientific);
  return std::string(buffer, end);
}

std::string_view DurationSign(DurationExpr::Op op) {
  using Op = DurationExpr::Op;
  switch (op) {
    case Op::kAdd: return "+";
    case Op::kSub: return "-";
    case Op::kMul: return "*";
    case Op::kDiv: return "/";
    case Op::kMod: return "%";
    case Op::kPow: return "^";
    case Op::kMinOf: return "min_of";
    case Op::kMaxOf: return "max_of";
    case Op::kStep: return "step()";
    case Op::kRange: return "range()";
    case Op::kLiteral:
    case Op::kNegate:
    case Op::kPlus: break;
  }
  return "";
}

std::string DurationText(const DurationExpr& expr);

std::string BareDurationText(const DurationExpr& expr) {
  using Op = DurationExpr::Op;
  switch (expr.op) {
    case Op::kLiteral: return NumberText(expr.seconds, expr.written_as_duration);
    case Op::kNegate: return "-" + DurationText(*expr.lhs);
    case Op::kPlus: return DurationText(*expr.lhs);
    case Op::kStep:
    case Op::kRange: return std::string(DurationSign(expr.op));
    case Op::kMinOf:
    case Op::kMaxOf:
      return fmt::format("{}({}, {})", DurationSign(expr.op), DurationText(*expr.lhs), DurationText(*expr.rhs));
    case Op::kAdd:
    case Op::kSub:
    case Op::kMul:
    case Op::kDiv:
    case Op::kMod:
    case Op::kPow: break;
  }
  return fmt::format("{} {} {}", DurationText(*expr.lhs), DurationSign(expr.op), DurationText(*expr.rhs));
}

std::string DurationText(const DurationExpr& expr) {
  std::string text = BareDurationText(expr);
  return expr.parenthesised ? "(" + text + ")" : text;
}

std::string DurationText(DurationMs ms, const DurationExprPtr& expr) {
  return expr ? DurationText(*expr) : FormatDuration(ms);
}

std::string AtText(const Modifiers& modifiers) {
  switch (modifiers.at) {
    case AtAnchor::kNone: return "";
    case AtAnchor::kTimestamp: return fmt::format(" @ {:.3f}", static_cast<double>(modifiers.at_ms) / 1000);
    case AtAnchor::kStart: return " @ start()";
    case AtAnchor::kEnd: return " @ end()";
  }
  return "";
}

std::string OffsetText(const Modifiers& modifiers) {
  if (!modifiers.offset_expr && modifiers.offset_ms == 0) return "";
  return " offset " + DurationText(modifiers.offset_ms, modifiers.offset_expr);
}

std::string_view ExtensionText(RangeExtension extension) {
  switch (extension) {
    case RangeExtension::kNone: return "";
    case RangeExtension::kAnchored: return " anchored";
    case RangeExtension::kSmoothed: return " smoothed";
  }
  return "";
}

std::string BareSelectorText(const VectorSelector& node) {
  std::vector<std::string> matchers;
  for (const storage::Matcher& matcher : node.matchers) {
    const bool is_name = matcher.name() == storage::kMetricName && matcher.type() == storage::MatchType::kEqual &&
                         matcher.value() == node.name && !node.name.empty();
    if (!is_name) matchers.push_back(matcher.ToString());
  }
  if (matchers.empty()) return node.name.empty() ? "{}" : node.name;
  std::ranges::sort(matchers);
  return fmt::format("{}{{{}}}", node.name, fmt::join(matchers, ","));
}

struct Printer {
  std::string operator()(const NumberLiteral& node) const { return NumberText(node.value, node.written_as_duration); }
  std::string operator()(const StringLiteral& node) const { return storage::Quoted(node.value); }
  std::string operator()(const ParenExpr& node) const { return "(" + ToString(*node.expr) + ")"; }
  std::string operator()(const UnaryExpr& node) const { return (node.negative ? "-" : "+") + ToString(*node.expr); }

  std::string operator()(const VectorSelector& node) const {
    return fmt::format("{}{}{}{}", BareSelectorText(node), AtText(node.modifiers), ExtensionText(node.extension),
                       OffsetText(node.modifiers));
  }

  std::string operator()(const MatrixSelector& node) const {
    const VectorSelector& selector = node.selector;
    return fmt::format("{}[{}]{}{}{}", BareSelectorText(selector), DurationText(node.range_ms, node.range_expr),
                       ExtensionText(selector.extension), AtText(selector.modifiers), OffsetText(selector.modifiers));
  }

  std::string operator()(const SubqueryExpr& node) const { return ToString(*node.expr) + SubquerySuffix(node); }

  std::string operator()(const BinaryExpr& node) const {
    return fmt::format("{} {} {}", ToString(*node.lhs), OperatorText(node), ToString(*node.rhs));
  }

  std::string operator()(const AggregateExpr& node) const {
    const std::string param = node.param ? ToString(*node.param) + ", " : "";
    return fmt::format("{}({}{})", AggregateHead(node), param, ToString(*node.expr));
  }

  std::string operator()(const Call& node) const {
    std::string args;
    for (const ExprPtr& arg : node.args) {
      if (!args.empty()) args += ", ";
      args += ToString(*arg);
    }
    return fmt::format("{}({})", node.function->name, args);
  }

  static std::string SubquerySuffix(const SubqueryExpr& node) {
    const bool has_step = node.step_ms != 0 || node.step_expr;
    return fmt::format("[{}:{}]{}{}", DurationText(node.range_ms, node.range_expr),
                       has_step ? DurationText(node.step_ms, node.step_expr) : "", AtText(node.modifiers),
                       OffsetText(node.modifiers));
  }

  static std::string AggregateHead(const AggregateExpr& node) {
    if (node.without) return fmt::format("{} without ({}) ", ToString(node.op), LabelsText(node.grouping));
    if (node.grouping.empty()) return std::string(ToString(node.op));
    return fmt::format("{} by ({}) ", ToString(node.op), LabelsText(node.grouping));
  }

  static std::string OperatorText(const BinaryExpr& node) {
    std::string out(ToString(node.op));
    if (node.return_bool) out += " bool";
    if (!node.matching) return out;
    const VectorMatching& matching = *node.matching;
    const bool grouped = matching.card == Cardinality::kManyToOne || matching.card == Cardinality::kOneToMany;
    if (!matching.labels.empty() || matching.on || grouped) {
      out += fmt::format(" {} ({})", matching.on ? "on" : "ignoring", LabelsText(matching.labels));
    }
    if (grouped) {
      const bool left = matching.card == Cardinality::kManyToOne;
      out += fmt::format(" group_{} ({})", left ? "left" : "right", LabelsText(matching.include));
    }
    return out + FillText(matching);
  }

  static std::string FillText(const VectorMatching& matching) {
    const auto& [left, right] = std::pair(matching.fill_left, matching.fill_right);
    const auto text = [](std::string_view word, const std::optional<double>& value) {
      return value ? fmt::format(" {} ({})", word, GeneralNumberText(*value)) : "";
    };
    const bool same = left && right && (*left == *right || (std::isnan(*left) && std::isnan(*right)));
    if (same) return text("fill", left);
    return text("fill_left", left) + text("fill_right", right);
  }
};

constexpr std::size_t kLineLength = 100;

std::string Indent(int level) { return std::string(static_cast<std::size_t>(level) * 2, ' '); }

std::string PrettyAt(const Expr& expr, int level);

// What does not fit on one line, broken (Prometheus promql/parser/prettier.go). Selectors and literals never are.
struct Breaker {
  int level;
  const std::string& line;

  template <class Node>
  std::string operator()(const Node&) const {
    return Indent(level) + line;
  }

  std::string operator()(const ParenExpr& node) const {
    return fmt::format("{0}(\n{1}\n{0})", Indent(level), PrettyAt(*node.expr, level + 1));
  }

  std::string operator()(const SubqueryExpr& node) const {
    return PrettyAt(*node.expr, level) + Printer::SubquerySuffix(node);
  }

  std::string operator()(const BinaryExpr& node) const {
    return fmt::format("{}\n{}{}\n{}", PrettyAt(*node.lhs, level + 1), Indent(level), Printer::OperatorText(node),
                       PrettyAt(*node.rhs, level + 1));
  }

  std::string operator()(const AggregateExpr& node) const {
    const std::string param = node.param ? PrettyAt(*node.param, level + 1) + ",\n" : "";
    return fmt::format("{0}{1}(\n{2}{3}\n{0})", Indent(level), Printer::AggregateHead(node), param,
                       PrettyAt(*node.expr, level + 1));
  }

  std::string operator()(const Call& node) const {
    std::string args;
    for (const ExprPtr& arg : node.args) {
      if (!args.empty()) args += ",\n";
      args += PrettyAt(*arg, level + 1);
    }
    return fmt::format("{0}{1}(\n{2}\n{0})", Indent(level), node.function->name, args);
  }
};

std::string PrettyAt(const Expr& expr, int level) {
  if (const auto* unary = expr.As<UnaryExpr>()) {
    std::string operand = PrettyAt(*unary->expr, level);
    operand.erase(0, operand.find_first_not_of(' '));
    return Indent(level) + (unary->negative ? "-" : "+") + operand;
  }
  const std::string line = ToString(expr);
  if (line.size() <= kLineLength) return expr.As<SubqueryExpr>() ? line : Indent(level) + line;
  return std::visit(Breaker{level, line}, expr.node);
}

}  // namespace

std::string ToString(const Expr& expr) { return std::visit(Printer{}, expr.node); }

std::string Pretty(const Expr& expr) { return PrettyAt(expr, 0); }

}  // namespace vigia::promql
