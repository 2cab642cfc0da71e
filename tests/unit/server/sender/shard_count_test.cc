#include "server/sender/shard_count.h"

#include "tests/support/catch.h"

using vigia::server::QueueTotals;
using vigia::server::ShardCount;

// 1000 samples a second, of which each takes 2 ms of a request: two shards are busy all the time.
TEST_CASE("as many shards as the work takes") {
  ShardCount count(1, 50);
  QueueTotals totals{.samples_in = 10'000, .samples_dropped = 0, .samples_out = 10'000, .send_seconds = 20};
  CHECK(count.Tick(totals, 0, 1) == 2);
  CHECK(count.desired() == Approx(2));
}

// Half of what comes is dropped; a backlog of 100 s at 1000 kept samples is worked off at 5 % of it, 5000 a second.
TEST_CASE("the backlog counts") {
  ShardCount count(1, 50);
  QueueTotals totals{.samples_in = 20'000, .samples_dropped = 10'000, .samples_out = 10'000, .send_seconds = 20};
  CHECK(count.Tick(totals, 100, 1) == 12);
  CHECK(count.desired() == Approx(0.002 * (1000 + 5000)));
}

TEST_CASE("when the number stays") {
  ShardCount count(2, 8);
  CHECK(count.Tick({}, 0, 4) == 4);  // Nothing was sent: nothing is known.
  const QueueTotals totals{.samples_in = 10'000, .samples_dropped = 0, .samples_out = 10'000, .send_seconds = 50};
  CHECK(ShardCount(1, 50).Tick(totals, 0, 4) == 4);  // 5 are within 30 % of 4.
  CHECK(ShardCount(1, 50).Tick(totals, 0, 3) == 5);
  CHECK(ShardCount(1, 50).Tick(totals, 10.0, 20) == 8);  // 0.005 * (1000 + 500), and 10 s are not too far behind.
  CHECK(ShardCount(1, 50).Tick(totals, 11, 20) == 20);   // Behind: no fewer.
  CHECK(ShardCount(2, 8).Tick(totals, 1000, 4) == 8);
  const QueueTotals little{.samples_in = 10, .samples_dropped = 0, .samples_out = 10, .send_seconds = 0.1};
  CHECK(ShardCount(2, 8).Tick(little, 0, 8) == 2);
}
