// Go literals inside templates: numbers, characters, quoted and raw strings.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "alerting/template/value.h"

namespace vigia::alerting {

// An int, or a float when it has a point or an exponent. Nothing when it is no number.
std::optional<TemplateValue> ParseNumberLiteral(std::string_view text);
// 'x' with its quotes, as the number of the character.
std::optional<std::int64_t> ParseCharLiteral(std::string_view text);
// "..." or `...` with the quotes.
std::optional<std::string> UnquoteLiteral(std::string_view text);

// strconv.ParseFloat: all of the text, with inf and nan in Go's spellings. Nothing on bad syntax.
std::optional<double> ParseFloatText(std::string_view text);

}  // namespace vigia::alerting
