#include "server/sender/catch_up.h"

#include <algorithm>

namespace vigia::server {

bool CatchUp::Run(Gap gap) {
  slices_.clear();
  first_ms_ = gap.oldest_ms;
  storage::TimestampMs at = gap.oldest_ms;
  storage::DurationMs width = kSlice;
  while (at <= gap.newest_ms) {
    at = std::max(at, deps_.oldest_wanted());
    const storage::DurationMs base = gap.newest_ms - at > 12 * kLongSlice ? kLongSlice : kSlice;
    width = std::max(width, base);
    const storage::TimestampMs to = std::min(at + width - 1, gap.newest_ms);
    bool found = false;
    switch (ReadSlice(at, to, width > base, &found)) {
      case Outcome::kDone: break;
      case Outcome::kTooWide: width = std::max(base, width / 4); continue;
      case Outcome::kStalled:
        if (deps_.wait()) continue;
        [[fallthrough]];
      case Outcome::kStopped: unfinished_ = std::move(gap.ticket); return false;
    }
    // Long times without a sample are passed in few steps.
    width = found ? base : std::min(width * 2, kWidest);
    at = to + 1;
    gap.ticket = deps_.times.Issue(at);
  }
  return true;
}

CatchUp::Outcome CatchUp::ReadSlice(storage::TimestampMs from, storage::TimestampMs to, bool only_look, bool* found) {
  const PendingTimes::TicketPtr ticket = deps_.times.Issue(from);
  const std::uint64_t arrivals = deps_.inbox.arrivals();
  const auto querier = deps_.storage.NewQuerier(from, to);
  storage::SelectHints hints;
  hints.start_ms = from;
  hints.end_ms = to;
  const auto selection = querier->Select(hints, {});
  if (!selection) {
    deps_.log.Error("Cannot read what is to be sent", {{"err", selection.error()}});
    return deps_.wait() ? Outcome::kStalled : Outcome::kStopped;
  }
  storage::ReadBuffer buffer;
  for (std::size_t i = 0; i < (*selection)->size(); ++i) {
    const auto samples = (*selection)->Read(i, buffer);
    if (!samples) {
      deps_.metrics.unreadable.Add();
      deps_.log.Error("Cannot read a series that is to be sent", {{"err", samples.error()}});
      continue;
    }
    if (samples->t.empty()) continue;
    if (only_look) return Outcome::kTooWide;
    *found = true;
    const RemoteSeriesPtr series = deps_.names.Make((*selection)->labels(i));
    if (!series) {
      deps_.metrics.samples.dropped_series.Add(static_cast<double>(samples->t.size()));
      continue;
    }
    const Outcome outcome = HandOver(*samples, series, ticket);
    if (outcome != Outcome::kDone) return outcome;
  }
  slices_.push_back({to, arrivals});
  return Outcome::kDone;
}

CatchUp::Outcome CatchUp::HandOver(const storage::SamplesView& samples, const RemoteSeriesPtr& series,
                                   const PendingTimes::TicketPtr& ticket) {
  for (std::size_t i = 0; i < samples.t.size(); ++i) {
    Outgoing item;
    item.series = series;
    item.ticket = ticket;
    item.t = samples.t[i];
    item.v = samples.v[i];
    if (!samples.h.empty()) item.h = samples.h[i];
    if (!samples.starts.empty()) item.start = samples.starts[i];
    item.recovered = true;
    switch (deps_.take(std::move(item))) {
      case CatchUpDeps::Taken::kYes: break;
      case CatchUpDeps::Taken::kStalled: return Outcome::kStalled;
      case CatchUpDeps::Taken::kStopped: return Outcome::kStopped;
    }
  }
  deps_.metrics.recovered.Add(static_cast<double>(samples.t.size()));
  return Outcome::kDone;
}

bool CatchUp::WasRead(std::uint64_t arrival, storage::TimestampMs t) const {
  if (slices_.empty() || t < first_ms_ || arrival > slices_.back().arrivals) return false;
  const auto slice = std::lower_bound(slices_.begin(), slices_.end(), t,
                                      [](const Slice& s, storage::TimestampMs time) { return s.end_ms < time; });
  return slice != slices_.end() && arrival <= slice->arrivals;
}

}  // namespace vigia::server
