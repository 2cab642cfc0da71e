#include "server/tool/tsdb_runs.h"

#include <fmt/format.h>

#include "server/tool/tsdb_text.h"
#include "storage/inspect/place.h"

namespace vigia::server {

std::string Notation::Time(storage::TimestampMs t) const { return human ? storage::TimeText(t) : fmt::to_string(t); }
std::string Notation::Duration(std::int64_t ms) const { return human ? DurationText(ms) : fmt::to_string(ms); }
std::string Notation::Size(std::uint64_t bytes) const { return human ? ByteSizeText(bytes) : fmt::to_string(bytes); }

void PrintRuns(const std::vector<storage::RunFigures>& runs, const std::vector<storage::LogFigures>& logs,
               const Notation& as, std::ostream& out) {
  Table table;
  table.Add({"DAY", "TIER", "RUN", "MIN TIME", "MAX TIME", "DURATION", "NUM SAMPLES", "NUM SERIES", "SIZE", "FILES"});
  for (const auto& figures : runs) {
    const storage::Run& run = figures.run;
    std::string files;
    for (const std::string& file : figures.files) files += (files.empty() ? "" : " ") + file;
    table.Add({storage::DayText(run.day), fmt::to_string(run.tier), fmt::to_string(run.id), as.Time(run.min_t),
               as.Time(run.max_t), as.Duration(run.max_t - run.min_t), fmt::to_string(run.samples),
               fmt::to_string(figures.series), as.Size(figures.file_bytes), files});
  }
  for (const auto& log : logs) {
    table.Add({"log", "-", std::string(storage::FamilyText(log.family)), as.Time(log.min_t), as.Time(log.max_t),
               as.Duration(log.max_t - log.min_t), fmt::to_string(log.samples), "-", as.Size(log.bytes), "-"});
  }
  table.Print(out);
}

}  // namespace vigia::server
