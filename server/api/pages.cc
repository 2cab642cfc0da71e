#include "server/api/pages.h"

#include <algorithm>

#include "server/ui/assets.h"

namespace vigia::server {
namespace {

// No script, style or connection but our own.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri 'none'; "
    "form-action 'self'; frame-ancestors 'self'";

Response Serve(std::string_view name) {
  const auto assets = Assets();
  const auto at = std::find_if(assets.begin(), assets.end(), [&](const Asset& asset) { return asset.name == name; });
  Response response;
  if (at == assets.end()) {
    response.status = 404;
    response.body = "404 page not found\n";
    return response;
  }
  response.content_type = at->content_type;
  if (at->content_type.starts_with("text/")) response.content_type += "; charset=utf-8";
  response.body = at->content;
  response.headers.Set("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.Set("X-Content-Type-Options", "nosniff");
  response.headers.Set("Cache-Control", "no-cache");
  return response;
}

Response Redirect(std::string target) {
  Response response;
  response.status = 302;
  response.headers.Set("Location", std::move(target));
  return response;
}

}  // namespace

void RegisterPages(Router& router, std::string prefix) {
  for (const char* page : {"/query", "/alerts", "/targets"}) {
    router.Add({"GET"}, page, [](const Request&) { return Serve("index.html"); });
  }
  router.Add({"GET"}, "/", [prefix](const Request&) { return Redirect(prefix + "/query"); });
  router.Add({"GET"}, "/graph", [prefix](const Request& http) {
    return Redirect(prefix + "/query" + (http.raw_query.empty() ? "" : "?" + http.raw_query));
  });
  router.Add({"GET"}, "/assets/{path...}", [](const Request& http) { return Serve(http.path_args.at(0)); });
  router.Add({"GET"}, "/favicon.svg", [](const Request&) { return Serve("favicon.svg"); });
}

}  // namespace vigia::server
