#include "server/tool/create_blocks.h"

#include <algorithm>
#include <ostream>

#include <fmt/format.h>

#include "server/tool/tsdb_runs.h"
#include "storage/inspect/inventory.h"

namespace vigia::server {
namespace {

constexpr std::string_view kHelp =
    "usage: vigiatool tsdb create-blocks-from [<flags>] <command> [<args> ...]\n"
    "\n"
    "Import samples and store them in the data folder of a stopped server, sealed and settled.\n"
    "\n"
    "Flags:\n"
    "  -h, --help            Show this help.\n"
    "  -r, --human-readable  Print human readable values.\n"
    "  -q, --quiet           Do not print what was created.\n"
    "\n"
    "Subcommands:\n"
    "tsdb create-blocks-from openmetrics [<flags>] <input file> [<output directory>]\n"
    "    Import samples from OpenMetrics input. Each sample needs a timestamp.\n"
    "\n"
    "    --label=KEY=VALUE ...        Label to attach to metrics. Can be specified multiple times.\n"
    "                                 Example --label=label_name=label_value\n"
    "    <input file>                 OpenMetrics file to read samples from.\n"
    "    [<output directory>]         Data folder, made when it is not there; \"data/\" when not given.\n"
    "\n"
    "tsdb create-blocks-from rules --start=START [<flags>] <rule-files>...\n"
    "    Create samples of new recording rules for times in the past.\n"
    "\n"
    "    --url=http://localhost:9090  The server with the data where the rule will be backfilled from.\n"
    "    --start=START                The time to start backfilling the new rule from. Must be a RFC3339\n"
    "                                 formatted date or Unix timestamp. Required.\n"
    "    --end=END                    If an end time is provided, all recording rules in the rule files\n"
    "                                 provided will be backfilled to the end time. Default will backfill\n"
    "                                 up to 3 hours ago. Must be a RFC3339 formatted date or Unix timestamp.\n"
    "    --output-dir=\"data/\"         Data folder of a stopped server, made when it is not there.\n"
    "    --eval-interval=60s          How frequently to evaluate rules when backfilling if a value is not set\n"
    "                                 in the recording rule files.\n"
    "    <rule-files>                 One or more files containing recording rules to be backfilled. Alerting\n"
    "                                 rules are not evaluated.\n";

}  // namespace

int CreateBlocksFailed(const ToolWorld& world, std::string_view what) {
  world.err << "vigiatool: error: " << what << "\n";
  return kFailure;
}

int ReportBackfill(const Backfill& backfill, const std::string& folder, const Arguments& arguments,
                   const ToolWorld& world) {
  if (backfill.conflicts() > 0) {
    world.err << fmt::format(
        "vigiatool: {} samples are left out: their series has another value at the same time, which stays (first: "
        "{})\n",
        backfill.conflicts(), backfill.first_conflict());
  }
  if (arguments.Is("quiet") || arguments.Is("q") || backfill.days().empty()) return kSuccess;
  const auto opened = storage::OpenedFolder::Open(folder);
  if (!opened) return CreateBlocksFailed(world, opened.error().what);
  auto inventory = storage::TakeInventory(**opened);
  if (!inventory) return CreateBlocksFailed(world, inventory.error().what);
  std::erase_if(inventory->runs, [&](const auto& figures) { return !backfill.days().contains(figures.run.day); });
  PrintRuns(inventory->runs, {}, {arguments.Is("human-readable") || arguments.Is("r")}, world.out);
  return kSuccess;
}

int TsdbCreateBlocksFrom(const Words& words, const ToolWorld& world) {
  if (std::any_of(words.begin(), words.end(), [](const auto& word) { return word == "--help" || word == "-h"; })) {
    world.out << kHelp;
    return kSuccess;
  }
  // Flags of this level, none of which has a value, may stand before the command.
  const auto command =
      std::find_if(words.begin(), words.end(), [](const auto& word) { return !word.starts_with('-'); });
  if (command == words.end()) {
    return CreateBlocksFailed(world, "must select a subcommand of 'tsdb create-blocks-from', try --help");
  }
  Words rest(words.begin(), command);
  rest.insert(rest.end(), command + 1, words.end());
  if (*command == "openmetrics") return CreateBlocksFromOpenMetrics(rest, world);
  if (*command == "rules") return CreateBlocksFromRules(rest, world);
  return CreateBlocksFailed(world, fmt::format("expected command but got \"{}\", try --help", *command));
}

}  // namespace vigia::server
