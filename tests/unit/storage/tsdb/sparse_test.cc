// Series of many sources in one target, each source with times of its own: what is pushed without labels that name the
// source (storage/README.md, "Sparse targets").
#include <map>
#include <string>
#include <vector>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr int kHosts = 100;
constexpr int kSeries = 10;
constexpr DurationMs kInterval = 15'000;

struct Sparse : Fixture {
  Sparse() {
    now_ms = 1'700'000'000'000;
    Open();
    auto appender = db->NewAppender({});
    for (int host = 0; host < kHosts; ++host) {
      for (int i = 0; i < kSeries; ++i) {
        const Labels labels{{"__name__", "m" + std::to_string(i)}, {"which", std::to_string(host)}};
        refs.push_back(*appender->Resolve(labels));
        names.push_back(labels.ToString());
      }
    }
  }

  // One sample of each series, those of a host at one time.
  void Push() {
    for (int host = 0; host < kHosts; ++host) {
      auto appender = db->NewAppender({});
      for (int i = 0; i < kSeries; ++i) {
        const auto series = static_cast<std::size_t>(host * kSeries + i);
        const TimestampMs t = now_ms + host * 37 % kInterval;
        REQUIRE(appender->Append(refs[series], t, i * round + host) == AppendOutcome::kAdded);
        expected[names[series]].push_back(At(t, i * round + host));
      }
      REQUIRE(appender->Commit().has_value());
    }
    now_ms += kInterval;
    ++round;
  }
  void Check() { CHECK(Query({Match(MatchType::kRegex, "__name__", "m.*")}) == expected); }

  int round = 0;
  std::vector<SeriesRef> refs;
  std::vector<std::string> names;
  std::map<std::string, std::vector<Point>> expected;
};

TEST_CASE("rows of a few of many series wait until there is something to seal") {
  Sparse f;
  f.options.seal_on_close = false;
  f.Push();  // 100 rows, of which 64 would make a target due whose rows have all of its series.
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kDue).has_value());
  CHECK(f.Metric("prometheus_tsdb_storage_blocks_bytes") == 0);
  f.Check();
  for (int i = 0; i < 15; ++i) f.Push();  // A quarter of 64 samples of each series.
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kDue).has_value());
  CHECK(f.Metric("prometheus_tsdb_storage_blocks_bytes") > 0);
  f.Check();
  f.Push();
  f.now_ms += f.options.seal.age_ms;  // Or until they are old.
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kDue).has_value());
  f.Check();
  f.Reopen();
  f.Check();
}

TEST_CASE("sparse series at rest take little more room than others") {
  Sparse f;
  for (int i = 0; i < 64; ++i) f.Push();
  f.Check();
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  f.Check();
  // 64 samples of a straight line and their times. A chunk for each 512 rows has five samples of a series, and a
  // kilobyte for every page.
  const double samples = 64.0 * kHosts * kSeries;
  CHECK(f.Metric("prometheus_tsdb_storage_blocks_bytes") / samples < 0.6);
  f.Reopen();
  f.Check();
}

}  // namespace
}  // namespace vigia::storage::test
