#include "storage/tsdb/stats.h"

#include <algorithm>
#include <map>

namespace vigia::storage {
namespace {

void KeepLargest(std::vector<NamedCount>& counts, std::size_t limit) {
  const auto order = [](const NamedCount& a, const NamedCount& b) {
    return a.value != b.value ? a.value > b.value : a.name < b.name;
  };
  const std::size_t kept = std::min(limit, counts.size());
  std::partial_sort(counts.begin(), counts.begin() + static_cast<std::ptrdiff_t>(kept), counts.end(), order);
  counts.resize(kept);
}

}  // namespace

void CountLabels(const SeriesMap& series, std::size_t limit, TsdbStats& stats) {
  struct OfName {
    std::uint64_t values = 0;
    std::uint64_t bytes = 0;
  };
  std::map<std::string, OfName, std::less<>> by_name;
  series.ForEachPair([&](std::string_view name, std::string_view value, std::size_t count) {
    ++stats.label_pairs;
    OfName& of_name = by_name[std::string(name)];
    ++of_name.values;
    of_name.bytes += value.size() * count;
    if (name == kMetricName) stats.series_by_metric_name.push_back({std::string(value), count});
    stats.series_by_label_pair.push_back({std::string(name).append("=").append(value), count});
    if (stats.series_by_label_pair.size() > 4 * limit + 1024) KeepLargest(stats.series_by_label_pair, limit);
  });
  for (const auto& [name, of_name] : by_name) {
    stats.label_values_by_label_name.push_back({name, of_name.values});
    stats.memory_bytes_by_label_name.push_back({name, of_name.bytes});
  }
  stats.series = series.series();
  KeepLargest(stats.series_by_metric_name, limit);
  KeepLargest(stats.label_values_by_label_name, limit);
  KeepLargest(stats.memory_bytes_by_label_name, limit);
  KeepLargest(stats.series_by_label_pair, limit);
}

}  // namespace vigia::storage
