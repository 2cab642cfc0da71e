#include "storage/codec/dropped.h"

#include <cmath>
#include <random>
#include <vector>

#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

std::vector<DroppedSamples> RoundTrip(const std::vector<DroppedSamples>& records) {
  std::string bytes;
  EncodeDropped(records, bytes);
  std::vector<DroppedSamples> out(records.size());
  for (std::size_t i = 0; i < out.size(); ++i) out[i].t = records[i].t;
  REQUIRE(DecodeDropped(bytes, out));
  // No prefix and no longer text is one.
  for (std::size_t size = 0; size < bytes.size(); ++size) {
    std::vector<DroppedSamples> scratch(records.size());
    CHECK_FALSE(DecodeDropped(std::string_view(bytes).substr(0, size), scratch));
  }
  std::vector<DroppedSamples> scratch(records.size());
  CHECK_FALSE(DecodeDropped(bytes + '\0', scratch));
  return out;
}

TEST_CASE("records of dropped samples come back") {
  const std::vector<DroppedSamples> records{{1000, 300, 18, 123.5, -4, 17, 0, false},
                                            {1300, 300, 19, 0, 1, 2, 5, false}};
  CHECK(RoundTrip(records) == records);
}

TEST_CASE("extremes that show in the kept samples take no room") {
  std::vector<DroppedSamples> records{{1000, 300, 18, 36, 2, 2, 0, true}, {1300, 300, 18, 36, 2, 2, 0, true}};
  std::string small;
  EncodeDropped(records, small);
  const auto back = RoundTrip(records);
  CHECK(back[1].within);
  CHECK(std::isnan(back[1].min));
  CHECK(back[1].sum == 36);
  records[0].within = false;
  std::string large;
  EncodeDropped(records, large);
  CHECK(small.size() < large.size());
  CHECK(RoundTrip(records)[1].max == 2);
}

TEST_CASE("an extreme that was not stored becomes the mean beside ones that are") {
  std::vector<DroppedSamples> records{{1000, 300, 4, 36, 2, 20, 0, false}, {1300, 300, 4, 36, NAN, NAN, 0, true}};
  const auto back = RoundTrip(records);
  CHECK(back[1].min == 9);
  CHECK(back[1].max == 9);
}

TEST_CASE("damaged records are refused, never read past the end") {
  std::mt19937_64 random(3);
  const std::vector<DroppedSamples> records{{1, 300, 18, 123.5, -4, 17, 0, false}, {2, 300, 19, 0, 1, 2, 5, false}};
  std::string bytes;
  EncodeDropped(records, bytes);
  for (int i = 0; i < 20'000; ++i) {
    std::string damaged = bytes.substr(0, 1 + random() % bytes.size());
    damaged[random() % damaged.size()] = static_cast<char>(random());
    std::vector<DroppedSamples> out(2);
    if (!DecodeDropped(damaged, out)) continue;
    for (const auto& record : out) CHECK(record.count > 0);
  }
  std::vector<DroppedSamples> out(2);
  CHECK_FALSE(DecodeDropped(std::string("\x08\x00\x00\x02", 4), out));
}

}  // namespace
}  // namespace vigia::storage
