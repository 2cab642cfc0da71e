// Writes the protobuf exposition format: delimited MetricFamily messages (prometheus/client_model, metrics.proto).
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "storage/model/histogram.h"
#include "storage/model/labels.h"
#include "storage/model/timestamp.h"

namespace vigia::server {

// As the format numbers them.
enum class ClientType : unsigned {
  kCounter = 0,
  kGauge = 1,
  kSummary = 2,
  kUntyped = 3,
  kHistogram = 4,
  kGaugeHistogram = 5
};

// Appends one family. `metrics` is what AppendMetric() wrote for all of its metrics.
void AppendFamily(std::string& out, std::string_view name, std::string_view help, ClientType type,
                  std::string_view metrics);

// Appends one metric. `data` is one of the messages below, that of `type`. `t` 0: without a time.
void AppendMetric(std::string& metrics, std::span<const storage::LabelView> labels, ClientType type,
                  std::string_view data, storage::TimestampMs t = 0);

// Of a counter, gauge or untyped metric.
std::string ValueMessage(double value);

struct CumulativeBucket {
  double upper_bound = 0;
  double count = 0;
};
// Classic. Counts that are no integers, or not below 2^53, are written as floats.
std::string HistogramMessage(double count, double sum, std::span<const CumulativeBucket> buckets);
// The classic buckets of a native histogram with custom ones. REQUIRES: that schema.
std::vector<CumulativeBucket> ClassicBuckets(const storage::FloatHistogram& h);
// Native, as one of floats, which holds both kinds; one with custom buckets as a classic one.
std::string HistogramMessage(const storage::FloatHistogram& h);

struct QuantileValue {
  double quantile = 0;
  double value = 0;
};
std::string SummaryMessage(double count, double sum, std::span<const QuantileValue> quantiles);

}  // namespace vigia::server
