// Rules: Prometheus tsdb/exemplar.go, CircularExemplarStorage.
#include "storage/head/exemplar_ring.h"

#include <random>

#include "storage/head/column.h"
#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

constexpr SeriesRef kA = MakeRef(1, 0);
constexpr SeriesRef kB = MakeRef(1, 1);

Exemplar Of(TimestampMs t, double v, std::string_view trace = "x") { return {Labels{{"trace_id", trace}}, v, t, true}; }

std::vector<TimestampMs> TimesOf(const ExemplarRing& ring, SeriesRef series, TimestampMs from = kMinTimestampMs,
                                 TimestampMs to = kMaxTimestampMs) {
  std::vector<TimestampMs> times;
  for (const auto& [ref, exemplars] : ring.Select(from, to)) {
    if (ref != series) continue;
    for (const Exemplar& e : exemplars) times.push_back(e.t);
  }
  return times;
}

TEST_CASE("an equal exemplar is the same, wherever its time comes from") {
  ExemplarRing ring(10);
  Exemplar scraped = Of(1000, 0.5);
  scraped.has_own_time = false;
  CHECK(ring.Judge(kA, scraped, 0) == AppendOutcome::kAdded);
  ring.Add(kA, scraped);
  scraped.t = 16'000;  // The next scrape.
  CHECK(ring.Judge(kA, scraped, 0) == AppendOutcome::kSame);
  CHECK(ring.Judge(kB, scraped, 0) == AppendOutcome::kAdded);
  CHECK(ring.Judge(kA, Of(16'000, 0.5), 0) == AppendOutcome::kAdded);
  CHECK(ring.Judge(kA, Of(1000, 0.5), 0) == AppendOutcome::kSame);
  scraped.v = 0.6;
  CHECK(ring.Judge(kA, scraped, 0) == AppendOutcome::kAdded);
}

TEST_CASE("older than the newest is out of order but for the window; of one time, values and labels ascend") {
  ExemplarRing ring(10);
  ring.Add(kA, Of(10'000, 5));
  CHECK(ring.Judge(kA, Of(9'999, 7), 0) == AppendOutcome::kOutOfOrder);
  CHECK(ring.Judge(kA, Of(9'000, 7), 1001) == AppendOutcome::kAdded);
  CHECK(ring.Judge(kA, Of(9'000, 7), 1000) == AppendOutcome::kOutOfOrder);
  CHECK(ring.Judge(kA, Of(10'000, 4), 0) == AppendOutcome::kOutOfOrder);
  CHECK(ring.Judge(kA, Of(10'000, 6), 0) == AppendOutcome::kAdded);
  const bool x_first = Labels{{"trace_id", "x"}}.Hash() < Labels{{"trace_id", "y"}}.Hash();
  CHECK(ring.Judge(kA, Of(10'000, 5, "y"), 0) == (x_first ? AppendOutcome::kAdded : AppendOutcome::kOutOfOrder));
}

TEST_CASE("the one that was added first gives way, whoever's it is") {
  ExemplarRing ring(3);
  ring.Add(kA, Of(1, 1));
  ring.Add(kB, Of(2, 2));
  ring.Add(kA, Of(3, 3));
  CHECK(ring.size() == 3);
  CHECK(ring.series() == 2);
  CHECK(ring.oldest_ms() == 1);
  ring.Add(kA, Of(4, 4));
  CHECK(TimesOf(ring, kA) == std::vector<TimestampMs>{3, 4});
  ring.Add(kA, Of(5, 5));
  CHECK(ring.series() == 1);
  CHECK(TimesOf(ring, kB).empty());
  CHECK(TimesOf(ring, kA) == std::vector<TimestampMs>{3, 4, 5});
  CHECK(ring.oldest_ms() == 3);
}

TEST_CASE("a late one is sorted in") {
  ExemplarRing ring(10);
  for (const TimestampMs t : {50, 20, 40, 10, 60, 40}) ring.Add(kA, Of(t, static_cast<double>(t)));
  CHECK(TimesOf(ring, kA) == std::vector<TimestampMs>{10, 20, 40, 40, 50, 60});
  CHECK(TimesOf(ring, kA, 20, 40) == std::vector<TimestampMs>{20, 40, 40});
  CHECK(TimesOf(ring, kA, 21, 39).empty());
  CHECK(TimesOf(ring, kA, 61, 100).empty());
}

TEST_CASE("a long random life equals that of a plain list") {
  std::mt19937_64 random(3);
  ExemplarRing ring(17);
  std::vector<std::pair<SeriesRef, TimestampMs>> all;
  for (int i = 0; i < 2000; ++i) {
    const SeriesRef series = MakeRef(1, static_cast<std::uint32_t>(random() % 5));
    const auto t = static_cast<TimestampMs>(i + random() % 8);
    ring.Add(series, Of(t, static_cast<double>(i)));
    all.emplace_back(series, t);
    if (all.size() > 17) all.erase(all.begin());
    for (std::uint32_t s = 0; s < 5; ++s) {
      std::vector<TimestampMs> expected;
      for (const auto& [ref, time] : all) {
        if (ref == MakeRef(1, s)) expected.push_back(time);
      }
      std::sort(expected.begin(), expected.end());
      REQUIRE(TimesOf(ring, MakeRef(1, s)) == expected);
    }
    std::size_t place = 0;
    ring.ForEach([&](SeriesRef ref, const Exemplar& e) {
      REQUIRE(std::pair(ref, e.t) == all[place]);
      ++place;
    });
    REQUIRE(place == all.size());
  }
}

}  // namespace
}  // namespace vigia::storage
