#include "storage/tsdb/exemplar_record.h"

#include <bit>

#include "storage/bytes/varint.h"
#include "storage/head/series_map.h"
#include "storage/model/format_version.h"

namespace vigia::storage {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint8_t kOwnTime = 1;  // Flag.

}  // namespace

std::string EncodeExemplar(const ExemplarRecord& record) {
  std::string out;
  out.push_back(static_cast<char>(kVersion));
  PutVarint(out, record.number);
  PutVarint(out, TargetOf(record.series));
  PutVarint(out, ColumnOf(record.series));
  PutFixed64(out, record.series_hash);
  PutZigZag(out, record.exemplar.t);
  PutFixed64(out, std::bit_cast<std::uint64_t>(record.exemplar.v));
  out.push_back(static_cast<char>(record.exemplar.has_own_time ? kOwnTime : 0));
  return out += record.exemplar.labels.bytes();
}

Result<ExemplarRecord> DecodeExemplar(std::string_view bytes) {
  ByteReader in(bytes);
  ExemplarRecord record;
  const std::uint8_t version = in.Byte();
  record.number = in.Varint();
  const std::uint64_t target = in.Varint();
  const std::uint64_t column = in.Varint();
  record.series_hash = in.Fixed64();
  record.exemplar.t = in.ZigZagVarint();
  record.exemplar.v = std::bit_cast<double>(in.Fixed64());
  record.exemplar.has_own_time = (in.Byte() & kOwnTime) != 0;
  if (IsNewerVersion(version, kVersion)) return WrittenByNewer("exemplar", version, kVersion);
  const bool good = in.ok() && version == kVersion && target <= UINT32_MAX && column <= UINT32_MAX;
  if (!good || !Labels::IsWellFormed(in.rest())) return Error{Errc::kCorruption, "damaged exemplar"};
  record.series = MakeRef(static_cast<TargetId>(target), static_cast<std::uint32_t>(column));
  record.exemplar.labels = Labels::FromBytes(std::string(in.rest()));
  return record;
}

}  // namespace vigia::storage
