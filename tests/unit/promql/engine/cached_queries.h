// What tests of the cache of range results ask, and how they compare.
#pragma once

#include <bit>
#include <cstdint>
#include <string>

#include <fmt/format.h>

#include "promql/engine/engine.h"

namespace vigia::promql {

inline EngineOptions WithCache(std::uint64_t bytes) {
  EngineOptions options;
  options.range_cache_bytes = bytes;
  options.parser.experimental_functions = true;
  options.parser.binop_fill_modifiers = true;
  return options;
}

inline std::string Bits(const storage::Result<QueryResult>& result) {
  if (!result) return "error: " + result.error().what;
  std::string text;
  for (const Series& series : std::get<Matrix>(result->value)) {
    text += series.metric.ToString();
    for (const FloatPoint& p : series.floats) text += fmt::format(" {}:{:x}", p.t, std::bit_cast<std::uint64_t>(p.v));
    text += "\n";
  }
  for (const std::string& warning : result->annotations.warnings) text += warning + "\n";
  for (const std::string& info : result->annotations.infos) text += info + "\n";
  return text;
}

// What dashboards ask, and what must not be put together of parts. Metrics: a_total (a counter), b; labels: job,
// instance.
inline constexpr const char* kCachedQueries[] = {
    "a_total",
    "rate(a_total[2m])",
    "sum by (job) (rate(a_total[5m]))",
    "avg(b) / count(b)",
    "sum(rate(a_total[3m])) by (job) / on (job) group_left () max by (job) (b)",
    "a_total offset 4m",
    "max_over_time(sum(b)[4m:30s])",
    "rate(a_total[2m] offset -1m)",
    "quantile(0.3, b)",
    "topk(2, b)",
    "stddev by (job) (abs(b - 5))",
    "b > 3 or a_total < 100",
    "absent(a_total{job=\"q\"})",
    "time() - timestamp(b)",
    "step() + scalar(count(b))",
    "rate(b[1m])",  // With an info.
    "sum(max by (job) (b))",
    "label_replace(b, \"x\", \"$1\", \"job\", \"(.*)\")",
    "b @ 600",
    "rate({job=\"p\"}[3m])",
    "end() - start() + vector(1)",
    "topk(1, count by (job) (b))",
};

// Where the order in which values are added, or ranked, decides about the result. Metrics: h, labels job and instance,
// one instance of a job at a time; k, labels job and zone, likewise; m, labels job and instance, of all instances.
inline constexpr const char* kOrderedQueries[] = {
    "sum(h or h offset 5m)",
    "avg(-h or -(h offset 5m))",
    "sum(h + fill(0) h offset 5m)",
    "sum(h offset 5m + fill_left(0) h)",
    "avg(h > bool fill_right(0) h offset 5m)",
    "topk(1, 0 * h or 0 * (h offset 5m))",
    "limitk(1, h or h offset 5m)",
    "topk(2, sum by (job) (h))",
    "bottomk(1, -h or -(h offset 5m))",
    "topk(2, h * on (job) k)",
    "bottomk(2, h * on (job) k)",
    "sum(topk(2, sum by (job) (h)))",
    "limitk(2, h * on (job) k)",
    "sum(h * on (job) k)",
    "sum(h * ignoring (instance) sum by (job) (k))",
    "sum(h * ignoring (zone) sum by (job, instance) (m))",
    "sum(h * on (job) group_left () k)",
    "sum(h * on (job) group_left (zone) k)",
    "sum(h * on (job) group_left (instance) k)",
    "sum(k * on (job) group_right (zone) h)",
    "avg(h * on (job) group_left (zone) k * on (job) group_left (zone) k)",
    "sum(max_over_time((h * on (job) k)[1m:20s]))",
    "sum(h * m)",
    "avg(h and on (job) k)",
    "sum(h unless (k or m))",
    "h or h offset 5m",
    "h * on (job) k",
    "h + fill(0) h offset 5m",
    "sum by (job) (h) * on (job) sum by (job) (k)",
    "count(h * on (job) group_left (instance) k)",
    "max by (zone) (h * on (job) group_left (zone) k)",
};

}  // namespace vigia::promql
