#include "promql/value/format.h"

#include <limits>

#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::string Api(double v) {
  std::string out;
  AppendApiValue(out, v);
  return out;
}

TEST_CASE("plain numbers never have an exponent") {
  CHECK(FormatPlain(0) == "0");
  CHECK(FormatPlain(-0.0) == "-0");
  CHECK(FormatPlain(1) == "1");
  CHECK(FormatPlain(-1.5) == "-1.5");
  CHECK(FormatPlain(0.1) == "0.1");
  CHECK(FormatPlain(0.00001) == "0.00001");
  CHECK(FormatPlain(1.25e-7) == "0.000000125");
  CHECK(FormatPlain(1e16) == "10000000000000000");
  CHECK(FormatPlain(12345678901234567890.0) == "12345678901234567000");
  CHECK(FormatPlain(1.5e300).size() == 301);
  CHECK(FormatPlain(kNan) == "NaN");
  CHECK(FormatPlain(kInf) == "+Inf");
  CHECK(FormatPlain(-kInf) == "-Inf");
}

TEST_CASE("API values have one below 1e-6 and from 1e21 on") {
  CHECK(Api(0) == "0");
  CHECK(Api(0.000001) == "0.000001");
  CHECK(Api(0.0000009) == "9e-07");
  CHECK(Api(-1.5e-10) == "-1.5e-10");
  CHECK(Api(1e20) == "100000000000000000000");
  CHECK(Api(1e21) == "1e+21");
  CHECK(Api(-1.25e100) == "-1.25e+100");
  CHECK(Api(5e-324) == "5e-324");
  CHECK(Api(1.7976931348623157e308) == "1.7976931348623157e+308");
  CHECK(Api(kInf) == "+Inf");
  CHECK(Api(kNan) == "NaN");
}

TEST_CASE("numbers of messages are Go's %g") {
  CHECK(FormatGeneral(0) == "0");
  CHECK(FormatGeneral(1.1) == "1.1");
  CHECK(FormatGeneral(100) == "100");
  CHECK(FormatGeneral(100000) == "100000");
  CHECK(FormatGeneral(1000000) == "1e+06");
  CHECK(FormatGeneral(123456789) == "1.23456789e+08");
  CHECK(FormatGeneral(0.0001) == "0.0001");
  CHECK(FormatGeneral(0.00001) == "1e-05");
  CHECK(FormatGeneral(-2.5) == "-2.5");
  CHECK(FormatGeneral(kNan) == "NaN");
  CHECK(FormatGeneral(kInf) == "+Inf");
  CHECK(FormatGeneral(10, 2) == "10");
  CHECK(FormatGeneral(5.55, 2) == "5.5");
  CHECK(FormatGeneral(123, 2) == "1.2e+02");
}

TEST_CASE("OpenMetrics numbers are seen to be floats") {
  CHECK(FormatOpenMetrics(1) == "1.0");
  CHECK(FormatOpenMetrics(0) == "0.0");
  CHECK(FormatOpenMetrics(0.99) == "0.99");
  CHECK(FormatOpenMetrics(1e6) == "1e+06");
  CHECK(FormatOpenMetrics(kInf) == "+Inf");
}

}  // namespace
}  // namespace vigia::promql
