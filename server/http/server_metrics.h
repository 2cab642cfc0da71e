// What the server counts. Internal to the room.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>

#include "storage/telemetry/registry.h"

namespace vigia::server {

// Of one route. Thread-safe.
class HandlerMetrics {
 public:
  // `pattern` as the router has it; the label is written Prometheus' way.
  HandlerMetrics(storage::Registry& registry, std::string_view pattern);

  void Observe(int status, double seconds, double response_bytes);

 private:
  storage::Counter& RequestsWith(int status);

  storage::Registry& registry_;
  const std::string handler_;
  storage::Histogram& duration_;
  storage::Histogram& size_;
  std::mutex mu_;
  std::map<int, storage::Counter*> requests_;  // Guarded by mu_.
};

struct ServerMetrics {
  explicit ServerMetrics(storage::Registry& registry);

  // Thread-safe once all patterns were added.
  void AddHandler(const std::string& pattern);
  HandlerMetrics* Find(const std::string& pattern) const;  // Null if it was not added.

  storage::Registry& registry;
  storage::Gauge& connections;
  storage::Counter& connections_limit;
  storage::Counter& worker_queue_full;
  storage::Counter& body_limit;
  storage::Counter& bad_requests;
  storage::Counter& unauthorized;
  storage::Counter& rate_limited;
  std::map<std::string, std::unique_ptr<HandlerMetrics>, std::less<>> handlers;
};

// "/label/{name}/values" -> "/label/:name/values", "/assets/{path...}" -> "/assets/*path", "/{x...}" -> "/*x".
std::string HandlerLabel(std::string_view pattern);

}  // namespace vigia::server
