#include "server/http/basic_auth.h"

#include "server/http/client_head.h"
#include "tests/support/catch.h"

namespace vigia::server {
namespace {

TEST_CASE("basic authorization is read and written") {
  // RFC 7617, section 2.
  CHECK(FormatBasicAuth("Aladdin", "open sesame") == "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  const auto credentials = ParseBasicAuth("basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==");
  REQUIRE(credentials.has_value());
  CHECK(credentials->user == "Aladdin");
  CHECK(credentials->password == "open sesame");
  CHECK(ParseBasicAuth(FormatBasicAuth("a", "b:c")).value().password == "b:c");
  CHECK(ParseBasicAuth(FormatBasicAuth("", "")).value().user.empty());
  for (const char* bad : {"", "Basic", "Basic ", "Bearer abc=", "Basic QQ", "Basic !!!!", "Basic QUJD"}) {
    INFO(bad);
    CHECK_FALSE(ParseBasicAuth(bad).has_value());
  }
}

TEST_CASE("passwords are checked against bcrypt hashes") {
  // A published test vector of bcrypt: the password "U*U*U" (in the package of Solar Designer's crypt_blowfish).
  const std::map<std::string, std::string> users = {
      {"u", "$2a$05$XXXXXXXXXXXXXXXXXXXXXOAcXxm9kjPGEMsLznoKqmqw7tc8WCx4a"}};
  PasswordChecker checker;
  for (int round = 0; round < 2; ++round) {  // The second answer comes from memory.
    CHECK(checker.Check(users, {"u", "U*U*U"}));
    CHECK_FALSE(checker.Check(users, {"u", "U*U*"}));
    CHECK_FALSE(checker.Check(users, {"nobody", "U*U*U"}));
  }
  CHECK_FALSE(checker.Check({{"u", "not a hash"}}, {"u", "not a hash"}));
}

TEST_CASE("request heads carry what options and request say") {
  HttpRequest request;
  request.headers.Add("Accept", "text/plain");
  request.headers.Add("Host", "ignored");
  ClientOptions options;
  options.user_agent = "Prometheus/3";
  options.basic_auth = BasicAuthOptions{.username = "a", .username_file = "", .password = "b", .password_file = ""};
  options.headers = {{"X-Org", "1"}};
  const Url url = ParseUrl("http://h:81/m?x=1").value();
  CHECK(FormatRequestHead(request, url, options, Trust::kSameHost, TargetForm::kOrigin).value() ==
        "GET /m?x=1 HTTP/1.1\r\nHost: h:81\r\nUser-Agent: Prometheus/3\r\nAccept: text/plain\r\nX-Org: 1\r\n"
        "Authorization: Basic YTpi\r\nAccept-Encoding: gzip\r\n\r\n");
  CHECK(FormatRequestHead(request, url, options, Trust::kOtherHost, TargetForm::kAbsolute).value() ==
        "GET http://h:81/m?x=1 HTTP/1.1\r\nHost: h:81\r\nUser-Agent: Prometheus/3\r\nAccept: text/plain\r\n"
        "Accept-Encoding: gzip\r\n\r\n");
  request.headers.Add("X-Bad", "a\r\nInjected: 1");
  CHECK(FormatRequestHead(request, url, options, Trust::kSameHost, TargetForm::kOrigin).error().code ==
        storage::Errc::kInvalid);
}

}  // namespace
}  // namespace vigia::server
