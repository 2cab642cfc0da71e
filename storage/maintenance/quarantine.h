// What was found damaged and set aside: reported, kept, and out of the way of everything else. Format:
// storage/FORMAT.md, "Quarantine".
#pragma once

#include <atomic>
#include <cstddef>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "storage/kv/store.h"
#include "storage/rowgroup/run.h"
#include "storage/telemetry/registry.h"

namespace vigia::storage {

// Thread-safe.
class Quarantine {
 public:
  // `report` gets one sentence for each thing that is set aside; called from any thread.
  Quarantine(Store& store, Registry& registry, std::function<void(const std::string&)> report);

  // Reads what was set aside in earlier lives.
  Status Load();

  // A row group that cannot be read: readers go on without it, its run is not rewritten any more. It stays where it is.
  // Gives the error with the name of the file.
  Error SetAsideGroup(const std::string& group_key, const Error& why);
  bool HasGroup(const std::string& group_key) const;
  bool HasGroupOf(const Run& run) const;
  // The run is gone, and its files: nobody can meet its damaged row groups any more.
  void ForgetGroupsOf(const Run& run);
  // The same at a start, for all runs that are neither in `runs` nor set aside. REQUIRES: Load().
  void ForgetGroupsWithoutRun(const RunSet& runs);
  // Looks at all row groups of a run and sets aside those that cannot be read.
  void Inspect(const Run& run);

  // A record of the catalog that makes no sense, or whose data was set aside: it moves to the quarantine's own records.
  // Fails when it cannot be moved.
  Status SetAsideRecord(std::string_view key, std::string_view value, const std::string& why);
  // Exemplars that make no sense move here, all or none of them; of a damaged file of exemplars, which lies in the
  // quarantine already, a note is made. When that fails, they are reported all the same, and found again at the next
  // start.
  struct DamagedExemplar {
    std::string key;  // In kExemplars.
    std::string value;
    std::string why;
  };
  void SetAsideExemplars(const std::vector<DamagedExemplar>& exemplars);
  void NoteExemplarFile(const DamagedFile& file);
  // Keys of the records that were set aside.
  const std::vector<std::string>& records() const { return records_; }

 private:
  static std::string GroupRecordKey(const std::string& group_key);
  void Keep(Batch& batch, std::vector<std::string> keys, const std::string& text);
  void ForgetGroups(const std::function<bool(const std::string& group_key)>& is_gone);

  Store& store_;
  const std::function<void(const std::string&)> report_;
  Gauge& groups_metric_;
  Gauge& records_metric_;
  std::atomic<std::size_t> group_count_{0};
  mutable std::mutex mu_;
  std::set<std::string> groups_;      // Guarded by mu_.
  std::vector<std::string> records_;  // Changed only while the storage is opened.
};

}  // namespace vigia::storage
