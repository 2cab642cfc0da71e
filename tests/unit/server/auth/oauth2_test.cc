#include "server/auth/oauth2.h"

#include <atomic>
#include <cstdio>
#include <fstream>
#include <future>
#include <map>
#include <thread>

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/use_future.hpp>
#include <nlohmann/json.hpp>
#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

#include "server/http/io_threads.h"
#include "server/http/server.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"
#include "tests/unit/server/http/certificates.h"
#include "tests/unit/server/http/test_proxy.h"

namespace vigia::server {
namespace {

using storage::Errc;

// A token endpoint, and a service that takes the newest token only.
class Services {
 public:
  explicit Services(const std::optional<TestIdentity>& identity = std::nullopt) : io(2) {
    router.Add({"POST"}, "/token", [this](const Request& r) { return IssueToken(r); });
    router.Add({"GET"}, "/metrics", [this](const Request& r) {
      Response response;
      response.body = r.headers.Get("Authorization");
      response.status = response.body == "Bearer t" + std::to_string(valid.load()) ? 200 : 401;
      ++asked;
      return response;
    });
    router.Add({"GET"}, "/moved", [](const Request& r) {
      Response response;
      response.status = 302;
      response.headers.Add("Location", std::string(r.params.Get("url")));
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
    tls = identity.has_value();
    server = std::make_unique<HttpServer>(options, router, registry, Logger::Silent());
    REQUIRE(server->Start().has_value());
  }

  std::string Url(const std::string& path) const {
    return (tls ? "https://127.0.0.1:" : "http://127.0.0.1:") + std::to_string(server->port()) + path;
  }
  OAuth2Options Options() const {
    OAuth2Options options;
    options.client_id = "me & you";
    options.secret = "s:e+cret";
    options.token_url = Url("/token");
    return options;
  }
  std::unique_ptr<HttpClient> Client(OAuth2Options options) const {
    ClientOptions client;
    client.auth = MakeOAuth2(std::move(options));
    return std::make_unique<HttpClient>(io.executor(), client);
  }
  storage::Result<HttpResponse> Get(HttpClient& client, const std::string& path = "/metrics") const {
    HttpRequest request;
    request.url = Url(path);
    return client.Fetch(std::move(request));
  }

  Response IssueToken(const Request& r) {
    const std::scoped_lock lock(mu);
    form.clear();
    for (const auto& [name, value] : r.params) form[name] = value;
    authorization = r.headers.Get("Authorization");
    user_agent = r.headers.Get("User-Agent");
    const int number = ++issued;
    if (on_token) return on_token(r);
    valid = number;
    Response response;
    response.content_type = "application/json";
    response.body = "{\"access_token\":\"t" + std::to_string(number) + "\",\"token_type\":\"bearer\"," + lifetime + "}";
    return response;
  }

  Router router;
  storage::Registry registry;
  bool tls = false;
  std::atomic<int> valid{0};
  std::atomic<int> asked{0};
  std::mutex mu;  // Guards the next ones.
  std::map<std::string, std::string> form;
  std::string authorization;
  std::string user_agent;
  int issued = 0;
  std::string lifetime = "\"expires_in\":3600";
  std::function<Response(const Request&)> on_token;
  std::unique_ptr<HttpServer> server;
  IoThreads io;
};

Response Json(int status, std::string body) {
  Response response;
  response.status = status;
  response.content_type = "application/json";
  response.body = std::move(body);
  return response;
}

// RFC 6749, 4.4.2 and 2.3.1.
TEST_CASE("a token is asked for with the client's credentials") {
  Services services;
  OAuth2Options options = services.Options();
  options.scopes = {"a", "b"};
  options.endpoint_params = {{"audience", "x y"}, {"resource", "r"}};
  options.client.user_agent = "Prometheus/3";
  const auto client = services.Client(options);
  const auto answer = services.Get(*client);
  REQUIRE(answer.has_value());
  CHECK(answer->status == 200);
  CHECK(answer->body == "Bearer t1");
  CHECK(services.form ==
        std::map<std::string, std::string>{
            {"audience", "x y"}, {"grant_type", "client_credentials"}, {"resource", "r"}, {"scope", "a b"}});
  CHECK(services.authorization == "Basic bWUrJTI2K3lvdTpzJTNBZSUyQmNyZXQ=");  // me+%26+you:s%3Ae%2Bcret
  CHECK(services.user_agent == "Prometheus/3");
}

TEST_CASE("a token serves until shortly before its end") {
  Services services;
  const auto client = services.Client(services.Options());
  SECTION("many requests") {
    for (int i = 0; i < 5; ++i) CHECK(services.Get(*client)->status == 200);
    CHECK(services.issued == 1);
  }
  SECTION("as long as it likes without an end") {
    services.lifetime = "\"scope\":\"\"";
    for (int i = 0; i < 3; ++i) CHECK(services.Get(*client)->status == 200);
    CHECK(services.issued == 1);
  }
  SECTION("not within its last ten seconds") {
    services.lifetime = "\"expires_in\":\"10\"";
    for (int i = 0; i < 3; ++i) CHECK(services.Get(*client)->status == 200);
    CHECK(services.issued == 3);
  }
}

TEST_CASE("a refused token is replaced and the request sent again, once") {
  Services services;
  const auto client = services.Client(services.Options());
  CHECK(services.Get(*client)->status == 200);
  services.valid = 1000;  // Revoked.
  CHECK(services.Get(*client)->body == "Bearer t2");
  CHECK(services.asked == 3);
  services.on_token = [](const Request&) { return Json(200, R"({"access_token":"never good"})"); };
  services.valid = 1000;
  CHECK(services.Get(*client)->status == 401);
  CHECK(services.asked == 5);
}

TEST_CASE("many requests share one fetch of a token") {
  Services services;
  const auto client = services.Client(services.Options());
  std::vector<std::future<storage::Result<HttpResponse>>> answers;
  for (int i = 0; i < 50; ++i) {
    HttpRequest request;
    request.url = services.Url("/metrics");
    answers.push_back(
        boost::asio::co_spawn(services.io.executor(), client->Do(std::move(request)), boost::asio::use_future));
  }
  for (auto& answer : answers) {
    const auto response = answer.get();
    INFO((response.has_value() ? "" : response.error().what));
    REQUIRE(response.has_value());
    CHECK(response->status == 200);
  }
  CHECK(services.issued == 1);
}

TEST_CASE("who gives up does not end the fetch of others") {
  Services services;
  std::promise<void> go;
  auto gate = go.get_future().share();
  services.on_token = [&](const Request& r) {
    while (gate.wait_for(std::chrono::milliseconds(1)) != std::future_status::ready) {
      if (r.gone.stop_requested()) return Json(500, "");
    }
    services.valid = 9;
    return Json(200, R"({"access_token":"t9"})");
  };
  const auto client = services.Client(services.Options());
  std::stop_source stop;
  const auto start = [&](std::stop_token token) {
    HttpRequest request;
    request.url = services.Url("/metrics");
    request.stop = std::move(token);
    return boost::asio::co_spawn(services.io.executor(), client->Do(std::move(request)), boost::asio::use_future);
  };
  auto first = start(stop.get_token());
  auto second = start({});
  std::this_thread::sleep_for(std::chrono::milliseconds(5));
  stop.request_stop();
  CHECK(first.get().error().code == Errc::kCancelled);
  go.set_value();
  CHECK(second.get()->body == "Bearer t9");
}

TEST_CASE("credentials move into the form where the header is not taken") {
  Services services;
  services.on_token = [&](const Request& r) {
    if (!r.params.Has("client_secret")) return Json(401, R"({"error":"invalid_client"})");
    services.valid = 7;
    return Json(200, R"({"access_token":"t7","expires_in":1})");
  };
  const auto client = services.Client(services.Options());
  CHECK(services.Get(*client)->status == 200);
  CHECK(services.issued == 2);
  CHECK(services.form["client_id"] == "me & you");
  CHECK(services.form["client_secret"] == "s:e+cret");
  CHECK(services.authorization.empty());
  CHECK(services.Get(*client)->status == 200);
  CHECK(services.issued == 3);  // The way that worked is remembered.
}

TEST_CASE("a changed secret asks for another token") {
  Services services;
  const tests::TempFolder folder;
  const std::string path = folder.Below("secret");
  std::ofstream(path) << "one\n";
  OAuth2Options options = services.Options();
  options.secret_file = path;
  const auto client = services.Client(options);
  CHECK(services.Get(*client)->body == "Bearer t1");
  CHECK(services.Get(*client)->body == "Bearer t1");
  std::ofstream(path) << "two\n";
  CHECK(services.Get(*client)->body == "Bearer t2");
  std::remove(path.c_str());
  CHECK(services.Get(*client).error().what ==
        "Get \"" + services.Url("/metrics") + "\": unable to read oauth2 client secret: unable to read file " + path);
}

TEST_CASE("what goes wrong with a token is told, but no secret") {
  Services services;
  std::string body;
  int status = 200;
  services.on_token = [&](const Request&) { return Json(status, body); };
  const auto error = [&] {
    const auto client = services.Client(services.Options());
    const std::string what = services.Get(*client).error().what;
    CHECK(what.find("s:e+cret") == std::string::npos);
    const std::string context = "Get \"" + services.Url("/metrics") + "\": ";
    REQUIRE(what.starts_with(context));
    return what.substr(context.size());
  };
  body = "{}";
  CHECK(error() == "oauth2: server response missing access_token");
  body = "nonsense";
  CHECK(error() == "oauth2: cannot parse the server's answer");
  status = 400;
  CHECK(error() == "oauth2: cannot fetch token: 400 Bad Request, response: nonsense");
  body = R"({"error":"invalid_scope","error_description":"no such scope"})";
  CHECK(error() == R"(oauth2: "invalid_scope" "no such scope")");
  status = 200;  // Some say it so.
  CHECK(error() == R"(oauth2: "invalid_scope" "no such scope")");

  OAuth2Options options = services.Options();
  options.endpoint_params = {{"scope", "x"}};
  options.scopes = {"a"};
  const auto client = services.Client(options);
  CHECK(services.Get(*client).error().what.find(R"(oauth2: cannot overwrite parameter "scope")") != std::string::npos);
  options.endpoint_params.clear();
  options.token_url = "http://127.0.0.1:1/token";
  const auto lost = services.Client(options);
  CHECK(services.Get(*lost).error().what.find(
            "Post \"http://127.0.0.1:1/token\": dial tcp 127.0.0.1:1: connect: connection refused") !=
        std::string::npos);
}

TEST_CASE("answers may be forms") {
  Services services;
  services.on_token = [&](const Request&) {
    services.valid = 5;
    Response response;
    response.content_type = "application/x-www-form-urlencoded";
    response.body = "access_token=t5&token_type=Bearer&expires_in=100";
    return response;
  };
  const auto client = services.Client(services.Options());
  CHECK(services.Get(*client)->status == 200);
}

TEST_CASE("the token request has its own TLS and proxy") {
  const TestIdentity identity = MakeIdentity("DNS:idp.invalid");
  Services idp(identity);
  Services target;
  target.valid = 1;
  TestProxy proxy;
  OAuth2Options options = target.Options();
  options.token_url = "https://idp.invalid:" + std::to_string(idp.server->port()) + "/token";
  options.client.tls.ca_pem = identity.cert_pem;
  options.client.proxy_url = proxy.Url();
  const auto client = target.Client(options);
  CHECK(target.Get(*client)->body == "Bearer t1");
  CHECK(proxy.heads().size() == 1);
}

TEST_CASE("tokens do not go to other hosts") {
  Services services;
  const auto client = services.Client(services.Options());
  const std::string port = std::to_string(services.server->port());
  const auto there = services.Get(*client, "/moved?url=http://127.0.0.1:" + port + "/metrics");
  CHECK(there->body == "Bearer t1");
  const auto elsewhere = services.Get(*client, "/moved?url=http://localhost:" + port + "/metrics");
  REQUIRE(elsewhere.has_value());
  CHECK(elsewhere->status == 401);
  CHECK(elsewhere->body.empty());
  CHECK(services.issued == 1);
}

std::string NewRsaKey(std::string& public_pem) {
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(EVP_RSA_gen(2048), &EVP_PKEY_free);
  BIO* const pub = BIO_new(BIO_s_mem());
  PEM_write_bio_PUBKEY(pub, key.get());
  public_pem = TakeText(pub);
  BIO* const bio = BIO_new(BIO_s_mem());
  PEM_write_bio_PrivateKey(bio, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
  return TakeText(bio);
}

std::string FromBase64Url(std::string text) {
  std::replace(text.begin(), text.end(), '-', '+');
  std::replace(text.begin(), text.end(), '_', '/');
  const std::size_t padding = (4 - text.size() % 4) % 4;
  text.append(padding, '=');
  std::string out(text.size(), '\0');
  const int size = EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                                   reinterpret_cast<const unsigned char*>(text.data()), static_cast<int>(text.size()));
  out.resize(static_cast<std::size_t>(size) - padding);
  return out;
}

bool Verifies(const std::string& public_pem, const EVP_MD* digest, const std::string& text, const std::string& sign) {
  const std::unique_ptr<BIO, int (*)(BIO*)> bio(BIO_new_mem_buf(public_pem.data(), static_cast<int>(public_pem.size())),
                                                &BIO_free);
  const std::unique_ptr<EVP_PKEY, void (*)(EVP_PKEY*)> key(PEM_read_bio_PUBKEY(bio.get(), nullptr, nullptr, nullptr),
                                                           &EVP_PKEY_free);
  const std::unique_ptr<EVP_MD_CTX, void (*)(EVP_MD_CTX*)> context(EVP_MD_CTX_new(), &EVP_MD_CTX_free);
  EVP_DigestVerifyInit(context.get(), nullptr, digest, nullptr, key.get());
  return EVP_DigestVerify(context.get(), reinterpret_cast<const unsigned char*>(sign.data()), sign.size(),
                          reinterpret_cast<const unsigned char*>(text.data()), text.size()) == 1;
}

// RFC 7523, 2.1 and 3.
TEST_CASE("a signed assertion takes the place of a secret") {
  Services services;
  std::string public_pem;
  OAuth2Options options = services.Options();
  options.grant = OAuth2Grant::kJwtBearer;
  options.secret = NewRsaKey(public_pem);
  options.scopes = {"a", "b"};
  options.clock = [] { return std::int64_t{1'700'000'000'999}; };
  const EVP_MD* digest = EVP_sha256();
  std::string issuer = "me & you";
  std::string audience = options.token_url;
  std::string name = "RS256";
  SECTION("plain") {}
  SECTION("with all that can be said") {
    options.assertion = {SignatureAlgorithm::kRs512, "key 1", "i", "aud", {{"x", "y"}, {"sub", "other"}}};
    digest = EVP_sha512();
    issuer = "i";
    audience = "aud";
    name = "RS512";
  }
  const auto client = services.Client(options);
  REQUIRE(services.Get(*client)->status == 200);
  CHECK(services.form["grant_type"] == "urn:ietf:params:oauth:grant-type:jwt-bearer");
  CHECK(services.authorization.empty());
  const std::string assertion = services.form["assertion"];
  const std::size_t first = assertion.find('.');
  const std::size_t second = assertion.find('.', first + 1);
  const auto header = nlohmann::json::parse(FromBase64Url(assertion.substr(0, first)));
  const auto claims = nlohmann::json::parse(FromBase64Url(assertion.substr(first + 1, second - first - 1)));
  CHECK(header["alg"] == name);
  CHECK(header["typ"] == "JWT");
  CHECK(claims["iss"] == issuer);
  CHECK(claims["aud"] == audience);
  CHECK(claims["iat"] == 1'700'000'000);
  CHECK(claims["exp"] == 1'700'000'600);
  CHECK(claims["scope"] == "a b");
  CHECK(claims["jti"].get<std::string>().size() == 36);
  CHECK(claims["sub"] == (name == "RS512" ? "other" : "me & you"));
  CHECK(header.value("kid", "") == (name == "RS512" ? "key 1" : ""));
  CHECK(claims.value("x", "") == (name == "RS512" ? "y" : ""));
  CHECK(Verifies(public_pem, digest, assertion.substr(0, second), FromBase64Url(assertion.substr(second + 1))));
}

TEST_CASE("an assertion needs an RSA key") {
  Services services;
  OAuth2Options options = services.Options();
  options.grant = OAuth2Grant::kJwtBearer;
  for (const std::string& key : {std::string("no key"), MakeIdentity("DNS:a").key_pem}) {
    options.secret = key;
    const auto client = services.Client(options);
    CHECK(services.Get(*client).error().what.find("holds no RSA private key") != std::string::npos);
  }
}

}  // namespace
}  // namespace vigia::server
