#include "storage/maintenance/quarantine.h"

#include <algorithm>
#include <iterator>

#include "storage/bytes/varint.h"
#include "storage/rowgroup/verify.h"

namespace vigia::storage {
namespace {

constexpr char kQuarantineTag = 'q';
constexpr char kGroupTag = 'g';
constexpr char kExemplarTag = 'e';
constexpr char kFileTag = 'f';

// Value of a record: why, then what the record was.
std::string RecordOf(std::string_view why, std::string_view value) {
  std::string out;
  PutVarint(out, why.size());
  out += why;
  out += value;
  return out;
}

}  // namespace

Quarantine::Quarantine(Store& store, Registry& registry, std::function<void(const std::string&)> report)
    : store_(store),
      report_(std::move(report)),
      groups_metric_(registry.AddGauge("vigia_storage_quarantined_row_groups",
                                       "Row groups that cannot be read and are left out of answers.")),
      records_metric_(registry.AddGauge("vigia_storage_quarantined_records",
                                        "Damaged records, or records of damaged files, set aside.")) {}

std::string Quarantine::GroupRecordKey(const std::string& group_key) {
  return std::string({kQuarantineTag, kGroupTag}) + group_key;
}

Status Quarantine::Load() {
  const std::lock_guard lock(mu_);
  const std::string end(1, static_cast<char>(kQuarantineTag + 1));
  Status status = store_.Scan(Family::kCatalog, std::string(1, kQuarantineTag), end,
                              [&](std::string_view key, std::string_view) -> Status {
                                if (key.size() > 2 && key[1] == kGroupTag) {
                                  groups_.emplace(key.substr(2));
                                } else {
                                  records_.emplace_back(key.substr(1));
                                }
                                return {};
                              });
  group_count_.store(groups_.size());
  groups_metric_.Set(static_cast<double>(groups_.size()));
  records_metric_.Set(static_cast<double>(records_.size()));
  return status;
}

Error Quarantine::SetAsideGroup(const std::string& group_key, const Error& why) {
  Error named = Prefixed(why, "file " + store_.BulkFileOf(group_key));
  {
    const std::lock_guard lock(mu_);
    if (!groups_.insert(group_key).second) return named;
    group_count_.store(groups_.size());
    groups_metric_.Set(static_cast<double>(groups_.size()));
  }
  Status status;
  if (!store_.read_only()) {
    Batch batch;
    batch.Put(Family::kCatalog, GroupRecordKey(group_key), RecordOf(named.what, {}));
    status = store_.Write(batch, WriteMode::kProcess);
  }
  report_("a damaged row group is set aside: " + named.what + (status ? "" : "; not recorded: " + status.error().what));
  return named;
}

bool Quarantine::HasGroup(const std::string& group_key) const {
  if (group_count_.load() == 0) return false;
  const std::lock_guard lock(mu_);
  return groups_.contains(group_key);
}

bool Quarantine::HasGroupOf(const Run& run) const {
  if (group_count_.load() == 0) return false;
  const auto [begin, end] = RunKeyRange(run.day, run.tier, run.id);
  const std::lock_guard lock(mu_);
  const auto at = groups_.lower_bound(begin);
  return at != groups_.end() && *at < end;
}

// What stays on the disk after a failure goes at the next start.
void Quarantine::ForgetGroups(const std::function<bool(const std::string&)>& is_gone) {
  Batch batch;
  {
    const std::lock_guard lock(mu_);
    std::erase_if(groups_, [&](const std::string& key) {
      if (!is_gone(key)) return false;
      batch.Delete(Family::kCatalog, GroupRecordKey(key));
      return true;
    });
    group_count_.store(groups_.size());
    groups_metric_.Set(static_cast<double>(groups_.size()));
  }
  if (!batch.empty() && !store_.read_only()) static_cast<void>(store_.Write(batch, WriteMode::kProcess));
}

void Quarantine::ForgetGroupsOf(const Run& run) {
  if (group_count_.load() == 0) return;
  const auto [begin, end] = RunKeyRange(run.day, run.tier, run.id);
  ForgetGroups([&](const std::string& key) { return begin <= key && key < end; });
}

void Quarantine::ForgetGroupsWithoutRun(const RunSet& runs) {
  if (group_count_.load() == 0) return;
  std::set<std::string> known;
  for (const auto& run : runs.runs) known.insert(RunKeyRange(run->day, run->tier, run->id).first);
  const std::string tag = RunRecordRange().first;
  for (const std::string& key : records_) {
    if (key.starts_with(tag)) known.insert(key.substr(tag.size()));
  }
  // A run's key is what the keys of its row groups begin with: nothing lies between it and them.
  ForgetGroups([&](const std::string& key) {
    const auto after = known.upper_bound(key);
    return after == known.begin() || !key.starts_with(*std::prev(after));
  });
}

void Quarantine::Inspect(const Run& run) {
  for (const RunTarget& entry : run.targets) {
    std::set<std::uint32_t> pages;
    for (const auto& [first, end] : entry.columns.ranges()) {
      for (std::uint32_t page = first / kPageColumns; page <= (end - 1) / kPageColumns; ++page) pages.insert(page);
    }
    for (const std::uint32_t page : pages) {
      for (std::uint32_t chunk = 0; chunk < entry.chunk_starts.size(); ++chunk) {
        const std::string key = GroupKey(run, entry.target, page, chunk);
        if (HasGroup(key)) continue;
        const Status status = VerifyRowGroup(store_, key);
        if (!status && status.error().code == Errc::kCorruption) SetAsideGroup(key, status.error());
      }
    }
  }
}

Status Quarantine::SetAsideRecord(std::string_view key, std::string_view value, const std::string& why) {
  if (!store_.read_only()) {
    Batch batch;
    batch.Put(Family::kCatalog, std::string(1, kQuarantineTag).append(key), RecordOf(why, value));
    batch.Delete(Family::kCatalog, key);
    if (Status status = store_.Write(batch, WriteMode::kDisk); !status) return status;
  }
  records_.emplace_back(key);
  records_metric_.Set(static_cast<double>(records_.size()));
  report_("a record of the catalog is set aside: " + why);
  return {};
}

void Quarantine::SetAsideExemplars(const std::vector<DamagedExemplar>& exemplars) {
  if (exemplars.empty()) return;
  const std::set<std::string> known(records_.begin(), records_.end());
  Batch batch;
  std::vector<std::string> keys;
  for (const DamagedExemplar& exemplar : exemplars) {
    const std::string place = std::string(1, kExemplarTag) + exemplar.key;
    std::string key;
    std::uint32_t times = 0;
    do {  // What was set aside of this place before stays.
      key = place;
      PutKey(key, times++);
    } while (known.contains(key));
    batch.Put(Family::kCatalog, std::string(1, kQuarantineTag) + key, RecordOf(exemplar.why, exemplar.value));
    batch.Delete(Family::kExemplars, exemplar.key);
    keys.push_back(std::move(key));
  }
  const std::string count = std::to_string(exemplars.size());
  Keep(batch, std::move(keys),
       count + (exemplars.size() == 1 ? " exemplar is" : " exemplars are") + " set aside: " + exemplars.front().why);
}

void Quarantine::NoteExemplarFile(const DamagedFile& file) {
  const std::string name = file.path.substr(file.path.rfind('/') + 1);
  const std::string kept = file.kept_as.empty() ? "" : " (kept as " + file.kept_as + ")";
  const std::string why =
      "file " + file.path + kept + " of exemplars is damaged, what cannot be read is missing: " + file.why;
  Batch batch;
  batch.Put(Family::kCatalog, std::string({kQuarantineTag, kFileTag}) + name, RecordOf(why, {}));
  Keep(batch, {std::string(1, kFileTag) + name}, why);
}

void Quarantine::Keep(Batch& batch, std::vector<std::string> keys, const std::string& text) {
  const Status status = store_.read_only() ? Status() : store_.Write(batch, WriteMode::kDisk);
  records_.insert(records_.end(), keys.begin(), keys.end());
  records_metric_.Set(static_cast<double>(records_.size()));
  report_(text + (status ? "" : "; not recorded: " + status.error().what));
}

}  // namespace vigia::storage
