#include "promql/histogram/nhcb.h"

#include "promql/histogram/layout.h"
#include "promql/histogram/validate.h"
#include "tests/unit/promql/histogram/histogram_fixture.h"

namespace vigia::promql {
namespace {

TEST_CASE("classic buckets in any order become custom buckets") {
  auto h = ToCustomBuckets({.buckets = {{kInf, 7}, {5, 4}, {1, 1}, {5, 9}}, .count = 7, .sum = 20});
  REQUIRE(h.has_value());
  CHECK(Equals(*h, Make({.count = 7, .sum = 20, .positive = {1, 3, 3}, .bounds = {1, 5}})));
  CHECK(h->integer);
  CHECK(Validate(*h).has_value());
}

TEST_CASE("a missing +Inf bucket or count comes from what there is") {
  auto h = ToCustomBuckets({.buckets = {{1, 2}, {2, 3}}, .count = 5, .sum = 0});
  REQUIRE(h.has_value());
  CHECK(Equals(*h, Make({.count = 5, .positive = {2, 1, 2}, .bounds = {1, 2}})));
  h = ToCustomBuckets({.buckets = {{1, 2}, {2, 3}}});
  REQUIRE(h.has_value());
  CHECK(h->count == 3);
  CHECK(h->custom_values == std::vector<double>{1, 2});
  h = ToCustomBuckets({.count = 4});
  REQUIRE(h.has_value());
  CHECK(h->positive_buckets == std::vector<double>{4});
  CHECK(h->custom_values.empty());
}

TEST_CASE("counts that are no whole numbers make a float histogram") {
  auto h = ToCustomBuckets({.buckets = {{1, 0}, {2, 0}, {3, 0}, {4, 0.5}, {kInf, 1}}});
  REQUIRE(h.has_value());
  CHECK_FALSE(h->integer);
  CHECK(h->positive_spans == std::vector<BucketSpan>{{3, 2}});
  h = ToCustomBuckets({.buckets = {{1, 1}, {2, 1}, {3, 1}, {4, 2}, {kInf, 2}}});
  REQUIRE(h.has_value());
  CHECK(h->positive_spans == std::vector<BucketSpan>{{0, 4}});  // A gap of two stays, what is behind the last goes.
}

TEST_CASE("inconsistent classic histograms") {
  using Catch::Contains;
  const auto error = [](ClassicHistogram classic) {
    const auto h = ToCustomBuckets(std::move(classic));
    return h ? std::string() : h.error().what;
  };
  CHECK_THAT(error({.buckets = {{1, 5}, {2, 3}}}), Contains("count is not cumulative: 3 < 5"));
  CHECK_THAT(error({.buckets = {{1, -1}}}), Contains("bucket count must be non-negative"));
  CHECK_THAT(error({.buckets = {{1, kNan}}}), Contains("bucket count must be non-negative"));
  CHECK_THAT(error({.buckets = {{1, 1}}, .count = -2}), Contains("count must be non-negative"));
  CHECK_THAT(error({.buckets = {{1, 1}, {kInf, 2}}, .count = 3}), Contains("count mismatch"));
  CHECK_THAT(error({.buckets = {{1, 4}}, .count = 3}), Contains("count is not cumulative"));
}

}  // namespace
}  // namespace vigia::promql
