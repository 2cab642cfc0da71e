// Names of places in a data folder, for people.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "storage/kv/store.h"
#include "storage/model/timestamp.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

// Where a row group is, as its key says.
struct GroupPlace {
  std::int32_t day = 0;
  std::uint8_t tier = 0;
  std::uint64_t run = 0;
  std::uint32_t target = 0;
  std::uint32_t page = 0;
  std::uint32_t chunk = 0;
};
// False when the key is not one of a row group.
bool ParseGroupKey(std::string_view key, GroupPlace* place);

std::int64_t UtcDay(TimestampMs t);            // Of any time, also one that no sample can have.
std::string DayText(std::int32_t day);         // "2026-11-22"
std::string TimeText(TimestampMs t);           // "2026-11-22T10:00:00.000Z"
std::string RunText(const Run& run);           // "run 17 (2026-11-22, tier 1)"
std::string GroupText(std::string_view key);   // "row group of run 17 (...), target 3, page 0, chunk 2"
std::string RecordText(std::string_view key);  // Of catalog or quarantine: "line 12", "record with key 7a00"
std::string_view FamilyText(Family family);    // "cat", "data", ...
std::string HexText(std::string_view bytes);

}  // namespace vigia::storage
