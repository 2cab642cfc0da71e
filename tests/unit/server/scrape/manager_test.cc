#include "server/scrape/manager.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "server/http/server.h"
#include "tests/support/catch.h"
#include "tests/support/eventually.h"
#include "tests/support/metric_family.h"
#include "tests/unit/server/scrape/fake_storage.h"

using namespace vigia::server;
using vigia::config::Config;
using vigia::config::RelabelAction;
using vigia::config::RelabelRegex;
using vigia::config::RelabelRule;
using vigia::config::ScrapeConfig;
using vigia::storage::IsStaleNan;
using vigia::storage::Labels;
using vigia::storage::Registry;
using vigia::tests::Eventually;

namespace {

// A target whose answer can be changed.
class Exporter {
 public:
  Exporter() {
    router_.Add({"GET"}, "/hang", [this](const Request& request) {
      ++requests;
      while (!request.gone.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return Response();
    });
    router_.Add({"GET"}, "/metrics", [this](const Request& request) {
      ++requests;
      const std::lock_guard lock(mu_);
      accept_ = request.headers.Get("Accept");
      Response response;
      response.status = status_;
      response.body = body_;
      response.content_type = content_type_;
      return response;
    });
    HttpServerOptions options;
    options.listen = {"127.0.0.1:0"};
    server_ = std::make_unique<HttpServer>(options, router_, registry_, Logger::Silent());
    REQUIRE(server_->Start().has_value());
    address = fmt::format("127.0.0.1:{}", server_->port());
  }

  void Answer(int status, std::string body, std::string content_type = "text/plain") {
    const std::lock_guard lock(mu_);
    status_ = status;
    content_type_ = std::move(content_type);
    body_ = std::move(body);
  }
  std::string accept() {
    const std::lock_guard lock(mu_);
    return accept_;
  }

  std::string address;
  std::atomic<int> requests = 0;

 private:
  std::mutex mu_;
  int status_ = 200;
  std::string body_ = "a 1\nb 2\n";
  std::string content_type_ = "text/plain";
  std::string accept_;
  Router router_;
  Registry registry_;
  std::unique_ptr<HttpServer> server_;
};

ScrapeConfig Job(const char* name) {
  ScrapeConfig job;
  job.job_name = name;
  job.scrape_interval_ms = 50;
  job.scrape_timeout_ms = 50;
  job.scrape_protocols = {vigia::config::ScrapeProtocol::kPrometheusText0_0_4};
  return job;
}

vigia::config::ConfigPtr With(std::vector<ScrapeConfig> jobs) {
  auto config = std::make_shared<Config>();
  config->scrape_configs = std::move(jobs);
  return config;
}

std::vector<TargetGroup> At(const std::string& address) {
  return {TargetGroup{"0", {Labels{{"__address__", address}, {"instance", "i"}}}, Labels{}}};
}

struct Fixture {
  std::string Of(const char* name) { return fmt::format("{}{{instance=\"i\", job=\"j\"}}", name); }
  std::size_t Count(const char* name) { return storage.Points(Of(name)).size(); }
  bool LastIs(const char* name, double value) {
    const auto points = storage.Points(Of(name));
    return !points.empty() && points.back().v == value;
  }
  bool IsStale(const char* name) {
    const auto points = storage.Points(Of(name));
    return !points.empty() && IsStaleNan(points.back().v);
  }

  FakeStorage storage;
  Registry registry;
  Exporter exporter;
  ScrapeManager manager{{.io_threads = 1, .user_agent = "test", .host_name = "h"}, storage, registry, Logger::Silent()};
};

}  // namespace

TEST_CASE("a target is scraped, fails, comes back, and ends") {
  Fixture f;
  REQUIRE(f.manager.Apply(With({Job("j")})).has_value());
  f.manager.SetTargets("j", At(f.exporter.address));
  REQUIRE(f.manager.Targets().active.size() == 1);
  CHECK(f.manager.Targets().active[0].labels == Labels{{"instance", "i"}, {"job", "j"}});

  REQUIRE(Eventually([&] { return f.Count("up") >= 3; }));
  CHECK(f.LastIs("up", 1));
  CHECK(f.LastIs("a", 1));
  CHECK(f.exporter.accept() == "text/plain;version=0.0.4;q=0.6,*/*;q=0.5");
  REQUIRE(Eventually([&] { return f.manager.Targets().active[0].health == TargetHealth::kUp; }));

  f.exporter.Answer(200, "a 5\n");
  REQUIRE(Eventually([&] { return f.LastIs("a", 5); }));
  CHECK(f.IsStale("b"));

  f.exporter.Answer(500, "");
  REQUIRE(Eventually([&] { return f.LastIs("up", 0); }));
  CHECK(f.IsStale("a"));
  REQUIRE(Eventually([&] { return f.manager.Targets().active[0].health == TargetHealth::kDown; }));
  const ActiveTarget down = f.manager.Targets().active[0];
  CHECK(down.last_error == "server returned HTTP status 500 Internal Server Error");
  CHECK(down.url == "http://" + f.exporter.address + "/metrics");
  CHECK(down.pool == "j");
  CHECK(down.last_scrape_ms > 0);

  f.exporter.Answer(200, "# HELP a Help.\n# TYPE a gauge\na 7\n");
  REQUIRE(Eventually([&] { return f.LastIs("a", 7) && f.LastIs("up", 1); }));
  REQUIRE(f.manager.Metadata().size() == 1);
  CHECK(f.manager.Metadata()[0].metadata == std::vector<MetricMetadata>{{"a", MetricType::kGauge, "Help.", ""}});

  f.manager.SetTargets("j", {});
  CHECK(f.manager.Targets().active.empty());
  REQUIRE(Eventually([&] { return f.IsStale("up"); }));
  CHECK(f.IsStale("a"));
}

TEST_CASE("protobuf is asked for first where native histograms are wanted, and understood") {
  using namespace vigia::tests;
  Fixture f;
  ScrapeConfig job = Job("j");
  job.scrape_native_histograms = true;
  job.scrape_protocols.insert(job.scrape_protocols.begin(), vigia::config::ScrapeProtocol::kPrometheusProto);
  f.exporter.Answer(200,
                    Family("h", "", kHistogramType, Metric(HistogramField(ClassicPart() + NativePart()))) +
                        Family("g", "", kGaugeType, Metric(GaugeField(3))),
                    "application/vnd.google.protobuf; proto=io.prometheus.client.MetricFamily; encoding=delimited");
  REQUIRE(f.manager.Apply(With({job})).has_value());
  f.manager.SetTargets("j", At(f.exporter.address));
  REQUIRE(Eventually([&] { return f.storage.Histograms().size() >= 2; }));
  CHECK(f.exporter.accept() ==
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.4");
  const auto histogram = f.storage.Histograms()[0];
  CHECK(histogram.series == f.Of("h"));
  CHECK(histogram.h->count == 10);
  CHECK(histogram.h->positive_buckets == std::vector<double>{3, 5});
  CHECK(f.LastIs("g", 3));
  CHECK(f.Count("h_count") == 0);
  f.manager.SetTargets("j", {});
  REQUIRE(Eventually([&] { return f.IsStale("h"); }));
}

TEST_CASE("sample times are slots: whole intervals apart") {
  Fixture f;
  ScrapeConfig job = Job("j");
  job.scrape_interval_ms = 200;
  REQUIRE(f.manager.Apply(With({job})).has_value());
  f.manager.SetTargets("j", At(f.exporter.address));
  REQUIRE(Eventually([&] { return f.Count("up") >= 4; }));
  const auto points = f.storage.Points(f.Of("up"));
  for (std::size_t i = 1; i < points.size(); ++i) {
    // Within the tolerance on an idle machine; a busy one may start late, never early, and a slot may be missed.
    CHECK(points[i].t - points[i - 1].t >= 100);
  }
}

TEST_CASE("a reload leaves an unchanged job alone and takes a changed one along") {
  Fixture f;
  REQUIRE(f.manager.Apply(With({Job("j")})).has_value());
  f.manager.SetTargets("j", At(f.exporter.address));
  REQUIRE(Eventually([&] { return f.LastIs("b", 2); }));
  ScrapeConfig changed = Job("j");
  RelabelRule drop;
  drop.action = RelabelAction::kDrop;
  drop.source_labels = {"__name__"};
  drop.regex = RelabelRegex::Create("b").value();
  changed.metric_relabel_configs = {drop};
  REQUIRE(f.manager.Apply(With({changed, Job("other")})).has_value());
  CHECK(f.manager.PoolNames() == std::vector<std::string>{"j", "other"});
  CHECK(f.manager.PoolConfig("j")->metric_relabel_configs.size() == 1);
  CHECK(f.manager.PoolConfig("none") == nullptr);
  REQUIRE(f.manager.Targets().active.size() == 1);
  REQUIRE(Eventually([&] { return f.IsStale("b"); }));
  CHECK_FALSE(f.IsStale("up"));
  CHECK(f.LastIs("a", 1));
}

TEST_CASE("a reload with another interval ends no series, but those that the target then does not have") {
  Fixture f;
  REQUIRE(f.manager.Apply(With({Job("j")})).has_value());
  f.manager.SetTargets("j", At(f.exporter.address));
  REQUIRE(Eventually([&] { return f.LastIs("b", 2); }));
  ScrapeConfig rare = Job("j");
  rare.scrape_interval_ms = 600'000;
  REQUIRE(f.manager.Apply(With({rare})).has_value());
  REQUIRE(f.manager.Targets().active.size() == 1);
  CHECK(f.manager.Targets().active[0].interval_ms == 600'000);
  std::this_thread::sleep_for(std::chrono::milliseconds(150));  // Two intervals of the first loop, and more.
  CHECK_FALSE(f.IsStale("a"));
  CHECK_FALSE(f.IsStale("up"));
  f.exporter.Answer(200, "a 5\n");
  REQUIRE(f.manager.Apply(With({Job("j")})).has_value());
  REQUIRE(Eventually([&] { return f.LastIs("a", 5); }));
  REQUIRE(Eventually([&] { return f.IsStale("b"); }));
  for (const char* name : {"a", "up"}) {
    for (const auto& point : f.storage.Points(f.Of(name))) CHECK_FALSE(IsStaleNan(point.v));
  }
}

TEST_CASE("dropped targets, duplicates and the target limit") {
  Fixture f;
  ScrapeConfig job = Job("j");
  job.target_limit = 1;
  job.keep_dropped_targets = 1;
  RelabelRule drop;
  drop.action = RelabelAction::kDrop;
  drop.source_labels = {"env"};
  drop.regex = RelabelRegex::Create("test").value();
  job.relabel_configs = {drop};
  REQUIRE(f.manager.Apply(With({job})).has_value());
  const Labels one{{"__address__", "127.0.0.1:1"}};
  const Labels two{{"__address__", "127.0.0.1:2"}};
  f.manager.SetTargets("j", {{"0", {one, one, two}, Labels{{"x", "y"}}}, {"1", {one, two}, Labels{{"env", "test"}}}});
  const TargetsSnapshot targets = f.manager.Targets();
  CHECK(targets.active.size() == 2);
  REQUIRE(targets.dropped.size() == 1);
  CHECK(targets.dropped[0].discovered_labels.Get("env") == "test");
  CHECK(targets.dropped_counts.at("j") == 2);
  REQUIRE(Eventually([&] {
    return f.manager.Targets().active[0].last_error == "target_limit exceeded (number of targets: 2, limit: 1)";
  }));
  CHECK(f.exporter.requests == 0);
}

TEST_CASE("stopping ends in the middle of a scrape and writes no markers") {
  Fixture f;
  REQUIRE(f.manager.Apply(With({Job("j")})).has_value());
  f.manager.SetTargets("j", At(f.exporter.address));
  REQUIRE(Eventually([&] { return f.Count("up") >= 1; }));
  f.manager.Stop();
  const std::size_t count = f.Count("up");
  CHECK_FALSE(f.IsStale("up"));
  std::this_thread::sleep_for(std::chrono::milliseconds(60));
  CHECK(f.Count("up") == count);
  CHECK_FALSE(f.manager.Apply(With({})).has_value());
}

TEST_CASE("stopping does not wait for a target that hangs, nor for pending markers") {
  Fixture f;
  ScrapeConfig hanging = Job("hanging");
  hanging.metrics_path = "/hang";
  hanging.scrape_interval_ms = hanging.scrape_timeout_ms = 400;
  ScrapeConfig slow = Job("j");
  slow.scrape_interval_ms = slow.scrape_timeout_ms = 600'000;
  REQUIRE(f.manager.Apply(With({hanging, slow, Job("gone")})).has_value());
  f.manager.SetTargets("hanging", At(f.exporter.address));
  f.manager.SetTargets("j", At(f.exporter.address));
  f.manager.SetTargets("gone", At(f.exporter.address));
  f.manager.SetTargets("gone", {});
  REQUIRE(Eventually([&] { return f.exporter.requests > 0; }));
  const auto start = std::chrono::steady_clock::now();
  f.manager.Stop();
  CHECK(std::chrono::steady_clock::now() - start < std::chrono::milliseconds(300));
  CHECK(f.storage.Samples("up{instance=\"i\", job=\"hanging\"}").empty());
}

TEST_CASE("a target that hangs is down when its time is over") {
  Fixture f;
  ScrapeConfig job = Job("j");
  job.metrics_path = "/hang";
  REQUIRE(f.manager.Apply(With({job})).has_value());
  f.manager.SetTargets("j", At(f.exporter.address));
  REQUIRE(Eventually([&] { return f.LastIs("up", 0); }));
  REQUIRE(Eventually([&] {
    return f.manager.Targets().active[0].last_error ==
           "Get \"http://" + f.exporter.address + "/hang\": context deadline exceeded";
  }));
}
