#include "server/scrape/request.h"

#include "tests/support/catch.h"

using namespace vigia::server;
using vigia::config::ScrapeConfig;
using vigia::config::ScrapeProtocol;

namespace {
ScrapeConfig Job() {
  ScrapeConfig config;
  config.scrape_protocols = {ScrapeProtocol::kOpenMetricsText1_0_0, ScrapeProtocol::kOpenMetricsText0_0_1,
                             ScrapeProtocol::kPrometheusText1_0_0, ScrapeProtocol::kPrometheusText0_0_4};
  return config;
}

Target At(const char* url) {
  Target target;
  target.url = url;
  target.timeout_ms = 2500;
  return target;
}
}  // namespace

TEST_CASE("the default Accept header is Prometheus', byte for byte") {
  CHECK(AcceptHeader(Job()) ==
        "application/openmetrics-text;version=1.0.0;escaping=allow-utf-8;q=0.6,"
        "application/openmetrics-text;version=0.0.1;q=0.5,text/plain;version=1.0.0;escaping=allow-utf-8;q=0.4,"
        "text/plain;version=0.0.4;q=0.3,*/*;q=0.2");
}

TEST_CASE("a shorter list starts at the same weight; protobuf has no escaping") {
  ScrapeConfig config = Job();
  config.scrape_protocols = {ScrapeProtocol::kPrometheusProto, ScrapeProtocol::kPrometheusText0_0_4};
  CHECK(AcceptHeader(config) ==
        "application/vnd.google.protobuf;proto=io.prometheus.client.MetricFamily;encoding=delimited;q=0.6,"
        "text/plain;version=0.0.4;q=0.5,*/*;q=0.4");
}

TEST_CASE("a request tells its deadline and asks for gzip unless the target is local") {
  ScrapeConfig config = Job();
  const HttpRequest remote = MakeScrapeRequest(config, "text/plain", At("http://host:1/m"), {});
  CHECK(remote.headers.Get("X-Prometheus-Scrape-Timeout-Seconds") == "2.5");
  CHECK(remote.headers.Get("Accept") == "text/plain");
  CHECK(remote.timeout_ms == 2500);
  CHECK(remote.accept_gzip);
  const HttpRequest local = MakeScrapeRequest(config, "text/plain", At("http://127.0.0.1:1/m"), {});
  CHECK_FALSE(local.accept_gzip);
  CHECK(local.headers.Get("Accept-Encoding") == "identity");
  Target socket = At("http://host:1/m");
  socket.unix_socket = "/run/app.sock";
  CHECK(MakeScrapeRequest(config, "text/plain", socket, {}).unix_socket == "/run/app.sock");
  CHECK_FALSE(MakeScrapeRequest(config, "text/plain", socket, {}).accept_gzip);
  config.enable_compression = false;
  CHECK_FALSE(MakeScrapeRequest(config, "text/plain", At("http://host:1/m"), {}).accept_gzip);
}

TEST_CASE("loopback addresses are known by their look") {
  for (const char* url : {"http://localhost/x", "https://localhost:9090/", "http://127.0.0.1:80/", "http://[::1]:1/"}) {
    CHECK(IsLoopback(url));
  }
  for (const char* url : {"http://localhost.example/x", "http://10.0.0.1/", "http://h/127.0.0.1", "", "http://"}) {
    CHECK_FALSE(IsLoopback(url));
  }
}

TEST_CASE("what is not 200 is an error in Prometheus' words") {
  HttpResponse response;
  response.status = 500;
  CHECK(ToFetchedBody(response).status.error().what == "server returned HTTP status 500 Internal Server Error");
  response.reason = "Oh No";
  CHECK(ToFetchedBody(response).status.error().what == "server returned HTTP status 500 Oh No");
  response.status = 200;
  response.headers.Add("content-type", "text/plain");
  response.body = "a 1\n";
  const FetchedBody good = ToFetchedBody(response);
  CHECK(good.status.has_value());
  CHECK(good.body == "a 1\n");
  CHECK(good.content_type == "text/plain");
  const FetchedBody limit =
      ToFetchedBody(vigia::storage::Error{vigia::storage::Errc::kLimit, "body size limit exceeded"});
  CHECK(limit.body_limit_hit);
}
