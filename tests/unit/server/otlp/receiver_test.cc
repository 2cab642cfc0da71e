#include "server/otlp/receiver.h"

#include "tests/support/catch.h"
#include "tests/support/wire_encoder.h"
#include "tests/unit/server/exposition/transcript.h"
#include "tests/unit/server/scrape/fake_storage.h"

using namespace vigia;
using namespace vigia::tests;
using Catch::Matchers::Contains;
using server::Response;

namespace {

constexpr storage::TimestampMs kNow = 1'700'000'000'000;
constexpr std::uint64_t kNs = 1'000'000;

// Written from opentelemetry-proto's metrics.proto.
std::string TimeField(std::uint64_t field, std::int64_t ms) {
  return Tag(field, 1) + Fixed64(static_cast<std::uint64_t>(ms) * kNs);
}
std::string TextAttribute(std::uint64_t field, std::string_view key, std::string_view value) {
  return BytesField(field, BytesField(1, key) + BytesField(2, BytesField(1, value)));
}
std::string Number(double v, std::int64_t ms, const std::string& more = {}) {
  return BytesField(1, TimeField(3, ms) + DoubleField(4, v) + more);
}
std::string Integer(std::int64_t v, std::int64_t ms) {
  return BytesField(1, TimeField(3, ms) + Tag(6, 1) + Fixed64(static_cast<std::uint64_t>(v)));
}
std::string Metric(std::string_view name, std::string_view unit, std::uint64_t kind, const std::string& data) {
  return BytesField(2, BytesField(1, name) + BytesField(3, unit) + BytesField(kind, data));
}
std::string Gauge(std::string_view name, const std::string& points, std::string_view unit = {}) {
  return Metric(name, unit, 5, points);
}
std::string Sum(std::string_view name, const std::string& points, int temporality = 2, bool is_monotonic = true) {
  return Metric(name, "", 7,
                points + VarintField(2, static_cast<std::uint64_t>(temporality)) + VarintField(3, is_monotonic));
}
std::string Histogram(std::string_view name, const std::string& fields, std::uint64_t kind = 9, int temporality = 2) {
  return Metric(name, "", kind, BytesField(1, fields) + VarintField(2, static_cast<std::uint64_t>(temporality)));
}
std::string Fixed64Field(std::uint64_t field, std::uint64_t v) { return Tag(field, 1) + Fixed64(v); }
std::string PackedFixed(std::uint64_t field, const std::vector<std::uint64_t>& values) {
  std::string bytes;
  for (const std::uint64_t value : values) bytes += Fixed64(value);
  return BytesField(field, bytes);
}
std::string PackedVarints(std::uint64_t field, const std::vector<std::uint64_t>& values) {
  std::string bytes;
  for (const std::uint64_t value : values) bytes += Varint(value);
  return BytesField(field, bytes);
}
// A whole request: one resource, one scope.
std::string Request(const std::string& metrics, const std::string& attributes, const std::string& scope = {}) {
  return BytesField(1, BytesField(1, attributes) + BytesField(2, scope + metrics));
}
std::string Service() { return TextAttribute(1, "service.name", "s") + TextAttribute(1, "service.instance.id", "i"); }

struct Fixture {
  explicit Fixture(config::OtlpConfig otlp = {}, server::OtlpOptions options = {.enabled = true}) {
    RegisterOtlp(router,
                 {storage, registry, [] { return kNow; }, server::Logger::Silent(), [otlp] { return otlp; }, options});
  }

  Response Post(std::string body, std::string type = "application/x-protobuf", std::string encoding = {}) {
    server::Request request;
    request.method = "POST";
    request.path = "/api/v1/otlp/v1/metrics";
    if (!type.empty()) request.headers.Add("Content-Type", std::move(type));
    if (!encoding.empty()) request.headers.Add("Content-Encoding", std::move(encoding));
    request.body = std::move(body);
    return (*router.Find("POST", "/api/v1/otlp/v1/metrics").handler)(request);
  }
  // Of a service without further attributes, so that there is no target_info.
  Response Send(const std::string& metrics) { return Post(Request(metrics, Service())); }

  std::string Of(const std::string& series) {
    return storage.Samples(series.find('}') == std::string::npos ? series + "{instance=\"i\", job=\"s\"}" : series);
  }
  std::string HistogramsText() {
    std::string out;
    for (const auto& point : storage.Histograms()) {
      out += fmt::format("{} {} {}\n", point.t, point.series, server::HistogramText(*point.h));
    }
    return out;
  }

  server::FakeStorage storage;
  storage::Registry registry;
  server::Router router;
};

const std::string kAt = std::to_string(kNow);

}  // namespace

TEST_CASE("otlp: gauges and sums become series") {
  Fixture f;
  const Response response =
      f.Send(Gauge("a.b", Number(1.5, kNow), "By") + Sum("c", Integer(-7, kNow)) + Sum("d", Number(2, kNow), 2, false));
  CHECK(response.status == 200);
  CHECK(response.body.empty());
  CHECK(f.Of("a_b_bytes") == kAt + ":1.5");
  CHECK(f.Of("c_total") == kAt + ":-7");
  CHECK(f.Of("d") == kAt + ":2");
  CHECK(f.storage.Series().size() == 3);
}

TEST_CASE("otlp: attributes become labels, those of the same name joined in their order") {
  Fixture f;
  f.Send(Gauge("g", Number(1, kNow,
                           TextAttribute(7, "x.y", "late") + TextAttribute(7, "x!y", "early") +
                               TextAttribute(7, "job", "mine") + TextAttribute(7, "__name__", "no"))));
  CHECK(f.Of("g{instance=\"i\", job=\"s\", x_y=\"early;late\"}") == kAt + ":1");
}

TEST_CASE("otlp: attribute values of all types") {
  Fixture f;
  const auto attribute = [](const char* key, const std::string& value) {
    return BytesField(7, BytesField(1, key) + BytesField(2, value));
  };
  const std::string list = BytesField(5, BytesField(1, VarintField(3, 1)) + BytesField(1, BytesField(1, "x")));
  f.Send(Gauge("g", Number(1, kNow,
                           attribute("a", VarintField(2, 1)) + attribute("b", VarintField(3, 12)) +
                               attribute("c", DoubleField(4, 0.25)) + attribute("d", list) +
                               attribute("e", BytesField(7, "foo")))));
  CHECK(f.storage.Series() ==
        std::vector<std::string>{R"(g{a="true", b="12", c="0.25", d="[1,\"x\"]", e="Zm9v", instance="i", job="s"})"});
}

TEST_CASE("otlp: service names the job, other attributes of the resource go to target_info") {
  Fixture f;
  const std::string resource =
      Service() + TextAttribute(1, "service.namespace", "n") + TextAttribute(1, "host.name", "h");
  CHECK(f.Post(Request(Gauge("g", Number(1, kNow)), resource)).status == 200);
  CHECK(f.Of("g{instance=\"i\", job=\"n/s\"}") == kAt + ":1");
  CHECK(f.Of("target_info{host_name=\"h\", instance=\"i\", job=\"n/s\"}") == kAt + ":1");
}

TEST_CASE("otlp: target_info is there for as long as the samples are, and once") {
  config::OtlpConfig config;
  config.keep_identifying_resource_attributes = true;
  Fixture f(config);
  const std::string resource = TextAttribute(1, "service.name", "s") + TextAttribute(1, "k", "v");
  const std::string request = Request(Gauge("g", Number(1, kNow - 400'000) + Number(2, kNow)), resource) +
                              Request(Gauge("h", Number(1, kNow)), resource);
  CHECK(f.Post(request).status == 200);
  const auto at = [](storage::TimestampMs t) { return std::to_string(t) + ":1"; };
  // Every half of the lookback of 5 minutes.
  CHECK(f.Of("target_info{job=\"s\", k=\"v\", service_name=\"s\"}") ==
        at(kNow - 400'000) + " " + at(kNow - 250'000) + " " + at(kNow - 100'000) + " " + at(kNow));
}

TEST_CASE("otlp: resource and scope attributes are promoted when asked for") {
  config::OtlpConfig config;
  config.promote_resource_attributes = {"host.name", "absent"};
  config.promote_scope_metadata = true;
  Fixture f(config);
  const std::string scope = BytesField(1, BytesField(1, "lib") + BytesField(2, "1.0") + TextAttribute(3, "k", "v"));
  const std::string resource = TextAttribute(1, "host.name", "h") + TextAttribute(1, "other", "o");
  f.Post(Request(Gauge("g", Number(1, kNow)), resource, scope));
  CHECK(f.storage.Series() ==
        std::vector<std::string>{
            R"(g{host_name="h", otel_scope_k="v", otel_scope_name="lib", otel_scope_version="1.0"})"});
  config::OtlpConfig all;
  all.promote_all_resource_attributes = true;
  all.ignore_resource_attributes = {"other"};
  Fixture g(all);
  g.Post(Request(Gauge("g", Number(1, kNow)), resource));
  CHECK(g.storage.Series() == std::vector<std::string>{R"(g{host_name="h"})"});
}

TEST_CASE("otlp: a promoted attribute that names the source stands for a missing instance") {
  config::OtlpConfig config;
  config.promote_resource_attributes = {"host.name", "service.version"};
  Fixture f(config);
  const std::string more = TextAttribute(1, "host.name", "h") + TextAttribute(1, "service.version", "1");
  f.Post(Request(Gauge("g", Number(1, kNow)), TextAttribute(1, "service.name", "s") + more));
  f.Post(Request(Gauge("g", Number(1, kNow)), Service() + more));
  CHECK(f.storage.Shared() == std::vector<std::string>{R"({host_name="h", job="s"})", R"({instance="i", job="s"})"});
}

TEST_CASE("otlp: explicit histograms become classic series") {
  Fixture f;
  const std::string exemplar = BytesField(
      8, TimeField(2, kNow - 5) + DoubleField(3, 7) + BytesField(5, "\x01\x02") + TextAttribute(7, "k", "v"));
  const std::string point = TimeField(3, kNow) + Fixed64Field(4, 6) + DoubleField(5, 12.5) + PackedFixed(6, {1, 2, 3}) +
                            PackedDoubles(7, {0.5, 10}) + exemplar;
  CHECK(f.Send(Histogram("h", point)).status == 200);
  CHECK(f.Of("h_sum") == kAt + ":12.5");
  CHECK(f.Of("h_count") == kAt + ":6");
  CHECK(f.Of("h_bucket{instance=\"i\", job=\"s\", le=\"0.5\"}") == kAt + ":1");
  CHECK(f.Of("h_bucket{instance=\"i\", job=\"s\", le=\"10\"}") == kAt + ":3");
  CHECK(f.Of("h_bucket{instance=\"i\", job=\"s\", le=\"+Inf\"}") == kAt + ":6");
  REQUIRE(f.storage.exemplars.size() == 1);
  CHECK(f.storage.exemplars[0].labels == storage::Labels{{"k", "v"}, {"trace_id", "0102"}});
  CHECK(f.storage.exemplars[0].t == kNow - 5);
}

TEST_CASE("otlp: a histogram without a sum has no series for it") {
  Fixture f;
  f.Send(Histogram("h", TimeField(3, kNow) + Fixed64Field(4, 6)));
  CHECK(f.storage.Series().size() == 2);
  CHECK(f.Of("h_sum").empty());
}

TEST_CASE("otlp: explicit histograms become native ones when asked for") {
  config::OtlpConfig config;
  config.convert_histograms_to_nhcb = true;
  Fixture f(config);
  const std::string point = TimeField(3, kNow) + Fixed64Field(4, 6) + DoubleField(5, 12.5) + PackedFixed(6, {1, 2, 3}) +
                            PackedDoubles(7, {0.5, 10});
  CHECK(f.Send(Histogram("h", point)).status == 200);
  CHECK(f.HistogramsText() ==
        kAt + R"( h{instance="i", job="s"} integer schema:-53 count:6 sum:12.5 +(0,3) 1 2 3 le 0.5 10)" + "\n");
}

TEST_CASE("otlp: exponential histograms become native ones") {
  Fixture f;
  const auto buckets = [](std::uint64_t field, std::int32_t offset, const std::vector<std::uint64_t>& counts) {
    return BytesField(field, SignedField(1, offset) + PackedVarints(2, counts));
  };
  const std::string head = TimeField(3, kNow) + Fixed64Field(4, 10) + DoubleField(5, 3);
  // OpenTelemetry's bucket 0 ends at base, Prometheus' at 1: all indexes are one more.
  CHECK(f.Send(Histogram("h",
                         head + SignedField(6, 1) + Fixed64Field(7, 2) + buckets(8, -1, {1, 0, 4}) + buckets(9, 3, {3}),
                         10))
            .status == 200);
  CHECK(f.HistogramsText() ==
        kAt + R"( h{instance="i", job="s"} integer schema:1 count:10 sum:3 zero:2/1e-128 +(0,3) 1 0 4 -(4,1) 3)" +
            "\n");
  // Scale 9: pairs of buckets become one of schema 8.
  Fixture g;
  CHECK(g.Send(Histogram("h", head + SignedField(6, 9) + buckets(8, 0, {1, 2, 3, 4}), 10)).status == 200);
  CHECK_THAT(g.HistogramsText(), Contains("schema:8 count:10 sum:3 zero:0/1e-128 +(1,2) 3 7\n"));
  const Response coarse = g.Send(Histogram("h", head + SignedField(6, -5), 10));
  CHECK(coarse.status == 500);
  CHECK(coarse.body == "cannot convert exponential to native histogram. Scale must be >= -4, was -5\n");
  CHECK_THAT(g.Send(Histogram("h", head + buckets(8, 0, {1}), 10)).body,
             Contains("1 observations found in buckets, but the Count field is 10"));
}

TEST_CASE("otlp: summaries become quantiles") {
  Fixture f;
  const auto quantile = [](double q, double v) { return BytesField(6, DoubleField(1, q) + DoubleField(2, v)); };
  const std::string point =
      TimeField(3, kNow) + Fixed64Field(4, 6) + DoubleField(5, 12.5) + quantile(0.5, 2) + quantile(1, 3);
  CHECK(f.Send(Metric("s", "", 11, BytesField(1, point))).status == 200);
  CHECK(f.Of("s_count") == kAt + ":6");
  CHECK(f.Of("s{instance=\"i\", job=\"s\", quantile=\"0.5\"}") == kAt + ":2");
  CHECK(f.Of("s{instance=\"i\", job=\"s\", quantile=\"1\"}") == kAt + ":3");
}

TEST_CASE("otlp: a point without a recorded value ends its series") {
  Fixture f;
  f.Send(Gauge("g", Number(1, kNow, VarintField(8, 1))) + Histogram("e", TimeField(3, kNow) + VarintField(10, 1), 10));
  CHECK(f.Of("g") == kAt + ":stale");
  CHECK(f.Of("e") == kAt + ":stale");
}

TEST_CASE("otlp: deltas are refused unless they may be stored as they come") {
  Fixture f;
  const Response refused =
      f.Send(Gauge("g", Number(1, kNow)) + Sum("c", Number(1, kNow), 1) + Sum("x", Number(1, kNow), 0));
  CHECK(refused.status == 500);
  CHECK(refused.body ==
        "invalid temporality and type combination for metric \"c\"\n"
        "invalid temporality and type combination for metric \"x\"\n");
  CHECK(f.Of("g").empty());
  Fixture g({}, {.enabled = true, .takes_deltas = true});
  const std::string histogram = TimeField(3, kNow) + Fixed64Field(4, 1) + Fixed64Field(7, 1);
  CHECK(g.Send(Sum("c", Number(1, kNow), 1) + Histogram("h", histogram, 10, 1)).status == 200);
  CHECK(g.Of("c_total") == kAt + ":1");
  CHECK_THAT(g.HistogramsText(), Contains("integer gauge schema:0"));
}

TEST_CASE("otlp: deltas are added up where that is wanted") {
  Fixture f({}, {.enabled = true, .adds_deltas = true, .starts = {.stored = true}});
  const auto sum = [](double v, storage::TimestampMs t, storage::TimestampMs start) {
    return Sum("c", Number(v, t, TimeField(2, start)), 1);
  };
  CHECK(f.Send(sum(2, kNow, kNow - 10)).status == 200);
  CHECK(f.Send(sum(3, kNow + 10, kNow)).status == 200);
  CHECK(f.Send(sum(9, kNow + 5, kNow)).status == 200);        // Older than the last: left out.
  CHECK(f.Send(sum(9, kNow + 20, kNow - 20)).status == 200);  // Began before the stream: left out.
  CHECK(f.Send(sum(4, kNow + 20, kNow + 10)).status == 200);
  CHECK(f.Of("c_total") == fmt::format("{}:2 {}:5 {}:9", kNow, kNow + 10, kNow + 20));
  CHECK(f.storage.starts.at({R"(c_total{instance="i", job="s"})", kNow + 20}) == kNow - 10);
}

TEST_CASE("otlp: histograms of deltas are added up") {
  Fixture f({}, {.enabled = true, .adds_deltas = true});
  const auto explicit_point = [](std::int64_t t, std::vector<std::uint64_t> counts, std::vector<double> bounds) {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts) total += count;
    return Histogram("h", TimeField(3, t) + Fixed64Field(4, total) + PackedFixed(6, counts) + PackedDoubles(7, bounds),
                     9, 1);
  };
  f.Send(explicit_point(kNow, {1, 2}, {1}));
  f.Send(explicit_point(kNow + 1, {3, 4}, {1}));
  f.Send(explicit_point(kNow + 2, {5, 6}, {2}));  // Other bounds begin anew.
  CHECK(f.Of("h_count") == fmt::format("{}:3 {}:10 {}:11", kNow, kNow + 1, kNow + 2));
  CHECK(f.Of(R"(h_bucket{instance="i", job="s", le="1"})") == fmt::format("{}:1 {}:4", kNow, kNow + 1));

  const auto exponential = [](std::int64_t t, std::int32_t scale, std::int32_t offset,
                              std::vector<std::uint64_t> counts) {
    std::uint64_t total = 0;
    for (const std::uint64_t count : counts) total += count;
    return Histogram("e",
                     TimeField(3, t) + Fixed64Field(4, total) + DoubleField(5, 1) + SignedField(6, scale) +
                         BytesField(8, SignedField(1, offset) + PackedVarints(2, counts)),
                     10, 1);
  };
  f.Send(exponential(kNow, 1, 2, {1, 2}));
  // Buckets 2 and 3 of scale 1 are in bucket 1 of scale 0.
  f.Send(exponential(kNow + 1, 0, 0, {4, 0, 8}));
  f.Send(exponential(kNow + 2, 0, 1'000'000, {1}));
  const auto stored = f.storage.Histograms();
  REQUIRE(stored.size() == 3);
  CHECK(server::HistogramText(*stored[1].h) == "integer schema:0 count:15 sum:2 zero:0/1e-128 +(1,3) 4 3 8");
  // A million buckets at scale 0 are more than 160 until each is 2^13 of them: there is no such schema.
  CHECK(server::HistogramText(*stored[2].h) == "integer schema:0 count:1 sum:1 zero:0/1e-128 +(1000001,1) 1");
}

TEST_CASE("otlp: metrics that say nothing are refused") {
  Fixture f;
  CHECK(f.Send(Gauge("g", "")).body == "empty data points. g is dropped\n");
  CHECK_THAT(f.Send(BytesField(2, BytesField(1, "g"))).body, Contains("unsupported metric type Empty"));
  CHECK(f.Send(Gauge("", Number(1, kNow))).status == 500);
}

TEST_CASE("otlp: samples that storage refuses refuse the request") {
  Fixture f;
  f.Send(Gauge("g", Number(1, kNow)));
  const Response old = f.Send(Gauge("h", Number(1, kNow)) + Gauge("g", Number(1, kNow - 1)));
  CHECK(old.status == 400);
  CHECK(old.body == "out of order sample\n");
  CHECK(f.Of("h").empty());
  CHECK(f.Send(Gauge("g", Number(2, kNow))).body == "duplicate sample for timestamp\n");
  CHECK(f.Send(Gauge("g", Number(1, kNow + 600'001))).status == 400);
  f.storage.commit_status = storage::Error{storage::Errc::kIo, "disk"};
  CHECK(f.Send(Gauge("g", Number(1, kNow + 1))).status == 500);
  f.storage.commit_status = storage::Error{storage::Errc::kUnavailable, "full"};
  CHECK(f.Send(Gauge("g", Number(1, kNow + 1))).status == 503);
}

TEST_CASE("otlp: the same series and time twice in a request keeps the first") {
  Fixture f;
  CHECK(f.Send(Gauge("g", Number(1, kNow)) + Gauge("g", Number(2, kNow))).status == 200);
  CHECK(f.Of("g") == kAt + ":1");
}

TEST_CASE("otlp: start timestamps are kept where they are wanted") {
  Fixture f({}, {.enabled = true, .starts = {.stored = true}});
  f.Send(Sum("c", Number(1, kNow, TimeField(2, kNow - 1000))));
  CHECK(f.storage.starts.at({R"(c_total{instance="i", job="s"})", kNow}) == kNow - 1000);
}

TEST_CASE("otlp: UTF-8 names stay when they are not to be escaped") {
  config::OtlpConfig config;
  config.translation_strategy = config::TranslationStrategy::kNoTranslation;
  Fixture f(config);
  f.Send(Gauge("a.b", Number(1, kNow, TextAttribute(7, "x.y", "v")), "s"));
  CHECK(f.storage.Series() == std::vector<std::string>{R"({"a.b", instance="i", job="s", "x.y"="v"})"});
}

TEST_CASE("otlp: type and unit become labels where they are wanted") {
  Fixture f({}, {.enabled = true, .type_and_unit_labels = true});
  f.Send(Gauge("g", Number(1, kNow), "By/s") + Sum("c", Number(1, kNow)));
  CHECK(f.storage.Series() ==
        std::vector<std::string>{
            R"(c_total{__type__="counter", instance="i", job="s"})",
            R"(g_bytes_per_second{__type__="gauge", __unit__="bytes_per_second", instance="i", job="s"})"});
}

TEST_CASE("otlp: headers") {
  Fixture f;
  CHECK(f.Post("", "text/plain").body ==
        "unsupported content type: text/plain, supported: [application/json, application/x-protobuf]\n");
  CHECK(f.Post("", "application/x-protobuf", "snappy").body ==
        "unsupported compression: snappy. Only \"gzip\" or no compression supported\n");
  CHECK(f.Post("", "application/x-protobuf", "gzip").status == 200);
  Fixture off({}, {});
  CHECK(off.Post("").status == 404);
}

TEST_CASE("otlp: malformed requests are refused, wherever they are cut or changed") {
  Fixture f;
  CHECK(f.Post("\x0a\x7f").status == 400);
  CHECK(f.Send(Gauge("g\xff", Number(1, kNow))).status == 400);
  std::string nested = VarintField(3, 1);
  for (int i = 0; i < 100; ++i) nested = BytesField(5, BytesField(1, nested));
  CHECK_THAT(f.Send(Gauge("g", Number(1, kNow, BytesField(7, BytesField(2, nested))))).body,
             Contains("nested too deeply"));
  std::string many;
  for (int i = 0; i < 100'001; ++i) many += BytesField(7, "");
  CHECK_THAT(f.Send(Gauge("g", Number(1, kNow, many))).body, Contains("too many attributes"));
  const std::string point =
      TimeField(3, kNow) + Fixed64Field(4, 6) + PackedFixed(6, {1, 2, 3}) + PackedDoubles(7, {0.5, 10});
  const std::string good =
      Request(Histogram("h", point) + Gauge("g", Number(1, kNow, TextAttribute(7, "a", "b"))), Service());
  for (std::size_t at = 0; at < good.size(); ++at) {
    CHECK(f.Post(good.substr(0, at)).status >= 200);
    for (const char hostile : {'\0', '\x01', '\x7f', '\x80', '\xff'}) {
      std::string changed = good;
      changed[at] = hostile;
      CHECK(f.Post(changed).status >= 200);
    }
  }
}

TEST_CASE("otlp: the same request as JSON") {
  Fixture f;
  const std::string json = R"({"resourceMetrics":[{
    "resource":{"attributes":[{"key":"service.name","value":{"stringValue":"s"}},
                              {"key":"service.instance.id","value":{"stringValue":"i"}}]},
    "scopeMetrics":[{"scope":{"name":"lib"},"metrics":[
      {"name":"a.b","unit":"By","gauge":{"dataPoints":[
        {"timeUnixNano":"1700000000000000000","asDouble":1.5,"attributes":[{"key":"n","value":{"intValue":"3"}}]}]}},
      {"name":"c","sum":{"aggregationTemporality":2,"isMonotonic":true,"dataPoints":[
        {"timeUnixNano":1700000000000000000,"asInt":"-7"}]}},
      {"name":"h","histogram":{"aggregationTemporality":"AGGREGATION_TEMPORALITY_CUMULATIVE","dataPoints":[
        {"timeUnixNano":"1700000000000000000","count":"3","sum":4,"bucketCounts":["1","2"],"explicitBounds":[0.5],
         "exemplars":[{"asDouble":0.1,"timeUnixNano":"1700000000000000000","traceId":"0aff"}]}]}},
      {"name":"e","exponentialHistogram":{"aggregationTemporality":2,"dataPoints":[
        {"timeUnixNano":"1700000000000000000","count":"3","scale":0,"zeroCount":"1",
         "positive":{"offset":0,"bucketCounts":["2"]}}]}},
      {"name":"q","summary":{"dataPoints":[{"timeUnixNano":"1700000000000000000","count":"3","sum":4,
         "quantileValues":[{"quantile":0.5,"value":1}]}]}}]}]}]})";
  const Response response = f.Post(json, "application/json");
  INFO(response.body);
  CHECK(response.status == 200);
  CHECK(f.Of(R"(a_b_bytes{instance="i", job="s", n="3"})") == kAt + ":1.5");
  CHECK(f.Of("c_total") == kAt + ":-7");
  CHECK(f.Of(R"(h_bucket{instance="i", job="s", le="0.5"})") == kAt + ":1");
  CHECK(f.Of(R"(q{instance="i", job="s", quantile="0.5"})") == kAt + ":1");
  CHECK_THAT(f.HistogramsText(), Contains("schema:0 count:3 sum:0 zero:1/1e-128 +(1,1) 2"));
  REQUIRE(f.storage.exemplars.size() == 1);
  CHECK(f.storage.exemplars[0].labels == storage::Labels{{"trace_id", "0aff"}});
  CHECK(f.Post("{", "application/json").status == 400);
  CHECK(f.Post(R"({"resourceMetrics":{}})", "application/json").status == 400);
  CHECK(f.Post(R"({"resourceMetrics":[{"scopeMetrics":[{"metrics":[{"name":"g","gauge":{"dataPoints":[
    {"timeUnixNano":"x"}]}}]}]}]})",
               "application/json")
            .status == 400);
}
