#include "server/exposition/client_model.h"

#include <algorithm>
#include <bit>

#include "server/wire/histogram_rules.h"
#include "server/wire/histogram_shape.h"
#include "server/wire/repeated_fields.h"
#include "server/wire/wire_reader.h"

namespace vigia::server {
namespace {

bool ReadNumber(WireReader& reader, std::uint64_t& out) {
  if (!reader.Expect(WireType::kVarint)) return false;
  out = reader.number();
  return true;
}

bool ReadDouble(WireReader& reader, double& out) {
  if (!reader.Expect(WireType::kFixed64)) return false;
  out = std::bit_cast<double>(reader.number());
  return true;
}

bool ReadBytes(WireReader& reader, std::string_view& out) {
  if (!reader.Expect(WireType::kBytes)) return false;
  out = reader.bytes();
  return true;
}

// Calls field(reader) for each field of the message in the outer reader's current field.
template <class Field>
void ReadMessage(WireReader& outer, const Field& field) {
  if (!outer.Expect(WireType::kBytes)) return;
  WireReader inner(outer.bytes());
  while (inner.Next()) field(inner);
  if (inner.error() != nullptr) outer.Fail(inner.error());
}

// LabelPair name = 1, value = 2.
void ReadLabel(WireReader& outer, std::vector<RawLabel>& out) {
  RawLabel label;
  ReadMessage(outer, [&](WireReader& reader) {
    if (reader.field() == 1) ReadBytes(reader, label.name);
    if (reader.field() == 2) ReadBytes(reader, label.value);
  });
  out.push_back(label);
}

// google.protobuf.Timestamp seconds = 1, nanos = 2. Times beyond the range of milliseconds are none.
storage::TimestampMs ReadTimestamp(WireReader& outer) {
  constexpr std::int64_t kMaxSeconds = std::numeric_limits<std::int64_t>::max() / 2000;
  std::uint64_t seconds = 0;
  std::uint64_t nanos = 0;
  ReadMessage(outer, [&](WireReader& reader) {
    if (reader.field() == 1) ReadNumber(reader, seconds);
    if (reader.field() == 2) ReadNumber(reader, nanos);
  });
  const auto whole = static_cast<std::int64_t>(seconds);
  if (whole > kMaxSeconds || whole < -kMaxSeconds) return 0;
  return whole * 1000 + static_cast<std::int32_t>(nanos) / 1'000'000;
}

void ReadCounter(WireReader& reader, ClientMetric& out) {
  switch (reader.field()) {
    case 1: ReadDouble(reader, out.value); break;
    case 2: ReadBytes(reader, out.exemplar); break;
    case 3: out.start_ms = ReadTimestamp(reader); break;
    default: break;
  }
}

void ReadSummary(WireReader& reader, ClientMetric& out) {
  std::uint64_t number = 0;
  switch (reader.field()) {
    case 1:
      if (ReadNumber(reader, number)) out.count = static_cast<double>(number);
      break;
    case 2: ReadDouble(reader, out.sum); break;
    case 3: {
      SummaryQuantile quantile;
      ReadMessage(reader, [&](WireReader& inner) {
        if (inner.field() == 1) ReadDouble(inner, quantile.quantile);
        if (inner.field() == 2) ReadDouble(inner, quantile.value);
      });
      out.quantiles.push_back(quantile);
      break;
    }
    case 4: out.start_ms = ReadTimestamp(reader); break;
    default: break;
  }
}

// A count as a float has precedence where it is not 0.
void ReadBucket(WireReader& outer, ClientMetric& out) {
  ClassicBucket bucket;
  std::uint64_t integer = 0;
  ReadMessage(outer, [&](WireReader& reader) {
    switch (reader.field()) {
      case 1: ReadNumber(reader, integer); break;
      case 2: ReadDouble(reader, bucket.upper_bound); break;
      case 3: ReadBytes(reader, bucket.exemplar); break;
      case 4: ReadDouble(reader, bucket.count); break;
      default: break;
    }
  });
  if (bucket.count == 0) bucket.count = static_cast<double>(integer);
  out.buckets.push_back(bucket);
}

void ReadHistogram(WireReader& reader, ClientMetric& out) {
  std::uint64_t number = 0;
  std::string_view bytes;
  switch (reader.field()) {
    case 1: ReadNumber(reader, out.count_integer); break;
    case 2: ReadDouble(reader, out.sum); break;
    case 3: ReadBucket(reader, out); break;
    case 4: ReadDouble(reader, out.count_float); break;
    case 5:
      if (ReadNumber(reader, number)) out.schema = Signed32(number);
      break;
    case 6: ReadDouble(reader, out.zero_threshold); break;
    case 7: ReadNumber(reader, out.zero_count_integer); break;
    case 8: ReadDouble(reader, out.zero_count_float); break;
    case 9: ReadSpan(reader, out.negative_spans); break;
    case 10: ReadSignedVarints(reader, out.negative_deltas); break;
    case 11: ReadDoubles(reader, out.negative_counts); break;
    case 12: ReadSpan(reader, out.positive_spans); break;
    case 13: ReadSignedVarints(reader, out.positive_deltas); break;
    case 14: ReadDoubles(reader, out.positive_counts); break;
    case 15: out.start_ms = ReadTimestamp(reader); break;
    case 16:
      if (ReadBytes(reader, bytes)) out.exemplars.push_back(bytes);
      break;
    default: break;
  }
  out.count = out.count_float != 0 ? out.count_float : static_cast<double>(out.count_integer);
}

void ReadValue(WireReader& reader, ClientMetric& out) {
  if (reader.field() == 1) ReadDouble(reader, out.value);
}

// The field of Metric that holds the message of a type.
std::uint32_t FieldOf(MetricType type) {
  switch (type) {
    case MetricType::kGauge: return 2;
    case MetricType::kCounter: return 3;
    case MetricType::kSummary: return 4;
    case MetricType::kHistogram:
    case MetricType::kGaugeHistogram: return 7;
    case MetricType::kUnknown:
    case MetricType::kInfo:
    case MetricType::kStateset: break;
  }
  return 5;
}

void ReadTyped(WireReader& reader, MetricType type, ClientMetric& out) {
  ReadMessage(reader, [&](WireReader& inner) {
    switch (type) {
      case MetricType::kCounter: ReadCounter(inner, out); break;
      case MetricType::kSummary: ReadSummary(inner, out); break;
      case MetricType::kHistogram:
      case MetricType::kGaugeHistogram: ReadHistogram(inner, out); break;
      case MetricType::kGauge:
      case MetricType::kUnknown:
      case MetricType::kInfo:
      case MetricType::kStateset: ReadValue(inner, out); break;
    }
  });
}

}  // namespace

const char* DecodeFamilyHeader(std::string_view bytes, FamilyHeader& out) {
  out = {};
  WireReader reader(bytes);
  while (reader.Next()) {
    switch (reader.field()) {
      case 1: ReadBytes(reader, out.name); break;
      case 2: ReadBytes(reader, out.help); break;
      case 3: ReadNumber(reader, out.type); break;
      case 4: out.has_metrics = reader.Expect(WireType::kBytes); break;
      case 5: ReadBytes(reader, out.unit); break;
      default: break;
    }
  }
  return reader.error();
}

void ClientMetric::Clear() {
  ClientMetric empty;
  const auto keep = [](auto& mine, auto& fresh) {
    mine.clear();
    mine.swap(fresh);
  };
  keep(labels, empty.labels);
  keep(quantiles, empty.quantiles);
  keep(buckets, empty.buckets);
  keep(exemplars, empty.exemplars);
  keep(negative_spans, empty.negative_spans);
  keep(positive_spans, empty.positive_spans);
  keep(negative_deltas, empty.negative_deltas);
  keep(positive_deltas, empty.positive_deltas);
  keep(negative_counts, empty.negative_counts);
  keep(positive_counts, empty.positive_counts);
  *this = std::move(empty);
}

bool ClientMetric::IsNative() const {
  return !positive_spans.empty() || !negative_spans.empty() || zero_threshold > 0 || zero_count_integer > 0;
}

const char* DecodeMetric(std::string_view bytes, MetricType type, ClientMetric& out) {
  out.Clear();
  const std::uint32_t typed_field = FieldOf(type);
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1) {
      ReadLabel(reader, out.labels);
    } else if (reader.field() == 6) {
      std::uint64_t number = 0;
      if (ReadNumber(reader, number)) out.timestamp_ms = static_cast<std::int64_t>(number);
    } else if (reader.field() == typed_field) {
      ReadTyped(reader, type, out);
    }
  }
  return reader.error();
}

NativeHistogram NativeOf(const ClientMetric& metric) {
  NativeHistogram out{std::make_shared<storage::FloatHistogram>(), {}};
  storage::FloatHistogram& h = *out.h;
  h.schema = metric.schema;
  h.zero_threshold = metric.zero_threshold;
  h.sum = metric.sum;
  h.positive_spans = metric.positive_spans;
  h.negative_spans = metric.negative_spans;
  h.integer = !(metric.count_float > 0 || metric.zero_count_float > 0);
  if (h.integer) {
    h.count = static_cast<double>(metric.count_integer);
    h.zero_count = static_cast<double>(metric.zero_count_integer);
    out.fault = CheckIntegerCounts(metric.positive_deltas, metric.negative_deltas, metric.zero_count_integer,
                                   metric.count_integer, metric.sum);
    if (!out.fault.empty()) return out;
    h.positive_buckets = CountsOfDeltas(metric.positive_deltas);
    h.negative_buckets = CountsOfDeltas(metric.negative_deltas);
  } else {
    h.count = metric.count_float;
    h.zero_count = metric.zero_count_float;
    h.positive_buckets = metric.positive_counts;
    h.negative_buckets = metric.negative_counts;
  }
  out.fault = CheckHistogram(h);
  if (!out.fault.empty()) return out;
  if (h.schema > kMaxSchema) ReduceSchema(h, kMaxSchema);
  Compact(h, 0);
  return out;
}

const char* DecodeExemplar(std::string_view bytes, RawExemplar& out) {
  out.labels.clear();
  out.value = 0;
  out.timestamp_ms.reset();
  WireReader reader(bytes);
  while (reader.Next()) {
    if (reader.field() == 1) ReadLabel(reader, out.labels);
    if (reader.field() == 2) ReadDouble(reader, out.value);
    if (reader.field() == 3) out.timestamp_ms = ReadTimestamp(reader);
  }
  return reader.error();
}

}  // namespace vigia::server
