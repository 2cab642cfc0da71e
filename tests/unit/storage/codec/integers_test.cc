#include "storage/codec/integers.h"

#include <limits>
#include <random>
#include <vector>

#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

std::size_t RoundTrip(const std::vector<std::int64_t>& values) {
  std::string bytes;
  PackIntegers(values, bytes);
  bytes += "tail";
  ByteReader in(bytes);
  std::vector<std::int64_t> back(values.size());
  REQUIRE(UnpackIntegers(in, back));
  REQUIRE(back == values);
  REQUIRE(in.rest() == "tail");
  return bytes.size() - 4;
}

TEST_CASE("integers of any size come back") {
  constexpr std::int64_t kMin = std::numeric_limits<std::int64_t>::min();
  constexpr std::int64_t kMax = std::numeric_limits<std::int64_t>::max();
  for (const std::int64_t a : {kMin, kMin + 1, std::int64_t{-1}, std::int64_t{0}, std::int64_t{1}, kMax - 1, kMax}) {
    for (const std::int64_t b : {kMin, std::int64_t{0}, kMax}) {
      RoundTrip({a});
      RoundTrip({a, b});
      RoundTrip({a, b, a});
      RoundTrip({a, b, b, a, a, b});
    }
  }
  std::mt19937_64 random(1);
  for (int round = 0; round < 3000; ++round) {
    const auto shift = random() % 64;
    std::vector<std::int64_t> values;
    for (std::size_t i = 0; i < 1 + random() % 130; ++i) {
      values.push_back(static_cast<std::int64_t>(random()) >> shift);
      if (random() % 30 == 0) values.back() = static_cast<std::int64_t>(random());
    }
    RoundTrip(values);
  }
}

TEST_CASE("regular timestamps take a few bytes") {
  std::vector<std::int64_t> times;
  for (int i = 0; i < 480; ++i) times.push_back(1'700'000'000'000 + 15'000 * i);
  CHECK(RoundTrip(times) <= 16);
  times[100] += 3;  // One late scrape costs patches, not width.
  CHECK(RoundTrip(times) <= 40);
}

TEST_CASE("random bytes are refused or read within bounds") {
  std::mt19937_64 random(5);
  for (int round = 0; round < 20000; ++round) {
    std::string bytes;
    for (std::size_t i = 0; i < random() % 24; ++i) bytes.push_back(static_cast<char>(random()));
    ByteReader in(bytes);
    std::vector<std::int64_t> back(1 + random() % 40);
    static_cast<void>(UnpackIntegers(in, back));
  }
}

}  // namespace
}  // namespace vigia::storage
