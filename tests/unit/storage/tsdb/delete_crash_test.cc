// kill -9 at random moments: a delete that was acknowledged holds afterwards, and takes nothing else with it.
#include <csignal>
#include <cstdlib>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr int kSeries = 6;
constexpr int kVictim = 3;
constexpr TimestampMs kStep = 15'000;

Labels SeriesOf(int i) { return Labels{{"__name__", "m"}, {"job", "j"}, {"i", std::to_string(i)}}; }

// What the child has finished: all rows up to `row`, and a delete of the victim up to `deleted`.
struct Progress {
  std::int64_t row = -1;
  std::int64_t deleted = -1;
};

void WriteAndDelete(const TsdbOptions& options, Progress done, int pipe) {
  Registry registry;
  auto db = Tsdb::Open(options, registry);
  REQUIRE(db.has_value());
  const auto tell = [&] { REQUIRE(::write(pipe, &done, sizeof(done)) == sizeof(done)); };
  for (;;) {
    const std::int64_t row = done.row + 1;
    auto appender = (*db)->NewAppender(Labels{{"job", "j"}});
    for (int i = 0; i < kSeries; ++i) {
      REQUIRE(appender->Append(*appender->Resolve(SeriesOf(i)), row * kStep, static_cast<double>(row)) ==
              AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
    done.row = row;
    tell();
    if (row % 17 == 16) {
      const std::vector<Matcher> victim{Matcher::Equal("i", std::to_string(kVictim))};
      REQUIRE((*db)->DeleteSeries(victim, 0, (row - 5) * kStep).has_value());
      done.deleted = row - 5;
      tell();
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

// The child is this program again, running this test alone: a fork alone would lack RocksDB's threads.
TEST_CASE("child of the crash test with deletes", "[.delete-crash-child]") {
  const char* const path = std::getenv("VIGIA_CRASH_PATH");
  REQUIRE(path != nullptr);
  Fixture f;
  f.options.path = path;
  const Progress done{std::atoll(std::getenv("VIGIA_CRASH_ROW")), std::atoll(std::getenv("VIGIA_CRASH_DELETED"))};
  WriteAndDelete(ChildOptions(f), done, std::atoi(std::getenv("VIGIA_CRASH_PIPE")));
}

pid_t StartChild(const std::string& path, const Progress& done, int pipe) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setenv("VIGIA_CRASH_PATH", path.c_str(), 1);
  ::setenv("VIGIA_CRASH_ROW", std::to_string(done.row).c_str(), 1);
  ::setenv("VIGIA_CRASH_DELETED", std::to_string(done.deleted).c_str(), 1);
  ::setenv("VIGIA_CRASH_PIPE", std::to_string(pipe).c_str(), 1);
  ::execl("/proc/self/exe", "unit_storage_tsdb", "[.delete-crash-child]", nullptr);
  ::_exit(127);
}

// Reads what the child tells until it is killed after some rows.
Progress RunUntilKilled(const std::string& path, Progress done, std::int64_t last_row) {
  int pipe[2];
  REQUIRE(::pipe(pipe) == 0);
  const pid_t child = StartChild(path, done, pipe[1]);
  REQUIRE(child > 0);
  ::close(pipe[1]);
  Progress told;
  while (::read(pipe[0], &told, sizeof(told)) == sizeof(told)) {
    done = told;
    if (told.row >= last_row) ::kill(child, SIGKILL);
  }
  ::close(pipe[0]);
  int status = 0;
  ::waitpid(child, &status, 0);
  REQUIRE(WIFSIGNALED(status));
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
