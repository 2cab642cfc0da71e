#include <utility>

#include <fmt/format.h>

#include "promql/parser/function_signature.h"
#include "promql/parser/parser.h"
#include "promql/parser/precedence.h"

namespace vigia::promql {

// op by (l) (args), op (args) by (l), op (args).
ExprPtr Parser::Aggregation(const Token& op) {
  ++aggregation_nesting_;
  AggregateExpr node;
  const bool modifier_first = !Is(TokenType::kLeftParen);
  std::vector<ExprPtr> args;
  bool good = !modifier_first || AggregationModifier(node);
  good = good && Arguments(args) && Expect(TokenType::kRightParen, {});
  if (good && !modifier_first && (Is(TokenType::kBy) || Is(TokenType::kWithout))) good = AggregationModifier(node);
  --aggregation_nesting_;
  return good ? NewAggregation(op, std::move(node), std::move(args)) : nullptr;
}

bool Parser::AggregationModifier(AggregateExpr& node) {
  node.without = Is(TokenType::kWithout);
  Advance();
  return LabelList(node.grouping);
}

ExprPtr Parser::NewAggregation(const Token& op, AggregateExpr node, std::vector<ExprPtr> args) {
  const PosRange pos{op.pos, taken_end_};
  node.op = AggregateOpOf(op.type);
  const auto fail = [this, pos](std::string message) {
    Fail(pos, std::move(message));
    return nullptr;
  };
  if (args.empty()) return fail("no arguments for aggregate expression provided");
  if (IsExperimental(node.op) && !options_.experimental_functions) {
    return fail(
        fmt::format("{}() is experimental and must be enabled with --enable-feature=promql-experimental-functions",
                    ToString(node.op)));
  }
  const std::size_t wanted = HasParameter(node.op) ? 2 : 1;
  if (args.size() != wanted) {
    return fail(fmt::format("wrong number of arguments for aggregate expression provided, expected {}, got {}", wanted,
                            args.size()));
  }
  if (wanted == 2) node.param = std::move(args.front());
  node.expr = std::move(args.back());
  return Make(std::move(node), pos);
}

ExprPtr Parser::FunctionCall(const Token& name) {
  Call node;
  if (!Arguments(node.args)) return nullptr;
  if (!Is(TokenType::kRightParen)) {
    Unexpected();
    return nullptr;
  }
  node.function = FindFunction(name.text);
  if (node.function == nullptr) {
    Fail(name.range(), "unknown function with name " + storage::Quoted(name.text));
    return nullptr;
  }
  if (node.function->experimental && !options_.experimental_functions) {
    Fail(name.range(), fmt::format("function {} is not enabled", storage::Quoted(name.text)));
    return nullptr;
  }
  Advance();
  return Make(std::move(node), {name.pos, taken_end_});
}

bool Parser::Arguments(std::vector<ExprPtr>& args) {
  if (!Expect(TokenType::kLeftParen, {})) return false;
  if (Is(TokenType::kRightParen)) return true;
  while (true) {
    ExprPtr arg = Binary(kLowestPrecedence);
    if (!arg) return false;
    args.push_back(std::move(arg));
    if (Is(TokenType::kRightParen)) return true;
    const Token comma = current_;
    if (!Expect(TokenType::kComma, {})) return false;
    if (!StartsExpr(current_.type)) return Fail(comma.range(), "trailing commas not allowed in function call args");
  }
}

// bool, then on or ignoring, then group_left or group_right, then the fills.
bool Parser::BinaryModifiers(BinaryExpr& node) {
  VectorMatching matching;
  if (Is(TokenType::kBool)) {
    node.return_bool = true;
    Advance();
  }
  if (Is(TokenType::kOn) || Is(TokenType::kIgnoring)) {
    matching.on = Is(TokenType::kOn);
    Advance();
    if (!LabelList(matching.labels)) return false;
    if (Is(TokenType::kGroupLeft) || Is(TokenType::kGroupRight)) {
      matching.card = Is(TokenType::kGroupLeft) ? Cardinality::kManyToOne : Cardinality::kOneToMany;
      Advance();
      if (Is(TokenType::kLeftParen) && !LabelList(matching.include)) return false;
    }
  }
  if (!FillModifiers(matching)) return false;
  node.matching = std::move(matching);
  return true;
}

bool Parser::FillModifiers(VectorMatching& matching) {
  if (Is(TokenType::kFill)) {
    if (!FillValue(matching.fill_left)) return false;
    matching.fill_right = matching.fill_left;
    return true;
  }
  // Each of the two once, in either order.
  while ((Is(TokenType::kFillLeft) && !matching.fill_left) || (Is(TokenType::kFillRight) && !matching.fill_right)) {
    if (!FillValue(Is(TokenType::kFillLeft) ? matching.fill_left : matching.fill_right)) return false;
  }
  return true;
}

bool Parser::FillValue(std::optional<double>& value) {
  Advance();
  if (!Expect(TokenType::kLeftParen, {})) return false;
  const bool negative = Is(TokenType::kSub);
  if (negative || Is(TokenType::kAdd)) Advance();
  if (!Is(TokenType::kNumber) && !Is(TokenType::kDuration)) return Unexpected();
  value = NumberValue(current_);
  if (!value) return false;
  if (negative) value = -*value;
  Advance();
  return Expect(TokenType::kRightParen, {});
}

bool Parser::LabelList(std::vector<std::string>& labels) {
  if (!Expect(TokenType::kLeftParen, {"grouping opts", "\"(\""})) return false;
  while (!Is(TokenType::kRightParen)) {
    if (!LabelListItem(labels)) return false;
    if (Is(TokenType::kRightParen)) break;
    if (!Expect(TokenType::kComma, {"grouping opts", "\",\" or \")\""})) return false;
  }
  Advance();
  return true;
}

bool Parser::LabelListItem(std::vector<std::string>& labels) {
  std::string name(current_.text);
  if (Is(TokenType::kString)) {
    std::optional<std::string> value = StringValue(current_);
    if (!value) return false;
    name = std::move(*value);
  } else if (!IsLabelName(current_.type)) {
    return Unexpected({"grouping opts", "label"});
  }
  if (name.empty() || !storage::IsValidUtf8(name)) {
    return Fail(current_.range(), "invalid label name for grouping: " + storage::Quoted(name));
  }
  labels.push_back(std::move(name));
  Advance();
  return true;
}

}  // namespace vigia::promql
