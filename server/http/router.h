// Which handler answers which path.
#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "server/http/message.h"

namespace vigia::server {

// Runs on a worker thread, never on an I/O thread, so it may compute and block. Must not throw.
using Handler = std::function<Response(const Request&)>;

// Patterns are literal paths, with {x} for one whole segment and a final {x...} for all that follows, e.g.
// "/api/v1/label/{name}/values", "/assets/{path...}". Filled before serving starts; then read-only and thread-safe.
class Router {
 public:
  // `methods` e.g. {"GET", "POST"}; HEAD is answered wherever GET is, but below /api/, as in Prometheus.
  void Add(std::vector<std::string> methods, std::string pattern, Handler handler);
  // For paths that no pattern matches. Counted under handler="/*".
  void SetFallback(Handler handler);

  struct Match {
    const Handler* handler = nullptr;  // Null: the pattern exists but not for this method.
    std::string pattern;               // For metrics: prometheus_http_requests_total{handler="..."}.
    std::vector<std::string> args;
    std::vector<std::string> allowed_methods;
  };
  // `path` as in the request line: segments are split first and percent-decoded then, so "%2F" does not split. Of
  // several patterns that match, the most specific wins: literal before {x} before {x...}, from the left.
  Match Find(std::string_view method, std::string_view path) const;

  std::vector<std::string> Patterns() const;                           // Each once, in the order of Add.
  std::vector<std::string> MethodsOf(std::string_view pattern) const;  // Sorted.

 private:
  struct Route {
    std::vector<std::string> methods;
    std::string pattern;
    std::vector<std::string> segments;
    Handler handler;
  };
  std::vector<Route> routes_;
  Handler fallback_;
};

}  // namespace vigia::server
