#include "alerting/rules/snapshot.h"

namespace vigia::alerting {

std::string_view ToString(AlertState state) {
  switch (state) {
    case AlertState::kInactive: return "inactive";
    case AlertState::kPending: return "pending";
    case AlertState::kFiring: return "firing";
  }
  return "unknown";
}

std::string_view ToString(RuleHealth health) {
  switch (health) {
    case RuleHealth::kUnknown: return "unknown";
    case RuleHealth::kOk: return "ok";
    case RuleHealth::kErr: return "err";
  }
  return "unknown";
}

std::string_view ToString(RuleType type) {
  switch (type) {
    case RuleType::kAlerting: return "alerting";
    case RuleType::kRecording: return "recording";
  }
  return "unknown";
}

}  // namespace vigia::alerting
