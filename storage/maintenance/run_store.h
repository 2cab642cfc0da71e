// The runs that there are: on disk, and as the set that readers see.
#pragma once

#include <memory>
#include <optional>
#include <shared_mutex>
#include <vector>

#include "storage/kv/store.h"
#include "storage/maintenance/quarantine.h"
#include "storage/rowgroup/group_builder.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

// Changed by one thread at a time (maintenance). Current() from any thread with `visibility` held, shared is enough.
class RunStore {
 public:
  RunStore(Store& store, std::shared_mutex& visibility, Quarantine& quarantine)
      : store_(store), visibility_(visibility), quarantine_(quarantine) {}

  // Reads the records; row groups without one are left-overs of a crash and are dropped. Damaged records, and those of
  // files that the store had to set aside, go to the quarantine; their row groups stay. With a store
  // that is open for reading only nothing is dropped, and what is damaged is only left out.
  Status Load();

  std::shared_ptr<const RunSet> Current() const { return set_; }
  std::shared_mutex& visibility() { return visibility_; }
  std::uint64_t* next_id() { return &next_id_; }

  // Writes the row groups. They stay invisible until their runs are recorded and shown.
  Status WriteGroups(const RunDraft& draft, bool compress);
  // Makes the change durable, all of it or nothing: `added` runs come, `removed` ones go. After an error it may be in
  // the log of the database all the same, and count at a start that comes now: so the row groups stay, both those of
  // `added` and those of `removed`. The next WriteGroups() or Record() takes the change back before it does anything
  // else, and fails when it cannot.
  Status Record(const std::vector<Run>& added, const std::vector<std::shared_ptr<const Run>>& removed);
  // Shows the same change to readers. REQUIRES: `visibility` held exclusively.
  void Show(std::vector<Run> added, const std::vector<std::shared_ptr<const Run>>& removed);
  // Whether no change waits to be taken back.
  bool settled() const { return !unsettled_.has_value(); }
  // Takes back row groups. REQUIRES: Record() was not called with their runs.
  void Discard(const std::vector<Run>& runs);

  // Deletes the files of removed runs that no reader uses any more. Returns how many wait for readers.
  std::size_t CollectGarbage();
  // Of those that wait; before compression of their blocks.
  std::uint64_t garbage_bytes() const;

 private:
  struct Change {
    std::vector<Run> added;  // Without their targets.
    std::vector<std::shared_ptr<const Run>> removed;
  };
  Status DropOrphans();
  Status Settle();
  bool IsInDamagedFile(const Run& run, std::string* why) const;

  Store& store_;
  std::shared_mutex& visibility_;
  Quarantine& quarantine_;
  std::shared_ptr<const RunSet> set_ = std::make_shared<RunSet>();  // Replaced with visibility_ held exclusively.
  std::vector<std::shared_ptr<const Run>> garbage_;
  std::uint64_t next_id_ = 1;
  std::optional<Change> unsettled_;  // Nobody knows whether it is recorded.
};

}  // namespace vigia::storage
