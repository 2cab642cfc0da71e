// Small readers of text that the notations of .test files share.
#pragma once

#include <optional>
#include <string_view>
#include <vector>

#include "storage/model/timestamp.h"

namespace vigia::promqltest {

std::string_view Trimmed(std::string_view text);

// Separated by spaces and tabs.
std::vector<std::string_view> Words(std::string_view text);

// A decimal float with optional sign, exponent and _ between digits; Inf and NaN in any case. Nothing else around it.
std::optional<double> ParseDecimal(std::string_view text);

// The length of the longest prefix that ParseDecimal() accepts, 0 for none. An x or a second sign ends it.
std::size_t DecimalPrefix(std::string_view text);

// A duration with optional sign: -1m30s. A bare 0 is allowed.
std::optional<storage::DurationMs> ParseSignedDuration(std::string_view text);

}  // namespace vigia::promqltest
