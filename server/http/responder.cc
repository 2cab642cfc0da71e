#include "server/http/responder.h"

#include <algorithm>
#include <exception>

#include <re2/re2.h>

#include "server/http/client.h"
#include "server/http/text.h"
#include "server/http/url.h"

namespace vigia::server {
namespace {

// "/prefix" without a final slash; "" for "/".
std::string NormalizedPrefix(std::string prefix) {
  while (!prefix.empty() && prefix.back() == '/') prefix.pop_back();
  return prefix.empty() || prefix.front() == '/' ? prefix : "/" + prefix;
}

Response TextResponse(int status, std::string text) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  response.headers.Add("X-Content-Type-Options", "nosniff");
  return response;
}

Response StatusResponse(int status) { return TextResponse(status, std::string(StatusText(status)) + "\n"); }

Response Redirect(int status, std::string location) {
  Response response;
  response.status = status;
  response.content_type.clear();
  response.headers.Add("Location", std::move(location));
  return response;
}

bool IsApiPath(std::string_view path) { return path.starts_with("/api/"); }

// Path and query of "/path?query" or "http://host/path?query"; nothing for other forms of a target.
std::optional<std::pair<std::string, std::string>> SplitTarget(std::string_view target) {
  if (!target.empty() && target.front() != '/') {
    const auto url = ParseUrl(target);
    if (!url.has_value()) return std::nullopt;
    return std::pair(url->path, url->raw_query);
  }
  if (target.empty()) return std::nullopt;
  target = target.substr(0, target.find('#'));
  const std::size_t question = target.find('?');
  const std::string_view query = question == std::string_view::npos ? "" : target.substr(question + 1);
  return std::pair(std::string(target.substr(0, question)), std::string(query));
}

std::string JoinMethods(const std::vector<std::string>& methods) {
  std::string joined;
  for (const std::string& method : methods) joined.append(joined.empty() ? "" : ", ").append(method);
  return joined;
}

bool IsForm(const RawRequest& raw) {
  const bool has_body = raw.method == "POST" || raw.method == "PUT" || raw.method == "PATCH";
  return has_body &&
         EqualsIgnoringCase(WithoutParameters(raw.headers.Get("Content-Type")), "application/x-www-form-urlencoded");
}

bool IsCompressible(std::string_view content_type) {
  const std::string_view type = WithoutParameters(content_type);
  if (type == "text/event-stream") return false;  // Each event must leave at once.
  return type.starts_with("text/") || type.ends_with("json") || type.ends_with("javascript") || type.ends_with("xml") ||
         type.ends_with("yaml") || type == "application/openmetrics-text" ||
         type == "application/vnd.google.protobuf" || type == "application/wasm";
}

}  // namespace

Responder::Responder(const HttpServerOptions& options, const Router& router, ServerMetrics& metrics, Logger log)
    : options_(options),
      prefix_(NormalizedPrefix(options.route_prefix)),
      router_(router),
      metrics_(metrics),
      log_(std::move(log)),
      origins_(storage::CompileGoRegex("^(?s:" + options.cors_origin + ")$", storage::RegexDot::kNotNewline)) {
  for (const std::string& pattern : router.Patterns()) metrics_.AddHandler(pattern);
  metrics_.AddHandler("/{x...}");
}

storage::Status Responder::ok() const {
  if (origins_) return {};
  return storage::Error{storage::Errc::kInvalid, "invalid CORS origin regex: " + origins_.error().what};
}

Answer Responder::Refuse(int status) const {
  Response response = StatusResponse(status);
  Answer answer;
  answer.status = status;
  answer.headers = std::move(response.headers);
  answer.headers.Add("Content-Type", response.content_type);
  answer.body = std::move(response.body);
  return answer;
}

bool Responder::Authorized(const RawRequest& raw, const WebSecurity& security) {
  if (security.users.empty()) return true;
  const std::optional<Credentials> given = ParseBasicAuth(raw.headers.Get("Authorization"));
  return given.has_value() && passwords_.Check(security.users, *given);
}

Answer Responder::Respond(RawRequest raw, std::stop_token gone, const WebSecurity* security, WorkerContext& worker) {
  Answer answer;
  Response response;
  if (security != nullptr && security->limiter != nullptr && !security->limiter->Allow(RateLimiter::Clock::now())) {
    metrics_.rate_limited.Add();
    response = StatusResponse(429);
  } else if (security != nullptr && !Authorized(raw, *security)) {
    metrics_.unauthorized.Add();
    response = StatusResponse(401);
    response.headers.Set("WWW-Authenticate", "Basic");
  } else {
    response = Dispatch(raw, std::move(gone), answer.metrics);
  }
  answer.status = response.status;
  answer.head_only = raw.method == "HEAD";
  answer.body = std::move(response.body);
  answer.source = std::move(response.source);
  answer.headers = std::move(response.headers);
  const bool has_body = answer.source != nullptr || !answer.body.empty();
  if (!response.content_type.empty() && has_body && !answer.headers.Has("Content-Type")) {
    answer.headers.Add("Content-Type", response.content_type);
  }
  if (security != nullptr) {
    for (const auto& [name, value] : security->headers) answer.headers.Set(name, value);
  }
  Compress(raw, answer, worker);
  return answer;
}

Response Responder::Dispatch(RawRequest& raw, std::stop_token gone, HandlerMetrics*& metrics) {
  auto target = SplitTarget(raw.target);
  if (!target.has_value()) return StatusResponse(raw.method == "OPTIONS" && raw.target == "*" ? 204 : 400);
  std::string path = std::move(target->first);
  if (!prefix_.empty()) {
    if (path == "/") return Redirect(302, prefix_ + "/");
    const bool inside = path.starts_with(prefix_) && (path.size() == prefix_.size() || path[prefix_.size()] == '/');
    if (!inside) return TextResponse(404, "404 page not found\n");
    path.erase(0, prefix_.size());
    if (path.empty()) path = "/";
  }
  std::optional<std::string> decoded = PercentDecode(path);
  if (!decoded.has_value()) return StatusResponse(400);

  Router::Match match = router_.Find(raw.method, path);
  metrics = match.handler == nullptr ? nullptr : metrics_.Find(match.pattern);
  Response response;
  if (match.handler != nullptr) {
    Request request;
    request.raw_query = std::move(target->second);
    request.path = *std::move(decoded);
    request.path_args = std::move(match.args);
    request.gone = std::move(gone);
    request.client_ip = raw.client_ip;
    // Like Go's FormValue: what can be read of a malformed query is used.
    static_cast<void>(ParseQuery(request.raw_query, request.params).has_value());
    if (const std::string_view coding = raw.headers.Get("Content-Encoding"); CodingOf(coding).has_value()) {
      auto body = Decompress(*CodingOf(coding), raw.body, options_.max_body_bytes);
      if (body.has_error()) {
        if (body.error().code == storage::Errc::kLimit) metrics_.body_limit.Add();
        return TextResponse(body.error().code == storage::Errc::kLimit ? 413 : 400, body.error().what + "\n");
      }
      raw.body = *std::move(body);
    }
    if (IsForm(raw)) {
      static_cast<void>(ParseQuery(raw.body, request.params).has_value());
    } else {
      request.body = std::move(raw.body);
    }
    request.method = raw.method;
    request.headers = raw.headers;
    response = Call(*match.handler, request);
  } else if (raw.method == "OPTIONS" && IsApiPath(path)) {
    response.status = 204;
  } else if (!match.pattern.empty()) {
    response = StatusResponse(405);
    if (IsApiPath(path)) match.allowed_methods.emplace_back("OPTIONS");
    std::sort(match.allowed_methods.begin(), match.allowed_methods.end());
    response.headers.Add("Allow", JoinMethods(match.allowed_methods));
  } else {
    std::string other = path.ends_with('/') ? path.substr(0, path.size() - 1) : path + "/";
    if (path != "/" && router_.Find(raw.method, other).handler != nullptr) {
      if (!target->second.empty()) other.append("?").append(target->second);
      response = Redirect(raw.method == "GET" || raw.method == "HEAD" ? 301 : 307, prefix_ + other);
    } else {
      response = TextResponse(404, "404 page not found\n");
    }
  }
  if (IsApiPath(path)) AddCors(raw, response);
  return response;
}

Response Responder::Call(const Handler& handler, const Request& request) {
  try {
    return handler(request);
  } catch (const std::exception& e) {  // Handlers promise not to throw; memory may still run out.
    log_.Error("HTTP handler failed", {{"path", request.path}, {"err", e.what()}});
    return StatusResponse(500);
  }
}

void Responder::AddCors(const RawRequest& raw, Response& response) const {
  response.headers.Add("Vary", "Origin");
  const std::string_view origin = raw.headers.Get("Origin");
  if (origin.empty()) return;
  response.headers.Add("Access-Control-Allow-Headers", "Accept, Authorization, Content-Type, Origin");
  response.headers.Add("Access-Control-Allow-Methods", "GET, POST, OPTIONS");
  response.headers.Add("Access-Control-Expose-Headers", "Date");
  if (options_.cors_origin == ".*") {
    response.headers.Add("Access-Control-Allow-Origin", "*");
  } else if (RE2::FullMatch(re2::StringPiece(origin.data(), origin.size()), **origins_)) {
    response.headers.Add("Access-Control-Allow-Origin", std::string(origin));
  }
}

void Responder::Compress(const RawRequest& raw, Answer& answer, WorkerContext& worker) const {
  if (answer.headers.Has("Content-Encoding") || !IsCompressible(answer.headers.Get("Content-Type"))) return;
  answer.headers.Add("Vary", "Accept-Encoding");
  if (answer.source == nullptr && answer.body.size() < options_.compress_min_bytes) return;
  const std::optional<Coding> coding = ChooseCoding(raw.headers.Get("Accept-Encoding"));
  if (!coding.has_value()) return;
  answer.headers.Add("Content-Encoding", std::string(CodingName(*coding)));
  if (answer.source != nullptr) {
    answer.compressor = std::make_unique<StreamCompressor>(*coding);
  } else {
    answer.body = worker.compressor().Compress(*coding, answer.body);
  }
}

PieceState Responder::NextPiece(Answer& answer, std::string& out) {
  constexpr std::size_t kPiece = 16 * 1024;  // A compressor holds bytes back: ask until there is enough to send.
  using Flush = StreamCompressor::Flush;
  try {
    if (answer.compressor == nullptr) {
      const bool more = answer.source(out);
      return !more ? PieceState::kEnd : out.empty() ? PieceState::kNothingYet : PieceState::kMore;
    }
    std::string plain;
    while (true) {
      plain.clear();
      const bool more = answer.source(plain);
      answer.compressor->Write(plain, more ? Flush::kNone : Flush::kFinish, out);
      if (!more) return PieceState::kEnd;
      if (plain.empty() && out.empty()) return PieceState::kNothingYet;
      if (plain.empty() || out.size() >= kPiece) return PieceState::kMore;
    }
  } catch (const std::exception& e) {
    log_.Error("HTTP body source failed", {{"err", e.what()}});
    return PieceState::kFailed;
  }
}

}  // namespace vigia::server
