#include "server/auth/aws_metadata.h"

#include <ctime>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include "server/auth/secret_file.h"
#include "server/http/text.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using storage::Errc;
using storage::Error;
using storage::Result;

constexpr storage::DurationMs kRenewBeforeMs = 30'000;
constexpr std::int64_t kTimeoutMs = 1'000;
constexpr std::uint64_t kMaxAnswerBytes = 1 << 20;

HttpRequest MetadataRequest(std::string method, std::string url, std::stop_token stop) {
  HttpRequest request;
  request.method = std::move(method);
  request.url = std::move(url);
  request.timeout_ms = kTimeoutMs;
  request.max_body_bytes = kMaxAnswerBytes;
  request.stop = std::move(stop);
  return request;
}

Result<std::string> BodyOf(const Result<HttpResponse>& response) {
  if (response.has_error()) return Prefixed(response.error(), "error retrieving credentials");
  if (response->status != 200) {
    return Error{Errc::kIo,
                 fmt::format("error retrieving credentials: the metadata service answered {}", response->status)};
  }
  return response->body;
}

Result<LeasedKeys> ReadKeys(const Result<std::string>& body) {
  if (body.has_error()) return body.error();
  const auto json = nlohmann::json::parse(*body, nullptr, false);
  const auto text = [&](const char* name) {
    const bool there = json.is_object() && json.contains(name) && json[name].is_string();
    return there ? json[name].get<std::string>() : std::string();
  };
  LeasedKeys out{{text("AccessKeyId"), text("SecretAccessKey"), text("Token")}, RenewalOf(text("Expiration"))};
  if (out.keys.access_key.empty() || out.keys.secret_key.empty() || out.renew_ms == 0) {
    return Error{Errc::kIo, "error retrieving credentials: the metadata service gave no keys"};
  }
  return out;
}

asio::awaitable<Result<LeasedKeys>> AskContainer(HttpClient& client, std::string url, std::string token,
                                                 std::stop_token stop) {
  HttpRequest request = MetadataRequest("GET", std::move(url), std::move(stop));
  if (!token.empty()) request.headers.Add("Authorization", std::move(token));
  co_return ReadKeys(BodyOf(co_await client.Do(std::move(request))));
}

asio::awaitable<Result<LeasedKeys>> AskInstance(HttpClient& client, std::string base, std::stop_token stop) {
  HttpRequest first = MetadataRequest("PUT", base + "/latest/api/token", stop);
  first.headers.Add("X-aws-ec2-metadata-token-ttl-seconds", "300");
  const auto token = BodyOf(co_await client.Do(std::move(first)));
  if (token.has_error()) co_return token.error();
  const std::string path = base + "/latest/meta-data/iam/security-credentials/";
  HttpRequest second = MetadataRequest("GET", path, stop);
  second.headers.Add("X-aws-ec2-metadata-token", *token);
  const auto roles = BodyOf(co_await client.Do(std::move(second)));
  if (roles.has_error()) co_return roles.error();
  HttpRequest third = MetadataRequest("GET", path + std::string(TrimBlanks(roles->substr(0, roles->find('\n')))), stop);
  third.headers.Add("X-aws-ec2-metadata-token", *token);
  co_return ReadKeys(BodyOf(co_await client.Do(std::move(third))));
}

}  // namespace

storage::TimestampMs RenewalOf(const std::string& expiration) {
  std::tm utc{};
  if (strptime(expiration.c_str(), "%Y-%m-%dT%H:%M:%S", &utc) == nullptr) return 0;
  return static_cast<storage::TimestampMs>(timegm(&utc)) * 1000 - kRenewBeforeMs;
}

asio::awaitable<Result<LeasedKeys>> AskMetadata(HttpClient& client, std::function<std::string(const char*)> environment,
                                                std::stop_token stop) {
  std::string url = environment("AWS_CONTAINER_CREDENTIALS_FULL_URI");
  const std::string relative = environment("AWS_CONTAINER_CREDENTIALS_RELATIVE_URI");
  if (url.empty() && !relative.empty()) url = "http://169.254.170.2" + relative;
  if (!url.empty()) {
    const auto token = ReadSecretFile(environment("AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE"),
                                      environment("AWS_CONTAINER_AUTHORIZATION_TOKEN"));
    if (token.has_error()) co_return Prefixed(token.error(), "error retrieving credentials");
    co_return co_await AskContainer(client, std::move(url), *token, std::move(stop));
  }
  if (environment("AWS_EC2_METADATA_DISABLED") == "true") {
    co_return Error{Errc::kIo, "error retrieving credentials: the metadata service is disabled"};
  }
  std::string base = environment("AWS_EC2_METADATA_SERVICE_ENDPOINT");
  if (base.empty()) base = "http://169.254.169.254";
  while (base.ends_with('/')) base.pop_back();
  co_return co_await AskInstance(client, std::move(base), std::move(stop));
}

}  // namespace vigia::server
