// /rules, /alerts, /alertmanagers (surface.md 1.3 and 1.4).
#pragma once

#include <functional>
#include <string>
#include <vector>

#include "alerting/rules/snapshot.h"
#include "server/http/router.h"

namespace vigia::server {

struct AlertmanagerUrls {
  std::vector<std::string> active;
  std::vector<std::string> dropped;
};

// Callbacks are thread-safe.
struct RulesApiDeps {
  std::function<std::vector<alerting::RuleGroupSnapshot>()> groups;  // Ordered by file, then name.
  std::function<AlertmanagerUrls()> alertmanagers;
};

void RegisterRulesApi(Router& router, const RulesApiDeps& deps);

}  // namespace vigia::server
