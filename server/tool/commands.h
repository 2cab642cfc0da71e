// The sub-commands: each takes the words after its name and returns the exit code. Internal to the room.
#pragma once

#include <string>
#include <vector>

#include "server/tool/tool.h"

namespace vigia::server {

using Words = std::vector<std::string>;

int CheckConfig(const Words& words, const ToolWorld& world);
int CheckRules(const Words& words, const ToolWorld& world);
int CheckHealthy(const Words& words, const ToolWorld& world);
int CheckReady(const Words& words, const ToolWorld& world);
int ExplainQuery(const Words& words, const ToolWorld& world);
int FormatQuery(const Words& words, const ToolWorld& world);
int LabelMatchers(const Words& words, const ToolWorld& world);
int QueryInstant(const Words& words, const ToolWorld& world);
int QueryRange(const Words& words, const ToolWorld& world);
int QuerySeries(const Words& words, const ToolWorld& world);
int QueryLabels(const Words& words, const ToolWorld& world);
int TsdbAnalyze(const Words& words, const ToolWorld& world);
int TsdbList(const Words& words, const ToolWorld& world);
int TsdbDump(const Words& words, const ToolWorld& world);
int TsdbDumpOpenMetrics(const Words& words, const ToolWorld& world);
int TsdbCreateBlocksFrom(const Words& words, const ToolWorld& world);
int TsdbVerify(const Words& words, const ToolWorld& world);

}  // namespace vigia::server
