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
  CHECK(ResolveWebAddress("mon.example", "a/b/", "box", ":9090").value().route_prefix == "/a/b");
  CHECK(ResolveWebAddress("mon.example", "a/b/", "box", ":9090").value().external_url == "http://mon.example");
}

TEST_CASE("what is no http URL is refused") {
  for (const char* bad : {"ftp://x/", "http:///path", "http://a b", "http://"}) {
    INFO(bad);
    CHECK(ResolveWebAddress(bad, "", "box", ":9090").has_error());
  }
}
