#include "server/wire/histogram_shape.h"

#include "server/wire/histogram_rules.h"
#include "tests/support/catch.h"

using namespace vigia::server;
using vigia::storage::BucketSpan;
using vigia::storage::FloatHistogram;

namespace {

FloatHistogram Positive(std::int32_t schema, std::vector<BucketSpan> spans, std::vector<double> buckets) {
  FloatHistogram h;
  h.schema = schema;
  h.positive_spans = std::move(spans);
  h.positive_buckets = std::move(buckets);
  return h;
}

}  // namespace

TEST_CASE("a coarser schema merges pairs of buckets") {
  // Indexes -1, 0, 1, 2, 5 of schema 1 are 0, 0, 1, 1, 3 of schema 0: bucket i ends at 2^(i/2), or at 2^ceil(i/2).
  FloatHistogram h = Positive(1, {{-1, 4}, {2, 1}}, {1, 2, 3, 4, 5});
  ReduceSchema(h, 0);
  CHECK(h.schema == 0);
  CHECK(h.positive_spans == std::vector<BucketSpan>{{0, 2}, {1, 1}});
  CHECK(h.positive_buckets == std::vector<double>{3, 7, 5});
}

TEST_CASE("compaction leaves out empty buckets and spans") {
  FloatHistogram h = Positive(0, {{-2, 3}, {0, 0}, {1, 4}}, {0, 1, 0, 2, 0, 0, 3});
  FloatHistogram loose = h;
  Compact(h, 0);  // Indexes -1, 2, 5.
  CHECK(h.positive_spans == std::vector<BucketSpan>{{-1, 1}, {2, 1}, {2, 1}});
  CHECK(h.positive_buckets == std::vector<double>{1, 2, 3});
  CHECK(CheckHistogram(h).empty());
  Compact(loose, 2);
  CHECK(loose.positive_spans == std::vector<BucketSpan>{{-1, 7}});
  CHECK(loose.positive_buckets == std::vector<double>{1, 0, 0, 2, 0, 0, 3});
  CHECK(CheckHistogram(loose).empty());
}

TEST_CASE("a span that only marks a native histogram is left out") {
  FloatHistogram h = Positive(3, {{0, 0}}, {});
  Compact(h, 0);
  CHECK(h.positive_spans.empty());
}

TEST_CASE("compaction does not make gaps wider than a span can tell") {
  FloatHistogram h = Positive(0, {{0, 1}, {INT32_MAX, 1}, {INT32_MAX, 1}}, {1, 0, 1});
  const auto spans = h.positive_spans;
  Compact(h, 0);
  CHECK(h.positive_spans == spans);
}

TEST_CASE("a limit of buckets takes resolution, and refuses when there is none left") {
  FloatHistogram h = Positive(2, {{1, 8}}, {1, 1, 1, 1, 1, 1, 1, 1});
  CHECK(FitBuckets(h, 2));
  CHECK(h.schema == 0);
  CHECK(h.positive_buckets == std::vector<double>{4, 4});
  FloatHistogram far = Positive(-4, {{0, 1}, {5, 1}}, {1, 1});
  CHECK_FALSE(FitBuckets(far, 1));
  FloatHistogram custom = Positive(vigia::storage::kCustomBucketsSchema, {{0, 3}}, {1, 1, 1});
  custom.custom_values = {1, 2};
  CHECK(FitBuckets(custom, 3));
  CHECK_FALSE(FitBuckets(custom, 2));
}

TEST_CASE("the least factor between buckets picks a schema") {
  // Buckets of schema s grow by 2^(2^-s): 1.0027 of 8, 1.09 of 3, 2 of 0, 4 of -1, 65536 of -4.
  CHECK(FinestSchema(0) == 8);
  CHECK(FinestSchema(1) == 8);
  CHECK(FinestSchema(1.05) == 3);
  CHECK(FinestSchema(1.1) == 2);
  CHECK(FinestSchema(2) == 0);
  CHECK(FinestSchema(3) == -1);
  CHECK(FinestSchema(4) == -1);
  CHECK(FinestSchema(1e9) == -4);
}
