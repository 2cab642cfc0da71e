#include "promql/functions/instant_function.h"

#include <cmath>
#include <limits>
#include <numbers>
#include <optional>
#include <vector>

#include "promql/value/go_math.h"
#include "tests/support/catch.h"

namespace vigia::promql {
namespace {

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr double kInf = std::numeric_limits<double>::infinity();

std::optional<double> Apply(std::string_view name, double value, std::vector<double> scalars = {}) {
  const InstantFunctionSpec* spec = FindInstantFunction(name);
  REQUIRE(spec != nullptr);
  InstantInput input{.values = std::span(&value, 1), .scalars = {}};
  for (std::size_t i = 0; i < scalars.size(); ++i) input.scalars[i].values = std::span(&scalars[i], 1);
  double out = 0;
  std::uint8_t valid = 1;
  spec->kernel(input, {std::span(&out, 1), std::span(&valid, 1)});
  return valid != 0 ? std::optional(out) : std::nullopt;
}

TEST_CASE("round: ties go up, any step") {
  CHECK(Apply("round", 2.5) == 3.0);
  CHECK(Apply("round", -2.5) == -2.0);
  CHECK(Apply("round", 2.4999) == 2.0);
  CHECK(Apply("round", 0.0027, {0.001}) == std::floor(0.0027 * 1000 + 0.5) / 1000);
  CHECK(Apply("round", 27, {5}) == 25.0);
  CHECK(Apply("round", -0.2) == 0.0);
  CHECK(Apply("round", kInf) == kInf);
}

TEST_CASE("clamp: NaN bounds, min above max") {
  CHECK(Apply("clamp", 5, {1, 3}) == 3.0);
  CHECK(Apply("clamp", -5, {1, 3}) == 1.0);
  CHECK_FALSE(Apply("clamp", 5, {3, 1}).has_value());
  CHECK(std::isnan(*Apply("clamp", 5, {kNan, 1})));
  CHECK(std::isnan(*Apply("clamp", 5, {0, kNan})));
  CHECK(std::isnan(*Apply("clamp", kNan, {0, 1})));
  CHECK(Apply("clamp_max", 5, {2}) == 2.0);
  CHECK(Apply("clamp_min", 5, {8}) == 8.0);
  CHECK(std::isnan(*Apply("clamp_min", 5, {kNan})));
}

TEST_CASE("logarithms round as Go's") {
  CHECK(Apply("log2", 8) == 3.0);
  CHECK(Apply("log2", 0.25) == -2.0);
  CHECK(Apply("log10", 1000) == 3.0);
  CHECK(Apply("log10", 100) == 2.0);
  CHECK(Apply("log10", 0) == -kInf);
  CHECK(Apply("log2", kInf) == kInf);
  CHECK(std::isnan(*Apply("log2", -1)));
  CHECK(Apply("ln", std::numbers::e) == 1.0);
  CHECK(Apply("ln", 0) == -kInf);
}

TEST_CASE("signs, angles, roots") {
  CHECK(Apply("sgn", -3) == -1.0);
  CHECK(Apply("sgn", kInf) == 1.0);
  CHECK(std::signbit(*Apply("sgn", -0.0)));
  CHECK(std::isnan(*Apply("sgn", kNan)));
  CHECK(Apply("deg", std::numbers::pi) == 180.0);
  CHECK(Apply("rad", 180) == std::numbers::pi);
  CHECK(std::isnan(*Apply("sqrt", -1)));
  CHECK(Apply("abs", -2.5) == 2.5);
  CHECK(std::signbit(*Apply("ceil", -0.5)));
  CHECK(Apply("acosh", 1) == 0.0);
  CHECK(std::isnan(*Apply("sin", kInf)));
}

TEST_CASE("dates, from Prometheus' functions.test and the calendar") {
  CHECK(Apply("year", 0) == 1970.0);
  CHECK(Apply("month", 0) == 1.0);
  CHECK(Apply("day_of_month", 0) == 1.0);
  CHECK(Apply("day_of_year", 0) == 1.0);
  CHECK(Apply("day_of_week", 0) == 4.0);
  CHECK(Apply("hour", 0) == 0.0);
  CHECK(Apply("minute", 0) == 0.0);
  CHECK(Apply("year", 1136239445) == 2006.0);  // 2006-01-02 22:04:05, a Monday.
  CHECK(Apply("hour", 1136239445) == 22.0);
  CHECK(Apply("minute", 1136239445) == 4.0);
  CHECK(Apply("day_of_week", 1136239445) == 1.0);
  CHECK(Apply("year", 1230767999) == 2008.0);
  CHECK(Apply("year", 1230768000) == 2009.0);
  CHECK(Apply("month", 1456790399) == 2.0);
  CHECK(Apply("day_of_month", 1456790399) == 29.0);
  CHECK(Apply("month", 1456790400) == 3.0);
  CHECK(Apply("day_of_year", 1483191420) == 366.0);
  CHECK(Apply("day_of_year", 1672493820) == 365.0);
  CHECK(Apply("days_in_month", 1454284800) == 29.0);  // February 2016
  CHECK(Apply("days_in_month", 1485907200) == 28.0);  // February 2017
  CHECK(Apply("year", -1) == 1969.0);
  CHECK(Apply("day_of_month", -1) == 31.0);
  CHECK(Apply("hour", -1) == 23.0);
  CHECK(Apply("month", 951782400) == 2.0);  // 2000-02-29: a century that is a leap year.
  CHECK(Apply("day_of_month", 951782400) == 29.0);
  CHECK(Apply("day_of_month", 4107542400) == 1.0);  // 2100-03-01: one that is not.
  CHECK(Apply("year", 0.9) == 1970.0);
  CHECK(Apply("minute", -0.9) == 0.0);  // Truncates towards zero.
  CHECK(Apply("year", kNan) == 292277026596.0);
}

TEST_CASE("powers as Go computes them") {
  CHECK(GoPow(10, 3) == 1000.0);
  CHECK(GoPow(2, -3) == 0.125);
  CHECK(GoPow(-2, 3) == -8.0);
  CHECK(GoPow(9, 0.5) == 3.0);
  CHECK(GoPow(kNan, 0) == 1.0);
  CHECK(GoPow(1, kNan) == 1.0);
  CHECK(GoPow(-1, kInf) == 1.0);
  CHECK(GoPow(0.5, kInf) == 0.0);
  CHECK(GoPow(2, kInf) == kInf);
  CHECK(GoPow(0.5, -kInf) == kInf);
  CHECK(GoPow(-0.0, -3) == -kInf);
  CHECK(GoPow(-0.0, -2) == kInf);
  CHECK(std::signbit(GoPow(-0.0, 3)));
  CHECK(GoPow(-kInf, 3) == -kInf);
  CHECK(GoPow(-kInf, 2) == kInf);
  CHECK(std::signbit(GoPow(-kInf, -3)));
  CHECK(std::isnan(GoPow(-8, 1.0 / 3)));
  CHECK(GoPow(10, 400) == kInf);
  CHECK(GoPow(10, -400) == 0.0);
  CHECK(GoPow(2, -1074) == 5e-324);
  CHECK(GoPow(10, 22) == 1e22);
  CHECK(GoPow(2, 0.75) == Approx(std::pow(2, 0.75)));
}

TEST_CASE("minimum and maximum of scalars") {
  CHECK(MinOf(1, 2) == 1.0);
  CHECK(MaxOf(1, 2) == 2.0);
  CHECK(std::isnan(MinOf(1, kNan)));
  CHECK(MinOf(-kInf, kNan) == -kInf);
  CHECK(MaxOf(kNan, kInf) == kInf);
  CHECK(std::signbit(MinOf(0.0, -0.0)));
  CHECK_FALSE(std::signbit(MaxOf(-0.0, 0.0)));
}

}  // namespace
}  // namespace vigia::promql
