// What is done with the start timestamps that come with samples.
#pragma once

#include "storage/api/appender.h"

namespace vigia::storage {

struct StartUse {
  bool stored = false;    // Kept with the samples (feature st-storage).
  bool as_zeros = false;  // A new count begins with a sample of 0 (feature created-timestamp-zero-ingestion).
  bool any() const { return stored || as_zeros; }
};

// Appender::Append() and AppendHistogram() for a sample that counts since `start_ms`; 0 is unknown.
inline AppendOutcome AppendStarted(Appender& appender, StartUse use, SeriesRef ref, TimestampMs t, double v,
                                   TimestampMs start_ms) {
  if (start_ms == 0) return appender.Append(ref, t, v);
  if (use.as_zeros) appender.AppendZeroAtStart(ref, t, start_ms, nullptr);
  const AppendOutcome outcome = appender.Append(ref, t, v);
  if (use.stored && outcome == AppendOutcome::kAdded) appender.SetStart(ref, t, start_ms);
  return outcome;
}

inline AppendOutcome AppendStarted(Appender& appender, StartUse use, SeriesRef ref, TimestampMs t,
                                   const HistogramPtr& h, TimestampMs start_ms) {
  if (start_ms == 0) return appender.AppendHistogram(ref, t, h);
  if (use.as_zeros) appender.AppendZeroAtStart(ref, t, start_ms, h);
  const AppendOutcome outcome = appender.AppendHistogram(ref, t, h);
  if (use.stored && outcome == AppendOutcome::kAdded) appender.SetStart(ref, t, start_ms);
  return outcome;
}

}  // namespace vigia::storage
