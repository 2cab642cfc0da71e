// kill -9 at random moments: what Commit() acknowledged is there afterwards, whole batches only.
#include <csignal>
#include <cstdlib>
#include <random>

#include <sys/wait.h>
#include <unistd.h>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr int kSeries = 50;
constexpr TimestampMs kStep = 15'000;

Labels SeriesOf(int i) { return Labels{{"__name__", "m"}, {"job", "j"}, {"i", std::to_string(i)}}; }

struct ChildArguments {
  std::string path;
  std::int64_t first = 0;
  int pipe = -1;
};

// Appends rows from `first` on until it is killed, and tells each committed row through `pipe`. Returns on failure.
void AppendForever(const TsdbOptions& options, std::int64_t first, int pipe) {
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
    REQUIRE(::write(pipe, &row, sizeof(row)) == sizeof(row));
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

// A fork alone would lack RocksDB's threads: the child is this program again, running this test alone.
TEST_CASE("child of the crash test", "[.crash-child]") {
  const char* const path = std::getenv("VIGIA_CRASH_PATH");
  REQUIRE(path != nullptr);
  Fixture f;
  f.options.path = path;
  AppendForever(ChildOptions(f), std::atoll(std::getenv("VIGIA_CRASH_FIRST")),
                std::atoi(std::getenv("VIGIA_CRASH_PIPE")));
}

pid_t StartChild(const ChildArguments& arguments) {
  const pid_t child = ::fork();
  if (child != 0) return child;
  ::setenv("VIGIA_CRASH_PATH", arguments.path.c_str(), 1);
  ::setenv("VIGIA_CRASH_FIRST", std::to_string(arguments.first).c_str(), 1);
  ::setenv("VIGIA_CRASH_PIPE", std::to_string(arguments.pipe).c_str(), 1);
  ::execl("/proc/self/exe", "unit_storage_tsdb", "[.crash-child]", nullptr);
  ::_exit(127);
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
    int pipe[2];
    REQUIRE(::pipe(pipe) == 0);
    const pid_t child = StartChild({f.folder.path(), next, pipe[1]});
    REQUIRE(child > 0);
    ::close(pipe[1]);
    std::int64_t acknowledged = next - 1;
    const auto stop_after = next + 1 + static_cast<std::int64_t>(random() % 300);
    std::int64_t row = 0;
    while (::read(pipe[0], &row, sizeof(row)) == sizeof(row)) {
      acknowledged = row;
      if (row == stop_after) ::kill(child, SIGKILL);
    }
    ::close(pipe[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    REQUIRE(WIFSIGNALED(status));

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
