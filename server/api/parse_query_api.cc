#include "server/api/parse_query_api.h"

#include <charconv>
#include <cmath>

#include "promql/parser/function_signature.h"
#include "server/api/envelope.h"

namespace vigia::server {
namespace {

using namespace promql;

std::string_view TypeName(ValueType type) {
  switch (type) {
    case ValueType::kNone: return "none";
    case ValueType::kScalar: return "scalar";
    case ValueType::kVector: return "vector";
    case ValueType::kMatrix: return "matrix";
    case ValueType::kString: return "string";
  }
  return "none";
}

std::string_view CardinalityName(Cardinality card) {
  switch (card) {
    case Cardinality::kOneToOne: return "one-to-one";
    case Cardinality::kManyToOne: return "many-to-one";
    case Cardinality::kOneToMany: return "one-to-many";
    case Cardinality::kManyToMany: return "many-to-many";
  }
  return "one-to-one";
}

std::string_view DurationOpName(DurationExpr::Op op) {
  using Op = DurationExpr::Op;
  switch (op) {
    case Op::kLiteral: return "";
    case Op::kAdd:
    case Op::kPlus: return "+";
    case Op::kSub:
    case Op::kNegate: return "-";
    case Op::kMul: return "*";
    case Op::kDiv: return "/";
    case Op::kMod: return "%";
    case Op::kPow: return "^";
    case Op::kStep: return "step";
    case Op::kRange: return "range";
    case Op::kMinOf: return "min_of";
    case Op::kMaxOf: return "max_of";
  }
  return "";
}

// Without an exponent, as short as it is exact.
std::string NumberText(double value) {
  if (std::isnan(value)) return "NaN";
  if (std::isinf(value)) return value > 0 ? "+Inf" : "-Inf";
  char text[400];
  const auto [end, error] = std::to_chars(text, text + sizeof(text), value, std::chars_format::fixed);
  return error == std::errc() ? std::string(text, end) : std::string();
}

// Recursion is as deep as the tree, which the parser limits.
class TreeWriter {
 public:
  explicit TreeWriter(std::string& out) : json_(out) {}

  void Write(const Expr& expr) {
    json_.BeginObject();
    std::visit([this](const auto& node) { Members(node); }, expr.node);
    json_.EndObject();
  }

 private:
  void Type(std::string_view type) { json_.Field("type", type); }
  void Child(std::string_view key, const ExprPtr& expr) {
    json_.Key(key);
    expr == nullptr ? void(json_.Null()) : Write(*expr);
  }
  void Strings(std::string_view key, const std::vector<std::string>& list) {
    json_.Key(key).BeginArray();
    for (const std::string& text : list) json_.String(text);
    json_.EndArray();
  }

  void Duration(const DurationExpr& duration) {
    json_.BeginObject();
    if (duration.op == DurationExpr::Op::kLiteral) {
      if (duration.written_as_duration) json_.Key("duration").Bool(true);
      Type("numberLiteral");
      json_.Field("val", NumberText(duration.seconds));
    } else {
      json_.Key("lhs");
      duration.lhs == nullptr ? void(json_.Null()) : Duration(*duration.lhs);
      json_.Field("op", DurationOpName(duration.op)).Key("rhs");
      duration.rhs == nullptr ? void(json_.Null()) : Duration(*duration.rhs);
      Type("durationExpr");
      json_.Key("wrapped").Bool(duration.parenthesised);
    }
    json_.EndObject();
  }
  void DurationMember(std::string_view key, std::string_view expr_key, DurationMs ms, const DurationExprPtr& expr) {
    json_.Key(key).Int(expr == nullptr ? ms : 0);
    if (expr == nullptr) return;
    json_.Key(expr_key);
    Duration(*expr);
  }

  void At(const Modifiers& modifiers) {
    json_.Key("startOrEnd");
    switch (modifiers.at) {
      case AtAnchor::kNone:
      case AtAnchor::kTimestamp: json_.Null(); break;
      case AtAnchor::kStart: json_.String("start"); break;
      case AtAnchor::kEnd: json_.String("end"); break;
    }
  }
  void Timestamp(const Modifiers& modifiers) {
    json_.Key("timestamp");
    modifiers.at == AtAnchor::kTimestamp ? json_.Int(modifiers.at_ms) : json_.Null();
  }
  void Matchers(const VectorSelector& selector) {
    json_.Key("matchers").BeginArray();
    for (const storage::Matcher& matcher : selector.matchers) {
      json_.BeginObject().Field("name", matcher.name()).Field("type", storage::ToString(matcher.type()));
      json_.Field("value", matcher.value()).EndObject();
    }
    json_.EndArray();
  }
  // Of vector and matrix selectors; `range` is null for the former.
  void Selector(const VectorSelector& selector, const MatrixSelector* range) {
    json_.Key("anchored").Bool(selector.extension == RangeExtension::kAnchored);
    Matchers(selector);
    json_.Field("name", selector.name);
    DurationMember("offset", "offsetExpr", selector.modifiers.offset_ms, selector.modifiers.offset_expr);
    if (range != nullptr) DurationMember("range", "rangeExpr", range->range_ms, range->range_expr);
    json_.Key("smoothed").Bool(selector.extension == RangeExtension::kSmoothed);
    At(selector.modifiers);
    Timestamp(selector.modifiers);
    Type(range == nullptr ? "vectorSelector" : "matrixSelector");
  }

  void Members(const NumberLiteral& node) {
    if (node.written_as_duration) json_.Key("duration").Bool(true);
    Type("numberLiteral");
    json_.Field("val", NumberText(node.value));
  }
  void Members(const StringLiteral& node) {
    Type("stringLiteral");
    json_.Field("val", node.value);
  }
  void Members(const VectorSelector& node) { Selector(node, nullptr); }
  void Members(const MatrixSelector& node) { Selector(node.selector, &node); }
  void Members(const SubqueryExpr& node) {
    Child("expr", node.expr);
    DurationMember("offset", "offsetExpr", node.modifiers.offset_ms, node.modifiers.offset_expr);
    DurationMember("range", "rangeExpr", node.range_ms, node.range_expr);
    At(node.modifiers);
    DurationMember("step", "stepExpr", node.step_ms, node.step_expr);
    Timestamp(node.modifiers);
    Type("subquery");
  }
  void Members(const ParenExpr& node) {
    Child("expr", node.expr);
    Type("parenExpr");
  }
  void Members(const UnaryExpr& node) {
    Child("expr", node.expr);
    json_.Field("op", node.negative ? "-" : "+");
    Type("unaryExpr");
  }
  void Members(const BinaryExpr& node) {
    json_.Key("bool").Bool(node.return_bool);
    Child("lhs", node.lhs);
    json_.Key("matching");
    if (node.matching) {
      Matching(*node.matching);
    } else {
      json_.Null();
    }
    json_.Field("op", ToString(node.op));
    Child("rhs", node.rhs);
    Type("binaryExpr");
  }
  void Matching(const VectorMatching& matching) {
    const auto fill = [this](const char* key, const std::optional<double>& value) {
      json_.Key(key);
      value ? json_.Double(*value) : json_.Null();
    };
    json_.BeginObject().Field("card", CardinalityName(matching.card));
    json_.Key("fillValues").BeginObject();
    fill("lhs", matching.fill_left);
    fill("rhs", matching.fill_right);
    json_.EndObject();
    Strings("include", matching.include);
    Strings("labels", matching.labels);
    json_.Key("on").Bool(matching.on).EndObject();
  }
  void Members(const AggregateExpr& node) {
    Child("expr", node.expr);
    Strings("grouping", node.grouping);
    json_.Field("op", ToString(node.op));
    Child("param", node.param);
    Type("aggregation");
    json_.Key("without").Bool(node.without);
  }
  void Members(const Call& node) {
    json_.Key("args").BeginArray();
    for (const ExprPtr& arg : node.args) Write(*arg);
    json_.EndArray().Key("func").BeginObject().Key("argTypes").BeginArray();
    for (const ValueType type : node.function->args) json_.String(TypeName(type));
    json_.EndArray().Field("name", node.function->name).Field("returnType", TypeName(node.function->result));
    json_.Key("variadic").Int(node.function->variadic).EndObject();
    Type("call");
  }

  JsonWriter json_;
};

}  // namespace

void AppendTree(std::string& out, const Expr& expr) { TreeWriter(out).Write(expr); }

void RegisterParseQueryApi(Router& router, ParserOptions options) {
  router.Add({"GET", "POST"}, "/api/v1/parse_query", [options](const Request& http) {
    const auto expr = ParseExpr(http.params.Get("query"), options);
    if (expr.has_error()) return InvalidParameter("query", expr.error().what);
    std::string data;
    AppendTree(data, **expr);
    return ApiSuccess(data);
  });
}

}  // namespace vigia::server
