#include "server/http/rate_limiter.h"

#include "tests/support/catch.h"

using std::chrono::milliseconds;
using vigia::server::RateLimiter;

TEST_CASE("a bucket gives as many as it holds, and one more each interval") {
  const RateLimiter::Clock::time_point start(std::chrono::hours(1));
  RateLimiter limiter(milliseconds(100), 3);
  for (int i = 0; i < 3; ++i) CHECK(limiter.Allow(start));
  CHECK_FALSE(limiter.Allow(start));
  CHECK_FALSE(limiter.Allow(start + milliseconds(99)));
  CHECK(limiter.Allow(start + milliseconds(101)));
  CHECK_FALSE(limiter.Allow(start + milliseconds(150)));
  for (int i = 0; i < 3; ++i) CHECK(limiter.Allow(start + std::chrono::minutes(1)));  // It holds no more.
  CHECK_FALSE(limiter.Allow(start + std::chrono::minutes(1)));
  CHECK_FALSE(limiter.Allow(start));  // Time does not go back.
}
