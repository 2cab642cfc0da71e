// Targets that nobody uses leave memory; their series are as they were when somebody asks, and refs never name another.
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr auto kEverything = Tsdb::Maintenance::kEverything;

Labels SharedOf(int target) { return Labels{{"instance", std::to_string(target)}, {"job", "j"}}; }
Labels SeriesOf(int target, const std::string& name) {
  const std::string instance = std::to_string(target);
  if (name != "own") return Labels{{"__name__", name}, {"instance", instance}, {"job", "j"}};
  // On a line that no other target has.
  return Labels{{"__name__", name}, {"instance", instance}, {"job", "j"}, {"own", "of " + instance}};
}
std::vector<Matcher> OfTarget(int target) { return {Matcher::Equal("instance", std::to_string(target))}; }

class Sleep : public Fixture {
 public:
  Sleep() {
    now_ms = DayStart(DayOf(now_ms)) + kDayMs / 2;
    options.sleep_after_ms = 60'000;
    options.seal_on_close = false;
    Open();
  }
  SeriesRef Resolve(int target, const std::string& name) {
    auto appender = db->NewAppender(SharedOf(target));
    return *appender->Resolve(SeriesOf(target, name));
  }
  AppendOutcome Append(SeriesRef ref, int target, TimestampMs t, double v) {
    auto appender = db->NewAppender(SharedOf(target));
    const AppendOutcome outcome = appender->Append(ref, t, v);
    REQUIRE(appender->Commit().has_value());
    return outcome;
  }
  // Two rows of three series each.
  void Fill(int target) {
    for (int row = 0; row < 2; ++row) {
      for (const char* name : {"a", "b", "own"}) {
        const SeriesRef ref = Resolve(target, name);
        REQUIRE(Append(ref, target, now_ms + row * 1000, target + row) == AppendOutcome::kAdded);
        refs[{target, name}] = ref;
      }
    }
  }
  void Maintain(int times = 1) {
    for (int i = 0; i < times; ++i) REQUIRE(db->RunMaintenance(kEverything).has_value());
  }
  // All that nobody used is asleep.
  void WaitForSleep() {
    Maintain();
    now_ms += 10 * 60'000;
    Maintain(4);
  }
  double Sleeping() const { return Metric("vigia_storage_sleeping_targets"); }
  std::vector<Point> PointsOf(int target) const {
    const TimestampMs at = first_ms;
    return {At(at, target), At(at + 1000, target + 1)};
  }
  void CheckAll(int targets) const {
    const auto found = Query({});
    REQUIRE(found.size() == static_cast<std::size_t>(targets) * 3);
    for (int target = 0; target < targets; ++target) {
      for (const char* name : {"a", "b", "own"}) {
        CHECK(found.at(SeriesOf(target, name).ToString()) == PointsOf(target));
      }
    }
  }

  const TimestampMs first_ms = DayStart(DayOf(1'700'000'000'000)) + kDayMs / 2;
  std::map<std::pair<int, std::string>, SeriesRef> refs;
};

TEST_CASE("series of a target that sleeps are as they were when somebody asks") {
  Sleep f;
  for (int target = 0; target < 4; ++target) f.Fill(target);
  f.WaitForSleep();
  CHECK(f.Sleeping() == 4);
  CHECK(f.Metric("prometheus_tsdb_head_series") == 0);
  SECTION("for samples of some") {
    const auto found = f.Query(OfTarget(2));
    REQUIRE(found.size() == 3);
    CHECK(found.begin()->second == f.PointsOf(2));
    CHECK(f.Sleeping() == 3);
    CHECK(f.Metric("prometheus_tsdb_head_series") == 3);
  }
  SECTION("by a label that only a line has that left memory") {
    const auto found = f.Query({Matcher::Equal("own", "of 3")});
    REQUIRE(found.size() == 1);
    CHECK(found.begin()->second == f.PointsOf(3));
  }
  SECTION("for labels") {
    const auto querier = f.db->NewQuerier(kMinTimestampMs, kMaxTimestampMs);
    CHECK(querier->LabelValues("own", {}, 0)->values == std::vector<std::string>{"of 0", "of 1", "of 2", "of 3"});
    CHECK(f.db->NewQuerier(0, f.first_ms - 1)->LabelValues("own", {}, 0)->values.empty());
  }
  SECTION("but not outside of their time") {
    CHECK(f.Query({}, f.now_ms - 1000, f.now_ms).empty());
    CHECK(f.Sleeping() == 4);
  }
  f.CheckAll(4);
  CHECK(f.Sleeping() == 0);
  f.WaitForSleep();
  CHECK(f.Sleeping() == 4);
  f.Reopen();
  f.CheckAll(4);
}

TEST_CASE("a selection outlives the sleep of what it selected") {
  Sleep f;
  f.Fill(1);
  const std::vector<Matcher> all;
  auto selection = f.db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->Select({}, all);
  REQUIRE(selection.has_value());
  f.WaitForSleep();
  ReadBuffer buffer;
  REQUIRE((*selection)->size() == 3);
  for (std::size_t i = 0; i < 3; ++i) {
    CHECK((*selection)->labels(i).Get("instance") == "1");
    CHECK((*selection)->Read(i, buffer)->t.size() == 2);
  }
  CHECK(f.Sleeping() == 0);  // It might have been an appender.
  selection->reset();
  f.WaitForSleep();
  CHECK(f.Sleeping() == 1);
}

TEST_CASE("refs of a target that sleeps are good, and the append rules go on") {
  Sleep f;
  f.Fill(1);
  f.WaitForSleep();
  REQUIRE(f.Sleeping() == 1);
  const SeriesRef ref = f.refs.at({1, "own"});
  CHECK(f.Append(ref, 1, f.first_ms + 1000, 7) == AppendOutcome::kDuplicate);
  CHECK(f.Append(ref, 1, f.first_ms + 1000, 2) == AppendOutcome::kSame);
  CHECK(f.Append(ref, 1, f.first_ms, 7) == AppendOutcome::kOutOfOrder);
  CHECK(f.Append(ref, 1, f.now_ms, 8) == AppendOutcome::kAdded);
  f.WaitForSleep();
  CHECK(f.Sleeping() == 1);
  CHECK(f.Resolve(1, "own") == ref);
  auto expected = f.PointsOf(1);
  expected.push_back(At(f.first_ms + 10 * 60'000, 8));
  const auto check = [&] { CHECK(f.Query({Matcher::Equal("own", "of 1")}).begin()->second == expected); };
  check();
  f.Reopen();
  check();
}

TEST_CASE("labels of a series that sleeps lead to it, however they are split") {
  Sleep f;
  f.Fill(1);
  f.WaitForSleep();
  const Labels shared = GENERATE(Labels(), Labels{{"job", "j"}}, Labels{{"__name__", "a"}, {"instance", "1"}});
  auto appender = f.db->NewAppender(shared);
  CHECK(*appender->Resolve(SeriesOf(1, "a")) == f.refs.at({1, "a"}));
  const SeriesRef fresh = *appender->Resolve(SeriesOf(1, "c"));
  REQUIRE(appender->Append(fresh, f.now_ms, 1) == AppendOutcome::kAdded);
  REQUIRE(appender->Commit().has_value());
  CHECK(f.Query({}).size() == 4);
  CHECK(f.Resolve(1, "c") == fresh);
}

TEST_CASE("a series that was resolved and not committed is forgotten with its target, its number is not used again") {
  Sleep f;
  f.Fill(1);
  SeriesRef resolved = SeriesRef::kNone;
  {
    auto appender = f.db->NewAppender(SharedOf(1));
    resolved = *appender->Resolve(SeriesOf(1, "c"));
    f.WaitForSleep();
    CHECK(f.Sleeping() == 0);  // A ref is in somebody's hands.
    CHECK(appender->Append(resolved, f.now_ms, 1) == AppendOutcome::kAdded);
    appender->Rollback();
  }
  f.WaitForSleep();
  CHECK(f.Sleeping() == 1);
  CHECK(f.Append(resolved, 1, f.now_ms, 1) == AppendOutcome::kUnknownSeries);
  const SeriesRef other = f.Resolve(1, "d");
  CHECK(other != resolved);
  CHECK(f.Append(other, 1, f.now_ms, 1) == AppendOutcome::kAdded);
  CHECK(f.Append(resolved, 1, f.now_ms, 2) == AppendOutcome::kUnknownSeries);
  CHECK(f.Query({}).size() == 4);
}

TEST_CASE("a target out of retention is forgotten, asleep or awake") {
  const bool asleep = GENERATE(true, false);
  Sleep f;
  f.Fill(1);
  f.Maintain();
  if (asleep) f.WaitForSleep();
  const double targets = f.Metric("vigia_storage_targets");
  f.now_ms += 10 * kDayMs;
  f.AppendOne(Labels{{"__name__", "other"}}, f.now_ms, 1);
  f.db->SetRetention(kDayMs, 0);
  f.Maintain();
  f.now_ms += 10 * 60'000;
  f.Maintain(4);
  CHECK(f.Metric("vigia_storage_targets") == targets);  // It went, another one came.
  CHECK(f.Metric("prometheus_tsdb_head_series_removed_total") == 3);
  CHECK(f.Query({Matcher::Equal("job", "j")}).empty());
  const SeriesRef old = f.refs.at({1, "a"});
  CHECK(f.Append(old, 1, f.now_ms, 1) == AppendOutcome::kUnknownSeries);
  const SeriesRef fresh = f.Resolve(1, "a");
  CHECK(fresh != old);
  CHECK(f.Append(fresh, 1, f.now_ms, 1) == AppendOutcome::kAdded);
  CHECK(f.Append(old, 1, f.now_ms + 1, 1) == AppendOutcome::kUnknownSeries);
  CHECK(f.db->LabelsOf(old).empty());
  const auto check = [&] {
    CHECK(f.Query({Matcher::Equal("job", "j")}).begin()->second == std::vector<Point>{At(f.now_ms, 1)});
  };
  check();
  f.Reopen();
  check();
}

TEST_CASE("a removed series of a living target is forgotten when nobody can commit it any more") {
  Sleep f;
  f.Fill(1);
  const SeriesRef ref = f.refs.at({1, "own"});
  const auto keep_alive = [&] { REQUIRE(f.Append(f.refs.at({1, "a"}), 1, f.now_ms, 0) == AppendOutcome::kAdded); };
  const auto pass = [&](int times) {
    for (int i = 0; i < times; ++i) {
      f.now_ms += 30'000;
      keep_alive();
      f.Maintain();
    }
  };
  const std::vector<Matcher> own{Matcher::Equal("__name__", "own")};
  REQUIRE(f.db->DeleteSeries(own, kMinTimestampMs, kMaxTimestampMs).has_value());
  SECTION("it is in a batch all the time") {
    auto appender = f.db->NewAppender(SharedOf(1));
    REQUIRE(appender->Append(ref, f.now_ms + 5000, 9) == AppendOutcome::kAdded);
    pass(5);
    REQUIRE(appender->Commit().has_value());
    CHECK(f.Query(own).begin()->second == std::vector<Point>{At(f.first_ms + 5000, 9)});
    CHECK(f.Resolve(1, "own") == ref);
  }
  SECTION("nobody wants it") {
    REQUIRE(f.db->CleanTombstones().has_value());
    pass(5);
    CHECK(f.Append(ref, 1, f.now_ms, 9) == AppendOutcome::kUnknownSeries);
    const SeriesRef fresh = f.Resolve(1, "own");
    CHECK(fresh != ref);
    REQUIRE(f.Append(fresh, 1, f.now_ms, 9) == AppendOutcome::kAdded);
    CHECK(f.Append(ref, 1, f.now_ms + 1, 9) == AppendOutcome::kUnknownSeries);
    CHECK(f.Query(own).begin()->second == std::vector<Point>{At(f.now_ms, 9)});
    f.Reopen();
    CHECK(f.Query(own).begin()->second == std::vector<Point>{At(f.now_ms, 9)});
  }
}

TEST_CASE("deletes, policies and exemplars reach series that sleep") {
  Sleep f;
  f.options.max_exemplars = 10;
  f.Reopen();
  f.Fill(1);
  f.Fill(2);
  {
    auto appender = f.db->NewAppender(SharedOf(1));
    REQUIRE(appender->AppendExemplar(f.Resolve(1, "a"), {Labels{{"trace", "x"}}, 1, f.now_ms, true}) ==
            AppendOutcome::kAdded);
    REQUIRE(appender->Commit().has_value());
  }
  f.WaitForSleep();
  REQUIRE(f.Sleeping() == 2);
  SECTION("a delete") {
    REQUIRE(f.db->DeleteSeries(OfTarget(1), f.first_ms, f.first_ms).has_value());
    CHECK(f.Query(OfTarget(1)).begin()->second == std::vector<Point>{At(f.first_ms + 1000, 2)});
    f.WaitForSleep();
    CHECK(f.Query(OfTarget(1)).begin()->second == std::vector<Point>{At(f.first_ms + 1000, 2)});
    REQUIRE(f.db->DeleteSeries(OfTarget(1), kMinTimestampMs, kMaxTimestampMs).has_value());
    f.WaitForSleep();
    CHECK(f.Query(OfTarget(1)).empty());
    CHECK(f.Query({}).size() == 3);
  }
  SECTION("a policy, also while they sleep again") {
    REQUIRE(f.db->SetRetention(0, 0, {{"{instance=\"1\"}", OfTarget(1), 5 * kDayMs}}).has_value());
    f.WaitForSleep();
    REQUIRE(f.Sleeping() == 2);
    f.now_ms += 6 * kDayMs;
    CHECK(f.Query(OfTarget(1)).begin()->second.empty());
    CHECK(f.Query(OfTarget(2)).begin()->second == f.PointsOf(2));
  }
  SECTION("exemplars") {
    const std::vector<std::vector<Matcher>> selectors{OfTarget(1)};
    const auto found = f.db->SelectExemplars(0, kMaxTimestampMs, selectors);
    REQUIRE(found.has_value());
    REQUIRE(found->size() == 1);
    CHECK(found->at(0).labels == SeriesOf(1, "a"));
  }
}

}  // namespace
}  // namespace vigia::storage::test
