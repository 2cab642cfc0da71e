// What a start makes of frames of the log that are at rest, and of those behind them.
#include <random>

#include "storage/kv/store.h"
#include "storage/rowgroup/run.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr int kTargets = 4;
constexpr int kSeries = 30;
constexpr TimestampMs kStep = 15'000;

Labels JobOf(int target) { return Labels{{"job", std::to_string(target)}}; }
Labels SeriesOf(int target, int i) {
  return Labels{{"__name__", "m"}, {"i", std::to_string(i)}, {"job", std::to_string(target)}};
}

// Appends to a store and remembers all of it. Of the series each row has only some, so that the first sample of many
// after a seal is not in the first frame after it.
class Log : public Fixture {
 public:
  Log() {
    options.seal.rows = 8;
    options.seal_on_close = false;
    Open();
  }
  // Each row is a frame of its own, or all targets share one.
  void Append(int rows, bool together) {
    for (int row = 0; row < rows; ++row, now_ms += kStep) {
      std::unique_ptr<Appender> appender;
      for (int target = 0; target < kTargets; ++target) {
        if (appender == nullptr || !together) appender = db->NewAppender(together ? Labels() : JobOf(target));
        for (int i = 0; i < kSeries; ++i) {
          if (random() % 3 == 0) continue;
          const double v = static_cast<double>(static_cast<std::int64_t>(random() % 50)) / (i % 3 == 0 ? 1 : 10);
          REQUIRE(appender->Append(*appender->Resolve(SeriesOf(target, i)), now_ms, v) == AppendOutcome::kAdded);
          expected[SeriesOf(target, i).ToString()].push_back(At(now_ms, v));
        }
        if (!together) REQUIRE(appender->Commit().has_value());
      }
      if (together) REQUIRE(appender->Commit().has_value());
    }
  }
  void Seal() { REQUIRE(db->RunMaintenance(Tsdb::Maintenance::kDue).has_value()); }
  void Check() const { CHECK(Query({Matcher::Equal("__name__", "m")}) == expected); }
  // The newest run is as if it had never been recorded: of its rows only the frames are left.
  void ForgetNewestRun() {
    REQUIRE(db->Close().has_value());
    db.reset();
    Registry unused;
    StoreOptions raw;
    raw.path = folder.path() + "/db";
    const auto store = Store::Open(raw, unused);
    REQUIRE(store.has_value());
    const auto [begin, end] = RunRecordRange();
    std::string newest;
    std::uint64_t id = 0;
    const Status read = (*store)->Scan(Family::kCatalog, begin, end, [&](auto key, auto value) -> Status {
      const auto run = DecodeRun(key, value);
      REQUIRE(run.has_value());
      if (run->id > id) newest = key;
      id = std::max(id, run->id);
      return {};
    });
    REQUIRE(read.has_value());
    Batch batch;
    batch.Delete(Family::kCatalog, newest);
    REQUIRE((*store)->Write(batch, WriteMode::kDisk).has_value());
  }

  std::mt19937_64 random{11};
  std::map<std::string, std::vector<Point>> expected;
};

TEST_CASE("rows behind those at rest are found after a start, whatever the frames before them say") {
  const bool together = GENERATE(false, true);
  Log log;
  for (int round = 0; round < 4; ++round) {
    log.Append(10, together);
    log.Seal();
    log.Append(5, together != (round % 2 == 1));
    log.Check();
    log.Reopen();
    log.Check();
  }
}

TEST_CASE("frames whose run was never recorded are decoded, though those behind them begin anew") {
  const bool together = GENERATE(false, true);
  Log log;
  log.Append(10, together);
  log.Seal();
  log.Append(12, together);
  log.Seal();
  log.Append(7, together);
  log.ForgetNewestRun();
  log.Open();
  log.Check();
  log.Append(3, !together);
  log.Reopen();
  log.Check();
}

TEST_CASE("after a start the rules of appending know samples at rest") {
  Log log;
  log.Append(10, false);
  log.Seal();
  log.Reopen();
  const auto& [name, points] = *log.expected.begin();
  auto appender = log.db->NewAppender(JobOf(0));
  const auto ref = appender->Resolve(SeriesOf(0, 0));
  REQUIRE(name == SeriesOf(0, 0).ToString());
  const Point last = points.back();
  CHECK(appender->Append(*ref, last.t, std::bit_cast<double>(last.bits)) == AppendOutcome::kSame);
  CHECK(appender->Append(*ref, last.t, -5) == AppendOutcome::kDuplicate);
  CHECK(appender->Append(*ref, last.t - 1, -5) == AppendOutcome::kOutOfOrder);
}

}  // namespace
}  // namespace vigia::storage::test
