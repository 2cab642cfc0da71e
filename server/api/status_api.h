// /status/* (surface.md 1.5), /version, and the lifecycle routes /-/healthy, /-/ready, /-/reload, /-/quit (1.10).
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "server/http/router.h"
#include "storage/model/clock.h"
#include "storage/model/error.h"

namespace vigia::server {

struct NamedCount {
  std::string name;
  std::uint64_t value = 0;
};

// What /status/tsdb shows; lists sorted by value, largest first, at most `limit` long.
struct TsdbStatus {
  std::uint64_t series = 0;
  std::uint64_t label_pairs = 0;
  std::uint64_t chunks = 0;
  storage::TimestampMs min_time_ms = 0;
  storage::TimestampMs max_time_ms = 0;
  std::vector<NamedCount> series_by_metric_name;
  std::vector<NamedCount> values_by_label_name;
  std::vector<NamedCount> bytes_by_label_name;
  std::vector<NamedCount> series_by_label_pair;
};

struct RuntimeStatus {
  storage::TimestampMs start_time_ms = 0;
  std::string working_directory;
  std::string host_name;
  bool reload_ok = true;
  storage::TimestampMs last_config_ms = 0;
  std::uint64_t corruptions = 0;
  std::string storage_retention;  // "15d or 10GiB"
};

// A partition of storage, as /status/tsdb/blocks shows it.
struct BlockStatus {
  std::uint64_t id = 0;
  int level = 1;
  storage::TimestampMs min_time_ms = 0;
  storage::TimestampMs max_time_ms = 0;  // Inclusive.
  std::uint64_t samples = 0;
  std::uint64_t series = 0;
  std::uint64_t chunks = 0;
};

using FeatureMap = std::map<std::string, std::map<std::string, bool>>;  // By category.

// Callbacks are thread-safe.
struct StatusApiDeps {
  std::function<std::string()> config_yaml;
  std::function<std::map<std::string, std::string>()> flags;
  std::function<RuntimeStatus()> runtime;
  std::function<TsdbStatus(std::size_t limit)> tsdb;
  std::function<std::vector<BlockStatus>()> blocks;
  std::function<FeatureMap()> features;
  storage::Clock clock;
};

void RegisterStatusApi(Router& router, const StatusApiDeps& deps);

struct LifecycleDeps {
  bool enabled = false;  // --web.enable-lifecycle
  std::function<bool()> ready;
  std::function<bool()> stopping;
  std::function<storage::Status()> reload;  // Blocks until the new configuration is in force or refused.
  std::function<void()> quit;               // Returns at once.
};

void RegisterLifecycle(Router& router, const LifecycleDeps& deps);

// Wraps a handler so that it answers 503 until `ready` says otherwise.
Handler WhenReady(const LifecycleDeps& deps, Handler handler);

}  // namespace vigia::server
