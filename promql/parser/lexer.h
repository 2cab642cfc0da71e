// Query text to tokens. The kinds of tokens depend on where they stand: in braces every word is an identifier, in
// brackets only durations are.
#pragma once

#include <string>
#include <string_view>

#include "promql/parser/token.h"

namespace vigia::promql {

// `text` must outlive the lexer and its tokens. Never reads past the end of `text`; after an error or the end, Next()
// repeats that token.
class Lexer {
 public:
  explicit Lexer(std::string_view text) : text_(text) {}

  // The next token; comments and spaces are skipped. For kError, pos is where the reference reports the error.
  Token Next();

 private:
  enum class Mode { kStatement, kBraces, kDuration };
  using Rune = std::int32_t;
  static constexpr Rune kEof = -1;
  static constexpr Rune kBadRune = 0xFFFD;

  Token Statement();
  Token Braces();
  Token DurationPart();
  Token AfterBracketNumber(char first);
  Token Symbol(Rune r);
  Token CloseParen();
  Token OpenBracket();
  Token Number();
  Token KeywordOrIdentifier();
  Token Quoted(char quote);
  Token RawString();
  bool ScanEscape(char quote);
  bool ScanNumber();
  bool ScanRestOfDuration();
  Token DurationKeyword();

  void SkipSpaces();
  bool SkipComment();
  bool FollowedByParen() const;
  Rune NextRune();
  char Peek(std::size_t ahead = 0) const { return pos_ + ahead < text_.size() ? text_[pos_ + ahead] : '\0'; }
  bool AtEnd() const { return pos_ >= text_.size(); }
  bool Accept(std::string_view set);
  bool Is(std::string_view set) const;
  std::string_view Scanned() const { return text_.substr(start_, pos_ - start_); }
  Token Emit(TokenType type);
  Token Fail(std::string message);

  const std::string_view text_;
  std::size_t pos_ = 0;
  std::size_t start_ = 0;  // Of the token being scanned.
  Mode mode_ = Mode::kStatement;
  int paren_depth_ = 0;
  bool bracket_open_ = false;
  bool got_colon_ = false;     // Since the bracket.
  bool got_duration_ = false;  // Since the bracket.
  std::string error_;          // Set once.
  Token last_error_;
};

}  // namespace vigia::promql
