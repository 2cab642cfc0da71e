#include "promql/functions/start_times.h"

#include <algorithm>

namespace vigia::promql {

TimestampMs StartWithin(const WindowSet& windows, std::size_t step, TimestampMs first_start) {
  const TimestampMs first = windows.timestamps()[windows.windows()[step].begin];
  const bool within = first_start != 0 && first_start > windows.grid().RangeStart(step) && first_start < first;
  return within ? first_start : 0;
}

double FactorFromStart(const WindowSet& windows, std::size_t step, TimestampMs start) {
  const Window window = windows.windows()[step];
  const TimestampMs first = windows.timestamps()[window.begin];
  const TimestampMs last = windows.timestamps()[window.end - 1];
  double gap = 0;
  if (window.size() > 1) gap = static_cast<double>(last - first) / 1000 / static_cast<double>(window.size() - 1);
  double to_end = static_cast<double>(windows.grid().RangeEnd(step) - last) / 1000;
  if (to_end >= gap * 1.1) to_end = gap / 2;
  const double sampled = static_cast<double>(last - start) / 1000;
  return (sampled + to_end) / sampled;
}

std::vector<std::size_t> StepsWithOverlap(const WindowSet& windows, std::span<const TimestampMs> starts) {
  const StartTimes times{windows.timestamps(), starts};
  std::vector<std::uint32_t> overlaps;
  for (std::size_t i = 1; i < starts.size(); ++i) {
    if (times.OverlapsAt(i)) overlaps.push_back(static_cast<std::uint32_t>(i));
  }
  std::vector<std::size_t> steps;
  for (std::size_t step = 0; step < windows.steps() && !overlaps.empty(); ++step) {
    const Window window = windows.windows()[step];
    const auto at = std::upper_bound(overlaps.begin(), overlaps.end(), window.begin);
    if (at != overlaps.end() && *at < window.end) steps.push_back(step);
  }
  return steps;
}

}  // namespace vigia::promql
