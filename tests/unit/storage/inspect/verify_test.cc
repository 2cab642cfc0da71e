#include "storage/inspect/verify.h"

#include <algorithm>
#include <filesystem>
#include <fstream>

#include "storage/catalog/records.h"
#include "storage/codec/tile.h"
#include "storage/maintenance/tombstones.h"
#include "storage/rowgroup/run.h"
#include "storage/wal/frame.h"
#include "tests/unit/storage/tsdb/fixture.h"
#include "tests/unit/storage/tsdb/flip.h"

using namespace vigia::storage;
using namespace vigia::storage::test;
using Catch::Matchers::Contains;

namespace {

constexpr TimestampMs kNoon = 1'699'963'200'000;  // 2023-11-14T12:00:00Z

std::string KindText(FindingKind kind) {
  switch (kind) {
    case FindingKind::kDamage: return "damage";
    case FindingKind::kNewer: return "newer";
    case FindingKind::kSetAside: return "set aside";
    case FindingKind::kLeftOver: return "left over";
  }
  return {};
}

// One line per finding, without the folder's path.
std::vector<std::string> Findings(const std::string& path, VerifySummary* summary = nullptr) {
  const auto folder = OpenedFolder::Open(path);
  REQUIRE((folder).has_value());
  std::vector<std::string> out;
  const auto result = Verify(**folder, [&](const Finding& f) {
    std::string line = KindText(f.kind) + "|" + f.file + "|" + f.place + "|" + f.what;
    if (const auto at = line.find(path); at != std::string::npos) line.erase(at, path.size());
    out.push_back(std::move(line));
  });
  REQUIRE((result).has_value());
  CHECK(result->findings == out.size());
  if (summary != nullptr) *summary = *result;
  return out;
}

// Two targets with two series each, a sample each 15 s for 20 minutes; half of it sealed and half in the log.
void Fill(Fixture& f) {
  f.options.seal_on_close = false;
  f.options.max_exemplars = 4;
  f.now_ms = kNoon;
  f.Open();
  for (int i = 0; i < 80; ++i) {
    const TimestampMs t = kNoon - 1'200'000 + i * 15'000;
    if (i == 40) REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
    for (const char* instance : {"a:1", "b:1"}) {
      const Labels shared{{"instance", instance}};
      auto appender = f.db->NewAppender(shared);
      for (const char* name : {"x", "y"}) {
        const auto ref = appender->Resolve(Labels{{"__name__", name}, {"instance", instance}});
        REQUIRE((ref).has_value());
        REQUIRE(appender->Append(*ref, t, i) == AppendOutcome::kAdded);
      }
      REQUIRE((appender->Commit()).has_value());
    }
  }
}

void CloseDb(Fixture& f) {
  REQUIRE((f.db->Close()).has_value());
  f.db.reset();
}

// Opens the database for writing, behind the server's back.
class Intruder {
 public:
  explicit Intruder(const std::string& path) {
    StoreOptions options;
    options.path = path + "/db";
    auto store = Store::Open(options, registry_);
    REQUIRE((store).has_value());
    store_ = std::move(*store);
  }
  Store& store() { return *store_; }
  void Write() {
    REQUIRE((store_->Write(batch, WriteMode::kDisk)).has_value());
    batch.Clear();
  }
  Run FirstRun() {
    Run run;
    const auto [begin, end] = RunRecordRange();
    REQUIRE((store_->Scan(Family::kCatalog, begin, end, [&](std::string_view key, std::string_view value) {
              run = *DecodeRun(key, value);
              return Status();
            })).has_value());
    return run;
  }
  Batch batch;

 private:
  Registry registry_;
  std::unique_ptr<Store> store_;
};

std::string OnlyDataFile(const std::string& path) {
  const auto folder = OpenedFolder::Open(path);
  REQUIRE((folder).has_value());
  std::string found;
  for (const TableFile& file : (*folder)->store().TableFiles()) {
    if (file.family == Family::kData) found = file.path;
  }
  REQUIRE_FALSE(found.empty());
  return found;
}

}  // namespace

TEST_CASE("a damaged table file of the row log is told of") {
  Fixture f;
  Fill(f);
  REQUIRE((f.db->Snapshot(f.folder.path() + "-copy")).has_value());
  CloseDb(f);
  std::string file;
  {
    const auto folder = OpenedFolder::Open(f.folder.path());
    REQUIRE((folder).has_value());
    for (const TableFile& table : (*folder)->store().TableFiles()) {
      if (table.family == Family::kWal0 || table.family == Family::kWal1) file = table.path;
    }
  }
  REQUIRE_FALSE(file.empty());
  Flip(file, 100);
  const std::string name = std::filesystem::path(file).filename();
  const auto findings = Findings(f.folder.path());
  CHECK(std::any_of(findings.begin(), findings.end(), [&](const std::string& finding) {
    return finding.starts_with("damage|") && finding.find(name) != std::string::npos;
  }));
  CHECK(std::filesystem::exists(file));
}

TEST_CASE("downsampled days are sound") {
  Fixture f;
  Fill(f);
  f.options.downsampling = {{"x", {Matcher::Equal("__name__", "x")}, kDayMs, 5 * 60'000}};
  f.now_ms = kNoon + 3 * kDayMs;
  f.Reopen();
  REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
  REQUIRE(f.Metric("vigia_storage_downsampling_replaced_samples_total") > 100);
  CloseDb(f);
  CHECK(Findings(f.folder.path()).empty());
  {
    Intruder intruder(f.folder.path());
    Run run = intruder.FirstRun();
    for (RunTarget& entry : run.targets) entry.downsampled.clear();
    intruder.batch.Put(Family::kCatalog, RunRecordKey(run), EncodeRun(run));
    intruder.Write();
  }
  const auto findings = Findings(f.folder.path());
  CHECK(std::any_of(findings.begin(), findings.end(), [](const std::string& finding) {
    return finding.find("is downsampled, which the run's record does not say") != std::string::npos;
  }));
}

TEST_CASE("a sound folder gives no finding") {
  Fixture f;
  Fill(f);
  std::uint64_t samples = 320;
  SECTION("as it is") {}
  SECTION("stopped cleanly") { f.options.seal_on_close = true; }
  SECTION("all at rest") { REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value()); }
  SECTION("with deletes") {
    const std::vector<Matcher> x{Matcher::Equal("__name__", "x"), Matcher::Equal("instance", "a:1")};
    REQUIRE((f.db->DeleteSeries(x, kMinTimestampMs, kMaxTimestampMs)).has_value());
  }
  SECTION("with deletes that are carried out") {
    const std::vector<Matcher> x{Matcher::Equal("__name__", "x"), Matcher::Equal("instance", "a:1")};
    REQUIRE((f.db->DeleteSeries(x, kMinTimestampMs, kMaxTimestampMs)).has_value());
    REQUIRE((f.db->CleanTombstones()).has_value());
    samples -= 80;
  }
  SECTION("with late samples") {
    f.db->SetOutOfOrderWindow(3'600'000);
    f.AppendOne(Labels{{"__name__", "x"}, {"instance", "a:1"}}, kNoon - 1'000'007, 5, Labels{{"instance", "a:1"}});
    ++samples;
  }
  SECTION("with a sample of another day") {
    f.AppendOne(Labels{{"__name__", "x"}, {"instance", "b:1"}}, kNoon + 86'400'000, 5);
    REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
    ++samples;
  }
  CloseDb(f);
  VerifySummary summary;
  CHECK(Findings(f.folder.path(), &summary) == std::vector<std::string>{});
  CHECK(summary.samples >= samples);  // What is at rest may be in the log still.
  CHECK(summary.samples <= 2 * samples);
  CHECK(summary.series >= 3);
  CHECK(summary.files > 0);
}

TEST_CASE("a folder without samples is sound") {
  Fixture f;
  f.Open();
  CloseDb(f);
  CHECK(Findings(f.folder.path()) == std::vector<std::string>{});
}

TEST_CASE("a changed byte of a file is found with the file's name") {
  Fixture f;
  Fill(f);
  CloseDb(f);
  const std::string path = OnlyDataFile(f.folder.path());
  const auto damage = [&](std::streamoff at) {
    std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
    file.seekg(at);
    const char old = static_cast<char>(file.get());
    file.seekp(at);
    file.put(static_cast<char>(old ^ 0x40));
  };
  SECTION("in the first block") { damage(20); }
  SECTION("in its footer") { damage(static_cast<std::streamoff>(std::filesystem::file_size(path)) - 3); }
  const auto found = Findings(f.folder.path());
  REQUIRE(found.size() >= 2);  // By the checksums, and by the read of its row groups.
  CHECK_THAT(found[0], Contains("damage|" + path.substr(f.folder.path().size())));
}

TEST_CASE("a file that is missing is found") {
  Fixture f;
  Fill(f);
  CloseDb(f);
  const std::string path = OnlyDataFile(f.folder.path());
  std::filesystem::remove(path);
  const auto found = Findings(f.folder.path());
  REQUIRE_FALSE(found.empty());
  CHECK_THAT(found[0], Contains("damage|" + path.substr(f.folder.path().size())));
}

TEST_CASE("records that contradict each other are found") {
  Fixture f;
  Fill(f);
  CloseDb(f);
  std::string expected;
  {
    Intruder intruder(f.folder.path());
    Run run = intruder.FirstRun();
    SECTION("two targets with the same labels") {
      PutTargetRecord(intruder.batch, 77, Labels{{"instance", "a:1"}});
      expected = "has the labels of target";
    }
    SECTION("one series under two targets") {
      PutTargetRecord(intruder.batch, 77, Labels{});
      PutLineRecord(intruder.batch, 77, Labels{{"__name__", "x"}, {"instance", "a:1"}});
      PutColumnRecord(intruder.batch, 77, 1, {0, {77}});
      expected = "is the series of target";
    }
    SECTION("a column of an unknown line") {
      PutColumnRecord(intruder.batch, 1, 1'000'000, {5, {4711}});
      expected = "damage|/db|target 1, column 5|names line 4711, which is not there";
    }
    SECTION("a label twice") {
      PutLineRecord(intruder.batch, 77, Labels{{"__name__", "z"}, {"instance", "c:1"}});
      PutColumnRecord(intruder.batch, 1, 1'000'000, {5, {77}});
      expected = "damage|/db|target 1, column 5|a label is in target and line";
    }
    SECTION("another line for a column") {
      PutColumnRecord(intruder.batch, 1, 1'000'000, {0, {2}});
      expected = "column 0 has another line already";
    }
    SECTION("columns of an unknown target") {
      PutColumnRecord(intruder.batch, 77, 1, {0, {1}});
      expected = "damage|/db|columns of target 77|the target is not there";
    }
    SECTION("a record that is none") {
      intruder.batch.Put(Family::kCatalog, "l123", "x");
      expected = "damage|/db|record with key 6c313233|catalog: damaged line";
    }
    SECTION("a run with other sums") {
      ++run.samples;
      intruder.batch.Put(Family::kCatalog, RunRecordKey(run), EncodeRun(run));
      expected = "|record of run 2 (2023-11-14, tier 2)|says 161 samples, its row groups have 160";
    }
    SECTION("a run that names a column too many") {
      run.targets.front().columns.AddRange(9, 10);
      intruder.batch.Put(Family::kCatalog, RunRecordKey(run), EncodeRun(run));
      expected = "names column 9 of target 1, which no row group has";
    }
    SECTION("a run that does not know a target") {
      run.targets.pop_back();
      intruder.batch.Put(Family::kCatalog, RunRecordKey(run), EncodeRun(run));
      expected = "the run's record does not name its target";
    }
    SECTION("a run of wrong times") {
      run.targets.front().max_t -= 15'000;
      intruder.batch.Put(Family::kCatalog, RunRecordKey(run), EncodeRun(run));
      expected = "times lie outside of its chunk";
    }
    SECTION("a frame of an unknown column") {
      FrameRow row;
      row.t = kNoon;
      row.cells.push_back({4711, 1, 0});
      std::string key;
      PutKey(key, std::uint64_t{1'000'000'000});
      const Family current = intruder.store().LiveFileBytes(Family::kWal0) > 0 ? Family::kWal0 : Family::kWal1;
      intruder.batch.Put(current, key, EncodeFrame(1, {{1, {row}}}));
      expected = "damaged row frame";
    }
    SECTION("a frame whose rows do not ascend") {
      FrameRow row;
      row.t = kNoon;
      row.detached = true;
      row.cells.push_back({0, 1, 0});
      std::string key;
      PutKey(key, std::uint64_t{1'000'000'000});
      intruder.batch.Put(Family::kWal0, key, EncodeFrame(1, {{1, {row, row}}}));
      expected = "frame 1000000000 of wal0|rows of target 1 do not ascend";
    }
    SECTION("an exemplar") {
      intruder.batch.Put(Family::kExemplars, std::string("\0\0\0\1", 4), "\1nonsense");
      expected = "damage|/db|exemplar at place 1|damaged exemplar";
    }
    SECTION("a line that the series had") {
      intruder.batch.Put(Family::kCatalog, std::string("l\0\0\0\1", 5), "\1");
      expected = "damage|/db|line 1|catalog: damaged line";
    }
    intruder.Write();
  }
  const auto found = Findings(f.folder.path());
  INFO(Catch::Detail::stringify(found));
  CHECK(std::any_of(found.begin(), found.end(),
                    [&](const std::string& line) { return line.find(expected) != std::string::npos; }));
}

TEST_CASE("what a newer version wrote is not called damaged") {
  Fixture f;
  Fill(f);
  CloseDb(f);
  std::string expected;
  {
    Intruder intruder(f.folder.path());
    SECTION("run") {
      const Run run = intruder.FirstRun();
      std::string record = EncodeRun(run);
      record[0] = 40;
      intruder.batch.Put(Family::kCatalog, RunRecordKey(run), record);
      expected = "newer|/db|record of run 2 (2023-11-14, tier 2)|catalog: run has version 40";
    }
    SECTION("tombstone") {
      intruder.batch.Put(Family::kCatalog, TombstoneKey(3), "\x21");
      expected = "newer|/db|tombstone 3|catalog: tombstone has version 33";
    }
    SECTION("frame") {
      std::string key;
      PutKey(key, std::uint64_t{1'000'000'000});
      intruder.batch.Put(Family::kWal0, key, "\x20");
      expected = "newer|/db|frame 1000000000 of wal0|row frame has version 32";
    }
    SECTION("exemplar") {
      intruder.batch.Put(Family::kExemplars, std::string(4, '\0'), "\x05");
      expected = "newer|/db|exemplar at place 0|exemplar has version 5";
    }
    intruder.Write();
  }
  const auto found = Findings(f.folder.path());
  INFO(Catch::Detail::stringify(found));
  REQUIRE_FALSE(found.empty());
  CHECK_THAT(found[0], Contains(expected));
  // Except for exemplars, which are no reason not to look at the rest, the server does not touch such a folder.
  TsdbOptions options = f.options;
  Registry registry;
  const auto db = Tsdb::Open(options, registry);
  REQUIRE_FALSE(db.has_value());
  CHECK(db.error().code == Errc::kInvalid);
  CHECK_THAT(db.error().what, Contains("newer version"));
}

TEST_CASE("what the server set aside, and what it will remove, is told apart") {
  Fixture f;
  Fill(f);
  CloseDb(f);
  {
    Intruder intruder(f.folder.path());
    const Run run = intruder.FirstRun();
    SECTION("left over") {
      intruder.batch.Delete(Family::kCatalog, RunRecordKey(run));
      intruder.Write();
    }
    SECTION("set aside") {
      std::string why("\3why", 4);
      intruder.batch.Put(Family::kCatalog, "q" + RunRecordKey(run), why + EncodeRun(run));
      intruder.batch.Delete(Family::kCatalog, RunRecordKey(run));
      intruder.Write();
      std::filesystem::create_directories(f.folder.path() + "/quarantine");
      std::ofstream(f.folder.path() + "/quarantine/000009.sst") << "x";
    }
  }
  const bool set_aside = std::filesystem::exists(f.folder.path() + "/quarantine");
  const auto found = Findings(f.folder.path());
  INFO(Catch::Detail::stringify(found));
  if (set_aside) {
    REQUIRE(found.size() == 2);
    CHECK(found[0] == "set aside|/quarantine/000009.sst|quarantine|the server set this file aside as damaged");
    CHECK(found[1] == "set aside|/db|record of run 2 (2023-11-14, tier 2)|why");
  } else {
    REQUIRE(found.size() == 1);
    CHECK_THAT(found[0], Contains("left over|/db/"));
    CHECK_THAT(found[0], Contains("belongs to no run"));
  }
}
