#include "storage/api/newest_only.h"

#include "storage/model/sample.h"
#include "tests/unit/storage/tsdb/fixture.h"

namespace vigia::storage::test {

TEST_CASE("an appender that takes the newest only leaves the out-of-order window alone") {
  Fixture f;
  f.options.out_of_order_window_ms = 600'000;
  f.now_ms = 1'000'000;
  f.Open();
  const Labels labels{{"__name__", "m"}, {"job", "j"}};
  f.AppendOne(labels, 900'000, 1);
  auto appender = f.db->NewAppender({});
  const SeriesRef ref = *appender->Resolve(labels);
  SetNewestOnly(*appender, true);
  CHECK(appender->Append(ref, 899'000, kStaleNan) == AppendOutcome::kOutOfOrder);
  CHECK(appender->Append(ref, 900'000, kStaleNan) == AppendOutcome::kDuplicate);
  CHECK(appender->Append(ref, 901'000, 2) == AppendOutcome::kAdded);
  CHECK(appender->Append(ref, 900'500, 3) == AppendOutcome::kOutOfOrder);
  REQUIRE(appender->Commit().has_value());
  CHECK(appender->Append(ref, 898'000, 4) == AppendOutcome::kOutOfOrder);  // Not forgotten by the commit.
  SetNewestOnly(*appender, false);
  CHECK(appender->Append(ref, 897'000, 5) == AppendOutcome::kAdded);
  REQUIRE(appender->Commit().has_value());
  const auto found = f.Query({});
  REQUIRE(found.size() == 1);
  CHECK(found.begin()->second == std::vector<Point>{At(897'000, 5), At(900'000, 1), At(901'000, 2)});
}

// Another batch overtakes it between the two.
TEST_CASE("the newest only also counts at the commit") {
  Fixture f;
  f.options.out_of_order_window_ms = 600'000;
  f.now_ms = 1'000'000;
  f.Open();
  const Labels labels{{"__name__", "m"}, {"job", "j"}};
  f.AppendOne(labels, 900'000, 1);
  auto appender = f.db->NewAppender({});
  SetNewestOnly(*appender, true);
  CHECK(appender->Append(*appender->Resolve(labels), 901'000, kStaleNan) == AppendOutcome::kAdded);
  f.AppendOne(labels, 902'000, 2);
  REQUIRE(appender->Commit().has_value());
  CHECK(f.Query({}).begin()->second == std::vector<Point>{At(900'000, 1), At(902'000, 2)});
}

}  // namespace vigia::storage::test
