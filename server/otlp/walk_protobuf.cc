#include <bit>

#include "server/otlp/any_value.h"
#include "server/otlp/metrics_data.h"
#include "server/wire/repeated_fields.h"
#include "server/wire/wire_reader.h"
#include "storage/model/labels.h"

namespace vigia::server {
namespace {

constexpr int kMaxValueDepth = 32;                 // Of lists in lists; real ones have one or two levels.
constexpr std::size_t kMaxPartsOfPoint = 100'000;  // Attributes, parts of their values, and exemplars.

// Reads what a request may hold anywhere. Counts parts, which take far more memory than their bytes.
class PartReader {
 public:
  void Restart() { parts_ = 0; }

  void Text(WireReader& reader, std::string& out) {
    if (!reader.Expect(WireType::kBytes)) return;
    if (!storage::IsValidUtf8(reader.bytes())) {
      reader.Fail("string field contains invalid UTF-8");
      return;
    }
    out = reader.bytes();
  }

  static void Fixed64(WireReader& reader, std::uint64_t& out) {
    if (reader.Expect(WireType::kFixed64)) out = reader.number();
  }

  static void Double(WireReader& reader, double& out) {
    if (reader.Expect(WireType::kFixed64)) out = std::bit_cast<double>(reader.number());
  }

  static void Varint(WireReader& reader, std::uint64_t& out) {
    if (reader.Expect(WireType::kVarint)) out = reader.number();
  }

  // Calls field(reader) for each field of the message in the outer reader's current field.
  template <class Field>
  static void Message(WireReader& outer, const Field& field) {
    if (!outer.Expect(WireType::kBytes)) return;
    WireReader inner(outer.bytes());
    while (inner.Next()) field(inner);
    if (inner.error() != nullptr) outer.Fail(inner.error());
  }

  // KeyValue key = 1, value = 2.
  void Attribute(WireReader& outer, OtlpAttributes& out) {
    if (!Count(outer)) return;
    OtlpAttribute attribute;
    Message(outer, [&](WireReader& reader) {
      if (reader.field() == 1) Text(reader, attribute.key);
      if (reader.field() == 2) {
        OtlpValue value;
        Value(reader, value, 0);
        attribute.value = ToText(value);
      }
    });
    out.push_back(std::move(attribute));
  }

  // Exemplar filtered_attributes = 7, time_unix_nano = 2, as_double = 3, as_int = 6, span_id = 4, trace_id = 5.
  void Exemplar(WireReader& outer, std::vector<OtlpExemplar>& out) {
    if (!Count(outer)) return;
    OtlpExemplar exemplar;
    Message(outer, [&](WireReader& reader) {
      std::uint64_t number = 0;
      switch (reader.field()) {
        case 2: Fixed64(reader, exemplar.time_ns); break;
        case 3: Double(reader, exemplar.value.emplace()); break;
        case 4:
          if (reader.Expect(WireType::kBytes)) exemplar.span_id = reader.bytes();
          break;
        case 5:
          if (reader.Expect(WireType::kBytes)) exemplar.trace_id = reader.bytes();
          break;
        case 6:
          Fixed64(reader, number);
          exemplar.value = static_cast<double>(static_cast<std::int64_t>(number));
          break;
        case 7: Attribute(reader, exemplar.attributes); break;
        default: break;
      }
    });
    out.push_back(std::move(exemplar));
  }

  bool Count(WireReader& reader) {
    return ++parts_ <= kMaxPartsOfPoint || reader.Fail("too many attributes or exemplars in one place");
  }

 private:
  // AnyValue string = 1, bool = 2, int = 3, double = 4, array = 5, kvlist = 6, bytes = 7.
  void Value(WireReader& outer, OtlpValue& out, int depth) {
    if (depth > kMaxValueDepth) {
      outer.Fail("attribute value is nested too deeply");
      return;
    }
    if (!Count(outer)) return;
    Message(outer, [&](WireReader& reader) {
      std::uint64_t number = 0;
      switch (reader.field()) {
        case 1:
          out.kind = OtlpValue::Kind::kText;
          Text(reader, out.text);
          break;
        case 2:
          out.kind = OtlpValue::Kind::kBool;
          Varint(reader, number);
          out.boolean = number != 0;
          break;
        case 3:
          out.kind = OtlpValue::Kind::kInt;
          Varint(reader, number);
          out.integer = static_cast<std::int64_t>(number);
          break;
        case 4:
          out.kind = OtlpValue::Kind::kDouble;
          Double(reader, out.number);
          break;
        case 5: Items(reader, out, depth); break;
        case 6: Entries(reader, out, depth); break;
        case 7:
          out.kind = OtlpValue::Kind::kBytes;
          if (reader.Expect(WireType::kBytes)) out.text = reader.bytes();
          break;
        default: break;
      }
    });
  }

  void Items(WireReader& outer, OtlpValue& out, int depth) {
    out.kind = OtlpValue::Kind::kArray;
    Message(outer, [&](WireReader& reader) {
      if (reader.field() == 1) Value(reader, out.items.emplace_back(), depth + 1);
    });
  }

  void Entries(WireReader& outer, OtlpValue& out, int depth) {
    out.kind = OtlpValue::Kind::kMap;
    Message(outer, [&](WireReader& list) {
      if (list.field() != 1) return;
      auto& [key, value] = out.entries.emplace_back();
      Message(list, [&](WireReader& reader) {
        if (reader.field() == 1) Text(reader, key);
        if (reader.field() == 2) Value(reader, value, depth + 1);
      });
    });
  }

  std::size_t parts_ = 0;
};

// Where the fields of a data point stand, which each kind numbers in its own way. 0: it has none.
struct PointLayout {
  std::uint32_t attributes, flags, exemplars;
};

PointLayout LayoutOf(OtlpKind kind) {
  switch (kind) {
    case OtlpKind::kNone:
    case OtlpKind::kGauge:
    case OtlpKind::kSum: return {7, 8, 5};
    case OtlpKind::kHistogram: return {9, 10, 8};
    case OtlpKind::kExponentialHistogram: return {1, 10, 11};
    case OtlpKind::kSummary: return {7, 8, 0};
  }
  return {7, 8, 5};
}

void Clear(OtlpPoint& point) {
  OtlpPoint empty;
  point.attributes.clear();
  point.bucket_counts.clear();
  point.explicit_bounds.clear();
  point.positive.counts.clear();
  point.negative.counts.clear();
  std::swap(empty.attributes, point.attributes);  // Keeps the memory.
  std::swap(empty.bucket_counts, point.bucket_counts);
  std::swap(empty.explicit_bounds, point.explicit_bounds);
  std::swap(empty.positive.counts, point.positive.counts);
  std::swap(empty.negative.counts, point.negative.counts);
  point = std::move(empty);
}

class ProtobufWalk {
 public:
  explicit ProtobufWalk(OtlpVisitor& visitor) : visitor_(visitor) {}

  // ExportMetricsServiceRequest resource_metrics = 1.
  const char* Run(std::string_view request) {
    WireReader reader(request);
    while (reader.Next()) {
      if (reader.field() == 1 && reader.Expect(WireType::kBytes)) Resource(reader);
    }
    return reader.error();
  }

 private:
  // ResourceMetrics resource = 1, scope_metrics = 2. The resource may stand anywhere.
  void Resource(WireReader& outer) {
    parts_.Restart();
    OtlpAttributes attributes;
    PartReader::Message(outer, [&](WireReader& reader) {
      if (reader.field() != 1) return;
      PartReader::Message(reader, [&](WireReader& inner) {
        if (inner.field() == 1) parts_.Attribute(inner, attributes);
      });
    });
    if (outer.error() != nullptr) return;
    visitor_.BeginResource(attributes);
    PartReader::Message(outer, [&](WireReader& reader) {
      if (reader.field() == 2) Scope(reader);
    });
    if (outer.error() == nullptr) visitor_.EndResource();
  }

  // ScopeMetrics scope = 1, metrics = 2, schema_url = 3; InstrumentationScope name = 1, version = 2, attributes = 3.
  void Scope(WireReader& outer) {
    parts_.Restart();
    OtlpScope scope;
    PartReader::Message(outer, [&](WireReader& reader) {
      if (reader.field() == 3) parts_.Text(reader, scope.schema_url);
      if (reader.field() != 1) return;
      PartReader::Message(reader, [&](WireReader& inner) {
        if (inner.field() == 1) parts_.Text(inner, scope.name);
        if (inner.field() == 2) parts_.Text(inner, scope.version);
        if (inner.field() == 3) parts_.Attribute(inner, scope.attributes);
      });
    });
    if (outer.error() != nullptr) return;
    visitor_.BeginScope(scope);
    PartReader::Message(outer, [&](WireReader& reader) {
      if (reader.field() == 2) Metric(reader);
    });
  }

  static OtlpKind KindOf(std::uint32_t field) {
    switch (field) {
      case 5: return OtlpKind::kGauge;
      case 7: return OtlpKind::kSum;
      case 9: return OtlpKind::kHistogram;
      case 10: return OtlpKind::kExponentialHistogram;
      case 11: return OtlpKind::kSummary;
      default: return OtlpKind::kNone;
    }
  }

  // Metric name = 1, description = 2, unit = 3, and one of the kinds; of several the last counts.
  void Metric(WireReader& outer) {
    OtlpMetric metric;
    std::string_view data;
    PartReader::Message(outer, [&](WireReader& reader) {
      switch (reader.field()) {
        case 1: parts_.Text(reader, metric.name); break;
        case 2: parts_.Text(reader, metric.description); break;
        case 3: parts_.Text(reader, metric.unit); break;
        default:
          if (KindOf(reader.field()) == OtlpKind::kNone || !reader.Expect(WireType::kBytes)) break;
          metric.kind = KindOf(reader.field());
          data = reader.bytes();
      }
    });
    if (outer.error() != nullptr) return;
    Points(outer, metric, data);
  }

  // data_points = 1, aggregation_temporality = 2, is_monotonic = 3, the latter two behind the points.
  void Points(WireReader& outer, OtlpMetric& metric, std::string_view data) {
    WireReader head(data);
    while (head.Next()) {
      std::uint64_t number = 0;
      if (head.field() == 1) metric.has_points = head.Expect(WireType::kBytes);
      if (head.field() == 2) {
        PartReader::Varint(head, number);
        metric.temporality = number == 1   ? Temporality::kDelta
                             : number == 2 ? Temporality::kCumulative
                                           : Temporality::kUnspecified;
      }
      if (head.field() == 3) {
        PartReader::Varint(head, number);
        metric.is_monotonic = number != 0;
      }
    }
    visitor_.BeginMetric(metric);
    WireReader points(data);
    while (head.error() == nullptr && points.Next()) {
      if (points.field() == 1) Point(points, metric.kind);
    }
    if (head.error() != nullptr) outer.Fail(head.error());
    if (points.error() != nullptr) outer.Fail(points.error());
  }

  void Point(WireReader& outer, OtlpKind kind) {
    parts_.Restart();
    Clear(point_);
    const PointLayout layout = LayoutOf(kind);
    PartReader::Message(outer, [&](WireReader& reader) {
      const std::uint32_t field = reader.field();
      std::uint64_t number = 0;
      if (field == layout.attributes) {
        parts_.Attribute(reader, point_.attributes);
      } else if (field == layout.flags) {
        PartReader::Varint(reader, number);
        point_.flags = static_cast<std::uint32_t>(number);
      } else if (field == layout.exemplars) {
        parts_.Exemplar(reader, point_.exemplars);
      } else if (field == 2) {
        PartReader::Fixed64(reader, point_.start_ns);
      } else if (field == 3) {
        PartReader::Fixed64(reader, point_.time_ns);
      } else {
        Measurement(reader, kind);
      }
    });
    if (outer.error() == nullptr) visitor_.TakePoint(point_);
  }

  void Measurement(WireReader& reader, OtlpKind kind) {
    switch (kind) {
      case OtlpKind::kNone: break;
      case OtlpKind::kGauge:
      case OtlpKind::kSum: Number(reader); break;
      case OtlpKind::kHistogram: Histogram(reader); break;
      case OtlpKind::kExponentialHistogram: Exponential(reader); break;
      case OtlpKind::kSummary: Summary(reader); break;
    }
  }

  // as_double = 4, as_int = 6 (sfixed64).
  void Number(WireReader& reader) {
    std::uint64_t number = 0;
    if (reader.field() == 4) PartReader::Double(reader, point_.value);
    if (reader.field() != 6) return;
    PartReader::Fixed64(reader, number);
    point_.value = static_cast<double>(static_cast<std::int64_t>(number));
  }

  // count = 4, sum = 5, bucket_counts = 6, explicit_bounds = 7.
  void Histogram(WireReader& reader) {
    switch (reader.field()) {
      case 4: PartReader::Fixed64(reader, point_.count); break;
      case 5: PartReader::Double(reader, point_.sum.emplace()); break;
      case 6: ReadFixed64s(reader, point_.bucket_counts); break;
      case 7: ReadDoubles(reader, point_.explicit_bounds); break;
      default: break;
    }
  }

  // count = 4, sum = 5, scale = 6, zero_count = 7, positive = 8, negative = 9.
  void Exponential(WireReader& reader) {
    std::uint64_t number = 0;
    switch (reader.field()) {
      case 4: PartReader::Fixed64(reader, point_.count); break;
      case 5: PartReader::Double(reader, point_.sum.emplace()); break;
      case 6:
        PartReader::Varint(reader, number);
        point_.scale = Signed32(number);
        break;
      case 7: PartReader::Fixed64(reader, point_.zero_count); break;
      case 8: Buckets(reader, point_.positive); break;
      case 9: Buckets(reader, point_.negative); break;
      default: break;
    }
  }

  // offset = 1 (sint32), bucket_counts = 2 (uint64).
  static void Buckets(WireReader& outer, OtlpBuckets& out) {
    PartReader::Message(outer, [&](WireReader& reader) {
      std::uint64_t number = 0;
      if (reader.field() == 1) {
        PartReader::Varint(reader, number);
        out.offset = Signed32(number);
      }
      if (reader.field() == 2) ReadVarints(reader, out.counts);
    });
  }

  // count = 4, sum = 5, quantile_values = 6.
  void Summary(WireReader& reader) {
    switch (reader.field()) {
      case 4: PartReader::Fixed64(reader, point_.count); break;
      case 5: PartReader::Double(reader, point_.sum.emplace()); break;
      case 6: {
        if (!parts_.Count(reader)) break;
        OtlpQuantile& quantile = point_.quantiles.emplace_back();
        PartReader::Message(reader, [&](WireReader& inner) {
          if (inner.field() == 1) PartReader::Double(inner, quantile.quantile);
          if (inner.field() == 2) PartReader::Double(inner, quantile.value);
        });
        break;
      }
      default: break;
    }
  }

  OtlpVisitor& visitor_;
  PartReader parts_;
  OtlpPoint point_;
};

}  // namespace

const std::string* FindAttribute(const OtlpAttributes& attributes, std::string_view key) {
  for (const OtlpAttribute& attribute : attributes) {
    if (attribute.key == key) return &attribute.value;
  }
  return nullptr;
}

storage::Status WalkOtlpProtobuf(std::string_view request, OtlpVisitor& visitor) {
  if (const char* error = ProtobufWalk(visitor).Run(request); error != nullptr) {
    return storage::Error{storage::Errc::kInvalid, std::string("malformed OTLP request: ") + error};
  }
  return {};
}

}  // namespace vigia::server
