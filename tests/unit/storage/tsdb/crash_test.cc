// kill -9 at random moments: what Commit() acknowledged is there afterwards, whole batches only.
#include <cstdlib>
#include <random>

#include "tests/support/child_test.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

using tests::ChildTest;

constexpr int kSeries = 50;
constexpr TimestampMs kStep = 15'000;

Labels SeriesOf(int i) { return Labels{{"__name__", "m"}, {"job", "j"}, {"i", std::to_string(i)}}; }

// Appends rows from `first` on until it is killed, and tells each committed row.
void AppendForever(const TsdbOptions& options, std::int64_t first) {
  Registry registry;
  auto db = Tsdb::Open(options, registry);
  REQUIRE(db.has_value());
  for (std::int64_t row = first;; ++row) {
    auto appender = (*db)->NewAppender(Labels{{"job", "j"}});
    for (int i = 0; i < kSeries; ++i) {
      const auto ref = appender->Resolve(SeriesOf(i));
      REQUIRE(appender->Append(*ref, row * kStep, static_cast<double>(row * 1000 + i)) == AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
    ChildTest::Tell(row);
    if (row % 20 == 19) {
      const auto extent = row % 100 == 99 ? Tsdb::Maintenance::kEverything : Tsdb::Maintenance::kDue;
      REQUIRE((*db)->RunMaintenance(extent).has_value());
    }
  }
}

TsdbOptions ChildOptions(const Fixture& f) {
  TsdbOptions options = f.options;
  options.seal.rows = 30;
  return options;
}

TEST_CASE("child of the crash test", "[.crash-child]") {
  Fixture f;
  f.options.path = ChildTest::Argument("VIGIA_CRASH_PATH");
  AppendForever(ChildOptions(f), std::stoll(ChildTest::Argument("VIGIA_CRASH_FIRST")));
}

// VIGIA_CRASH_ROUNDS makes it longer (`./dev soak`).
int Rounds() {
  const char* const rounds = std::getenv("VIGIA_CRASH_ROUNDS");
  return rounds == nullptr ? 5 : std::atoi(rounds);
}

TEST_CASE("acknowledged batches survive kill -9 in the middle of anything") {
  std::mt19937_64 random(std::random_device{}());
  Fixture f;
  std::int64_t next = 0;
  for (int round = 0, rounds = Rounds(); round < rounds; ++round) {
    ChildTest child("[.crash-child]",
                    {{"VIGIA_CRASH_PATH", f.folder.path()}, {"VIGIA_CRASH_FIRST", std::to_string(next)}});
    std::int64_t acknowledged = next - 1;
    const auto stop_after = next + 1 + static_cast<std::int64_t>(random() % 300);
    for (std::int64_t row = 0; child.Read(row);) {
      acknowledged = row;
      if (row == stop_after) child.Kill();
    }
    REQUIRE(child.WasKilled());

    f.options.seal_on_close = round % 2 == 0;
    f.Open();
    CHECK(f.Metric("prometheus_tsdb_clean_start") == 0);
    const auto found = f.Query({Matcher::Equal("__name__", "m")});
    REQUIRE(found.size() == kSeries);
    const std::size_t rows = found.begin()->second.size();
    INFO("round " << round << ", acknowledged " << acknowledged << ", found " << rows << " rows");
    REQUIRE(static_cast<std::int64_t>(rows) > acknowledged);
    for (int i = 0; i < kSeries; ++i) {
      const auto& points = found.at(SeriesOf(i).ToString());
      REQUIRE(points.size() == rows);  // No batch in part.
      for (std::size_t k = 0; k < rows; ++k) {
        const auto at = static_cast<std::int64_t>(k);
        REQUIRE(points[k] == At(at * kStep, static_cast<double>(at * 1000 + i)));
      }
    }
    next = static_cast<std::int64_t>(rows);
    if (round % 2 == 0) REQUIRE(f.db->Close().has_value());
    f.db.reset();
  }
}

}  // namespace
}  // namespace vigia::storage::test
