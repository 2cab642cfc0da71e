#include "promql/histogram/validate.h"

#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

std::string ErrorOf(const FloatHistogram& h) {
  const auto status = Validate(h);
  return status ? std::string() : status.error().what;
}

FloatHistogram With(Given given, void (*change)(FloatHistogram&)) {
  FloatHistogram h = Make(given);
  change(h);
  return h;
}

TEST_CASE("valid histograms") {
  CHECK(ErrorOf(FloatHistogram()).empty());
  CHECK(ErrorOf(Make({.count = 3, .positive = {1, 2}, .offset = -5, .negative = {0}})).empty());
  CHECK(ErrorOf(Make({.count = 3, .positive = {1, 2}, .bounds = {5}})).empty());
  CHECK(ErrorOf(Make({.count = 99, .positive = {1, 2}})).empty());  // Rounding may be the reason.
  CHECK(ErrorOf(With({.count = 3, .sum = kNan, .positive = {1, 1}}, [](auto& h) { h.integer = true; })).empty());
}

TEST_CASE("invalid histograms") {
  using Catch::Contains;
  CHECK_THAT(ErrorOf(Make({.schema = 9})), Contains("got schema 9"));
  CHECK_THAT(ErrorOf(With({.positive = {1}}, [](auto& h) { h.positive_spans[0].length = 2; })),
             Contains("positive side: spans need 2 buckets, have 1 buckets"));
  CHECK_THAT(ErrorOf(With({.negative = {1, 1}},
                          [](auto& h) {
                            h.negative_spans = {{0, 1}, {-1, 1}};
                          })),
             Contains("negative side: span number 2 with offset -1: histogram has a span whose offset is negative"));
  CHECK_THAT(ErrorOf(Make({.positive = {1, -2}})),
             Contains("positive side: bucket number 2 has observation count of -2"));
  CHECK_THAT(ErrorOf(Make({.zero_count = -1})), Contains("zero bucket has observation count of -1"));
  CHECK_THAT(ErrorOf(Make({.count = -1})), Contains("histogram's observation count is negative"));
  CHECK_THAT(ErrorOf(With({.bounds = {1}}, [](auto& h) { h.schema = 0; })), Contains("must not have custom bounds"));
  CHECK_THAT(ErrorOf(With({.count = 4, .positive = {1, 2}}, [](auto& h) { h.integer = true; })),
             Contains("3 observations found in buckets, but the Count field is 4"));
  CHECK_THAT(ErrorOf(With({.count = 2, .sum = kNan, .positive = {3}}, [](auto& h) { h.integer = true; })),
             Contains("should be at least"));
}

TEST_CASE("invalid custom buckets") {
  using Catch::Contains;
  CHECK_THAT(ErrorOf(Make({.bounds = {2, 2}})), Contains("must be in strictly increasing order"));
  CHECK_THAT(ErrorOf(Make({.bounds = {1, kNan}})), Contains("must not be NaN"));
  CHECK_THAT(ErrorOf(Make({.bounds = {1, kInf}})), Contains("last +Inf bound must not be explicitly defined"));
  CHECK_THAT(ErrorOf(Make({.positive = {1, 1, 1}, .bounds = {1}})), Contains("insufficient to cover"));
  CHECK_THAT(ErrorOf(Make({.positive = {1}, .offset = -1, .bounds = {1}})), Contains("offset is negative"));
  CHECK_THAT(ErrorOf(Make({.zero_count = 1, .bounds = {1}})), Contains("zero count of 0"));
  CHECK_THAT(ErrorOf(Make({.zero_threshold = 1, .bounds = {1}})), Contains("zero threshold of 0"));
  CHECK_THAT(ErrorOf(Make({.negative = {1}, .bounds = {1}})), Contains("must not have negative spans"));
}

}  // namespace
}  // namespace vigia::promql
