// tsdb list, tsdb analyze, tsdb verify: what a stopped data folder consists of.
#include <charconv>
#include <filesystem>
#include <ostream>

#include <fmt/format.h>

#include "promql/parser/parse.h"
#include "server/tool/arguments.h"
#include "server/tool/commands.h"
#include "server/tool/tsdb_runs.h"
#include "server/tool/tsdb_text.h"
#include "storage/inspect/analysis.h"
#include "storage/inspect/inventory.h"
#include "storage/inspect/place.h"
#include "storage/inspect/verify.h"

namespace vigia::server {
namespace {

constexpr std::string_view kDefaultFolder = "data";

int Wrong(const ToolWorld& world, std::string_view what) {
  world.err << "vigiatool: error: " << what << "\n";
  return kFailure;
}

// The one positional argument, the data folder, opened.
storage::Result<std::unique_ptr<storage::OpenedFolder>> OpenNamed(const Arguments& arguments) {
  const auto& words = arguments.positional();
  if (words.size() > 1) return storage::Error{storage::Errc::kInvalid, "expected one data folder"};
  return storage::OpenedFolder::Open(words.empty() ? std::string(kDefaultFolder) : words[0]);
}

void PrintInventory(const storage::Inventory& inventory, const Notation& as, std::ostream& out) {
  PrintRuns(inventory.runs, inventory.logs, as, out);
  for (const std::string& file : inventory.left_overs) {
    out << "left over, the next start of the server removes it: " << file << "\n";
  }
  if (inventory.quarantined_records > 0) {
    out << fmt::format("{} records are in the quarantine: see tsdb verify\n", inventory.quarantined_records);
  }
}

void PrintFigures(std::string_view title, const std::vector<storage::Figure>& figures, std::ostream& out) {
  out << "\n" << title << ":\n";
  for (const auto& figure : figures) out << figure.value << " " << figure.name << "\n";
}

void PrintCosts(std::string_view title, const std::vector<storage::Cost>& costs, std::ostream& out) {
  out << "\n" << title << ":\n";
  for (const auto& cost : costs) {
    const double each = cost.samples > 0 ? static_cast<double>(cost.bytes) / static_cast<double>(cost.samples) : 0;
    out << fmt::format("{} {} ({} samples, {:.3f} bytes each)\n", cost.bytes, cost.name, cost.samples, each);
  }
}

void PrintAnalysis(const storage::Analysis& a, std::ostream& out) {
  if (a.series == 0) {
    out << "Total Series: 0\n";
    return;
  }
  out << fmt::format("Time range: {} to {}\nDuration: {}\n", storage::TimeText(a.min_t), storage::TimeText(a.max_t),
                     DurationText(a.max_t - a.min_t));
  out << fmt::format("Total Series: {}\nTotal Samples: {} ({} of them in the log)\nLabel names: {}\n", a.series,
                     a.samples, a.log_samples, a.label_names);
  out << fmt::format("Postings (unique label pairs): {}\nPostings entries (total label pairs): {}\n", a.label_pairs,
                     a.label_pair_entries);
  out << fmt::format("Row groups: {} bytes, in files of {} bytes\n", a.group_bytes, a.file_bytes);
  PrintFigures("Label pairs most involved in churning", a.churning_pairs, out);
  PrintFigures("Label names most involved in churning", a.churning_names, out);
  PrintFigures("Most common label pairs", a.common_pairs, out);
  PrintFigures("Label names with highest cumulative label value length", a.longest_values, out);
  PrintFigures("Highest cardinality labels", a.most_values, out);
  PrintFigures("Highest cardinality metric names", a.series_by_metric, out);
  PrintCosts("Metric names with most bytes (row groups, before block compression)", a.cost_by_metric, out);
  PrintCosts("Bytes by encoding (row groups, before block compression)", a.cost_by_encoding, out);
}

std::string_view KindText(storage::FindingKind kind) {
  switch (kind) {
    case storage::FindingKind::kDamage: return "DAMAGED";
    case storage::FindingKind::kNewer: return "NEWER VERSION";
    case storage::FindingKind::kSetAside: return "QUARANTINED";
    case storage::FindingKind::kLeftOver: return "LEFT OVER";
  }
  return {};
}

}  // namespace

int TsdbList(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(words, {{}, {"human-readable", "r"}});
  if (!arguments) return Wrong(world, arguments.error().what);
  const auto folder = OpenNamed(*arguments);
  if (!folder) return Wrong(world, folder.error().what);
  const auto inventory = storage::TakeInventory(**folder);
  if (!inventory) return Wrong(world, inventory.error().what);
  PrintInventory(*inventory, {arguments->Is("human-readable") || arguments->Is("r")}, world.out);
  return kSuccess;
}

int TsdbAnalyze(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(words, {{"limit", "n", "match"}, {}});
  if (!arguments) return Wrong(world, arguments.error().what);
  storage::AnalysisOptions options;
  const std::string limit = arguments->Get("limit", arguments->Get("n", "20"));
  const auto [end, error] = std::from_chars(limit.data(), limit.data() + limit.size(), options.limit);
  if (error != std::errc() || end != limit.data() + limit.size()) {
    return Wrong(world, fmt::format("expected a number for --limit, got '{}'", limit));
  }
  if (const std::string match = arguments->Get("match"); !match.empty()) {
    auto matchers = promql::ParseMetricSelector(match);
    if (!matchers) return Wrong(world, matchers.error().what);
    options.matchers = std::move(*matchers);
  }
  const auto folder = OpenNamed(*arguments);
  if (!folder) return Wrong(world, folder.error().what);
  const auto analysis = storage::Analyze(**folder, options);
  if (!analysis) return Wrong(world, analysis.error().what + " (tsdb verify tells more)");
  PrintAnalysis(*analysis, world.out);
  return kSuccess;
}

int TsdbVerify(const Words& words, const ToolWorld& world) {
  const auto arguments = Arguments::Parse(words, {{}, {}});
  if (!arguments) return Wrong(world, arguments.error().what);
  const auto folder = OpenNamed(*arguments);
  if (!folder) return Wrong(world, folder.error().what);
  bool failed = false;
  const auto summary = storage::Verify(**folder, [&](const storage::Finding& finding) {
    // What the server knows of, or cleans up itself, is told but is no failure.
    failed = failed || finding.kind == storage::FindingKind::kDamage || finding.kind == storage::FindingKind::kNewer;
    world.out << fmt::format("{}: {}: {}: {}\n", KindText(finding.kind), finding.file, finding.place, finding.what);
  });
  if (!summary) return Wrong(world, summary.error().what);
  world.out << fmt::format(
      "{}: {} files, {} records, {} row groups, {} log frames, {} exemplars, {} samples, {} series, {} findings\n",
      failed ? "FAILED" : "SUCCESS", summary->files, summary->records, summary->row_groups, summary->frames,
      summary->exemplars, summary->samples, summary->series, summary->findings);
  return failed ? kFailure : kSuccess;
}

}  // namespace vigia::server
