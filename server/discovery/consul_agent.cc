#include "server/discovery/consul_agent.h"

#include <charconv>
#include <utility>

#include <fmt/format.h>

#include "config/yaml/parse_json.h"
#include "server/discovery/client_config.h"
#include "server/discovery/json_view.h"
#include "server/http/url.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;
using storage::Errc;
using storage::Error;
using storage::Result;

constexpr std::size_t kMaxAnswerBytes = 64 << 20;
constexpr config::yaml::Limits kLimits{kMaxAnswerBytes, 64, 4'000'000, kMaxAnswerBytes};
constexpr std::int64_t kWaitSeconds = 120;
constexpr std::int64_t kTimeoutMs = (kWaitSeconds + 15) * 1000;  // The agent adds a sixteenth of the wait at most.
constexpr std::int64_t kShortTimeoutMs = 30'000;

// An index that went backwards, or is none, begins anew (Consul: blocking queries, implementation details).
std::uint64_t IndexOf(std::string_view text, std::uint64_t before) {
  std::uint64_t index = 0;
  std::from_chars(text.data(), text.data() + text.size(), index);
  return index < before ? 0 : index;
}

}  // namespace

Result<std::shared_ptr<ConsulAgent>> ConsulAgent::Make(const config::ConsulSdConfig& config,
                                                       const std::string& user_agent, asio::any_io_executor executor) {
  auto options = ToClientOptions(config.http, user_agent);
  if (!options) return options.error();
  options->max_idle_per_target = 16;
  if (const auto url = ParseUrl(config.scheme + "://" + config.server + config.path_prefix); !url) return url.error();
  return std::shared_ptr<ConsulAgent>(new ConsulAgent(config, *std::move(options), std::move(executor)));
}

ConsulAgent::ConsulAgent(const config::ConsulSdConfig& config, ClientOptions options, asio::any_io_executor executor)
    : config_(config),
      base_url_([&] {
        std::string prefix = config.path_prefix;
        prefix.erase(prefix.find_last_not_of('/') + 1);
        if (!prefix.empty() && prefix.front() != '/') prefix.insert(0, "/");
        return config.scheme + "://" + config.server + prefix + "/v1";
      }()),
      client_(std::move(executor), std::move(options)) {}

asio::awaitable<Result<std::string>> ConsulAgent::Datacenter(std::stop_token stop) {
  if (!config_.datacenter.empty()) co_return config_.datacenter;
  const auto answer = co_await Ask("/agent/self", Params(), std::move(stop));
  if (!answer) co_return answer.error();
  const std::string_view name = JsonView(answer->body)["Config"]["Datacenter"].text();
  if (name.empty()) co_return Error{Errc::kInvalid, "invalid value for Config.Datacenter"};
  co_return std::string(name);
}

Params ConsulAgent::Blocking(std::uint64_t index, const std::string& filter) const {
  Params params;
  if (config_.allow_stale) params.Add("stale", "");
  if (!config_.datacenter.empty()) params.Add("dc", config_.datacenter);
  if (!config_.name_space.empty()) params.Add("ns", config_.name_space);
  if (!config_.partition.empty()) params.Add("partition", config_.partition);
  if (index > 0) params.Add("index", std::to_string(index));
  params.Add("wait", fmt::format("{}s", kWaitSeconds));
  for (const auto& [name, value] : config_.node_meta) params.Add("node-meta", fmt::format("{}:{}", name, value));
  if (!filter.empty()) params.Add("filter", filter);
  return params;
}

asio::awaitable<Result<ConsulAnswer>> ConsulAgent::Services(std::uint64_t index, std::stop_token stop) {
  auto answer = co_await Ask("/catalog/services", Blocking(index, config_.filter), std::move(stop));
  if (answer) answer->index = IndexOf(std::to_string(answer->index), index);
  co_return answer;
}

asio::awaitable<Result<ConsulAnswer>> ConsulAgent::Instances(std::string service, std::uint64_t index,
                                                             std::stop_token stop) {
  Params params = Blocking(index, config_.health_filter);
  for (const std::string& tag : config_.tags) params.Add("tag", tag);
  auto answer = co_await Ask("/health/service/" + PercentEncode(service), std::move(params), std::move(stop));
  if (answer) answer->index = IndexOf(std::to_string(answer->index), index);
  co_return answer;
}

asio::awaitable<Result<ConsulAnswer>> ConsulAgent::Ask(std::string path, Params params, std::stop_token stop) {
  HttpRequest request;
  request.url = base_url_ + path;
  if (params.begin() != params.end()) request.url += "?" + EncodeQuery(params);
  request.timeout_ms = params.Has("index") ? kTimeoutMs : kShortTimeoutMs;
  request.max_body_bytes = kMaxAnswerBytes;
  request.headers.Add("Accept", "application/json");
  if (!config_.token.empty()) request.headers.Add("X-Consul-Token", config_.token.Reveal());
  request.stop = std::move(stop);
  const auto response = co_await client_.Do(std::move(request));
  if (!response) co_return response.error();
  if (response->status != 200) {
    constexpr std::size_t kShown = 200;
    co_return Error{Errc::kIo, fmt::format("Unexpected response code: {} ({})", response->status,
                                           response->body.substr(0, kShown))};
  }
  auto body = config::yaml::ParseJson(response->body, "answer", kLimits);
  if (!body) co_return body.error();
  co_return ConsulAnswer{*std::move(body), IndexOf(response->headers.Get("X-Consul-Index"), 0)};
}

}  // namespace vigia::server
