// Per series what the data folder holds: where its samples begin and end, and what they cost. Private to the room.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "storage/inspect/analysis.h"
#include "storage/inspect/opened_folder.h"
#include "storage/inspect/stored_catalog.h"

namespace vigia::storage {

struct SeriesFigures {
  std::uint64_t samples = 0;
  std::uint64_t bytes = 0;
  TimestampMs first_t = kMaxTimestampMs;
  TimestampMs last_t = kMinTimestampMs;
};

struct StoredFigures {
  std::unordered_map<std::uint64_t, SeriesFigures> series;  // By target << 32 | column.
  std::map<std::string, Cost, std::less<>> encodings;
  std::uint64_t group_bytes = 0;
  std::uint64_t file_bytes = 0;
  std::uint64_t log_samples = 0;
};

// Of the columns that `wanted` tells.
Status CollectFigures(const OpenedFolder& folder, const StoredCatalog& catalog,
                      const std::function<bool(std::uint32_t target, std::uint32_t column)>& wanted,
                      StoredFigures& out);

}  // namespace vigia::storage
