#include "storage/maintenance/tombstones.h"

#include <algorithm>
#include <mutex>

#include "storage/bytes/varint.h"
#include "storage/model/format_version.h"

namespace vigia::storage {
namespace {

constexpr char kTombstoneTag = 'd';
constexpr std::uint8_t kTombstoneVersion = 1;

}  // namespace

const TombstoneTarget* Tombstone::Find(std::uint32_t target) const {
  const auto at =
      std::lower_bound(targets.begin(), targets.end(), target,
                       [](const TombstoneTarget& entry, std::uint32_t wanted) { return entry.target < wanted; });
  return at == targets.end() || at->target != target ? nullptr : &*at;
}

bool Tombstone::Concerns(const Run& run) const {
  if (run.id >= next_run || !interval.Overlaps(run.min_t, run.max_t)) return false;
  return std::any_of(targets.begin(), targets.end(), [&](const TombstoneTarget& mine) {
    const RunTarget* const entry = run.Find(mine.target);
    return entry != nullptr && interval.Overlaps(entry->min_t, entry->max_t) && entry->columns.Overlaps(mine.columns);
  });
}

std::uint64_t Tombstone::max_seq() const {
  std::uint64_t max = 0;
  for (const TombstoneTarget& entry : targets) max = std::max(max, entry.seq);
  return max;
}

std::string TombstoneKey(std::uint64_t id) {
  std::string key(1, kTombstoneTag);
  PutKey(key, id);
  return key;
}

std::string EncodeTombstone(const Tombstone& tombstone) {
  std::string out;
  out.push_back(static_cast<char>(kTombstoneVersion));
  PutVarint(out, tombstone.next_run);
  PutZigZag(out, tombstone.created_ms);
  PutZigZag(out, tombstone.interval.from);
  PutZigZag(out, tombstone.interval.to);
  PutVarint(out, tombstone.targets.size());
  std::uint32_t last = 0;
  for (const TombstoneTarget& entry : tombstone.targets) {
    PutVarint(out, entry.target - last);
    PutVarint(out, entry.seq);
    PutRanges(out, entry.columns);
    last = entry.target;
  }
  return out;
}

Result<Tombstone> DecodeTombstone(std::string_view key, std::string_view value) {
  const Error damaged{Errc::kCorruption, "catalog: damaged tombstone"};
  ByteReader in_key(key.substr(std::min<std::size_t>(1, key.size())));
  Tombstone tombstone;
  tombstone.id = in_key.Key<std::uint64_t>();
  ByteReader in(value);
  const std::uint8_t version = in.Byte();
  if (IsNewerVersion(version, kTombstoneVersion))
    return WrittenByNewer("catalog: tombstone", version, kTombstoneVersion);
  if (!in_key.ok() || in_key.left() != 0 || version != kTombstoneVersion) return damaged;
  tombstone.next_run = in.Varint();
  tombstone.created_ms = in.ZigZagVarint();
  tombstone.interval.from = in.ZigZagVarint();
  tombstone.interval.to = in.ZigZagVarint();
  const std::uint64_t targets = in.Varint();
  const TimeInterval& interval = tombstone.interval;
  if (!in.ok() || targets > in.left() || interval.from > interval.to) return damaged;
  if (interval.from < kMinTimestampMs || interval.to > kMaxTimestampMs) return damaged;
  std::uint64_t last = 0;
  for (std::uint64_t i = 0; i < targets; ++i) {
    TombstoneTarget& entry = tombstone.targets.emplace_back();
    const std::uint64_t step = in.Varint();
    if (step == 0 || step > UINT32_MAX || last + step > UINT32_MAX) return damaged;
    last += step;
    entry.target = static_cast<std::uint32_t>(last);
    entry.seq = in.Varint();
    if (!GetRanges(in, entry.columns)) return damaged;
  }
  if (!in.ok() || in.left() != 0) return damaged;
  return tombstone;
}

HiddenSamples TombstoneSet::HiddenIn(const Run& run, std::uint32_t target) const {
  HiddenSamples hidden;
  for (const auto& tombstone : all) {
    if (run.id >= tombstone->next_run || !tombstone->interval.Overlaps(run.min_t, run.max_t)) continue;
    if (const TombstoneTarget* const entry = tombstone->Find(target)) hidden.Add(entry->columns, tombstone->interval);
  }
  return hidden;
}

bool TombstoneSet::IsDeleted(std::uint32_t target, std::uint32_t column, TimestampMs t, std::uint64_t seq) const {
  return std::any_of(all.begin(), all.end(), [&](const auto& tombstone) {
    if (!tombstone->interval.Contains(t)) return false;
    const TombstoneTarget* const entry = tombstone->Find(target);
    return entry != nullptr && seq <= entry->seq && entry->columns.Contains(column);
  });
}

Status TombstoneStore::Load() {
  auto set = std::make_shared<TombstoneSet>();
  std::vector<KeyValue> damaged;
  const std::string end(1, static_cast<char>(kTombstoneTag + 1));
  Status status = store_.Scan(Family::kCatalog, std::string(1, kTombstoneTag), end,
                              [&](std::string_view key, std::string_view value) -> Status {
                                Result<Tombstone> tombstone = DecodeTombstone(key, value);
                                if (!tombstone && tombstone.error().code != Errc::kCorruption) return tombstone.error();
                                if (!tombstone) {
                                  damaged.push_back({std::string(key), std::string(value)});
                                  return {};
                                }
                                next_id_ = std::max(next_id_, tombstone->id + 1);
                                set->all.push_back(std::make_shared<const Tombstone>(std::move(*tombstone)));
                                return {};
                              });
  for (const KeyValue& record : damaged) {
    if (status) status = quarantine_.SetAsideRecord(record.key, record.value, "damaged tombstone");
  }
  if (status) set_ = std::move(set);
  return status;
}

Status TombstoneStore::Record(std::vector<Tombstone>& added) {
  if (set_->all.size() + added.size() > kMaxTombstones) {
    return Error{Errc::kLimit, "too many deletes wait for the next rewrite: clean_tombstones makes room"};
  }
  Batch batch;
  for (Tombstone& tombstone : added) {
    tombstone.id = next_id_++;
    batch.Put(Family::kCatalog, TombstoneKey(tombstone.id), EncodeTombstone(tombstone));
  }
  return store_.Write(batch, WriteMode::kDisk);
}

void TombstoneStore::Show(std::vector<Tombstone> added) {
  auto set = std::make_shared<TombstoneSet>(*set_);
  for (Tombstone& tombstone : added) set->all.push_back(std::make_shared<const Tombstone>(std::move(tombstone)));
  set_ = std::move(set);
}

Result<std::size_t> TombstoneStore::DropSpent(const RunSet& runs, std::uint64_t oldest_seq) {
  auto set = std::make_shared<TombstoneSet>();
  Batch batch;
  for (const auto& tombstone : set_->all) {
    const bool logged = tombstone->max_seq() >= oldest_seq;
    const bool stored = !logged && std::any_of(runs.runs.begin(), runs.runs.end(),
                                               [&](const auto& run) { return tombstone->Concerns(*run); });
    if (logged || stored) {
      set->all.push_back(tombstone);
    } else {
      batch.Delete(Family::kCatalog, TombstoneKey(tombstone->id));
    }
  }
  const std::size_t dropped = set_->all.size() - set->all.size();
  if (dropped == 0) return dropped;
  if (Status status = store_.Write(batch, WriteMode::kProcess); !status) return status.error();
  const std::unique_lock visible(visibility_);
  set_ = std::move(set);
  return dropped;
}

}  // namespace vigia::storage
