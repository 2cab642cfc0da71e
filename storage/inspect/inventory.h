// What a data folder consists of: runs with their files, the row log.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "storage/inspect/opened_folder.h"
#include "storage/rowgroup/run.h"

namespace vigia::storage {

struct RunFigures {
  Run run;
  std::uint64_t series = 0;        // Columns that the run's record names.
  std::uint64_t file_bytes = 0;    // Compressed, as on the disk.
  std::vector<std::string> files;  // Names within the database's folder.
};

// Of one family of the row log. Rows that are at rest already, and wait for the family to be dropped, count too.
struct LogFigures {
  Family family = Family::kWal0;
  std::uint64_t frames = 0;
  std::uint64_t bytes = 0;
  std::uint64_t samples = 0;
  TimestampMs min_t = kMaxTimestampMs;
  TimestampMs max_t = kMinTimestampMs;
};

struct Inventory {
  std::vector<RunFigures> runs;           // By day, tier and id.
  std::vector<LogFigures> logs;           // Those that have frames, in the order in which they were written.
  std::vector<std::string> left_overs;    // Files of row groups that belong to no run: the next start removes them.
  std::uint64_t catalog_bytes = 0;        // Table files of the families beside row groups.
  std::uint64_t quarantined_records = 0;  // Runs among them are not listed.
};

Result<Inventory> TakeInventory(const OpenedFolder& folder);

}  // namespace vigia::storage
