#include "server/scrape/target.h"

#include "server/scrape/schedule.h"
#include "tests/support/catch.h"

using namespace vigia::server;
using vigia::config::RelabelAction;
using vigia::config::RelabelRegex;
using vigia::config::RelabelRule;
using vigia::config::ScrapeConfig;
using vigia::storage::Labels;

namespace {

ScrapeConfig Job() {
  ScrapeConfig config;
  config.job_name = "node";
  config.scrape_interval_ms = 15'000;
  config.scrape_timeout_ms = 10'000;
  return config;
}

RelabelRule Replace(const char* source, const char* target, const char* replacement = "$1") {
  RelabelRule rule;
  if (*source != '\0') rule.source_labels = {source};
  rule.target_label = target;
  rule.replacement = replacement;
  return rule;
}

Target Build(const ScrapeConfig& config, const Labels& labels) {
  auto outcome = BuildTarget(config, labels);
  INFO((outcome ? "" : outcome.error().what));
  REQUIRE(outcome.has_value());
  REQUIRE_FALSE(outcome->dropped);
  return outcome->target;
}

std::string Failure(const ScrapeConfig& config, const Labels& labels) {
  const auto outcome = BuildTarget(config, labels);
  return outcome ? "no error" : outcome.error().what;
}

}  // namespace

TEST_CASE("a plain target gets the job's defaults and its instance") {
  const Target target = Build(Job(), Labels{{"__address__", "host:9100"}, {"env", "prod"}, {"__meta_x", "y"}});
  CHECK(target.labels == Labels{{"env", "prod"}, {"instance", "host:9100"}, {"job", "node"}});
  CHECK(target.url == "http://host:9100/metrics");
  CHECK(target.interval_ms == 15'000);
  CHECK(target.timeout_ms == 10'000);
  CHECK(target.discovered_labels == Labels{{"__address__", "host:9100"},
                                           {"__always_scrape_classic_histograms__", "false"},
                                           {"__convert_classic_histograms_to_nhcb__", "false"},
                                           {"__meta_x", "y"},
                                           {"__metrics_path__", "/metrics"},
                                           {"__scheme__", "http"},
                                           {"__scrape_interval__", "15s"},
                                           {"__scrape_native_histograms__", "false"},
                                           {"__scrape_timeout__", "10s"},
                                           {"env", "prod"},
                                           {"job", "node"}});
  const Labels hashed{{"__always_scrape_classic_histograms__", "false"},
                      {"__convert_classic_histograms_to_nhcb__", "false"},
                      {"__scrape_native_histograms__", "false"},
                      {"__address__", "host:9100"},
                      {"__metrics_path__", "/metrics"},
                      {"__scheme__", "http"},
                      {"__scrape_interval__", "15s"},
                      {"__scrape_timeout__", "10s"},
                      {"env", "prod"},
                      {"instance", "host:9100"},
                      {"job", "node"}};
  CHECK(target.hash == TargetHash(hashed, target.url));
}

TEST_CASE("labels of discovery win over the job's, and may change what is scraped") {
  const Target target = Build(Job(), Labels{{"__address__", "h"},
                                            {"__scheme__", "https"},
                                            {"__metrics_path__", "/a b"},
                                            {"__scrape_interval__", "1m"},
                                            {"__scrape_timeout__", "30s"},
                                            {"job", "other"},
                                            {"instance", "me"}});
  CHECK(target.labels == Labels{{"instance", "me"}, {"job", "other"}});
  CHECK(target.url == "https://h/a%20b");
  CHECK(target.interval_ms == 60'000);
  CHECK(target.timeout_ms == 30'000);
}

TEST_CASE("parameters: the first value is a label that relabelling may change") {
  ScrapeConfig config = Job();
  config.metrics_path = "/probe";
  config.params = {{"module", {"http_2xx", "tcp"}}, {"x y", {"&"}}};
  CHECK(Build(config, Labels{{"__address__", "h"}}).url == "http://h/probe?module=http_2xx&module=tcp&x+y=%26");
  config.relabel_configs = {Replace("__address__", "__param_target"), Replace("__param_target", "instance"),
                            Replace("", "__address__", "exporter:9115")};
  const Target target = Build(config, Labels{{"__address__", "https://example.org/x?y=1"}});
  CHECK(target.url ==
        "http://exporter:9115/probe?module=http_2xx&module=tcp&target=https%3A%2F%2Fexample.org%2Fx%3Fy%3D1&x+y=%26");
  CHECK(target.labels.Get("instance") == "https://example.org/x?y=1");
}

TEST_CASE("relabelling may drop a target, whose discovered labels remain") {
  ScrapeConfig config = Job();
  RelabelRule drop;
  drop.action = RelabelAction::kDrop;
  drop.source_labels = {"env"};
  drop.regex = RelabelRegex::Create("test").value();
  config.relabel_configs = {drop};
  const auto outcome = BuildTarget(config, Labels{{"__address__", "h"}, {"env", "test"}});
  REQUIRE(outcome.has_value());
  CHECK(outcome->dropped);
  CHECK(outcome->target.discovered_labels.Get("env") == "test");
}

TEST_CASE("targets that cannot be scraped are errors") {
  CHECK(Failure(Job(), Labels{{"env", "x"}}) == "no address");
  CHECK(Failure(Job(), Labels{{"__address__", "http://h"}}) == "\"http://h\" is not a valid hostname");
  CHECK(Failure(Job(), Labels{{"__address__", "h"}, {"__scrape_interval__", "0s"}}) == "scrape interval cannot be 0");
  CHECK(Failure(Job(), Labels{{"__address__", "h"}, {"__scrape_timeout__", "0s"}}) == "scrape timeout cannot be 0");
  CHECK(Failure(Job(), Labels{{"__address__", "h"}, {"__scrape_timeout__", "16s"}}) ==
        "scrape timeout cannot be greater than scrape interval (\"16s\" > \"15s\")");
  CHECK(Failure(Job(), Labels{{"__address__", "h"}, {"__scrape_interval__", "x"}})
            .starts_with("error parsing scrape interval: "));
  CHECK(Failure(Job(), Labels{{"__address__", "h"}, {"x", "\xff"}}) == "invalid label value for \"x\": \"\\xff\"");
}

TEST_CASE("labels say of one target how its histograms are read") {
  ScrapeConfig config = Job();
  config.scrape_native_histograms = true;
  const HistogramHandling plain = Build(config, Labels{{"__address__", "h"}}).histograms;
  CHECK(plain == HistogramHandling{true, false, false});
  config.relabel_configs = {Replace("", "__convert_classic_histograms_to_nhcb__", "true"),
                            Replace("", "__scrape_native_histograms__", "0"),
                            Replace("", "__always_scrape_classic_histograms__", "T")};
  CHECK(Build(config, Labels{{"__address__", "h"}}).histograms == HistogramHandling{false, true, true});
  config.relabel_configs = {Replace("", "__scrape_native_histograms__", "maybe")};
  CHECK(Failure(config, Labels{{"__address__", "h"}}) ==
        "error parsing __scrape_native_histograms__: strconv.ParseBool: parsing \"maybe\": invalid syntax");
}

TEST_CASE("a label says at which local socket a target is asked") {
  const Target target = Build(Job(), Labels{{"__address__", "h"}, {"__unix_socket__", "/run/app.sock"}});
  CHECK(target.unix_socket == "/run/app.sock");
  CHECK(target.url == "http://h/metrics");
  CHECK(target.labels == Labels{{"instance", "h"}, {"job", "node"}});
  CHECK(target.hash != Build(Job(), Labels{{"__address__", "h"}}).hash);
}
