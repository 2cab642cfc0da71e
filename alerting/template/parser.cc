#include "alerting/template/parser.h"

#include <algorithm>

#include <fmt/format.h>

#include "alerting/template/functions.h"
#include "alerting/template/lexer.h"
#include "alerting/template/literal.h"

namespace vigia::alerting {
namespace {

using Kind = TemplateToken::Kind;
using storage::Errc;
using storage::Error;
using storage::Quoted;

std::string Describe(const TemplateToken& token) {
  if (token.kind == Kind::kEnd) return "EOF";
  if (token.kind == Kind::kIdentifier && IsTemplateKeyword(token.text)) return fmt::format("<{}>", token.text);
  if (token.text.size() > 10) return Quoted(token.text.substr(0, 10)) + "...";
  return Quoted(token.text);
}

// What ended a list of statements.
enum class Ending { kEnd, kElse, kEof };

// Recursive descent. A fault sets error_ once; from then on every function returns as fast as it can.
class Parser {
 public:
  Parser(TemplateTree& tree, const std::vector<TemplateToken>& tokens) : tree_(tree), tokens_(tokens) {}

  bool Run() {
    while (ok() && Peek().kind != Kind::kEnd) {
      if (AtDefine()) {
        Define();
      } else if (const auto ending = Statement(tree_.main)) {
        Fail(fmt::format("unexpected {}", *ending == Ending::kEnd ? "{{end}}" : "{{else}}"));
      }
    }
    return ok();
  }

  const TemplateSyntaxError& error() const { return error_; }

 private:
  bool ok() const { return error_.what.empty(); }

  void Fail(std::string what) {
    if (ok()) error_ = {tokens_[std::min(at_, tokens_.size() - 1)].line, std::move(what)};
  }
  void Unexpected(const TemplateToken& token, std::string_view context) {
    Fail(fmt::format("unexpected {} in {}", Describe(token), context));
  }

  const TemplateToken& Peek() const { return tokens_[at_]; }
  const TemplateToken& PeekNonSpace() {
    while (Peek().kind == Kind::kSpace) ++at_;
    return Peek();
  }
  // The last token (kEnd) is never passed.
  const TemplateToken& Next() { return tokens_[at_ + 1 < tokens_.size() ? at_++ : at_]; }
  const TemplateToken& NextNonSpace() {
    PeekNonSpace();
    return Next();
  }
  bool TakeWord(std::string_view word) {
    const TemplateToken& token = PeekNonSpace();
    if (token.kind != Kind::kIdentifier || token.text != word) return false;
    Next();
    return true;
  }
  void ExpectRightDelim(std::string_view context) {
    const TemplateToken& token = NextNonSpace();
    if (token.kind != Kind::kRightDelim) Unexpected(token, context);
  }
  std::uint32_t EndOfLast() const {
    const TemplateToken& last = tokens_[at_ == 0 ? 0 : at_ - 1];
    return last.pos + static_cast<std::uint32_t>(last.text.size());
  }

  bool AtDefine() {
    if (Peek().kind != Kind::kLeftDelim) return false;
    const std::size_t saved = at_;
    Next();
    const bool is = TakeWord("define");
    if (!is) at_ = saved;
    return is;
  }

  void Define() {
    const std::string name = TemplateName("define clause");
    ExpectRightDelim("define clause");
    AddDefinition(name, "define clause");
  }

  // The body up to its {{end}}, with variables of its own.
  void AddDefinition(const std::string& name, std::string_view context) {
    std::vector<std::string> outer{"$"};
    outer.swap(variables_);
    const int loops = std::exchange(loops_, 0);
    TemplateBody body;
    if (List(body) == Ending::kElse) Fail(fmt::format("unexpected {{{{else}}}} in {}", context));
    variables_.swap(outer);
    loops_ = loops;
    if (!ok()) return;
    if (!tree_.definitions.emplace(name, std::move(body)).second) {
      Fail(fmt::format("template: multiple definition of template {}", Quoted(name)));
    }
  }

  std::string TemplateName(std::string_view context) {
    const TemplateToken& token = NextNonSpace();
    if (token.kind != Kind::kString) {
      Unexpected(token, context);
      return {};
    }
    return Unquote(token);
  }

  std::string Unquote(const TemplateToken& token) {
    auto text = UnquoteLiteral(token.text);
    if (!text) Fail("invalid syntax");
    return text.value_or("");
  }

  Ending List(TemplateBody& body) {
    if (++nesting_ > kMaxTemplateNesting) Fail("template nests too deep");
    while (ok() && Peek().kind != Kind::kEnd) {
      if (const auto ending = Statement(body)) {
        --nesting_;
        return *ending;
      }
    }
    --nesting_;
    Fail("unexpected EOF");
    return Ending::kEof;
  }

  // Text or action; {{end}} and {{else}} are returned instead of added.
  std::optional<Ending> Statement(TemplateBody& body) {
    const TemplateToken& token = Next();
    if (token.kind == Kind::kText) {
      TemplateStatement text;
      text.text = std::string(token.text);
      body.push_back(std::move(text));
      return std::nullopt;
    }
    if (token.kind != Kind::kLeftDelim) {
      Unexpected(token, "input");
      return std::nullopt;
    }
    return Action(body);
  }

  std::optional<Ending> Action(TemplateBody& body) {
    if (TakeWord("end")) {
      ExpectRightDelim("end");
      return Ending::kEnd;
    }
    if (TakeWord("else")) {
      const TemplateToken& next = PeekNonSpace();
      const bool chained = next.kind == Kind::kIdentifier && (next.text == "if" || next.text == "with");
      if (!chained) ExpectRightDelim("else");
      return Ending::kElse;
    }
    TemplateStatement statement;
    statement.range.start = PeekNonSpace().pos;
    if (TakeWord("if")) {
      Control(TemplateStatement::Kind::kIf, "if", statement);
    } else if (TakeWord("range")) {
      Control(TemplateStatement::Kind::kRange, "range", statement);
    } else if (TakeWord("with")) {
      Control(TemplateStatement::Kind::kWith, "with", statement);
    } else if (TakeWord("template")) {
      Call(statement, "template clause");
    } else if (TakeWord("block")) {
      Call(statement, "block clause");
      if (ok()) AddDefinition(statement.text, "block clause");
    } else if (TakeWord("break")) {
      LoopExit(TemplateStatement::Kind::kBreak, "break", statement);
    } else if (TakeWord("continue")) {
      LoopExit(TemplateStatement::Kind::kContinue, "continue", statement);
    } else {
      statement.kind = TemplateStatement::Kind::kAction;
      statement.pipe = Pipeline("command", Kind::kRightDelim);
    }
    statement.range.end = EndOfLast();
    body.push_back(std::move(statement));
    return std::nullopt;
  }

  void LoopExit(TemplateStatement::Kind kind, std::string_view word, TemplateStatement& statement) {
    statement.kind = kind;
    if (loops_ == 0) Fail(fmt::format("{{{{{}}}}} outside {{{{range}}}}", word));
    ExpectRightDelim(fmt::format("{{{{{}}}}}", word));
  }

  void Call(TemplateStatement& statement, std::string_view context) {
    statement.kind = TemplateStatement::Kind::kTemplate;
    statement.text = TemplateName(context);
    if (!ok()) return;
    const bool bare = PeekNonSpace().kind == Kind::kRightDelim && context == "template clause";
    if (bare) {
      Next();
    } else {
      statement.pipe = Pipeline(context, Kind::kRightDelim);
    }
  }

  void Control(TemplateStatement::Kind kind, std::string_view word, TemplateStatement& statement) {
    const std::size_t visible = variables_.size();
    const bool loop = kind == TemplateStatement::Kind::kRange;
    statement.kind = kind;
    statement.pipe = Pipeline(word, Kind::kRightDelim);
    if (!ok()) return;
    if (loop) ++loops_;
    const Ending ending = List(statement.body);
    if (loop) --loops_;
    if (ending == Ending::kElse && ok()) Else(word, statement);
    variables_.resize(visible);
  }

  void Else(std::string_view word, TemplateStatement& statement) {
    const std::uint32_t start = PeekNonSpace().pos;
    if (word != "range" && TakeWord(word)) {  // {{else if}} shares the {{end}}.
      if (++nesting_ > kMaxTemplateNesting) Fail("template nests too deep");
      TemplateStatement chained;
      chained.range.start = start;
      Control(statement.kind, word, chained);
      chained.range.end = EndOfLast();
      statement.otherwise.push_back(std::move(chained));
      --nesting_;
      return;
    }
    if (tokens_[at_ == 0 ? 0 : at_ - 1].kind != Kind::kRightDelim) {  // {{else with}} of an if, and the like.
      Unexpected(Peek(), "else");
      return;
    }
    if (List(statement.otherwise) == Ending::kElse) Fail("expected end; found {{else}}");
  }

  std::shared_ptr<const TemplatePipe> Pipeline(std::string_view context, Kind end) {
    auto pipe = std::make_shared<TemplatePipe>();
    if (++pipes_ > kMaxTemplateNesting) Fail("template nests too deep");
    pipe->range.start = PeekNonSpace().pos;
    Declarations(*pipe, context);
    while (ok()) {
      const TemplateToken& token = PeekNonSpace();
      if (token.kind == end) {
        pipe->range.end = pipe->commands.empty() ? token.pos : pipe->commands.back().range.end;
        Next();
        Check(*pipe, context);
        break;
      }
      if (!StartsOperand(token)) {
        Unexpected(token, context);
        break;
      }
      pipe->commands.push_back(Command());
    }
    --pipes_;
    return pipe;
  }

  static bool StartsOperand(const TemplateToken& token) {
    switch (token.kind) {
      case Kind::kIdentifier: return !IsTemplateKeyword(token.text) || token.text == "nil";
      case Kind::kField:
      case Kind::kVariable:
      case Kind::kDot:
      case Kind::kString:
      case Kind::kChar:
      case Kind::kNumber:
      case Kind::kLeftParen: return true;
      case Kind::kText:
      case Kind::kLeftDelim:
      case Kind::kRightDelim:
      case Kind::kSpace:
      case Kind::kPipe:
      case Kind::kDeclare:
      case Kind::kAssign:
      case Kind::kComma:
      case Kind::kRightParen:
      case Kind::kEnd: return false;
    }
    return false;
  }

  // `$x :=`, `$x =`, and for range `$i, $x :=`. The declared names become visible.
  void Declarations(TemplatePipe& pipe, std::string_view context) {
    while (ok() && PeekNonSpace().kind == Kind::kVariable) {
      const std::size_t saved = at_;
      const std::string name(Next().text);
      const TemplateToken& next = PeekNonSpace();
      if (next.kind == Kind::kAssign || next.kind == Kind::kDeclare) {
        pipe.assigns = next.kind == Kind::kAssign;
        Next();
        pipe.variables.push_back(name);
        variables_.push_back(name);
        return;
      }
      if (next.kind != Kind::kComma) {
        at_ = saved;
        return;
      }
      Next();
      pipe.variables.push_back(name);
      variables_.push_back(name);
      if (context != "range" || pipe.variables.size() > 1) {
        Fail(fmt::format("too many declarations in {}", context));
      } else if (PeekNonSpace().kind != Kind::kVariable) {
        Fail("range can only initialize variables");
      }
    }
  }

  void Check(const TemplatePipe& pipe, std::string_view context) {
    if (pipe.commands.empty()) Fail(fmt::format("missing value for {}", context));
    for (std::size_t i = 1; i < pipe.commands.size() && ok(); ++i) {
      const TemplateOperand& first = pipe.commands[i].words.front();
      const bool plain = first.kind == TemplateOperand::Kind::kConstant || first.kind == TemplateOperand::Kind::kNil ||
                         first.kind == TemplateOperand::Kind::kDot;
      if (plain) Fail(fmt::format("non executable command in pipeline stage {}", i + 1));
    }
  }

  TemplateCommand Command() {
    TemplateCommand command;
    command.range.start = PeekNonSpace().pos;
    while (ok()) {
      if (auto operand = Operand()) {
        command.range.end = operand->range.end;
        command.words.push_back(std::move(*operand));
      }
      if (!ok()) break;
      const TemplateToken& token = Peek();
      if (token.kind == Kind::kSpace) {
        Next();
        continue;
      }
      if (token.kind == Kind::kPipe) {
        Next();
        const Kind following = PeekNonSpace().kind;
        if (following == Kind::kRightDelim || following == Kind::kRightParen) Fail("missing value for command");
        break;
      }
      if (token.kind != Kind::kRightDelim && token.kind != Kind::kRightParen) Unexpected(token, "operand");
      break;
    }
    if (ok() && command.words.empty()) Fail("empty command");
    return command;
  }

  std::optional<TemplateOperand> Operand() {
    const std::size_t first = at_;
    auto operand = Term();
    if (!operand || !ok()) return operand;
    if (Peek().kind == Kind::kField &&
        (operand->kind == TemplateOperand::Kind::kConstant || operand->kind == TemplateOperand::Kind::kNil ||
         operand->kind == TemplateOperand::Kind::kDot)) {
      Fail(fmt::format("unexpected . after term {}", Quoted(tokens_[first].text)));
      return operand;
    }
    while (Peek().kind == Kind::kField) operand->fields.emplace_back(Next().text.substr(1));
    operand->range.end = EndOfLast();
    return operand;
  }

  std::optional<TemplateOperand> Term() {
    const TemplateToken& token = Peek();
    if (!StartsOperand(token)) return std::nullopt;
    TemplateOperand operand;
    operand.range = {token.pos, token.pos + static_cast<std::uint32_t>(token.text.size())};
    Next();
    switch (token.kind) {
      case Kind::kIdentifier: Identifier(token, operand); break;
      case Kind::kField:
        operand.kind = TemplateOperand::Kind::kField;
        operand.fields.emplace_back(token.text.substr(1));
        break;
      case Kind::kVariable:
        operand.kind = TemplateOperand::Kind::kVariable;
        operand.name = std::string(token.text);
        if (std::find(variables_.begin(), variables_.end(), operand.name) == variables_.end()) {
          Fail(fmt::format("undefined variable {}", Quoted(operand.name)));
        }
        break;
      case Kind::kString:
        operand.kind = TemplateOperand::Kind::kConstant;
        operand.constant = TemplateValue(Unquote(token));
        break;
      case Kind::kChar:
      case Kind::kNumber: Number(token, operand); break;
      case Kind::kLeftParen:
        operand.kind = TemplateOperand::Kind::kPipe;
        operand.pipe = Pipeline("parenthesized pipeline", Kind::kRightParen);
        break;
      case Kind::kDot:
      case Kind::kText:
      case Kind::kLeftDelim:
      case Kind::kRightDelim:
      case Kind::kSpace:
      case Kind::kPipe:
      case Kind::kDeclare:
      case Kind::kAssign:
      case Kind::kComma:
      case Kind::kRightParen:
      case Kind::kEnd: break;
    }
    return operand;
  }

  void Identifier(const TemplateToken& token, TemplateOperand& operand) {
    if (token.text == "true" || token.text == "false") {
      operand.kind = TemplateOperand::Kind::kConstant;
      operand.constant = TemplateValue(token.text == "true");
    } else if (token.text == "nil") {
      operand.kind = TemplateOperand::Kind::kNil;
    } else {
      operand.kind = TemplateOperand::Kind::kFunction;
      operand.name = std::string(token.text);
      if (FindTemplateFunction(token.text) == nullptr) {
        Fail(fmt::format("function {} not defined", Quoted(token.text)));
      }
    }
  }

  void Number(const TemplateToken& token, TemplateOperand& operand) {
    operand.kind = TemplateOperand::Kind::kConstant;
    if (token.kind == Kind::kChar) {
      const auto rune = ParseCharLiteral(token.text);
      if (!rune) Fail(fmt::format("malformed character constant: {}", token.text));
      operand.constant = TemplateValue(rune.value_or(0));
      return;
    }
    const auto value = ParseNumberLiteral(token.text);
    if (!value) Fail(fmt::format("bad number syntax: {}", Quoted(token.text)));
    operand.constant = value.value_or(TemplateValue());
  }

  TemplateTree& tree_;
  const std::vector<TemplateToken>& tokens_;
  TemplateSyntaxError error_;
  std::size_t at_ = 0;
  std::vector<std::string> variables_{"$"};
  int loops_ = 0;
  int nesting_ = 0;
  int pipes_ = 0;
};

}  // namespace

storage::Result<TemplateTree> ParseTemplateTree(std::string_view name, std::string_view text) {
  if (text.size() > kMaxTemplateBytes) {
    return Error{Errc::kLimit, fmt::format("template: {}: longer than {} bytes", name, kMaxTemplateBytes)};
  }
  TemplateTree tree;
  tree.name = std::string(name);
  tree.text = std::string(text);
  std::vector<TemplateToken> tokens;
  TemplateSyntaxError fault;
  if (!LexTemplate(tree.text, tokens, fault)) {
    return Error{Errc::kInvalid, fmt::format("template: {}:{}: {}", name, fault.line, fault.what)};
  }
  Parser parser(tree, tokens);
  if (!parser.Run()) {
    return Error{Errc::kInvalid, fmt::format("template: {}:{}: {}", name, parser.error().line, parser.error().what)};
  }
  return tree;
}

}  // namespace vigia::alerting
