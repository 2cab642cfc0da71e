// What downsampling leaves of the samples that it drops: one record for those between two kept samples of a series, at
// the later one. Format: storage/FORMAT.md, "Dropped samples". Meaning: storage/README.md, "Downsampling".
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "storage/model/timestamp.h"

namespace vigia::storage {

struct DroppedSamples {
  TimestampMs t = 0;        // Of the kept sample behind them.
  DurationMs span_ms = 0;   // They are newer than t - span_ms: at first that is the kept sample before. Above 0.
  std::uint64_t count = 0;  // Above 0.
  // Of floats; of histograms 0.
  double sum = 0;
  double min = 0;  // NaN is no value; NaN when there is nothing else, or when it was not stored (`within`).
  double max = 0;
  double increase = 0;  // What a counter gained beyond that which the kept samples on both sides show.
  bool within = false;  // Neither min nor max lies outside of what the kept samples on both sides show.

  bool operator==(const DroppedSamples&) const = default;
};

// Appends the records, not empty, without their times.
void EncodeDropped(std::span<const DroppedSamples> records, std::string& out);
// The inverse, for as many records as the span has; `t` stays as it is. `bytes` must be the whole. False when they are
// damaged.
bool DecodeDropped(std::string_view bytes, std::span<DroppedSamples> records);

}  // namespace vigia::storage
