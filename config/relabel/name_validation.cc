#include "config/relabel/name_validation.h"

#include "storage/model/labels.h"

namespace vigia::config {

bool IsValidLabelName(std::string_view name, NameValidation validation) {
  switch (validation) {
    case NameValidation::kUtf8: return !name.empty() && storage::IsValidUtf8(name);
    case NameValidation::kLegacy: return storage::IsLegacyLabelName(name);
  }
  return false;
}

bool IsValidMetricName(std::string_view name, NameValidation validation) {
  switch (validation) {
    case NameValidation::kUtf8: return !name.empty() && storage::IsValidUtf8(name);
    case NameValidation::kLegacy: return storage::IsLegacyMetricName(name);
  }
  return false;
}

std::string_view ToString(NameValidation validation) {
  switch (validation) {
    case NameValidation::kUtf8: return "utf8";
    case NameValidation::kLegacy: return "legacy";
  }
  return "";
}

}  // namespace vigia::config
