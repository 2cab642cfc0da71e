#include "storage/maintenance/deleter.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace vigia::storage {

// Twice over the head: the first time writers go on, so that the second time, with all of them waiting, only few rows
// are new.
Result<std::size_t> Deleter::Delete(std::span<const Matcher> matchers, TimeInterval interval, TimestampMs now_ms) {
  if (interval.from > interval.to) return std::size_t{0};
  const auto found = series_.SelectAwake(matchers, interval.from, interval.to);
  if (!found) return found.error();
  std::vector<Hit> hits;
  std::size_t count = 0;
  for (const TargetHits& target : *found) {
    Hit& hit = hits.emplace_back();
    hit.target = target.target;
    for (const std::uint32_t column : target.columns) hit.columns.Add(column);
    count += target.columns.size();
  }
  if (hits.empty()) return count;
  Replaced replaced;
  for (Hit& hit : hits) {
    {
      const std::lock_guard lock(hit.target->write_mutex());
      hit.tiles = hit.target->Freeze();
    }
    if (Status status = FilterTiles(hit, interval, replaced); !status) return status.error();
  }
  std::vector<std::unique_lock<std::mutex>> locks;
  for (Hit& hit : hits) {
    locks.emplace_back(hit.target->write_mutex());
    hit.tiles = hit.target->Freeze();
    if (Status status = FilterTiles(hit, interval, replaced); !status) return status.error();
    Split(hit, interval);
  }
  std::vector<Tombstone> tombstones = MakeTombstones(hits, interval, now_ms);
  if (Status status = tombstones_.Record(tombstones); !status) return status.error();
  {
    const std::unique_lock visible(runs_.visibility());
    tombstones_.Show(std::move(tombstones));
    for (Hit& hit : hits) Apply(hit, interval, replaced);
  }
  for (const Hit& hit : hits) RemoveEmptied(hit);
  return count;
}

// Selections leave out a series without times already: readers need not wait for the index.
void Deleter::RemoveEmptied(const Hit& hit) {
  std::vector<std::uint32_t> columns;
  for (const auto& [first, end] : hit.emptied.ranges()) {
    for (std::uint32_t column = first; column < end; ++column) columns.push_back(column);
  }
  series_.RemoveAll(hit.target->id(), columns);
  metrics_.series_removed.Add(static_cast<double>(columns.size()));
}

Status Deleter::FilterTiles(Hit& hit, TimeInterval interval, Replaced& replaced) const {
  HiddenSamples hidden;
  hidden.Add(hit.columns, interval);
  for (const auto& tile : hit.tiles) {
    if (replaced.contains(tile)) continue;
    auto filtered = FilterTile(*tile->view, tile->times, hidden);
    if (!filtered) return filtered.error();
    if (!filtered->changed) {
      replaced.emplace(tile, tile);
      continue;
    }
    std::shared_ptr<HeadTile> rest;
    if (!filtered->bytes.empty()) {
      rest = std::make_shared<HeadTile>();
      rest->times = std::move(filtered->times);
      rest->bytes = std::move(filtered->bytes);
      rest->view = *TileView::Open(rest->bytes);
      rest->samples = tile->samples;  // At most so many, and
      rest->pages = tile->pages;      // no others.
    }
    replaced.emplace(tile, std::move(rest));
  }
  return {};
}

// A column whose bounds lie in the interval has nothing left, also where the bounds are wider than its samples.
void Deleter::Split(Hit& hit, TimeInterval interval) {
  for (const auto& [first, end] : hit.columns.ranges()) {
    for (std::uint32_t column = first; column < end; ++column) {
      const Column& state = hit.target->columns()[column];
      const bool all = interval.Covers(state.first_t.load(), state.last_t.load());
      (all ? hit.emptied : hit.trimmed).Add(column);
    }
  }
}

std::vector<Tombstone> Deleter::MakeTombstones(const std::vector<Hit>& hits, TimeInterval interval,
                                               TimestampMs now_ms) const {
  Tombstone emptied;
  emptied.next_run = *runs_.next_id();
  emptied.created_ms = now_ms;
  Tombstone trimmed = emptied;
  trimmed.interval = interval;
  for (const Hit& hit : hits) {
    const std::uint64_t seq = hit.target->unsealed().last_seq;
    if (!hit.emptied.empty()) emptied.targets.push_back({hit.target->id(), seq, hit.emptied});
    if (!hit.trimmed.empty()) trimmed.targets.push_back({hit.target->id(), seq, hit.trimmed});
  }
  std::vector<Tombstone> out;
  for (Tombstone* tombstone : {&emptied, &trimmed}) {
    if (!tombstone->targets.empty()) out.push_back(std::move(*tombstone));
  }
  return out;
}

void Deleter::Apply(Hit& hit, TimeInterval interval, const Replaced& replaced) {
  Target& target = *hit.target;
  std::vector<std::shared_ptr<const HeadTile>> left;
  for (const auto& tile : hit.tiles) {
    if (const auto& rest = replaced.at(tile); rest != nullptr) left.push_back(rest);
  }
  target.ReplaceTiles(std::move(left));
  for (const auto& [first, end] : hit.emptied.ranges()) {
    for (std::uint32_t column = first; column < end; ++column) {
      target.columns()[column].first_t.store(kNoTime);  // The newest time stays: the append rules go on from there.
    }
  }
  std::vector<std::uint32_t> trimmed;
  for (const auto& [first, end] : hit.trimmed.ranges()) {
    for (std::uint32_t column = first; column < end; ++column) {
      Column& state = target.columns()[column];
      if (interval.Contains(state.first_t.load())) state.first_t.store(interval.to + 1);
      trimmed.push_back(column);
    }
  }
  series_.AddHole(target, interval.from, interval.to, trimmed);
}

}  // namespace vigia::storage
