// The head's instruments (surface.md 1.13).
#pragma once

#include "storage/telemetry/registry.h"

namespace vigia::storage {

struct HeadMetrics {
  explicit HeadMetrics(Registry& registry);
  Counter& floats_appended;
  Counter& histograms_appended;
  Counter& out_of_order_floats;
  Counter& out_of_order_histograms;
  Counter& too_old_floats;
  Counter& too_old_histograms;
  Counter& out_of_bound_floats;
  Counter& out_of_bound_histograms;
  Counter& duplicates;
  Counter& late_floats;  // Accepted out of order.
  Counter& series_created;
  Counter& series_removed;
  Gauge& active_appenders;
};

}  // namespace vigia::storage
