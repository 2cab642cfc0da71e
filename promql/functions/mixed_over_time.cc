// Functions that take floats and histograms as they come: counts, ends and changes of a window (surface.md 4.15).
#include <cmath>

#include "promql/functions/extended_rate.h"
#include "promql/functions/histogram_window.h"
#include "promql/histogram/counter_reset.h"
#include "promql/histogram/layout.h"

namespace vigia::promql {
namespace {

MixedResult SampleAt(const MixedWindow& window, std::size_t i) {
  if (window.histograms[i]) return MixedResult::Of(window.histograms[i]);
  return MixedResult::Of(window.values[i]);
}

MixedResult First(const MixedWindow& window, HistogramFlags&) { return SampleAt(window, 0); }
MixedResult Last(const MixedWindow& window, HistogramFlags&) { return SampleAt(window, window.t.size() - 1); }
MixedResult Count(const MixedWindow& window, HistogramFlags&) {
  return MixedResult::Of(static_cast<double>(window.t.size()));
}
MixedResult Present(const MixedWindow&, HistogramFlags&) { return MixedResult::Of(1.0); }
MixedResult TimeOfFirst(const MixedWindow& window, HistogramFlags&) {
  return MixedResult::Of(static_cast<double>(window.t.front()) / 1000);
}
MixedResult TimeOfLast(const MixedWindow& window, HistogramFlags&) {
  return MixedResult::Of(static_cast<double>(window.t.back()) / 1000);
}

bool IsChange(const MixedWindow& window, std::size_t i) {
  const HistogramPtr& previous = window.histograms[i - 1];
  const HistogramPtr& current = window.histograms[i];
  if ((previous == nullptr) != (current == nullptr)) return true;
  if (current) return !Equals(*current, *previous);
  const double before = window.values[i - 1];
  const double now = window.values[i];
  return now != before && !(std::isnan(now) && std::isnan(before));
}

bool IsReset(const MixedWindow& window, std::size_t i) {
  const HistogramPtr& previous = window.histograms[i - 1];
  const HistogramPtr& current = window.histograms[i];
  if ((previous == nullptr) != (current == nullptr)) return true;
  if (window.start_times().ResetsAt(i)) return true;
  if (current) return DetectReset(*current, *previous);
  return window.values[i] < window.values[i - 1];
}

template <bool (*kHappens)(const MixedWindow&, std::size_t)>
MixedResult CountEvents(const MixedWindow& window, HistogramFlags&) {
  const auto first = FirstSampleOfRange(window.windows, window.step);
  if (!first) return {};
  const std::size_t begin = *first - window.windows.windows()[window.step].begin;
  std::size_t events = 0;
  for (std::size_t i = begin + 1; i < window.t.size(); ++i) events += kHappens(window, i) ? 1 : 0;
  return MixedResult::Of(static_cast<double>(events));
}

}  // namespace

constinit const MixedSpec kMixedCountOverTime{.name = "count_over_time", .kernel = &Count};
constinit const MixedSpec kMixedPresentOverTime{.name = "present_over_time", .kernel = &Present};
constinit const MixedSpec kMixedFirstOverTime{.name = "first_over_time", .kernel = &First};
constinit const MixedSpec kMixedLastOverTime{.name = "last_over_time", .kernel = &Last};
constinit const MixedSpec kMixedTsOfFirstOverTime{.name = "ts_of_first_over_time", .kernel = &TimeOfFirst};
constinit const MixedSpec kMixedTsOfLastOverTime{.name = "ts_of_last_over_time", .kernel = &TimeOfLast};
constinit const MixedSpec kMixedChanges{.name = "changes", .kernel = &CountEvents<&IsChange>};
constinit const MixedSpec kMixedResets{.name = "resets", .kernel = &CountEvents<&IsReset>};

}  // namespace vigia::promql
