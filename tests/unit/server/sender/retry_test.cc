#include "server/sender/retry.h"

#include "tests/support/catch.h"

using namespace vigia::server;

// surface.md 3.8: network errors, 5xx and, where it is wanted, 429 are tried again.
TEST_CASE("what an answer means") {
  CHECK(VerdictOf(200, false) == Verdict::kDelivered);
  CHECK(VerdictOf(204, false) == Verdict::kDelivered);
  CHECK(VerdictOf(400, true) == Verdict::kRefused);
  CHECK(VerdictOf(302, true) == Verdict::kRefused);
  CHECK(VerdictOf(429, false) == Verdict::kRefused);
  CHECK(VerdictOf(429, true) == Verdict::kAgain);
  CHECK(VerdictOf(500, false) == Verdict::kAgain);
  CHECK(VerdictOf(503, false) == Verdict::kAgain);
}

TEST_CASE("pauses double up to the longest, up to a fifth shorter") {
  Backoff backoff(30, 100);
  CHECK(backoff.Next(0) == 30);
  CHECK(backoff.Next(0) == 60);
  CHECK(backoff.Next(0) == 100);
  CHECK(backoff.Next(0.5) == 90);
  CHECK(backoff.Next(1) == 80);
}

TEST_CASE("Retry-After in both forms") {
  CHECK(RetryAfter("7", 0) == 7'000);
  CHECK(RetryAfter("0", 0) == std::nullopt);
  CHECK(RetryAfter("", 0) == std::nullopt);
  CHECK(RetryAfter("soon", 0) == std::nullopt);
  CHECK(RetryAfter("99999999", 0) == 3'600'000);
  // RFC 9110's example is 784111777 s after the epoch.
  CHECK(RetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", 784'111'777'000 - 5'000) == 5'000);
  CHECK(RetryAfter("Sun, 06 Nov 1994 08:49:37 GMT", 784'111'777'000 + 5'000) == std::nullopt);
}
