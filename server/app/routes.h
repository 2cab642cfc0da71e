// Every path that the server answers, connected to the parts that answer it.
#pragma once

#include <functional>
#include <string>

#include "alerting/rules/manager.h"
#include "config/schema/otlp_config.h"
#include "promql/engine/engine.h"
#include "server/api/admin_api.h"
#include "server/api/notice_board.h"
#include "server/api/retention_api.h"
#include "server/api/status_api.h"
#include "server/app/notifications.h"
#include "server/app/options.h"
#include "server/http/router.h"
#include "server/log/log.h"
#include "server/remote/metadata_store.h"
#include "server/scrape/manager.h"
#include "storage/api/exemplars.h"
#include "storage/api/querier.h"
#include "storage/model/clock.h"
#include "storage/telemetry/registry.h"

namespace vigia::server {

// References outlive the router.
struct RouteParts {
  storage::Registry& registry;
  const storage::Queryable& storage;        // With the samples of remotes.
  const storage::Queryable& local_storage;  // Without.
  const storage::ExemplarQueryable& exemplars;
  storage::Appendable& appendable;
  promql::Engine& engine;
  const ScrapeManager& scrape;
  const alerting::RuleManager& rules;
  const Notifications& notifications;
  NoticeBoard& notices;
  storage::Clock clock;
  std::string external_url;
  std::string route_prefix;
  const Options& options;
  Logger log;
  std::function<storage::Labels()> external_labels;
  MetadataStore* written_metadata = nullptr;  // Of remote write; null: not kept.
  std::function<bool()> sends_on;             // There are remotes.
  std::function<config::OtlpConfig()> otlp_config;
  StatusApiDeps status;
  AdminApiDeps admin;
  RetentionApiDeps retention;
  LifecycleDeps lifecycle;
};

void RegisterRoutes(Router& router, RouteParts parts);

}  // namespace vigia::server
