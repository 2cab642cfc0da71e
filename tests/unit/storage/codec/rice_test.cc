#include "storage/codec/rice.h"

#include <cmath>
#include <limits>
#include <random>
#include <string>
#include <vector>

#include "tests/support/catch.h"

using namespace vigia::storage;

namespace {

constexpr std::size_t kNoLimit = std::size_t{1} << 40;

std::string Packed(const std::vector<std::int64_t>& values) {
  std::string bytes;
  REQUIRE(PackRice(values, kNoLimit, bytes));
  return bytes;
}

std::size_t RoundTrip(const std::vector<std::int64_t>& values) {
  const std::string bytes = Packed(values);
  std::vector<char> exact(bytes.begin(), bytes.end());  // So that a sanitizer sees a read behind the end.
  std::vector<std::int64_t> back(values.size());
  ByteReader in({exact.data(), exact.size()});
  REQUIRE(UnpackRice(in, back));
  CHECK(in.left() == 0);
  CHECK(back == values);
  return bytes.size();
}

}  // namespace

TEST_CASE("sequences of every shape come back from Rice codes") {
  std::mt19937_64 random(7);
  constexpr auto kMin = std::numeric_limits<std::int64_t>::min();
  constexpr auto kMax = std::numeric_limits<std::int64_t>::max();
  RoundTrip({0, 0, 0});
  RoundTrip({1, 2, 3, 1'000'000'000'000, 5, 6});
  RoundTrip({5, 5, 5, 5, 5, 5, 5, std::int64_t{1} << 52, 5, 5});
  for (int round = 0; round < 300; ++round) {
    const std::size_t n = 3 + random() % 600;
    const unsigned width = static_cast<unsigned>(random() % 53);
    std::vector<std::int64_t> values(n);
    std::int64_t sum = static_cast<std::int64_t>(random() >> 12);
    for (std::int64_t& v : values) {
      const auto step = static_cast<std::int64_t>(random() & ((std::uint64_t{1} << width) - 1));
      v = round % 2 == 0 ? step : (sum += step >> 9);
      if (random() % 100 == 0) v = -v;
    }
    std::string bytes;
    if (!PackRice(values, kNoLimit, bytes)) continue;  // Too wide for any plan.
    RoundTrip(values);
  }
  std::string bytes;
  const std::vector<std::int64_t> extremes{kMin, kMax, kMin, 0, kMax};
  if (PackRice(extremes, kNoLimit, bytes)) RoundTrip(extremes);
}

TEST_CASE("slow counters take little more than their entropy") {
  std::mt19937_64 random(3);
  std::poisson_distribution<int> step(0.5);
  std::vector<std::int64_t> values(5120);
  std::int64_t sum = 1000;
  for (std::int64_t& v : values) v = sum += step(random);
  // The entropy of a Poisson distribution with mean 0.5 is 1.36 bits.
  CHECK(static_cast<double>(RoundTrip(values)) * 8 / 5120 < 1.36 * 1.15);
}

TEST_CASE("counters that rarely move take less than a bit") {
  std::mt19937_64 random(5);
  std::vector<std::int64_t> values(5120);
  std::int64_t sum = 0;
  for (std::int64_t& v : values) v = sum += random() % 20 == 0 ? 1 + static_cast<std::int64_t>(random() % 2) : 0;
  // The entropy: H(1/20) = 0.286 bits for whether it moves, and 1/20 bit for how far.
  CHECK(static_cast<double>(RoundTrip(values)) * 8 / 5120 < 0.336 * 1.25);
}

TEST_CASE("a stream that is not shorter than the limit is not written") {
  const std::vector<std::int64_t> values{1, 5, 2, 8, 3, 9};
  std::string bytes = "before";
  CHECK_FALSE(PackRice(values, 3, bytes));
  CHECK(bytes == "before");
}

TEST_CASE("damaged Rice streams are refused or read as something, never beyond their end") {
  std::mt19937_64 random(11);
  std::vector<std::int64_t> values(200);
  for (std::int64_t& v : values) v = static_cast<std::int64_t>(random() % 1000);
  const std::string bytes = Packed(values);
  std::vector<std::int64_t> back(values.size());
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::vector<char> cut(bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size));
    ByteReader in({cut.data(), cut.size()});
    CHECK_FALSE(UnpackRice(in, back));
  }
  for (int round = 0; round < 2000; ++round) {
    std::vector<char> damaged(bytes.begin(), bytes.end());
    for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
    ByteReader in({damaged.data(), damaged.size()});
    static_cast<void>(UnpackRice(in, back));
  }
}
