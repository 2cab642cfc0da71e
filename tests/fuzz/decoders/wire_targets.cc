// What comes over the network: scraped bodies in each format, remote write of both versions, OTLP.
#include <bit>
#include <cmath>
#include <limits>
#include <memory>

#include "server/exposition/format.h"
#include "server/exposition/parser.h"
#include "server/otlp/delta_streams.h"
#include "server/otlp/metrics_data.h"
#include "server/otlp/sample_writer.h"
#include "server/otlp/translator.h"
#include "server/remote/snappy_block.h"
#include "server/remote/wire_encode.h"
#include "server/remote/wire_labels.h"
#include "server/remote/wire_samples.h"
#include "server/remote/write_message.h"
#include "server/wire/histogram_rules.h"
#include "server/wire/wire_writer.h"
#include "tests/fuzz/decoders/target.h"
#include "tests/unit/storage/inspect/golden_items.h"

namespace vigia::fuzz {
namespace {

using namespace vigia::server;
namespace golden = vigia::storage::golden;

struct Seen {
  std::vector<std::string> series;
  std::vector<std::uint64_t> values;
  std::vector<std::optional<storage::TimestampMs>> times;
  bool failed = false;
};

// Reads the body to its end. With `expected`, series are first tried to be recognised as a scrape loop does.
Seen ReadBody(ExpositionParser& parser, const Seen* expected) {
  Seen out;
  std::vector<storage::LabelView> labels;
  std::string scratch;
  for (;;) {
    static_cast<void>(parser.Upcoming(64));
    const std::size_t next = out.series.size();
    bool recognised = expected != nullptr && next < expected->series.size() && parser.TrySeries(expected->series[next]);
    const EntryKind kind = recognised ? EntryKind::kSeries : parser.Next();
    if (kind == EntryKind::kEof) return out;
    if (kind == EntryKind::kError) {
      MUST(!parser.error().empty());
      out.failed = true;
      return out;
    }
    if (kind == EntryKind::kHelp) static_cast<void>(parser.help());
    if (kind != EntryKind::kSeries) {
      static_cast<void>(parser.line());
      continue;
    }
    out.series.emplace_back(parser.series());
    out.values.push_back(std::bit_cast<std::uint64_t>(parser.value()));
    out.times.push_back(parser.timestamp_ms());
    if (!recognised) {
      labels.clear();
      parser.AppendLabels(labels, scratch);
      MUST(!labels.empty());
    }
    for (const RawExemplar& exemplar : parser.exemplars()) {
      labels.clear();
      parser.AppendExemplarLabels(exemplar, labels, scratch);
    }
  }
}

void RunBody(ExpositionFormat format, std::string_view input) {
  for (const bool convert : {false, true}) {
    HistogramHandling handling;
    handling.native = convert;
    handling.classic_to_custom = convert;
    const auto plain = NewParser(format, input, handling);
    const Seen first = ReadBody(*plain, nullptr);
    // What recognises the series of the body before gives what reading gives.
    const auto quick = NewParser(format, input, handling);
    const Seen second = ReadBody(*quick, &first);
    MUST(second.series == first.series);
    MUST(second.values == first.values);
    MUST(second.times == first.times);
    MUST(second.failed == first.failed);
  }
}

constexpr std::string_view kExpositionWords[] = {"# HELP ",
                                                 "# TYPE ",
                                                 "# UNIT ",
                                                 "# EOF\n",
                                                 "counter\n",
                                                 "gauge\n",
                                                 "histogram\n",
                                                 "summary\n",
                                                 "info\n",
                                                 "stateset\n",
                                                 "_total",
                                                 "_bucket",
                                                 "_count",
                                                 "_sum",
                                                 "_created",
                                                 "{",
                                                 "}",
                                                 "le=\"1\"",
                                                 "le=\"+Inf\"",
                                                 "quantile=\"0.5\"",
                                                 ",",
                                                 "\\n",
                                                 "\\\"",
                                                 "\\\\",
                                                 " 1",
                                                 " NaN",
                                                 " +Inf",
                                                 " 1e400",
                                                 " 0x1p3",
                                                 " 1_000",
                                                 "\n",
                                                 " # {trace_id=\"x\"} 0.5 1.5\n",
                                                 "{\"a.b\"",
                                                 "\"c d\"=\"e\"",
                                                 " 1700000000000\n",
                                                 " 1700000000.123\n",
                                                 "\xff",
                                                 "\t",
                                                 "\r\n"};
std::span<const std::string_view> ExpositionWords() { return kExpositionWords; }

std::vector<std::string> TextSeeds() {
  return {"# HELP a Help \\n text.\n# TYPE a counter\na{b=\"c\",d=\"e\\\"f\\\\g\\n\"} 1 1700000000000\na 2\n",
          "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2\nh_sum 3\nh_count 2\n# TYPE s "
          "summary\ns{quantile=\"0.9\"} 4\n",
          "{\"a.b\",c=\"d\"} NaN\n  # comment\n\nx  +Inf\n"};
}
std::vector<std::string> OpenMetricsSeeds() {
  return {
      "# TYPE a counter\n# UNIT a seconds\n# HELP a Text.\na_total{b=\"c\"} 1 1700000000.123 # {trace_id=\"x\"} 0.5 "
      "1700000000.1\na_created 1.5\n# EOF\n",
      "# TYPE h histogram\nh_bucket{le=\"0.5\"} 1\nh_bucket{le=\"+Inf\"} 2 # {} 1\nh_sum 3\nh_count 2\n# TYPE i "
      "info\ni_info{v=\"1\"} 1\n# EOF\n"};
}

// io.prometheus.client.MetricFamily, each with its size before it.
std::vector<std::string> ProtobufSeeds() {
  const auto bytes = [](std::uint32_t field, std::string_view value) {
    std::string out;
    PutBytesField(out, field, value);
    return out;
  };
  const auto number = [](std::uint32_t field, double value) {
    std::string out;
    PutDoubleField(out, field, value);
    return out;
  };
  const auto varint = [](std::uint32_t field, std::uint64_t value) {
    std::string out;
    PutVarintField(out, field, value);
    return out;
  };
  const std::string label = bytes(1, bytes(1, "b") + bytes(2, "c"));
  const std::string bucket = varint(1, 2) + number(2, 0.5);
  const std::string span = bytes(12, varint(1, 2) + varint(2, 2));
  const std::string histogram = varint(1, 3) + number(2, 1.5) + bytes(3, bucket) + varint(5, 6) + number(6, 0.001) +
                                varint(7, 1) + span + varint(13, 2) + varint(13, 1);
  const std::string counter =
      bytes(1, "a_total") + varint(3, 0) + bytes(4, label + bytes(3, number(1, 4)) + varint(6, 1'700'000'000'000));
  const std::string native = bytes(1, "h") + varint(3, 4) + bytes(4, label + bytes(7, histogram));
  std::string out;
  for (const std::string& family : {counter, native}) {
    storage::PutVarint(out, family.size());
    out += family;
  }
  return {out};
}

std::string SeriesV1() {
  std::string series;
  EncodeLabels(series, 1, storage::Labels{{"__name__", "a"}, {"job", "x"}});
  std::string sample;
  EncodeSample(sample, 1'700'000'000'000, 1.5);
  PutBytesField(series, 2, sample);
  std::string exemplar;
  EncodeLabels(exemplar, 1, storage::Labels{{"trace_id", "x"}});
  PutDoubleField(exemplar, 2, 0.5);
  PutIntField(exemplar, 3, 1'700'000'000'000);
  PutBytesField(series, 3, exemplar);
  std::string histogram;
  EncodeHistogramMessage(histogram, 1'700'000'000'000, golden::Histograms().at("histogram/integer"));
  PutBytesField(series, 4, histogram);
  histogram.clear();
  EncodeHistogramMessage(histogram, 1'700'000'000'001, golden::Histograms().at("histogram/custom"));
  PutBytesField(series, 4, histogram);
  return series;
}
std::vector<std::string> WriteV1Seeds() {
  std::string message;
  PutBytesField(message, 1, SeriesV1());
  PutBytesField(message, 1, SeriesV1());
  return {message};
}
std::vector<std::string> WriteV2Seeds() {
  std::string series;
  PutBytesField(series, 1, std::string("\1\2\3\4", 4));
  std::string sample;
  EncodeSample(sample, 1'700'000'000'000, 1.5, 1'600'000'000'000);
  PutBytesField(series, 2, sample);
  std::string histogram;
  EncodeHistogramMessage(histogram, 1'700'000'000'000, golden::Histograms().at("histogram/integer"), 1);
  PutBytesField(series, 3, histogram);
  std::string exemplar;
  PutBytesField(exemplar, 1, std::string("\5\6", 2));
  PutDoubleField(exemplar, 2, 0.5);
  PutBytesField(series, 4, exemplar);
  PutBytesField(series, 5, std::string("\x08\1\x18\3", 4));
  std::string message;
  for (const char* symbol : {"", "__name__", "a", "job", "x", "trace_id", "y"}) PutBytesField(message, 4, symbol);
  PutBytesField(message, 5, series);
  return {message};
}

void RunParts(const WriteMessage& message, const SeriesFrame& frame) {
  WireReader parts(frame.parts);
  while (parts.Next()) {
    if (parts.type() != WireType::kBytes) continue;
    if (parts.field() == message.layout().samples) {
      storage::Sample sample;
      storage::TimestampMs start = 0;
      storage::Sample slow;
      storage::TimestampMs slow_start = 0;
      const bool bad = DecodeSample(parts.bytes(), sample, start) != nullptr;
      MUST(bad == (DecodeSampleSlowly(parts.bytes(), slow, slow_start) != nullptr));
      if (!bad)
        MUST(sample.t == slow.t && std::bit_cast<std::uint64_t>(sample.v) == std::bit_cast<std::uint64_t>(slow.v) &&
             start == slow_start);
    } else if (parts.field() == message.layout().histograms) {
      WireHistogram histogram;
      if (DecodeHistogram(parts.bytes(), histogram) == nullptr)
        MUST(histogram.h != nullptr || !histogram.fault.empty());
    }
  }
}

void RunMessage(WriteMessage& message) {
  LabelParser labels;
  SeriesFrame frame;
  for (std::string_view series; message.NextSeries(series);) {
    if (!message.Scan(series, frame)) break;
    static_cast<void>(labels.ParseSeries(frame.labels));
    static_cast<void>(labels.TargetLabels(frame.labels));
    RunParts(message, frame);
    WireReader parts(frame.parts);
    while (parts.Next()) {
      if (parts.field() != message.layout().exemplars || parts.type() != WireType::kBytes) continue;
      storage::Exemplar exemplar;
      std::string_view wire;
      std::string fault;
      if (message.ReadExemplar(parts.bytes(), exemplar, wire, fault) && fault.empty()) {
        static_cast<void>(labels.ParseExemplar(wire));
      }
    }
  }
}

void RunWriteV1(std::string_view input) { RunMessage(*NewMessageV1(input)); }
void RunWriteV2(std::string_view input) { RunMessage(*NewMessageV2(input)); }

void RunSnappy(std::string_view input) {
  DecodeBuffer buffer;
  constexpr std::size_t kMaxBytes = 1u << 20;
  const auto plain = DecodeSnappyBlock(input, kMaxBytes, buffer);
  if (!plain) return;
  MUST(plain->size() <= kMaxBytes);
  DecodeBuffer again;
  const auto back = DecodeSnappyBlock(EncodeSnappyBlock(*plain), kMaxBytes, again);
  MUST(back.has_value() && *back == *plain);
  RunMessage(*NewMessageV1(*plain));
}
std::vector<std::string> SnappySeeds() {
  return {EncodeSnappyBlock(WriteV1Seeds()[0]), EncodeSnappyBlock(std::string(5000, 'x'))};
}

// Takes everything: what is looked for is in front of storage.
class Taker final : public storage::Appendable, public storage::Appender {
 public:
  std::unique_ptr<storage::Appender> NewAppender(const storage::Labels&) override { return std::make_unique<Taker>(); }
  storage::Result<storage::SeriesRef> Resolve(const storage::Labels&) override {
    return static_cast<storage::SeriesRef>(1);
  }
  storage::AppendOutcome Append(storage::SeriesRef, storage::TimestampMs, double) override {
    return storage::AppendOutcome::kAdded;
  }
  storage::AppendOutcome AppendHistogram(storage::SeriesRef, storage::TimestampMs,
                                         const storage::HistogramPtr& h) override {
    MUST(h != nullptr && CheckHistogram(*h).empty());
    return storage::AppendOutcome::kAdded;
  }
  storage::AppendOutcome AppendExemplar(storage::SeriesRef, const storage::Exemplar&) override {
    return storage::AppendOutcome::kAdded;
  }
  storage::Status Commit() override { return {}; }
  void Rollback() override {}
};

void RunOtlp(storage::Status (*walk)(std::string_view, OtlpVisitor&), std::string_view input) {
  for (const bool native : {false, true}) {
    storage::Registry registry;
    OtlpMetrics metrics(registry);
    DeltaStreams streams(registry);
    Taker storage;
    SampleWriter writer(storage, metrics, {}, std::numeric_limits<storage::TimestampMs>::max());
    TranslationRules rules;
    rules.config.convert_histograms_to_nhcb = native;
    rules.config.promote_all_resource_attributes = native;
    rules.config.promote_scope_metadata = native;
    rules.type_and_unit_labels = native;
    OtlpTranslator translator(rules, writer);
    DeltaAccumulator accumulator(streams, translator, 0);
    if (walk(input, accumulator).has_value() && walk(input, accumulator).has_value()) {
      static_cast<void>(writer.Finish());
    }
  }
}

std::vector<std::string> OtlpSeeds() {
  const auto bytes = [](std::uint32_t field, std::string_view value) {
    std::string out;
    PutBytesField(out, field, value);
    return out;
  };
  const auto fixed = [](std::uint32_t field, std::uint64_t value) {
    std::string out;
    PutDoubleField(out, field, std::bit_cast<double>(value));
    return out;
  };
  const auto varint = [](std::uint32_t field, std::uint64_t value) {
    std::string out;
    PutVarintField(out, field, value);
    return out;
  };
  const std::string attribute = bytes(1, "service.name") + bytes(2, bytes(1, "s"));
  const std::string list = bytes(1, "l") + bytes(2, bytes(5, bytes(1, varint(3, 1)) + bytes(1, bytes(7, "b"))));
  const std::string time = fixed(2, 1) + fixed(3, 1'700'000'000'000'000'000);
  const std::string exemplar =
      fixed(2, 5) + fixed(3, 0x3ff0000000000000) + bytes(5, "0123456789abcdef") + bytes(7, list);
  const std::string number = bytes(1, time + fixed(4, 0x3ff0000000000000) + bytes(5, exemplar) + bytes(7, list));
  const std::string sides = varint(1, 1) + bytes(2, std::string("\1\2\3", 3));
  const std::string exponential = bytes(
      1, time + fixed(4, 12) + fixed(7, 0) + varint(6, 3) + bytes(8, sides) + bytes(9, sides) + bytes(11, exemplar));
  const std::string counts(fixed(1, 3).substr(1) + fixed(1, 4).substr(1));
  const std::string histogram = bytes(
      1, time + fixed(4, 7) + bytes(6, counts) + bytes(7, fixed(1, 0x3ff0000000000000).substr(1)) + bytes(8, exemplar));
  const std::string summary = bytes(1, time + fixed(4, 7) + bytes(6, fixed(1, 0x3fe0000000000000) + fixed(2, 1)));
  std::string metrics = bytes(2, bytes(1, "g") + bytes(3, "By/s") + bytes(5, number));
  for (const std::uint64_t temporality : {1u, 2u}) {
    const std::string tail = varint(2, temporality) + varint(3, 1);
    metrics += bytes(2, bytes(1, "c") + bytes(7, number + tail)) +
               bytes(2, bytes(1, "h") + bytes(9, histogram + tail)) +
               bytes(2, bytes(1, "e") + bytes(10, exponential + tail));
  }
  metrics += bytes(2, bytes(1, "s") + bytes(11, summary));
  return {bytes(1, bytes(1, bytes(1, attribute) + bytes(1, list)) + bytes(2, bytes(1, bytes(1, "lib")) + metrics))};
}
std::vector<std::string> OtlpJsonSeeds() {
  return {R"({"resourceMetrics":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}},
{"key":"l","value":{"arrayValue":{"values":[{"intValue":"1"},{"doubleValue":0.5},{"boolValue":true}]}}}]},
"scopeMetrics":[{"scope":{"name":"lib"},"metrics":[{"name":"c","sum":{"aggregationTemporality":1,"isMonotonic":true,
"dataPoints":[{"timeUnixNano":"1700000000000000000","asInt":"7","exemplars":[{"asDouble":1,"traceId":"0aff"}]}]}},
{"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[{"timeUnixNano":"1","count":"2","scale":9,
"positive":{"offset":1,"bucketCounts":["1","1"]}}]}}]}]}]})"};
}
constexpr std::string_view kJsonWords[] = {"{",
                                           "}",
                                           "[",
                                           "]",
                                           ":",
                                           ",",
                                           "\"",
                                           "null",
                                           "-1",
                                           "1e9",
                                           "\"gauge\"",
                                           "\"summary\"",
                                           "\"histogram\"",
                                           "\"dataPoints\"",
                                           "\"kvlistValue\""};
std::span<const std::string_view> JsonWords() { return kJsonWords; }

constexpr Target kTargets[] = {
    {"text", &TextSeeds, &ExpositionWords, [](std::string_view input) { RunBody(ExpositionFormat::kText, input); }},
    {"openmetrics", &OpenMetricsSeeds, &ExpositionWords,
     [](std::string_view input) { RunBody(ExpositionFormat::kOpenMetrics, input); }},
    {"protobuf", &ProtobufSeeds, nullptr, [](std::string_view input) { RunBody(ExpositionFormat::kProtobuf, input); }},
    {"snappy", &SnappySeeds, nullptr, &RunSnappy},
    {"write_v1", &WriteV1Seeds, nullptr, &RunWriteV1},
    {"write_v2", &WriteV2Seeds, nullptr, &RunWriteV2},
    {"otlp", &OtlpSeeds, nullptr, [](std::string_view input) { RunOtlp(&WalkOtlpProtobuf, input); }},
    {"otlp_json", &OtlpJsonSeeds, &JsonWords, [](std::string_view input) { RunOtlp(&WalkOtlpJson, input); }},
};

}  // namespace

std::span<const Target> WireTargets() { return kTargets; }

}  // namespace vigia::fuzz
