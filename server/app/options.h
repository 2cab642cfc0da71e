// What the command line says: every flag of `prometheus` 3.x (surface.md 2.1), typed. Flags that only tune parts which
// this server does not have are accepted and shown, so that existing unit files start.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "config/schema/load_options.h"
#include "promql/parser/parse.h"
#include "storage/api/start_use.h"
#include "storage/model/error.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

struct Options {
  static constexpr const char* kRemoteWriteV1 = "prometheus.WriteRequest";
  static constexpr const char* kRemoteWriteV2 = "io.prometheus.write.v2.Request";

  bool help = false;
  bool version = false;
  std::string config_file = "prometheus.yml";
  bool config_auto_reload = false;
  storage::DurationMs config_auto_reload_interval_ms = 30'000;

  std::vector<std::string> listen_addresses = {"0.0.0.0:9090"};
  std::string web_config_file;
  storage::DurationMs web_read_timeout_ms = 300'000;
  int web_max_connections = 512;
  std::string external_url;  // As given; empty = derived from host name and port.
  std::string route_prefix;  // As given; empty = the path of the external URL.
  int max_notifications_subscribers = 16;
  std::uint64_t search_max_limit = 10'000;
  bool enable_lifecycle = false;
  bool enable_admin_api = false;
  bool enable_remote_write_receiver = false;
  bool enable_otlp_receiver = false;
  // Messages that the receiver takes: prometheus.WriteRequest, io.prometheus.write.v2.Request.
  std::vector<std::string> remote_write_messages = {kRemoteWriteV1, kRemoteWriteV2};
  std::string page_title = "Vigía";
  std::string cors_origin = ".*";

  std::string storage_path = "data/";
  storage::DurationMs retention_time_ms = 0;  // 0 = not given.
  std::uint64_t retention_size_bytes = 0;     // 0 = no limit.
  bool no_lockfile = false;
  std::optional<std::uint64_t> min_free_bytes;  // Not given: storage's own rule.
  std::string wal_fsync = "interval";           // interval | always | never

  storage::DurationMs alert_for_outage_tolerance_ms = 3'600'000;
  storage::DurationMs alert_for_grace_period_ms = 600'000;
  storage::DurationMs alert_resend_delay_ms = 60'000;
  storage::DurationMs remote_flush_deadline_ms = 60'000;
  std::uint64_t remote_read_sample_limit = 50'000'000;  // 0: none.
  int remote_read_concurrent_limit = 10;                // 0: none.
  std::uint64_t remote_read_max_bytes_in_frame = 1 << 20;

  int notification_queue_capacity = 10'000;
  int notification_batch_size = 256;
  bool drain_notification_queue_on_shutdown = true;

  storage::DurationMs query_lookback_delta_ms = 300'000;
  storage::DurationMs query_timeout_ms = 120'000;
  int query_max_concurrency = 20;
  std::uint64_t query_max_samples = 50'000'000;
  std::uint64_t query_max_memory_bytes = 0;  // Of all running queries; 0 = no limit.
  std::uint64_t query_range_cache_bytes = 64 << 20;
  int query_worker_threads = -1;              // Negative: as many as the engine thinks best.
  storage::DurationMs query_slow_log_ms = 0;  // 0 = no query is logged for being slow.

  bool scrape_adjust_timestamps = true;
  storage::DurationMs scrape_timestamp_tolerance_ms = 2;

  std::vector<std::string> features;          // Known ones of --enable-feature.
  std::vector<std::string> unknown_features;  // Only warned about, as Prometheus does.
  std::string log_level = "info";
  std::string log_format = "logfmt";

  std::map<std::string, std::string> values;  // For /api/v1/status/flags.

  bool HasFeature(std::string_view name) const;
  // The parts of PromQL that features enable.
  promql::ParserOptions parser() const;
  storage::StartUse start_use() const;
  config::LoadOptions load() const;
};

// Arguments without the program's name.
storage::Result<Options> ParseOptions(const std::vector<std::string>& arguments);
std::string UsageText();
// The flags and feature names as Markdown, for server/REFERENCE.md.
std::string FlagReference();
std::string VersionText();

}  // namespace vigia::server
