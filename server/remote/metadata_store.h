// Type, help and unit of metrics that come by remote write (feature metadata-wal-records; surface.md 1.9).
#pragma once

#include <cstdint>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "server/log/log.h"
#include "server/remote/content.h"
#include "storage/model/clock.h"
#include "storage/model/error.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// Types as both versions of the protocol number them: unknown, counter, gauge, histogram, gaugehistogram, summary,
// info, stateset.
struct WrittenMetadata {
  std::string metric;  // The family: without _bucket and its like.
  int type = 0;
  std::string help;
  std::string unit;

  bool operator==(const WrittenMetadata&) const = default;
};

// What a well-formed message says: its metadata (version 1), or that of its series (version 2), each family once.
std::vector<WrittenMetadata> MetadataOf(std::string_view message, WriteVersion version);

// The newest metadata of each family, kept in a file. Thread-safe.
class MetadataStore {
 public:
  // Reads `path`; what cannot be read is logged and begins anew. The registry outlives this.
  MetadataStore(std::string path, storage::Registry& registry, storage::Clock clock, Logger log);

  // Writes the file at most once a minute.
  void Add(std::vector<WrittenMetadata> metadata);
  std::vector<WrittenMetadata> List() const;  // In order of names.
  // Writes the file if anything changed since it was written.
  storage::Status Save();

  static constexpr std::size_t kMaxMetrics = 100'000;
  static constexpr std::size_t kMaxTextBytes = 4096;  // Of help and of unit.

 private:
  void Load();
  storage::Status SaveLocked();

  const std::string path_;
  const storage::Clock clock_;
  const Logger log_;
  storage::Counter& dropped_;
  mutable std::mutex mu_;
  std::map<std::string, WrittenMetadata, std::less<>> by_metric_;  // Guarded by mu_, as are the next ones.
  bool changed_ = false;
  storage::TimestampMs saved_ms_ = 0;
};

}  // namespace vigia::server
