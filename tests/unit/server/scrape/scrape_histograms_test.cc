#include "server/scrape/scrape_body.h"
#include "tests/support/catch.h"
#include "tests/support/metric_family.h"
#include "tests/unit/server/exposition/transcript.h"
#include "tests/unit/server/scrape/fake_storage.h"

using namespace vigia::server;
using namespace vigia::tests;
using vigia::config::ScrapeConfig;
using vigia::storage::Labels;
using vigia::storage::Registry;
using vigia::storage::TimestampMs;

namespace {

constexpr const char* kProtobuf = "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily";

struct Fixture {
  explicit Fixture(ScrapeConfig scrape = {}, ScrapeExtras extras = {})
      : body(storage, metrics, Logger::Silent(), Labels{{"job", "j"}}, 10'000,
             std::make_shared<const ScrapeConfig>(std::move(scrape)), extras) {}

  ScrapeOutcome Scrape(TimestampMs at_ms, std::string bytes, std::string type = kProtobuf) {
    FetchedBody fetched;
    fetched.body = std::move(bytes);
    fetched.content_type = std::move(type);
    return body.Store(fetched, at_ms, at_ms, [] { return 0.25; });
  }

  std::string Of(const std::string& name) { return storage.Samples(name + "{job=\"j\"}"); }
  // The histograms that were stored, one per line.
  std::string Histograms() {
    std::string out;
    for (const auto& point : storage.Histograms()) {
      out += fmt::format("{} {} {}\n", point.t, point.series, HistogramText(*point.h));
    }
    return out;
  }
  double Metric(const std::string& name) { return registry.AddCounter(name, "").value(); }

  Registry registry;
  ScrapeMetrics metrics{registry};
  FakeStorage storage;
  ScrapeBody body;
};

ScrapeConfig Native() {
  ScrapeConfig config;
  config.scrape_native_histograms = true;
  return config;
}

std::string Histogram(const std::string& more = {}, const char* name = "h") {
  return Family(name, "Help.", kHistogramType, Metric(HistogramField(ClassicPart() + NativePart()) + more));
}
std::string Gauge(const char* name, double v) { return Family(name, "", kGaugeType, Metric(GaugeField(v))); }

constexpr const char* kStored = "integer schema:0 count:10 sum:25 zero:2/0.001 +(1,2) 3 5\n";

}  // namespace

TEST_CASE("a native histogram is stored beside floats, again and again") {
  Fixture f(Native());
  const ScrapeOutcome first = f.Scrape(1000, Gauge("g", 1) + Histogram());
  CHECK(first.status.has_value());
  CHECK(first.samples == 2);
  CHECK(first.series_added == 2);
  const std::size_t resolves = f.storage.resolves;
  const ScrapeOutcome second = f.Scrape(2000, Gauge("g", 2) + Histogram());
  CHECK(second.samples == 2);
  CHECK(second.series_added == 0);
  CHECK(f.storage.resolves == resolves);
  CHECK(f.Histograms() == fmt::format("1000 h{{job=\"j\"}} {0}2000 h{{job=\"j\"}} {0}", kStored));
  CHECK(f.Of("g") == "1000:1 2000:2");
  CHECK(f.Of("up") == "1000:1 2000:1");
  REQUIRE(f.body.metadata().Get("h").has_value());
  CHECK(f.body.metadata().Get("h")->type == MetricType::kHistogram);
  CHECK(f.body.metadata().Get("h")->help == "Help.");
}

TEST_CASE("a native histogram that is gone ends with a staleness marker") {
  Fixture f(Native());
  f.Scrape(1000, Gauge("g", 1) + Histogram());
  f.Scrape(2000, Gauge("g", 2));
  CHECK(f.Of("h") == "2000:stale");
  f.Scrape(3000, Gauge("g", 2) + Histogram());
  f.Scrape(4000, "\x7f");
  CHECK(f.Of("h") == "2000:stale 4000:stale");
  CHECK(f.Of("up") == "1000:1 2000:1 3000:1 4000:0");
}

TEST_CASE("without scrape_native_histograms the classic part is taken") {
  Fixture f;
  CHECK(f.Scrape(1000, Histogram()).samples == 5);
  CHECK(f.storage.Histograms().empty());
  CHECK(f.Of("h_count") == "1000:10");
  CHECK(f.storage.Samples("h_bucket{job=\"j\", le=\"2.0\"}") == "1000:5");
  CHECK(f.storage.Samples("h_bucket{job=\"j\", le=\"+Inf\"}") == "1000:10");
}

TEST_CASE("what a target says of its histograms comes before the job's settings") {
  Fixture f;
  ScrapeBody body(f.storage, f.metrics, Logger::Silent(), Labels{{"job", "j"}}, 10'000,
                  std::make_shared<const ScrapeConfig>(), {}, HistogramHandling{true, false, false});
  FetchedBody fetched;
  fetched.body = Histogram();
  fetched.content_type = kProtobuf;
  CHECK(body.Store(fetched, 1000, 1000, [] { return 0.25; }).status.has_value());
  CHECK(f.Histograms() == fmt::format("1000 h{{job=\"j\"}} {}", kStored));
}

TEST_CASE("classic series stay beside the native histogram when asked for") {
  ScrapeConfig config = Native();
  config.always_scrape_classic_histograms = true;
  Fixture f(config);
  CHECK(f.Scrape(1000, Histogram()).samples == 6);
  CHECK(f.Scrape(2000, Histogram()).series_added == 0);
  CHECK(f.storage.Histograms().size() == 2);
  CHECK(f.Of("h_sum") == "1000:25 2000:25");
}

TEST_CASE("classic histograms of text are converted, in a body that is as the last one too") {
  ScrapeConfig config;
  config.convert_classic_histograms_to_nhcb = true;
  Fixture f(config);
  const std::string text =
      "a 1\n# TYPE h histogram\nh_bucket{le=\"1\"} 2\nh_bucket{le=\"+Inf\"} 3\nh_sum 4\nh_count 3\nb 2\n";
  CHECK(f.Scrape(1000, text, "text/plain").samples == 3);
  CHECK(f.Scrape(2000, text, "text/plain").series_added == 0);
  const std::string stored = "integer schema:-53 count:3 sum:4 +(0,2) 2 1 le 1";
  CHECK(f.Histograms() == fmt::format("1000 h{{job=\"j\"}} {0}\n2000 h{{job=\"j\"}} {0}\n", stored));
  CHECK(f.Of("h_count").empty());
  CHECK(f.Of("b") == "1000:2 2000:2");
  f.Scrape(3000, "a 1\nb 2\n", "text/plain");
  CHECK(f.Of("h") == "3000:stale");
}

TEST_CASE("native_histogram_bucket_limit takes resolution") {
  ScrapeConfig config = Native();
  config.native_histogram_bucket_limit = 1;
  Fixture f(config);
  CHECK(f.Scrape(1000, Histogram()).status.has_value());
  // Buckets 1 and 2 of schema 0 are both in bucket 1 of schema -1.
  CHECK(f.Histograms() == "1000 h{job=\"j\"} integer schema:-1 count:10 sum:25 zero:2/0.001 +(1,1) 8\n");
}

TEST_CASE("a scrape fails when no resolution fits native_histogram_bucket_limit") {
  ScrapeConfig config;
  config.convert_classic_histograms_to_nhcb = true;
  config.native_histogram_bucket_limit = 2;
  Fixture f(config);
  const ScrapeOutcome outcome = f.Scrape(1000, Histogram() + Gauge("g", 1));
  REQUIRE_FALSE(outcome.status.has_value());
  CHECK(outcome.status.error().what == "histogram bucket limit exceeded");
  CHECK(outcome.samples == 2);
  CHECK(f.Metric("prometheus_target_scrapes_exceeded_native_histogram_bucket_limit_total") == 1);
  CHECK(f.Of("up") == "1000:0");
  CHECK(f.Of("g").empty());
  CHECK(f.Histograms().empty());
}

TEST_CASE("native_histogram_min_bucket_factor takes resolution") {
  ScrapeConfig config = Native();
  config.native_histogram_min_bucket_factor = 4;
  Fixture f(config);
  f.Scrape(1000, Histogram());
  CHECK(f.Histograms() == "1000 h{job=\"j\"} integer schema:-1 count:10 sum:25 zero:2/0.001 +(1,1) 8\n");
}

TEST_CASE("a histogram counts as one sample against sample_limit") {
  ScrapeConfig config = Native();
  config.sample_limit = 2;
  Fixture f(config);
  CHECK(f.Scrape(1000, Gauge("g", 1) + Histogram()).status.has_value());
  CHECK(f.Scrape(2000, Gauge("g", 1) + Histogram() + Gauge("x", 1)).status.error().what == "sample limit exceeded");
}

TEST_CASE("a histogram that breaks the rules fails the scrape, unless it is dropped") {
  const std::string bad =
      Family("bad", "", kHistogramType, Metric(HistogramField(VarintField(1, 2) + SpanField(12, 0, 1))));
  Fixture f(Native());
  const ScrapeOutcome outcome = f.Scrape(1000, bad + Gauge("g", 1));
  REQUIRE_FALSE(outcome.status.has_value());
  CHECK(outcome.status.error().what.find("observations found in buckets") != std::string::npos);
  CHECK(f.Of("g").empty());

  ScrapeConfig config = Native();
  vigia::config::RelabelRule drop;
  drop.action = vigia::config::RelabelAction::kDrop;
  drop.source_labels = {"__name__"};
  drop.regex = vigia::config::RelabelRegex::Create("bad").value();
  config.metric_relabel_configs = {drop};
  Fixture dropping(config);
  CHECK(dropping.Scrape(1000, bad + Gauge("g", 1)).status.has_value());
  CHECK(dropping.Scrape(2000, bad + Gauge("g", 2)).status.has_value());
  CHECK(dropping.Of("g") == "1000:1 2000:2");
}

TEST_CASE("timestamps and start timestamps of protobuf are used") {
  Fixture f(Native(), {.exemplars = false, .starts = {.stored = true}});
  const std::string counter = Family("c", "", kCounterType, Metric(CounterField(3, TimestampField(3, 1, 500'000'000))));
  f.Scrape(20'000, counter + Histogram(VarintField(6, 15'000)));
  CHECK(f.storage.starts.at({"c{job=\"j\"}", 20'000}) == 1500);
  CHECK(f.Histograms() == fmt::format("15000 h{{job=\"j\"}} {}", kStored));
}

TEST_CASE("exemplars of a native histogram need a time and come in its order") {
  const std::string exemplars = ExemplarField(16, "t", "none", 1) +
                                ExemplarField(16, "t", "late", 2, TimestampField(3, 9, 0)) +
                                ExemplarField(16, "t", "early", 3, TimestampField(3, 8, 0));
  Fixture f(Native(), {.exemplars = true, .starts = {}});
  f.Scrape(10'000,
           Family("h", "", kHistogramType, Metric(HistogramField(VarintField(1, 10) + NativePart() + exemplars))));
  REQUIRE(f.storage.exemplars.size() == 2);
  CHECK(f.storage.exemplars[0].labels == Labels{{"t", "early"}});
  CHECK(f.storage.exemplars[0].t == 8000);
  CHECK(f.storage.exemplars[1].v == 2);
}

TEST_CASE("a target that changes its format keeps its series") {
  Fixture f;
  f.Scrape(1000, "g 1\n", "text/plain");
  f.Scrape(2000, Gauge("g", 2));
  f.Scrape(3000, "g 3\n", "text/plain");
  CHECK(f.Of("g") == "1000:1 2000:2 3000:3");
}

TEST_CASE("labels of protobuf are looked at as those of text are") {
  Fixture f;
  const auto with = [](const char* name, const char* value) {
    return Family("g", "", kGaugeType, Metric(LabelPair(name, value) + GaugeField(1)));
  };
  CHECK(f.Scrape(1000, with("a", "\xff")).status.error().what == "invalid label value for \"a\": expected UTF-8");
  CHECK_FALSE(f.Scrape(2000, with("\xff", "a")).status.has_value());
  CHECK_FALSE(f.Scrape(3000, with("", "a")).status.has_value());
  CHECK(f.Scrape(4000, with("job", "mine")).status.has_value());
  CHECK(f.storage.Samples("g{exported_job=\"mine\", job=\"j\"}") == "4000:1");
}
