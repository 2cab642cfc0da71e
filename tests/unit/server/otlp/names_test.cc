#include "server/otlp/names.h"

#include "server/otlp/any_value.h"
#include "tests/support/catch.h"

using namespace vigia::server;
using Strategy = vigia::config::TranslationStrategy;
using vigia::config::OtlpConfig;

namespace {

constexpr auto kEscape = Strategy::kUnderscoreEscapingWithSuffixes;

std::string Name(OtlpKind kind, const char* name, const char* unit, Strategy strategy = kEscape,
                 bool is_monotonic = false) {
  OtlpMetric metric;
  metric.kind = kind;
  metric.name = name;
  metric.unit = unit;
  metric.is_monotonic = is_monotonic;
  const auto out = MetricNameOf(metric, strategy);
  return out ? *out : "error: " + out.error().what;
}
std::string Gauge(const char* name, const char* unit, Strategy strategy = kEscape) {
  return Name(OtlpKind::kGauge, name, unit, strategy);
}
std::string Counter(const char* name, const char* unit, Strategy strategy = kEscape) {
  return Name(OtlpKind::kSum, name, unit, strategy, true);
}
std::string Label(const char* name, OtlpConfig config = {}) {
  const auto out = LabelNameOf(name, config);
  return out ? *out : "error: " + out.error().what;
}

}  // namespace

// The cases of OpenTelemetry's own tests of its Prometheus translation (normalize_name_test.go), in their meaning.
TEST_CASE("otlp: names get their unit as a word") {
  CHECK(Name(OtlpKind::kHistogram, "http.server.duration", "s") == "http_server_duration_seconds");
  CHECK(Gauge("system.filesystem.usage", "By") == "system_filesystem_usage_bytes");
  CHECK(Gauge("system.network.dropped", "{packets}") == "system_network_dropped");
  CHECK(Gauge("system.network.io", "By/s") == "system_network_io_bytes_per_second");
  CHECK(Gauge("memory_usage_bytes", "By") == "memory_usage_bytes");
  CHECK(Gauge("hw.fan.speed", "rpm") == "hw_fan_speed_rpm");
  CHECK(Gauge("a", "{objects}/s") == "a_per_second");
  CHECK(Gauge("a", "m/m") == "a_meters_per_minute");
  CHECK(Gauge("a", "%") == "a_percent");
  CHECK(Gauge("temperature", "Cel") == "temperature_celsius");
  CHECK(Gauge("a", " ms ") == "a_milliseconds");
  CHECK(Gauge("a", "foo.bar") == "a_foo_bar");
}

TEST_CASE("otlp: counters end with total, gauges of unit 1 with ratio") {
  CHECK(Counter("requests.count", "1") == "requests_count_total");
  CHECK(Counter("http_requests_total", "") == "http_requests_total");
  CHECK(Counter("total.requests", "By") == "requests_bytes_total");
  CHECK(Name(OtlpKind::kSum, "up.down", "1") == "up_down");
  CHECK(Gauge("cpu.utilization", "1") == "cpu_utilization_ratio");
  CHECK(Gauge("ratio.of.a", "1") == "of_a_ratio");
}

TEST_CASE("otlp: what names cannot have becomes an underscore") {
  CHECK(Gauge("a..b__c", "") == "a_b_c");
  CHECK(Gauge("1st", "") == "_1st");
  CHECK(Gauge("a:b", "") == "a:b");
  CHECK(Gauge("caf\xc3\xa9.size", "") == "caf_size");
  CHECK(Gauge("...", "") == "error: normalization for metric \"...\" resulted in empty name");
}

TEST_CASE("otlp: other strategies") {
  CHECK(Counter("http.requests", "s", Strategy::kUnderscoreEscapingWithoutSuffixes) == "http_requests");
  CHECK(Gauge("a__b", "s", Strategy::kUnderscoreEscapingWithoutSuffixes) == "a__b");
  CHECK(Counter("http.requests", "s", Strategy::kNoUtf8EscapingWithSuffixes) == "http.requests_seconds_total");
  CHECK(Counter("x.total", "By/s", Strategy::kNoUtf8EscapingWithSuffixes) == "x_bytes_per_second_total");
  CHECK(Gauge("a.b", "1", Strategy::kNoUtf8EscapingWithSuffixes) == "a.b_ratio");
  CHECK(Counter("http.requests", "s", Strategy::kNoTranslation) == "http.requests");
}

TEST_CASE("otlp: label names") {
  CHECK(Label("http.method") == "http_method");
  CHECK(Label("a..b") == "a__b");
  CHECK(Label("1st") == "key_1st");
  CHECK(Label("_private") == "key_private");
  CHECK(Label("__reserved__") == "__reserved__");
  CHECK(Label("caf\xc3\xa9") == "caf_");
  CHECK(Label("...") == "error: normalization for label name \"...\" resulted in invalid name \"___\"");
  CHECK(Label("") == "error: label name is empty");
  OtlpConfig plain;
  plain.label_name_underscore_sanitization = false;
  CHECK(Label("_private", plain) == "_private");
  OtlpConfig single;
  single.label_name_preserve_multiple_underscores = false;
  CHECK(Label("a..b__c", single) == "a_b_c");
  CHECK(Label("__reserved..name__", single) == "__reserved_name__");
  OtlpConfig utf8;
  utf8.translation_strategy = Strategy::kNoTranslation;
  CHECK(Label("http.method", utf8) == "http.method");
}

TEST_CASE("otlp: attribute values as text") {
  const auto text = [](const char* value) {
    OtlpValue out;
    out.kind = OtlpValue::Kind::kText;
    out.text = value;
    return out;
  };
  const auto number = [](double value) {
    OtlpValue out;
    out.kind = OtlpValue::Kind::kDouble;
    out.number = value;
    return out;
  };
  CHECK(ToText(text("a")) == "a");
  CHECK(ToText(number(0.5)) == "0.5");
  CHECK(ToText(number(1e20)) == "100000000000000000000");
  CHECK(ToText(number(1e21)) == "1e+21");
  CHECK(ToText(number(1e-7)) == "1e-7");
  OtlpValue list;
  list.kind = OtlpValue::Kind::kArray;
  list.items = {text("a\"<"), number(2), OtlpValue()};
  CHECK(ToText(list) == "[\"a\\\"\\u003c\",2,null]");
  OtlpValue map;
  map.kind = OtlpValue::Kind::kMap;
  map.entries = {{"z", text("1")}, {"b", list}};
  CHECK(ToText(map) == "{\"b\":[\"a\\\"\\u003c\",2,null],\"z\":\"1\"}");
  OtlpValue bytes;  // RFC 4648, section 10.
  bytes.kind = OtlpValue::Kind::kBytes;
  for (const auto& [raw, encoded] : {std::pair{"f", "Zg=="}, {"fo", "Zm8="}, {"foo", "Zm9v"}, {"foob", "Zm9vYg=="}}) {
    bytes.text = raw;
    CHECK(ToText(bytes) == encoded);
  }
  CHECK(ToHex(std::string_view("\x00\xab", 2)) == "00ab");
}
