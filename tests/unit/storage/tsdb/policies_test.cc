// Retention per selector: readers stop seeing what is too old at once, rewrites remove it.
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr auto kEverything = Tsdb::Maintenance::kEverything;
constexpr TimestampMs kHour = 3'600'000;

RetentionPolicy PolicyFor(const std::string& name, DurationMs time_ms) {
  return {name, {Match(MatchType::kRegex, "__name__", name)}, time_ms};
}

class Policies : public Fixture {
 public:
  Policies() {
    today = DayOf(now_ms);
    Open();
  }
  // A sample each hour of a, b and c, in rows of one target; the clock goes on with them.
  void FillDays(std::int32_t from, std::int32_t to) {
    for (TimestampMs t = DayStart(from); t < DayStart(to); t += kHour) {
      now_ms = t;
      auto appender = db->NewAppender(Labels{{"job", "j"}});
      for (const char* name : {"a", "b", "c"}) {
        const SeriesRef ref = *appender->Resolve(Labels{{"__name__", name}, {"job", "j"}});
        REQUIRE(appender->Append(ref, t, 1) == AppendOutcome::kAdded);
      }
      REQUIRE(appender->Commit().has_value());
    }
  }
  TimestampMs Oldest(const std::string& name) const {
    const auto found = Query({Matcher::Equal("__name__", name)});
    return found.empty() || found.begin()->second.empty() ? 0 : found.begin()->second.front().t;
  }
  std::vector<std::string> Names() const {
    return db->NewQuerier(kMinTimestampMs, kMaxTimestampMs)->LabelValues("__name__", {}, 0)->values;
  }

  std::int32_t today = 0;
};

TEST_CASE("the first policy that matches decides how long a series is kept") {
  Policies f;
  f.FillDays(f.today, f.today + 10);
  const auto at_rest = GENERATE(false, true);
  if (at_rest) REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  f.now_ms = DayStart(f.today + 10);
  REQUIRE(f.db->SetRetention(0, 0, {PolicyFor("a", 2 * kDayMs), PolicyFor("a|b", 5 * kDayMs)}).has_value());
  const auto check = [&] {
    CHECK(f.Oldest("a") == DayStart(f.today + 8));
    CHECK(f.Oldest("b") == DayStart(f.today + 5));
    CHECK(f.Oldest("c") == DayStart(f.today));
  };
  check();
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  check();
  const std::vector<RetentionPolicy> too_many{{"x", std::vector<Matcher>(65, Matcher::Equal("a", "b")), kDayMs}};
  CHECK_FALSE(f.db->SetRetention(0, 0, too_many).has_value());
  check();
  f.options.retention_policies = {PolicyFor("a", 2 * kDayMs), PolicyFor("a|b", 5 * kDayMs)};
  f.Reopen();
  check();
}

TEST_CASE("rewrites remove what is too old, day by day, and nothing brings it back") {
  Policies f;
  f.FillDays(f.today, f.today + 10);
  f.now_ms = DayStart(f.today + 11);
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  const auto before = f.db->MeasureRetention({});
  REQUIRE(before->size() == 1);
  REQUIRE(f.db->SetRetention(0, 0, {PolicyFor("a|b", 3 * kDayMs)}).has_value());
  REQUIRE(f.db->RunMaintenance().has_value());
  REQUIRE(f.db->SetRetention(0, 0, {}).has_value());  // Shows what is really there.
  CHECK(f.Oldest("a") == DayStart(f.today + 8));
  CHECK(f.Oldest("b") == DayStart(f.today + 8));
  CHECK(f.Oldest("c") == DayStart(f.today));
  const auto after = f.db->MeasureRetention({});
  CHECK((*after)[0].bytes < (*before)[0].bytes);
  CHECK(f.Metric("vigia_storage_misplaced_files") == 0);
}

TEST_CASE("a series that has nothing left leaves the index") {
  Policies f;
  f.FillDays(f.today, f.today + 2);
  f.now_ms = DayStart(f.today + 9);
  f.AppendOne(Labels{{"__name__", "c"}, {"job", "j"}}, f.now_ms, 1, Labels{{"job", "j"}});
  REQUIRE(f.db->SetRetention(0, 0, {PolicyFor("a|b", 3 * kDayMs)}).has_value());
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  CHECK(f.Names() == std::vector<std::string>{"c"});
  f.Reopen();
  CHECK(f.Names() == std::vector<std::string>{"c"});
  f.AppendOne(Labels{{"__name__", "a"}, {"job", "j"}}, f.now_ms, 1, Labels{{"job", "j"}});
  CHECK(f.Names() == std::vector<std::string>{"a", "c"});
}

TEST_CASE("a policy may keep series longer than the general retention") {
  Policies f;
  f.FillDays(f.today, f.today + 10);
  f.now_ms = DayStart(f.today + 10);
  REQUIRE(f.db->SetRetention(4 * kDayMs, 0, {PolicyFor("b", 8 * kDayMs), PolicyFor("a", kDayMs)}).has_value());
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  CHECK(f.Oldest("a") == DayStart(f.today + 9));
  CHECK(f.Oldest("b") == DayStart(f.today + 2));
  CHECK(f.Oldest("c") == DayStart(f.today + 6));  // Exactly, since its day cannot go.
  CHECK(f.db->MinTime() == DayStart(f.today + 2));
}

TEST_CASE("a dry run tells bytes for each policy and changes nothing") {
  Policies f;
  f.FillDays(f.today, f.today + 10);
  f.now_ms = DayStart(f.today + 10);
  REQUIRE(f.db->RunMaintenance(kEverything).has_value());
  const auto usage = f.db->MeasureRetention({PolicyFor("a", 5 * kDayMs), PolicyFor("none", kDayMs)});
  REQUIRE(usage.has_value());
  REQUIRE(usage->size() == 3);
  CHECK((*usage)[0].series == 1);
  CHECK((*usage)[0].expired_bytes * 2 == Approx((*usage)[0].bytes).margin(20));
  CHECK((*usage)[1].series == 0);
  CHECK((*usage)[1].bytes == 0);
  CHECK((*usage)[2].series == 2);
  CHECK((*usage)[2].bytes == Approx(2 * (*usage)[0].bytes).margin(20));
  CHECK((*usage)[2].expired_bytes == 0);
  CHECK(f.Oldest("a") == DayStart(f.today));
}

}  // namespace
}  // namespace vigia::storage::test
