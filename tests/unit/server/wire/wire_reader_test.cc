#include "server/wire/wire_reader.h"

#include "tests/support/catch.h"
#include "tests/unit/server/remote/write_encoder.h"

using namespace vigia;
using namespace vigia::tests;
using server::WireReader;
using server::WireType;

namespace {
// Reads all fields; "" or the error.
std::string ErrorOf(const std::string& bytes) {
  WireReader reader(bytes);
  while (reader.Next()) {
  }
  return reader.error() == nullptr ? "" : reader.error();
}
}  // namespace

// The examples of protobuf.dev/programming-guides/encoding.
TEST_CASE("fields of the encoding guide", "[wire]") {
  const std::string bytes = std::string("\x08\x96\x01", 3) + std::string("\x12\x07testing", 9);
  WireReader reader(bytes);
  REQUIRE(reader.Next());
  CHECK(reader.field() == 1);
  CHECK(reader.type() == WireType::kVarint);
  CHECK(reader.number() == 150);
  REQUIRE(reader.Next());
  CHECK(reader.field() == 2);
  CHECK(reader.bytes() == "testing");
  CHECK_FALSE(reader.Next());
  CHECK(reader.error() == nullptr);
}

TEST_CASE("numbers of fixed width are little-endian", "[wire]") {
  const std::string bytes = DoubleField(3, -2.5) + Tag(4, 5) + std::string("\x01\x02\x03\x04", 4);
  WireReader reader(bytes);
  REQUIRE(reader.Next());
  CHECK(std::bit_cast<double>(reader.number()) == -2.5);
  REQUIRE(reader.Next());
  CHECK(reader.number() == 0x04030201);
}

TEST_CASE("a negative int64 takes ten bytes", "[wire]") {
  const std::string bytes = VarintField(2, static_cast<std::uint64_t>(std::int64_t{-1}));
  CHECK(bytes.size() == 11);
  WireReader reader(bytes);
  REQUIRE(reader.Next());
  CHECK(static_cast<std::int64_t>(reader.number()) == -1);
}

TEST_CASE("hostile bytes are errors", "[wire]") {
  CHECK(ErrorOf(std::string("\x08", 1)) != "");               // No value.
  CHECK(ErrorOf(Tag(1, 0) + std::string(11, '\xff')) != "");  // A varint without end.
  CHECK(ErrorOf(std::string(12, '\xff')) != "");              // A tag without end.
  CHECK(ErrorOf(Tag(1, 2) + Varint(1)) != "");                // One byte short.
  CHECK(ErrorOf(Tag(1, 2) + Varint(UINT64_MAX)) != "");       // at + size overflows.
  CHECK(ErrorOf(Tag(1, 2) + Varint(UINT64_MAX / 2) + "abc") != "");
  CHECK(ErrorOf(Tag(0, 0) + Varint(1)) != "");                       // Field 0.
  CHECK(ErrorOf(Varint(std::uint64_t{1} << 40) + Varint(1)) != "");  // A field number of more than 29 bits.
  CHECK(ErrorOf(Tag(1, 6)) != "");
  CHECK(ErrorOf(Tag(1, 7)) != "");
  CHECK(ErrorOf(Tag(1, 4)) != "");  // The end of a group that never began.
  CHECK(ErrorOf(Tag(1, 1) + "1234567") != "");
  CHECK(ErrorOf(Tag(1, 5) + "123") != "");
}

TEST_CASE("groups are skipped without recursion", "[wire]") {
  const std::string inside = VarintField(1, 5) + BytesField(2, "x") + DoubleField(3, 1) + Tag(4, 5) + "1234";
  CHECK(ErrorOf(Tag(9, 3) + inside + Tag(8, 3) + Tag(8, 4) + Tag(9, 4) + VarintField(1, 1)) == "");
  CHECK(ErrorOf(Tag(9, 3) + inside) != "");
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) deep += Tag(1, 3);
  CHECK(ErrorOf(deep) != "");
  for (int i = 0; i < 1'000'000; ++i) deep += Tag(1, 4);
  CHECK(ErrorOf(deep) == "");
}

TEST_CASE("nothing is read after an error", "[wire]") {
  const std::string bytes = VarintField(1, 1) + VarintField(2, 2);
  WireReader reader(bytes);
  REQUIRE(reader.Next());
  CHECK_FALSE(reader.Expect(WireType::kBytes));
  CHECK_FALSE(reader.Next());
  CHECK(reader.error() != nullptr);
}
