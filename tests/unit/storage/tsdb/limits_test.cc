// What storage refuses or delays so that neither disk nor memory runs out.
#include "storage/tsdb/head_limit.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

using Lines = std::vector<std::pair<LogLevel, std::string>>;

const Labels kSeries{{"__name__", "m"}};

Status TryAppend(Fixture& f, TimestampMs t, double v) {
  auto appender = f.db->NewAppender({});
  REQUIRE(appender->Append(*appender->Resolve(kSeries), t, v) == AppendOutcome::kAdded);
  return appender->Commit();
}

TEST_CASE("writes stop below the low-water mark and go on by themselves") {
  Lines lines;
  Result<DiskSpace> space = DiskSpace{1001, 100'000};
  Fixture f;
  f.options.min_free_bytes = 1000;
  f.options.disk_space = [&](const std::string& path) {
    CHECK(path == f.folder.path());
    return space;
  };
  f.options.log = [&](LogLevel level, std::string_view text) { lines.emplace_back(level, text); };
  f.Open();
  CHECK(TryAppend(f, f.now_ms, 1).has_value());
  CHECK_FALSE(f.db->WritesStopped());
  CHECK(f.Metric("vigia_storage_free_bytes") == 1001);
  CHECK(f.Metric("vigia_storage_read_only") == 0);

  space = DiskSpace{999, 100'000};
  CHECK(TryAppend(f, f.now_ms + 1, 2).has_value());  // Measured less than a second ago.
  f.now_ms += 1000;
  const Status refused = TryAppend(f, f.now_ms, 3);
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kUnavailable);
  CHECK(refused.error().what ==
        "writes are stopped: 999 bytes are free in " + f.folder.path() + ", the low-water mark is 1000");
  CHECK(f.db->WritesStopped());
  CHECK(f.Metric("vigia_storage_read_only") == 1);
  CHECK(f.Metric("vigia_storage_samples_rejected_total") == 1);
  CHECK(lines.back().first == LogLevel::kError);
  const std::vector<Matcher> matchers{Matcher::Equal("__name__", "m")};
  const std::vector<Point> kept{At(f.now_ms - 1000, 1), At(f.now_ms - 999, 2)};
  CHECK(f.Query(matchers).begin()->second == kept);

  space = DiskSpace{1061, 100'000};  // Not enough above the mark yet.
  f.now_ms += 1000;
  CHECK_FALSE(TryAppend(f, f.now_ms, 4).has_value());
  space = Error{Errc::kIo, "no answer"};  // Changes nothing.
  f.now_ms += 1000;
  CHECK_FALSE(TryAppend(f, f.now_ms, 4).has_value());
  CHECK(lines.back() == std::pair(LogLevel::kWarning, std::string("free space is not known: no answer")));
  space = DiskSpace{1062, 100'000};
  f.now_ms += 1000;
  CHECK(TryAppend(f, f.now_ms, 5).has_value());
  CHECK_FALSE(f.db->WritesStopped());
  CHECK(f.Metric("vigia_storage_read_only") == 0);
  CHECK(f.Metric("vigia_storage_samples_rejected_total") == 3);
  CHECK(lines.back().first == LogLevel::kInfo);
  CHECK(f.Query(matchers).begin()->second.size() == 3);
}

TEST_CASE("the low-water mark is 256 MiB, but no more than a twentieth of the disk") {
  constexpr std::uint64_t kMiB = 1u << 20;
  struct Case {
    std::uint64_t free_bytes;
    std::uint64_t capacity_bytes;
    bool stopped;
  };
  const Case c = GENERATE(Case{256 * kMiB, 100'000 * kMiB, false}, Case{256 * kMiB - 1, 100'000 * kMiB, true},
                          Case{50 * kMiB, 1000 * kMiB, false}, Case{50 * kMiB - 1, 1000 * kMiB, true});
  Fixture f;
  f.options.disk_space = [&](const std::string&) { return DiskSpace{c.free_bytes, c.capacity_bytes}; };
  f.Open();
  CHECK(f.db->WritesStopped() == c.stopped);
}

TEST_CASE("a mark of 0 stops nothing") {
  Fixture f;
  f.options.min_free_bytes = 0;
  f.options.disk_space = [](const std::string&) { return DiskSpace{0, 1000}; };
  f.Open();
  CHECK(TryAppend(f, f.now_ms, 1).has_value());
}

TEST_CASE("the disk of a folder has space, one that is not there has none to tell") {
  const auto space = MeasureDiskSpace("/");
  REQUIRE(space.has_value());
  CHECK(space->capacity_bytes > 0);
  CHECK(space->free_bytes <= space->capacity_bytes);
  CHECK_FALSE(MeasureDiskSpace("/nobody/has/this").has_value());
}

TEST_CASE("a bulk load between two maintenances keeps the head bounded") {
  const bool background = GENERATE(false, true);
  Fixture f;
  f.options.background = background;
  f.options.head_bytes = 256u << 10;
  f.Open();
  constexpr int kSeriesCount = 20;
  constexpr int kBatches = 150;
  constexpr int kTimes = 100;
  TimestampMs t = f.now_ms - 5 * kDayMs;
  double largest = 0;
  for (int batch = 0; batch < kBatches; ++batch) {
    auto appender = f.db->NewAppender({});
    std::vector<SeriesRef> refs;
    for (int i = 0; i < kSeriesCount; ++i) {
      refs.push_back(*appender->Resolve(Labels{{"__name__", "m"}, {"i", std::to_string(i)}}));
    }
    for (int k = 0; k < kTimes; ++k, t += 1000) {
      for (int i = 0; i < kSeriesCount; ++i) {
        const auto mixed = static_cast<std::uint64_t>(t + i) * 2654435761u % 1000003;
        const double v = static_cast<double>(mixed) / 7;  // Packs badly.
        REQUIRE(appender->Append(refs[static_cast<std::size_t>(i)], t, v) == AppendOutcome::kAdded);
      }
    }
    REQUIRE(appender->Commit().has_value());
    largest = std::max(largest, f.Metric("vigia_storage_head_bytes"));
  }
  CHECK(f.Metric("vigia_storage_early_seals_total") >= 2);
  CHECK(f.Metric("vigia_storage_head_refused_total") == 0);
  if (!background) CHECK(f.Metric("vigia_storage_head_waits_total") >= 2);
  constexpr double kBatchBytes = 20.0 * kSeriesCount * kTimes;
  CHECK(largest < (background ? 2 : 1) * static_cast<double>(f.options.head_bytes) + kBatchBytes);
  const auto check = [&] {
    const auto found = f.Query({Matcher::Equal("__name__", "m")});
    REQUIRE(found.size() == kSeriesCount);
    for (const auto& [labels, points] : found) CHECK(points.size() == kBatches * kTimes);
  };
  check();
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  CHECK(f.Metric("vigia_storage_head_bytes") == 0);
  f.options.seal_on_close = false;
  f.Reopen();
  check();
}

TEST_CASE("a head that cannot be sealed refuses batches when it is full") {
  Registry registry;
  std::size_t held = 0;
  int seals = 0;
  HeadLimit limit({[&] { return held; }, [] { return std::size_t{100}; },
                   [&] {
                     ++seals;
                     return Status(Error{Errc::kIo, "broken"});
                   }},
                  registry);
  held = 100;
  CHECK(limit.Admit().has_value());
  CHECK(seals == 0);
  held = 201;  // Sealing begins; there is still room.
  CHECK(limit.Admit().has_value());
  CHECK(seals == 1);
  held = 202;
  const Status refused = limit.Admit();
  REQUIRE_FALSE(refused.has_value());
  CHECK(refused.error().code == Errc::kUnavailable);
  CHECK(refused.error().what == "unsealed rows use 202 bytes of memory, the limit is 200: broken");
}

TEST_CASE("storage tells what it did at start and what retention took") {
  Lines lines;
  Fixture f;
  f.options.log = [&](LogLevel level, std::string_view text) { lines.emplace_back(level, text); };
  f.options.seal_on_close = false;
  f.Open();
  f.AppendOne(kSeries, f.now_ms - 10 * kDayMs, 1);
  f.AppendOne(kSeries, f.now_ms, 2);
  lines.clear();
  f.Reopen();
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].first == LogLevel::kInfo);
  const std::string expected = "opened " + f.folder.path() + ": 1 series, 0 runs, 2 rows replayed from the log in ";
  CHECK(lines[0].second.substr(0, expected.size()) == expected);
  f.db->SetRetention(kDayMs, 0);
  lines.clear();
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  REQUIRE(lines.size() == 1);
  CHECK(lines[0].second == "retention dropped 1 days by time and 0 by size, 1 series are left");
}

}  // namespace
}  // namespace vigia::storage::test
