// kill -9 at random moments: a delete that was acknowledged holds afterwards, and takes nothing else with it.
#include <random>

#include "tests/support/child_test.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

using tests::ChildTest;

constexpr int kSeries = 6;
constexpr int kVictim = 3;
constexpr TimestampMs kStep = 15'000;

Labels SeriesOf(int i) { return Labels{{"__name__", "m"}, {"job", "j"}, {"i", std::to_string(i)}}; }

// What the child has finished: all rows up to `row`, and a delete of the victim up to `deleted`.
struct Progress {
  std::int64_t row = -1;
  std::int64_t deleted = -1;
};

void WriteAndDelete(const TsdbOptions& options, Progress done) {
  Registry registry;
  auto db = Tsdb::Open(options, registry);
  REQUIRE(db.has_value());
  for (;;) {
    const std::int64_t row = done.row + 1;
    auto appender = (*db)->NewAppender(Labels{{"job", "j"}});
    for (int i = 0; i < kSeries; ++i) {
      REQUIRE(appender->Append(*appender->Resolve(SeriesOf(i)), row * kStep, static_cast<double>(row)) ==
              AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
    done.row = row;
    ChildTest::Tell(done);
    if (row % 17 == 16) {
      const std::vector<Matcher> victim{Matcher::Equal("i", std::to_string(kVictim))};
      REQUIRE((*db)->DeleteSeries(victim, 0, (row - 5) * kStep).has_value());
      done.deleted = row - 5;
      ChildTest::Tell(done);
    }
    if (row % 40 == 39) REQUIRE((*db)->RunMaintenance(Tsdb::Maintenance::kDue).has_value());
    if (row % 90 == 89) REQUIRE((*db)->CleanTombstones().has_value());
  }
}

TsdbOptions ChildOptions(const Fixture& f) {
  TsdbOptions options = f.options;
  options.seal.rows = 30;
  return options;
}

TEST_CASE("child of the crash test with deletes", "[.delete-crash-child]") {
  Fixture f;
  f.options.path = ChildTest::Argument("VIGIA_CRASH_PATH");
  WriteAndDelete(ChildOptions(f), {std::stoll(ChildTest::Argument("VIGIA_CRASH_ROW")),
                                   std::stoll(ChildTest::Argument("VIGIA_CRASH_DELETED"))});
}

// Reads what the child tells until it is killed after some rows.
Progress RunUntilKilled(const std::string& path, Progress done, std::int64_t last_row) {
  ChildTest child("[.delete-crash-child]", {{"VIGIA_CRASH_PATH", path},
                                            {"VIGIA_CRASH_ROW", std::to_string(done.row)},
                                            {"VIGIA_CRASH_DELETED", std::to_string(done.deleted)}});
  for (Progress told; child.Read(told);) {
    done = told;
    if (told.row >= last_row) child.Kill();
  }
  REQUIRE(child.WasKilled());
  return done;
}

TEST_CASE("acknowledged deletes survive kill -9 in the middle of anything") {
  std::mt19937_64 random(std::random_device{}());
  Fixture f;
  f.options.seal_on_close = false;
  Progress done;
  for (int round = 0; round < 5; ++round) {
    const Progress told =
        RunUntilKilled(f.folder.path(), done, done.row + 1 + static_cast<std::int64_t>(random() % 150));
    f.Open();
    INFO("round " << round << ", row " << told.row << ", deleted " << told.deleted);
    const auto found = f.Query({Matcher::Equal("__name__", "m")});
    const std::size_t rows = found.at(SeriesOf(0).ToString()).size();
    REQUIRE(static_cast<std::int64_t>(rows) > told.row);
    for (int i = 0; i < kSeries; ++i) {
      const auto& points = found.at(SeriesOf(i).ToString());
      const std::size_t first = rows - points.size();
      if (i != kVictim) REQUIRE(first == 0);
      // A delete that was not acknowledged may have happened: it would be up to the fifth row before the last one.
      const auto gone = static_cast<std::int64_t>(first) - 1;
      if (i == kVictim) REQUIRE((gone == told.deleted || (gone > told.deleted && gone % 17 == 11)));
      for (std::size_t k = 0; k < points.size(); ++k) {
        const auto row = static_cast<std::int64_t>(first + k);
        REQUIRE(points[k] == At(row * kStep, static_cast<double>(row)));
      }
      if (i == kVictim) done.deleted = gone;
    }
    done.row = static_cast<std::int64_t>(rows) - 1;
    REQUIRE(f.db->Close().has_value());
    f.db.reset();
  }
}

}  // namespace
}  // namespace vigia::storage::test
