#include "storage/maintenance/run_store.h"

#include <filesystem>

#include "tests/support/temp_folder.h"
#include "tests/unit/storage/maintenance/made_runs.h"

namespace vigia::storage::test {
namespace {

constexpr std::int32_t kDay = 19'675;
const std::vector<TimestampMs> kTimes = EachMinute(DayStart(kDay) + 5'000, 20);

// The folder of the database is a link. One that leads to where there is no room makes the disk full.
class Folder {
 public:
  Folder() {
    std::filesystem::create_directory(folder_.Below("db"));
    PointTo(folder_.Below("db"));
    Open();
  }
  void Open() {
    runs.reset();
    quarantine_.reset();
    store.reset();
    registry_ = std::make_unique<Registry>();
    StoreOptions options;
    options.path = folder_.Below("link");
    auto opened = Store::Open(options, *registry_);
    REQUIRE(opened.has_value());
    store = std::move(*opened);
    quarantine_ = std::make_unique<Quarantine>(*store, *registry_, [](const std::string&) {});
    runs = std::make_unique<RunStore>(*store, visibility_, *quarantine_);
    REQUIRE(runs->Load().has_value());
  }
  // As if the change had reached the log of the database, though the disk refused to sync it.
  void Log(const std::vector<Run>& added, const std::vector<std::shared_ptr<const Run>>& removed) {
    Batch batch;
    for (const Run& run : added) batch.Put(Family::kCatalog, RunRecordKey(run), EncodeRun(run));
    for (const auto& run : removed) batch.Delete(Family::kCatalog, RunRecordKey(*run));
    REQUIRE(store->Write(batch, WriteMode::kProcess).has_value());
  }
  void FillDisk() { PointTo("/proc"); }
  void EmptyDisk() { PointTo(folder_.Below("db")); }
  std::vector<std::uint64_t> Ids() const {
    std::vector<std::uint64_t> ids;
    for (const auto& run : runs->Current()->runs) ids.push_back(run->id);
    return ids;
  }

 private:
  void PointTo(const std::string& place) {
    std::filesystem::remove(folder_.Below("link"));
    std::filesystem::create_directory_symlink(place, folder_.Below("link"));
  }

  tests::TempFolder folder_;
  std::unique_ptr<Registry> registry_;
  std::shared_mutex visibility_;

 public:
  std::unique_ptr<Store> store;

 private:
  std::unique_ptr<Quarantine> quarantine_;

 public:
  std::unique_ptr<RunStore> runs;
};

TEST_CASE("a start decides by the record what becomes of row groups whose record failed") {
  Folder f;
  const bool logged = GENERATE(false, true);
  const RunDraft draft = MakeDraft(*f.runs, 1, 3, kTimes);
  REQUIRE(f.runs->WriteGroups(draft, false).has_value());
  f.FillDisk();
  REQUIRE_FALSE(f.runs->Record({draft.run}, {}).has_value());
  f.EmptyDisk();
  CHECK_FALSE(f.runs->settled());
  CHECK(f.store->BulkFiles().size() == 1);
  if (logged) f.Log({draft.run}, {});
  f.Open();
  CHECK(f.store->BulkFiles().size() == (logged ? 1 : 0));
  REQUIRE(f.Ids().size() == (logged ? 1 : 0));
  if (logged) CHECK(TimesIn(*f.store, *f.runs->Current()->runs[0], 1, 2) == kTimes);
}

TEST_CASE("what follows takes a change back whose record failed, whether it is in the log or not") {
  Folder f;
  const bool logged = GENERATE(false, true);
  AddRun(*f.runs, MakeDraft(*f.runs, 1, 3, kTimes));
  const std::vector<std::shared_ptr<const Run>> removed = f.runs->Current()->runs;
  const RunDraft joined = MakeDraft(*f.runs, 1, 3, kTimes);
  REQUIRE(f.runs->WriteGroups(joined, false).has_value());
  const RunDraft next = MakeDraft(*f.runs, 2, 3, kTimes);
  f.FillDisk();
  REQUIRE_FALSE(f.runs->Record({joined.run}, removed).has_value());
  // No more files than these are left behind while nothing can be recorded.
  CHECK_FALSE(f.runs->WriteGroups(next, false).has_value());
  CHECK_FALSE(f.runs->Record({}, removed).has_value());
  f.EmptyDisk();
  CHECK(f.store->BulkFiles().size() == 2);
  if (logged) f.Log({joined.run}, removed);
  AddRun(*f.runs, next);
  CHECK(f.runs->settled());
  const auto check = [&] {
    CHECK(f.store->BulkFiles().size() == 2);
    REQUIRE(f.Ids() == std::vector<std::uint64_t>{1, 3});
    CHECK(TimesIn(*f.store, *f.runs->Current()->runs[0], 1, 0) == kTimes);
    CHECK(TimesIn(*f.store, *f.runs->Current()->runs[1], 2, 0) == kTimes);
  };
  check();
  f.Open();
  check();
}

}  // namespace
}  // namespace vigia::storage::test
