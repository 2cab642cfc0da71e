// Deletes on request: effective at once, for good, and for nothing that is written later.
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr TimestampMs kMinute = 60'000;
constexpr auto kEverything = Tsdb::Maintenance::kEverything;

Labels SeriesOf(const std::string& name, int i) {
  return Labels{{"__name__", name}, {"job", "j"}, {"i", std::to_string(i)}};
}

class Deletes : public Fixture {
 public:
  Deletes() {
    now_ms = DayStart(DayOf(now_ms)) + kDayMs / 2;  // Noon: hours of samples lie within one day.
    start_ms = now_ms;
    options.seal_on_close = false;
    Open();
  }
  // One row per minute of `series` series of two metrics.
  void Fill(int rows, int series = 3) {
    for (int row = 0; row < rows; ++row, now_ms += kMinute) {
      auto appender = db->NewAppender(Labels{{"job", "j"}});
      for (const char* name : {"a", "b"}) {
        for (int i = 0; i < series; ++i) {
          const SeriesRef ref = *appender->Resolve(SeriesOf(name, i));
          REQUIRE(appender->Append(ref, now_ms, static_cast<double>(i)) == AppendOutcome::kAdded);
        }
      }
      REQUIRE(appender->Commit().has_value());
    }
  }
  void Delete(const std::string& name, TimestampMs from = kMinTimestampMs, TimestampMs to = kMaxTimestampMs) {
    const std::vector<Matcher> matchers{Matcher::Equal("__name__", name)};
    const Status status = db->DeleteSeries(matchers, from, to);
    INFO((status ? std::string() : status.error().what));
    REQUIRE(status.has_value());
  }
  std::size_t Count(const std::string& name) const {
    std::size_t count = 0;
    for (const auto& [labels, points] : Query({Matcher::Equal("__name__", name)})) count += points.size();
    return count;
  }
  std::vector<std::string> Names() const {
    return db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->LabelValues("__name__", {}, 0)->values;
  }
  // Where the samples are before the delete.
  void Place(int where) {
    if (where == 1) REQUIRE(db->RunMaintenance(kEverything).has_value());
    if (where == 2) {
      REQUIRE(db->RunMaintenance(kEverything).has_value());
      Fill(20);
    }
  }

  TimestampMs start_ms = 0;
};

TEST_CASE("a deleted series is gone at once, from samples and labels, and stays gone") {
  const auto where = GENERATE(0, 1, 2);
  Deletes f;
  f.Fill(40);
  f.Place(where);
  const std::size_t rows = where == 2 ? 60 : 40;
  f.Delete("a");
  const auto check = [&] {
    CHECK(f.Query({Matcher::Equal("__name__", "a")}).empty());
    CHECK(f.Names() == std::vector<std::string>{"b"});
    CHECK(f.Count("b") == rows * 3);
    CHECK(f.Metric("prometheus_tsdb_head_series") == 3);
  };
  check();
  f.Reopen();
  check();
  CHECK(f.Metric("vigia_storage_tombstones") == 1);
  SECTION("the rewrite removes it") {
    f.now_ms += kDayMs;  // The day is closed and the delete is old.
    REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  }
  SECTION("clean_tombstones removes it") { REQUIRE(f.db->CleanTombstones().has_value()); }
  check();
  CHECK(f.Metric("vigia_storage_tombstones") == 0);
  REQUIRE(f.db->RunMaintenance().has_value());
  f.Reopen();
  check();
  CHECK(f.Metric("vigia_storage_misplaced_files") == 0);
}

TEST_CASE("a delete takes the samples of its interval, both ends included") {
  const auto where = GENERATE(0, 1, 2);
  Deletes f;
  f.Fill(40);
  f.Place(where);
  const std::size_t rows = where == 2 ? 60 : 40;
  f.Delete("a", f.start_ms + 10 * kMinute, f.start_ms + 19 * kMinute);
  const auto check = [&] {
    const auto found = f.Query({Matcher::Equal("__name__", "a")});
    REQUIRE(found.size() == 3);
    for (const auto& [labels, points] : found) {
      REQUIRE(points.size() == rows - 10);
      CHECK(points[9].t == f.start_ms + 9 * kMinute);
      CHECK(points[10].t == f.start_ms + 20 * kMinute);
    }
    CHECK(f.Count("b") == rows * 3);
  };
  check();
  f.Reopen();
  check();
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  check();
  REQUIRE(f.db->CleanTombstones().has_value());
  check();
  f.Reopen();
  check();
  CHECK(f.Metric("vigia_storage_tombstones") == 0);
}

TEST_CASE("label queries follow a delete of the oldest samples") {
  Deletes f;
  f.Fill(40);
  f.Delete("a", kMinTimestampMs, f.start_ms + 19 * kMinute);
  const auto names = [&] {
    return f.db->NewQuerier(f.start_ms, f.start_ms + 19 * kMinute)->LabelValues("__name__", {}, 0)->values;
  };
  CHECK(names() == std::vector<std::string>{"b"});
  f.Reopen();
  CHECK(names() == std::vector<std::string>{"b"});
  CHECK(f.Names() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("label queries leave a series out where a delete left nothing between its ends") {
  const auto where = GENERATE(0, 1, 2);
  Deletes f;
  f.options.out_of_order_window_ms = kDayMs;
  f.Reopen();
  f.Fill(40);
  f.Place(where);
  f.Delete("a", f.start_ms + 10 * kMinute, f.start_ms + 19 * kMinute);
  f.Delete("a", f.start_ms + 19 * kMinute + 1, f.start_ms + 24 * kMinute);
  const std::vector<std::string> both{"a", "b"};
  const auto names = [&](int from, int to) {
    return f.db->NewQuerier(f.start_ms + from * kMinute, f.start_ms + to * kMinute)
        ->LabelValues("__name__", {}, 0)
        ->values;
  };
  const auto check = [&] {
    CHECK(names(10, 24) == std::vector<std::string>{"b"});
    CHECK(names(12, 21) == std::vector<std::string>{"b"});
    CHECK(names(9, 24) == both);
    CHECK(names(10, 25) == both);
    CHECK(f.Names() == both);
    const std::vector<Matcher> matchers{Matcher::Equal("__name__", "a")};
    const auto querier = f.db->NewQuerier(f.start_ms + 12 * kMinute, f.start_ms + 21 * kMinute);
    CHECK(querier->LabelNames(matchers, 0)->values.empty());
  };
  check();
  f.Reopen();
  check();
  f.AppendOne(SeriesOf("a", 1), f.start_ms + 15 * kMinute, 1);  // Out of order, into the gap.
  CHECK(names(12, 21) == both);
  CHECK(f.Query({Matcher::Equal("__name__", "a")}, f.start_ms + 12 * kMinute, f.start_ms + 21 * kMinute).size() == 1);
  f.Reopen();
  CHECK(names(12, 21) == both);
}

TEST_CASE("label queries follow a delete of the newest samples") {
  Deletes f;
  f.Fill(40);
  f.Delete("a", f.start_ms + 20 * kMinute, kMaxTimestampMs);
  const auto names = [&] {
    return f.db->NewQuerier(f.start_ms + 20 * kMinute, kMaxTimestampMs)->LabelValues("__name__", {}, 0)->values;
  };
  CHECK(names() == std::vector<std::string>{"b"});
  f.Fill(1);
  CHECK(names() == std::vector<std::string>{"a", "b"});
}

TEST_CASE("samples that come after the delete are seen whatever their time") {
  Deletes f;
  f.options.out_of_order_window_ms = kDayMs;
  f.Reopen();
  f.Fill(40);
  const auto where = GENERATE(0, 1);
  f.Place(where);
  f.Delete("a", kMinTimestampMs, f.now_ms + 100 * kMinute);  // Also what has not come yet, if that counted.
  CHECK(f.Count("a") == 0);
  f.AppendOne(SeriesOf("a", 0), f.start_ms + 5 * kMinute, 7);  // Out of order, into the deleted interval.
  f.AppendOne(SeriesOf("a", 0), f.now_ms + 50 * kMinute, 8);
  f.AppendOne(SeriesOf("a", 9), f.start_ms, 9);  // A series that was not there.
  const std::vector<Point> expected{At(f.start_ms + 5 * kMinute, 7), At(f.now_ms + 50 * kMinute, 8)};
  const auto check = [&] {
    const auto found = f.Query({Matcher::Equal("__name__", "a")});
    REQUIRE(found.size() == 2);
    CHECK(found.at(SeriesOf("a", 0).ToString()) == expected);
    CHECK(found.at(SeriesOf("a", 9).ToString()) == std::vector<Point>{At(f.start_ms, 9)});
    CHECK(f.Metric("prometheus_tsdb_head_series") == 5);
  };
  check();
  f.Reopen();
  check();
  REQUIRE(f.db->RunMaintenance().has_value());
  check();
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  check();
  REQUIRE(f.db->CleanTombstones().has_value());
  check();
  f.Reopen();
  check();
}

TEST_CASE("numbers of runs and frames stay ahead of a tombstone when all else is gone") {
  Deletes f;
  f.Fill(40, 1);
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  f.Delete("a");
  f.Delete("b");
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());  // No run is left, and no frame.
  f.Reopen();
  f.AppendOne(SeriesOf("a", 0), f.now_ms, 1);
  const std::vector<Point> expected{At(f.now_ms, 1)};
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second == expected);
  f.Reopen();
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second == expected);
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  f.Reopen();
  CHECK(f.Query({Matcher::Equal("__name__", "a")}).begin()->second == expected);
}

TEST_CASE("a reader keeps what it selected before the delete") {
  const auto where = GENERATE(0, 1);
  Deletes f;
  f.Fill(30);
  f.Place(where);
  const std::vector<Matcher> matchers{Matcher::Equal("__name__", "a")};
  const auto selection = f.db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, matchers);
  REQUIRE(selection.has_value());
  f.Delete("a");
  REQUIRE(f.db->CleanTombstones().has_value());
  CHECK(f.Count("a") == 0);
  ReadBuffer buffer;
  REQUIRE((*selection)->size() == 3);
  const auto samples = (*selection)->Read(2, buffer);
  REQUIRE(samples.has_value());
  CHECK(samples->t.size() == 30);
}

TEST_CASE("deleting nothing leaves no trace") {
  Deletes f;
  f.Fill(5);
  f.Delete("none");
  f.Delete("a", f.now_ms + kMinute, kMaxTimestampMs);
  f.Delete("a", 10, 5);
  CHECK(f.Metric("vigia_storage_tombstones") == 0);
  CHECK(f.Count("a") == 15);
  REQUIRE(f.db->CleanTombstones().has_value());
}

TEST_CASE("the append rules go on behind deleted samples, as with Prometheus") {
  Deletes f;
  f.Fill(5);
  f.Delete("a");
  auto appender = f.db->NewAppender({});
  const SeriesRef ref = *appender->Resolve(SeriesOf("a", 0));
  CHECK(appender->Append(ref, f.start_ms, 1) == AppendOutcome::kOutOfOrder);
  CHECK(appender->Append(ref, f.now_ms, 1) == AppendOutcome::kAdded);
  REQUIRE(appender->Commit().has_value());
  CHECK(f.Count("a") == 1);
}

TEST_CASE("an old delete makes the day's run be rewritten, a fresh one waits for others") {
  Deletes f;
  f.Fill(30);
  f.now_ms += 2 * kDayMs;
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());  // One run for the closed day.
  f.Delete("a");
  REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.Metric("vigia_storage_tombstones") == 1);
  f.now_ms += 2 * 3'600'000;
  REQUIRE(f.db->RunMaintenance().has_value());
  CHECK(f.Metric("vigia_storage_tombstones") == 0);
  CHECK(f.Count("a") == 0);
  CHECK(f.Count("b") == 90);
}

TEST_CASE("what was deleted of histograms and start timestamps goes with them") {
  Deletes f;
  auto h = std::make_shared<FloatHistogram>();
  h->count = 4;
  h->positive_spans = {{0, 1}};
  h->positive_buckets = {4};
  for (int i = 0; i < 30; ++i) {
    auto appender = f.db->NewAppender({});
    const SeriesRef ref = *appender->Resolve(SeriesOf("h", 0));
    REQUIRE(appender->AppendHistogram(ref, i * 10, h) == AppendOutcome::kAdded);
    appender->SetStart(ref, i * 10, 3);
    REQUIRE(appender->Commit().has_value());
  }
  f.Delete("h", 100, 199);
  const auto check = [&] {
    const std::vector<Matcher> matchers{Matcher::Equal("__name__", "h")};
    const auto selection = f.db->NewQuerier(0, 1000)->Select({}, matchers);
    ReadBuffer buffer;
    const auto samples = (*selection)->Read(0, buffer);
    REQUIRE(samples.has_value());
    REQUIRE(samples->h.size() == 20);
    REQUIRE(samples->starts.size() == 20);
    CHECK(samples->t[10] == 200);
    CHECK(samples->starts[19] == 3);
    CHECK(samples->h[10] != nullptr);
  };
  check();
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  f.Delete("h", 300, 400);
  check();
  REQUIRE(f.db->CleanTombstones().has_value());
  check();
}

}  // namespace
}  // namespace vigia::storage::test
