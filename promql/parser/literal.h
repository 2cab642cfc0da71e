// Numbers and strings between their notation in queries and their values.
#pragma once

#include <string>
#include <string_view>

#include "storage/model/error.h"

namespace vigia::promql {

// As Go reads it: first as an integer (0x.., 0b.., 0o.., a leading 0 is octal, _ between digits), then as a float. The
// error's text is Go's: strconv.ParseFloat: parsing "1e999": value out of range.
storage::Result<double> ParseNumber(std::string_view text);

// The shortest digits that read back as the same double, never with an exponent; +Inf, -Inf, NaN.
std::string FormatNumber(double value);

// `literal` with its quotes: "..." and '...' with escapes, `...` raw. kInvalid ("invalid syntax") when it is none.
storage::Result<std::string> Unquote(std::string_view literal);

}  // namespace vigia::promql
