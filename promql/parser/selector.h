// A vector selector alone, such as up{job="a"}.
#pragma once

#include <string_view>
#include <vector>

#include "storage/model/error.h"
#include "storage/model/matcher.h"

namespace vigia::promql {

// Its matchers. It may select every series there is, as {job=~".*"} does and {}: ParseMetricSelector() of parse.h
// refuses that. Errors are worded as those of ParseExpr().
storage::Result<std::vector<storage::Matcher>> ParseSelector(std::string_view text);

}  // namespace vigia::promql
