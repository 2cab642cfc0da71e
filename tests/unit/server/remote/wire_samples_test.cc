#include "server/remote/wire_samples.h"

#include <cmath>
#include <limits>

#include "server/wire/histogram_rules.h"
#include "tests/support/catch.h"
#include "tests/unit/server/remote/write_encoder.h"

using namespace vigia;
using namespace vigia::tests;
using Catch::Matchers::Contains;
using server::DecodeHistogram;
using server::DecodeSample;
using server::WireHistogram;

namespace {

std::string Packed(std::uint64_t field, const std::vector<std::int64_t>& deltas) {
  std::string bytes;
  for (const std::int64_t delta : deltas) bytes += SignedField(1, delta).substr(1);
  return BytesField(field, bytes);
}
std::string Span(std::uint64_t field, std::int32_t offset, std::uint32_t length) {
  return BytesField(field, SignedField(1, offset) + VarintField(2, length));
}

WireHistogram Decoded(const std::string& bytes) {
  WireHistogram out;
  const char* error = DecodeHistogram(bytes, out);
  REQUIRE(error == nullptr);
  return out;
}
std::string FaultOf(const std::string& bytes) { return Decoded(bytes).fault; }

}  // namespace

TEST_CASE("samples keep their bits", "[wire]") {
  const std::uint64_t bits[] = {0,
                                0x8000000000000000,
                                0x3ff8000000000000,
                                0x7ff0000000000000,
                                0xfff0000000000000,
                                storage::kStaleNanBits,
                                storage::kNormalNanBits,
                                0x7ff4deadbeef0001,
                                1};
  const std::int64_t times[] = {0,
                                1,
                                127,
                                128,
                                1'700'000'000'000,
                                -1,
                                std::numeric_limits<std::int64_t>::max(),
                                std::numeric_limits<std::int64_t>::min()};
  for (const std::uint64_t value : bits) {
    for (const std::int64_t t : times) {
      storage::Sample sample;
      storage::TimestampMs start = 1;
      REQUIRE(DecodeSample(SampleMessage(std::bit_cast<double>(value), t), sample, start) == nullptr);
      CHECK(std::bit_cast<std::uint64_t>(sample.v) == value);
      CHECK(sample.t == t);
      CHECK(start == 0);
    }
  }
}

TEST_CASE("samples in unusual forms", "[wire]") {
  storage::Sample sample;
  storage::TimestampMs start = 1;
  REQUIRE(DecodeSample("", sample, start) == nullptr);  // Zeros are left out in proto3.
  CHECK((sample.v == 0 && sample.t == 0));
  REQUIRE(DecodeSample(VarintField(2, 5), sample, start) == nullptr);
  CHECK((sample.v == 0 && sample.t == 5));
  REQUIRE(DecodeSample(DoubleField(1, 2), sample, start) == nullptr);
  CHECK((sample.v == 2 && sample.t == 0));
  REQUIRE(DecodeSample(VarintField(2, 5) + DoubleField(1, 2), sample, start) == nullptr);
  CHECK((sample.v == 2 && sample.t == 5));
  REQUIRE(DecodeSample(SampleMessage(2, 5) + VarintField(3, 4) + BytesField(99, "new"), sample, start) == nullptr);
  CHECK((sample.v == 2 && sample.t == 5 && start == 4));
  REQUIRE(DecodeSample(SampleMessage(2, 5) + SampleMessage(3, 6), sample, start) == nullptr);  // The last one wins.
  CHECK((sample.v == 3 && sample.t == 6));
}

TEST_CASE("malformed samples", "[wire]") {
  storage::Sample sample;
  storage::TimestampMs start = 0;
  CHECK(DecodeSample(VarintField(1, 5), sample, start) != nullptr);
  CHECK(DecodeSample(DoubleField(2, 5), sample, start) != nullptr);
  CHECK(DecodeSample(DoubleField(1, 5) + Tag(2, 0) + std::string(11, '\xff'), sample, start) != nullptr);
  const std::string whole = SampleMessage(1.5, 1'700'000'000'000);
  for (std::size_t size = 0; size < whole.size(); ++size) {
    const bool boundary = size == 0 || size == 9;
    CHECK((DecodeSample(std::string_view(whole).substr(0, size), sample, start) == nullptr) == boundary);
  }
}

TEST_CASE("an integer histogram", "[wire]") {
  // Buckets 1, 3, 2 on the positive side and 4 on the negative, 5 zeros: 15 observations.
  const WireHistogram out =
      Decoded(VarintField(1, 15) + DoubleField(3, 7.5) + SignedField(4, 2) + DoubleField(5, 0.001) + VarintField(6, 5) +
              Span(8, -3, 1) + Packed(9, {4}) + Span(11, 2, 2) + Span(11, 1, 1) + Packed(12, {1, 2, -1}) +
              VarintField(14, 2) + VarintField(15, 123456));
  CHECK(out.fault == "");
  CHECK(out.t == 123456);
  const storage::FloatHistogram& h = *out.h;
  CHECK(h.integer);
  CHECK(h.schema == 2);
  CHECK(h.count == 15);
  CHECK(h.sum == 7.5);
  CHECK(h.zero_count == 5);
  CHECK(h.zero_threshold == 0.001);
  CHECK(h.hint == storage::CounterResetHint::kNotReset);
  CHECK(h.positive_buckets == std::vector<double>{1, 3, 2});
  CHECK(h.negative_buckets == std::vector<double>{4});
  CHECK(h.positive_spans == std::vector<storage::BucketSpan>{{2, 2}, {1, 1}});
  CHECK(h.negative_spans == std::vector<storage::BucketSpan>{{-3, 1}});
}

TEST_CASE("a float histogram, numbers one by one", "[wire]") {
  const WireHistogram out = Decoded(DoubleField(2, 2.5) + DoubleField(3, 1) + DoubleField(7, 0.5) + Span(11, 0, 2) +
                                    DoubleField(13, 1.25) + DoubleField(13, 0.75));
  CHECK(out.fault == "");
  CHECK_FALSE(out.h->integer);
  CHECK(out.h->zero_count == 0.5);
  CHECK(out.h->positive_buckets == std::vector<double>{1.25, 0.75});
}

TEST_CASE("a histogram with custom buckets", "[wire]") {
  const std::string custom = DoubleField(2, 3) + SignedField(4, -53) + Span(11, 0, 3) + PackedDoubles(13, {1, 1, 1});
  CHECK(FaultOf(custom + PackedDoubles(16, {0.5, 1})) == "");
  CHECK_THAT(FaultOf(custom + PackedDoubles(16, {0.5})), Contains("histogram custom bounds are too few"));
  CHECK_THAT(FaultOf(custom + PackedDoubles(16, {1, 1})), Contains("strictly increasing"));
  CHECK_THAT(FaultOf(custom + PackedDoubles(16, {1, INFINITY})), Contains("must be finite"));
  CHECK_THAT(FaultOf(custom + PackedDoubles(16, {0.5, 1}) + DoubleField(7, 1)), Contains("zero count"));
}

TEST_CASE("histograms that Prometheus refuses", "[wire]") {
  CHECK_THAT(FaultOf(VarintField(1, 4) + Span(11, 0, 1) + Packed(12, {3})),
             Contains("3 observations found in buckets, but the Count field is 4: histogram's observation count should "
                      "equal the number of observations found in the buckets (in absence of NaN)"));
  // NaN observations are in no bucket.
  CHECK(FaultOf(VarintField(1, 4) + DoubleField(3, NAN) + Span(11, 0, 1) + Packed(12, {3})) == "");
  CHECK_THAT(FaultOf(VarintField(1, 2) + DoubleField(3, NAN) + Span(11, 0, 1) + Packed(12, {3})),
             Contains("should be at least"));
  CHECK_THAT(FaultOf(VarintField(1, 0) + Span(11, 0, 2) + Packed(12, {1, -2})),
             Contains("bucket number 2 has observation count of -1"));
  CHECK_THAT(FaultOf(VarintField(1, 1) + Span(11, 0, 2) + Packed(12, {1})),
             Contains("spans need 2 buckets, have 1 buckets"));
  CHECK_THAT(FaultOf(VarintField(1, 2) + Span(11, 0, 1) + Span(11, -1, 1) + Packed(12, {1, 0})),
             Contains("span number 2 with offset -1"));
  CHECK_THAT(FaultOf(VarintField(1, 0) + SignedField(4, 53)), Contains("got schema 53"));
  CHECK_THAT(FaultOf(VarintField(1, 0) + SignedField(4, -5)), Contains("got schema -5"));
  CHECK_THAT(FaultOf(DoubleField(2, -1)), Contains("observation count is -1"));
  CHECK_THAT(FaultOf(DoubleField(2, 1) + DoubleField(7, -1)), Contains("zero bucket"));
  // Deltas that overflow 63 bits.
  CHECK_THAT(FaultOf(VarintField(1, 0) + Span(11, 0, 2) + Packed(12, {INT64_MAX, INT64_MAX})), Contains("negative"));
  // Spans that claim 2^33 buckets.
  CHECK_THAT(FaultOf(VarintField(1, 0) + Span(11, 0, UINT32_MAX) + Span(11, 0, UINT32_MAX)),
             Contains("spans need 8589934590 buckets"));
}

TEST_CASE("a schema above 8 is reduced to it", "[wire]") {
  // Schema 9 → 8: bucket i goes to ((i - 1) >> 1) + 1. Buckets 0..4 go to 0, 1, 1, 2, 2; 10 to 5; -3 to -1.
  const WireHistogram out = Decoded(VarintField(1, 21) + SignedField(4, 9) + Span(11, -3, 1) + Span(11, 2, 5) +
                                    Span(11, 5, 1) + Packed(12, {0, 1, 1, 1, 1, 1, 1}));
  CHECK(out.fault == "");
  CHECK(out.h->schema == 8);
  CHECK(out.h->positive_buckets == std::vector<double>{0, 1, 2 + 3, 4 + 5, 6});
  CHECK(out.h->positive_spans == std::vector<storage::BucketSpan>{{-1, 4}, {2, 1}});
}

TEST_CASE("malformed histograms", "[wire]") {
  WireHistogram out;
  CHECK(DecodeHistogram(DoubleField(1, 1), out) != nullptr);
  CHECK(DecodeHistogram(BytesField(13, "1234567"), out) != nullptr);
  CHECK(DecodeHistogram(BytesField(12, "\xff"), out) != nullptr);
  CHECK(DecodeHistogram(BytesField(11, DoubleField(1, 1)), out) != nullptr);
  const std::string whole =
      VarintField(1, 3) + Span(11, 0, 1) + Packed(12, {3}) + DoubleField(3, 1) + VarintField(15, 9);
  int errors = 0;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    errors += DecodeHistogram(std::string_view(whole).substr(0, size), out) != nullptr;
  }
  CHECK(errors == static_cast<int>(whole.size()) - 5);  // All but the starts of the five fields.
}
