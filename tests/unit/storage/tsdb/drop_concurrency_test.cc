// Readers and snapshots while days are dropped and runs are rewritten, against a plain model. Meant for ThreadSanitizer
// too.
#include <atomic>
#include <filesystem>
#include <mutex>
#include <thread>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr int kSeries = 10;
constexpr int kRows = 480;
constexpr DurationMs kStep = 60 * 60 * 1000;  // A row each hour: twenty days.
constexpr DurationMs kKept = 4 * 24 * kStep;
constexpr TimestampMs kFirst = 1'700'006'400'000;

TimestampMs TimeOf(int row) { return kFirst + row * kStep; }
double ValueOf(int series, int row) { return series % 3 == 0 ? row : series * 1.25 + row / 7; }

// What all series hold: rows 0 to `rows`, of which those may be gone that are older than what was kept at `now`.
struct Model {
  std::atomic<int> rows{0};  // Committed.
  std::atomic<TimestampMs> now{kFirst};
};

// Whether the database holds what the model says: each series has every row from where it must be kept to `rows`, none
// twice, nothing that was not written, and all that are of one time at once.
bool Holds(const Tsdb& db, int rows, const std::atomic<TimestampMs>& clock) {
  const auto selection = db.NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, {});
  if (!selection) return false;
  if (rows > 0 && (*selection)->size() != kSeries) return false;
  const TimestampMs now = clock;  // Nothing was dropped by a later one.
  ReadBuffer buffer;
  int newest = -1;
  for (std::size_t i = 0; i < (*selection)->size(); ++i) {
    const auto samples = (*selection)->Read(i, buffer);
    if (!samples) return false;
    if (samples->t.empty()) {
      if (rows > 0) return false;
      continue;
    }
    const int series = std::stoi(std::string((*selection)->labels(i).Get("i")));
    int row = static_cast<int>((samples->t.front() - kFirst) / kStep);
    if (row > 0 && TimeOf(row) > now - kKept) return false;  // Dropped too early.
    for (std::size_t k = 0; k < samples->t.size(); ++k, ++row) {
      if (samples->t[k] != TimeOf(row) || samples->v[k] != ValueOf(series, row)) return false;
    }
    if (row < rows || (newest >= 0 && row != newest)) return false;
    newest = row;
  }
  return true;
}

void Write(Fixture& f, Model& model, std::atomic<int>& failures) {
  auto appender = f.db->NewAppender(Labels{{"job", "a"}});
  for (int row = 0; row < kRows; ++row) {
    model.now = TimeOf(row);
    for (int i = 0; i < kSeries; ++i) {
      const auto ref = appender->Resolve(Labels{{"__name__", "m"}, {"i", std::to_string(i)}, {"job", "a"}});
      if (!ref || appender->Append(*ref, TimeOf(row), ValueOf(i, row)) != AppendOutcome::kAdded) ++failures;
    }
    if (!appender->Commit()) ++failures;
    model.rows = row + 1;
    std::this_thread::yield();
  }
}

// A snapshot holds at least what was committed before it began.
void TakeSnapshot(Fixture& f, const Model& model, int number, std::atomic<int>& failures) {
  const int rows = model.rows;
  const std::string path = f.options.path + "-copy-" + std::to_string(number);
  if (!f.db->Snapshot(path)) {
    ++failures;
    return;
  }
  TsdbOptions options = f.options;
  options.path = path;
  options.retention_time_ms = 0;
  Registry registry;
  {
    const auto copy = Tsdb::Open(options, registry);
    if (!copy || !Holds(**copy, rows, model.now)) ++failures;
    if (copy && !(*copy)->Close()) ++failures;
  }
  std::filesystem::remove_all(path);
}

TEST_CASE("reads and snapshots are right while days are dropped and runs rewritten") {
  Fixture f;
  Model model;
  f.options.clock = [&model] { return model.now.load(); };
  f.options.seal.rows = 10;
  f.options.rewrite.max_runs = 3;
  f.options.retention_time_ms = kKept;
  f.options.seal_on_close = false;
  f.Open();
  std::atomic<bool> writing{true};
  std::atomic<int> failures{0};
  std::vector<std::thread> threads;
  threads.emplace_back([&] {
    Write(f, model, failures);
    writing = false;
  });
  threads.emplace_back([&] {
    while (writing) {
      if (!f.db->RunMaintenance(Tsdb::Maintenance::kDue)) ++failures;
      std::this_thread::yield();
    }
  });
  threads.emplace_back([&] {
    for (int number = 0; writing; ++number) TakeSnapshot(f, model, number, failures);
  });
  threads.emplace_back([&] {
    while (writing) {
      const int rows = model.rows;
      if (!Holds(*f.db, rows, model.now)) ++failures;
      if (f.db->MaxTime() < TimeOf(rows - 1) && rows > 0) ++failures;
    }
  });
  for (std::thread& thread : threads) thread.join();
  CHECK(failures == 0);
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  CHECK(Holds(*f.db, kRows, model.now));
  CHECK(f.db->MinTime() > kFirst);  // Days were dropped.
  f.Reopen();
  CHECK(Holds(*f.db, kRows, model.now));
}

}  // namespace
}  // namespace vigia::storage::test
