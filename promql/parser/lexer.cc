#include "promql/parser/lexer.h"

#include <utility>

#include <fmt/format.h>

#include "storage/model/labels.h"
#include "storage/model/utf8.h"

namespace vigia::promql {
namespace {

using T = TokenType;

bool IsSpace(char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlpha(char c) { return c == '_' || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z'); }
bool IsAlphaNumeric(char c) { return IsAlpha(c) || IsDigit(c); }

constexpr std::string_view kDecimalDigits = "0123456789";
constexpr std::string_view kHexDigits = "0123456789abcdefABCDEF";

std::string Utf8(std::int32_t rune) {
  std::string out;
  storage::AppendUtf8(out, rune < 0 ? storage::kReplacementRune : static_cast<std::uint32_t>(rune));
  return out;
}

// As Go's %q prints a rune: 'x'.
std::string QuotedRune(std::int32_t rune) {
  if (rune == '\'') return "'\\''";
  if (rune == '"') return "'\"'";
  std::string quoted = storage::Quoted(Utf8(rune));
  quoted.front() = '\'';
  quoted.back() = '\'';
  return quoted;
}

// As Go's %#U prints a rune: U+0078 'x'.
std::string NamedRune(std::int32_t rune) { return fmt::format("U+{:04X} '{}'", rune, Utf8(rune)); }

int DigitValue(std::int32_t rune) {
  if (rune >= '0' && rune <= '9') return rune - '0';
  if (rune >= 'a' && rune <= 'f') return rune - 'a' + 10;
  if (rune >= 'A' && rune <= 'F') return rune - 'A' + 10;
  return 16;
}

}  // namespace

Token Lexer::Next() {
  if (!error_.empty()) return last_error_;
  switch (mode_) {
    case Mode::kStatement: return Statement();
    case Mode::kBraces: return Braces();
    case Mode::kDuration: return DurationPart();
  }
  return Fail("unknown state");
}

Token Lexer::Emit(TokenType type) {
  Token token{type, static_cast<std::uint32_t>(start_), Scanned()};
  start_ = pos_;
  return token;
}

Token Lexer::Fail(std::string message) {
  error_ = std::move(message);
  last_error_ = Token{T::kError, static_cast<std::uint32_t>(start_), error_};
  return last_error_;
}

void Lexer::SkipSpaces() {
  while (!AtEnd() && IsSpace(Peek())) ++pos_;
  start_ = pos_;
}

bool Lexer::SkipComment() {
  if (Peek() != '#') return false;
  while (!AtEnd() && Peek() != '\n' && Peek() != '\r') ++pos_;
  return true;
}

// Decodes one rune; what is not UTF-8 comes back as kBadRune, one byte at a time.
Lexer::Rune Lexer::NextRune() {
  if (AtEnd()) return kEof;
  const auto byte = [this](std::size_t i) { return static_cast<unsigned char>(text_[pos_ + i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) {
    ++pos_;
    return first;
  }
  const std::size_t length = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || pos_ + length > text_.size() || !storage::IsValidUtf8(text_.substr(pos_, length))) {
    ++pos_;
    return kBadRune;
  }
  Rune rune = first & (0xFF >> (length + 1));
  for (std::size_t i = 1; i < length; ++i) rune = (rune << 6) | (byte(i) & 0x3F);
  pos_ += length;
  return rune;
}

bool Lexer::Is(std::string_view set) const { return !AtEnd() && set.find(Peek()) != std::string_view::npos; }

bool Lexer::Accept(std::string_view set) {
  if (!Is(set)) return false;
  ++pos_;
  return true;
}

Token Lexer::Statement() {
  do SkipSpaces();
  while (SkipComment());
  const char c = Peek();
  if (!AtEnd()) {
    if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) return Number();
    if (c == '"' || c == '\'') return Quoted(c);
    if (c == '`') return RawString();
    if (IsAlpha(c) || c == ':') return bracket_open_ ? AfterBracketNumber(c) : KeywordOrIdentifier();
    return Symbol(NextRune());
  }
  if (paren_depth_ != 0) return Fail("unclosed left parenthesis");
  if (bracket_open_) return Fail("unclosed left bracket");
  return Emit(T::kEnd);
}

Token Lexer::Symbol(Rune r) {
  const auto pair = [this](char second, T both, T alone) {
    return Emit(Accept(std::string_view(&second, 1)) ? both : alone);
  };
  switch (r) {
    case ',': return Emit(T::kComma);
    case '*': return Emit(T::kMul);
    case '/': return Emit(T::kDiv);
    case '%': return Emit(T::kMod);
    case '+': return Emit(T::kAdd);
    case '-': return Emit(T::kSub);
    case '^': return Emit(T::kPow);
    case '@': return Emit(T::kAt);
    case '=':
      if (Peek() == '~') return Fail("unexpected character after '=': '~'");
      return pair('=', T::kEq, T::kEqual);
    case '!':
      if (const Rune next = NextRune(); next != '=') return Fail("unexpected character after '!': " + QuotedRune(next));
      return Emit(T::kNe);
    case '<':
      if (Accept("/")) return Emit(T::kTrimUpper);
      return pair('=', T::kLe, T::kLt);
    case '>':
      if (Accept("/")) return Emit(T::kTrimLower);
      return pair('=', T::kGe, T::kGt);
    case '(': ++paren_depth_; return Emit(T::kLeftParen);
    case ')': return CloseParen();
    case '{': mode_ = Mode::kBraces; return Emit(T::kLeftBrace);
    case '[': return OpenBracket();
    case ']':
      if (!bracket_open_) return Fail("unexpected right bracket ']'");
      bracket_open_ = false;
      return Emit(T::kRightBracket);
  }
  return Fail("unexpected character: " + QuotedRune(r));
}

Token Lexer::CloseParen() {
  const Token token = Emit(T::kRightParen);
  if (--paren_depth_ < 0) return Fail("unexpected right parenthesis ')'");  // Reported behind the parenthesis.
  return token;
}

Token Lexer::OpenBracket() {
  if (bracket_open_) return Fail("unexpected left bracket '['");
  const Token token = Emit(T::kLeftBracket);
  bracket_open_ = true;
  got_colon_ = got_duration_ = false;
  mode_ = Mode::kDuration;
  return token;
}

// In brackets, from the opening one (or an operator) to the first number: only what may begin a duration.
Token Lexer::DurationPart() {
  SkipSpaces();
  if (AtEnd()) return Fail("unexpected end of input in duration expression");
  const char c = Peek();
  if (IsDigit(c) || (c == '.' && IsDigit(Peek(1)))) {
    got_duration_ = true;
    mode_ = Mode::kStatement;
    return Number();
  }
  if (std::string_view("sSmMrR").find(c) != std::string_view::npos) {
    const Token word = DurationKeyword();
    if (word.type != T::kIdentifier) {
      got_duration_ = true;
      return word;
    }
    return Fail("unexpected character in duration expression: " + QuotedRune(c));
  }
  const Rune r = NextRune();
  switch (r) {
    case '+': return Emit(T::kAdd);
    case '-': return Emit(T::kSub);
    case '*': return Emit(T::kMul);
    case '/': return Emit(T::kDiv);
    case '%': return Emit(T::kMod);
    case '^': return Emit(T::kPow);
    case ',': return Emit(T::kComma);
    case '(': ++paren_depth_; return Emit(T::kLeftParen);
    case ')': return CloseParen();
    case ']':
      bracket_open_ = false;
      mode_ = Mode::kStatement;
      return Emit(T::kRightBracket);
    case ':': {
      const Token token = Emit(T::kColon);
      if (!got_duration_) return Fail("unexpected colon before duration in duration expression");
      if (std::exchange(got_colon_, true)) return Fail("unexpected repeated colon in duration expression");
      return token;
    }
  }
  return Fail("unexpected character in duration expression: " + QuotedRune(r));
}

// step, range, min_of, max_of; kIdentifier for other words.
Token Lexer::DurationKeyword() {
  while (IsAlpha(Peek())) ++pos_;
  const std::optional<TokenType> word = FindKeyword(Scanned());
  const bool known = word == T::kStep || word == T::kRange || word == T::kMinOf || word == T::kMaxOf;
  return known ? Emit(*word) : Token{T::kIdentifier, static_cast<std::uint32_t>(start_), {}};
}

Token Lexer::AfterBracketNumber(char first) {
  if (first == ':') {
    if (std::exchange(got_colon_, true)) return Fail("unexpected colon ':'");
    ++pos_;
    return Emit(T::kColon);
  }
  const Token word = DurationKeyword();
  if (word.type != T::kIdentifier) return word;
  return Fail(fmt::format("unexpected character: {}, expected ':'", QuotedRune(first)));
}

Token Lexer::Number() {
  if (ScanNumber()) return Emit(T::kNumber);
  if (ScanRestOfDuration()) return Emit(T::kDuration);
  return Fail("bad number or duration syntax: " + storage::Quoted(Scanned()));
}

// Whether what may be a number ends here; the value is judged later. Follows the reference step by step, as its error
// texts show how far it had come.
bool Lexer::ScanNumber() {
  constexpr std::string_view kExponent = "eE";
  std::string_view digits = kDecimalDigits;
  if (Accept("0") && Accept("xX")) {
    Accept("_");
    digits = kHexDigits;
  }
  Accept(".");
  Accept(digits);
  bool dot = false;
  bool exponent = false;
  while (Is(digits) || Is("._") || Is(kExponent)) {
    if (Is(".") && dot) return Accept("."), false;
    if (Is(kExponent) && exponent) return Accept(kExponent), false;
    if (Accept(".")) {
      dot = true;
      if (Accept("_.") || digits == kHexDigits) return false;
    } else if (Accept(kExponent)) {
      exponent = true;
      Accept("+-");
      if (Accept("._eE") || AtEnd()) return false;
    } else if (Accept("_")) {
      if (Accept("._eE") || AtEnd()) return false;
    } else {
      while (Accept(digits)) {
      }
    }
  }
  return pos_ > start_ && !IsAlphaNumeric(Peek());
}

// Behind digits: a unit, and more digits with units. Wrong units such as "hs" are found when the duration is parsed.
bool Lexer::ScanRestOfDuration() {
  if (!Accept("smhdwy")) return false;
  Accept("s");
  while (Accept(kDecimalDigits)) {
    while (Accept(kDecimalDigits)) {
    }
    if (!Accept("smhdw")) return false;
    Accept("s");
  }
  if (!IsAlphaNumeric(Peek())) return true;
  ++pos_;  // The reference shows the offending character, too.
  return false;
}

Token Lexer::KeywordOrIdentifier() {
  while (IsAlphaNumeric(Peek()) || Peek() == ':') ++pos_;
  const std::string_view word = Scanned();
  const std::optional<TokenType> keyword = FindKeyword(word);
  if (!keyword) return Emit(word.find(':') == std::string_view::npos ? T::kIdentifier : T::kMetricIdentifier);
  const bool is_fill = keyword == T::kFill || keyword == T::kFillLeft || keyword == T::kFillRight;
  if (is_fill && !FollowedByParen()) return Emit(T::kIdentifier);
  return Emit(*keyword);
}

bool Lexer::FollowedByParen() const {
  std::size_t at = pos_;
  while (at < text_.size() && IsSpace(text_[at])) ++at;
  return at < text_.size() && text_[at] == '(';
}

Token Lexer::Braces() {
  do SkipSpaces();
  while (SkipComment());
  if (AtEnd()) return Fail("unexpected end of input inside braces");
  const char c = Peek();
  if (IsAlpha(c)) {
    while (IsAlphaNumeric(Peek())) ++pos_;
    return Emit(T::kIdentifier);
  }
  if (c == '"' || c == '\'') return Quoted(c);
  if (c == '`') return RawString();
  const Rune r = NextRune();
  switch (r) {
    case ',': return Emit(T::kComma);
    case '=': return Emit(Accept("~") ? T::kMatchRegex : T::kEqual);
    case '!':
      if (Accept("~")) return Emit(T::kMatchNotRegex);
      if (Accept("=")) return Emit(T::kNe);
      return Fail("unexpected character after '!' inside braces: " + QuotedRune(NextRune()));
    case '{': return Fail("unexpected left brace '{'");
    case '}': mode_ = Mode::kStatement; return Emit(T::kRightBrace);
  }
  return Fail("unexpected character inside braces: " + QuotedRune(r));
}

Token Lexer::Quoted(char quote) {
  ++pos_;
  while (true) {
    const Rune r = NextRune();
    if (r == quote) return Emit(T::kString);
    if (r == kEof || r == '\n') return Fail("unterminated quoted string");
    if (r == kBadRune) return Fail("invalid UTF-8 rune");
    if (r == '\\' && !ScanEscape(quote)) return last_error_;
  }
}

bool Lexer::ScanEscape(char quote) {
  Rune r = NextRune();
  int digits = 0;
  int base = 16;
  std::uint64_t max = 0x10FFFF;
  switch (r) {
    case 'a':
    case 'b':
    case 'f':
    case 'n':
    case 'r':
    case 't':
    case 'v':
    case '\\': return true;
    case '0':
    case '1':
    case '2':
    case '3':
    case '4':
    case '5':
    case '6':
    case '7': digits = 3, base = 8, max = 255; break;
    case 'x': r = NextRune(), digits = 2, max = 255; break;
    case 'u': r = NextRune(), digits = 4; break;
    case 'U': r = NextRune(), digits = 8; break;
    case kEof: Fail("escape sequence not terminated"); return false;
    default:
      if (r == quote) return true;
      Fail("unknown escape sequence " + NamedRune(r));
      return false;
  }
  std::uint64_t value = 0;
  for (; digits > 0; --digits) {
    const int digit = DigitValue(r);
    if (digit >= base) {
      Fail(r == kEof ? "escape sequence not terminated"
                     : fmt::format("illegal character {} in escape sequence", NamedRune(r)));
      return false;
    }
    value = value * static_cast<std::uint64_t>(base) + static_cast<std::uint64_t>(digit);
    if (digits > 1) r = NextRune();
  }
  if (value <= max && (value < 0xD800 || value >= 0xE000)) return true;
  Fail("escape sequence is an invalid Unicode code point");
  return false;
}

Token Lexer::RawString() {
  ++pos_;
  while (true) {
    const Rune r = NextRune();
    if (r == '`') return Emit(T::kString);
    if (r == kEof) return Fail("unterminated raw string");
    if (r == kBadRune) return Fail("invalid UTF-8 rune");
  }
}

}  // namespace vigia::promql
