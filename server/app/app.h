// The composition root: owns every part of the server as a member, in order of dependency, and connects them.
#pragma once

#include <atomic>
#include <memory>
#include <mutex>
#include <string>

#include "alerting/rules/manager.h"
#include "promql/engine/engine.h"
#include "server/api/notice_board.h"
#include "server/api/rules_api.h"
#include "server/api/status_api.h"
#include "server/app/loaded_config.h"
#include "server/app/notifications.h"
#include "server/app/options.h"
#include "server/app/web_address.h"
#include "server/discovery/manager.h"
#include "server/http/io_threads.h"
#include "server/http/server.h"
#include "server/log/log.h"
#include "server/reader/joined_queryable.h"
#include "server/remote/metadata_store.h"
#include "server/scrape/manager.h"
#include "server/sender/manager.h"
#include "storage/model/clock.h"
#include "storage/telemetry/registry.h"
#include "storage/tsdb/tsdb.h"

namespace vigia::server {

class App {
 public:
  // Opens storage and builds everything; nothing runs yet. `loaded` is the first configuration.
  static storage::Result<std::unique_ptr<App>> Create(Options options, LoadedConfig loaded, Logger log);
  ~App();
  App(const App&) = delete;
  App& operator=(const App&) = delete;

  // Listens, applies the first configuration, starts scraping and rules. Fails when an address cannot be bound.
  storage::Status Start();

  // Reads the configuration again. Either all of it takes effect, or nothing changes and the error says why.
  // Thread-safe, one at a time.
  storage::Status Reload();

  // Called when somebody posts to /-/quit. Set before Start().
  void OnQuit(std::function<void()> quit) { quit_ = std::move(quit); }

  // Stops scraping and rules, sends what is queued, stops serving, closes storage. Idempotent.
  storage::Status Stop();

  std::uint16_t port() const { return web_->port(); }
  // What is answered; complete after Start().
  const Router& router() const { return router_; }

 private:
  App(Options options, Logger log, WebAddress address);
  storage::Status Build(LoadedConfig loaded);
  void BuildReader();
  void BuildSender();
  storage::Status Apply(const LoadedConfig& loaded);
  void ApplyQueryLog(const std::string& path);
  RuntimeStatus Runtime() const;
  storage::Result<std::string> TakeSnapshot();
  TsdbStatus TsdbInfo(std::size_t limit) const;
  std::vector<BlockStatus> Blocks() const;
  config::ConfigPtr CurrentConfig() const;

  const Options options_;
  const Logger log_;
  const WebAddress address_;
  const storage::Clock clock_;
  const storage::TimestampMs start_ms_;

  storage::Registry registry_;
  storage::Gauge& reload_ok_;
  storage::Gauge& retention_percentage_;
  storage::Gauge& reload_seconds_;
  storage::Gauge& ready_gauge_;

  NoticeBoard notices_;

  mutable std::mutex config_mu_;  // Guards loaded_. Never held while something is applied.
  LoadedConfig loaded_;
  std::mutex reload_mu_;  // One reload at a time. Taken before config_mu_.
  std::atomic<bool> ready_{false};
  std::atomic<bool> stopping_{false};
  std::function<void()> quit_;

  std::unique_ptr<storage::Tsdb> tsdb_;
  std::unique_ptr<promql::Engine> engine_;
  IoThreads io_;
  std::unique_ptr<RemoteReads> remote_reads_;
  std::unique_ptr<MetadataStore> written_metadata_;  // Null without the feature.
  std::unique_ptr<JoinedQueryable> queryable_;       // What queries read: tsdb_ and the remotes.
  std::unique_ptr<RemoteWriteSender> sender_;        // Told of commits: before all that commits.
  std::unique_ptr<Notifications> notifications_;
  std::unique_ptr<alerting::RuleManager> rules_;
  std::unique_ptr<ScrapeManager> scrape_;
  std::unique_ptr<DiscoveryManager> scrape_discovery_;
  Router router_;
  std::unique_ptr<HttpServer> web_;  // Last built, first gone: stop answering before storage closes.
};

}  // namespace vigia::server
