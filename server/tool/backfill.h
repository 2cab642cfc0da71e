// Writes samples of any age into the data folder of a stopped server, in bulk.
#pragma once

#include <cstdint>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "server/tool/tool.h"
#include "storage/api/appender.h"
#include "storage/model/error.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"
#include "storage/telemetry/registry.h"
#include "storage/tsdb/tsdb.h"

namespace vigia::server {

// Thread-compatible. What was added before the last successful Flush() is stored.
class Backfill {
 public:
  // Opens the folder, or makes a new one. kUnavailable while a server uses it. What storage has to report goes to
  // `world.err`, which must outlive this.
  static storage::Result<std::unique_ptr<Backfill>> Open(const std::string& folder, const ToolWorld& world);
  ~Backfill();

  // kInvalid for labels that no series can have.
  storage::Result<storage::SeriesRef> Resolve(const storage::Labels& labels);
  // Samples may come in any order. They wait in memory until there are many: the next of them is then refused by
  // full(), and Flush() is needed. REQUIRES: !full().
  void Add(storage::SeriesRef ref, storage::TimestampMs t, double v);
  bool full() const { return waiting_.size() >= kMaxWaiting; }
  // Writes all that wait, in the order of their times. After an error some of them may be stored.
  storage::Status Flush();
  // Brings everything to rest as it will stay, and gives the folder back. Call once, after the last Flush().
  storage::Status Finish();

  std::uint64_t stored() const { return stored_; }
  // Samples that are not stored: of one series and time as another one, with another value. The first one stays.
  std::uint64_t conflicts() const { return conflicts_; }
  const std::string& first_conflict() const { return first_conflict_; }
  const std::set<std::int32_t>& days() const { return days_; }  // UTC days of what was stored.

 private:
  struct Waiting {
    storage::SeriesRef ref;
    storage::TimestampMs t;
    double v;
  };
  // 24 MB. The more of them are sorted at once, the more series share a row.
  static constexpr std::size_t kMaxWaiting = 1u << 20;

  Backfill() = default;
  storage::Status Take(storage::Appender& appender, const Waiting& sample);

  storage::Registry registry_;
  std::unique_ptr<storage::Tsdb> db_;
  std::unique_ptr<storage::Appender> resolver_;
  storage::Labels resolver_target_;
  std::vector<Waiting> waiting_;
  std::uint64_t stored_ = 0;
  std::uint64_t conflicts_ = 0;
  std::string first_conflict_;
  std::set<std::int32_t> days_;
};

}  // namespace vigia::server
