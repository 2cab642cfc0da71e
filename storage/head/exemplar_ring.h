// The newest exemplars of all series together, as many as there is room for (Prometheus tsdb/exemplar.go).
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <unordered_map>
#include <utility>
#include <vector>

#include "storage/api/appender.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

// Thread-compatible.
class ExemplarRing {
 public:
  // 0: keeps none.
  explicit ExemplarRing(std::size_t capacity) : capacity_(capacity) {}

  // What would become of the exemplar: kSame when it equals the series' newest one, whose time counts only when both
  // brought their own; kOutOfOrder when it is older than that by `window_ms` or more, or of the same time and before it
  // in the order of values and labels. REQUIRES: capacity() > 0.
  AppendOutcome Judge(SeriesRef series, const Exemplar& exemplar, DurationMs window_ms) const;
  // Takes the place of the one that was added first when there is no room. REQUIRES: capacity() > 0.
  void Add(SeriesRef series, Exemplar exemplar);

  std::size_t capacity() const { return capacity_; }
  std::size_t size() const { return entries_.size(); }
  std::size_t series() const { return by_series_.size(); }
  // Of the one that will give way next; 0 when there is none.
  TimestampMs oldest_ms() const;

  // Calls `each` for all, the one that was added first comes first.
  void ForEach(const std::function<void(SeriesRef, const Exemplar&)>& each) const;
  using OfSeries = std::pair<SeriesRef, std::vector<Exemplar>>;
  // Those of one time range of each series that has any, by time; series in no order.
  std::vector<OfSeries> Select(TimestampMs start_ms, TimestampMs end_ms) const;

 private:
  static constexpr std::uint32_t kNone = UINT32_MAX;
  struct Entry {
    SeriesRef series;
    Exemplar exemplar;
    std::uint32_t older;  // Of the same series, by time.
    std::uint32_t newer;
  };
  struct Ends {
    std::uint32_t oldest;
    std::uint32_t newest;
  };
  void Remove(std::uint32_t at);
  void Link(std::uint32_t at);

  const std::size_t capacity_;
  std::vector<Entry> entries_;  // A ring once it is full.
  std::uint32_t next_ = 0;      // Where the next one goes.
  std::unordered_map<SeriesRef, Ends> by_series_;
};

}  // namespace vigia::storage
