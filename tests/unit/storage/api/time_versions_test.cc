#include "storage/api/time_versions.h"

#include <limits>

#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

constexpr DurationMs kMinute = 60'000;

TEST_CASE("a change is seen by what overlaps its minutes and is older than it") {
  TimeVersions versions;
  CHECK(versions.now() == 0);
  CHECK_FALSE(versions.FirstChange(kMinTimestampMs, kMaxTimestampMs, 0));
  versions.Touch(10 * kMinute + 5, 12 * kMinute);
  CHECK(versions.now() == 1);
  CHECK(versions.FirstChange(0, 20 * kMinute, 0) == 10 * kMinute);
  CHECK(versions.FirstChange(11 * kMinute, 20 * kMinute, 0) == 11 * kMinute);
  CHECK(versions.FirstChange(0, 10 * kMinute, 0) == 10 * kMinute);  // The minute counts as a whole.
  CHECK_FALSE(versions.FirstChange(0, 10 * kMinute - 1, 0));
  CHECK_FALSE(versions.FirstChange(13 * kMinute, 20 * kMinute, 0));
  CHECK_FALSE(versions.FirstChange(0, 20 * kMinute, 1));
  versions.Touch(11 * kMinute, 11 * kMinute);
  CHECK(versions.FirstChange(0, 20 * kMinute, 1) == 11 * kMinute);
}

TEST_CASE("times before 1970 have minutes of their own") {
  TimeVersions versions;
  versions.Touch(-1, -1);
  CHECK(versions.FirstChange(-kMinute, -1, 0) == -kMinute);
  CHECK_FALSE(versions.FirstChange(0, kMinute, 0));
  versions.Touch(5, 1);  // Nothing.
  CHECK(versions.now() == 1);
}

TEST_CASE("what is too old to be remembered by the minute changes as one") {
  constexpr auto kMany = static_cast<std::int64_t>(TimeVersions::kMaxMinutes);
  TimeVersions versions;
  for (std::int64_t minute = 0; minute < kMany + 10; ++minute) versions.Touch(minute * kMinute, minute * kMinute);
  const auto before = versions.now();
  CHECK_FALSE(versions.FirstChange(0, (kMany + 10) * kMinute, before));
  versions.Touch(3 * kMinute, 3 * kMinute);
  CHECK(versions.FirstChange(5 * kMinute, 6 * kMinute, before) == 5 * kMinute);
  CHECK_FALSE(versions.FirstChange(10 * kMinute, (kMany + 10) * kMinute, before));
  versions.Touch(8 * kMinute, 20 * kMinute);  // Across the border.
  CHECK(versions.FirstChange(0, kMinute, before + 1) == 0);
  CHECK(versions.FirstChange(15 * kMinute, 16 * kMinute, before + 1) == 15 * kMinute);
  CHECK_FALSE(versions.FirstChange(21 * kMinute, (kMany + 10) * kMinute, before + 1));
}

TEST_CASE("a change of all times is seen everywhere") {
  TimeVersions versions;
  versions.Touch(kMinute, kMinute);
  versions.Touch(kMinTimestampMs, kMaxTimestampMs);
  CHECK(versions.FirstChange(kMinute, kMinute, 1) == kMinute);
  CHECK(versions.FirstChange(kMaxTimestampMs, kMaxTimestampMs, 1));
  CHECK_FALSE(versions.FirstChange(kMinTimestampMs, kMaxTimestampMs, 2));
}

}  // namespace
}  // namespace vigia::storage
