#include "server/http/router.h"

#include <algorithm>
#include <cassert>
#include <optional>

#include "server/http/url.h"

namespace vigia::server {
namespace {

enum class SegmentKind { kRest, kAny, kLiteral };  // In rising order of preference.

SegmentKind KindOf(std::string_view segment) {
  if (segment.size() < 2 || segment.front() != '{' || segment.back() != '}') return SegmentKind::kLiteral;
  return segment.ends_with("...}") ? SegmentKind::kRest : SegmentKind::kAny;
}

std::vector<std::string> Split(std::string_view path) {
  std::vector<std::string> segments;
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  while (true) {
    const std::size_t slash = path.find('/');
    segments.emplace_back(path.substr(0, slash));
    if (slash == std::string_view::npos) return segments;
    path.remove_prefix(slash + 1);
  }
}

// "/a/b" from the i-th segment on, without the first '/'.
std::string Join(const std::vector<std::string>& segments, std::size_t i) {
  std::string joined;
  for (std::size_t k = i; k < segments.size(); ++k) {
    if (k > i) joined.push_back('/');
    joined.append(segments[k]);
  }
  return joined;
}

// What the placeholders match, or nothing if the path is another one.
std::optional<std::vector<std::string>> MatchSegments(const std::vector<std::string>& pattern,
                                                      const std::vector<std::string>& path) {
  std::vector<std::string> args;
  for (std::size_t i = 0; i < pattern.size(); ++i) {
    const SegmentKind kind = KindOf(pattern[i]);
    if (i >= path.size()) return std::nullopt;
    switch (kind) {
      case SegmentKind::kRest: args.push_back(Join(path, i)); return args;
      case SegmentKind::kAny:
        if (path[i].empty()) return std::nullopt;
        args.push_back(path[i]);
        break;
      case SegmentKind::kLiteral:
        if (pattern[i] != path[i]) return std::nullopt;
        break;
    }
  }
  if (pattern.size() != path.size()) return std::nullopt;
  return args;
}

bool MoreSpecific(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  return std::lexicographical_compare(b.begin(), b.end(), a.begin(), a.end(),
                                      [](const std::string& x, const std::string& y) { return KindOf(x) < KindOf(y); });
}

bool Has(const std::vector<std::string>& methods, std::string_view method) {
  return std::find(methods.begin(), methods.end(), method) != methods.end();
}

}  // namespace

void Router::Add(std::vector<std::string> methods, std::string pattern, Handler handler) {
  assert(!pattern.empty() && pattern.front() == '/');
  std::vector<std::string> segments = Split(pattern);
  routes_.push_back({std::move(methods), std::move(pattern), std::move(segments), std::move(handler)});
}

void Router::SetFallback(Handler handler) { fallback_ = std::move(handler); }

Router::Match Router::Find(std::string_view method, std::string_view path) const {
  Match match;
  std::vector<std::string> segments = Split(path);
  for (std::string& segment : segments) {
    std::optional<std::string> decoded = PercentDecode(segment);
    if (!decoded.has_value()) return match;
    segment = *std::move(decoded);
  }
  const Route* best = nullptr;
  for (const Route& route : routes_) {
    std::optional<std::vector<std::string>> args = MatchSegments(route.segments, segments);
    if (!args.has_value()) continue;
    for (const std::string& allowed : route.methods) {
      if (!Has(match.allowed_methods, allowed)) match.allowed_methods.push_back(allowed);
    }
    if (match.pattern.empty()) match.pattern = route.pattern;
    const bool as_get = method == "HEAD" && !route.pattern.starts_with("/api/");
    if (!Has(route.methods, method) && !(as_get && Has(route.methods, "GET"))) continue;
    if (best != nullptr && !MoreSpecific(route.segments, best->segments)) continue;
    best = &route;
    match.handler = &route.handler;
    match.pattern = route.pattern;
    match.args = *std::move(args);
  }
  if (match.pattern.empty() && fallback_) {
    match.handler = &fallback_;
    match.pattern = "/{x...}";
  }
  return match;
}

std::vector<std::string> Router::Patterns() const {
  std::vector<std::string> patterns;
  for (const Route& route : routes_) {
    if (std::find(patterns.begin(), patterns.end(), route.pattern) == patterns.end()) patterns.push_back(route.pattern);
  }
  return patterns;
}

std::vector<std::string> Router::MethodsOf(std::string_view pattern) const {
  std::vector<std::string> methods;
  for (const Route& route : routes_) {
    if (route.pattern == pattern) methods.insert(methods.end(), route.methods.begin(), route.methods.end());
  }
  std::sort(methods.begin(), methods.end());
  return methods;
}

}  // namespace vigia::server
