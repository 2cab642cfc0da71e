#include "storage/inspect/analysis.h"

#include <algorithm>
#include <map>
#include <unordered_map>

#include <fmt/format.h>

#include "storage/inspect/series_figures.h"
#include "storage/inspect/stored_catalog.h"

namespace vigia::storage {
namespace {

// Sums over the series of a target, of a line, of a label pair or of a name.
struct Sums {
  std::uint64_t series = 0;
  double uncovered = 0;  // In ms.
  std::uint64_t bytes = 0;
  std::uint64_t samples = 0;
  void Add(const Sums& other) {
    series += other.series;
    uncovered += other.uncovered;
    bytes += other.bytes;
    samples += other.samples;
  }
};

struct Name {
  Sums sums;
  std::map<std::string, Sums, std::less<>> values;
};
using Names = std::map<std::string, Name, std::less<>>;

void AddLabels(const Labels& labels, const Sums& sums, Names& names) {
  for (const auto& [name, value] : labels) {
    Name& of_name = names[std::string(name)];
    of_name.sums.Add(sums);
    of_name.values[std::string(value)].Add(sums);
  }
}

template <class Entry, class Value>
void KeepLargest(std::vector<Entry>& list, std::size_t limit, Value Entry::*value) {
  std::sort(list.begin(), list.end(), [value](const Entry& a, const Entry& b) {
    return a.*value != b.*value ? a.*value > b.*value : a.name < b.name;
  });
  if (list.size() > limit) list.resize(limit);
}

// A series is its target and its line: what is summed over these two need not look at each series' labels.
Names SumByLabels(const StoredFigures& stored, const StoredCatalog& catalog, TimestampMs min_t, TimestampMs max_t) {
  std::unordered_map<std::uint32_t, Sums> by_target;
  std::unordered_map<std::uint32_t, Sums> by_line;
  for (const auto& [place, series] : stored.series) {
    const auto target = static_cast<std::uint32_t>(place >> 32);
    const double covered = static_cast<double>(series.last_t) - static_cast<double>(series.first_t);
    const double all = static_cast<double>(max_t) - static_cast<double>(min_t);
    const Sums sums{1, all - covered, series.bytes, series.samples};
    by_target[target].Add(sums);
    by_line[catalog.LineOf(target, static_cast<std::uint32_t>(place))].Add(sums);
  }
  Names names;
  for (const auto& [target, sums] : by_target) AddLabels(catalog.targets.at(target), sums, names);
  for (const auto& [line, sums] : by_line) AddLabels(catalog.lines.at(line), sums, names);
  return names;
}

void FillLists(const Names& names, Analysis& out) {
  const double all = std::max(1.0, static_cast<double>(out.max_t) - static_cast<double>(out.min_t));
  const auto missing = [all](const Sums& sums) { return static_cast<std::uint64_t>(sums.uncovered / all); };
  for (const auto& [name, of_name] : names) {
    out.churning_names.push_back({name, missing(of_name.sums)});
    out.most_values.push_back({name, of_name.values.size()});
    Figure& length = out.longest_values.emplace_back(Figure{name, 0});
    for (const auto& [value, sums] : of_name.values) {
      ++out.label_pairs;
      out.label_pair_entries += sums.series;
      length.value += value.size();
      const std::string pair = fmt::format("{}={}", name, value);
      out.churning_pairs.push_back({pair, missing(sums)});
      out.common_pairs.push_back({pair, sums.series});
      if (name != kMetricName) continue;
      out.series_by_metric.push_back({value, sums.series});
      out.cost_by_metric.push_back({value, sums.bytes, sums.samples});
    }
  }
  out.label_names = names.size();
}

}  // namespace

Result<Analysis> Analyze(const OpenedFolder& folder, const AnalysisOptions& options) {
  StoredCatalog catalog;
  const auto ignore = [](std::string_view, const Error&) {};  // Verification tells of damage.
  if (Status status = ReadStoredCatalog(folder.store(), ignore, catalog); !status) return status.error();
  std::unordered_map<std::uint64_t, bool> known;
  const auto wanted = [&](std::uint32_t target, std::uint32_t column) {
    const auto [at, fresh] = known.try_emplace(std::uint64_t{target} << 32 | column, false);
    if (!fresh) return at->second;
    const bool named = catalog.targets.contains(target) && catalog.lines.contains(catalog.LineOf(target, column));
    if (!named) return false;
    if (options.matchers.empty()) return at->second = true;
    const Labels labels = catalog.LabelsOf(target, column);
    return at->second = std::all_of(options.matchers.begin(), options.matchers.end(),
                                    [&](const Matcher& matcher) { return matcher.Matches(labels); });
  };
  StoredFigures stored;
  if (Status status = CollectFigures(folder, catalog, wanted, stored); !status) return status.error();
  Analysis out;
  out.series = stored.series.size();
  out.group_bytes = stored.group_bytes;
  out.file_bytes = stored.file_bytes;
  out.log_samples = stored.log_samples;
  for (const auto& [place, series] : stored.series) {
    out.samples += series.samples;
    out.min_t = std::min(out.min_t, series.first_t);
    out.max_t = std::max(out.max_t, series.last_t);
  }
  FillLists(SumByLabels(stored, catalog, out.min_t, out.max_t), out);
  for (auto* list : {&out.churning_pairs, &out.churning_names, &out.common_pairs, &out.longest_values, &out.most_values,
                     &out.series_by_metric}) {
    KeepLargest(*list, options.limit, &Figure::value);
  }
  KeepLargest(out.cost_by_metric, options.limit, &Cost::bytes);
  for (const auto& [name, cost] : stored.encodings) out.cost_by_encoding.push_back(cost);
  KeepLargest(out.cost_by_encoding, out.cost_by_encoding.size(), &Cost::bytes);
  return out;
}

}  // namespace vigia::storage
