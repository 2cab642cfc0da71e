#include "config/schema/config.h"
#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::config;
using Catch::Matchers::Contains;

namespace {

ConfigPtr Parse(const std::string& text) {
  auto config = ParseConfig(text, "prometheus.yml");
  INFO((config.has_value() ? std::string() : config.error().what));
  REQUIRE(config.has_value());
  return *config;
}

std::string Fault(const std::string& text) {
  const auto config = ParseConfig(text, "prometheus.yml");
  return config ? "" : config.error().what;
}

}  // namespace

// The defaults are those of Prometheus' documentation (configuration, <remote_write>).
TEST_CASE("remote_write with its defaults") {
  const ConfigPtr config = Parse("remote_write: [{url: 'http://u:p@x/write'}]");
  REQUIRE(config->remote_write.size() == 1);
  const RemoteWriteConfig& remote = config->remote_write[0];
  CHECK(remote.remote_timeout_ms == 30'000);
  CHECK(remote.message == RemoteWriteMessage::kV1);
  CHECK(remote.queue.capacity == 10'000);
  CHECK(remote.queue.max_shards == 50);
  CHECK(remote.queue.max_samples_per_send == 2'000);
  CHECK(remote.queue.batch_send_deadline_ms == 5'000);
  CHECK(remote.queue.max_backoff_ms == 5'000);
  CHECK(!remote.queue.retry_on_http_429);
  CHECK(remote.metadata.send);
  CHECK(!remote.http.enable_http2);
  const std::string yaml = ToYaml(*config);
  CHECK_THAT(yaml, Contains("remote_write:\n"
                            "- url: http://u:xxxxx@x/write\n"
                            "  remote_timeout: 30s\n"
                            "  protobuf_message: prometheus.WriteRequest\n"
                            "  follow_redirects: true\n"
                            "  enable_http2: false\n"
                            "  queue_config:\n"
                            "    capacity: 10000\n"
                            "    max_shards: 50\n"
                            "    min_shards: 1\n"
                            "    max_samples_per_send: 2000\n"
                            "    batch_send_deadline: 5s\n"
                            "    min_backoff: 30ms\n"
                            "    max_backoff: 5s\n"
                            "  metadata_config:\n"
                            "    send: true\n"
                            "    send_interval: 1m\n"
                            "    max_samples_per_send: 2000\n"));
}

TEST_CASE("remote_write with everything") {
  const ConfigPtr config = Parse(R"(
remote_write:
- name: far
  url: https://far/api/v1/write
  remote_timeout: 10s
  protobuf_message: io.prometheus.write.v2.Request
  headers: {X-Scope-OrgID: tenant}
  send_exemplars: true
  send_native_histograms: true
  basic_auth: {username: u, password: p}
  tls_config: {insecure_skip_verify: true}
  write_relabel_configs:
  - {source_labels: [__name__], regex: 'go_.*', action: drop}
  queue_config: {max_shards: 4, capacity: 100, retry_on_http_429: true, sample_age_limit: 1h}
  metadata_config: {send: false}
)");
  const RemoteWriteConfig& remote = config->remote_write.at(0);
  CHECK(remote.message == RemoteWriteMessage::kV2);
  CHECK(remote.headers.at(0).second == "tenant");
  CHECK(remote.write_relabel_configs.size() == 1);
  CHECK(remote.queue.sample_age_limit_ms == 3'600'000);
  CHECK(!remote.metadata.send);
  CHECK(remote.http.basic_auth->username == "u");
}

TEST_CASE("faults of remote_write") {
  CHECK_THAT(Fault("remote_write: [{name: x}]"), Contains("url for remote_write is empty"));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', headers: {Host: y}}]"),
             Contains("Host is a reserved header. It must not be changed"));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', headers: {authorization: y}}]"),
             Contains("authorization header must be changed via the basic_auth"));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', name: a}, {url: 'http://y', name: a}]"),
             Contains("found multiple remote write configs with job name \"a\""));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x'}, {url: 'http://x'}]"),
             Contains("duplicate remote write configs are not allowed, found duplicate for URL: http://x"));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', queue_config: {max_shards: 0}}]"), Contains("max_shards"));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', protobuf_message: v3}]"), Contains("\"v3\" is not one of"));
}

TEST_CASE("sigv4 signs instead of other ways") {
  const ConfigPtr config = Parse(
      "remote_write: [{url: 'http://x', sigv4: {region: r, access_key: a, secret_key: s, role_arn: ro, external_id: e, "
      "use_fips_sts_endpoint: true, service_name: n, profile: p}}]\n"
      "alerting: {alertmanagers: [{sigv4: {}}]}");
  REQUIRE(config->remote_write[0].sigv4);
  const SigV4Config& sigv4 = *config->remote_write[0].sigv4;
  CHECK(sigv4.region == "r");
  CHECK(sigv4.access_key == "a");
  CHECK(sigv4.secret_key.Reveal() == "s");
  CHECK(sigv4.role_arn == "ro");
  CHECK(sigv4.external_id == "e");
  CHECK(sigv4.service_name == "n");
  CHECK(sigv4.use_fips_sts_endpoint);
  CHECK(config->alerting.alertmanagers[0].sigv4);
  CHECK_THAT(ToYaml(*config), Contains("  sigv4:\n    region: r\n    access_key: a\n    secret_key: <secret>\n"));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', sigv4: {access_key: a}}]"),
             Contains("must provide a AWS SigV4 Access key and Secret Key"));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', sigv4: {external_id: a}}]"), Contains("role_arn"));
  CHECK_THAT(Fault("remote_write: [{url: 'http://x', sigv4: {}, oauth2: {client_id: a, token_url: 'http://y'}}]"),
             Contains("at most one of"));
}

// The defaults are those of Prometheus' documentation (configuration, <remote_read>).
TEST_CASE("remote_read") {
  const RemoteReadConfig plain = Parse("remote_read: [{url: 'http://u:p@x/read'}]")->remote_read.at(0);
  CHECK(plain.remote_timeout_ms == 60'000);
  CHECK(plain.chunked_read_limit_bytes == 50'000'000);
  CHECK(!plain.read_recent);
  CHECK(plain.filter_external_labels);
  CHECK(plain.http.enable_http2);
  const ConfigPtr config = Parse(
      "remote_read: [{url: 'http://u:p@x/read', name: n, remote_timeout: 2s, chunked_read_limit: 7, headers: {X-A: b}, "
      "read_recent: true, required_matchers: {job: j}, filter_external_labels: false, bearer_token: t}]");
  const RemoteReadConfig& remote = config->remote_read.at(0);
  CHECK(remote.name == "n");
  CHECK(remote.remote_timeout_ms == 2'000);
  CHECK(remote.chunked_read_limit_bytes == 7);
  CHECK(remote.headers == StringMap{{"X-A", "b"}});
  CHECK(remote.read_recent);
  CHECK(remote.required_matchers == StringMap{{"job", "j"}});
  CHECK(!remote.filter_external_labels);
  CHECK(remote.http.authorization->credentials.Reveal() == "t");
  CHECK_THAT(ToYaml(*config), Contains("remote_read:\n- url: http://u:xxxxx@x/read\n  remote_timeout: 2s\n"));
}

TEST_CASE("remote_read: faults") {
  CHECK_THAT(Fault("remote_read: [{name: x}]"), Contains("url for remote_read is empty"));
  CHECK_THAT(Fault("remote_read: [{url: 'ftp://x'}]"), Contains("must begin with http:// or https://"));
  CHECK_THAT(Fault("remote_read: [{url: 'http://x', headers: {authorization: x}}]"),
             Contains("authorization header must be changed via"));
  CHECK_THAT(Fault("remote_read: [{url: 'http://x', headers: {x-amz-date: x}}]"), Contains("is a reserved header"));
  CHECK_THAT(Fault("remote_read: [{url: 'http://x', name: a}, {url: 'http://y', name: a}]"),
             Contains("found multiple remote read configs with job name \"a\""));
  CHECK_THAT(Fault("remote_read: [{url: 'http://x'}, {url: 'http://x'}]"),
             Contains("duplicate remote read configs are not allowed, found duplicate for URL: http://x"));
  CHECK_THAT(Fault("remote_read: [{url: 'http://x', sigv4: {}}]"), Contains("sigv4"));
}
