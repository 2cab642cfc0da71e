// What the commands below `tsdb create-blocks-from` have in common. Internal to the room.
#pragma once

#include <string>
#include <string_view>

#include "server/tool/arguments.h"
#include "server/tool/backfill.h"
#include "server/tool/commands.h"

namespace vigia::server {

inline constexpr std::string_view kBackfillFolder = "data/";

int CreateBlocksFromOpenMetrics(const Words& words, const ToolWorld& world);
int CreateBlocksFromRules(const Words& words, const ToolWorld& world);

// Says what is wrong; the exit code.
int CreateBlocksFailed(const ToolWorld& world, std::string_view what);
// Lists the runs of the days that were written to, unless `arguments` say --quiet, and what was left out; the exit
// code.
int ReportBackfill(const Backfill& backfill, const std::string& folder, const Arguments& arguments,
                   const ToolWorld& world);

}  // namespace vigia::server
