#include "server/wire/repeated_fields.h"

#include <bit>
#include <string_view>

namespace vigia::server {
namespace {

// Calls add(number) for each number of a field whose numbers are varints.
template <class Add>
void ForEachVarint(WireReader& reader, const Add& add) {
  if (reader.type() == WireType::kVarint) return add(reader.number());
  if (!reader.Expect(WireType::kBytes)) return;
  WireReader packed(reader.bytes());
  std::uint64_t number = 0;
  while (!packed.AtEnd()) {
    if (packed.Varint(number)) add(number);
  }
  if (packed.error() != nullptr) reader.Fail(packed.error());
}

template <class Add>
void ForEachFixed64(WireReader& reader, const Add& add) {
  if (reader.type() == WireType::kFixed64) return add(reader.number());
  if (!reader.Expect(WireType::kBytes)) return;
  const std::string_view packed = reader.bytes();
  if (packed.size() % 8 != 0) {
    reader.Fail("unexpected end of the message");
    return;
  }
  for (std::size_t at = 0; at < packed.size(); at += 8) add(storage::LoadFixed64(packed.data() + at));
}

}  // namespace

void ReadSignedVarints(WireReader& reader, std::vector<std::int64_t>& out) {
  ForEachVarint(reader, [&](std::uint64_t number) { out.push_back(storage::UnZigZag(number)); });
}

void ReadVarints(WireReader& reader, std::vector<std::uint64_t>& out) {
  ForEachVarint(reader, [&](std::uint64_t number) { out.push_back(number); });
}

void ReadFixed64s(WireReader& reader, std::vector<std::uint64_t>& out) {
  ForEachFixed64(reader, [&](std::uint64_t number) { out.push_back(number); });
}

void ReadDoubles(WireReader& reader, std::vector<double>& out) {
  ForEachFixed64(reader, [&](std::uint64_t number) { out.push_back(std::bit_cast<double>(number)); });
}

void ReadSpan(WireReader& reader, std::vector<storage::BucketSpan>& out) {
  if (!reader.Expect(WireType::kBytes)) return;
  storage::BucketSpan span;
  WireReader fields(reader.bytes());
  while (fields.Next()) {
    if (fields.field() > 2) continue;
    if (!fields.Expect(WireType::kVarint)) break;
    if (fields.field() == 1) {
      span.offset = Signed32(fields.number());
    } else {
      span.length = static_cast<std::uint32_t>(fields.number());
    }
  }
  if (fields.error() != nullptr) reader.Fail(fields.error());
  out.push_back(span);
}

std::vector<double> CountsOfDeltas(const std::vector<std::int64_t>& deltas) {
  std::vector<double> counts;
  counts.reserve(deltas.size());
  std::int64_t bucket = 0;
  for (const std::int64_t delta : deltas) counts.push_back(static_cast<double>(bucket += delta));
  return counts;
}

}  // namespace vigia::server
