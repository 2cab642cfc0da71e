#include "server/api/pages.h"

#include <algorithm>

#include "server/http/compression.h"
#include "server/ui/assets.h"

namespace vigia::server {
namespace {

// No script, style or connection but our own, and nothing inline.
constexpr const char* kContentSecurityPolicy =
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; base-uri "
    "'none'; "
    "form-action 'self'; frame-ancestors 'self'";
constexpr const char* kForever = "public, max-age=31536000, immutable";
constexpr std::size_t kMaxAssetBytes = 64 * 1024 * 1024;

Response NotFound() {
  Response response;
  response.status = 404;
  response.body = "404 page not found\n";
  return response;
}

// The content as the client takes it; those without gzip are few, so they wait for the unpacking.
void SetContent(const Asset& asset, std::string_view accept_encoding, Response& response) {
  if (!asset.is_gzip) {
    response.body = asset.content;
    return;
  }
  response.headers.Set("Vary", "Accept-Encoding");
  if (ChooseCoding(accept_encoding) == Coding::kGzip) {
    response.headers.Set("Content-Encoding", "gzip");
    response.body = asset.content;
    return;
  }
  auto plain = Decompress(Coding::kGzip, asset.content, kMaxAssetBytes);
  if (plain.has_error()) {
    response.status = 500;
    return;
  }
  response.body = std::move(*plain);
}

Response Serve(const Request& http, std::string_view name, const char* cache_control) {
  const auto assets = Assets();
  const auto at = std::find_if(assets.begin(), assets.end(), [&](const Asset& asset) { return asset.name == name; });
  if (at == assets.end()) return NotFound();
  Response response;
  response.content_type = at->content_type;
  if (at->content_type.starts_with("text/")) response.content_type += "; charset=utf-8";
  response.headers.Set("Content-Security-Policy", kContentSecurityPolicy);
  response.headers.Set("X-Content-Type-Options", "nosniff");
  response.headers.Set("Cache-Control", cache_control);
  SetContent(*at, http.headers.Get("Accept-Encoding"), response);
  return response;
}

// "main-3F7AQX2B.js": the build puts eight letters and digits of a hash before the extension.
bool HasHash(std::string_view name) {
  const std::size_t dot = name.rfind('.');
  const std::size_t dash = name.rfind('-', dot);
  return dot != std::string_view::npos && dash != std::string_view::npos && dot - dash == 9;
}

Response Redirect(std::string target) {
  Response response;
  response.status = 302;
  response.headers.Set("Location", std::move(target));
  return response;
}

}  // namespace

void RegisterPages(Router& router, const std::string& prefix) {
  for (const char* page : {"/query", "/alerts", "/rules", "/targets", "/service-discovery", "/status", "/tsdb-status",
                           "/config", "/flags", "/alertmanager-discovery", "/agent", "/queries"}) {
    router.Add({"GET"}, page, [](const Request& http) { return Serve(http, "index.html", "no-cache"); });
  }
  router.Add({"GET"}, "/", [prefix](const Request&) { return Redirect(prefix + "/query"); });
  router.Add({"GET"}, "/graph", [prefix](const Request& http) {
    return Redirect(prefix + "/query" + (http.raw_query.empty() ? "" : "?" + http.raw_query));
  });
  router.Add({"GET"}, "/assets/{path...}", [](const Request& http) {
    const std::string& name = http.path_args.at(0);
    return Serve(http, name, HasHash(name) ? kForever : "no-cache");
  });
  for (const char* icon : {"/favicon.svg", "/favicon.ico"}) {
    router.Add({"GET"}, icon, [](const Request& http) { return Serve(http, "favicon.svg", "max-age=86400"); });
  }
}

}  // namespace vigia::server
