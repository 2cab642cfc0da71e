// A label set is one series, whatever retention did to it and whoever still holds a ref from before.
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

const Labels kShared{{"job", "j"}};
const Labels kGone{{"__name__", "gone"}, {"job", "j"}};
const std::vector<Matcher> kGoneMatcher{Matcher::Equal("__name__", "gone")};

// Appends a sample of `kGone` ten days ago, and newer ones of another series of the same target when `neighbour`. Then
// lets retention drop the old day. Returns the ref from before.
SeriesRef LoseSeries(Fixture& f, bool neighbour) {
  const TimestampMs then = f.now_ms - 10 * kDayMs;
  SeriesRef ref = SeriesRef::kNone;
  {
    auto appender = f.db->NewAppender(kShared);
    ref = *appender->Resolve(kGone);
    REQUIRE(appender->Append(ref, then, 1) == AppendOutcome::kAdded);
    REQUIRE(appender->Commit().has_value());
  }
  if (neighbour) f.AppendOne(Labels{{"__name__", "stays"}, {"job", "j"}}, f.now_ms, 1, kShared);
  f.AppendOne(Labels{{"__name__", "other"}}, f.now_ms, 1);
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  f.db->SetRetention(kDayMs, 0);
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  REQUIRE(f.Metric("prometheus_tsdb_head_series_removed_total") == 1);
  REQUIRE(f.Query(kGoneMatcher).empty());
  return ref;
}

TEST_CASE("a series that was removed and resolved anew stays one series") {
  const bool neighbour = GENERATE(false, true);
  const bool sealed = GENERATE(false, true);
  const bool new_ref_first = GENERATE(false, true);
  Fixture f;
  f.options.seal_on_close = sealed;
  f.Open();
  const SeriesRef old_ref = LoseSeries(f, neighbour);
  SeriesRef new_ref = SeriesRef::kNone;
  const auto append_new = [&](TimestampMs t, double v) {
    auto appender = f.db->NewAppender({});  // Splits the labels another way.
    new_ref = *appender->Resolve(kGone);
    REQUIRE(appender->Append(new_ref, t, v) == AppendOutcome::kAdded);
    REQUIRE(appender->Commit().has_value());
  };
  const auto append_old = [&](TimestampMs t, double v) {
    auto appender = f.db->NewAppender(kShared);
    REQUIRE(appender->Append(old_ref, t, v) == AppendOutcome::kAdded);
    REQUIRE(appender->Commit().has_value());
  };
  if (new_ref_first) append_new(f.now_ms, 2);
  append_old(f.now_ms + 1000, 3);
  append_new(f.now_ms + 2000, 4);
  append_old(f.now_ms + 3000, 5);
  std::vector<Point> expected;
  if (new_ref_first) expected.push_back(At(f.now_ms, 2));
  for (int i = 1; i <= 3; ++i) expected.push_back(At(f.now_ms + i * 1000, i + 2));
  const auto check = [&] {
    const auto found = f.Query(kGoneMatcher);
    REQUIRE(found.size() == 1);
    CHECK(found.begin()->second == expected);
    CHECK(f.Metric("prometheus_tsdb_head_series") == (neighbour ? 3 : 2));
  };
  check();
  f.Reopen();
  check();
  append_new(f.now_ms + 4000, 6);
  expected.push_back(At(f.now_ms + 4000, 6));
  check();
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  f.Reopen();
  check();
}

TEST_CASE("two refs of one removed series follow the append rules of one series") {
  Fixture f;
  f.Open();
  const SeriesRef old_ref = LoseSeries(f, false);
  auto one = f.db->NewAppender(kShared);
  auto two = f.db->NewAppender({});
  const SeriesRef new_ref = *two->Resolve(kGone);
  CHECK(new_ref == old_ref);
  REQUIRE(one->Append(old_ref, f.now_ms, 1) == AppendOutcome::kAdded);
  REQUIRE(two->Append(new_ref, f.now_ms, 2) == AppendOutcome::kAdded);
  REQUIRE(one->Commit().has_value());
  REQUIRE(two->Commit().has_value());  // The sample was overtaken.
  CHECK(f.Metric("vigia_storage_duplicate_samples_total") == 1);
  CHECK(f.Query(kGoneMatcher).begin()->second == std::vector<Point>{At(f.now_ms, 1)});
  CHECK(f.Metric("prometheus_tsdb_head_series_created_total") == 3);  // Two, and one of them again.
}

// The log may still hold rows of a series that retention took: they must be readable at the next start, and must never
// be taken for rows of a series that got the number of the one that is gone.
TEST_CASE("a restart after retention with rows of the removed series in the log") {
  Fixture f;
  f.options.seal_on_close = false;
  f.options.seal.rows = 1;
  f.Open();
  f.AppendOne(Labels{{"__name__", "other"}}, f.now_ms, 1);
  f.AppendOne(kGone, f.now_ms - 10 * kDayMs, 1, kShared);
  REQUIRE(f.db->RunMaintenance().has_value());  // Seals, keeps the log.
  f.db->SetRetention(kDayMs, 0);
  REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.Query(kGoneMatcher).empty());
  f.options.retention_time_ms = kDayMs;
  f.Reopen();
  const Labels another{{"__name__", "another"}, {"job", "k"}};
  f.AppendOne(another, f.now_ms, 7, Labels{{"job", "k"}});
  f.Reopen();
  const auto found = f.Query({Matcher::Equal("__name__", "another")});
  REQUIRE(found.size() == 1);
  CHECK(found.begin()->second == std::vector<Point>{At(f.now_ms, 7)});
  // What came back from the log goes again with the next retention, and then for good.
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  REQUIRE(f.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  CHECK(f.Query(kGoneMatcher).empty());
  CHECK(f.Metric("prometheus_tsdb_head_series") == 2);
  f.Reopen();
  CHECK(f.Query(kGoneMatcher).empty());
  CHECK(f.Metric("prometheus_tsdb_head_series") == 2);
}

}  // namespace
}  // namespace vigia::storage::test
