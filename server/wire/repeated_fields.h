// Repeated numbers and bucket spans inside of messages: packed or one by one, as a decoder must take both.
#pragma once

#include <cstdint>
#include <vector>

#include "server/wire/wire_reader.h"
#include "storage/model/histogram.h"

namespace vigia::server {

// Each appends what the reader's current field holds; a fault is told by reader.error().
void ReadSignedVarints(WireReader& reader, std::vector<std::int64_t>& out);  // sint32, sint64
void ReadVarints(WireReader& reader, std::vector<std::uint64_t>& out);
void ReadFixed64s(WireReader& reader, std::vector<std::uint64_t>& out);
void ReadDoubles(WireReader& reader, std::vector<double>& out);
// BucketSpan offset = 1 (sint32), length = 2 (uint32).
void ReadSpan(WireReader& reader, std::vector<storage::BucketSpan>& out);

inline std::int32_t Signed32(std::uint64_t number) {
  return static_cast<std::int32_t>(storage::UnZigZag(static_cast<std::uint32_t>(number)));
}

// Absolute counts of buckets that came as differences. REQUIRES: no sum overflows, as CheckIntegerCounts() finds.
std::vector<double> CountsOfDeltas(const std::vector<std::int64_t>& deltas);

}  // namespace vigia::server
