#include "server/http/url.h"

#include "server/http/host_port.h"
#include "tests/support/catch.h"

namespace vigia::server {
namespace {

TEST_CASE("URLs are taken apart") {
  const Url url = ParseUrl("HTTPS://user:p%40ss@Example.COM:8443/a%2Fb/c?x=1&y=%20#frag").value();
  CHECK(url.scheme == "https");
  CHECK(url.user_info == "user:p%40ss");
  CHECK(url.host == "example.com");
  CHECK(url.port == 8443);
  CHECK(url.path == "/a%2Fb/c");
  CHECK(url.raw_query == "x=1&y=%20");
  CHECK(url.Target() == "/a%2Fb/c?x=1&y=%20");
  CHECK(url.ToString() == "https://user:xxxxx@example.com:8443/a%2Fb/c?x=1&y=%20");

  CHECK(ParseUrl("http://h").value().Target() == "/");
  CHECK(ParseUrl("http://h").value().port == 80);
  CHECK(ParseUrl("https://h?q").value().Target() == "/?q");
  CHECK(ParseUrl("https://h?q").value().port == 443);
  CHECK(ParseUrl("http://[::1]:9090/x").value().host == "::1");
  CHECK(ParseUrl("http://[::1]:9090/x").value().Authority() == "[::1]:9090");
  CHECK(ParseUrl("http://[fe80::1]/").value().Authority() == "[fe80::1]");
}

TEST_CASE("texts that are no usable URL are refused") {
  for (const char* bad : {"", "host:9090", "/path", "ftp://h/", "http://", "http:///x", "http://h:99999/",
                          "http://h:x/", "http://[::1/", "http://h/a b", "http://h/\r\nX: y", "http://a@b@/", "://h"}) {
    INFO(bad);
    CHECK(ParseUrl(bad).has_error());
  }
}

TEST_CASE("redirect locations resolve against their base") {
  const Url base = ParseUrl("http://a:81/b/c/d?q").value();  // As in RFC 3986, 5.4.
  const auto resolved = [&](std::string_view location) { return ResolveUrl(base, location).value().ToString(); };
  CHECK(resolved("g") == "http://a:81/b/c/g");
  CHECK(resolved("./g") == "http://a:81/b/c/g");
  CHECK(resolved("g/") == "http://a:81/b/c/g/");
  CHECK(resolved("/g") == "http://a:81/g");
  CHECK(resolved("//g") == "http://g/");
  CHECK(resolved("?y") == "http://a:81/b/c/d?y");
  CHECK(resolved("g?y") == "http://a:81/b/c/g?y");
  CHECK(resolved("..") == "http://a:81/b/");
  CHECK(resolved("../..") == "http://a:81/");
  CHECK(resolved("../../../g") == "http://a:81/g");
  CHECK(resolved("https://x/y") == "https://x/y");
  CHECK(resolved("/r?to=http://x/") == "http://a:81/r?to=http://x/");
}

TEST_CASE("percent-encoding goes both ways") {
  CHECK(PercentDecode("a%2Fb%20c+d") == "a/b c+d");
  CHECK(PercentDecode("a+b%2B", PlusSign::kSpace) == "a b+");
  CHECK_FALSE(PercentDecode("%").has_value());
  CHECK_FALSE(PercentDecode("%2").has_value());
  CHECK_FALSE(PercentDecode("%2g").has_value());
  CHECK(PercentDecode("%00") == std::string(1, '\0'));
  CHECK(PercentEncode("a/b c~é") == "a%2Fb%20c~%C3%A9");
  CHECK(PercentEncode("a b&", PlusSign::kSpace) == "a+b%26");
}

TEST_CASE("queries become parameters") {
  Params params;
  CHECK(ParseQuery("query=rate(x%5B1m0s%5D)&match[]=up&match%5B%5D=down&empty=&flag&&a=b=c+d", params).has_value());
  CHECK(params.Get("query") == "rate(x[1m0s])");
  CHECK(params.GetAll("match[]") == std::vector<std::string>{"up", "down"});
  CHECK(params.Has("empty"));
  CHECK(params.Has("flag"));
  CHECK_FALSE(params.Has("none"));
  CHECK(params.Get("a") == "b=c d");

  Params lenient;
  CHECK(ParseQuery("bad=%zz&good=1&semi;colon=2", lenient).has_error());
  CHECK(lenient.Get("good") == "1");
  CHECK_FALSE(lenient.Has("bad"));
  CHECK(EncodeQuery(params).substr(0, 48) == "query=rate%28x%5B1m0s%5D%29&match%5B%5D=up&match");
}

TEST_CASE("addresses have a host and a port") {
  CHECK(ParseHostPort("localhost:9090").value().host == "localhost");
  CHECK(ParseHostPort(":9090").value().port == 9090);
  CHECK(ParseHostPort("[::1]:0").value().host == "::1");
  CHECK(JoinHostPort("::1", 80) == "[::1]:80");
  CHECK(JoinHostPort("a", 80) == "a:80");
  for (const char* bad : {"", "9090", "a:", "a:b", "a:65536", "::1:80", "[::1:80", "a:-1", "a b:1", "[]x:1"}) {
    INFO(bad);
    CHECK(ParseHostPort(bad).has_error());
  }
}

}  // namespace
}  // namespace vigia::server
