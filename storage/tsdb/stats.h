// What /api/v1/status/tsdb shows.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/head/series_map.h"
#include "storage/model/timestamp.h"

namespace vigia::storage {

struct NamedCount {
  std::string name;
  std::uint64_t value = 0;
};

struct TsdbStats {
  std::uint64_t series = 0;
  std::uint64_t label_pairs = 0;
  std::uint64_t chunks = 0;
  TimestampMs min_time_ms = 0;  // kMaxTimestampMs while there are no samples.
  TimestampMs max_time_ms = 0;  // kMinTimestampMs while there are no samples.
  // Each sorted by value, largest first, at most `limit` of them.
  std::vector<NamedCount> series_by_metric_name;
  std::vector<NamedCount> label_values_by_label_name;
  std::vector<NamedCount> memory_bytes_by_label_name;
  std::vector<NamedCount> series_by_label_pair;
};

// What is at rest and was written at one time for one day.
struct RunStats {
  std::uint64_t id = 0;
  int tier = 0;
  TimestampMs min_t = 0;
  TimestampMs max_t = 0;
  std::uint64_t samples = 0;
  std::uint64_t series = 0;
  std::uint64_t groups = 0;  // Row groups.
};

// Fills everything that the labels tell.
void CountLabels(const SeriesMap& series, std::size_t limit, TsdbStats& stats);

}  // namespace vigia::storage
