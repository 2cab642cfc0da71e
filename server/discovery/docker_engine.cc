#include "server/discovery/docker_engine.h"

#include <algorithm>
#include <charconv>
#include <map>
#include <set>
#include <utility>

#include <fmt/format.h>

#include "config/yaml/parse_json.h"
#include "server/discovery/client_config.h"
#include "server/discovery/json_view.h"
#include "server/http/url.h"
#include "server/json/writer.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using storage::Errc;
using storage::Error;
using storage::Result;

constexpr std::size_t kMaxAnswerBytes = 64 << 20;
constexpr config::yaml::Limits kLimits{kMaxAnswerBytes, 64, 4'000'000, kMaxAnswerBytes};
constexpr int kNewestMinor = 51;  // Of version 1 of the API: what the lists say has not changed its form up to here.
constexpr int kOldestMinor = 24;  // What a Docker client assumes of an engine that does not tell.

// "1.41" -> 41, as far as we know it.
int MinorOf(std::string_view version) {
  int minor = kOldestMinor;
  if (version.starts_with("1.")) std::from_chars(version.data() + 2, version.data() + version.size(), minor);
  return std::clamp(minor, kOldestMinor, kNewestMinor);
}

// {"name":{"value":true}}
std::string FiltersAsJson(const std::vector<config::DockerFilter>& filters) {
  std::map<std::string, std::set<std::string>> by_name;
  for (const config::DockerFilter& filter : filters) {
    if (!filter.values.empty()) by_name[filter.name].insert(filter.values.begin(), filter.values.end());
  }
  std::string out;
  JsonWriter json(out, JsonEscape::kPlain);
  json.BeginObject();
  for (const auto& [name, values] : by_name) {
    json.Key(name).BeginObject();
    for (const std::string& value : values) json.Key(value).Bool(true);
    json.EndObject();
  }
  json.EndObject();
  return out;
}

// What the engine says in {"message": …}, or the words of its status.
std::string WordsOf(const HttpResponse& response) {
  const auto body = config::yaml::ParseJson(response.body, "answer", kLimits);
  const std::string_view message = body ? JsonView(*body)["message"].text() : std::string_view();
  if (!message.empty()) return std::string(message);
  return fmt::format("HTTP status {} {}", response.status,
                     response.reason.empty() ? StatusText(response.status) : std::string_view(response.reason));
}

}  // namespace

Result<std::unique_ptr<DockerEngine>> DockerEngine::Make(const std::string& host, const config::HttpClientConfig& http,
                                                         storage::DurationMs timeout_ms, const std::string& user_agent,
                                                         asio::any_io_executor executor) {
  ClientOptions options;
  std::string base;
  if (host.starts_with("unix://")) {
    options.unix_socket = host.substr(7);
    base = "http://localhost";
  } else if (host.starts_with("tcp://")) {
    base = "http://" + host.substr(6);
  } else {
    auto configured = ToClientOptions(http, user_agent);
    if (!configured) return configured.error();
    options = *std::move(configured);
    base = host;
  }
  options.user_agent = user_agent;
  if (const auto url = ParseUrl(base); !url) return Prefixed(url.error(), "host");
  base.erase(base.find_last_not_of('/') + 1);
  return std::unique_ptr<DockerEngine>(
      new DockerEngine(std::move(base), std::move(options), timeout_ms, std::move(executor)));
}

DockerEngine::DockerEngine(std::string base, ClientOptions options, storage::DurationMs timeout_ms,
                           asio::any_io_executor executor)
    : base_(std::move(base)), timeout_ms_(timeout_ms), client_(std::move(executor), std::move(options)) {}

HttpRequest DockerEngine::MakeRequest(const std::string& path) const {
  HttpRequest request;
  request.url = base_ + path;
  request.timeout_ms = timeout_ms_;
  request.max_body_bytes = kMaxAnswerBytes;
  request.headers.Add("Accept", "application/json");
  return request;
}

asio::awaitable<storage::Status> DockerEngine::Negotiate() {
  const auto response = co_await client_.Do(MakeRequest("/_ping"));
  if (!response) co_return response.error();
  if (response->status != 200) co_return Error{Errc::kIo, WordsOf(*response)};
  version_ = fmt::format("v1.{}", MinorOf(response->headers.Get("Api-Version")));
  co_return storage::Status();
}

asio::awaitable<Result<config::yaml::Node>> DockerEngine::List(std::string path,
                                                               std::vector<config::DockerFilter> filters) {
  if (version_.empty()) {
    const auto status = co_await Negotiate();
    if (!status) co_return status.error();
  }
  std::string target = "/" + version_ + path;
  if (!filters.empty()) target += "?filters=" + PercentEncode(FiltersAsJson(filters));
  const auto response = co_await client_.Do(MakeRequest(target));
  if (!response) co_return response.error();
  if (response->status != 200) {
    version_.clear();  // Another engine may stand there by now.
    co_return Error{Errc::kIo, "Error response from daemon: " + WordsOf(*response)};
  }
  co_return config::yaml::ParseJson(response->body, "answer", kLimits);
}

}  // namespace vigia::server
