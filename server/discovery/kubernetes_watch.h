// Follows one kind of object in one namespace: lists it, then watches what changes (Kubernetes: API concepts, efficient
// detection of changes). Internal to the room.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <random>
#include <stop_token>
#include <string>

#include <boost/asio/any_io_executor.hpp>
#include <boost/asio/awaitable.hpp>
#include <boost/asio/steady_timer.hpp>

#include "server/discovery/kubernetes_store.h"
#include "server/discovery/sd_metrics.h"
#include "server/http/client.h"
#include "server/log/log.h"

namespace vigia::server {

struct WatchedResource {
  ObjectKind kind = ObjectKind::kPod;
  std::string name_space;  // "": all, or an object without one.
  std::string label_selector;
  std::string field_selector;
};

// Puts into the store what it hears. Lists come in pages and events line by line, so that memory is bounded by the
// limits of the .cc file. What fails is logged, counted and tried again, later each time up to half a minute; meanwhile
// the store keeps what it had. A version that the server no longer knows (410 Gone) leads to a new list.
class KubernetesWatch : public std::enable_shared_from_this<KubernetesWatch> {
 public:
  // `executor` is a strand, on which all but the parsing of events runs. `base_url` without a slash at its end. The
  // metrics outlive the watch. `synced` is called once, when the first list is in the store.
  KubernetesWatch(boost::asio::any_io_executor executor, WatchedResource resource, std::string base_url,
                  std::shared_ptr<HttpClient> client, std::shared_ptr<KubernetesStore> store, SdMetrics& metrics,
                  Logger log, std::function<void()> synced, std::stop_token stop);

  // Until the stop is requested.
  boost::asio::awaitable<void> Run();
  // Ends a pause. After the stop was requested. From any thread.
  void Wake();

 private:
  enum class WatchEnd { kClosed, kExpired, kFailed };

  boost::asio::awaitable<bool> List();
  boost::asio::awaitable<storage::Result<config::yaml::Node>> Page(std::string more);
  boost::asio::awaitable<WatchEnd> Watch();
  boost::asio::awaitable<void> Pause();

  storage::Status Take(std::string_view piece);
  storage::Status TakeLine(std::string_view line);
  storage::Status Collect(JsonView page, std::map<std::string, KubernetesObject>& objects) const;
  void Apply(std::string_view type, JsonView object);
  void Count(const char* event, double times = 1);
  void Failed(const char* doing, const storage::Error& error);
  HttpRequest MakeRequest(Params params) const;
  std::string Path() const;

  const boost::asio::any_io_executor executor_;
  const WatchedResource resource_;
  const std::string base_url_;
  const std::shared_ptr<HttpClient> client_;
  const std::shared_ptr<KubernetesStore> store_;
  SdMetrics& metrics_;
  const Logger log_;
  std::function<void()> synced_;
  const std::stop_token stop_;
  boost::asio::steady_timer pause_;
  std::minstd_rand random_;
  std::int64_t next_pause_ms_;

  // Of the watch that is going on; touched by its client's threads, one after the other.
  std::string version_;  // Of the newest thing heard of.
  std::string pending_;  // The beginning of a line.
  bool expired_ = false;
};

}  // namespace vigia::server
