#include <algorithm>

#include "server/http/client.h"
#include "server/http/io_threads.h"
#include "server/http/proxy_choice.h"
#include "server/http/server.h"
#include "tests/support/catch.h"
#include "tests/unit/server/http/test_proxy.h"

namespace vigia::server {
namespace {

constexpr std::size_t kBodyBytes = 300'000;  // Many records of TLS.

// Answers with a long body, by TLS when it has an identity.
class Target {
 public:
  explicit Target(const std::optional<TestIdentity>& identity) : io(2) {
    router.Add({"GET", "POST"}, "/", [](const Request& r) {
      Response response;
      response.body = r.body + std::string(kBodyBytes, 'x');
      return response;
    });
    HttpServerOptions options;
    options.listen = {"127.0.0.1:0"};
    if (identity) {
      const auto security = std::make_shared<WebSecurity>();
      security->tls.emplace();
      security->tls->cert_pem = identity->cert_pem;
      security->tls->key_pem = identity->key_pem;
      options.security = [security] { return security; };
    }
    server = std::make_unique<HttpServer>(options, router, registry, Logger::Silent());
    REQUIRE(server->Start().has_value());
  }
  std::string Url(const std::string& scheme, const std::string& host) const {
    return scheme + "://" + host + ":" + std::to_string(server->port()) + "/";
  }
  storage::Result<HttpResponse> Ask(HttpClient& client, const std::string& url) const {
    HttpRequest request;
    request.method = "POST";
    request.url = url;
    request.body = std::string(kBodyBytes, 'y');
    return client.Fetch(std::move(request));
  }

  Router router;
  storage::Registry registry;
  std::unique_ptr<HttpServer> server;
  IoThreads io;
};

ClientOptions Through(const TestProxy& proxy, const std::string& authorities) {
  ClientOptions options;
  options.user_agent = "Prometheus/3";
  options.proxy_url = proxy.Url();
  options.tls.ca_pem = authorities;
  return options;
}

bool Has(const std::string& head, const std::string& line) {
  return head.find("\r\n" + line + "\r\n") != std::string::npos;
}

TEST_CASE("https goes through a tunnel, one for many requests") {
  const TestIdentity identity = MakeIdentity("DNS:target.invalid");
  const Target target(identity);
  TestProxy proxy;
  ClientOptions options = Through(proxy, identity.cert_pem);
  options.proxy_url = proxy.Url("us%40er:pass@");
  options.proxy_connect_headers = {{"X-Who", "me"}, {"X-Who", "too"}};
  options.headers = {{"X-Secret", "not for the proxy"}};
  HttpClient client(target.io.executor(), options);
  const std::string url = target.Url("https", "target.invalid");
  for (int i = 0; i < 3; ++i) CHECK(target.Ask(client, url)->body.size() == 2 * kBodyBytes);
  const auto heads = proxy.heads();
  REQUIRE(heads.size() == 1);
  const std::string authority = "target.invalid:" + std::to_string(target.server->port());
  CHECK(heads[0].starts_with("CONNECT " + authority + " HTTP/1.1\r\nHost: " + authority + "\r\n"));
  CHECK(Has(heads[0], "Proxy-Authorization: Basic dXNAZXI6cGFzcw=="));  // us@er:pass
  CHECK(Has(heads[0], "User-Agent: Prometheus/3"));
  CHECK(Has(heads[0], "X-Who: me"));
  CHECK(Has(heads[0], "X-Who: too"));
  CHECK(heads[0].find("not for the proxy") == std::string::npos);
}

TEST_CASE("the target behind a tunnel must show its certificate") {
  const TestIdentity identity = MakeIdentity("DNS:other.invalid");
  const Target target(identity);
  TestProxy proxy;
  HttpClient client(target.io.executor(), Through(proxy, identity.cert_pem));
  const auto answer = target.Ask(client, target.Url("https", "target.invalid"));
  CHECK(answer.error().what.find("certificate is not valid for target.invalid") != std::string::npos);
}

TEST_CASE("a proxy may be encrypted itself") {
  const TestIdentity proxy_identity = MakeIdentity("IP:127.0.0.1", Validity::kNow, "proxy");
  const TestIdentity identity = MakeIdentity("DNS:target.invalid");
  const Target target(identity);
  const Target plain(std::nullopt);
  TestProxy proxy(proxy_identity);

  SECTION("for encrypted targets") {
    HttpClient client(target.io.executor(), Through(proxy, proxy_identity.cert_pem + identity.cert_pem));
    const std::string url = target.Url("https", "target.invalid");
    for (int i = 0; i < 3; ++i) {
      const auto answer = target.Ask(client, url);
      INFO((answer.has_value() ? "" : answer.error().what));
      REQUIRE(answer.has_value());
      CHECK(answer->body == std::string(kBodyBytes, 'y') + std::string(kBodyBytes, 'x'));
    }
    CHECK(proxy.heads().size() == 1);
  }
  SECTION("for plain ones") {
    HttpClient client(target.io.executor(), Through(proxy, proxy_identity.cert_pem));
    HttpRequest request;
    request.url = plain.Url("http", "target.invalid");
    const auto answer = client.Fetch(request);
    INFO((answer.has_value() ? "" : answer.error().what));
    REQUIRE(answer.has_value());
    CHECK(answer->body == "by proxy\n");
    CHECK(proxy.heads()[0].starts_with("GET " + plain.Url("http", "target.invalid") + " HTTP/1.1\r\n"));
  }
  SECTION("and must show its certificate") {
    HttpClient client(target.io.executor(), Through(proxy, identity.cert_pem));
    const auto answer = target.Ask(client, target.Url("https", "target.invalid"));
    CHECK(answer.error().what.find("proxyconnect tcp: tls: failed to verify certificate") != std::string::npos);
    CHECK(proxy.heads().empty());
  }
  SECTION("and the target behind it") {
    HttpClient client(target.io.executor(), Through(proxy, proxy_identity.cert_pem));
    const auto answer = target.Ask(client, target.Url("https", "target.invalid"));
    CHECK(answer.error().what.find("\": tls: failed to verify certificate") != std::string::npos);
  }
}

TEST_CASE("a tunnel that leads nowhere is an error") {
  TestProxy proxy;
  IoThreads io(1);
  HttpClient client(io.executor(), Through(proxy, ""));
  HttpRequest request;
  request.url = "https://target.invalid:1/";
  CHECK(client.Fetch(request).error().what == "Get \"https://target.invalid:1/\": Bad Gateway");
  ClientOptions gone;
  gone.proxy_url = "http://127.0.0.1:1";
  HttpClient nobody(io.executor(), gone);
  CHECK(nobody.Fetch(request).error().what ==
        "Get \"https://target.invalid:1/\": proxyconnect tcp: dial tcp 127.0.0.1:1: connect: connection refused");
}

std::string ProxyOf(const std::string& url, const ClientOptions& options) {
  const auto proxy = ChooseProxy(ParseUrl(url).value(), options);
  if (proxy.has_error()) return proxy.error().what;
  return proxy->has_value() ? (*proxy)->host : "direct";
}

TEST_CASE("each scheme may have its own proxy") {
  ClientOptions options;
  CHECK(ProxyOf("http://a/", options) == "direct");
  options.proxy_url = "http://p:1";
  CHECK(ProxyOf("http://a/", options) == "p");
  CHECK(ProxyOf("https://a/", options) == "p");
  CHECK(ProxyOf("http://localhost/", options) == "p");
  options.https_proxy_url = "";
  CHECK(ProxyOf("https://a/", options) == "direct");
  options.https_proxy_url = "q:3128";  // As the environment may say it.
  CHECK(ProxyOf("https://a/", options) == "q");
  CHECK(ProxyOf("http://a/", options) == "p");
  options.proxy_skips_local = true;
  CHECK(ProxyOf("http://localhost/", options) == "direct");
  CHECK(ProxyOf("http://127.0.0.2/", options) == "direct");
  CHECK(ProxyOf("http://[::1]:9/", options) == "direct");
  options.proxy_url = "ftp://p";
  CHECK(ProxyOf("http://a/", options) == "proxy_url: parse URL: unsupported protocol scheme \"ftp\"");
}

// golang.org/x/net/http/httpproxy, "Config.NoProxy".
TEST_CASE("no_proxy exempts hosts, domains, addresses and networks") {
  struct Case {
    const char* url;
    std::vector<const char*> exempt;
    std::vector<const char*> not_exempt;
  };
  const std::vector<Case> cases = {
      {"http://app.example.com:8080/",
       {"*", "app.example.com", "example.com", ".example.com", "*.example.com", "x, Example.com", "example.com:8080",
        ".example.com:8080"},
       {"", "ample.com", "example.com:80", "other", "app.example.com.", ",", "10.0.0.0/8", ":8080"}},
      {"http://example.com/", {"example.com", "example.com:80"}, {".example.com", "*.example.com"}},
      {"http://10.1.2.3:9100/",
       {"10.1.2.3", "10.1.2.3:9100", "10.0.0.0/8", "10.1.2.2/31", "0.0.0.0/0"},
       {"10.1.2.3:80", "10.1.2.4", "11.0.0.0/8", "10.1.2.4/31", "10.0.0.0/33", "10.0.0.0/x", "/8", "::/0"}},
      {"http://[2001:db8::5]:80/",
       {"2001:db8::5", "[2001:db8::5]:80", "2001:db8::/32"},
       {"2001:db9::/32", "0.0.0.0/0"}},
      {"http://localhost/", {"", "other"}, {}},
      {"http://127.9.9.9/", {"", "other"}, {}},
  };
  for (const Case& c : cases) {
    const Url url = ParseUrl(c.url).value();
    for (const char* list : c.exempt) {
      INFO(c.url << " " << list);
      CHECK(BypassesProxy(list, url));
    }
    for (const char* list : c.not_exempt) {
      INFO(c.url << " " << list);
      CHECK_FALSE(BypassesProxy(list, url));
    }
  }
}

}  // namespace
}  // namespace vigia::server
