// Which times the storage says were written to: all that changes what readers see, and nothing else.
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {
namespace {

constexpr TimestampMs kMinute = 60'000;
const Labels kSeries{{"__name__", "a"}};

TEST_CASE("commits and deletes are told by their times, maintenance is not") {
  Fixture fixture;
  fixture.options.out_of_order_window_ms = 100 * kMinute;
  fixture.Open();
  const TimeVersions& versions = *fixture.db->time_versions();
  const TimestampMs start = fixture.now_ms;
  CHECK(versions.now() == 0);
  fixture.AppendOne(kSeries, start, 1);
  CHECK(versions.FirstChange(start, start, 0));
  CHECK_FALSE(versions.FirstChange(start + kMinute, start + 9 * kMinute, 0));

  const TimeVersions::Version before_late = versions.now();
  fixture.AppendOne(kSeries, start - 30 * kMinute, 2);
  CHECK(versions.FirstChange(start - 60 * kMinute, start, before_late));
  CHECK_FALSE(versions.FirstChange(start - 28 * kMinute, start, before_late));

  const TimeVersions::Version before_nothing = versions.now();
  auto appender = fixture.db->NewAppender({});
  REQUIRE(appender->Append(*appender->Resolve(kSeries), start + kMinute, 3) == AppendOutcome::kAdded);
  appender->Rollback();
  REQUIRE(fixture.db->RunMaintenance(Tsdb::Maintenance::kEverything).has_value());
  CHECK(versions.now() == before_nothing);

  const std::vector<Matcher> all{Matcher::Equal("__name__", "a")};
  REQUIRE(fixture.db->DeleteSeries(all, start - 30 * kMinute, start - 20 * kMinute).has_value());
  CHECK(versions.FirstChange(start - 25 * kMinute, start, before_nothing));
  CHECK_FALSE(versions.FirstChange(start, start, before_nothing));
}

}  // namespace
}  // namespace vigia::storage::test
