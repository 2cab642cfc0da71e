#include "storage/inspect/inventory.h"

#include <algorithm>
#include <filesystem>

#include "storage/inspect/log_reader.h"
#include "storage/inspect/stored_catalog.h"

namespace vigia::storage {
namespace {

RunFigures FiguresOf(Run run) {
  RunFigures figures;
  figures.run = std::move(run);
  for (const RunTarget& entry : figures.run.targets) {
    for (const auto& [first, end] : entry.columns.ranges()) figures.series += end - first;
  }
  return figures;
}

void See(TimestampMs t, LogFigures& log) {
  log.min_t = std::min(log.min_t, t);
  log.max_t = std::max(log.max_t, t);
}

void Count(const LoggedFrame& logged, std::vector<LogFigures>& logs) {
  if (logs.empty() || logs.back().family != logged.family) logs.emplace_back().family = logged.family;
  LogFigures& log = logs.back();
  ++log.frames;
  log.bytes += logged.bytes;
  for (const FrameSection& section : logged.frame.sections) {
    for (const FrameRow& row : section.rows) {
      log.samples += row.cells.size() + row.histograms.size();
      See(row.t, log);
    }
  }
}

}  // namespace

Result<Inventory> TakeInventory(const OpenedFolder& folder) {
  StoredCatalog catalog;
  const auto ignore = [](std::string_view, const Error&) {};  // Verification tells of damage.
  if (Status status = ReadStoredCatalog(folder.store(), ignore, catalog); !status) return status.error();
  Inventory out;
  out.quarantined_records = catalog.quarantined.size();
  for (Run& run : catalog.runs) out.runs.push_back(FiguresOf(std::move(run)));
  for (const TableFile& file : folder.store().TableFiles()) {
    if (file.family != Family::kData) {
      out.catalog_bytes += file.bytes;
      continue;
    }
    const std::string name = std::filesystem::path(file.path).filename().string();
    bool owned = false;
    for (RunFigures& figures : out.runs) {
      const auto [begin, end] = RunKeyRange(figures.run.day, figures.run.tier, figures.run.id);
      if (file.first_key < begin || file.first_key >= end) continue;
      figures.files.push_back(name);
      figures.file_bytes += file.bytes;
      owned = true;
    }
    if (!owned) out.left_overs.push_back(name);
  }
  const auto count = [&out](const LoggedFrame& logged) -> Status {
    Count(logged, out.logs);
    return {};
  };
  const auto skip = [](Family, std::uint64_t, const Error&) { return Status(); };
  if (Status status = LogReader().Read(folder.store(), count, skip); !status) return status.error();
  return out;
}

}  // namespace vigia::storage
