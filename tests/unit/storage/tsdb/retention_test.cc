#include <filesystem>
#include <random>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

// A day of noise that does not compress: `series` series with a sample each minute.
void FillDay(Fixture& f, std::int32_t day, int series, std::mt19937_64& random, const std::string& extra = "") {
  for (int minute = 0; minute < 24 * 60; minute += 5) {
    auto appender = f.db->NewAppender(Labels{{"job", "j"}});
    for (int i = 0; i < series; ++i) {
      const Labels labels{{"__name__", "m"}, {"job", "j"}, {"i", std::to_string(i)}};
      const double v = static_cast<double>(random()) * 0x1p-64;
      REQUIRE(appender->Append(*appender->Resolve(labels), DayStart(day) + minute * 60'000, v) ==
              AppendOutcome::kAdded);
    }
    if (!extra.empty()) {
      const SeriesRef ref = *appender->Resolve(Labels{{"__name__", extra}, {"job", "j"}});
      REQUIRE(appender->Append(ref, DayStart(day) + minute * 60'000, 1) == AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
  }
}

TEST_CASE("days past retention leave the disk, their series the index") {
  std::mt19937_64 random(1);
  Fixture f;
  f.Open();
  const std::int32_t today = DayOf(f.now_ms);
  for (std::int32_t day = today - 4; day <= today; ++day) {
    f.now_ms = DayStart(day + 1) - 1;
    FillDay(f, day, 100, random, day == today - 4 ? "gone" : "");
    REQUIRE(f.db->RunMaintenance().has_value());
  }
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  const std::uint64_t before = f.db->DirectoryBytes();
  CHECK(f.db->MinTime() == DayStart(today - 4));
  CHECK(f.Query({Matcher::Equal("__name__", "gone")}).size() == 1);
  SECTION("by time") {
    f.db->SetRetention(2 * kDayMs, 0);
    REQUIRE(f.db->RunMaintenance().has_value());
    CHECK(f.db->MinTime() == DayStart(today - 2));
    CHECK(f.Metric("prometheus_tsdb_time_retentions_total") == 2);
  }
  SECTION("by size") {
    f.db->SetRetention(0, before - before / 4);
    REQUIRE(f.db->RunMaintenance().has_value());
    CHECK(f.db->DirectoryBytes() <= before - before / 4);
    CHECK(f.db->MinTime() >= DayStart(today - 3));
    CHECK(f.Metric("prometheus_tsdb_size_retentions_total") >= 1);
  }
  CHECK(f.db->DirectoryBytes() < before - before / 5);
  CHECK(f.Query({Matcher::Equal("__name__", "gone")}).empty());
  CHECK(f.Metric("prometheus_tsdb_head_series") == 100);
  CHECK(f.Metric("prometheus_tsdb_head_series_removed_total") == 1);
  CHECK(f.db->MaxTime() == DayStart(today) + 1435 * 60'000);
  // A series that is gone comes back under the same labels, and survives a restart.
  f.AppendOne(Labels{{"__name__", "gone"}, {"job", "j"}}, f.now_ms, 5, Labels{{"job", "j"}});
  f.Reopen();
  CHECK(f.Query({Matcher::Equal("__name__", "gone")}).begin()->second == std::vector<Point>{At(f.now_ms, 5)});
  CHECK(f.Metric("prometheus_tsdb_head_series") == 101);
}

// Five days, at rest.
void FillDays(Fixture& f) {
  std::mt19937_64 random(4);
  const std::int32_t today = DayOf(f.now_ms);
  for (std::int32_t day = today - 4; day <= today; ++day) {
    f.now_ms = DayStart(day + 1) - 1;
    FillDay(f, day, 100, random);
  }
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
}

TEST_CASE("snapshots do not count for retention by size") {
  Fixture f;
  f.Open();
  FillDays(f);
  const std::uint64_t before = f.db->DirectoryBytes();
  std::filesystem::create_directory(f.folder.path() + "/snapshots");
  REQUIRE(f.db->Snapshot(f.folder.path() + "/snapshots/one").has_value());
  CHECK(f.db->DirectoryBytes() < before + before / 10);
  f.db->SetRetention(0, before + before / 10);
  REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.Metric("prometheus_tsdb_size_retentions_total") == 0);
}

TEST_CASE("a day that a reader holds costs no other day") {
  Fixture f;
  f.Open();
  FillDays(f);
  const std::vector<Matcher> matchers{Matcher::Equal("__name__", "m")};
  auto selection = f.db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, matchers);
  REQUIRE(selection.has_value());
  const std::uint64_t before = f.db->DirectoryBytes();
  const TimestampMs oldest = f.db->MinTime();
  f.db->SetRetention(0, before - before / 10);
  for (int round = 0; round < 4; ++round) REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.db->MinTime() == oldest + kDayMs);
  CHECK(f.Metric("prometheus_tsdb_size_retentions_total") == 1);
  selection->reset();
  REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.db->DirectoryBytes() <= before - before / 10);
  CHECK(f.db->MinTime() == oldest + kDayMs);
}

TEST_CASE("a clock that jumps ahead for a while deletes nothing") {
  Fixture f;
  f.Open();
  FillDays(f);
  const TimestampMs oldest = f.db->MinTime();
  f.db->SetRetention(15 * kDayMs, 0);
  const TimestampMs right = f.now_ms;
  f.now_ms += 400 * kDayMs;
  f.AppendOne(Labels{{"__name__", "m"}, {"job", "j"}, {"i", "0"}}, f.now_ms, 1, Labels{{"job", "j"}});
  for (int round = 0; round < 3; ++round) REQUIRE(f.db->RunMaintenance().has_value());
  f.now_ms = right;
  REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.db->MinTime() == oldest);
  CHECK(f.Metric("prometheus_tsdb_time_retentions_total") == 0);
}

TEST_CASE("a selection outlives the drop of what it selected") {
  std::mt19937_64 random(2);
  Fixture f;
  f.Open();
  const std::int32_t day = DayOf(f.now_ms) - 10;
  FillDay(f, day, 5, random);
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  const std::vector<Matcher> matchers{Matcher::Equal("__name__", "m")};
  const auto selection = f.db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, matchers);
  REQUIRE(selection.has_value());
  f.db->SetRetention(kDayMs, 0);
  REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.Query(matchers).empty());
  ReadBuffer buffer;
  const auto samples = (*selection)->Read(3, buffer);
  REQUIRE(samples.has_value());
  CHECK(samples->t.size() == 288);
}

TEST_CASE("the log is cut when its rows are at rest") {
  std::mt19937_64 random(3);
  Fixture f;
  f.now_ms = DayStart(DayOf(f.now_ms)) + kDayMs / 2;
  f.Open();
  for (int i = 0; i < 40; ++i) f.AppendOne(Labels{{"__name__", "a"}}, f.now_ms + i, i);
  f.now_ms += 40 * 60'000;  // Old enough to seal and to rotate.
  REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.Metric("prometheus_tsdb_wal_segment_current") == 2);
  CHECK(f.Metric("prometheus_tsdb_wal_truncations_total") == 0);
  f.AppendOne(Labels{{"__name__", "a"}}, f.now_ms, 1);
  REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.Metric("prometheus_tsdb_wal_truncations_total") == 1);
  f.options.seal_on_close = false;
  f.Reopen();
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second.size() == 41);
}

}  // namespace
}  // namespace vigia::storage::test
