#include "server/discovery/client_config.h"

#include "tests/support/catch.h"

using namespace vigia::server;
using vigia::config::HttpClientConfig;
using vigia::config::Secret;

TEST_CASE("the client block is translated field by field") {
  HttpClientConfig config;
  config.basic_auth = vigia::config::BasicAuth{"u", "", Secret("p"), "pf"};
  config.tls_config.ca_file = "ca";
  config.tls_config.key = Secret("k");
  config.tls_config.insecure_skip_verify = true;
  config.tls_config.max_version = vigia::config::TlsVersion::kTls12;
  config.follow_redirects = false;
  config.proxy.proxy_url = "http://proxy:1";
  config.proxy.no_proxy = "a,b";
  config.http_headers = {{"X-A", {"1"}, {Secret("2")}, {}}};
  const ClientOptions options = ToClientOptions(config, "agent").value();
  CHECK(options.user_agent == "agent");
  CHECK(options.basic_auth->username == "u");
  CHECK(options.basic_auth->password == "p");
  CHECK(options.basic_auth->password_file == "pf");
  CHECK(options.tls.ca_file == "ca");
  CHECK(options.tls.key_pem == "k");
  CHECK(options.tls.insecure_skip_verify);
  CHECK(options.tls.min_version == TlsVersion::kTls12);
  CHECK(options.tls.max_version == TlsVersion::kTls12);
  CHECK_FALSE(options.follow_redirects);
  CHECK(options.proxy_url == "http://proxy:1");
  CHECK(options.no_proxy == "a,b");
  CHECK(options.headers == std::vector<std::pair<std::string, std::string>>{{"X-A", "1"}, {"X-A", "2"}});
}

TEST_CASE("what cannot work is an error") {
  HttpClientConfig config;
  config.http_headers = {{"X-A", {}, {}, {"/nowhere/at/all"}}};
  CHECK(ToClientOptions(config, "").error().what == "http header X-A: unable to read file /nowhere/at/all");
}

TEST_CASE("oauth2 becomes what authorizes each request") {
  HttpClientConfig config;
  CHECK(ToClientOptions(config, "")->auth == nullptr);
  config.oauth2.emplace();
  config.oauth2->client_id = "id";
  config.oauth2->token_url = "http://127.0.0.1:1/";
  CHECK(ToClientOptions(config, "")->auth != nullptr);
}

TEST_CASE("the proxy may come from the environment") {
  HttpClientConfig config;
  config.proxy.proxy_from_environment = true;
  setenv("HTTP_PROXY", "http://upper:1", 1);
  setenv("http_proxy", "http://lower:1", 1);
  setenv("HTTPS_PROXY", "", 1);
  setenv("https_proxy", "http://secure:1", 1);
  setenv("NO_PROXY", "a,b", 1);
  const ClientOptions options = ToClientOptions(config, "").value();
  for (const char* name : {"HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "https_proxy", "NO_PROXY"}) unsetenv(name);
  CHECK(options.proxy_url == "http://upper:1");
  CHECK(options.https_proxy_url == "http://secure:1");
  CHECK(options.no_proxy == "a,b");
  CHECK(options.proxy_skips_local);
}
