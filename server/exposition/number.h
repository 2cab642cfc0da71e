// Numbers as Go writes and reads them: exposition formats are defined by what strconv accepts and prints.
#pragma once

#include <cstddef>
#include <optional>
#include <string>
#include <string_view>

namespace vigia::server {

// What strconv.ParseFloat accepts, less hexadecimal and underscores (surface.md 5.3): decimal with optional sign, point
// and exponent; inf, infinity (signed) and nan (unsigned) in any case. Nothing for anything else, for an empty text and
// for a number too large for a double; a number too small becomes 0. Every NaN is kNormalNan.
std::optional<double> ParseGoFloat(std::string_view text);

// The common case of the above at the head of `text`: an optional minus, then at most 15 digits with at most one point
// among them. Returns how many bytes that was and sets `value`; 0 when the text begins otherwise. The caller looks at
// what follows: it may belong to a longer number.
std::size_t ReadPlainNumber(std::string_view text, double& value);

// The shortest text that reads back as `value`, with an exponent from 1e+06 up and from 1e-05 down (strconv's 'g', -1).
std::string FormatGoFloat(double value);

// As FormatGoFloat(), with ".0" appended to what looks like an integer: the form of le and quantile in OpenMetrics.
std::string FormatOpenMetricsFloat(double value);

}  // namespace vigia::server
