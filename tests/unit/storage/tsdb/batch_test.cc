// Batches as write requests bring them: many targets, many samples of one series.
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

const std::vector<Matcher> kAll{Matcher::Equal("__name__", "m")};

Labels SeriesOf(int target, int i) {
  return Labels{{"__name__", "m"}, {"i", std::to_string(i)}, {"instance", "host-" + std::to_string(target)}};
}

TEST_CASE("one batch, many targets and times, in any order") {
  constexpr int kTargets = 5;
  constexpr int kSeries = 40;
  constexpr int kTimes = 70;
  const bool by_series = GENERATE(true, false);
  const bool shared = GENERATE(true, false);  // All series are of the batch's own target, or none.
  Fixture f;
  f.Open();
  std::map<std::string, std::vector<Point>> expected;
  auto appender = f.db->NewAppender(shared ? Labels{{"__name__", "m"}} : Labels{{"job", "writer"}});
  const auto append = [&](int target, int i, int k) {
    // Every third series has its own times.
    const TimestampMs t = f.now_ms + k * 1000 + (i % 3 == 0 ? i : 0);
    const Labels labels = SeriesOf(target, i);
    REQUIRE(appender->Append(*appender->Resolve(labels), t, target * 1e6 + i * 1e3 + k) == AppendOutcome::kAdded);
    expected[labels.ToString()].push_back(At(t, target * 1e6 + i * 1e3 + k));
  };
  if (by_series) {
    for (int target = 0; target < kTargets; ++target) {
      for (int i = 0; i < kSeries; ++i) {
        for (int k = 0; k < kTimes; ++k) append(target, i, k);
      }
    }
  } else {
    for (int k = 0; k < kTimes; ++k) {
      for (int i = 0; i < kSeries; ++i) {
        for (int target = 0; target < kTargets; ++target) append(target, i, k);
      }
    }
  }
  REQUIRE(appender->Commit().has_value());
  appender.reset();
  CHECK(f.Query(kAll) == expected);
  f.options.seal_on_close = false;
  f.Reopen();
  CHECK(f.Query(kAll) == expected);
}

TEST_CASE("samples of one batch are judged against each other") {
  const bool shared = GENERATE(true, false);
  Fixture f;
  f.Open();
  auto appender = f.db->NewAppender(shared ? Labels{{"__name__", "m"}} : Labels{{"job", "writer"}});
  for (int round = 0; round < 2; ++round) {  // The second one checks that nothing is left of the first.
    const TimestampMs t = f.now_ms + round * 10'000;
    const SeriesRef a = *appender->Resolve(SeriesOf(0, 0));
    const SeriesRef b = *appender->Resolve(SeriesOf(0, 1));
    const SeriesRef c = *appender->Resolve(SeriesOf(1, 0));
    CHECK(appender->Append(a, t, 1) == AppendOutcome::kAdded);
    CHECK(appender->Append(b, t, 1) == AppendOutcome::kAdded);
    CHECK(appender->Append(a, t, 1) == AppendOutcome::kSame);
    CHECK(appender->Append(a, t, 2) == AppendOutcome::kDuplicate);
    CHECK(appender->Append(c, t, 1) == AppendOutcome::kAdded);
    CHECK(appender->Append(a, t - 1, 1) == AppendOutcome::kOutOfOrder);
    CHECK(appender->Append(a, t + 1, 1) == AppendOutcome::kAdded);
    CHECK(appender->Append(b, t + 2, 1) == AppendOutcome::kAdded);
    CHECK(appender->Append(b, t + 1, 1) == AppendOutcome::kOutOfOrder);
    CHECK(appender->Append(c, t, 3) == AppendOutcome::kDuplicate);
    CHECK(appender->Append(c, t + 1, 3) == AppendOutcome::kAdded);
    CHECK(appender->Append(a, t, 1) == AppendOutcome::kOutOfOrder);
    REQUIRE(appender->Commit().has_value());
  }
  const auto found = f.Query(kAll);
  REQUIRE(found.size() == 3);
  for (const auto& [labels, points] : found) CHECK(points.size() == 4);
}

}  // namespace
}  // namespace vigia::storage::test
