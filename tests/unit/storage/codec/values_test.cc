#include "storage/codec/values.h"

#include <bit>
#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "storage/model/sample.h"
#include "tests/support/catch.h"

namespace vigia::storage {
namespace {

std::uint64_t Bits(double v) { return std::bit_cast<std::uint64_t>(v); }

std::size_t RoundTrip(const std::vector<double>& values) {
  std::string bytes;
  EncodeValues(values, bytes);
  std::vector<double> back(values.size());
  REQUIRE(DecodeValues(bytes, back));
  for (std::size_t i = 0; i < values.size(); ++i) {
    INFO(i << " of " << values.size() << ": " << values[i]);
    REQUIRE(Bits(back[i]) == Bits(values[i]));
  }
  return bytes.size();
}

const std::vector<double> kSpecials{0.0,
                                    -0.0,
                                    1.0,
                                    -1.0,
                                    0.1,
                                    1e-300,
                                    5e-324,
                                    -5e-324,
                                    std::numeric_limits<double>::max(),
                                    std::numeric_limits<double>::lowest(),
                                    std::numeric_limits<double>::infinity(),
                                    -std::numeric_limits<double>::infinity(),
                                    kStaleNan,
                                    kNormalNan,
                                    std::bit_cast<double>(0xfff8dead'beef0001u),
                                    std::bit_cast<double>(0x7ff00000'00000001u),
                                    9007199254740991.0,
                                    9007199254740992.0,
                                    9007199254740993.0,
                                    9007199254740994.0,
                                    -9007199254740991.0,
                                    123456789.125,
                                    0.30000000000000004,
                                    18446744073709551615.0};

TEST_CASE("special doubles come back bit for bit, alone and among others") {
  for (const double v : kSpecials) {
    RoundTrip({v});
    RoundTrip({v, v});
    RoundTrip({1, 2, v, 4, 5, 6, 7, 8, 9});
    RoundTrip(std::vector<double>(100, v));
    for (const double w : kSpecials) RoundTrip({v, w, v, w, w});
  }
}

TEST_CASE("random sequences of every kind come back bit for bit") {
  std::mt19937_64 random(7);
  for (int round = 0; round < 2000; ++round) {
    const std::size_t n = 1 + random() % 200;
    const auto kind = random() % 9;
    std::vector<double> values;
    double counter = static_cast<double>(random() % 1000);
    for (std::size_t i = 0; i < n; ++i) {
      switch (kind) {
        case 0: values.push_back(std::bit_cast<double>(random())); break;
        case 1: values.push_back(counter += static_cast<double>(random() % 100)); break;
        case 2: values.push_back(static_cast<double>(random() % 10000) / 100); break;
        case 3: values.push_back(kSpecials[random() % kSpecials.size()]); break;
        case 4: values.push_back(random() % 20 == 0 ? kStaleNan : counter += 1); break;
        case 5: values.push_back(std::sin(static_cast<double>(i)) * 1e6); break;
        case 6: values.push_back(static_cast<double>(static_cast<std::int64_t>(random()))); break;
        case 7: values.push_back(random() % 50 == 0 ? 9007199254740991.0 : static_cast<double>(random() % 3)); break;
        case 8: values.push_back(static_cast<double>(random() % 1000) * 4096); break;
      }
    }
    RoundTrip(values);
  }
}

TEST_CASE("typical columns are small") {
  const std::vector<double> constant(64, 42);
  CHECK(RoundTrip(constant) <= 4);
  std::vector<double> regular;
  std::vector<double> decimal;
  std::vector<double> outlier(64, 7);
  for (int i = 0; i < 64; ++i) {
    regular.push_back(1000 + 15 * i);
    decimal.push_back((200 + i % 8) / 10.0);
  }
  outlier[30] = 9007199254740991.0;
  CHECK(RoundTrip(regular) <= 8);
  CHECK(RoundTrip(decimal) <= 8 + 64 * 3 / 8);
  CHECK(RoundTrip(outlier) <= 40);
}

TEST_CASE("damaged chunks never read out of bounds") {
  std::mt19937_64 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::vector<double> values;
    for (std::size_t i = 0; i < 1 + random() % 70; ++i) values.push_back(static_cast<double>(random() % 5000) / 10);
    std::string bytes;
    EncodeValues(values, bytes);
    bytes[random() % bytes.size()] ^= static_cast<char>(1 << random() % 8);
    bytes.resize(bytes.size() - random() % 2);
    std::vector<double> back(values.size());
    static_cast<void>(DecodeValues(bytes, back));  // Either answer is fine: the checksum is elsewhere.
  }
}

}  // namespace
}  // namespace vigia::storage
