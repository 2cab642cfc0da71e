#include "server/api/query_origin.h"

#include <algorithm>
#include <array>
#include <cctype>
#include <string_view>

namespace vigia::server {
namespace {

constexpr std::size_t kMaxHeaders = 16;
constexpr std::size_t kMaxValueBytes = 256;
constexpr std::array<std::string_view, 3> kPrefixes = {"x-dashboard-", "x-panel-", "x-rule-"};
constexpr std::array<std::string_view, 3> kNames = {"fromalert", "x-grafana-org-id", "x-grafana-user"};

bool TellsPurpose(std::string name) {
  std::ranges::transform(name, name.begin(), [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return std::ranges::find(kNames, name) != kNames.end() ||
         std::ranges::any_of(kPrefixes, [&](std::string_view prefix) { return name.starts_with(prefix); });
}

}  // namespace

promql::QueryOrigin OriginOf(const Request& http) {
  promql::QueryOrigin origin;
  origin.kind = promql::OriginKind::kApi;
  origin.client_ip = http.client_ip;
  origin.method = http.method;
  origin.path = http.path;
  for (const auto& [name, value] : http.headers) {
    if (origin.headers.size() >= kMaxHeaders) break;
    if (TellsPurpose(name))
      origin.headers.emplace_back(name.substr(0, kMaxValueBytes), value.substr(0, kMaxValueBytes));
  }
  return origin;
}

}  // namespace vigia::server
