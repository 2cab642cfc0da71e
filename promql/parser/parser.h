// Recursive descent over the grammar of surface.md 4.2-4.3; binary operators by precedence. Internal to this room:
// others use parse.h. The methods stand in parser.cc (expressions), parser_call.cc (calls, aggregations, label lists),
// parser_selector.cc (selectors and what follows them), and parser_duration.cc.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "promql/parser/ast.h"
#include "promql/parser/lexer.h"
#include "promql/parser/parse.h"
#include "promql/parser/token.h"

namespace vigia::promql {

// Seconds as written to whole milliseconds: rounded to nanoseconds, then cut, as the reference does.
DurationMs DurationLiteralMs(double seconds);

// One parser parses one text, once. The first error wins; methods that can fail return null or false when there is one.
class Parser {
 public:
  Parser(std::string_view text, const ParserOptions& options);

  // Syntax only: no types are checked.
  ExprPtr ParseWholeExpr();
  std::optional<VectorSelector> ParseWholeSelector();
  std::optional<storage::Labels> ParseWholeMetric();

  // The message with its position, after a failure.
  storage::Error TakeError();

 private:
  // What "unexpected ..." says about where and what else would have been right.
  struct Context {
    std::string_view where;
    std::string_view expected;
  };
  // A resolved literal, or an expression.
  struct Duration {
    DurationMs ms = 0;
    DurationExprPtr expr;
  };

  ExprPtr Binary(int min_precedence);
  ExprPtr Unary();
  ExprPtr Primary();
  ExprPtr Paren();
  ExprPtr NumberOrDuration();
  ExprPtr String();
  ExprPtr NewBinary(ExprPtr lhs, BinaryExpr node, ExprPtr rhs);

  ExprPtr Aggregation(const Token& op);
  bool AggregationModifier(AggregateExpr& node);
  ExprPtr NewAggregation(const Token& op, AggregateExpr node, std::vector<ExprPtr> args);
  ExprPtr FunctionCall(const Token& name);
  bool Arguments(std::vector<ExprPtr>& args);  // Ends before the closing parenthesis.
  bool BinaryModifiers(BinaryExpr& node);
  bool FillModifiers(VectorMatching& matching);
  bool FillValue(std::optional<double>& value);
  bool LabelList(std::vector<std::string>& labels);
  bool LabelListItem(std::vector<std::string>& labels);

  ExprPtr NamedSelector(const Token& name);
  ExprPtr UnnamedSelector();
  bool Matchers(VectorSelector& selector);
  bool OneMatcher(VectorSelector& selector);
  bool LabelSet(storage::LabelsBuilder& labels);
  bool LabelSetItem(storage::LabelsBuilder& labels);
  ExprPtr Postfix(ExprPtr expr);
  ExprPtr Bracket(ExprPtr expr);
  ExprPtr RangeSelector(ExprPtr expr, const Token& open, Duration range);
  ExprPtr Subquery(ExprPtr expr, Duration range);
  bool Offset(Expr& expr);
  bool At(Expr& expr);
  bool AtTimestamp(Expr& expr, double seconds);
  bool Extension(Expr& expr, RangeExtension extension);
  Modifiers* ModifiersFor(Expr& expr, std::string_view modifier);

  bool PositiveDuration(const Context& context, Duration& out);
  DurationExprPtr DurationBinary(const Context& context, int min_precedence);
  DurationExprPtr DurationUnary(const Context& context);
  DurationExprPtr DurationPrimary(const Context& context);
  DurationExprPtr DurationCall(const Context& context);
  DurationExprPtr DurationParen(const Context& context);
  DurationExprPtr DurationLiteral();
  DurationExprPtr OffsetDuration();
  DurationExprPtr Negated(const Token& op, DurationExprPtr operand);
  DurationExprPtr NewDuration(DurationExpr::Op op, PosRange pos, DurationExprPtr lhs, DurationExprPtr rhs);

  std::optional<double> NumberValue(const Token& token);
  std::optional<std::string> StringValue(const Token& token);

  ExprPtr Make(Expr::Node node, PosRange pos);
  void Advance();
  bool Is(TokenType type) const { return current_.type == type; }
  bool Expect(TokenType type, const Context& context);  // Takes the token, or fails.
  bool Fail(PosRange pos, std::string message);
  bool Unexpected(const Context& context = {});
  bool TooDeep();

  const std::string_view text_;
  const ParserOptions options_;
  Lexer lexer_;
  Token current_;
  std::uint32_t taken_end_ = 0;  // Where the last taken token ended.
  int nesting_ = 0;              // Calls of Binary and DurationBinary under way.
  int duration_nodes_ = 0;       // In the duration expression under way.
  int aggregation_nesting_ = 0;
  bool failed_ = false;
  PosRange error_pos_;
  std::string error_;
};

}  // namespace vigia::promql
