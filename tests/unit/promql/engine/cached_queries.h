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

}  // namespace vigia::promql
