// Which queries cost most, added up by text since the start. Memory is bounded: of a full table the entry that cost
// least goes, and its cost is remembered in the rank of the one that takes its place (the "space saving" sketch of
// Metwally, Agrawal and El Abbadi, 2005). So a query with more than 1/capacity of all seconds is always in the table;
// what an entry shows was counted since it came in.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <string>
#include <string_view>
#include <vector>

#include "promql/engine/query_origin.h"
#include "promql/value/value.h"
#include "storage/model/clock.h"

namespace vigia::promql {

enum class TopOrder { kSeconds, kCount, kSamples, kMaxSeconds, kPeakBytes };

struct TopQuery {
  std::string text;  // Normalised; long ones cut.
  std::uint64_t count = 0;
  std::uint64_t errors = 0;
  double total_seconds = 0;
  double max_seconds = 0;
  std::uint64_t samples = 0;  // Touched at all steps, as Prometheus' totalQueryableSamples.
  std::uint64_t samples_read = 0;
  std::uint64_t max_peak_samples = 0;
  std::uint64_t max_peak_bytes = 0;
  storage::TimestampMs last_ms = 0;
  QueryOrigin last_origin;
};

// Thread-safe.
class TopQueries {
 public:
  static constexpr std::size_t kMaxTextBytes = 4096;

  TopQueries(std::size_t capacity, storage::Clock clock) : capacity_(capacity), clock_(std::move(clock)) {}

  enum class Outcome { kSucceeded, kFailed };
  // True when another entry had to go. `text` is normalised.
  bool Add(std::string_view text, const QueryStats& stats, const QueryOrigin& origin, Outcome outcome);
  // The first `limit` in the order asked for, largest first.
  std::vector<TopQuery> List(std::size_t limit, TopOrder order) const;

  std::size_t capacity() const { return capacity_; }

 private:
  struct Entry {
    TopQuery query;
    double inherited_seconds = 0;
    double Rank() const { return query.total_seconds + inherited_seconds; }
  };

  const std::size_t capacity_;
  const storage::Clock clock_;
  mutable std::mutex mu_;
  std::map<std::string, Entry, std::less<>> entries_;  // Guarded by mu_.
};

}  // namespace vigia::promql
