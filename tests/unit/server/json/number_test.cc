#include "server/json/number.h"

#include <charconv>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <limits>
#include <random>

#include "tests/support/catch.h"

namespace vigia::server {
namespace {

std::string Value(double value) {
  std::string out;
  AppendSampleValue(out, value);
  return out;
}

std::string Seconds(std::int64_t ms) {
  std::string out;
  AppendTimestampSeconds(out, ms);
  return out;
}

// What Go's strconv.FormatFloat gives: format 'f' for 1e-6 <= |v| < 1e21, else 'e', precision -1.
TEST_CASE("sample values are the shortest text, with an exponent only far from one") {
  CHECK(Value(0) == "0");
  CHECK(Value(-0.0) == "-0");
  CHECK(Value(1) == "1");
  CHECK(Value(-1) == "-1");
  CHECK(Value(0.1) == "0.1");
  CHECK(Value(-0.25) == "-0.25");
  CHECK(Value(0.1 + 0.2) == "0.30000000000000004");
  CHECK(Value(1.0 / 3) == "0.3333333333333333");
  CHECK(Value(123456.789) == "123456.789");
  CHECK(Value(-123456.000001) == "-123456.000001");
  CHECK(Value(1e9) == "1000000000");
  CHECK(Value(1234567890.5) == "1234567890.5");
  CHECK(Value(9007199254740991.0) == "9007199254740991");
  CHECK(Value(9007199254740993.0) == "9007199254740992");
  CHECK(Value(1e20) == "100000000000000000000");
  CHECK(Value(123456789012345678901.0) == "123456789012345680000");
  CHECK(Value(1e21) == "1e+21");
  CHECK(Value(-1.5e21) == "-1.5e+21");
  CHECK(Value(1e100) == "1e+100");
  CHECK(Value(1e-6) == "0.000001");
  CHECK(Value(1.5e-6) == "0.0000015");
  CHECK(Value(9.99e-7) == "9.99e-07");
  CHECK(Value(1e-7) == "1e-07");
  CHECK(Value(std::numeric_limits<double>::max()) == "1.7976931348623157e+308");
  CHECK(Value(std::numeric_limits<double>::denorm_min()) == "5e-324");
  CHECK(Value(std::numeric_limits<double>::infinity()) == "+Inf");
  CHECK(Value(-std::numeric_limits<double>::infinity()) == "-Inf");
  CHECK(Value(std::numeric_limits<double>::quiet_NaN()) == "NaN");
}

TEST_CASE("a sample value reads back to the same double") {
  std::mt19937_64 random(7);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    double value;
    static_assert(sizeof(value) == sizeof(bits));
    std::memcpy(&value, &bits, sizeof(value));
    if (value != value) continue;
    const double few_decimals = static_cast<double>(static_cast<std::int64_t>(bits >> 20)) / 1e4;
    if (std::strtod(Value(value).c_str(), nullptr) != value) FAIL(Value(value));
    if (std::strtod(Value(few_decimals).c_str(), nullptr) != few_decimals) FAIL(Value(few_decimals));
  }
}

// The shortest digits of std::to_chars, spread by hand.
std::string Spread(double value) {
  char text[40];
  const auto end = std::to_chars(text, text + sizeof(text), value, std::chars_format::scientific).ptr;
  const std::string scientific(text, end);
  const std::size_t e = scientific.find('e');
  const int exponent = std::stoi(scientific.substr(e + 1));
  if (exponent < -6 || exponent >= 21) return scientific;
  std::string digits = scientific.substr(0, 1) + (e > 1 ? scientific.substr(2, e - 2) : "");
  if (exponent < 0) return "0." + std::string(static_cast<std::size_t>(-exponent - 1), '0') + digits;
  const auto whole = static_cast<std::size_t>(exponent) + 1;
  if (digits.size() <= whole) return digits + std::string(whole - digits.size(), '0');
  return digits.substr(0, whole) + "." + digits.substr(whole);
}

TEST_CASE("a sample value has the digits of the shortest text, whatever its size") {
  std::mt19937_64 random(11);
  for (int i = 0; i < 20'000; ++i) {
    const std::uint64_t bits = random();
    const auto whole = static_cast<double>(bits >> (bits % 64));
    const double values[] = {std::ldexp(static_cast<double>(bits >> 11), -static_cast<int>(bits % 100)), whole,
                             whole / 1e4, whole / static_cast<double>(1 + bits % 1000), static_cast<double>(i)};
    for (const double value : values) {
      if (value == 0) continue;
      if (Value(value) != Spread(value)) FAIL(Value(value) + " is " + Spread(value));
    }
  }
}

TEST_CASE("timestamps are seconds with no or three decimals") {
  CHECK(Seconds(0) == "0");
  CHECK(Seconds(1) == "0.001");
  CHECK(Seconds(20) == "0.020");
  CHECK(Seconds(200) == "0.200");
  CHECK(Seconds(1000) == "1");
  CHECK(Seconds(1001) == "1.001");
  CHECK(Seconds(-1) == "-0.001");
  CHECK(Seconds(-1500) == "-1.500");
  CHECK(Seconds(1435781451781) == "1435781451.781");
  CHECK(Seconds(std::numeric_limits<std::int64_t>::min()) == "-9223372036854775.808");
  CHECK(Seconds(std::numeric_limits<std::int64_t>::max()) == "9223372036854775.807");
}

}  // namespace
}  // namespace vigia::server
