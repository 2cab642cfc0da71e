// /status/retention: what the retention policies hold. Not one of Prometheus' endpoints.
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <vector>

#include "server/http/router.h"
#include "storage/model/error.h"
#include "storage/model/matcher.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

struct RetentionPolicyStatus {
  std::string selector;
  std::vector<storage::Matcher> matchers;
  storage::DurationMs time_ms = 0;
  std::uint64_t series = 0;
  std::uint64_t bytes = 0;          // At rest, about.
  std::uint64_t expired_bytes = 0;  // Of these, in samples that are too old.
  std::uint64_t samples = 0;
  std::uint64_t expired_samples = 0;
};

// As storage::DownsamplingUsage, with the rule.
struct DownsamplingStatus {
  std::string selector;
  std::vector<storage::Matcher> matchers;
  storage::DurationMs after_ms = 0;
  storage::DurationMs resolution_ms = 0;
  std::uint64_t series = 0;
  std::uint64_t bytes = 0;
  std::uint64_t samples = 0;
  std::uint64_t downsampled_bytes = 0;
  std::uint64_t due_bytes = 0;
  std::uint64_t due_samples = 0;
  std::uint64_t replaced_samples = 0;
  std::uint64_t freed_bytes = 0;
};

// Callbacks are thread-safe.
struct RetentionApiDeps {
  // The policies in force, without figures, and how long other series are kept (0: for ever).
  std::function<std::vector<RetentionPolicyStatus>()> policies;
  std::function<storage::DurationMs()> time_ms;
  // The figures as if these policies were in force: one entry for each, a last one for all other series.
  std::function<storage::Result<std::vector<RetentionPolicyStatus>>(std::vector<RetentionPolicyStatus>)> measure;
  // The rules of downsampling in force, without figures, and the figures as if these were.
  std::function<std::vector<DownsamplingStatus>()> downsampling;
  std::function<storage::Result<std::vector<DownsamplingStatus>>(std::vector<DownsamplingStatus>)> measure_downsampling;
};

// GET /api/v1/status/retention. Parameters `policy`, each "DURATION SELECTOR", are tried instead of the policies in
// force, and `downsampling`, each "AGE RESOLUTION SELECTOR", instead of the rules of downsampling in force.
void RegisterRetentionApi(Router& router, RetentionApiDeps deps);

}  // namespace vigia::server
