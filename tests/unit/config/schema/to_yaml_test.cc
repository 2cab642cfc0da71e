#include "config/schema/config.h"
#include "tests/support/catch.h"

using namespace vigia::config;
using Catch::Matchers::Contains;

namespace {

ConfigPtr Parsed(const std::string& text) {
  const auto config = ParseConfig(text, "prometheus.yml");
  INFO((config ? "" : config.error().what));
  REQUIRE(config.has_value());
  return *config;
}

}  // namespace

// The order of the fields and what is left out follow the struct tags of Prometheus' config.go.
TEST_CASE("the configuration is shown with its defaults filled in") {
  const auto config = Parsed(R"(
global: {scrape_interval: 15s}
alerting: {alertmanagers: [{static_configs: [{targets: ['am:9093']}]}]}
rule_files: [alerts.yml]
scrape_configs:
- job_name: prometheus
  static_configs: [{targets: ['localhost:9090'], labels: {env: "1"}}]
  relabel_configs: [{source_labels: [__address__], target_label: x}]
)");
  CHECK(ToYaml(*config) == R"(global:
  scrape_interval: 15s
  scrape_timeout: 10s
  evaluation_interval: 1m
  metric_name_validation_scheme: utf8
  scrape_native_histograms: false
runtime:
  gogc: 75
alerting:
  alertmanagers:
  - follow_redirects: true
    enable_http2: true
    scheme: http
    timeout: 10s
    api_version: v2
    static_configs:
    - targets:
      - am:9093
rule_files:
- alerts.yml
scrape_configs:
- job_name: prometheus
  honor_timestamps: true
  track_timestamps_staleness: false
  scrape_interval: 15s
  scrape_timeout: 10s
  scrape_protocols:
  - OpenMetricsText1.0.0
  - OpenMetricsText0.0.1
  - PrometheusText1.0.0
  - PrometheusText0.0.4
  scrape_native_histograms: false
  always_scrape_classic_histograms: false
  convert_classic_histograms_to_nhcb: false
  metrics_path: /metrics
  scheme: http
  enable_compression: true
  metric_name_validation_scheme: utf8
  metric_name_escaping_scheme: allow-utf-8
  extra_scrape_metrics: false
  follow_redirects: true
  enable_http2: true
  relabel_configs:
  - source_labels: [__address__]
    separator: ;
    target_label: x
    replacement: $1
    action: replace
  static_configs:
  - targets:
    - localhost:9090
    labels:
      env: "1"
)");
}

TEST_CASE("secrets and passwords in URLs are masked") {
  const auto config = Parsed(R"(
scrape_configs:
- job_name: a
  basic_auth: {username: u, password: hunter2}
  proxy_url: http://me:hunter2@proxy:3128
  http_headers: {X: {values: [shown], secrets: [hunter2]}}
- job_name: b
  authorization: {credentials: hunter2}
  tls_config: {cert: c, key: hunter2}
- job_name: c
  bearer_token: hunter2
- job_name: d
  oauth2: {client_id: i, client_secret: hunter2, token_url: 'https://x:hunter2@t/'}
  http_sd_configs: [{url: 'http://x:hunter2@sd/'}]
)");
  const std::string text = ToYaml(*config);
  CHECK_THAT(text, !Contains("hunter2"));
  CHECK_THAT(text, Contains("    username: u\n    password: <secret>\n"));
  CHECK_THAT(text, Contains("  proxy_url: http://me:xxxxx@proxy:3128\n"));
  CHECK_THAT(text, Contains("  authorization:\n    type: Bearer\n    credentials: <secret>\n"));
  CHECK_THAT(text, Contains("url: http://x:xxxxx@sd/\n"));
  CHECK_THAT(text, Contains("      secrets:\n      - <secret>\n"));
}

TEST_CASE("one scrape configuration is shown alone") {
  const auto config = Parsed("scrape_configs: [{job_name: a, params: {m: [x]}, body_size_limit: 10MB}]");
  const std::string text = ToYaml(config->scrape_configs[0]);
  CHECK(text.starts_with(
      "job_name: a\nhonor_timestamps: true\ntrack_timestamps_staleness: false\nparams:\n  m:\n  - x\n"));
  CHECK_THAT(text, Contains("body_size_limit: 10MiB\n"));
}

TEST_CASE("what is shown loads again and means the same") {
  const auto config = Parsed(R"(
global: {scrape_interval: 15s, metric_name_validation_scheme: legacy, external_labels: {a: b}}
storage: {tsdb: {out_of_order_time_window: 1h30m, retention: {time: 30d, size: 10GB}}}
scrape_configs:
- job_name: a
  relabel_configs: [{source_labels: [x, y], separator: '', regex: 'a|b', action: keep}]
  dns_sd_configs: [{names: [n], type: AAAA, port: 5}]
  file_sd_configs: [{files: [t.yml]}]
)");
  const auto again = Parsed(ToYaml(*config));
  CHECK(again->global == config->global);
  CHECK(again->storage == config->storage);
  CHECK(again->scrape_configs == config->scrape_configs);
  CHECK(ToYaml(*again) == ToYaml(*config));
}

TEST_CASE("a redacted URL keeps everything but the password") {
  CHECK(RedactedUrl("http://u:p@h:1/x?y=a@b") == "http://u:xxxxx@h:1/x?y=a@b");
  CHECK(RedactedUrl("http://u:p@ss@h/") == "http://u:xxxxx@h/");
  CHECK(RedactedUrl("http://u@h/") == "http://u@h/");
  CHECK(RedactedUrl("http://h:9090/") == "http://h:9090/");
  CHECK(RedactedUrl("nonsense") == "nonsense");
}
