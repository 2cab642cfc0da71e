#include "storage/maintenance/run_store.h"

#include <algorithm>
#include <set>
#include <tuple>

#include "storage/bytes/varint.h"

namespace vigia::storage {
namespace {

// Within a day a rewritten run holds what was written before the runs of lower tiers.
void SortRuns(std::vector<std::shared_ptr<const Run>>& runs) {
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) {
    return std::tuple(a->day, -int{a->tier}, a->id) < std::tuple(b->day, -int{b->tier}, b->id);
  });
}

}  // namespace

Status RunStore::Load() {
  auto set = std::make_shared<RunSet>();
  const auto [begin, end] = RunRecordRange();
  Status status =
      store_.Scan(Family::kCatalog, begin, end, [&](std::string_view key, std::string_view value) -> Status {
        Result<Run> run = DecodeRun(key, value);
        if (!run) return run.error();
        next_id_ = std::max(next_id_, run->id + 1);
        set->runs.push_back(std::make_shared<const Run>(std::move(*run)));
        return {};
      });
  if (!status) return status;
  SortRuns(set->runs);
  set_ = std::move(set);
  return DropOrphans();
}

Status RunStore::DropOrphans() {
  std::set<std::string> known;
  for (const auto& run : set_->runs) known.insert(RunKeyRange(run->day, run->tier, run->id).first);
  std::string from;
  for (;;) {
    const auto key = store_.FirstKey(Family::kData, from);
    if (!key) return key.error();
    if (!key->has_value()) return {};
    const std::size_t prefix = sizeof(std::int32_t) + sizeof(std::uint8_t) + sizeof(std::uint64_t);
    if ((*key)->size() < prefix) return Error{Errc::kCorruption, "row group with a short key"};
    ByteReader in(**key);
    const auto day = static_cast<std::int32_t>(in.Key<std::uint32_t>() ^ 0x80000000u);
    const auto tier = in.Key<std::uint8_t>();
    const auto id = in.Key<std::uint64_t>();
    next_id_ = std::max(next_id_, id + 1);
    const auto [begin, end] = RunKeyRange(day, tier, id);
    if (!known.contains(begin)) {
      if (Status status = store_.DropBulk(begin, end); !status) return status;
    }
    from = end;
  }
}

Status RunStore::WriteGroups(const RunDraft& draft, bool compress) { return store_.AddBulk(draft.items, compress); }

Status RunStore::Record(const std::vector<Run>& added, const std::vector<std::shared_ptr<const Run>>& removed) {
  Batch batch;
  for (const Run& run : added) batch.Put(Family::kCatalog, RunRecordKey(run), EncodeRun(run));
  for (const auto& run : removed) batch.Delete(Family::kCatalog, RunRecordKey(*run));
  return store_.Write(batch, WriteMode::kDisk);
}

void RunStore::Show(std::vector<Run> added, const std::vector<std::shared_ptr<const Run>>& removed) {
  auto set = std::make_shared<RunSet>();
  for (const auto& run : set_->runs) {
    if (std::find(removed.begin(), removed.end(), run) == removed.end()) set->runs.push_back(run);
  }
  for (Run& run : added) set->runs.push_back(std::make_shared<const Run>(std::move(run)));
  SortRuns(set->runs);
  set_ = std::move(set);
  garbage_.insert(garbage_.end(), removed.begin(), removed.end());
}

void RunStore::Discard(const std::vector<Run>& runs) {
  for (const Run& run : runs) {
    const auto [begin, end] = RunKeyRange(run.day, run.tier, run.id);
    static_cast<void>(store_.DropBulk(begin, end));  // What stays is dropped at the next start.
  }
}

std::size_t RunStore::CollectGarbage() {
  std::erase_if(garbage_, [&](const std::shared_ptr<const Run>& run) {
    if (run.use_count() > 1) return false;
    const auto [begin, end] = RunKeyRange(run->day, run->tier, run->id);
    return static_cast<bool>(store_.DropBulk(begin, end));
  });
  return garbage_.size();
}

}  // namespace vigia::storage
