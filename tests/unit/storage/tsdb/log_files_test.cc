#include <atomic>
#include <random>
#include <thread>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

std::uint64_t LogFileBytes(const Fixture& f) {
  std::uint64_t bytes = 0;
  for (const auto& entry : std::filesystem::directory_iterator(f.folder.path() + "/db")) {
    if (entry.path().extension() == ".log") bytes += entry.file_size();
  }
  return bytes;
}

// RocksDB deletes files in a thread of its own.
std::uint64_t LogFileBytesSoon(const Fixture& f, std::uint64_t limit) {
  for (int i = 0; i < 500 && LogFileBytes(f) > limit; ++i) std::this_thread::sleep_for(std::chrono::milliseconds(10));
  return LogFileBytes(f);
}

void Fill(Fixture& f, int rows, std::mt19937_64& random) {
  for (int row = 0; row < rows; ++row) {
    f.now_ms += 15'000;
    auto appender = f.db->NewAppender(Labels{{"job", "j"}});
    for (int i = 0; i < 500; ++i) {
      const Labels labels{{"__name__", "m"}, {"job", "j"}, {"i", std::to_string(i)}};
      REQUIRE(appender->Append(*appender->Resolve(labels), f.now_ms, static_cast<double>(random()) * 0x1p-64) ==
              AppendOutcome::kAdded);
    }
    REQUIRE(appender->Commit().has_value());
  }
}

TEST_CASE("nothing of what is at rest stays in the log's files") {
  std::mt19937_64 random(1);
  Fixture f;
  f.Open();
  for (int round = 0; round < 3; ++round) {
    Fill(f, 200, random);
    REQUIRE(LogFileBytes(f) > 500'000);
    REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
    CHECK(LogFileBytesSoon(f, 64 << 10) <= 64 << 10);
  }
  Fill(f, 200, random);
  REQUIRE(f.db->Close().has_value());
  f.db.reset();
  CHECK(LogFileBytes(f) <= 64 << 10);
  f.Open();
  CHECK(f.Query({Matcher::Equal("i", "7")}).begin()->second.size() == 800);
}

TEST_CASE("rows that are written while everything is brought to rest do not keep the log") {
  Fixture f;
  f.Open();
  std::mt19937_64 random(2);
  Fill(f, 200, random);
  std::atomic<bool> stop = false;
  std::atomic<int> written = 0;
  const TimestampMs start = f.now_ms;
  std::thread writer([&] {
    auto appender = f.db->NewAppender(Labels{{"job", "j"}});
    const auto ref = appender->Resolve(Labels{{"__name__", "busy"}, {"job", "j"}});
    while (!stop && written < 2000) {  // About 150 KB.
      if (!ref || appender->Append(*ref, start + written, written) != AppendOutcome::kAdded || !appender->Commit())
        return;
      ++written;
    }
  });
  while (written < 10) std::this_thread::yield();
  const Status status = f.db->RunMaintenance(Tsdb::Maintenance::kEverything);
  stop = true;
  writer.join();
  REQUIRE(status.has_value());
  CHECK(LogFileBytesSoon(f, 400 << 10) <= 400 << 10);  // At most what the writer wrote, not what was there before.
  CHECK(f.Query({Matcher::Equal("__name__", "busy")}).begin()->second.size() == static_cast<std::size_t>(written));
}

}  // namespace
}  // namespace vigia::storage::test
