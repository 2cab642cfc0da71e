// Results of a query, in the shapes of the HTTP API: scalar, string, instant vector, range vector.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <variant>
#include <vector>

#include "storage/model/histogram.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::promql {

using storage::HistogramPtr;
using storage::Labels;
using storage::TimestampMs;

struct Scalar {
  TimestampMs t = 0;
  double v = 0;
};

struct String {
  TimestampMs t = 0;
  std::string v;
};

struct VectorElement {
  Labels metric;
  TimestampMs t = 0;
  double v = 0;
  HistogramPtr h;  // Set: the element is a histogram and v means nothing.
};

using Vector = std::vector<VectorElement>;

struct FloatPoint {
  TimestampMs t = 0;
  double v = 0;
};

struct HistogramPoint {
  TimestampMs t = 0;
  HistogramPtr h;
};

// Each of the two lists ascends in time; a time is in one of them only.
struct Series {
  Labels metric;
  std::vector<FloatPoint> floats;
  std::vector<HistogramPoint> histograms;
};

using Matrix = std::vector<Series>;

using Value = std::variant<Scalar, String, Vector, Matrix>;

// Warnings and infos beside a result, each once, in the words and with the position suffix of surface.md 4.12
// ("PromQL warning: ... (1:5)"). Sorted.
struct Annotations {
  std::vector<std::string> warnings;
  std::vector<std::string> infos;
};

// Samples as Prometheus counts them (surface.md 1.2, stats), times in seconds.
struct QueryStats {
  double queue_seconds = 0;
  double preparation_seconds = 0;
  double eval_seconds = 0;
  double sort_seconds = 0;
  double total_seconds = 0;
  std::uint64_t total_samples = 0;
  std::uint64_t samples_read = 0;
  std::uint64_t peak_samples = 0;
  std::uint64_t peak_bytes = 0;  // Memory reserved by the engine.
  // By step, when it was asked for: step i is at first_step_ms + i * step_ms.
  std::vector<std::uint64_t> total_samples_by_step, samples_read_by_step;
  TimestampMs first_step_ms = 0;
  storage::DurationMs step_ms = 0;
};

struct ExplainNode;

struct QueryResult {
  Value value;
  Annotations annotations;
  QueryStats stats;
  std::shared_ptr<const ExplainNode> explain = nullptr;  // Set when the query was analysed.
  // Memory of the value counts as used by queries for as long as this lives.
  std::shared_ptr<const void> memory = nullptr;
};

}  // namespace vigia::promql
