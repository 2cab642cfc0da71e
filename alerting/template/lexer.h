// Template text to tokens (Go text/template/parse/lex.go describes the language).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/error.h"

namespace vigia::alerting {

struct TemplateToken {
  enum class Kind {
    kText,  // Outside of actions, already trimmed where a trim marker says so.
    kLeftDelim,
    kRightDelim,
    kSpace,       // Between words of an action; separates arguments.
    kIdentifier,  // A function or a keyword.
    kField,       // .Name
    kVariable,    // $ or $name
    kDot,
    kString,  // Quoted or raw, with its quotes.
    kChar,
    kNumber,
    kPipe,
    kDeclare,  // :=
    kAssign,   // =
    kComma,
    kLeftParen,
    kRightParen,
    kEnd,  // Of the text.
  };
  Kind kind = Kind::kEnd;
  std::uint32_t pos = 0;   // Byte offset in the text.
  std::uint32_t line = 1;  // From 1.
  std::string_view text;   // Points into the template's text.
};

// A fault with the line it is on; the parser puts the template's name before it.
struct TemplateSyntaxError {
  std::uint32_t line = 1;
  std::string what;
};

// The last token is kEnd. On a fault false; `error` says what and where. The views point into `text`.
bool LexTemplate(std::string_view text, std::vector<TemplateToken>& tokens, TemplateSyntaxError& error);

// if, range, end, ...: identifiers that are no functions.
bool IsTemplateKeyword(std::string_view word);

}  // namespace vigia::alerting
