// Slots: surface.md 6.2.
#include "alerting/rules/schedule.h"

#include "storage/model/labels.h"
#include "tests/support/catch.h"

namespace vigia::alerting {
namespace {

TEST_CASE("slots lie at multiples of the interval plus the phase") {
  const Schedule schedule("rules.yml", "g", 15'000);
  const storage::Labels identity{{"name", "g"}, {"file", "rules.yml"}};
  CHECK(schedule.phase_ms() == static_cast<std::int64_t>(identity.Hash() % 15'000'000'000ull / 1'000'000));
  const std::int64_t slot = std::int64_t{1'000'000} * 15'000 + schedule.phase_ms();
  CHECK(schedule.AtOrBefore(slot) == slot);
  CHECK(schedule.AtOrBefore(slot + 14'999) == slot);
  CHECK(schedule.AtOrBefore(slot - 1) == slot - 15'000);
  CHECK(schedule.First(slot) == slot + 15'000);
  CHECK(schedule.First(slot + 1) == slot + 15'000);
}

TEST_CASE("other groups have other phases") {
  CHECK(Schedule("a.yml", "g", 60'000).phase_ms() != Schedule("b.yml", "g", 60'000).phase_ms());
}

TEST_CASE("a late finish skips slots") {
  const Schedule schedule("rules.yml", "g", 10'000);
  const std::int64_t last = schedule.AtOrBefore(1'000'000'000);
  auto turn = schedule.After(last, last + 2'000);
  CHECK(turn.slot_ms == last + 10'000);
  CHECK(turn.wait_ms == 8'000);
  CHECK(turn.missed == 0);
  turn = schedule.After(last, last + 10'000);
  CHECK(turn.slot_ms == last + 10'000);
  CHECK(turn.wait_ms == 0);
  CHECK(turn.missed == 0);
  turn = schedule.After(last, last + 35'000);
  CHECK(turn.slot_ms == last + 30'000);
  CHECK(turn.wait_ms == 0);
  CHECK(turn.missed == 2);
}

TEST_CASE("a clock that was set back does not stop the rules") {
  const Schedule schedule("rules.yml", "g", 10'000);
  const std::int64_t last = schedule.AtOrBefore(1'000'000'000);
  const auto turn = schedule.After(last, last - 3'600'000);
  CHECK(turn.slot_ms == last - 3'590'000);
  CHECK(turn.wait_ms == 10'000);
}

}  // namespace
}  // namespace vigia::alerting
