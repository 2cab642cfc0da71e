// A request as a handler sees it and the response it gives, free of any HTTP library.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigia::server {

// Name-value pairs in order, names compared without regard to case. Few, so a scan beats a map.
class Headers {
 public:
  void Add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  void Set(std::string name, std::string value);      // Replaces all of that name.
  std::string_view Get(std::string_view name) const;  // The first, or "".
  bool Has(std::string_view name) const;
  auto begin() const { return fields_.begin(); }
  auto end() const { return fields_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

// Decoded parameters of the URL query and of an application/x-www-form-urlencoded body together, URL first: Grafana
// puts some in the URL and some in the body of one request.
class Params {
 public:
  void Add(std::string name, std::string value) { items_.emplace_back(std::move(name), std::move(value)); }
  std::string_view Get(std::string_view name) const;  // The first, or "".
  bool Has(std::string_view name) const;
  std::vector<std::string> GetAll(std::string_view name) const;
  auto begin() const { return items_.begin(); }
  auto end() const { return items_.end(); }

 private:
  std::vector<std::pair<std::string, std::string>> items_;
};

struct Request {
  std::string method;     // "GET", "POST", ...
  std::string path;       // Percent-decoded, without the query and without the route prefix; starts with '/'.
  std::string raw_query;  // As sent, without '?'.
  std::vector<std::string> path_args;  // What the route's {placeholders} matched, decoded.
  Params params;
  Headers headers;
  std::string body;  // Decompressed when it came with Content-Encoding: gzip. Empty for form bodies.
  std::string client_ip;
  std::stop_token gone;  // Requested when the client closes the connection or the server stops.
};

// Produces a body piece by piece. Called from a worker thread until it returns false; appends to `out`. The next piece
// is asked for when the client has taken the last one. Appending nothing and returning true says that nothing is there
// yet: it is asked again a little later, with no worker waiting meanwhile. Destroyed early when the client goes away.
using BodySource = std::function<bool(std::string& out)>;

struct Response {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  Headers headers;
  std::string body;
  BodySource source;  // Set: the body is what it gives, sent chunked; `body` is ignored.
};

}  // namespace vigia::server
