// The functions that templates may call: Go's own and Prometheus' (surface.md 6.6).
#pragma once

#include <functional>
#include <span>
#include <string>
#include <string_view>

#include "alerting/template/value.h"
#include "promql/value/value.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::alerting {

// What functions see beside their arguments. Not set: `query` then fails.
struct TemplateEnvironment {
  std::function<storage::Result<promql::Vector>(std::string_view expr)> query;  // At the time of the evaluation.
  storage::TimestampMs now_ms = 0;
  std::string external_url;                 // Without a trailing slash, with the path.
  std::string path_prefix;                  // The path of external_url.
  std::size_t max_string_bytes = 1u << 20;  // Of one result.
};

using TemplateArgs = std::span<const TemplateValue>;

struct TemplateFunction {
  std::string_view name;
  int min_args = 0;
  int max_args = 0;  // -1 = any number.
  storage::Result<TemplateValue> (*call)(const TemplateEnvironment& environment, TemplateArgs args) = nullptr;
};

// Null when there is no such function. `and` and `or` are in the table; the evaluator stops them at the deciding
// argument.
const TemplateFunction* FindTemplateFunction(std::string_view name);

// The tables, by file.
std::span<const TemplateFunction> BuiltinTemplateFunctions();  // Go's: eq, len, printf, ...
std::span<const TemplateFunction> TextTemplateFunctions();     // title, match, stripPort, ...
std::span<const TemplateFunction> NumberTemplateFunctions();   // humanize..., toTime, parseDuration, now
std::span<const TemplateFunction> SampleTemplateFunctions();   // query, first, label, value, sortByLabel, args

// For the functions: an argument of the wanted type, or the error that Go reports.
storage::Result<std::string> TextArgument(const TemplateValue& value);
// As Prometheus converts: numbers, numeric strings, durations in seconds.
storage::Result<double> FloatArgument(const TemplateValue& value);
storage::Error WrongType(std::string_view expected, const TemplateValue& got);

// url.QueryEscape: space as +, all but letters, digits and -_.~ as %XX.
std::string QueryEscape(std::string_view text);

}  // namespace vigia::alerting
