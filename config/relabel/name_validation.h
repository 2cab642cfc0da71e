// Which metric and label names are accepted: any UTF-8 text (Prometheus 3's default) or the legacy ASCII rules.
#pragma once

#include <string_view>

namespace vigia::config {

enum class NameValidation { kUtf8, kLegacy };

// A valid label name is never empty.
bool IsValidLabelName(std::string_view name, NameValidation validation);
bool IsValidMetricName(std::string_view name, NameValidation validation);

// "utf8" or "legacy": the words of the configuration file.
std::string_view ToString(NameValidation validation);

}  // namespace vigia::config
