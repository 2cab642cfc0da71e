#include "tests/promqltest/nhcb.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <map>
#include <memory>
#include <string>
#include <utility>

#include "tests/promqltest/numbers.h"

namespace vigia::promqltest {
namespace {

using storage::Errc;
using storage::Error;
using storage::FloatHistogram;

struct Group {
  std::map<double, const SeriesLine*> buckets;  // By le.
  const SeriesLine* count = nullptr;
  const SeriesLine* sum = nullptr;
};

bool RemoveSuffix(std::string& name, std::string_view suffix) {
  if (!name.ends_with(suffix)) return false;
  name.resize(name.size() - suffix.size());
  return true;
}

std::map<storage::Labels, Group> Groups(const std::vector<SeriesLine>& classic) {
  std::map<storage::Labels, Group> groups;
  for (const SeriesLine& line : classic) {
    std::string name(line.labels.metric_name());
    storage::LabelsBuilder labels(line.labels);
    const std::string le(labels.Get("le"));
    labels.Delete("le");
    if (RemoveSuffix(name, "_bucket")) {
      const std::optional<double> bound = ParseDecimal(le);
      if (!bound || std::isnan(*bound)) continue;
      groups[labels.Set(storage::kMetricName, name).Build()].buckets.emplace(*bound, &line);
    } else if (RemoveSuffix(name, "_count")) {
      groups[labels.Set(storage::kMetricName, name).Build()].count = &line;
    } else if (RemoveSuffix(name, "_sum")) {
      groups[labels.Set(storage::kMetricName, name).Build()].sum = &line;
    }
  }
  return groups;
}

std::optional<double> ValueAt(const SeriesLine* line, std::size_t i) {
  if (line == nullptr || i >= line->points.size() || line->points[i].omitted || line->points[i].h) return std::nullopt;
  return line->points[i].v;
}

bool IsWhole(double v) { return v == std::floor(v); }

storage::Result<Point> Convert(const Group& group, std::size_t i) {
  FloatHistogram out;
  out.schema = storage::kCustomBucketsSchema;
  out.integer = true;
  const auto add = [&out](double cumulative, double before) {
    out.positive_buckets.push_back(cumulative - before);
    out.integer = out.integer && IsWhole(cumulative);
  };
  double before = 0;
  bool has_infinite = false;
  for (const auto& [le, line] : group.buckets) {
    const std::optional<double> cumulative = ValueAt(line, i);
    if (!cumulative) continue;
    if (!(*cumulative >= before)) return Error{Errc::kInvalid, "buckets of a classic histogram are not cumulative"};
    add(*cumulative, before);
    before = *cumulative;
    has_infinite = le == std::numeric_limits<double>::infinity();
    if (!has_infinite) out.custom_values.push_back(le);
  }
  if (out.positive_buckets.empty()) return Point{.omitted = true};
  out.count = ValueAt(group.count, i).value_or(before);
  out.sum = ValueAt(group.sum, i).value_or(0);
  if (!has_infinite) {
    if (!(out.count >= before)) return Error{Errc::kInvalid, "count of a classic histogram is below its buckets"};
    add(out.count, before);
  }
  out.positive_spans = {{0, static_cast<std::uint32_t>(out.positive_buckets.size())}};
  return Point{.h = std::make_shared<const FloatHistogram>(std::move(out))};
}

}  // namespace

storage::Result<std::vector<SeriesLine>> ConvertToNhcb(const std::vector<SeriesLine>& classic) {
  std::vector<SeriesLine> out;
  for (const auto& [labels, group] : Groups(classic)) {
    if (group.buckets.empty()) continue;
    SeriesLine line{.labels = labels};
    std::size_t length = 0;
    for (const auto& [le, bucket] : group.buckets) length = std::max(length, bucket->points.size());
    for (std::size_t i = 0; i < length; ++i) {
      storage::Result<Point> point = Convert(group, i);
      if (!point) return storage::Prefixed(point.error(), labels.ToString());
      line.points.push_back(std::move(*point));
    }
    out.push_back(std::move(line));
  }
  return out;
}

}  // namespace vigia::promqltest
