#include "server/exposition/client_model_writer.h"

#include <bit>
#include <cmath>
#include <limits>

#include "server/wire/wire_writer.h"

namespace vigia::server {
namespace {

bool IsCount(double v) { return v >= 0 && v < 9007199254740992.0 && v == std::floor(v); }

std::uint32_t FieldOf(ClientType type) {
  switch (type) {
    case ClientType::kGauge: return 2;
    case ClientType::kCounter: return 3;
    case ClientType::kSummary: return 4;
    case ClientType::kUntyped: return 5;
    case ClientType::kHistogram:
    case ClientType::kGaugeHistogram: return 7;
  }
  return 5;
}

// As an integer in one field, or as a float in the other.
void PutCount(std::string& out, double v, std::uint32_t integer_field, std::uint32_t float_field) {
  if (IsCount(v)) {
    PutVarintField(out, integer_field, static_cast<std::uint64_t>(v));
  } else {
    PutDoubleField(out, float_field, v);
  }
}

void PutSpans(std::string& out, std::uint32_t field, const std::vector<storage::BucketSpan>& spans) {
  for (const storage::BucketSpan& span : spans) {
    std::string message;
    PutSignedField(message, 1, span.offset);
    PutVarintField(message, 2, span.length);
    PutBytesField(out, field, message);
  }
}

void PutCounts(std::string& out, std::uint32_t field, const std::vector<double>& counts) {
  if (counts.empty()) return;
  std::string packed;
  for (const double count : counts) storage::PutFixed64(packed, std::bit_cast<std::uint64_t>(count));
  PutBytesField(out, field, packed);
}

}  // namespace

void AppendFamily(std::string& out, std::string_view name, std::string_view help, ClientType type,
                  std::string_view metrics) {
  std::string message;
  PutBytesField(message, 1, name);
  if (!help.empty()) PutBytesField(message, 2, help);
  PutVarintField(message, 3, static_cast<std::uint64_t>(type));
  storage::PutVarint(out, message.size() + metrics.size());
  out.append(message).append(metrics);
}

void AppendMetric(std::string& metrics, std::span<const storage::LabelView> labels, ClientType type,
                  std::string_view data, storage::TimestampMs t) {
  std::string message;
  for (const storage::LabelView& label : labels) {
    std::string pair;
    PutBytesField(pair, 1, label.name);
    PutBytesField(pair, 2, label.value);
    PutBytesField(message, 1, pair);
  }
  PutBytesField(message, FieldOf(type), data);
  if (t != 0) PutIntField(message, 6, t);
  PutBytesField(metrics, 4, message);
}

std::string ValueMessage(double value) {
  std::string out;
  PutDoubleField(out, 1, value);
  return out;
}

std::string HistogramMessage(double count, double sum, std::span<const CumulativeBucket> buckets) {
  std::string out;
  PutCount(out, count, 1, 4);
  PutDoubleField(out, 2, sum);
  for (const CumulativeBucket& bucket : buckets) {
    std::string message;
    PutCount(message, bucket.count, 1, 4);
    PutDoubleField(message, 2, bucket.upper_bound);
    PutBytesField(out, 3, message);
  }
  return out;
}

std::vector<CumulativeBucket> ClassicBuckets(const storage::FloatHistogram& h) {
  std::vector<double> counts(h.custom_values.size() + 1);
  std::size_t index = 0;
  std::size_t bucket = 0;
  for (const storage::BucketSpan& span : h.positive_spans) {
    index += static_cast<std::size_t>(span.offset);
    for (std::uint32_t i = 0; i < span.length; ++i, ++index, ++bucket) {
      if (index < counts.size() && bucket < h.positive_buckets.size()) counts[index] = h.positive_buckets[bucket];
    }
  }
  std::vector<CumulativeBucket> out;
  double cumulative = 0;
  for (std::size_t i = 0; i < counts.size(); ++i) {
    cumulative += counts[i];
    out.push_back(
        {i < h.custom_values.size() ? h.custom_values[i] : std::numeric_limits<double>::infinity(), cumulative});
  }
  return out;
}

std::string HistogramMessage(const storage::FloatHistogram& h) {
  if (h.schema == storage::kCustomBucketsSchema) return HistogramMessage(h.count, h.sum, ClassicBuckets(h));
  std::string out;
  PutDoubleField(out, 2, h.sum);
  PutDoubleField(out, 4, h.count);
  PutSignedField(out, 5, h.schema);
  PutDoubleField(out, 6, h.zero_threshold);
  PutDoubleField(out, 8, h.zero_count);
  PutSpans(out, 9, h.negative_spans);
  PutCounts(out, 11, h.negative_buckets);
  PutSpans(out, 12, h.positive_spans);
  PutCounts(out, 14, h.positive_buckets);
  // Else a reader would take it for a classic one without buckets.
  if (h.positive_spans.empty() && h.negative_spans.empty() && h.zero_threshold == 0) PutSpans(out, 12, {{0, 0}});
  return out;
}

std::string SummaryMessage(double count, double sum, std::span<const QuantileValue> quantiles) {
  std::string out;
  PutVarintField(out, 1, IsCount(count) ? static_cast<std::uint64_t>(count) : 0);
  PutDoubleField(out, 2, sum);
  for (const QuantileValue& quantile : quantiles) {
    std::string message;
    PutDoubleField(message, 1, quantile.quantile);
    PutDoubleField(message, 2, quantile.value);
    PutBytesField(out, 3, message);
  }
  return out;
}

}  // namespace vigia::server
