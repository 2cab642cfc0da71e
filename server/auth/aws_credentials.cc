#include "server/auth/aws_credentials.h"

#include <fstream>
#include <map>

#include <fmt/format.h>

#include "server/auth/add_signature.h"
#include "server/auth/secret_file.h"
#include "server/http/text.h"
#include "storage/model/labels.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using storage::Errc;
using storage::Error;
using storage::Result;

using Section = std::map<std::string, std::string>;

constexpr std::uint64_t kMaxAnswerBytes = 1 << 20;
constexpr const char* kLeaseSeconds = "900";  // As short as the service allows, as the AWS SDK asks for.

// One section of an INI file as AWS' tools write them; empty when file or section is missing.
Section ReadSection(const std::string& path, const std::string& name) {
  Section out;
  std::ifstream in(path);
  bool inside = false;
  for (std::string line; std::getline(in, line);) {
    const std::string_view text = TrimBlanks(line);
    if (text.empty() || text.front() == '#' || text.front() == ';') continue;
    if (text.front() == '[') {
      inside = TrimBlanks(text.substr(1, text.find(']') - 1)) == name;
      continue;
    }
    std::string_view value = text;
    const std::string_view key = TrimBlanks(CutUntil(value, '='));
    if (inside) out[std::string(key)] = TrimBlanks(value);
  }
  return out;
}

// The text of the first element of that name; AWS' answers are flat enough.
std::string Element(std::string_view xml, const std::string& name) {
  const std::size_t begin = xml.find("<" + name + ">");
  if (begin == std::string_view::npos) return {};
  const std::string_view rest = xml.substr(begin + name.size() + 2);
  const std::size_t end = rest.find("</" + name + ">");
  return end == std::string_view::npos ? std::string() : std::string(TrimBlanks(rest.substr(0, end)));
}

Result<LeasedKeys> ReadLease(const HttpResponse& response) {
  if (response.status != 200) {
    const std::string code = Element(response.body, "Code");
    return Error{Errc::kIo, fmt::format("error retrieving credentials: STS answered {} {} {}", response.status, code,
                                        Element(response.body, "Message"))};
  }
  LeasedKeys leased;
  leased.keys = {Element(response.body, "AccessKeyId"), Element(response.body, "SecretAccessKey"),
                 Element(response.body, "SessionToken")};
  leased.renew_ms = RenewalOf(Element(response.body, "Expiration"));
  if (leased.keys.access_key.empty() || leased.keys.secret_key.empty() || leased.renew_ms == 0) {
    return Error{Errc::kIo, "error retrieving credentials: STS answered without keys"};
  }
  return leased;
}

HttpRequest StsRequest(const std::string& url, const Params& form) {
  HttpRequest request;
  request.method = "POST";
  request.url = url;
  request.headers.Add("Content-Type", "application/x-www-form-urlencoded; charset=utf-8");
  request.body = EncodeQuery(form);
  request.max_body_bytes = kMaxAnswerBytes;
  return request;
}

}  // namespace

AwsCredentials::AwsCredentials(SigV4Options options) : options_(std::move(options)) {}

std::string AwsCredentials::ProfileName() const {
  if (!options_.profile.empty()) return options_.profile;
  const std::string named = options_.environment("AWS_PROFILE");
  return named.empty() ? "default" : named;
}

std::string AwsCredentials::Region() const {
  if (!options_.region.empty()) return options_.region;
  for (const char* name : {"AWS_REGION", "AWS_DEFAULT_REGION"}) {
    if (std::string region = options_.environment(name); !region.empty()) return region;
  }
  std::string path = options_.environment("AWS_CONFIG_FILE");
  if (path.empty()) path = options_.environment("HOME") + "/.aws/config";
  const std::string name = ProfileName();
  Section section = ReadSection(path, name == "default" ? name : "profile " + name);
  return section["region"];
}

Result<AwsKeys> AwsCredentials::OwnKeys() const {
  if (!options_.access_key.empty()) return AwsKeys{options_.access_key, options_.secret_key, ""};
  const auto& environment = options_.environment;
  if (options_.profile.empty() && !environment("AWS_ACCESS_KEY_ID").empty()) {
    return AwsKeys{environment("AWS_ACCESS_KEY_ID"), environment("AWS_SECRET_ACCESS_KEY"),
                   environment("AWS_SESSION_TOKEN")};
  }
  const std::string home = environment("HOME") + "/.aws/";
  const std::string name = ProfileName();
  const auto file = [&](const char* variable, const char* otherwise) {
    const std::string path = environment(variable);
    return path.empty() ? home + otherwise : path;
  };
  for (Section section :
       {ReadSection(file("AWS_SHARED_CREDENTIALS_FILE", "credentials"), name),
        ReadSection(file("AWS_CONFIG_FILE", "config"), name == "default" ? name : "profile " + name)}) {
    if (section["aws_access_key_id"].empty()) continue;
    return AwsKeys{section["aws_access_key_id"], section["aws_secret_access_key"], section["aws_session_token"]};
  }
  return Error{Errc::kInvalid,
               fmt::format("could not get SigV4 credentials: none in the configuration, the environment "
                           "and the AWS profile {}",
                           storage::Quoted(name))};
}

std::string AwsCredentials::StsUrl() const {
  for (const char* name : {"AWS_ENDPOINT_URL_STS", "AWS_ENDPOINT_URL"}) {
    if (std::string url = options_.environment(name); !url.empty()) return url;
  }
  const std::string region = Region();
  const char* domain = region.starts_with("cn-") ? "amazonaws.com.cn" : "amazonaws.com";
  return fmt::format("https://sts{}.{}.{}/", options_.use_fips_sts_endpoint ? "-fips" : "", region, domain);
}

HttpRequest AwsCredentials::RoleRequest(const AwsKeys& own) const {
  Params form;
  form.Add("Action", "AssumeRole");
  form.Add("DurationSeconds", kLeaseSeconds);
  if (!options_.external_id.empty()) form.Add("ExternalId", options_.external_id);
  form.Add("RoleArn", options_.role_arn);
  form.Add("RoleSessionName", fmt::format("vigia-{}", options_.clock()));
  form.Add("Version", "2011-06-15");
  HttpRequest request = StsRequest(StsUrl(), form);
  const auto url = ParseUrl(request.url);
  if (url.has_value()) AddSignature(*url, {Region(), "sts", options_.clock()}, own, request);
  return request;
}

Result<HttpRequest> AwsCredentials::WebIdentityRequest() const {
  const auto token = ReadSecretFile(options_.environment("AWS_WEB_IDENTITY_TOKEN_FILE"), "");
  if (token.has_error()) return Prefixed(token.error(), "could not get SigV4 credentials");
  const std::string session = options_.environment("AWS_ROLE_SESSION_NAME");
  Params form;
  form.Add("Action", "AssumeRoleWithWebIdentity");
  form.Add("RoleArn", options_.environment("AWS_ROLE_ARN"));
  form.Add("RoleSessionName", session.empty() ? fmt::format("vigia-{}", options_.clock()) : session);
  form.Add("Version", "2011-06-15");
  form.Add("WebIdentityToken", *token);
  return StsRequest(StsUrl(), form);
}

bool AwsCredentials::UsesWebIdentity() const {
  return options_.access_key.empty() && options_.profile.empty() && options_.environment("AWS_ACCESS_KEY_ID").empty() &&
         !options_.environment("AWS_WEB_IDENTITY_TOKEN_FILE").empty();
}

std::optional<AwsKeys> AwsCredentials::Fresh(const std::optional<LeasedKeys>& lease) {
  const std::scoped_lock lock(mu_);
  if (!lease || options_.clock() >= lease->renew_ms) return std::nullopt;
  return lease->keys;
}

asio::awaitable<Result<LeasedKeys>> AwsCredentials::AskSts(HttpRequest request,
                                                           std::chrono::steady_clock::time_point deadline,
                                                           std::stop_token stop) {
  const auto left = deadline - std::chrono::steady_clock::now();
  request.timeout_ms = std::chrono::duration_cast<std::chrono::milliseconds>(left).count();
  request.stop = std::move(stop);
  const auto response = co_await client_->Do(std::move(request));
  if (response.has_error()) co_return Prefixed(response.error(), "error retrieving credentials");
  co_return ReadLease(*response);
}

asio::awaitable<Result<AwsKeys>> AwsCredentials::BaseKeys(std::chrono::steady_clock::time_point deadline,
                                                          std::stop_token stop) {
  const bool web_identity = UsesWebIdentity();
  Result<AwsKeys> own = AwsKeys();
  if (!web_identity) {
    own = OwnKeys();
    if (own.has_value() || !options_.profile.empty()) co_return own;
  }
  if (auto keys = Fresh(base_)) co_return *std::move(keys);
  Result<LeasedKeys> lease = LeasedKeys();
  if (web_identity) {
    auto request = WebIdentityRequest();
    if (request.has_error()) co_return request.error();
    lease = co_await AskSts(*std::move(request), deadline, stop);
  } else {
    lease = co_await AskMetadata(*client_, options_.environment, stop);
    if (lease.has_error()) co_return Error{own.error().code, own.error().what + "; " + lease.error().what};
  }
  if (lease.has_error()) co_return lease.error();
  const std::scoped_lock lock(mu_);
  base_ = *lease;
  co_return lease->keys;
}

asio::awaitable<Result<AwsKeys>> AwsCredentials::Get(asio::any_io_executor executor,
                                                     std::chrono::steady_clock::time_point deadline,
                                                     std::stop_token stop) {
  {
    const std::scoped_lock lock(mu_);
    if (client_ == nullptr) client_ = std::make_unique<HttpClient>(executor, options_.client);
  }
  if (!options_.role_arn.empty()) {
    if (auto keys = Fresh(role_)) co_return *std::move(keys);
  }
  const Result<AwsKeys> base = co_await BaseKeys(deadline, stop);
  if (base.has_error() || options_.role_arn.empty()) co_return base;
  const auto lease = co_await AskSts(RoleRequest(*base), deadline, stop);
  if (lease.has_error()) co_return lease.error();
  const std::scoped_lock lock(mu_);
  role_ = *lease;
  co_return lease->keys;
}

}  // namespace vigia::server
