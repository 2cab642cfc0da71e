// What the remote calls a series: its labels with the external ones, relabelled.
#pragma once

#include <cstddef>
#include <functional>
#include <unordered_map>
#include <vector>

#include "config/relabel/relabel.h"
#include "server/sender/outgoing.h"
#include "storage/api/appender.h"
#include "storage/model/labels.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// Thread-compatible.
class SeriesNames {
 public:
  // `flushes` counts that the cache was full.
  SeriesNames(std::function<storage::Labels(storage::SeriesRef)> labels_of, storage::Labels external_labels,
              std::vector<config::RelabelRule> rules, storage::Counter& flushes)
      : labels_of_(std::move(labels_of)),
        external_labels_(std::move(external_labels)),
        rules_(std::move(rules)),
        flushes_(flushes) {}

  // Null: relabelling dropped the series. Kept, for series come again and again.
  RemoteSeriesPtr Find(storage::SeriesRef ref);
  // The same for labels as stored, not kept.
  RemoteSeriesPtr Make(const storage::Labels& labels) const;

  static constexpr std::size_t kMaxBytes = 128 << 20;

 private:
  const std::function<storage::Labels(storage::SeriesRef)> labels_of_;
  const storage::Labels external_labels_;
  const std::vector<config::RelabelRule> rules_;
  storage::Counter& flushes_;
  std::unordered_map<storage::SeriesRef, RemoteSeriesPtr> known_;
  std::size_t bytes_ = 0;  // Of known_, about; at most kMaxBytes.
};

}  // namespace vigia::server
