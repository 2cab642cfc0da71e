#include "storage/head/exemplar_ring.h"

#include <bit>
#include <cassert>

namespace vigia::storage {
namespace {

bool SameValue(double a, double b) { return std::bit_cast<std::uint64_t>(a) == std::bit_cast<std::uint64_t>(b); }

bool IsRepetition(const Exemplar& newest, const Exemplar& e) {
  if (newest.labels != e.labels || !SameValue(newest.v, e.v)) return false;
  return (!newest.has_own_time && !e.has_own_time) || newest.t == e.t;
}

}  // namespace

AppendOutcome ExemplarRing::Judge(SeriesRef series, const Exemplar& e, DurationMs window_ms) const {
  assert(capacity_ > 0);
  const auto at = by_series_.find(series);
  if (at == by_series_.end()) return AppendOutcome::kAdded;
  const Exemplar& newest = entries_[at->second.newest].exemplar;
  if (IsRepetition(newest, e)) return AppendOutcome::kSame;
  // The order within one time makes a set of exemplars that is sent again and again a duplicate but for its first time:
  // buckets of a native histogram have one each.
  const bool too_old = e.t < newest.t && e.t <= newest.t - window_ms;
  const bool before =
      e.t == newest.t && (e.v < newest.v || (e.v == newest.v && e.labels.Hash() < newest.labels.Hash()));
  return too_old || before ? AppendOutcome::kOutOfOrder : AppendOutcome::kAdded;
}

void ExemplarRing::Add(SeriesRef series, Exemplar exemplar) {
  assert(capacity_ > 0);
  const std::uint32_t at = next_;
  Entry entry{series, std::move(exemplar), kNone, kNone};
  if (at == entries_.size()) {
    entries_.push_back(std::move(entry));
  } else {
    Remove(at);
    entries_[at] = std::move(entry);
  }
  Link(at);
  next_ = at + 1 == capacity_ ? 0 : at + 1;
}

TimestampMs ExemplarRing::oldest_ms() const {
  if (entries_.empty()) return 0;
  return entries_[next_ < entries_.size() ? next_ : 0].exemplar.t;
}

void ExemplarRing::ForEach(const std::function<void(SeriesRef, const Exemplar&)>& each) const {
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const Entry& entry = entries_[(next_ + i) % entries_.size()];
    each(entry.series, entry.exemplar);
  }
}

std::vector<ExemplarRing::OfSeries> ExemplarRing::Select(TimestampMs start_ms, TimestampMs end_ms) const {
  std::vector<OfSeries> out;
  for (const auto& [series, ends] : by_series_) {
    if (entries_[ends.oldest].exemplar.t > end_ms || entries_[ends.newest].exemplar.t < start_ms) continue;
    std::vector<Exemplar> found;
    for (std::uint32_t at = ends.oldest; at != kNone; at = entries_[at].newer) {
      const Exemplar& e = entries_[at].exemplar;
      if (e.t > end_ms) break;
      if (e.t >= start_ms) found.push_back(e);
    }
    if (!found.empty()) out.emplace_back(series, std::move(found));
  }
  return out;
}

void ExemplarRing::Remove(std::uint32_t at) {
  const Entry& entry = entries_[at];
  const auto ends = by_series_.find(entry.series);
  if (entry.older == kNone && entry.newer == kNone) {
    by_series_.erase(ends);
    return;
  }
  (entry.older == kNone ? ends->second.oldest : entries_[entry.older].newer) = entry.newer;
  (entry.newer == kNone ? ends->second.newest : entries_[entry.newer].older) = entry.older;
}

void ExemplarRing::Link(std::uint32_t at) {
  Entry& entry = entries_[at];
  const auto [place, fresh] = by_series_.try_emplace(entry.series, Ends{at, at});
  if (fresh) return;
  Ends& ends = place->second;
  entry.older = ends.newest;
  while (entry.older != kNone && entries_[entry.older].exemplar.t > entry.exemplar.t) {
    entry.older = entries_[entry.older].older;
  }
  entry.newer = entry.older == kNone ? ends.oldest : entries_[entry.older].newer;
  (entry.older == kNone ? ends.oldest : entries_[entry.older].newer) = at;
  (entry.newer == kNone ? ends.newest : entries_[entry.newer].older) = at;
}

}  // namespace vigia::storage
