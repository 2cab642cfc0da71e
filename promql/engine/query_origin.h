// Who sent a query: for the list of running queries and for the logs.
#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace vigia::promql {

enum class OriginKind { kUnknown, kApi, kRule };

inline std::string_view ToString(OriginKind kind) {
  switch (kind) {
    case OriginKind::kUnknown: return "unknown";
    case OriginKind::kApi: return "api";
    case OriginKind::kRule: return "rule";
  }
  return "unknown";
}

struct QueryOrigin {
  OriginKind kind = OriginKind::kUnknown;
  // kApi:
  std::string client_ip;
  std::string method;
  std::string path;
  std::vector<std::pair<std::string, std::string>> headers;  // Those that say which dashboard, panel, rule, user.
  // kRule:
  std::string rule_file;
  std::string rule_group;
};

}  // namespace vigia::promql
