// The methods that times and durations have in templates: (toTime .Value).Format "15:04".
#pragma once

#include <optional>
#include <string_view>

#include "alerting/template/functions.h"

namespace vigia::alerting {

// Nothing when values of this type have no such method.
std::optional<storage::Result<TemplateValue>> CallMethod(const TemplateValue& receiver, std::string_view name,
                                                         TemplateArgs args);

}  // namespace vigia::alerting
