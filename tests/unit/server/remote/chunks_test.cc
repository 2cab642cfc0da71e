#include "server/remote/chunks.h"

#include "server/remote/chunk_bits.h"
#include "server/remote/chunk_stream.h"
#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;

namespace {

std::string Bits(std::string_view bytes, std::size_t count) {
  std::string out;
  for (std::size_t i = 0; i < count; ++i) {
    out += (static_cast<unsigned char>(bytes[i / 8]) >> (7 - i % 8) & 1) != 0 ? '1' : '0';
  }
  return out;
}

std::string Varbit(std::int64_t value) {
  ChunkBits bits;
  bits.PutVarbit(value);
  return Bits(bits.bytes(), bits.bytes().size() * 8);
}

}  // namespace

// Prefix and payload by the table of surface.md 9.3, with zeroes up to the end of the byte.
TEST_CASE("numbers in Prometheus' lengths") {
  CHECK(Varbit(0) == "00000000");
  CHECK(Varbit(1) ==
        "10"
        "001"
        "000");
  CHECK(Varbit(4) ==
        "10"
        "100"
        "000");  // 3 bits: -3 to 4.
  CHECK(Varbit(-3) ==
        "10"
        "101"
        "000");
  CHECK(Varbit(-4) ==
        "110"
        "111100"
        "0000000");
  CHECK(Varbit(5) ==
        "110"
        "000101"
        "0000000");
  CHECK(Varbit(32) ==
        "110"
        "100000"
        "0000000");
  CHECK(Varbit(33) ==
        "1110"
        "000100001"
        "000");
  CHECK(Varbit(INT64_MIN).substr(0, 8) == "11111111");
  ChunkBits bits;
  bits.PutVarbitUnsigned(7);  // 3 bits: up to 7.
  bits.PutVarbitUnsigned(8);
  CHECK(Bits(bits.bytes(), 14) ==
        "10"
        "111"
        "110"
        "001000");
}

// By hand: 3 samples, 1000 ms apart, of 1.5 (3ff8...), 1.5 and 2.5 (4004...).
TEST_CASE("an XOR chunk, bit by bit") {
  const std::vector<storage::TimestampMs> t{1000, 2000, 3000};
  const std::vector<double> v{1.5, 1.5, 2.5};
  const std::string chunk = EncodeXorChunk(t, v);
  std::string expected = "0000000000000011";  // 3 samples.
  expected +=
      "11010000"
      "00001111";                                         // zigzag(1000) = 2000 as a varint: d0 0f.
  expected += "0011111111111000" + std::string(48, '0');  // 1.5
  expected +=
      "11101000"
      "00000111"
      "0";          // 1000 as a varint: e8 07; the same value.
  expected += "0";  // The same step.
  // 3ff8 ^ 4004 = 7ffc: 1 leading zero, 13 significant bits, 50 trailing zeroes.
  expected +=
      "11"
      "00001"
      "001101"
      "1111111111111";
  CHECK(Bits(chunk, expected.size()) == expected);
  CHECK(chunk.size() == (expected.size() + 7) / 8);
}

TEST_CASE("a histogram chunk, bit by bit") {
  storage::FloatHistogram h;
  h.integer = true;
  h.schema = 1;
  h.zero_threshold = 0x1p-128;
  h.count = 3;
  h.zero_count = 0;
  h.sum = 1.5;
  h.positive_spans = {{2, 2}};
  h.positive_buckets = {1, 2};
  h.hint = storage::CounterResetHint::kNotReset;
  ChunkType type = ChunkType::kXor;
  std::string chunk = EncodeHistogramChunk(4, h, &type);
  CHECK(type == ChunkType::kHistogram);
  std::string expected =
      "0000000000000001"
      "01000000";          // 1 sample, no reset.
  expected += "01110100";  // 116 is 2^-128.
  expected +=
      "10"
      "001";  // Schema 1.
  expected +=
      "10"
      "001"
      "10"
      "010"
      "10"
      "010"
      "0";  // 1 span: length 2, offset 2; no negative ones.
  expected +=
      "10"
      "100"
      "10"
      "011"
      "0";  // Time 4, count 3, none of zero.
  expected += "0011111111111000" + std::string(48, '0');
  expected +=
      "10"
      "001"
      "10"
      "001";  // 1, and 1 more.
  CHECK(Bits(chunk, expected.size()) == expected);
  h.integer = false;
  chunk = EncodeHistogramChunk(4, h, &type);
  CHECK(type == ChunkType::kFloatHistogram);
}

// The check value of CRC-32C (RFC 3720, appendix B.4 has more).
TEST_CASE("CRC-32C") {
  CHECK(Crc32c("123456789") == 0xe3069283u);
  CHECK(Crc32c(std::string(32, '\0')) == 0x8a9136aau);
}
