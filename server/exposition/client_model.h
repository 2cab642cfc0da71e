// The messages of the protobuf exposition format (prometheus/client_model, metrics.proto), decoded one metric at a
// time.
#pragma once

#include <cstdint>
#include <limits>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "server/exposition/parser.h"
#include "storage/model/histogram.h"

namespace vigia::server {

// io.prometheus.client.MetricFamily without its metrics, which may stand anywhere in the message.
struct FamilyHeader {
  std::string_view name;
  std::string_view help;
  std::string_view unit;
  std::uint64_t type = 0;  // As it came: 0 counter, 1 gauge, 2 summary, 3 untyped, 4 histogram, 5 gauge histogram.
  bool has_metrics = false;
};

// The three return nullptr, or what is malformed. Views point into `bytes`.
const char* DecodeFamilyHeader(std::string_view bytes, FamilyHeader& out);

struct ClassicBucket {
  double upper_bound = 0;
  double count = 0;           // Cumulative.
  std::string_view exemplar;  // Message; "": none.
};

struct SummaryQuantile {
  double quantile = 0;
  double value = 0;
};

// io.prometheus.client.Metric. Of the messages inside only the one that the family's type names is decoded.
struct ClientMetric {
  std::vector<RawLabel> labels;           // Not checked to be UTF-8.
  storage::TimestampMs timestamp_ms = 0;  // 0: none, here and below.
  storage::TimestampMs start_ms = 0;
  double value = 0;           // Of a counter, gauge or untyped metric.
  std::string_view exemplar;  // Of a counter.

  // Of a summary or histogram.
  double count = 0;
  double sum = 0;
  std::vector<SummaryQuantile> quantiles;
  std::vector<ClassicBucket> buckets;
  std::vector<std::string_view> exemplars;  // Of a native histogram.

  // The native part of a histogram as it came.
  std::uint64_t count_integer = 0;
  double count_float = 0;
  std::uint64_t zero_count_integer = 0;
  double zero_count_float = 0;
  std::int32_t schema = 0;
  double zero_threshold = 0;
  std::vector<storage::BucketSpan> negative_spans, positive_spans;
  std::vector<std::int64_t> negative_deltas, positive_deltas;
  std::vector<double> negative_counts, positive_counts;

  void Clear();  // Keeps the memory.
  // By this the format tells native histograms, even empty ones, from classic ones: a span, or a zero bucket.
  bool IsNative() const;
};

const char* DecodeMetric(std::string_view bytes, MetricType type, ClientMetric& out);

struct NativeHistogram {
  std::shared_ptr<storage::FloatHistogram> h;
  std::string fault;  // Not empty: it breaks the rules of histogram_rules.h.
};
// The native part, compacted, in a schema that storage has. REQUIRES: metric.IsNative().
NativeHistogram NativeOf(const ClientMetric& metric);

const char* DecodeExemplar(std::string_view bytes, RawExemplar& out);

}  // namespace vigia::server
