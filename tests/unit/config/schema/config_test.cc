#include "config/schema/config.h"

#include <filesystem>
#include <fstream>

#include "config/schema/included_files.h"
#include "config/schema/load_options.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

using namespace vigia::config;
using Catch::Matchers::Contains;
using vigia::storage::Errc;
using vigia::storage::Labels;
using vigia::tests::TempFolder;

namespace {

ConfigPtr Parsed(const std::string& text) {
  const auto config = ParseConfig(text, "/etc/vigia/prometheus.yml");
  INFO((config ? "" : config.error().what));
  REQUIRE(config.has_value());
  return *config;
}

std::string Fault(const std::string& text) {
  const auto config = ParseConfig(text, "prometheus.yml");
  return config ? "" : config.error().what;
}

// A job with further lines, each indented by two.
std::string Job(const std::string& lines) { return "scrape_configs:\n- job_name: a\n" + lines; }

std::string JobFault(const std::string& lines) { return Fault(Job(lines)); }

ScrapeConfig OneJob(const std::string& text) { return Parsed(text)->scrape_configs.at(0); }

}  // namespace

TEST_CASE("an empty file has all defaults") {
  for (const std::string text : {"", "# nothing\n", "{}", "global:\n"}) {
    const auto config = Parsed(text);
    CHECK(config->global.scrape_interval_ms == 60'000);
    CHECK(config->global.scrape_timeout_ms == 10'000);
    CHECK(config->global.evaluation_interval_ms == 60'000);
    CHECK(config->storage.max_exemplars() == 100'000);
    CHECK(config->runtime.gogc == 75);
    CHECK(config->directory == "/etc/vigia");
    CHECK(config->scrape_configs.empty());
  }
}

TEST_CASE("global: all fields") {
  const auto config = Parsed(R"(
global:
  scrape_interval: 15s
  scrape_timeout: 7s
  scrape_protocols: [PrometheusText0.0.4, PrometheusProto]
  evaluation_interval: 1m30s
  rule_query_offset: 5s
  query_log_file: q.log
  scrape_failure_log_file: /var/log/f.log
  external_labels: {site: "x"}
  body_size_limit: 10MB
  sample_limit: 1
  target_limit: 2
  label_limit: 3
  label_name_length_limit: 4
  label_value_length_limit: 5
  keep_dropped_targets: 6
  metric_name_validation_scheme: legacy
  metric_name_escaping_scheme: dots
  scrape_native_histograms: true
  convert_classic_histograms_to_nhcb: yes
  always_scrape_classic_histograms: on
  extra_scrape_metrics: true
runtime: {gogc: 50}
)");
  const GlobalConfig& g = config->global;
  CHECK(g.scrape_interval_ms == 15'000);
  CHECK(g.scrape_timeout_ms == 7'000);
  CHECK(g.scrape_protocols == std::vector{ScrapeProtocol::kPrometheusText0_0_4, ScrapeProtocol::kPrometheusProto});
  CHECK(g.evaluation_interval_ms == 90'000);
  CHECK(g.rule_query_offset_ms == 5'000);
  CHECK(g.query_log_file == "/etc/vigia/q.log");
  CHECK(g.scrape_failure_log_file == "/var/log/f.log");
  CHECK(g.external_labels == Labels{{"site", "x"}});
  CHECK(g.body_size_limit_bytes == 10u * 1024 * 1024);
  CHECK(g.sample_limit == 1);
  CHECK(g.target_limit == 2);
  CHECK(g.label_limit == 3);
  CHECK(g.label_name_length_limit == 4);
  CHECK(g.label_value_length_limit == 5);
  CHECK(g.keep_dropped_targets == 6);
  CHECK(g.metric_name_validation_scheme == NameValidation::kLegacy);
  CHECK(g.metric_name_escaping_scheme == EscapingScheme::kDots);
  CHECK(g.scrape_native_histograms);
  CHECK(g.convert_classic_histograms_to_nhcb);
  CHECK(g.always_scrape_classic_histograms);
  CHECK(g.extra_scrape_metrics);
  CHECK(config->runtime.gogc == 50);
}

TEST_CASE("who loads a file may set the default of extra_scrape_metrics") {
  const auto with = [](const std::string& text) {
    return ParseConfig(text, "prometheus.yml", {.extra_scrape_metrics = true}).value();
  };
  CHECK(with("")->global.extra_scrape_metrics);
  CHECK(with(Job(""))->scrape_configs[0].extra_scrape_metrics);
  CHECK(with("global: {scrape_interval: 5s}\n" + Job(""))->scrape_configs[0].extra_scrape_metrics);
  CHECK_FALSE(with("global: {extra_scrape_metrics: false}\n" + Job(""))->scrape_configs[0].extra_scrape_metrics);
  CHECK_FALSE(with(Job("  extra_scrape_metrics: false\n"))->scrape_configs[0].extra_scrape_metrics);
  CHECK_FALSE(Parsed(Job(""))->scrape_configs[0].extra_scrape_metrics);
}

TEST_CASE("the files of a configuration are found anew, and in a faulty one, too") {
  const TempFolder folder;
  const std::string file = folder.Write(
      "c.yml", "rule_files: ['rules/*.yml', one.yml]\nscrape_config_files: ['jobs*.yml']\nglobal: {no_such: 1}\n");
  CHECK(IncludedFiles(file) == std::vector<std::string>{file});
  const std::string b = folder.Write("rules/b.yml", "");
  const std::string a = folder.Write("rules/a.yml", "");
  const std::string jobs = folder.Write("jobs1.yml", "");
  CHECK(IncludedFiles(file) == std::vector<std::string>{file, a, b, jobs});
  const std::string one = folder.Write("one.yml", "");
  CHECK(IncludedFiles(file) == std::vector<std::string>{file, a, b, one, jobs});
  folder.Write("c.yml", "rule_files: [");
  CHECK(IncludedFiles(file) == std::vector<std::string>{file});
  folder.Write("c.yml", "- rule_files\n");
  CHECK(IncludedFiles(file) == std::vector<std::string>{file});
  CHECK(IncludedFiles(folder.Below("none.yml")) == std::vector<std::string>{folder.Below("none.yml")});
}

TEST_CASE("the global timeout follows a shorter interval, and may not exceed it") {
  CHECK(Parsed("global: {scrape_interval: 5s}")->global.scrape_timeout_ms == 5'000);
  CHECK(Fault("global: {scrape_interval: 5s, scrape_timeout: 6s}") ==
        "prometheus.yml:1: global: global scrape timeout greater than scrape interval");
}

TEST_CASE("external labels are expanded from the environment") {
  setenv("VIGIA_TEST_SITE", "madrid", 1);
  unsetenv("VIGIA_TEST_NONE");
  const auto config = Parsed(R"(
global:
  external_labels:
    a: $VIGIA_TEST_SITE
    b: x-${VIGIA_TEST_SITE}-y
    c: $$HOME
    d: 'v$VIGIA_TEST_NONE'
    e: '100$'
)");
  CHECK(config->global.external_labels ==
        Labels{{"a", "madrid"}, {"b", "x-madrid-y"}, {"c", "$HOME"}, {"d", "v"}, {"e", "100$"}});
  REQUIRE(config->warnings.size() == 1);
  CHECK_THAT(config->warnings[0], Contains("VIGIA_TEST_NONE"));
}

TEST_CASE("scrape_configs: all scalar fields") {
  const ScrapeConfig job = OneJob(Job(R"(  honor_labels: true
  honor_timestamps: false
  track_timestamps_staleness: true
  params: {module: [http_2xx], target: [a, b]}
  scrape_interval: 30s
  scrape_timeout: 20s
  scrape_protocols: [OpenMetricsText1.0.0]
  fallback_scrape_protocol: PrometheusText0.0.4
  scrape_native_histograms: true
  always_scrape_classic_histograms: true
  convert_classic_histograms_to_nhcb: true
  scrape_failure_log_file: f.log
  metrics_path: /api/v1/metrics
  scheme: https
  enable_compression: false
  body_size_limit: 1KB
  sample_limit: 1
  target_limit: 2
  label_limit: 3
  label_name_length_limit: 4
  label_value_length_limit: 5
  native_histogram_bucket_limit: 6
  native_histogram_min_bucket_factor: 1.5
  keep_dropped_targets: 7
  metric_name_validation_scheme: legacy
  metric_name_escaping_scheme: values
  extra_scrape_metrics: true
)"));
  CHECK(job.honor_labels);
  CHECK_FALSE(job.honor_timestamps);
  CHECK(job.track_timestamps_staleness);
  CHECK(job.params == Params{{"module", {"http_2xx"}}, {"target", {"a", "b"}}});
  CHECK(job.scrape_interval_ms == 30'000);
  CHECK(job.scrape_timeout_ms == 20'000);
  CHECK(job.scrape_protocols == std::vector{ScrapeProtocol::kOpenMetricsText1_0_0});
  CHECK(job.fallback_scrape_protocol == ScrapeProtocol::kPrometheusText0_0_4);
  CHECK(job.scrape_native_histograms);
  CHECK(job.always_scrape_classic_histograms);
  CHECK(job.convert_classic_histograms_to_nhcb);
  CHECK(job.scrape_failure_log_file == "/etc/vigia/f.log");
  CHECK(job.metrics_path == "/api/v1/metrics");
  CHECK(job.scheme == "https");
  CHECK_FALSE(job.enable_compression);
  CHECK(job.body_size_limit_bytes == 1024);
  CHECK(job.sample_limit == 1);
  CHECK(job.target_limit == 2);
  CHECK(job.label_limit == 3);
  CHECK(job.label_name_length_limit == 4);
  CHECK(job.label_value_length_limit == 5);
  CHECK(job.native_histogram_bucket_limit == 6);
  CHECK(job.native_histogram_min_bucket_factor == 1.5);
  CHECK(job.keep_dropped_targets == 7);
  CHECK(job.metric_name_validation_scheme == NameValidation::kLegacy);
  CHECK(job.metric_name_escaping_scheme == EscapingScheme::kValues);
  CHECK(job.extra_scrape_metrics);
}

TEST_CASE("a job inherits what it leaves out, wherever global stands in the file") {
  const ScrapeConfig job = OneJob(R"(
scrape_configs: [{job_name: a}]
global:
  scrape_interval: 15s
  scrape_timeout: 12s
  body_size_limit: 1MB
  sample_limit: 1
  target_limit: 2
  label_limit: 3
  label_name_length_limit: 4
  label_value_length_limit: 5
  keep_dropped_targets: 6
  scrape_failure_log_file: f.log
  extra_scrape_metrics: true
  always_scrape_classic_histograms: true
)");
  CHECK(job.scrape_interval_ms == 15'000);
  CHECK(job.scrape_timeout_ms == 12'000);
  CHECK(job.body_size_limit_bytes == 1024 * 1024);
  CHECK(job.sample_limit == 1);
  CHECK(job.target_limit == 2);
  CHECK(job.label_limit == 3);
  CHECK(job.label_name_length_limit == 4);
  CHECK(job.label_value_length_limit == 5);
  CHECK(job.keep_dropped_targets == 6);
  CHECK(job.scrape_failure_log_file == "/etc/vigia/f.log");
  CHECK(job.extra_scrape_metrics);
  CHECK(job.always_scrape_classic_histograms);
  CHECK(job.scrape_protocols.size() == 4);
  CHECK(job.scrape_protocols.front() == ScrapeProtocol::kOpenMetricsText1_0_0);
  CHECK(job.metrics_path == "/metrics");
  CHECK(job.scheme == "http");
  CHECK(job.honor_timestamps);
  CHECK(job.enable_compression);
}

TEST_CASE("a job's timeout follows its own shorter interval") {
  CHECK(OneJob(Job("  scrape_interval: 5s\n")).scrape_timeout_ms == 5'000);
  CHECK_THAT(JobFault("  scrape_interval: 5s\n  scrape_timeout: 6s\n"),
             Contains("scrape timeout greater than scrape interval for scrape config with job name \"a\""));
}

TEST_CASE("native histograms put the protobuf format first, unless protocols are given") {
  CHECK(OneJob(Job("  scrape_native_histograms: true\n")).scrape_protocols.front() == ScrapeProtocol::kPrometheusProto);
  CHECK(OneJob("global: {scrape_protocols: [PrometheusText1.0.0]}\n" + Job("  scrape_native_histograms: true\n"))
            .scrape_protocols == std::vector{ScrapeProtocol::kPrometheusText1_0_0});
}

TEST_CASE("the escaping scheme follows the validation scheme") {
  const auto scheme = [](const std::string& global, const std::string& job) {
    return OneJob(global + Job(job)).metric_name_escaping_scheme;
  };
  CHECK(scheme("", "") == EscapingScheme::kAllowUtf8);
  CHECK(scheme("", "  metric_name_validation_scheme: legacy\n") == EscapingScheme::kUnderscores);
  CHECK(scheme("global: {metric_name_validation_scheme: legacy}\n", "") == EscapingScheme::kUnderscores);
  CHECK(scheme("global: {metric_name_validation_scheme: legacy}\n", "  metric_name_validation_scheme: utf8\n") ==
        EscapingScheme::kAllowUtf8);
  CHECK(scheme("global: {metric_name_escaping_scheme: dots}\n", "") == EscapingScheme::kDots);
  CHECK_THAT(JobFault("  metric_name_validation_scheme: legacy\n  metric_name_escaping_scheme: allow-utf-8\n"),
             Contains("utf8 metric names requested but validation scheme is not set to UTF8"));
}

TEST_CASE("unknown fields are refused with file, line, path and a suggestion") {
  CHECK(Fault("global:\n  scrape_interval: 1m\nscrape_configs:\n- job_name: a\n  scrape_intervall: 5s\n") ==
        "prometheus.yml:5: scrape_configs[0].scrape_intervall: unknown field (did you mean \"scrape_interval\"?)");
  CHECK(Fault("globl: {}\n") == "prometheus.yml:1: globl: unknown field (did you mean \"global\"?)");
  CHECK(Fault("zzzzzzzz: 1\n") == "prometheus.yml:1: zzzzzzzz: unknown field");
  CHECK_THAT(JobFault("  static_configs:\n  - targets: [x]\n    lables: {}\n"),
             Contains("prometheus.yml:5: scrape_configs[0].static_configs[0].lables: unknown field (did you mean "
                      "\"labels\"?)"));
}

TEST_CASE("several faults are reported together, in the order of the lines") {
  CHECK(Fault("global:\n  scrape_interval: x\n  b: 1\nrule_files: 5\n") ==
        "prometheus.yml:2: global.scrape_interval: \"x\" is not a duration (such as 15s, 5m or 1h30m)\n"
        "prometheus.yml:3: global.b: unknown field\n"
        "prometheus.yml:4: rule_files: expected a list, found a single value");
}

TEST_CASE("wrong types and values are refused") {
  CHECK_THAT(Fault("[]"), Contains("expected a mapping, found a list"));
  CHECK_THAT(Fault("global: {scrape_interval: 15}"), Contains("\"15\" is not a duration"));
  CHECK_THAT(Fault("global: {body_size_limit: 5}"), Contains("\"5\" is not a size"));
  CHECK_THAT(Fault("global: {sample_limit: -1}"), Contains("\"-1\" is not an integer from 0"));
  CHECK_THAT(Fault("global: {sample_limit: '1'}"), Contains("\"1\" is a string, expected an integer without quotes"));
  CHECK_THAT(Fault("global: {metric_name_validation_scheme: x}"), Contains("\"x\" is not one of utf8, legacy"));
  CHECK_THAT(Fault("global: {external_labels: {'a\\b': {}}}"), Contains("expected a single value, found a mapping"));
  CHECK_THAT(Fault("global: {external_labels: {a-b: x}, metric_name_validation_scheme: legacy}"),
             Contains("\"a-b\" is not a valid label name"));
  CHECK_THAT(Fault("global: {scrape_protocols: []}"), Contains("scrape_protocols cannot be empty for global config"));
  CHECK_THAT(JobFault("  honor_labels: 'true'\n"), Contains("expected true or false without quotes"));
  CHECK_THAT(JobFault("  honor_labels: maybe\n"), Contains("\"maybe\" is not true or false"));
  CHECK_THAT(JobFault("  native_histogram_min_bucket_factor: x\n"), Contains("\"x\" is not a number"));
  CHECK(OneJob(Job("  scheme: HTTPS\n")).scheme == "https");
  CHECK(OneJob(Job("  scheme: Http\n")).scheme == "http");
  CHECK(OneJob(Job("  scheme: ''\n")).scheme == "http");
  CHECK_THAT(JobFault("  scheme: ftp\n"), Contains("scheme must be http or https"));
  CHECK_THAT(JobFault("  scrape_protocols: [Text]\n"), Contains("\"Text\" is not one of PrometheusProto"));
  CHECK_THAT(JobFault("  scrape_protocols: [PrometheusProto, PrometheusProto]\n"),
             Contains("duplicated protocol PrometheusProto"));
  CHECK_THAT(JobFault("  fallback_scrape_protocol: x\n"), Contains("fallback_scrape_protocol: \"x\" is not one of"));
  CHECK_THAT(Fault("scrape_configs: [{}]"), Contains("job_name is empty"));
  CHECK_THAT(Fault("scrape_configs: [~]"), Contains("empty or null entry"));
  CHECK_THAT(Fault("scrape_configs: [{job_name: a}, {job_name: a}]"),
             Contains("found multiple scrape configs with job name \"a\""));
}

TEST_CASE("values are read as Go's yaml.v2 reads them") {
  const auto config = Parsed(
      "global: {sample_limit: 0x10, label_limit: 010, target_limit: 1_000, keep_dropped_targets: 1e3}\n"
      "scrape_configs: [{job_name: yes, metrics_path: 1.0}]\n");
  CHECK(config->global.sample_limit == 16);
  CHECK(config->global.label_limit == 8);
  CHECK(config->global.target_limit == 1000);
  CHECK(config->global.keep_dropped_targets == 1000);
  CHECK(config->scrape_configs[0].job_name == "yes");
  CHECK(config->scrape_configs[0].metrics_path == "1.0");
}

TEST_CASE("static targets are addresses, not URLs, unless relabelling may make something of them") {
  const ScrapeConfig job = OneJob(Job("  static_configs:\n  - targets: ['a:1', 'b:2']\n    labels: {env: prod}\n"));
  REQUIRE(job.discovery.static_configs.size() == 1);
  CHECK(job.discovery.static_configs[0].targets == std::vector<std::string>{"a:1", "b:2"});
  CHECK(job.discovery.static_configs[0].labels == Labels{{"env", "prod"}});
  const std::string url = "  static_configs:\n  - targets: ['http://a:1/m']\n";
  CHECK_THAT(JobFault(url), Contains("\"http://a:1/m\" is not a valid hostname"));
  CHECK(JobFault(url + "  relabel_configs: [{target_label: x, replacement: y}]\n").empty());
}

TEST_CASE("service discovery: file, http, dns") {
  const DiscoveryConfig sd = OneJob(Job(R"(  file_sd_configs:
  - files: [targets/*.yml, /abs/a.json]
    refresh_interval: 1m
  http_sd_configs:
  - url: http://user:pw@sd:8080/list
    refresh_interval: 30s
    basic_auth: {username: u, password_file: pw}
  dns_sd_configs:
  - names: [_x._tcp.example.org]
  - names: [a.example.org]
    type: a
    port: 9100
    refresh_interval: 5s
)"))
                                 .discovery;
  CHECK(sd.file_sd_configs.at(0).files == std::vector<std::string>{"/etc/vigia/targets/*.yml", "/abs/a.json"});
  CHECK(sd.file_sd_configs.at(0).refresh_interval_ms == 60'000);
  CHECK(sd.http_sd_configs.at(0).url == "http://user:pw@sd:8080/list");
  CHECK(sd.http_sd_configs.at(0).refresh_interval_ms == 30'000);
  CHECK(sd.http_sd_configs.at(0).http.basic_auth->password_file == "/etc/vigia/pw");
  CHECK(sd.dns_sd_configs.at(0).type == DnsType::kSrv);
  CHECK(sd.dns_sd_configs.at(0).refresh_interval_ms == 30'000);
  CHECK(sd.dns_sd_configs.at(1).type == DnsType::kA);
  CHECK(sd.dns_sd_configs.at(1).port == 9100);
}

TEST_CASE("service discovery: faults") {
  CHECK_THAT(JobFault("  file_sd_configs: [{files: []}]\n"), Contains("must contain at least one path name"));
  CHECK_THAT(JobFault("  file_sd_configs: [{files: [a.txt]}]\n"), Contains("is not valid for file discovery"));
  CHECK_THAT(JobFault("  file_sd_configs: [{files: ['*/a.yml']}]\n"), Contains("is not valid for file discovery"));
  CHECK_THAT(JobFault("  http_sd_configs: [{refresh_interval: 1s}]\n"), Contains("URL is missing"));
  CHECK_THAT(JobFault("  http_sd_configs: [{url: 'ftp://x'}]\n"), Contains("URL scheme must be 'http' or 'https'"));
  CHECK_THAT(JobFault("  http_sd_configs: [{url: 'http://'}]\n"), Contains("host is missing in URL"));
  CHECK_THAT(JobFault("  dns_sd_configs: [{names: []}]\n"), Contains("at least one SRV record name"));
  CHECK_THAT(JobFault("  dns_sd_configs: [{names: [a], type: A}]\n"), Contains("a port is required"));
  CHECK_THAT(JobFault("  dns_sd_configs: [{names: [a], type: A, port: 70000}]\n"), Contains("is not a port"));
  CHECK_THAT(JobFault("  nomad_sd_configs: [{server: 'x:4646'}]\n"),
             Contains("service discovery \"nomad_sd_configs\" is not supported yet"));
  CHECK(JobFault("  eureka_sd_configs: []\n").empty());
}

TEST_CASE("what is not supported is refused by name when it says anything") {
  CHECK_THAT(Fault("tracing: {endpoint: x}"), Contains("tracing: not supported yet"));
  CHECK(Fault("remote_write: []\nremote_read:\ntracing: {}\n").empty());
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', azuread: {cloud: x}}]"), Contains("azuread: not supported yet"));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', round_robin_dns: true}]"), Contains("not supported yet"));
}

TEST_CASE("the HTTP client block") {
  const HttpClientConfig http = OneJob(Job(R"(  oauth2:
    client_id: id
    client_secret: s
    token_url: https://auth/token
    scopes: [a]
    endpoint_params: {x: y}
  tls_config: {ca_file: ca.pem, cert_file: /c.pem, key_file: k.pem, server_name: n, insecure_skip_verify: true, min_version: TLS12}
  follow_redirects: false
  enable_http2: false
  proxy_url: http://proxy:3128
  no_proxy: localhost
  proxy_connect_header: {X: [y]}
  http_headers: {X-Tenant: {values: [a], secrets: [b], files: [c]}}
)"))
                                    .http;
  CHECK(http.oauth2->client_id == "id");
  CHECK(http.oauth2->client_secret.Reveal() == "s");
  CHECK(http.oauth2->endpoint_params == StringMap{{"x", "y"}});
  CHECK(http.tls_config.ca_file == "/etc/vigia/ca.pem");
  CHECK(http.tls_config.cert_file == "/c.pem");
  CHECK(http.tls_config.min_version == TlsVersion::kTls12);
  CHECK(http.tls_config.insecure_skip_verify);
  CHECK_FALSE(http.follow_redirects);
  CHECK_FALSE(http.enable_http2);
  CHECK(http.proxy.proxy_url == "http://proxy:3128");
  CHECK(http.proxy.no_proxy == "localhost");
  CHECK(http.proxy.proxy_connect_header.at(0).values.at(0).Reveal() == "y");
  CHECK(http.http_headers.at(0).name == "X-Tenant");
  CHECK(http.http_headers.at(0).files.at(0) == "/etc/vigia/c");
  const HttpClientConfig bearer = OneJob(Job("  bearer_token: abc\n")).http;
  CHECK(bearer.authorization->type == "Bearer");
  CHECK(bearer.authorization->credentials.Reveal() == "abc");
  CHECK(OneJob(Job("  bearer_token_file: t\n")).http.authorization->credentials_file == "/etc/vigia/t");
}

TEST_CASE("the HTTP client block: faults") {
  CHECK_THAT(JobFault("  basic_auth: {username: u}\n  authorization: {credentials: c}\n"), Contains("at most one of"));
  CHECK_THAT(JobFault("  basic_auth: {username: u, username_file: f}\n"),
             Contains("at most one of basic_auth username"));
  CHECK_THAT(JobFault("  basic_auth: {password: u, password_file: f}\n"),
             Contains("at most one of basic_auth password"));
  CHECK_THAT(JobFault("  bearer_token: a\n  bearer_token_file: b\n"), Contains("at most one of"));
  CHECK_THAT(JobFault("  authorization: {type: Basic}\n"), Contains("use \"basic_auth\" instead"));
  CHECK_THAT(JobFault("  authorization: {credentials: a, credentials_file: b}\n"), Contains("at most one of"));
  CHECK_THAT(JobFault("  oauth2: {token_url: x}\n"), Contains("oauth2 client_id must be configured"));
  CHECK_THAT(JobFault("  oauth2: {client_id: x}\n"), Contains("oauth2 token_url must be configured"));
  CHECK_THAT(JobFault("  oauth2: {client_id: x, token_url: y, grant_type: z}\n"), Contains("grant_type"));
  CHECK_THAT(JobFault("  tls_config: {cert_file: x}\n"), Contains("exactly one of key or key_file"));
  CHECK_THAT(JobFault("  tls_config: {key_file: x}\n"), Contains("exactly one of cert or cert_file"));
  CHECK_THAT(JobFault("  tls_config: {ca: x, ca_file: y}\n"), Contains("at most one of ca & ca_file"));
  CHECK_THAT(JobFault("  tls_config: {min_version: TLS13, max_version: TLS12}\n"), Contains("max_version"));
  CHECK_THAT(JobFault("  tls_config: {min_version: TLS9}\n"), Contains("\"TLS9\" is not one of TLS10"));
  CHECK_THAT(JobFault("  no_proxy: x\n"), Contains("if no_proxy is configured, proxy_url must also be configured"));
  CHECK_THAT(JobFault("  proxy_from_environment: true\n  proxy_url: http://x\n"), Contains("must not be configured"));
  CHECK_THAT(JobFault("  proxy_connect_header: {a: [b]}\n"), Contains("if proxy_connect_header is configured"));
  CHECK_THAT(JobFault("  http_headers: {Host: {values: [x]}}\n"), Contains("setting header \"Host\" is not allowed"));
  CHECK_THAT(JobFault("  basic_auth: {username_ref: x}\n"), Contains("secret manager"));
}

TEST_CASE("relabelling rules are read with their defaults and checked") {
  const ScrapeConfig job = OneJob(Job(R"(  relabel_configs:
  - source_labels: [__address__, job]
    separator: '@'
    regex: '(.+)@.*'
    target_label: host
    replacement: 'h-$1'
  - {action: LabelMap, regex: '__meta_(.+)'}
  metric_relabel_configs:
  - {source_labels: [__name__], regex: 'go_.*', action: drop}
  - {source_labels: [a], modulus: 4, target_label: m, action: hashmod}
)"));
  REQUIRE(job.relabel_configs.size() == 2);
  CHECK(job.relabel_configs[0].separator == "@");
  CHECK(job.relabel_configs[0].regex.text() == "(.+)@.*");
  CHECK(job.relabel_configs[1].action == RelabelAction::kLabelMap);
  CHECK(job.relabel_configs[1].replacement == "$1");
  CHECK(job.metric_relabel_configs[1].modulus == 4);
  CHECK(JobFault("  relabel_configs:\n  - action: keep\n  - action: replace\n") ==
        "prometheus.yml:5: scrape_configs[0].relabel_configs[1]: relabel configuration for replace action requires "
        "'target_label' value");
  CHECK_THAT(JobFault("  relabel_configs: [{regex: '('}]\n"), Contains("error parsing regexp"));
  CHECK_THAT(JobFault("  relabel_configs: [{action: x}]\n"), Contains("\"x\" is not one of replace"));
  CHECK_THAT(JobFault("  metric_name_validation_scheme: legacy\n  relabel_configs: [{target_label: a.b}]\n"),
             Contains("\"a.b\" is invalid 'target_label'"));
  CHECK(JobFault("  relabel_configs: [{target_label: a.b}]\n").empty());
}

TEST_CASE("alerting") {
  const auto config = Parsed(R"(
alerting:
  alert_relabel_configs: [{regex: replica, action: labeldrop}]
  alertmanagers:
  - scheme: https
    path_prefix: /am
    timeout: 5s
    api_version: v2
    static_configs: [{targets: ['am:9093']}]
    relabel_configs: [{target_label: x, replacement: y}]
    alert_relabel_configs: [{source_labels: [severity], regex: info, action: drop}]
  - static_configs: [{targets: ['other:9093']}]
)");
  const AlertingConfig& alerting = config->alerting;
  CHECK(alerting.alert_relabel_configs.at(0).action == RelabelAction::kLabelDrop);
  REQUIRE(alerting.alertmanagers.size() == 2);
  CHECK(alerting.alertmanagers[0].scheme == "https");
  CHECK(alerting.alertmanagers[0].path_prefix == "/am");
  CHECK(alerting.alertmanagers[0].timeout_ms == 5'000);
  CHECK(alerting.alertmanagers[0].relabel_configs.size() == 1);
  CHECK(alerting.alertmanagers[0].alert_relabel_configs.size() == 1);
  CHECK(alerting.alertmanagers[1].scheme == "http");
  CHECK(alerting.alertmanagers[1].timeout_ms == 10'000);
  CHECK(alerting.alertmanagers[1].discovery.static_configs.at(0).targets.at(0) == "other:9093");
  CHECK_THAT(Fault("alerting: {alertmanagers: [{api_version: v1}]}"), Contains("[v2] but got v1"));
  CHECK_THAT(Fault("alerting: {alertmanagers: [{sigv4: {region: x}, basic_auth: {username: y}}]}"),
             Contains("at most one of basic_auth, authorization, oauth2, & sigv4 must be configured"));
  CHECK_THAT(Fault("alerting: {alertmanagers: [{static_configs: [{targets: ['http://x']}]}]}"),
             Contains("is not a valid hostname"));
}

TEST_CASE("storage") {
  const auto config = Parsed(R"(
storage:
  tsdb:
    out_of_order_time_window: 30m
    stale_series_compaction_threshold: 0.5
    chunk_encoding: {floats: xor2}
    retention: {time: 30d, size: 10GB, percentage: 80}
  exemplars: {max_exemplars: 5}
)");
  CHECK(config->storage.out_of_order_time_window_ms() == 1'800'000);
  CHECK(config->storage.tsdb->retention->time_ms == 30LL * 24 * 3'600'000);
  CHECK(config->storage.tsdb->retention->size_bytes == 10ULL << 30);
  CHECK(config->storage.tsdb->retention->percentage == 80);
  CHECK(config->storage.max_exemplars() == 5);
  CHECK(config->storage.retention_policies.empty());
  CHECK_THAT(Fault("storage: {tsdb: {retention: {percentage: 101}}}"), Contains("range 0 to 100"));
  CHECK_THAT(Fault("storage: {tsdb: {chunk_encoding: {floats: x}}}"), Contains("must be xor or xor2"));
}

TEST_CASE("retention policies are selectors with a time") {
  const auto config = Parsed(R"(
storage:
  retention_policies:
    - match: ['{__name__=~"go_.*"}', 'up{env="dev"}']
      time: 1d12h
    - match: [up]
      time: 1y
)");
  const auto& policies = config->storage.retention_policies;
  REQUIRE(policies.size() == 2);
  REQUIRE(policies[0].match.size() == 2);
  CHECK(policies[0].match[1].text == "up{env=\"dev\"}");
  REQUIRE(policies[0].match[0].matchers.size() == 1);
  CHECK(policies[0].match[0].matchers[0].ToString() == "__name__=~\"go_.*\"");
  CHECK(policies[0].time_ms == 36 * 3'600'000);
  CHECK(policies[1].time_ms == 365LL * 24 * 3'600'000);
  CHECK_THAT(ToYaml(*config), Contains("retention_policies:\n  - match:\n    - '{__name__=~\"go_.*\"}'"));
  CHECK_THAT(Fault("storage:\n  retention_policies:\n  - match: ['up{']\n    time: 1d"),
             Contains(":3: storage.retention_policies[0].match[0]: \"up{\" is not a series selector"));
  CHECK_THAT(Fault("storage: {retention_policies: [{match: [up]}]}"), Contains("time must be above 0"));
  CHECK_THAT(Fault("storage: {retention_policies: [{time: 1d}]}"), Contains("at least one series selector"));
  CHECK_THAT(Fault("storage: {retention_policies: [{match: [up], times: 1d}]}"), Contains("did you mean \"time\""));
  CHECK_THAT(Fault("storage: {retention_policies: [{match: up, time: 1d}]}"), Contains("expected a list"));
}

TEST_CASE("downsampling has rules with an age and a resolution") {
  const auto config = Parsed(R"(
storage:
  downsampling:
    - match: ['{__name__=~".+"}']
      after: 30d
      resolution: 5m
    - match: [up, '{job="a"}']
      after: 180d
      resolution: 1h
)");
  const auto& rules = config->storage.downsampling;
  REQUIRE(rules.size() == 2);
  CHECK(rules[0].after_ms == 30LL * 24 * 3'600'000);
  CHECK(rules[0].resolution_ms == 300'000);
  REQUIRE(rules[1].match.size() == 2);
  CHECK(rules[1].match[1].matchers[0].ToString() == "job=\"a\"");
  CHECK_THAT(ToYaml(*config), Contains("downsampling:\n  - match:"));
  CHECK(Parsed("{}")->storage.downsampling.empty());
  const std::string head = "storage:\n  downsampling:\n";
  CHECK_THAT(Fault(head + "  - {match: [up], after: 1d}"), Contains("resolution must be at least 1m"));
  CHECK_THAT(Fault(head + "  - {match: [up], resolution: 5m}"), Contains("after must be above 0"));
  CHECK_THAT(Fault(head + "  - {after: 1d, resolution: 5m}"), Contains("at least one series selector"));
  CHECK_THAT(Fault(head + "  - {match: [up], after: 1d, resolution: 7m}"),
             Contains(":3: storage.downsampling[0]: resolution must be at least 1m, and a whole part of a day"));
  CHECK_THAT(Fault(head + "  - {match: [up], after: 1d, resolution: 2d}"), Contains("a whole part of a day"));
  CHECK_THAT(
      Fault(head +
            "  - {match: [up], after: 1d, resolution: 10m}\n  - match: [up]\n    after: 2d\n    resolution: 15m"),
      Contains(":6: storage.downsampling[1]: of this resolution and that of rule 0 one must be a multiple"));
  CHECK_THAT(Fault(head + "  - {match: ['up{'], after: 1d, resolution: 5m}"), Contains("is not a series selector"));
  CHECK_THAT(Fault(head + "  - {match: [up], after: 1d, step: 5m}"), Contains("step"));
}

TEST_CASE("rule files are patterns in the last segment, resolved against the folder of the file") {
  const TempFolder dir;
  dir.Write("rules/b.yml", "");
  dir.Write("rules/a.yml", "");
  dir.Write("one.yml", "");
  const std::string path = dir.Write("prometheus.yml", "rule_files: [one.yml, 'rules/*.yml', missing.yml]\n");
  const auto config = LoadConfig(path);
  REQUIRE(config.has_value());
  CHECK(config.value()->directory == dir.path());
  const auto files = ExpandGlobs(config.value()->rule_files);
  REQUIRE(files.has_value());
  CHECK(*files == std::vector<std::string>{dir.Below("one.yml"), dir.Below("rules/a.yml"), dir.Below("rules/b.yml")});
  REQUIRE(config.value()->warnings.size() == 1);
  CHECK_THAT(config.value()->warnings[0], Contains("missing.yml does not exist"));
  CHECK_THAT(Fault("rule_files: ['*/a.yml']"), Contains("invalid rule file path"));
  CHECK(LoadConfig(dir.Below("nothing.yml")).error().code == Errc::kIo);
}

TEST_CASE("scrape_config_files add jobs, with names unique over all files") {
  const TempFolder dir;
  dir.Write("jobs/a.yml", "scrape_configs:\n- job_name: extra\n  scrape_failure_log_file: f.log\n");
  const std::string main =
      "global: {scrape_interval: 7s}\nscrape_config_files: ['jobs/*.yml']\nscrape_configs: [{job_name: own}]\n";
  const std::string path = dir.Write("prometheus.yml", main);
  const auto config = LoadConfig(path);
  REQUIRE(config.has_value());
  const Config& loaded = **config;
  REQUIRE(loaded.scrape_configs.size() == 2);
  CHECK(loaded.own_scrape_configs == 1);
  CHECK(loaded.scrape_configs[1].job_name == "extra");
  CHECK(loaded.scrape_configs[1].scrape_interval_ms == 7'000);
  CHECK(loaded.scrape_configs[1].scrape_failure_log_file == dir.Below("jobs/f.log"));
  CHECK_THAT(ToYaml(loaded), !Contains("job_name: extra"));
  dir.Write("jobs/b.yml", "scrape_configs:\n- job_name: own\n");
  CHECK_THAT(LoadConfig(path).error().what, Contains("jobs/b.yml") && Contains("job name \"own\", first found in"));
  dir.Write("jobs/b.yml", "scrape_configs:\n- job_name: x\n  nope: 1\n");
  CHECK_THAT(LoadConfig(path).error().what, Contains("jobs/b.yml:3: scrape_configs[0].nope: unknown field"));
}

TEST_CASE("target groups of discovery: YAML is strict, JSON is not") {
  const auto yaml = ParseTargetGroups("- targets: ['a:1']\n  labels: {x: y}\n", "f.yml");
  REQUIRE(yaml.has_value());
  CHECK(*yaml == std::vector<TargetGroup>{{.targets = {"a:1"}, .labels = Labels{{"x", "y"}}}});
  CHECK(ParseTargetGroups("- target: [a]\n", "f.yml").error().what ==
        "f.yml:1: [0].target: unknown field (did you mean \"targets\"?)");
  const auto json = ParseTargetGroups(R"([{"targets": ["a:1"], "labels": {"x": "y"}, "more": 1}])", "http://sd/");
  REQUIRE(json.has_value());
  CHECK(*json == *yaml);
  CHECK(ParseTargetGroups("", "f.yml")->empty());
  CHECK_FALSE(ParseTargetGroups("{\"targets\": []}", "f.json").has_value());
}

TEST_CASE("relabelling rules alone, for the debugger") {
  const auto rules = ParseRelabelRules("- action: labeldrop\n  regex: x\n", "request", NameValidation::kUtf8);
  REQUIRE(rules.has_value());
  CHECK(rules->at(0).action == RelabelAction::kLabelDrop);
  CHECK_FALSE(ParseRelabelRules("- action: replace\n", "request", NameValidation::kUtf8).has_value());
}
