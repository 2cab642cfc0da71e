#include "server/app/web_address.h"

#include "tests/support/catch.h"

using vigia::server::ResolveWebAddress;

TEST_CASE("without flags the host name and the port make the URL") {
  const auto address = ResolveWebAddress("", "", "box", "0.0.0.0:9090").value();
  CHECK(address.external_url == "http://box:9090");
  CHECK(address.route_prefix.empty());
}

TEST_CASE("the prefix follows the URL's path unless it is given") {
  CHECK(ResolveWebAddress("https://mon.example/prom/", "", "box", ":9090").value().route_prefix == "/prom");
  CHECK(ResolveWebAddress("https://mon.example/prom/", "", "box", ":9090").value().external_url ==
        "https://mon.example/prom");
  CHECK(ResolveWebAddress("https://mon.example/prom/", "/", "box", ":9090").value().route_prefix.empty());
  CHECK(ResolveWebAddress("mon.example:80", "a/b/", "box", ":9090").value().route_prefix == "/a/b");
  CHECK(ResolveWebAddress("mon.example:80", "a/b/", "box", ":9090").value().external_url == "http://mon.example:80");
}

TEST_CASE("a text without a scheme is a path") {
  for (const char* path : {"/prometheus", "prometheus", "/prometheus/", "//prometheus//"}) {
    INFO(path);
    const auto address = ResolveWebAddress(path, "", "box", ":9090").value();
    CHECK(address.external_url == "/prometheus");
    CHECK(address.route_prefix == "/prometheus");
  }
  const auto other = ResolveWebAddress("/a/b", "/", "box", ":9090").value();
  CHECK(other.external_url == "/a/b");
  CHECK(other.route_prefix.empty());
  CHECK(ResolveWebAddress("/", "", "box", ":9090").value().external_url.empty());
}

TEST_CASE("what cannot be a URL is refused") {
  for (const char* bad :
       {"http:///path", "http://a b", "http://", "'http://a'", "\"", "://a", "http://a/?x=1", "/a#b"}) {
    INFO(bad);
    CHECK(ResolveWebAddress(bad, "", "box", ":9090").has_error());
  }
  CHECK(ResolveWebAddress("\"http://a\"", "", "box", ":9090").error().what ==
        "parse external URL \"\"http://a\"\": URL must not begin or end with quotes");
}
