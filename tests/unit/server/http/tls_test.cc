#include <atomic>
#include <cstdio>
#include <fstream>

#include <netinet/in.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "server/http/client.h"
#include "server/http/io_threads.h"
#include "server/http/server.h"
#include "tests/support/catch.h"
#include "tests/unit/server/http/certificates.h"
#include "tests/unit/server/http/raw_client.h"

namespace vigia::server {
namespace {

class Fixture {
 public:
  explicit Fixture(TlsServerOptions tls) : io(1) {
    router.Add({"GET"}, "/", [](const Request&) {
      Response response;
      response.body.assign(300'000, 's');
      return response;
    });
    HttpServerOptions options;
    options.listen = {"127.0.0.1:0"};
    const auto security = std::make_shared<WebSecurity>();
    security->tls = std::move(tls);
    options.security = [security] { return security; };
    server = std::make_unique<HttpServer>(options, router, registry, Logger::Silent());
    REQUIRE(server->Start().has_value());
  }
  storage::Result<HttpResponse> Get(TlsOptions tls, const std::string& host = "127.0.0.1") {
    ClientOptions options;
    options.tls = std::move(tls);
    HttpClient client(io.executor(), options);
    HttpRequest request;
    request.url = "https://" + host + ":" + std::to_string(server->port()) + "/";
    const auto first = client.Fetch(request);
    if (first.has_error()) return first;
    return client.Fetch(request);  // Over the kept connection.
  }
  std::string ErrorOf(TlsOptions tls, const std::string& host = "127.0.0.1") {
    const auto response = Get(std::move(tls), host);
    return response.has_error() ? response.error().what : "no error";
  }

  Router router;
  storage::Registry registry;
  std::unique_ptr<HttpServer> server;
  IoThreads io;
};

TlsServerOptions ServerWith(const TestIdentity& identity) {
  TlsServerOptions tls;
  tls.cert_pem = identity.cert_pem;
  tls.key_pem = identity.key_pem;
  return tls;
}

bool Contains(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST_CASE("https works with the right authority only") {
  const TestIdentity identity = MakeIdentity("DNS:localhost,IP:127.0.0.1");
  Fixture f(ServerWith(identity));
  TlsOptions trusting;
  trusting.ca_pem = identity.cert_pem;
  CHECK(f.Get(trusting)->body == std::string(300'000, 's'));
  CHECK(f.Get(trusting, "localhost")->status == 200);

  CHECK(Contains(f.ErrorOf({}), "tls: failed to verify certificate: x509: certificate signed by unknown authority"));
  TlsOptions careless;
  careless.insecure_skip_verify = true;
  CHECK(f.Get(careless)->status == 200);

  TlsOptions named = trusting;
  named.server_name = "other.example";
  CHECK(Contains(f.ErrorOf(named), "x509: certificate is not valid for other.example"));
  named.server_name = "localhost";
  CHECK(f.Get(named)->status == 200);

  TlsOptions missing;
  missing.ca_file = "/nonexistent/ca.pem";
  CHECK(Contains(f.ErrorOf(missing), "open /nonexistent/ca.pem"));
  TlsOptions nonsense;
  nonsense.ca_pem = "nonsense";
  CHECK(Contains(f.ErrorOf(nonsense), "unable to use specified CA cert"));
}

TEST_CASE("who speaks plain HTTP to the encrypted port is told so") {
  Fixture f(ServerWith(MakeIdentity("IP:127.0.0.1")));
  for (const char* method : {"GET", "POST", "PUT", "HEAD"}) {
    INFO(method);
    RawClient client(f.server->port());
    client.Send(std::string(method) + " /-/healthy HTTP/1.1\r\nHost: x\r\n\r\n");
    CHECK(client.ReadAll() == "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n");
  }
  RawClient other(f.server->port());
  other.Send("EHLO x\r\n\r\n");
  CHECK(other.ReadAll().find("HTTP") == std::string::npos);
}

TEST_CASE("expired certificates are refused") {
  const TestIdentity identity = MakeIdentity("IP:127.0.0.1", Validity::kExpired);
  Fixture f(ServerWith(identity));
  TlsOptions tls;
  tls.ca_pem = identity.cert_pem;
  CHECK(Contains(f.ErrorOf(tls), "x509: certificate has expired or is not yet valid"));
}

TEST_CASE("protocol versions must meet") {
  const TestIdentity identity = MakeIdentity("IP:127.0.0.1");
  TlsServerOptions server = ServerWith(identity);
  server.min_version = TlsVersion::kTls13;
  Fixture f(server);
  TlsOptions tls;
  tls.ca_pem = identity.cert_pem;
  tls.max_version = TlsVersion::kTls12;
  CHECK(f.Get(tls).has_error());
  tls.max_version.reset();
  CHECK(f.Get(tls)->status == 200);
}

// What a client that offers these ends up with: "cipher group", or "" when there is no agreement.
std::string Agreed(std::uint16_t port, const char* ciphers, const char* groups) {
  const std::unique_ptr<SSL_CTX, void (*)(SSL_CTX*)> context(SSL_CTX_new(TLS_client_method()), &SSL_CTX_free);
  SSL_CTX_set_max_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_cipher_list(context.get(), ciphers);
  SSL_CTX_set1_groups_list(context.get(), groups);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  address.sin_port = htons(port);
  REQUIRE(connect(fd, reinterpret_cast<sockaddr*>(&address), sizeof(address)) == 0);
  const std::unique_ptr<SSL, void (*)(SSL*)> ssl(SSL_new(context.get()), &SSL_free);
  SSL_set_fd(ssl.get(), fd);
  std::string agreed;
  if (SSL_connect(ssl.get()) == 1) {
    EVP_PKEY* key = nullptr;
    SSL_get_peer_tmp_key(ssl.get(), &key);
    char group[32] = {};
    EVP_PKEY_get_group_name(key, group, sizeof(group), nullptr);
    EVP_PKEY_free(key);
    agreed = std::string(SSL_CIPHER_get_name(SSL_get_current_cipher(ssl.get()))) + " " + group;
  }
  close(fd);
  return agreed;
}

TEST_CASE("cipher suites and curves are those that are configured") {
  TlsServerOptions server = ServerWith(MakeIdentity("IP:127.0.0.1"));
  server.cipher_suites = "ECDHE-ECDSA-AES256-GCM-SHA384:ECDHE-ECDSA-AES128-GCM-SHA256";
  server.curves = "P-384:P-256";
  Fixture f(server);
  const std::uint16_t port = f.server->port();
  CHECK(Agreed(port, "ECDHE-ECDSA-AES128-GCM-SHA256:ECDHE-ECDSA-AES256-GCM-SHA384", "P-256:P-384") ==
        "ECDHE-ECDSA-AES256-GCM-SHA384 secp384r1");
  CHECK(Agreed(port, "ECDHE-ECDSA-AES128-GCM-SHA256", "P-256") == "ECDHE-ECDSA-AES128-GCM-SHA256 prime256v1");
  CHECK(Agreed(port, "ECDHE-ECDSA-CHACHA20-POLY1305", "P-256").empty());
  CHECK(Agreed(port, "ECDHE-ECDSA-AES128-GCM-SHA256", "X25519").empty());
}

TEST_CASE("the server may ask for a client certificate") {
  const TestIdentity identity = MakeIdentity("IP:127.0.0.1");
  const TestIdentity user = MakeIdentity("DNS:user.example");
  const TestIdentity stranger = MakeIdentity("DNS:stranger.example");
  TlsServerOptions server = ServerWith(identity);
  server.client_ca_pem = user.cert_pem + stranger.cert_pem;
  server.client_auth = ClientAuthType::kRequireAndVerify;
  server.client_allowed_sans = {"user.example"};
  Fixture f(server);
  TlsOptions tls;
  tls.ca_pem = identity.cert_pem;
  CHECK(f.Get(tls).has_error());
  tls.cert_pem = user.cert_pem;
  tls.key_pem = user.key_pem;
  CHECK(f.Get(tls)->status == 200);
  tls.cert_pem = stranger.cert_pem;
  CHECK(Contains(f.ErrorOf(tls), "tls: "));  // Its key does not fit.
  tls.key_pem = stranger.key_pem;
  CHECK(f.Get(tls).has_error());
}

TEST_CASE("a renewed certificate file is used for the next connection") {
  const std::string base = "/tmp/vigia_tls_test_" + std::to_string(getpid());
  const auto write = [&](const TestIdentity& identity) {
    std::ofstream(base + ".crt") << identity.cert_pem;
    std::ofstream(base + ".key") << identity.key_pem << identity.cert_pem;  // The extra text changes the size for sure.
  };
  const TestIdentity first = MakeIdentity("IP:127.0.0.1");
  const TestIdentity second = MakeIdentity("IP:127.0.0.1,DNS:a.rather.long.name.to.change.the.size");
  write(first);
  TlsServerOptions server;
  server.cert_file = base + ".crt";
  server.key_file = base + ".key";
  Fixture f(server);
  TlsOptions tls;
  tls.ca_pem = first.cert_pem;
  CHECK(f.Get(tls)->status == 200);
  write(second);
  CHECK(f.Get(tls).has_error());
  tls.ca_pem = second.cert_pem;
  CHECK(f.Get(tls)->status == 200);
  std::remove((base + ".crt").c_str());
  std::remove((base + ".key").c_str());
}

TEST_CASE("plain text on an encrypted port does no harm") {
  const TestIdentity identity = MakeIdentity("IP:127.0.0.1");
  Fixture f(ServerWith(identity));
  RawClient client(f.server->port());
  client.Send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
  client.ReadAll();
  TlsOptions tls;
  tls.ca_pem = identity.cert_pem;
  CHECK(f.Get(tls)->status == 200);
}

TEST_CASE("https to a plain server says so") {
  Router router;
  storage::Registry registry;
  HttpServerOptions options;
  options.listen = {"127.0.0.1:0"};
  HttpServer server(options, router, registry, Logger::Silent());
  REQUIRE(server.Start().has_value());
  IoThreads io(1);
  HttpClient client(io.executor(), {});
  HttpRequest request;
  request.url = "https://127.0.0.1:" + std::to_string(server.port()) + "/";
  const auto response = client.Fetch(request);
  REQUIRE(response.has_error());
  CHECK(Contains(response.error().what, "http: server gave HTTP response to HTTPS client"));
}

TEST_CASE("a server without a usable certificate does not start") {
  Router router;
  storage::Registry registry;
  HttpServerOptions options;
  options.listen = {"127.0.0.1:0"};
  const auto security = std::make_shared<WebSecurity>();
  security->tls = TlsServerOptions{};
  options.security = [security] { return security; };
  CHECK(HttpServer(options, router, registry, Logger::Silent()).Start().has_error());
}

}  // namespace
}  // namespace vigia::server
