// One sample, histogram or exemplar on its way to a remote.
#pragma once

#include <memory>

#include "server/sender/pending_times.h"
#include "storage/api/appender.h"
#include "storage/model/histogram.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// A series as the remote knows it: with external labels, relabelled.
struct RemoteSeries {
  storage::Labels labels;
  std::uint64_t hash = 0;  // Of the labels.
};
using RemoteSeriesPtr = std::shared_ptr<const RemoteSeries>;

struct Outgoing {
  RemoteSeriesPtr series;
  PendingTimes::TicketPtr ticket;  // Let go when it was delivered or given up.
  storage::TimestampMs t = 0;
  double v = 0;
  storage::HistogramPtr h;                            // Set: a histogram.
  std::shared_ptr<const storage::Exemplar> exemplar;  // Set: an exemplar.
  storage::TimestampMs start = 0;                     // Start timestamp; 0: unknown.
  bool recovered = false;                             // Read from storage: the remote may have it already.
};

}  // namespace vigia::server
