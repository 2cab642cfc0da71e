// The section `remote_write`: other servers that are sent samples (surface.md 3.8).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "config/relabel/relabel.h"
#include "config/schema/http_client_config.h"
#include "config/schema/sigv4_config.h"
#include "storage/model/timestamp.h"

namespace vigia::config {

enum class RemoteWriteMessage { kV1, kV2 };

// The full name of the protobuf message.
std::string_view ToString(RemoteWriteMessage message);

struct QueueConfig {
  std::int64_t capacity = 10'000;  // Samples that wait in one shard.
  std::int64_t max_shards = 50;
  std::int64_t min_shards = 1;
  std::int64_t max_samples_per_send = 2'000;
  storage::DurationMs batch_send_deadline_ms = 5'000;
  storage::DurationMs min_backoff_ms = 30;
  storage::DurationMs max_backoff_ms = 5'000;
  bool retry_on_http_429 = false;
  storage::DurationMs sample_age_limit_ms = 0;  // 0: samples of any age are sent.

  bool operator==(const QueueConfig&) const = default;
};

struct MetadataConfig {
  bool send = true;
  storage::DurationMs send_interval_ms = 60'000;
  std::int64_t max_samples_per_send = 2'000;

  bool operator==(const MetadataConfig&) const = default;
};

struct RemoteWriteConfig {
  std::string url;  // May hold a password: show it through RedactedUrl().
  storage::DurationMs remote_timeout_ms = 30'000;
  StringMap headers;
  std::vector<RelabelRule> write_relabel_configs;  // After external labels were added.
  std::string name;                                // "": has none; unique else.
  bool send_exemplars = false;
  bool send_native_histograms = false;
  bool failed_request_logging = false;
  RemoteWriteMessage message = RemoteWriteMessage::kV1;
  QueueConfig queue;
  MetadataConfig metadata;
  HttpClientConfig http;
  std::optional<SigV4Config> sigv4;  // Else than the ways of `http`.

  // Equal configurations need no new queue on reload.
  bool operator==(const RemoteWriteConfig&) const = default;
};

}  // namespace vigia::config
