// The runs of a data folder as a table. Internal to the room.
#pragma once

#include <ostream>
#include <string>
#include <vector>

#include "storage/inspect/inventory.h"

namespace vigia::server {

// Times and sizes for people, or as plain numbers.
struct Notation {
  bool human = false;
  std::string Time(storage::TimestampMs t) const;
  std::string Duration(std::int64_t ms) const;
  std::string Size(std::uint64_t bytes) const;
};

void PrintRuns(const std::vector<storage::RunFigures>& runs, const std::vector<storage::LogFigures>& logs,
               const Notation& as, std::ostream& out);

}  // namespace vigia::server
