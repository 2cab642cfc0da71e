#include "server/scrape/schedule.h"

#include "tests/support/catch.h"

using namespace vigia::server;

TEST_CASE("FNV-1a has its published values") {
  CHECK(Fnv1a("") == 0xcbf29ce484222325u);
  CHECK(Fnv1a("a") == 0xaf63dc4c8601ec8cu);
  CHECK(Fnv1a("foobar") == 0x85944171f73967e8u);
  CHECK(Fnv1a("bar", Fnv1a("foo")) == Fnv1a("foobar"));
}

TEST_CASE("slots lie on the absolute clock") {
  CHECK(NextSlot(1000, 300, 1000) == 1300);
  CHECK(NextSlot(1299, 300, 1000) == 1300);
  CHECK(NextSlot(1300, 300, 1000) == 2300);  // Strictly after: a slot is used once.
  CHECK(NextSlot(1301, 300, 1000) == 2300);
  CHECK(NextSlot(0, 0, 15'000) == 15'000);
  CHECK(NextSlot(-1, 0, 15'000) == 0);
  CHECK(NextSlot(-15'000, 100, 15'000) == -14'900);
}

TEST_CASE("the phase is the hash in nanoseconds, cut to milliseconds") {
  CHECK(SlotPhase(0, 0, 1000) == 0);
  CHECK(SlotPhase(999'999'999, 0, 1000) == 999);
  CHECK(SlotPhase(1'000'000'000, 0, 1000) == 0);
  CHECK(SlotPhase(5'000'000, 5'000'000, 1000) == 0);  // XOR with the seed.
  CHECK(SlotPhase(~0ull, 0, 15'000) == (~0ull % 15'000'000'000ull) / 1'000'000);
}

TEST_CASE("servers with other names or external labels get other seeds") {
  const vigia::storage::Labels none;
  CHECK(OffsetSeed("a", none) != OffsetSeed("b", none));
  CHECK(OffsetSeed("a", none) != OffsetSeed("a", vigia::storage::Labels{{"replica", "1"}}));
}

TEST_CASE("scrape times snap to their slot within 2 ms and one percent") {
  CHECK(ScrapeTimestamp(10'002, 10'000, 15'000, 2) == 10'000);
  CHECK(ScrapeTimestamp(9'998, 10'000, 15'000, 2) == 10'000);
  CHECK(ScrapeTimestamp(10'003, 10'000, 15'000, 2) == 10'003);
  CHECK(ScrapeTimestamp(10'001, 10'000, 100, 2) == 10'000);
  CHECK(ScrapeTimestamp(10'002, 10'000, 100, 2) == 10'002);
  CHECK(ScrapeTimestamp(10'001, 10'000, 99, 2) == 10'001);
  CHECK(ScrapeTimestamp(10'050, 10'000, 15'000, 50) == 10'000);
  CHECK(ScrapeTimestamp(10'051, 10'000, 15'000, 50) == 10'051);
  CHECK(ScrapeTimestamp(10'011, 10'000, 1'000, 50) == 10'011);
  CHECK(ScrapeTimestamp(10'001, 10'000, 15'000, 0) == 10'001);
}
