#include "server/auth/sigv4.h"

#include <cstdio>
#include <fstream>
#include <map>
#include <mutex>

#include "server/auth/sigv4_signature.h"
#include "server/http/io_threads.h"
#include "server/http/server.h"
#include "tests/support/catch.h"
#include "tests/support/temp_folder.h"

namespace vigia::server {
namespace {

const AwsKeys kSuiteKeys{"AKIDEXAMPLE", "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", ""};
constexpr storage::TimestampMs kSuiteTime = 1'440'938'160'000;  // 2015-08-30T12:36:00Z

using HeaderList = std::vector<std::pair<std::string, std::string>>;

std::string SuiteSignature(std::string_view method, std::string_view path, std::string_view query, HeaderList headers,
                           std::string_view body) {
  headers.emplace_back("X-Amz-Date", "20150830T123600Z");
  return SignV4({method, path, query, std::move(headers), body}, {"us-east-1", "service", kSuiteTime}, kSuiteKeys);
}

// The test suite that AWS publishes (aws-sig-v4-test-suite, now in awslabs/aws-c-auth).
TEST_CASE("signatures are those of AWS' test suite") {
  struct Case {
    const char* method;
    const char* path;
    const char* query;
    HeaderList headers;
    const char* body;
    const char* signature;
  };
  const HeaderList host = {{"Host", "example.amazonaws.com"}};
  const HeaderList form = {{"Content-Type", "application/x-www-form-urlencoded"}, {"Host", "example.amazonaws.com"}};
  const std::vector<Case> cases = {
      {"GET", "/", "", host, "", "5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31"},
      {"POST", "/", "", host, "", "5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b"},
      {"GET", "/", "Param2=value2&Param1=value1", host, "",
       "b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"},
      {"POST", "/", "Param1=value1", host, "", "28038455d6de14eafc1f9222cf5aa6f1a96197d7deb8263271d420d138af7f11"},
      {"GET", "/\xe1\x88\xb4", "", host, "", "8318018e0b0f223aa2bbf98705b62bb787dc9c0e678f255a891fd03141be5d85"},
      {"GET", "/example space/", "", host, "", "652487583200325589f1fba4c7e578f72c47cb61beeca81406b39ddec1366741"},
      {"POST", "/", "", form, "Param1=value1", "ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a"},
  };
  for (const Case& c : cases) {
    INFO(c.method << " " << c.path << "?" << c.query);
    const std::string authorization = SuiteSignature(c.method, c.path, c.query, c.headers, c.body);
    const std::string names = c.headers.size() == 1 ? "host;x-amz-date" : "content-type;host;x-amz-date";
    CHECK(authorization ==
          "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, SignedHeaders=" + names +
              ", Signature=" + c.signature);
  }
}

// The example of the documentation ("Create a signed AWS API request", IAM ListUsers).
TEST_CASE("the documentation's example is signed as there") {
  const std::string authorization = SignV4({"GET",
                                            "/",
                                            "Action=ListUsers&Version=2010-05-08",
                                            {{"Content-Type", "application/x-www-form-urlencoded; charset=utf-8"},
                                             {"Host", "iam.amazonaws.com"},
                                             {"X-Amz-Date", "20150830T123600Z"}},
                                            ""},
                                           {"us-east-1", "iam", kSuiteTime}, kSuiteKeys);
  CHECK(authorization.ends_with("Signature=5d672d79c15b13162d9279b0855cfba6789a8edb4c82c400e06b5924a6f2b5d7"));
}

// The status, or what went wrong.
std::string Outcome(const storage::Result<HttpResponse>& response) {
  return response ? std::to_string(response->status) : response.error().what;
}

// Takes only what is signed rightly with the keys that it knows, as AWS does: from what came, not from what was meant.
class Aws {
 public:
  Aws() : io(1) {
    const auto verify = [this](const Request& r) {
      ++requests;
      seen = r;
      Response response;
      response.status = Verified(r) ? 200 : 403;
      return response;
    };
    router.Add({"POST"}, "/workspaces/{id}/api/v1/remote_write", verify);
    router.Add({"POST"}, "/", [this](const Request& r) { return Sts(r); });
    router.Add({"GET"}, "/creds",
               [this](const Request& r) { return Keys(r.headers.Get("Authorization") == "ctoken"); });
    router.Add({"PUT"}, "/latest/api/token", [](const Request& r) {
      Response response;
      response.body = r.headers.Get("X-aws-ec2-metadata-token-ttl-seconds").empty() ? "" : "imds";
      return response;
    });
    router.Add({"GET"}, "/latest/meta-data/iam/security-credentials/{role...}", [this](const Request& r) {
      const bool good = r.headers.Get("X-aws-ec2-metadata-token") == "imds";
      if (r.path.ends_with("/the-role")) return Keys(good);
      Response response;
      response.body = "the-role\n";
      return response;
    });
    HttpServerOptions options;
    options.listen = {"127.0.0.1:0"};
    server = std::make_unique<HttpServer>(options, router, registry, Logger::Silent());
    REQUIRE(server->Start().has_value());
    keys["AK"] = {"AK", "SK", ""};
  }

  bool Verified(const Request& r) {
    const std::string authorization(r.headers.Get("Authorization"));
    const std::string intro = "AWS4-HMAC-SHA256 Credential=";
    if (!authorization.starts_with(intro)) return false;
    const std::string access = authorization.substr(intro.size(), authorization.find('/') - intro.size());
    if (keys.count(access) == 0 || r.headers.Get("X-Amz-Security-Token") != keys[access].session_token) return false;
    const std::size_t from = authorization.find("SignedHeaders=") + 14;
    std::string names = authorization.substr(from, authorization.find(',', from) - from);
    const std::string body = body_of(r);
    SignedRequest request{r.method, path, r.raw_query, {}, body};
    for (std::size_t at = 0; at != std::string::npos;) {
      const std::size_t end = names.find(';', at);
      const std::string name = names.substr(at, end == std::string::npos ? end : end - at);
      request.headers.emplace_back(name, std::string(r.headers.Get(name)));
      at = end == std::string::npos ? end : end + 1;
    }
    const std::string service = r.path == "/" ? "sts" : "aps";
    return authorization == SignV4(request, {"eu-west-1", service, kSuiteTime}, keys[access]);
  }

  // The form is taken apart by the server; it is put together again in the order in which it came.
  std::string body_of(const Request& r) { return r.path == "/" ? EncodeQuery(r.params) : r.body; }

  Response Sts(const Request& r) {
    ++sts_requests;
    for (const auto& [name, value] : r.params) form[name] = value;
    Response response;
    const std::string known = path;
    path = "/";
    const bool good = r.params.Get("Action") == "AssumeRoleWithWebIdentity"
                          ? r.params.Get("WebIdentityToken") == "web token"
                          : Verified(r);
    path = known;
    if (!good) {
      response.status = 403;
      response.body = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>no</Message></Error></ErrorResponse>";
      return response;
    }
    const std::string access = "ROLE" + std::to_string(sts_requests);
    keys[access] = {access, "rs/" + access, "token+" + access};
    response.body = "<AssumeRoleResponse><AssumeRoleResult><Credentials>\n<AccessKeyId>" + access +
                    "</AccessKeyId><SecretAccessKey>rs/" + access + "</SecretAccessKey><SessionToken>token+" + access +
                    "</SessionToken><Expiration>" + expiration + "</Expiration></Credentials>";
    return response;
  }

  // What the metadata services of containers and instances answer.
  Response Keys(bool good) {
    ++metadata_requests;
    Response response;
    response.status = good ? 200 : 403;
    keys["META"] = {"META", "ms", "mtoken"};
    response.body = R"({"Code":"Success","AccessKeyId":"META","SecretAccessKey":"ms","Token":"mtoken","Expiration":")" +
                    expiration + "\"}";
    return response;
  }

  std::string Url() const { return "http://127.0.0.1:" + std::to_string(server->port()); }

  SigV4Options Options(std::map<std::string, std::string> environment) const {
    SigV4Options options;
    options.region = "eu-west-1";
    options.clock = [] { return kSuiteTime; };
    environment.try_emplace("HOME", "/nowhere");
    environment["AWS_ENDPOINT_URL_STS"] = Url() + "/";
    options.environment = [environment](const char* name) {
      const auto at = environment.find(name);
      return at == environment.end() ? std::string() : at->second;
    };
    return options;
  }

  storage::Result<HttpResponse> Post(HttpClient& client, const std::string& where) const {
    HttpRequest request;
    request.method = "POST";
    request.url = Url() + where;
    request.headers.Add("Content-Encoding", "snappy");
    request.headers.Add("X-Prometheus-Remote-Write-Version", "0.1.0");
    request.body = std::string("bytes\0of a request", 18);
    return client.Fetch(std::move(request));
  }
  storage::Result<HttpResponse> Post(const SigV4Options& options) {
    ClientOptions client;
    client.user_agent = "Prometheus/3";
    client.auth = MakeSigV4(options).value();
    HttpClient http(io.executor(), client);
    return Post(http, "/workspaces/ws-1/api/v1/remote_write?a=b+c");
  }

  Router router;
  storage::Registry registry;
  std::unique_ptr<HttpServer> server;
  IoThreads io;
  // Of one request after the other.
  std::map<std::string, AwsKeys> keys;
  std::map<std::string, std::string> form;
  std::string path = "/workspaces/ws-1/api/v1/remote_write";
  std::string expiration = "2015-08-30T13:36:00Z";
  Request seen;
  int requests = 0;
  int sts_requests = 0;
  int metadata_requests = 0;
};

TEST_CASE("requests are signed with the keys of the configuration") {
  Aws aws;
  SigV4Options options = aws.Options({{"AWS_ACCESS_KEY_ID", "other"}});
  options.access_key = "AK";
  options.secret_key = "SK";
  const auto answer = aws.Post(options);
  CHECK(Outcome(answer) == "200");
  INFO(aws.seen.headers.Get("Authorization"));
  CHECK(aws.seen.headers.Get("X-Amz-Date") == "20150830T123600Z");
  CHECK(aws.seen.headers.Get("Authorization")
            .find("SignedHeaders=content-encoding;host;x-amz-date;"
                  "x-prometheus-remote-write-version,") != std::string::npos);
  options.secret_key = "wrong";
  CHECK(Outcome(aws.Post(options)) == "403");
  CHECK(aws.requests == 2);  // Nothing is tried again.
}

TEST_CASE("paths are brought into their shortest form") {
  Aws aws;
  SigV4Options options = aws.Options({});
  options.access_key = "AK";
  options.secret_key = "SK";
  ClientOptions client;
  client.auth = MakeSigV4(options).value();
  HttpClient http(aws.io.executor(), client);
  CHECK(Outcome(aws.Post(http, "//workspaces/./x/../ws-1/api/v1/remote_write/")) == "200");
}

TEST_CASE("keys come from the environment or a profile") {
  Aws aws;
  aws.keys["AK"].session_token = "session";
  CHECK(Outcome(aws.Post(aws.Options(
            {{"AWS_ACCESS_KEY_ID", "AK"}, {"AWS_SECRET_ACCESS_KEY", "SK"}, {"AWS_SESSION_TOKEN", "session"}}))) ==
        "200");
  const tests::TempFolder folder;
  const std::string path = folder.Below("keys");
  std::ofstream(path) << "# keys\n[default]\naws_access_key_id = no\naws_secret_access_key = no\n\n"
                         "[ team ]\naws_access_key_id=AK\naws_secret_access_key = SK\naws_session_token = session\n";
  const std::string config = folder.Below("config");
  std::ofstream(config) << "[profile team]\nregion = eu-west-1\n";
  SigV4Options options =
      aws.Options({{"AWS_SHARED_CREDENTIALS_FILE", path}, {"AWS_CONFIG_FILE", config}, {"AWS_ACCESS_KEY_ID", "other"}});
  options.profile = "team";
  options.region.clear();
  CHECK(Outcome(aws.Post(options)) == "200");
  options.profile = "nobody";
  CHECK(MakeSigV4(options).error().what == "region not configured in sigv4 or in default credentials chain");
  options.region = "eu-west-1";
  CHECK(aws.Post(options).error().what.find("could not get SigV4 credentials: none in the configuration, the "
                                            "environment and the AWS profile \"nobody\"") != std::string::npos);
  std::remove(path.c_str());
  std::remove(config.c_str());
}

TEST_CASE("a role's keys are asked for and kept until shortly before their end") {
  Aws aws;
  SigV4Options options = aws.Options({});
  options.access_key = "AK";
  options.secret_key = "SK";
  options.role_arn = "arn:aws:iam::1:role/r";
  options.external_id = "ext";
  ClientOptions client;
  client.auth = MakeSigV4(options).value();
  HttpClient http(aws.io.executor(), client);
  const std::string where = "/workspaces/ws-1/api/v1/remote_write";
  SECTION("kept") {
    for (int i = 0; i < 3; ++i) CHECK(Outcome(aws.Post(http, where)) == "200");
    CHECK(aws.sts_requests == 1);
    CHECK(aws.form["Action"] == "AssumeRole");
    CHECK(aws.form["RoleArn"] == "arn:aws:iam::1:role/r");
    CHECK(aws.form["ExternalId"] == "ext");
    CHECK(aws.seen.headers.Get("X-Amz-Security-Token") == "token+ROLE1");
  }
  SECTION("not within the last thirty seconds") {
    aws.expiration = "2015-08-30T12:36:30Z";
    for (int i = 0; i < 3; ++i) CHECK(Outcome(aws.Post(http, where)) == "200");
    CHECK(aws.sts_requests == 3);
  }
  SECTION("refused") {
    aws.keys.clear();
    CHECK(aws.Post(http, where).error().what.find("error retrieving credentials: STS answered 403 AccessDenied no") !=
          std::string::npos);
  }
}

TEST_CASE("a web identity token is changed for keys") {
  Aws aws;
  const tests::TempFolder folder;
  const std::string path = folder.Below("keys");
  std::ofstream(path) << "web token\n";
  const SigV4Options options = aws.Options(
      {{"AWS_WEB_IDENTITY_TOKEN_FILE", path}, {"AWS_ROLE_ARN", "arn:web"}, {"AWS_ROLE_SESSION_NAME", "me"}});
  CHECK(Outcome(aws.Post(options)) == "200");
  CHECK(aws.form["RoleArn"] == "arn:web");
  CHECK(aws.form["RoleSessionName"] == "me");
  std::remove(path.c_str());
  CHECK(aws.Post(options).error().what.find("unable to read file") != std::string::npos);
}

TEST_CASE("containers and instances are given keys") {
  Aws aws;
  std::map<std::string, std::string> environment;
  SECTION("a container") {
    environment = {{"AWS_CONTAINER_CREDENTIALS_FULL_URI", aws.Url() + "/creds"},
                   {"AWS_CONTAINER_AUTHORIZATION_TOKEN", "ctoken"}};
  }
  SECTION("an instance") { environment = {{"AWS_EC2_METADATA_SERVICE_ENDPOINT", aws.Url() + "/"}}; }
  SigV4Options options = aws.Options(environment);
  ClientOptions client;
  client.auth = MakeSigV4(options).value();
  HttpClient http(aws.io.executor(), client);
  for (int i = 0; i < 3; ++i) {
    CHECK(Outcome(aws.Post(http, "/workspaces/ws-1/api/v1/remote_write")) == "200");
  }
  CHECK(aws.metadata_requests == 1);
  CHECK(aws.seen.headers.Get("X-Amz-Security-Token") == "mtoken");
  // A role is taken on with them.
  options.role_arn = "arn:r";
  CHECK(Outcome(aws.Post(options)) == "200");
  CHECK(aws.seen.headers.Get("X-Amz-Security-Token") == "token+ROLE1");
}

TEST_CASE("keys that nobody has") {
  Aws aws;
  const std::string what = Outcome(aws.Post(aws.Options({{"AWS_EC2_METADATA_DISABLED", "true"}})));
  CHECK(what.find("could not get SigV4 credentials: none in the configuration, the environment and the AWS profile "
                  "\"default\"; error retrieving credentials: the metadata service is disabled") != std::string::npos);
}

}  // namespace
}  // namespace vigia::server
