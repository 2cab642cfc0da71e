// What the API shows of rules and alerts (surface.md 1.4): copies, so nothing here changes after it was taken.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/http_client_config.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::alerting {

enum class AlertState { kInactive, kPending, kFiring };
std::string_view ToString(AlertState state);  // "inactive", "pending", "firing"

enum class RuleHealth { kUnknown, kOk, kErr };
std::string_view ToString(RuleHealth health);  // "unknown", "ok", "err"

enum class RuleType { kAlerting, kRecording };
std::string_view ToString(RuleType type);  // "alerting", "recording"

struct AlertSnapshot {
  storage::Labels labels;
  config::StringMap annotations;  // Expanded.
  AlertState state = AlertState::kPending;
  storage::TimestampMs active_at_ms = 0;
  std::optional<storage::TimestampMs> keep_firing_since_ms;
  std::string value;  // 1e+00
};

struct RuleSnapshot {
  RuleType type = RuleType::kRecording;
  std::string name;
  std::string query;  // As the printer of promql/parser writes it.
  config::StringMap labels;
  RuleHealth health = RuleHealth::kUnknown;
  std::string last_error;  // "" = none.
  double evaluation_seconds = 0;
  std::optional<storage::TimestampMs> last_evaluation_ms;
  // Of alerting rules only:
  std::optional<AlertState> state;  // Of the worst alert; nothing before the first evaluation ("unknown").
  storage::DurationMs for_ms = 0;
  storage::DurationMs keep_firing_for_ms = 0;
  config::StringMap annotations;      // As written.
  std::vector<AlertSnapshot> alerts;  // Pending and firing, in order of labels.
};

struct RuleGroupSnapshot {
  std::string file;
  std::string name;
  storage::DurationMs interval_ms = 0;
  std::int64_t limit = 0;
  double evaluation_seconds = 0;
  std::optional<storage::TimestampMs> last_evaluation_ms;  // Of the clock, not of the slot.
  std::vector<RuleSnapshot> rules;                         // In order of evaluation.
};

}  // namespace vigia::alerting
