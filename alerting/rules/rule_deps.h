// What the rules need from the rest of the server, as functions: tests pass lambdas, the server its engine and storage.
#pragma once

#include <functional>
#include <span>
#include <stop_token>
#include <string>
#include <string_view>
#include <vector>

#include "config/schema/http_client_config.h"
#include "promql/value/value.h"
#include "storage/api/appender.h"
#include "storage/api/querier.h"
#include "storage/model/clock.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"
#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::alerting {

// One instant query; file and group say who asks, for the query log.
struct RuleQuery {
  std::string_view text;
  storage::TimestampMs at_ms = 0;
  std::string_view file;
  std::string_view group;
  std::stop_token cancel;
};

// An alert to be told about: firing, or resolved when ends_at_ms is not in the future.
struct FiredAlert {
  storage::Labels labels;  // With alertname, without external labels.
  config::StringMap annotations;
  storage::TimestampMs starts_at_ms = 0;
  storage::TimestampMs ends_at_ms = 0;
  std::string generator_url;
};

// The last sample of a series.
struct LastSample {
  storage::Labels labels;
  storage::TimestampMs t = 0;
  double v = 0;
};

// All functions are called from many threads at once. What they use must outlive the RuleManager.
struct RuleDeps {
  // Instant vector or scalar; other values make the rule fail. REQUIRED.
  std::function<storage::Result<promql::QueryResult>(const RuleQuery& query)> query;
  storage::Appendable* appendable = nullptr;  // REQUIRED.
  // Must not block. Not set: nobody is told.
  std::function<void(std::span<const FiredAlert> alerts)> notify;
  storage::Clock now;  // REQUIRED.
  // The newest sample at start_ms..end_ms of each series that matches; for the state of alerts after a restart. Not
  // set: nothing is restored.
  std::function<storage::Result<std::vector<LastSample>>(std::span<const storage::Matcher> matchers,
                                                         storage::TimestampMs start_ms, storage::TimestampMs end_ms)>
      last_samples;
  std::function<void(std::string_view text)> warn;  // For the log. May be empty.
  std::string external_url;                         // Without trailing slash.
};

// last_samples over a storage, which must outlive it.
decltype(RuleDeps::last_samples) LastSamplesOf(const storage::Queryable& storage);

// --rules.alert.*
struct RuleOptions {
  bool restore = true;  // Alerts of the first load are restored. Off for tools that evaluate from nothing.
  storage::DurationMs outage_tolerance_ms = 3'600'000;
  storage::DurationMs for_grace_period_ms = 600'000;
  storage::DurationMs resend_delay_ms = 60'000;
};

}  // namespace vigia::alerting
