// Text of values as Go's fmt package writes it (https://pkg.go.dev/fmt). What %v prints of a float is
// promql::FormatGeneral().
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "alerting/template/value.h"

namespace vigia::alerting {

// strconv.FormatFloat(v, 'e', -1, 64): 1e+00, the text of an alert's value in the API.
std::string FormatFloatExponent(double v);
// fmt.Sprintf("%.<precision><verb>", v) for the verbs e, f and g.
std::string FormatFloatPrecision(double v, char verb, int precision);

// The Sprint family. Widths and precisions above a million are refused in the text, as Go does.
std::string ToText(const TemplateValue& value);  // %v, but nil is "<no value>" as an action prints it.
std::string Sprint(std::span<const TemplateValue> args);
std::string Sprintln(std::span<const TemplateValue> args);
std::string Sprintf(std::string_view format, std::span<const TemplateValue> args);

}  // namespace vigia::alerting
