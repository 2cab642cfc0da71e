#include "server/auth/sigv4.h"

#include <cstdlib>
#include <vector>

#include "server/auth/add_signature.h"
#include "server/auth/aws_credentials.h"
#include "server/http/text.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

// Without empty and "." segments, and with ".." applied; like Go's path.Clean.
std::string CleanPath(std::string_view path) {
  std::vector<std::string_view> kept;
  while (!path.empty()) {
    const std::string_view segment = CutUntil(path, '/');
    if (segment.empty() || segment == ".") continue;
    if (segment != "..") {
      kept.push_back(segment);
    } else if (!kept.empty()) {
      kept.pop_back();
    }
  }
  std::string out;
  for (const std::string_view segment : kept) out.append("/").append(segment);
  return out.empty() ? "/" : out;
}

class SigV4 final : public RequestAuth {
 public:
  SigV4(SigV4Options options, std::string region)
      : service_(options.service), clock_(options.clock), region_(std::move(region)), keys_(std::move(options)) {}

  asio::awaitable<Status> Authorize(asio::any_io_executor executor, Url& url, HttpRequest& request,
                                    std::chrono::steady_clock::time_point deadline) override {
    const auto keys = co_await keys_.Get(executor, deadline, request.stop);
    if (keys.has_error()) co_return keys.error();
    url.path = CleanPath(url.path);
    AddSignature(url, {region_, service_, clock_()}, *keys, request);
    co_return Status();
  }

  bool Renew(const HttpRequest&) override { return false; }

 private:
  const std::string service_;
  const storage::Clock clock_;
  const std::string region_;
  AwsCredentials keys_;
};

}  // namespace

void AddSignature(const Url& url, const SigningScope& scope, const AwsKeys& keys, HttpRequest& request) {
  request.headers.Set("X-Amz-Date", AmzDate(scope.now_ms));
  if (!keys.session_token.empty()) request.headers.Set("X-Amz-Security-Token", keys.session_token);
  SignedRequest to_sign{request.method, url.path, url.raw_query, {{"Host", url.Authority()}}, request.body};
  for (const auto& header : request.headers) {
    // Proxies and caches change these on the way, or the signature itself stands there.
    const bool left_out = EqualsIgnoringCase(header.first, "User-Agent") ||
                          EqualsIgnoringCase(header.first, "Authorization") ||
                          EqualsIgnoringCase(header.first, "Uber-Trace-Id");
    if (!left_out) to_sign.headers.push_back(header);
  }
  request.headers.Set("Authorization", SignV4(to_sign, scope, keys));
}

Result<std::shared_ptr<RequestAuth>> MakeSigV4(SigV4Options options) {
  if (!options.environment) {
    options.environment = [](const char* name) -> std::string {
      const char* value = std::getenv(name);
      return value == nullptr ? "" : value;
    };
  }
  std::string region = AwsCredentials(options).Region();
  if (region.empty()) {
    return Error{Errc::kInvalid, "region not configured in sigv4 or in default credentials chain"};
  }
  return std::shared_ptr<RequestAuth>(std::make_shared<SigV4>(std::move(options), std::move(region)));
}

}  // namespace vigia::server
