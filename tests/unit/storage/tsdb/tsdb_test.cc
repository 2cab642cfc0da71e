#include "storage/tsdb/tsdb.h"

#include <fstream>

#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

const Labels kTarget{{"job", "node"}, {"instance", "a:9100"}};

TEST_CASE("a committed sample is found, after a restart too") {
  Fixture f;
  f.Open();
  const Labels labels{{"__name__", "up"}, {"job", "node"}, {"instance", "a:9100"}};
  f.AppendOne(labels, 0, 1, kTarget);
  f.AppendOne(labels, 15'000, 0.5, kTarget);
  const std::vector<Point> expected{At(0, 1), At(15'000, 0.5)};
  const auto check = [&] {
    const auto found = f.Query({Matcher::Equal("__name__", "up")});
    REQUIRE(found.size() == 1);
    CHECK(found.begin()->first == R"(up{instance="a:9100", job="node"})");
    CHECK(found.begin()->second == expected);
    CHECK(f.Query({Matcher::Equal("__name__", "up")}, 1, 14'999)[labels.ToString()].empty());
  };
  check();
  f.options.seal_on_close = false;
  f.db->Close().value();
  f.db.reset();
  f.Open();  // From the log.
  check();
  REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
  check();
  f.Reopen();  // From row groups.
  check();
}

TEST_CASE("what is not committed is never seen") {
  Fixture f;
  f.Open();
  {
    auto appender = f.db->NewAppender({});
    const auto ref = appender->Resolve(Labels{{"__name__", "a"}});
    REQUIRE(appender->Append(*ref, 1, 1) == AppendOutcome::kAdded);
    CHECK(f.Query({Matcher::Equal("__name__", "a")}).empty());
    appender->Rollback();
    REQUIRE((appender->Commit()).has_value());
    REQUIRE(appender->Append(*ref, 1, 2) == AppendOutcome::kAdded);
  }
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).empty());
}

TEST_CASE("append rules follow Prometheus (surface.md 9.7)") {
  Fixture f;
  f.Open();
  const Labels labels{{"__name__", "a"}};
  const bool restart = GENERATE(false, true);
  f.AppendOne(labels, 1000, 5);
  if (restart) f.Reopen();  // The newest sample is then known from the disk only.
  auto appender = f.db->NewAppender({});
  const SeriesRef ref = *appender->Resolve(labels);
  CHECK(appender->Append(ref, 1000, 5) == AppendOutcome::kSame);
  CHECK(appender->Append(ref, 1000, 6) == AppendOutcome::kDuplicate);
  CHECK(appender->Append(ref, 999, 5) == AppendOutcome::kOutOfOrder);
  CHECK(appender->Append(ref, 1001, 5) == AppendOutcome::kAdded);
  CHECK(appender->Append(ref, 1001, 5) == AppendOutcome::kSame);
  CHECK(appender->Append(ref, 1001, 6) == AppendOutcome::kDuplicate);
  CHECK(appender->Append(ref, 1000, 6) == AppendOutcome::kOutOfOrder);
  CHECK(appender->Append(ref, 1002, 6) == AppendOutcome::kAdded);
  CHECK(appender->Append(ref, TimestampMs{1} << 60, 6) == AppendOutcome::kOutOfBounds);
  REQUIRE((appender->Commit()).has_value());
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second ==
        std::vector<Point>{At(1000, 5), At(1001, 5), At(1002, 6)});
  CHECK(f.Metric("prometheus_tsdb_out_of_order_samples_total", {{"type", "float"}}) == 2);
  CHECK(f.Metric("prometheus_tsdb_head_samples_appended_total", {{"type", "float"}}) == (restart ? 2 : 3));
}

TEST_CASE("epoch 0 and times before it are accepted, older than retention is not") {
  Fixture f;
  f.Open();
  const Labels labels{{"__name__", "a"}};
  f.AppendOne(labels, -86'400'001, 1);
  f.AppendOne(labels, -1, 2);
  f.AppendOne(labels, 0, 3);
  REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second ==
        std::vector<Point>{At(-86'400'001, 1), At(-1, 2), At(0, 3)});
  f.db->SetRetention(1000, 0);
  auto appender = f.db->NewAppender({});
  const SeriesRef ref = *appender->Resolve(labels);
  CHECK(appender->Append(ref, f.now_ms - 1001, 1) == AppendOutcome::kTooOld);
  CHECK(appender->Append(ref, f.now_ms - 1000, 1) == AppendOutcome::kAdded);
}

TEST_CASE("out-of-order samples within the window are merged") {
  Fixture f;
  f.options.out_of_order_window_ms = 10'000;
  f.options.seal_on_close = GENERATE(false, true);
  f.Open();
  const Labels labels{{"__name__", "a"}};
  f.AppendOne(labels, 20'000, 20);
  if (GENERATE(false, true)) REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
  f.AppendOne(labels, 15'000, 15);
  f.AppendOne(labels, 21'000, 21);
  f.AppendOne(labels, 12'000, 12);
  {
    auto appender = f.db->NewAppender({});
    const SeriesRef ref = *appender->Resolve(labels);
    CHECK(appender->Append(ref, 10'999, 1) == AppendOutcome::kTooOld);
    CHECK(appender->Append(ref, 21'000, 1) == AppendOutcome::kDuplicate);
  }
  const std::vector<Point> expected{At(12'000, 12), At(15'000, 15), At(20'000, 20), At(21'000, 21)};
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second == expected);
  f.Reopen();
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second == expected);
  REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second == expected);
}

TEST_CASE("one label set is one series, whichever labels are shared") {
  Fixture f;
  f.Open();
  const Labels labels{{"__name__", "a"}, {"job", "node"}, {"instance", "a:9100"}, {"x", "1"}};
  f.AppendOne(labels, 1, 1, {});
  f.AppendOne(labels, 2, 2, kTarget);
  f.AppendOne(labels, 3, 3, Labels{{"x", "1"}});
  f.AppendOne(labels, 4, 4, Labels{{"x", "2"}, {"job", "node"}});
  const auto found = f.Query({Matcher::Equal("job", "node"), Matcher::Equal("x", "1")});
  REQUIRE(found.size() == 1);
  CHECK(found.begin()->second == std::vector<Point>{At(1, 1), At(2, 2), At(3, 3), At(4, 4)});
  CHECK(f.Metric("prometheus_tsdb_head_series") == 1);
}

TEST_CASE("a folder has one owner and one format") {
  Fixture f;
  f.Open();
  Registry other;
  const auto second = Tsdb::Open(f.options, other);
  REQUIRE_FALSE(second.has_value());
  CHECK(second.error().code == Errc::kUnavailable);
  CHECK(f.Metric("prometheus_tsdb_clean_start") == 1);
  REQUIRE((f.db->Close()).has_value());
  f.db.reset();
  std::ofstream(f.folder.path() + "/VERSION") << "vigia storage format 999\n";
  const auto newer = Tsdb::Open(f.options, other);
  REQUIRE_FALSE(newer.has_value());
  CHECK(newer.error().code == Errc::kInvalid);
  CHECK(newer.error().what.find("999") != std::string::npos);
}

TEST_CASE("a snapshot opens as a data folder") {
  Fixture f;
  f.Open();
  f.AppendOne(Labels{{"__name__", "a"}}, 1, 1);
  REQUIRE((f.db->RunMaintenance(Tsdb::Maintenance::kEverything)).has_value());
  f.AppendOne(Labels{{"__name__", "a"}}, 2, 2);
  const std::string copy = f.folder.path() + "-copy";
  REQUIRE((f.db->Snapshot(copy)).has_value());
  f.AppendOne(Labels{{"__name__", "a"}}, 3, 3);
  f.db.reset();
  f.options.path = copy;
  f.Open();
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second == std::vector<Point>{At(1, 1), At(2, 2)});
}

TEST_CASE("status counts series, pairs and times") {
  Fixture f;
  f.Open();
  CHECK(f.db->MinTime() == kMaxTimestampMs);
  f.AppendOne(Labels{{"__name__", "a"}, {"x", "1"}}, 10, 1);
  f.AppendOne(Labels{{"__name__", "a"}, {"x", "22"}}, 20, 1);
  f.AppendOne(Labels{{"__name__", "b"}, {"x", "22"}}, 30, 1, Labels{{"x", "22"}});
  const TsdbStats stats = f.db->Stats(10);
  CHECK(stats.series == 3);
  CHECK(stats.label_pairs == 4);
  CHECK(stats.min_time_ms == 10);
  CHECK(stats.max_time_ms == 30);
  REQUIRE(stats.series_by_metric_name.size() == 2);
  CHECK(stats.series_by_metric_name[0].name == "a");
  CHECK(stats.series_by_metric_name[0].value == 2);
  REQUIRE(stats.label_values_by_label_name.size() == 2);
  CHECK(stats.label_values_by_label_name[0].value == 2);
  REQUIRE(stats.memory_bytes_by_label_name.size() == 2);
  CHECK(stats.memory_bytes_by_label_name[0].name == "x");  // 1 + 2 + 2 bytes against 3 times one.
  CHECK(stats.memory_bytes_by_label_name[0].value == 5);
  CHECK(stats.series_by_label_pair[0].value == 2);
}

}  // namespace
}  // namespace vigia::storage::test
