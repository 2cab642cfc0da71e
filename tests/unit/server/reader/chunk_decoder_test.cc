#include "server/reader/chunk_decoder.h"

#include <cmath>
#include <limits>

#include "server/reader/chunk_bit_reader.h"
#include "server/remote/chunk_bits.h"
#include "server/remote/chunks.h"
#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;

namespace {

constexpr std::size_t kMany = 1'000'000;

// Text of zeroes and ones.
std::string FromBits(const std::string& bits) {
  ChunkBits out;
  for (const char c : bits) out.Put(c == '1' ? 1 : 0, 1);
  return out.bytes();
}

storage::Status Decode(std::uint64_t encoding, std::string_view bytes, std::size_t max_samples, SamplesRead& out) {
  AnswerMemory memory(max_samples, nullptr);
  return DecodeChunk(encoding, bytes, memory, out);
}

SamplesRead Decoded(std::uint64_t encoding, std::string_view bytes) {
  SamplesRead out;
  const auto status = Decode(encoding, bytes, kMany, out);
  INFO((status.has_error() ? status.error().what : ""));
  REQUIRE(status.has_value());
  return out;
}

// The same layout as an integer histogram with two buckets.
void PutLayout(ChunkBits& out, std::uint64_t flags, std::uint64_t samples) {
  out.Put(samples, 16);
  out.Put(flags << 6, 8);
  out.Put(116, 8);  // Zero threshold 2^-128.
  out.PutVarbit(1);
  out.PutVarbitUnsigned(1);  // One positive span: length 2, offset -3.
  out.PutVarbitUnsigned(2);
  out.PutVarbit(-3);
  out.PutVarbitUnsigned(1);  // One negative span: length 1, offset 0.
  out.PutVarbitUnsigned(1);
  out.PutVarbit(0);
}

}  // namespace

// By hand: the chunk of surface.md 9.3 that the encoder's test spells out, bit by bit.
TEST_CASE("floats: an XOR chunk, bit by bit") {
  std::string bits = "0000000000000011";  // 3 samples.
  bits +=
      "11010000"
      "00001111";                                     // zigzag(1000) as a varint.
  bits += "0011111111111000" + std::string(48, '0');  // 1.5
  bits +=
      "11101000"
      "00000111"
      "0";  // 1000; the same value.
  bits +=
      "0"
      "11"
      "00001"
      "001101"
      "1111111111111";  // The same step; 2.5.
  const SamplesRead out = Decoded(1, FromBits(bits));
  CHECK(out.t == std::vector<storage::TimestampMs>{1000, 2000, 3000});
  CHECK(out.v == std::vector<double>{1.5, 1.5, 2.5});
  CHECK(out.h.empty());
}

TEST_CASE("floats: what was encoded comes back") {
  const double nan = std::numeric_limits<double>::quiet_NaN();
  const std::vector<storage::TimestampMs> t{-5,        0,          8'191,      24'574,     24'575,   200'000,
                                            1'000'000, 50'000'000, 50'000'001, 50'000'002, 1LL << 50};
  const std::vector<double> v{0, -0.0, 1e300, -1e-300, 12.5, 12.5, nan, std::numeric_limits<double>::infinity(),
                              1, 2,    3};
  const SamplesRead out = Decoded(1, EncodeXorChunk(t, v));
  CHECK(out.t == t);
  REQUIRE(out.v.size() == v.size());
  for (std::size_t i = 0; i < v.size(); ++i) {
    CHECK(std::bit_cast<std::uint64_t>(out.v[i]) == std::bit_cast<std::uint64_t>(v[i]));
  }
}

// The ends of each width of a difference of differences, where a sign bit alone would be wrong.
TEST_CASE("floats: the asymmetric ranges of times") {
  for (const std::int64_t change : {8'192LL, -8'191LL, 65'536LL, -65'535LL, 524'288LL, -524'287LL, 524'289LL}) {
    const std::vector<storage::TimestampMs> t{0, 1'000'000, 2'000'000 + change};
    const std::vector<double> v{1, 1, 1};
    CHECK(Decoded(1, EncodeXorChunk(t, v)).t == t);
  }
}

TEST_CASE("varbits at their limits") {
  for (const std::int64_t value : std::initializer_list<std::int64_t>{
           0LL, 1LL, 4LL, -3LL, -4LL, 5LL, 32LL, 33LL, -31LL, 256LL, -255LL, 2048LL, 131072LL, -131071LL, 16777216LL,
           1LL << 55, -(1LL << 55) + 1, INT64_MAX, INT64_MIN}) {
    ChunkBits out;
    out.PutVarbit(value);
    const std::string bytes = out.bytes();
    ChunkBitReader in(bytes);
    CHECK(in.Varbit() == value);
    CHECK_FALSE(in.failed());
  }
}

// Three samples as Prometheus' appender writes them: values, differences, changes of differences.
TEST_CASE("integer histograms: several samples of one layout") {
  ChunkBits chunk;
  PutLayout(chunk, 0b10, 3);
  chunk.PutVarbit(1'000);  // Time, count 5, zero count 1, sum 2.5, buckets 1 and 1 + 1, negative 1.
  chunk.PutVarbitUnsigned(5);
  chunk.PutVarbitUnsigned(1);
  chunk.PutDouble(2.5);
  chunk.PutVarbit(1);
  chunk.PutVarbit(1);
  chunk.PutVarbit(1);
  chunk.PutVarbit(500);  // +500 ms, count +3 = 8, zero count +1 = 2, the same sum.
  chunk.PutVarbit(3);
  chunk.PutVarbit(1);
  chunk.Put(0, 1);
  chunk.PutVarbit(1);  // First bucket 2; second 2 + (1 + 0) = 3; negative 1.
  chunk.PutVarbit(0);
  chunk.PutVarbit(0);
  chunk.PutVarbit(-100);  // +400 ms, count +3 - 1 = 10, zero count +1 - 1 = 2.
  chunk.PutVarbit(-1);
  chunk.PutVarbit(-1);
  chunk.Put(0, 1);
  chunk.PutVarbit(-1);  // First 2; second 2 + (1 + 1) = 4; negative 1 + 1 = 2.
  chunk.PutVarbit(1);
  chunk.PutVarbit(1);
  const SamplesRead out = Decoded(2, chunk.bytes());
  REQUIRE(out.t == std::vector<storage::TimestampMs>{1'000, 1'500, 1'900});
  REQUIRE(out.h.size() == 3);
  const auto& h = out.h;
  CHECK(h[0]->integer);
  CHECK(h[0]->schema == 1);
  CHECK(h[0]->zero_threshold == 0x1p-128);
  CHECK(h[0]->positive_spans == std::vector<storage::BucketSpan>{{-3, 2}});
  CHECK(h[0]->positive_buckets == std::vector<double>{1, 2});
  CHECK(h[0]->negative_buckets == std::vector<double>{1});
  CHECK(h[0]->hint == storage::CounterResetHint::kUnknown);
  CHECK(h[1]->count == 8);
  CHECK(h[1]->zero_count == 2);
  CHECK(h[1]->sum == 2.5);
  CHECK(h[1]->positive_buckets == std::vector<double>{2, 3});
  CHECK(h[1]->hint == storage::CounterResetHint::kNotReset);
  CHECK(h[2]->count == 10);
  CHECK(h[2]->positive_buckets == std::vector<double>{2, 4});
  CHECK(h[2]->negative_buckets == std::vector<double>{2});
}

TEST_CASE("float histograms: each number has its own window") {
  ChunkBits chunk;
  PutLayout(chunk, 0b11, 2);
  chunk.PutVarbit(10);
  for (const double number : {6.0, 1.0, 0.5, 2.0, 2.5, 0.5}) chunk.PutDouble(number);
  chunk.PutVarbit(10);
  // 6 to 7 (4018... and 401c...): 13 leading zeroes, 1 bit; the others stay.
  chunk.Put(0b11, 2);
  chunk.Put(13, 5);
  chunk.Put(1, 6);
  chunk.Put(1, 1);
  for (int i = 0; i < 4; ++i) chunk.Put(0, 1);
  // The last bucket, 0.5 to 1.5 (3fe0... and 3ff8...): 11 leading zeroes, 2 bits.
  chunk.Put(0b11, 2);
  chunk.Put(11, 5);
  chunk.Put(2, 6);
  chunk.Put(0b11, 2);
  const SamplesRead out = Decoded(3, chunk.bytes());
  REQUIRE(out.h.size() == 2);
  CHECK_FALSE(out.h[0]->integer);
  CHECK(out.h[0]->hint == storage::CounterResetHint::kGauge);
  CHECK(out.t[1] == 20);
  CHECK(out.h[1]->count == 7);
  CHECK(out.h[1]->positive_buckets == std::vector<double>{2, 2.5});
  CHECK(out.h[1]->negative_buckets == std::vector<double>{1.5});
  CHECK(out.h[1]->hint == storage::CounterResetHint::kGauge);
}

TEST_CASE("histograms: what was encoded comes back") {
  storage::FloatHistogram h;
  h.schema = storage::kCustomBucketsSchema;
  h.custom_values = {0.005, 1, 1e10};
  h.positive_spans = {{0, 2}, {1, 1}};
  h.positive_buckets = {1, 0.5, 2};
  h.count = 3.5;
  h.sum = -1;
  ChunkType type = ChunkType::kXor;
  const std::string bytes = EncodeHistogramChunk(7, h, &type);
  const SamplesRead out = Decoded(static_cast<std::uint64_t>(type), bytes);
  REQUIRE(out.h.size() == 1);
  CHECK(out.h[0]->custom_values == h.custom_values);
  CHECK(out.h[0]->positive_spans == h.positive_spans);
  CHECK(out.h[0]->positive_buckets == h.positive_buckets);
  CHECK(out.h[0]->count == 3.5);
}

TEST_CASE("a stale histogram is a stale float, without buckets") {
  ChunkBits chunk;
  PutLayout(chunk, 0, 2);
  chunk.PutVarbit(10);
  chunk.PutVarbitUnsigned(3);
  chunk.PutVarbitUnsigned(0);
  chunk.PutDouble(0);
  for (const int bucket : {1, 0, 1}) chunk.PutVarbit(bucket);
  chunk.PutVarbit(10);
  chunk.PutVarbit(0);
  chunk.PutVarbit(0);
  chunk.Put(0b11, 2);  // 0 to 7ff0000000000002: one leading zero, 62 bits.
  chunk.Put(1, 5);
  chunk.Put(62, 6);
  chunk.Put(0x7ff0000000000002u >> 1, 62);
  const SamplesRead out = Decoded(2, chunk.bytes());
  REQUIRE(out.size() == 2);
  CHECK(out.h[0] != nullptr);
  CHECK(out.h[1] == nullptr);
  CHECK(std::bit_cast<std::uint64_t>(out.v[1]) == 0x7ff0000000000002u);
}

TEST_CASE("chunks that are none") {
  SamplesRead out;
  CHECK(Decode(9, "ab", kMany, out).error().what == "unsupported chunk encoding 9");
  CHECK(Decode(1, "", kMany, out).has_value());
  CHECK(Decode(1, std::string("\x00\x02", 2), kMany, out).error().what == "malformed chunk");
  CHECK(Decode(1, std::string("\xff\xff", 2), 100, out).error().code == storage::Errc::kLimit);
  const std::vector<storage::TimestampMs> t{0, 1, 2};
  const std::vector<double> v{1, 2, 3};
  CHECK(Decode(1, EncodeXorChunk(t, v), 2, out).error().code == storage::Errc::kLimit);
}

// Nothing is read past the end and nothing large is made of few bytes, whatever they are.
TEST_CASE("hostile chunks") {
  storage::FloatHistogram h;
  h.integer = true;
  h.positive_spans = {{1, 3}};
  h.positive_buckets = {1, 2, 3};
  h.count = 6;
  ChunkType type = ChunkType::kXor;
  const std::string histogram = EncodeHistogramChunk(7, h, &type);
  const std::vector<storage::TimestampMs> t{0, 10, 25};
  const std::vector<double> v{1, 2.5, 3};
  for (const std::string& chunk : {histogram, EncodeXorChunk(t, v)}) {
    for (std::size_t i = 0; i < chunk.size() * 8; ++i) {
      std::string changed = chunk;
      changed[i / 8] = static_cast<char>(changed[i / 8] ^ (1 << (i % 8)));
      for (const std::uint64_t encoding : {1, 2, 3}) {
        SamplesRead out;
        static_cast<void>(Decode(encoding, changed, kMany, out));
        static_cast<void>(Decode(encoding, changed.substr(0, i / 8), kMany, out));
      }
    }
  }
}
