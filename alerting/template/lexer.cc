#include "alerting/template/lexer.h"

#include <algorithm>
#include <array>

#include <fmt/format.h>

namespace vigia::alerting {
namespace {

using Kind = TemplateToken::Kind;

constexpr std::string_view kSpaces = " \t\r\n";
constexpr std::array<std::string_view, 11> kKeywords = {"block", "break", "continue", "define",   "else", "end",
                                                        "if",    "nil",   "range",    "template", "with"};

bool IsSpace(char c) { return kSpaces.find(c) != std::string_view::npos; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
// Letters beyond ASCII are taken as letters; which of them Go would refuse does not matter to any rule file.
bool IsWord(char c) {
  return IsDigit(c) || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || c == '_' ||
         static_cast<unsigned char>(c) >= 0x80;
}

class Lexer {
 public:
  Lexer(std::string_view text, std::vector<TemplateToken>& tokens, TemplateSyntaxError& error)
      : text_(text), tokens_(tokens), error_(error) {}

  bool Run() {
    while (at_ < text_.size()) {
      if (!Text() || (at_ < text_.size() && !Action())) return false;
    }
    Emit(Kind::kEnd, at_);
    return true;
  }

 private:
  bool Fail(std::string what) {
    error_ = {line_, std::move(what)};
    return false;
  }

  // The token is [start, at_).
  void Emit(Kind kind, std::size_t start) {
    const std::string_view token = text_.substr(start, at_ - start);
    tokens_.push_back({kind, static_cast<std::uint32_t>(start), line_, token});
    line_ += static_cast<std::uint32_t>(std::count(token.begin(), token.end(), '\n'));
  }

  void Skip(std::size_t to) {
    line_ += static_cast<std::uint32_t>(std::count(text_.begin() + static_cast<std::ptrdiff_t>(at_),
                                                   text_.begin() + static_cast<std::ptrdiff_t>(to), '\n'));
    at_ = to;
  }

  bool StartsWith(std::string_view what, std::size_t at) const { return text_.substr(at, what.size()) == what; }
  bool TrimsLeft(std::size_t at) const {
    return StartsWith("-", at) && at + 1 < text_.size() && IsSpace(text_[at + 1]);
  }
  // " -}}" at `at`, the space included.
  bool TrimsRight(std::size_t at) const { return at < text_.size() && IsSpace(text_[at]) && StartsWith("-}}", at + 1); }

  // Up to the next action.
  bool Text() {
    const std::size_t open = std::min(text_.find("{{", at_), text_.size());
    std::size_t end = open;
    if (open < text_.size() && TrimsLeft(open + 2)) {
      while (end > at_ && IsSpace(text_[end - 1])) --end;
    }
    if (end > at_) {
      const std::size_t start = at_;
      at_ = end;
      Emit(Kind::kText, start);
    }
    Skip(open);
    return true;
  }

  void TrimFollowing() {
    std::size_t to = at_;
    while (to < text_.size() && IsSpace(text_[to])) ++to;
    Skip(to);
  }

  bool Action() {
    const std::size_t open = at_;
    const bool trims = TrimsLeft(open + 2);
    const std::size_t inside = open + 2 + (trims ? 2 : 0);
    if (StartsWith("/*", inside)) return Comment(inside);
    at_ = open + 2;
    Emit(Kind::kLeftDelim, open);
    Skip(inside);
    parens_ = 0;
    while (true) {
      if (at_ >= text_.size()) return Fail("unclosed action");
      if (StartsWith("}}", at_) || TrimsRight(at_)) return Close();
      if (!Token()) return false;
    }
  }

  bool Close() {
    if (parens_ > 0) return Fail("unclosed left paren");
    const bool trims = !StartsWith("}}", at_);
    if (trims) Skip(at_ + 2);
    const std::size_t start = at_;
    at_ += 2;
    Emit(Kind::kRightDelim, start);
    if (trims) TrimFollowing();
    return true;
  }

  bool Comment(std::size_t inside) {
    const std::size_t end = text_.find("*/", inside + 2);
    if (end == std::string_view::npos) return Fail("unclosed comment");
    const bool trims = TrimsRight(end + 2);
    if (!trims && !StartsWith("}}", end + 2)) return Fail("comment ends before closing delimiter");
    Skip(end + 2 + (trims ? 4 : 2));
    if (trims) TrimFollowing();
    return true;
  }

  bool Token() {
    const std::size_t start = at_;
    const char c = text_[at_];
    if (IsSpace(c)) {
      while (at_ < text_.size() && IsSpace(text_[at_]) && !TrimsRight(at_)) ++at_;
      Emit(Kind::kSpace, start);
      return true;
    }
    if (c == '"' || c == '\'') return Quoted(c);
    if (c == '`') return RawString();
    if (c == '$') return Variable();
    if (c == '.' && !(at_ + 1 < text_.size() && IsDigit(text_[at_ + 1]))) return Field();
    const bool signed_number =
        (c == '+' || c == '-') && at_ + 1 < text_.size() && (IsDigit(text_[at_ + 1]) || text_[at_ + 1] == '.');
    if (IsDigit(c) || c == '.' || signed_number) return Number();
    if (IsWord(c) && !StartsWith("\xc2\xa0", at_)) return Identifier();
    return Punctuation(c);
  }

  bool Punctuation(char c) {
    const std::size_t start = at_++;
    switch (c) {
      case '|': Emit(Kind::kPipe, start); return true;
      case '=': Emit(Kind::kAssign, start); return true;
      case ',': Emit(Kind::kComma, start); return true;
      case ':':
        if (!StartsWith("=", at_)) return Fail("expected :=");
        ++at_;
        Emit(Kind::kDeclare, start);
        return true;
      case '(':
        ++parens_;
        Emit(Kind::kLeftParen, start);
        return true;
      case ')':
        if (--parens_ < 0) return Fail("unexpected right paren");
        Emit(Kind::kRightParen, start);
        return true;
      default: break;
    }
    if (c == '\xc2') return Fail("unrecognized character in action: U+00A0");
    const auto code = static_cast<unsigned char>(c);
    return Fail(code < 0x20 || code == 0x7F ? fmt::format("unrecognized character in action: U+{:04X}", code)
                                            : fmt::format("unrecognized character in action: U+{:04X} '{}'", code, c));
  }

  bool Quoted(char quote) {
    const std::size_t start = at_++;
    for (; at_ < text_.size() && text_[at_] != '\n'; ++at_) {
      if (text_[at_] == '\\' && at_ + 1 < text_.size() && text_[at_ + 1] != '\n') {
        ++at_;
      } else if (text_[at_] == quote) {
        ++at_;
        Emit(quote == '"' ? Kind::kString : Kind::kChar, start);
        return true;
      }
    }
    return Fail(quote == '"' ? "unterminated quoted string" : "unterminated character constant");
  }

  bool RawString() {
    const std::size_t end = text_.find('`', at_ + 1);
    if (end == std::string_view::npos) return Fail("unterminated raw quoted string");
    const std::size_t start = at_;
    at_ = end + 1;
    Emit(Kind::kString, start);
    return true;
  }

  void Word() {
    while (at_ < text_.size() && IsWord(text_[at_])) ++at_;
  }

  // What may follow a word: anything that cannot be part of one.
  bool AtTerminator() const {
    return at_ >= text_.size() || IsSpace(text_[at_]) || StartsWith("}}", at_) ||
           std::string_view(".,|:()=").find(text_[at_]) != std::string_view::npos;
  }

  bool Terminated(Kind kind, std::size_t start) {
    if (!AtTerminator()) {
      return Fail(fmt::format("bad character U+{:04X} '{}'", static_cast<unsigned char>(text_[at_]), text_[at_]));
    }
    Emit(kind, start);
    return true;
  }

  bool Variable() {
    const std::size_t start = at_++;
    Word();
    return Terminated(Kind::kVariable, start);
  }

  bool Field() {
    const std::size_t start = at_++;
    Word();
    return Terminated(at_ == start + 1 ? Kind::kDot : Kind::kField, start);
  }

  bool Identifier() {
    const std::size_t start = at_;
    Word();
    return Terminated(Kind::kIdentifier, start);
  }

  // Takes whatever looks like a number; its value is checked by the parser.
  bool Number() {
    const std::size_t start = at_++;
    for (; at_ < text_.size(); ++at_) {
      const char c = text_[at_];
      const char before = text_[at_ - 1];
      const bool hex = at_ > start + 1 && (text_[start + 1] == 'x' || text_[start + 1] == 'X');
      const bool exponent_sign = (c == '+' || c == '-') && !hex && (before == 'e' || before == 'E');
      if (!IsWord(c) && c != '.' && !exponent_sign) break;
    }
    Emit(Kind::kNumber, start);
    return true;
  }

  const std::string_view text_;
  std::vector<TemplateToken>& tokens_;
  TemplateSyntaxError& error_;
  std::size_t at_ = 0;
  std::uint32_t line_ = 1;
  int parens_ = 0;
};

}  // namespace

bool IsTemplateKeyword(std::string_view word) {
  return std::find(kKeywords.begin(), kKeywords.end(), word) != kKeywords.end();
}

bool LexTemplate(std::string_view text, std::vector<TemplateToken>& tokens, TemplateSyntaxError& error) {
  return Lexer(text, tokens, error).Run();
}

}  // namespace vigia::alerting
