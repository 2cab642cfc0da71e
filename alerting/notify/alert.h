// An alert on its way to Alertmanagers, and the JSON they accept (Alertmanager API v2, POST /api/v2/alerts).
#pragma once

#include <span>
#include <string>

#include "config/schema/http_client_config.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::alerting {

struct WireAlert {
  storage::Labels labels;
  config::StringMap annotations;
  storage::TimestampMs starts_at_ms = 0;
  storage::TimestampMs ends_at_ms = 0;  // In the past for a resolved alert.
  std::string generator_url;
};

// A JSON array, times in RFC 3339 and UTC. Bytes that are no UTF-8 become U+FFFD.
std::string EncodeAlerts(std::span<const WireAlert> alerts);

}  // namespace vigia::alerting
