#include "server/discovery/kubernetes_watch.h"

#include <algorithm>
#include <chrono>
#include <utility>

#include <boost/asio/as_tuple.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <fmt/format.h>

#include "config/yaml/parse_json.h"
#include "server/discovery/kubernetes_resources.h"
#include "server/http/url.h"

namespace vigia::server {
namespace {

namespace asio = boost::asio;

using std::chrono::milliseconds;
using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

constexpr int kPageObjects = 500;                // Of a page of a list, as kubectl asks.
constexpr std::size_t kMaxPageBytes = 64 << 20;  // Five hundred objects of the size of most take two.
constexpr std::size_t kMaxEventBytes = 8 << 20;  // An object has at most 1.5 MiB where it is kept.
constexpr std::int64_t kListTimeoutMs = 60'000;
constexpr std::int64_t kFirstPauseMs = 200;
constexpr std::int64_t kLongestPauseMs = 30'000;
constexpr int kFailuresUntilList = 5;
constexpr int kLeastWatchSeconds = 300;    // The server ends a watch after as long, or twice as long at most.
constexpr std::int64_t kGraceMs = 30'000;  // What it may take beyond.

constexpr config::yaml::Limits PageLimits() { return {kMaxPageBytes, 100, 8'000'000, kMaxPageBytes}; }
constexpr config::yaml::Limits EventLimits() { return {kMaxEventBytes, 100, 500'000, kMaxEventBytes}; }

// What a Status object says of a failure, or the words of HTTP.
Error Refusal(const HttpResponse& response) {
  const auto body = config::yaml::ParseJson(response.body, "answer", EventLimits());
  std::string words = body ? std::string(JsonView(*body)["message"].text()) : std::string();
  if (words.empty()) {
    words = fmt::format("server returned HTTP status {} {}", response.status,
                        response.reason.empty() ? StatusText(response.status) : std::string_view(response.reason));
  }
  return Error{response.status == 410 ? Errc::kNotFound : Errc::kIo, std::move(words)};
}

}  // namespace

KubernetesWatch::KubernetesWatch(asio::any_io_executor executor, WatchedResource resource, std::string base_url,
                                 std::shared_ptr<HttpClient> client, std::shared_ptr<KubernetesStore> store,
                                 SdMetrics& metrics, Logger log, std::function<void()> synced, std::stop_token stop)
    : executor_(std::move(executor)),
      resource_(std::move(resource)),
      base_url_(std::move(base_url)),
      client_(std::move(client)),
      store_(std::move(store)),
      metrics_(metrics),
      log_(log.With({{"resource", ResourceName(resource_.kind)}, {"namespace", resource_.name_space}})),
      synced_(std::move(synced)),
      stop_(std::move(stop)),
      pause_(executor_),
      random_(std::random_device{}()),
      next_pause_ms_(kFirstPauseMs) {}

asio::awaitable<void> KubernetesWatch::Run() {
  bool known = false;  // Whether the store and version_ hold a list.
  int failures = 0;    // Watches that failed one after the other.
  while (!stop_.stop_requested()) {
    if (!known) {
      known = co_await List();
      if (!known) {
        co_await Pause();
        continue;
      }
      if (synced_) std::exchange(synced_, nullptr)();
    }
    const auto start = std::chrono::steady_clock::now();
    switch (co_await Watch()) {
      case WatchEnd::kClosed: {
        failures = 0;
        // A server that ends each watch at once must not be asked without end.
        const bool quick = std::chrono::steady_clock::now() - start < std::chrono::seconds(1);
        if (quick) co_await Pause();
        break;
      }
      case WatchEnd::kExpired: known = false; break;
      case WatchEnd::kFailed:
        co_await Pause();
        // A version that always leads to a failure would do so for ever.
        if (++failures >= kFailuresUntilList) {
          failures = 0;
          known = false;
        }
        break;
    }
  }
}

void KubernetesWatch::Wake() {
  asio::post(executor_, [self = shared_from_this()] { self->pause_.cancel(); });
}

asio::awaitable<void> KubernetesWatch::Pause() {
  if (stop_.stop_requested()) co_return;
  // Not all at once when a server comes back.
  std::uniform_int_distribution<std::int64_t> jitter(next_pause_ms_ / 2, next_pause_ms_);
  pause_.expires_after(milliseconds(jitter(random_)));
  next_pause_ms_ = std::min(next_pause_ms_ * 2, kLongestPauseMs);
  co_await pause_.async_wait(asio::as_tuple(asio::use_awaitable));
}

asio::awaitable<bool> KubernetesWatch::List() {
  std::map<std::string, KubernetesObject> objects;
  std::string more;
  do {
    const auto page = co_await Page(more);
    if (stop_.stop_requested()) co_return false;
    const Status status = page ? Collect(*page, objects) : Status(page.error());
    if (!status) {
      Failed("list", status.error());
      co_return false;
    }
    const JsonView metadata = JsonView(*page)["metadata"];
    more = metadata["continue"].text();
    version_ = metadata["resourceVersion"].text();
  } while (!more.empty());
  const std::size_t before = store_->CountOf(resource_.kind);
  Count(before == 0 ? "add" : "update", static_cast<double>(objects.size()));
  store_->Replace(resource_.kind, resource_.name_space, std::move(objects));
  next_pause_ms_ = kFirstPauseMs;
  co_return true;
}

asio::awaitable<Result<config::yaml::Node>> KubernetesWatch::Page(std::string more) {
  Params params;
  params.Add("limit", std::to_string(kPageObjects));
  if (!more.empty()) params.Add("continue", std::move(more));
  HttpRequest request = MakeRequest(std::move(params));
  request.timeout_ms = kListTimeoutMs;
  request.max_body_bytes = kMaxPageBytes;
  const auto start = std::chrono::steady_clock::now();
  const auto response = co_await client_->Do(std::move(request));
  metrics_.KubernetesSeconds(Path()).Observe(
      std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count());
  metrics_.KubernetesRequests(response ? response->status : 0).Add();
  if (!response) co_return response.error();
  if (response->status != 200) co_return Refusal(*response);
  co_return config::yaml::ParseJson(response->body, "answer", PageLimits());
}

Status KubernetesWatch::Collect(JsonView page, std::map<std::string, KubernetesObject>& objects) const {
  if (page["metadata"]["resourceVersion"].text().empty()) return Error{Errc::kInvalid, "the answer is not a list"};
  for (const JsonView object : page["items"].items()) {
    std::string key = KeyOf(object);
    if (!key.empty()) objects.insert_or_assign(std::move(key), ParseObject(resource_.kind, object));
  }
  if (objects.size() > kMaxKubernetesObjects) {
    return Error{Errc::kLimit, fmt::format("more than {} objects", kMaxKubernetesObjects)};
  }
  return {};
}

asio::awaitable<KubernetesWatch::WatchEnd> KubernetesWatch::Watch() {
  const int seconds = std::uniform_int_distribution<int>(kLeastWatchSeconds, 2 * kLeastWatchSeconds)(random_);
  Params params;
  params.Add("watch", "true");
  params.Add("allowWatchBookmarks", "true");
  params.Add("resourceVersion", version_);
  params.Add("timeoutSeconds", std::to_string(seconds));
  HttpRequest request = MakeRequest(std::move(params));
  request.timeout_ms = seconds * 1000 + kGraceMs;
  request.accept_gzip = false;
  request.on_body = [this](std::string_view piece) { return Take(piece); };
  pending_.clear();
  expired_ = false;
  const auto response = co_await client_->Do(std::move(request));
  if (stop_.stop_requested()) co_return WatchEnd::kClosed;
  if (expired_) co_return WatchEnd::kExpired;
  metrics_.KubernetesRequests(response ? response->status : 0).Add();
  if (response && response->status == 200) co_return WatchEnd::kClosed;
  const Error error = response ? Refusal(*response) : response.error();
  if (response && response->status == 410) co_return WatchEnd::kExpired;
  Failed("watch", error);
  co_return WatchEnd::kFailed;
}

Status KubernetesWatch::Take(std::string_view piece) {
  while (!piece.empty()) {
    const std::size_t end = piece.find('\n');
    if (pending_.size() + std::min(end, piece.size()) > kMaxEventBytes) {
      return Error{Errc::kLimit, fmt::format("an event is larger than {} bytes", kMaxEventBytes)};
    }
    pending_ += piece.substr(0, end);
    if (end == std::string_view::npos) return {};
    piece.remove_prefix(end + 1);
    const std::string line = std::exchange(pending_, {});
    if (Status status = TakeLine(line); !status) return status;
  }
  return {};
}

Status KubernetesWatch::TakeLine(std::string_view line) {
  if (line.find_first_not_of(" \t\r") == std::string_view::npos) return {};
  const auto event = config::yaml::ParseJson(line, "event", EventLimits());
  if (!event) return event.error();
  const std::string_view type = JsonView(*event)["type"].text();
  const JsonView object = JsonView(*event)["object"];
  if (type == "ERROR") {
    const std::string_view reason = object["reason"].text();
    expired_ = object["code"].text() == "410" || reason == "Expired" || reason == "Gone";
    return Error{Errc::kIo, std::string(object["message"].text())};
  }
  const std::string_view version = object["metadata"]["resourceVersion"].text();
  if (version.empty()) return Error{Errc::kInvalid, "an event has no resourceVersion"};
  if (type != "BOOKMARK") {
    if (store_->CountOf(resource_.kind) >= kMaxKubernetesObjects && type == "ADDED") {
      return Error{Errc::kLimit, fmt::format("more than {} objects", kMaxKubernetesObjects)};
    }
    Apply(type, object);
  }
  version_ = version;
  next_pause_ms_ = kFirstPauseMs;
  return {};
}

void KubernetesWatch::Apply(std::string_view type, JsonView object) {
  const std::string key = KeyOf(object);
  if (key.empty()) return;
  if (type == "ADDED" || type == "MODIFIED") {
    Count(store_->Put(resource_.kind, key, ParseObject(resource_.kind, object)) ? "add" : "update");
  } else if (type == "DELETED") {
    store_->Remove(resource_.kind, key);
    Count("delete");
  }
}

void KubernetesWatch::Count(const char* event, double times) {
  if (const std::string_view role = RoleName(resource_.kind); !role.empty()) {
    metrics_.KubernetesEvents(role, event).Add(times);
  }
}

void KubernetesWatch::Failed(const char* doing, const Error& error) {
  metrics_.kubernetes_failures.Add();
  if (error.code == Errc::kLimit) metrics_.AnswersRefused("kubernetes").Add();
  log_.Error(fmt::format("Failed to {} Kubernetes objects", doing), {{"err", error}});
}

std::string KubernetesWatch::Path() const { return ResourcePath(resource_.kind, resource_.name_space); }

HttpRequest KubernetesWatch::MakeRequest(Params params) const {
  if (!resource_.label_selector.empty()) params.Add("labelSelector", resource_.label_selector);
  if (!resource_.field_selector.empty()) params.Add("fieldSelector", resource_.field_selector);
  HttpRequest request;
  request.url = base_url_ + Path() + "?" + EncodeQuery(params);
  request.headers.Add("Accept", "application/json");
  request.stop = stop_;
  return request;
}

}  // namespace vigia::server
