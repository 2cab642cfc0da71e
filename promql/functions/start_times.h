// What the start timestamps of counters say about resets and about where counting began (surface.md 4.8; Prometheus
// promql/functions.go, isStartTimestampReset, checkStartTimeOverlap, extrapolatedRate). A start of 0 is unknown, as is
// one that is not before its own sample.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <vector>

#include "promql/functions/window_set.h"

namespace vigia::promql {

// A sample's time and start timestamp.
struct StartedSample {
  TimestampMs t = 0;
  TimestampMs start = 0;
};

// Did the series begin anew between two neighbouring samples?
constexpr bool IsStartReset(StartedSample previous, StartedSample current) {
  if (current.start == 0 || current.start >= current.t || current.start < previous.t) return false;
  if (current.start > previous.t) return true;
  // Each sample starts where the one before ended: increments. The first of a series without a known start looks the
  // same but for its own start.
  return previous.start != 0 && previous.start < previous.t;
}

// Both samples claim the time before `previous.t`, and not because they started together.
constexpr bool IsStartOverlap(StartedSample previous, StartedSample current) {
  return current.start != 0 && current.start < previous.t && current.start != previous.start;
}

// Of a series: its times and their start timestamps; the latter may be empty, then nothing is known.
struct StartTimes {
  std::span<const TimestampMs> t;
  std::span<const TimestampMs> starts;

  StartedSample At(std::size_t i) const { return {t[i], starts[i]}; }
  bool ResetsAt(std::size_t i) const { return !starts.empty() && IsStartReset(At(i - 1), At(i)); }
  bool OverlapsAt(std::size_t i) const { return !starts.empty() && IsStartOverlap(At(i - 1), At(i)); }
};

// The start of the window's first sample when it lies within the window, so that counting began there from 0; else 0.
// REQUIRES: the window is not empty.
TimestampMs StartWithin(const WindowSet& windows, std::size_t step, TimestampMs first_start);

// What an increase over the window that counts from `start` is multiplied with: there is nothing to extrapolate on the
// left, and on the right only when several samples tell how far they are apart. REQUIRES: `start` from StartWithin().
double FactorFromStart(const WindowSet& windows, std::size_t step, TimestampMs start);

// Steps in whose window two neighbouring samples overlap. `starts` belong to windows.timestamps().
std::vector<std::size_t> StepsWithOverlap(const WindowSet& windows, std::span<const TimestampMs> starts);

}  // namespace vigia::promql
