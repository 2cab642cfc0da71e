// The disk refuses the record of what was just brought to rest.
#include <filesystem>

#include "tests/support/file_size_limit.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr TimestampMs kStep = 15'000;
constexpr auto kDue = Tsdb::Maintenance::kDue;

std::size_t TableFiles(const Fixture& f) {
  std::size_t files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(f.folder.path() + "/db")) {
    if (entry.path().extension() == ".sst") ++files;
  }
  return files;
}

// Rows of the same time all along for the clock: the log changes families by time, too.
void Fill(Fixture& f, int first, int rows, int series) {
  for (int row = first; row < first + rows; ++row) {
    auto appender = f.db->NewAppender(Labels{{"job", "j"}});
    for (int i = 0; i < series; ++i) {
      const Labels labels{{"__name__", "m"}, {"job", "j"}, {"i", std::to_string(i)}};
      REQUIRE(appender->Append(*appender->Resolve(labels), f.now_ms + row * kStep, 1.0 / (row * 1000 + i + 3)) ==
              AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
  }
}

TEST_CASE("row groups stay when their record fails, which may be in the log all the same") {
  Fixture f;
  f.now_ms = DayStart(19'675);  // All in one day.
  f.options.seal_on_close = false;
  f.Open();
  Fill(f, 0, 200, 300);
  REQUIRE(f.db->RunMaintenance(kDue).has_value());
  const std::size_t files = TableFiles(f);
  REQUIRE(files > 0);
  Fill(f, 200, 100, 1);
  {
    // Of the files that are written only the log, which is large by now, cannot grow.
    const tests::FileSizeLimit full(100'000);
    CHECK_FALSE(f.db->RunMaintenance(kDue).has_value());
    CHECK(TableFiles(f) == files + 1);
    CHECK_FALSE(f.db->RunMaintenance(kDue).has_value());
    CHECK(TableFiles(f) == files + 1);
  }
  const auto check = [&] {
    const auto found = f.Query({Matcher::Equal("i", "0")});
    REQUIRE(found.size() == 1);
    const std::vector<Point>& points = found.begin()->second;
    REQUIRE(points.size() == 300);
    for (int row = 0; row < 300; ++row) {
      REQUIRE(points[static_cast<std::size_t>(row)] == At(f.now_ms + row * kStep, 1.0 / (row * 1000 + 3)));
    }
  };
  check();
  f.db.reset();  // RocksDB holds this error for final.
  f.Open();
  check();
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  check();
  CHECK(f.Metric("vigia_storage_misplaced_files") == 0);
}

}  // namespace
}  // namespace vigia::storage::test
