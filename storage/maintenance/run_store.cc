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

bool RunStore::IsInDamagedFile(const Run& run, std::string* why) const {
  const auto [begin, end] = RunKeyRange(run.day, run.tier, run.id);
  for (const DamagedFile& file : store_.damaged_files()) {
    if (file.first_key < begin || file.first_key >= end) continue;
    *why = "its file " + file.path + " is damaged: " + file.why;
    return true;
  }
  return false;
}

Status RunStore::Load() {
  struct Damaged {
    KeyValue record;
    std::string why;
  };
  std::vector<Damaged> damaged;
  auto set = std::make_shared<RunSet>();
  const auto [begin, end] = RunRecordRange();
  Status status =
      store_.Scan(Family::kCatalog, begin, end, [&](std::string_view key, std::string_view value) -> Status {
        Result<Run> run = DecodeRun(key, value);
        if (!run && run.error().code != Errc::kCorruption) return run.error();
        std::string why = run ? "" : run.error().what;
        if (run) next_id_ = std::max(next_id_, run->id + 1);
        if (!run || IsInDamagedFile(*run, &why)) {
          damaged.push_back({{std::string(key), std::string(value)}, std::move(why)});
        } else {
          set->runs.push_back(std::make_shared<const Run>(std::move(*run)));
        }
        return {};
      });
  for (const Damaged& entry : damaged) {
    if (status) status = quarantine_.SetAsideRecord(entry.record.key, entry.record.value, entry.why);
  }
  if (!status) return status;
  SortRuns(set->runs);
  set_ = std::move(set);
  return store_.read_only() ? Status() : DropOrphans();
}

Status RunStore::DropOrphans() {
  constexpr std::size_t kPrefix = sizeof(std::int32_t) + sizeof(std::uint8_t) + sizeof(std::uint64_t);
  std::set<std::string> known;
  for (const auto& run : set_->runs) known.insert(RunKeyRange(run->day, run->tier, run->id).first);
  const std::string tag = RunRecordRange().first;
  for (const std::string& key : quarantine_.records()) {
    if (!key.starts_with(tag)) continue;
    if (key.size() != tag.size() + kPrefix) return {};  // Nobody knows whose row groups these are.
    known.insert(key.substr(tag.size()));
  }
  for (const std::string& key : store_.BulkFiles()) {
    if (key.size() < kPrefix) return Error{Errc::kCorruption, "row group with a short key"};
    ByteReader in(key);
    const auto day = static_cast<std::int32_t>(in.Key<std::uint32_t>() ^ 0x80000000u);
    const auto tier = in.Key<std::uint8_t>();
    const auto id = in.Key<std::uint64_t>();
    next_id_ = std::max(next_id_, id + 1);
    const auto [begin, end] = RunKeyRange(day, tier, id);
    if (known.contains(begin)) continue;
    if (Status status = store_.DropBulk(begin, end); !status) return status;
  }
  return {};
}

Status RunStore::WriteGroups(const RunDraft& draft, bool compress) {
  Status status = Settle();
  return status ? store_.AddBulk(draft.items, compress) : status;
}

Status RunStore::Record(const std::vector<Run>& added, const std::vector<std::shared_ptr<const Run>>& removed) {
  Status status = Settle();
  if (!status) return status;
  Batch batch;
  for (const Run& run : added) batch.Put(Family::kCatalog, RunRecordKey(run), EncodeRun(run));
  for (const auto& run : removed) batch.Delete(Family::kCatalog, RunRecordKey(*run));
  status = store_.Write(batch, WriteMode::kDisk);
  if (status) return status;
  unsettled_ = Change{added, removed};
  for (Run& run : unsettled_->added) run.targets.clear();
  return status;
}

// The log is replayed in order: whether the change is in it or not, the state before it is what follows.
Status RunStore::Settle() {
  if (settled()) return {};
  Batch batch;
  for (const Run& run : unsettled_->added) batch.Delete(Family::kCatalog, RunRecordKey(run));
  for (const auto& run : unsettled_->removed) batch.Put(Family::kCatalog, RunRecordKey(*run), EncodeRun(*run));
  if (Status status = store_.Write(batch, WriteMode::kDisk); !status) return status;
  Discard(unsettled_->added);
  unsettled_.reset();
  return {};
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
    if (!store_.DropBulk(begin, end)) return false;
    quarantine_.ForgetGroupsOf(*run);
    return true;
  });
  return garbage_.size();
}

std::uint64_t RunStore::garbage_bytes() const {
  std::uint64_t bytes = 0;
  for (const auto& run : garbage_) bytes += run->bytes;
  return bytes;
}

}  // namespace vigia::storage
