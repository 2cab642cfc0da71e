// Samples of one series as a remote gave them.
#pragma once

#include <vector>

#include "storage/api/querier.h"
#include "storage/model/histogram.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

struct SamplesRead {
  std::vector<storage::TimestampMs> t;
  std::vector<double> v;
  std::vector<storage::HistogramPtr> h;  // Empty when there are only floats; see storage::SamplesView.

  std::size_t size() const { return t.size(); }
  void Add(storage::TimestampMs time, double value);
  // A histogram whose sum is the staleness marker becomes a stale float, as storage keeps it.
  void AddHistogram(storage::TimestampMs time, storage::HistogramPtr histogram);
  storage::SamplesView View() const { return {t, v, h}; }
  // Keeps what is within start_ms..end_ms, both inclusive, in order of time; of samples at one time the first.
  void Tidy(storage::TimestampMs start_ms, storage::TimestampMs end_ms);
};

struct SeriesRead {
  storage::Labels labels;
  SamplesRead samples;
};

}  // namespace vigia::server
