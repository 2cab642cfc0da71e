// Metrics of an OTLP request (opentelemetry-proto, metrics.proto) as a walk over their data points: nothing but one
// point is in memory at a time, whatever the request holds. Attribute values are already text.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "storage/model/error.h"

namespace vigia::server {

struct OtlpAttribute {
  std::string key;
  std::string value;
};
using OtlpAttributes = std::vector<OtlpAttribute>;  // In the request's order.

// Null when there is none. Of equal keys the first counts.
const std::string* FindAttribute(const OtlpAttributes& attributes, std::string_view key);

struct OtlpScope {
  std::string name;
  std::string version;
  std::string schema_url;
  OtlpAttributes attributes;
};

enum class OtlpKind : std::uint8_t { kNone, kGauge, kSum, kHistogram, kExponentialHistogram, kSummary };
enum class Temporality : std::uint8_t { kUnspecified = 0, kDelta = 1, kCumulative = 2 };

struct OtlpMetric {
  std::string name;
  std::string description;
  std::string unit;
  OtlpKind kind = OtlpKind::kNone;
  Temporality temporality = Temporality::kUnspecified;  // Of sums and histograms.
  bool is_monotonic = false;                            // Of sums.
  bool has_points = false;
};

struct OtlpExemplar {
  OtlpAttributes attributes;
  std::uint64_t time_ns = 0;
  std::optional<double> value;
  std::string trace_id;  // Raw bytes.
  std::string span_id;
};

struct OtlpBuckets {
  std::int32_t offset = 0;
  std::vector<std::uint64_t> counts;
};

struct OtlpQuantile {
  double quantile = 0;
  double value = 0;
};

// One point of any kind; what is not of its kind is left as it was cleared.
struct OtlpPoint {
  OtlpAttributes attributes;
  std::uint64_t start_ns = 0;
  std::uint64_t time_ns = 0;
  std::uint32_t flags = 0;
  std::vector<OtlpExemplar> exemplars;

  double value = 0;  // Of a gauge or sum.

  std::uint64_t count = 0;  // Of the others.
  std::optional<double> sum;
  std::vector<std::uint64_t> bucket_counts;
  std::vector<double> explicit_bounds;
  std::int32_t scale = 0;
  std::uint64_t zero_count = 0;
  OtlpBuckets positive;
  OtlpBuckets negative;
  std::vector<OtlpQuantile> quantiles;

  // The series has ended: flag FLAG_NO_RECORDED_VALUE.
  bool has_no_value() const { return (flags & 1) != 0; }
};

// Called in the order of the request.
class OtlpVisitor {
 public:
  virtual ~OtlpVisitor() = default;
  virtual void BeginResource(const OtlpAttributes& attributes) = 0;
  virtual void BeginScope(const OtlpScope& scope) = 0;
  virtual void BeginMetric(const OtlpMetric& metric) = 0;
  virtual void TakePoint(const OtlpPoint& point) = 0;
  virtual void EndResource() = 0;
};

// An ExportMetricsServiceRequest in the protobuf encoding. kInvalid: malformed, found after a part was visited.
storage::Status WalkOtlpProtobuf(std::string_view request, OtlpVisitor& visitor);
// The same as JSON (opentelemetry.io/docs/specs/otlp, "JSON Protobuf Encoding"). kLimit when it is larger than a tree
// of it may be: 4 MiB or 250,000 values.
storage::Status WalkOtlpJson(std::string_view request, OtlpVisitor& visitor);

}  // namespace vigia::server
