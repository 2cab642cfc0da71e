#include "server/app/app.h"

#include <ctime>
#include <filesystem>
#include <random>

#include <fmt/format.h>
#include <unistd.h>

#include "config/schema/scalar_text.h"
#include "promql/parser/parse.h"
#include "server/api/query_log_file.h"
#include "server/api/slow_query_log.h"
#include "server/app/features.h"
#include "server/app/metadata_to_send.h"
#include "server/app/process_metrics.h"
#include "server/app/remote_transport.h"
#include "server/app/retention.h"
#include "server/app/routes.h"
#include "server/app/web_security_file.h"
#include "server/discovery/client_config.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Status;

constexpr const char* kUserAgent = "Prometheus/3.14.0 (Vigia/" VIGIA_VERSION ")";

// Local storage may lack what came in its first hours: Prometheus' margin, twice the length of a block.
constexpr storage::DurationMs kLocalStartMarginMs = 4 * 3'600'000;

std::string HostName() {
  char name[256] = {};
  return gethostname(name, sizeof(name) - 1) == 0 ? name : "localhost";
}

storage::LogSink StorageLog(const Logger& log) {
  return [log = log.With({{"component", "tsdb"}})](storage::LogLevel level, std::string_view text) {
    switch (level) {
      case storage::LogLevel::kInfo: log.Info(text); return;
      case storage::LogLevel::kWarning: log.Warn(text); return;
      case storage::LogLevel::kError: log.Error(text); return;
    }
  };
}

std::size_t MaxExemplars(const Options& options, const config::Config& config) {
  if (!options.HasFeature("exemplar-storage")) return 0;
  return static_cast<std::size_t>(std::max<std::int64_t>(0, config.storage.max_exemplars()));
}

storage::TsdbOptions StorageOptions(const Options& options, const LoadedConfig& loaded, const Logger& log) {
  storage::TsdbOptions out;
  out.path = options.storage_path;
  out.no_lockfile = options.no_lockfile;
  out.out_of_order_window_ms = loaded.config->storage.out_of_order_time_window_ms();
  out.durability = options.wal_fsync == "always"  ? storage::Durability::kEveryBatch
                   : options.wal_fsync == "never" ? storage::Durability::kNever
                                                  : storage::Durability::kEverySecond;
  out.max_exemplars = MaxExemplars(options, *loaded.config);
  out.min_free_bytes = options.min_free_bytes;
  out.log = StorageLog(log);
  return out;
}

promql::EngineOptions EngineOptionsOf(const Options& options, const config::Config& config, const Logger& log) {
  promql::EngineOptions out;
  out.lookback_delta_ms = options.query_lookback_delta_ms;
  out.timeout_ms = options.query_timeout_ms;
  out.max_concurrency = options.query_max_concurrency;
  out.max_samples = options.query_max_samples;
  out.max_memory_bytes = options.query_max_memory_bytes;
  out.range_cache_bytes = options.query_range_cache_bytes;
  out.slow_query_ms = options.query_slow_log_ms;
  if (options.query_worker_threads >= 0) out.worker_threads = static_cast<std::size_t>(options.query_worker_threads);
  out.on_slow_query = SlowQueryLog(log.With({{"component", "query"}}));
  out.default_subquery_step_ms = config.global.evaluation_interval_ms;
  out.parser = options.parser();
  out.delayed_name_removal = options.HasFeature("promql-delayed-name-removal");
  out.use_start_timestamps = options.HasFeature("use-start-timestamps");
  out.per_step_stats = options.HasFeature("promql-per-step-stats");
  return out;
}

}  // namespace

App::App(Options options, Logger log, WebAddress address)
    : options_(std::move(options)),
      log_(std::move(log)),
      address_(std::move(address)),
      clock_(storage::SystemClock()),
      start_ms_(clock_()),
      reload_ok_(registry_.AddGauge("prometheus_config_last_reload_successful",
                                    "Whether the last configuration reload attempt was successful.")),
      retention_percentage_(registry_.AddGauge("prometheus_tsdb_retention_limit_percentage",
                                               "Max percentage of total storage space to be retained in the tsdb "
                                               "blocks, configured 0 means disabled.")),
      reload_seconds_(registry_.AddGauge("prometheus_config_last_reload_success_timestamp_seconds",
                                         "Timestamp of the last successful configuration reload.")),
      ready_gauge_(registry_.AddGauge("prometheus_ready",
                                      "Whether Prometheus startup was fully completed and the server is "
                                      "ready for normal operation.")),
      notices_(clock_, registry_, static_cast<std::size_t>(options_.max_notifications_subscribers)),
      io_(1) {
  RegisterProcessMetrics(registry_, start_ms_);
}

App::~App() {
  if (const auto status = Stop(); status.has_error())
    log_.Error("Storage did not close well", {{"err", status.error().what}});
}

storage::Result<std::unique_ptr<App>> App::Create(Options options, LoadedConfig loaded, Logger log) {
  auto address =
      ResolveWebAddress(options.external_url, options.route_prefix, HostName(), options.listen_addresses.front());
  if (address.has_error()) return address.error();
  std::unique_ptr<App> app(new App(std::move(options), std::move(log), std::move(*address)));
  if (auto status = app->Build(std::move(loaded)); status.has_error()) return status.error();
  return app;
}

Status App::Build(LoadedConfig loaded) {
  auto tsdb = storage::Tsdb::Open(StorageOptions(options_, loaded, log_), registry_);
  if (tsdb.has_error()) return storage::Prefixed(tsdb.error(), "opening storage failed");
  tsdb_ = std::move(*tsdb);
  BuildReader();
  BuildSender();
  if (options_.HasFeature("metadata-wal-records") && options_.enable_remote_write_receiver) {
    written_metadata_ = std::make_unique<MetadataStore>(options_.storage_path + "/remote_metadata", registry_, clock_,
                                                        log_.With({{"component", "remote write"}}));
  }
  engine_ = std::make_unique<promql::Engine>(EngineOptionsOf(options_, *loaded.config, log_), *queryable_, registry_);
  alerting::NotifyOptions notify;
  notify.queue_capacity = static_cast<std::size_t>(options_.notification_queue_capacity);
  notify.max_batch = static_cast<std::size_t>(options_.notification_batch_size);
  notify.drain_on_shutdown = options_.drain_notification_queue_on_shutdown;
  notifications_ = std::make_unique<Notifications>(notify, io_.executor(), kUserAgent, registry_, log_);
  alerting::RuleDeps deps;
  deps.query = [this](const alerting::RuleQuery& query) {
    promql::QueryRequest request;
    request.text = query.text;
    request.start_ms = request.end_ms = query.at_ms;
    request.cancel = query.cancel;
    request.origin.kind = promql::OriginKind::kRule;
    request.origin.rule_file = query.file;
    request.origin.rule_group = query.group;
    return engine_->Execute(request);
  };
  deps.appendable = tsdb_.get();
  deps.notify = [this](std::span<const alerting::FiredAlert> alerts) { notifications_->Send(alerts); };
  deps.now = clock_;
  deps.last_samples = alerting::LastSamplesOf(*queryable_);
  deps.warn = [log = log_.With({{"component", "rule manager"}})](std::string_view text) { log.Warn(text); };
  deps.external_url = address_.external_url;
  alerting::RuleOptions rules;
  rules.outage_tolerance_ms = options_.alert_for_outage_tolerance_ms;
  rules.for_grace_period_ms = options_.alert_for_grace_period_ms;
  rules.resend_delay_ms = options_.alert_resend_delay_ms;
  rules_ = std::make_unique<alerting::RuleManager>(std::move(deps), rules, registry_);
  ScrapeManagerOptions scrape;
  scrape.user_agent = kUserAgent;
  scrape.exemplars = options_.HasFeature("exemplar-storage");
  scrape.starts = options_.start_use();
  scrape.type_and_unit_labels = options_.HasFeature("type-and-unit-labels");
  scrape.timestamp_tolerance_ms = options_.scrape_adjust_timestamps ? options_.scrape_timestamp_tolerance_ms : -1;
  scrape_ = std::make_unique<ScrapeManager>(scrape, *tsdb_, registry_, log_, clock_);
  scrape_discovery_ = std::make_unique<DiscoveryManager>(
      "scrape", kUserAgent,
      [this](const std::string& job, std::vector<TargetGroup> groups) { scrape_->SetTargets(job, std::move(groups)); },
      registry_, log_.With({{"component", "discovery manager scrape"}}));
  const std::lock_guard lock(config_mu_);
  loaded_ = std::move(loaded);
  return {};
}

void App::BuildReader() {
  remote_reads_ = std::make_unique<RemoteReads>(RemoteReadsDeps{
      .executor = io_.executor(), .registry = registry_, .client = [](const config::RemoteReadConfig& remote) {
        return ToClientOptions(remote.http, kUserAgent);
      }});
  queryable_ = std::make_unique<JoinedQueryable>(*tsdb_, *remote_reads_, [this] {
    const storage::TimestampMs oldest = tsdb_->MinTime();
    return (oldest == storage::kMaxTimestampMs ? clock_() : oldest) + kLocalStartMarginMs;
  });
}

void App::BuildSender() {
  SenderDeps deps{.queue = {.storage = *tsdb_,
                            .labels_of = [this](storage::SeriesRef ref) { return tsdb_->LabelsOf(ref); },
                            .metadata = [this] { return MetadataToSend(scrape_->Metadata()); },
                            .clock = clock_,
                            .log = log_.With({{"component", "remote"}})},
                  .registry = registry_,
                  .transport =
                      [this](const config::RemoteWriteConfig& remote) {
                        return MakeRemoteTransport(io_.executor(), kUserAgent, remote);
                      },
                  .folder = options_.storage_path + "/remote_write",
                  .flush_deadline_ms = options_.remote_flush_deadline_ms};
  sender_ = std::make_unique<RemoteWriteSender>(std::move(deps));
  tsdb_->SetCommitListener(sender_.get());
}

Status App::Start() {
  RegisterRoutes(
      router_,
      RouteParts{.registry = registry_,
                 .storage = *queryable_,
                 .local_storage = *tsdb_,
                 .exemplars = *tsdb_,
                 .appendable = *tsdb_,
                 .engine = *engine_,
                 .scrape = *scrape_,
                 .rules = *rules_,
                 .notifications = *notifications_,
                 .notices = notices_,
                 .clock = clock_,
                 .external_url = address_.external_url,
                 .route_prefix = address_.route_prefix,
                 .options = options_,
                 .log = log_,
                 .external_labels = [this] { return CurrentConfig()->global.external_labels; },
                 .written_metadata = written_metadata_.get(),
                 .sends_on = [this] { return sender_->any(); },
                 .otlp_config = [this] { return CurrentConfig()->otlp; },
                 .status = {.config_yaml = [this] { return config::ToYaml(*CurrentConfig()); },
                            .flags = [this] { return options_.values; },
                            .runtime = [this] { return Runtime(); },
                            .tsdb = [this](std::size_t limit) { return TsdbInfo(limit); },
                            .blocks = [this] { return Blocks(); },
                            .features = [this] { return FeaturesOf(options_); },
                            .clock = clock_},
                 .admin = {.enabled = options_.enable_admin_api,
                           .snapshot = [this] { return TakeSnapshot(); },
                           .compact = [this] { return tsdb_->RunMaintenance(storage::Tsdb::Maintenance::kEverything); },
                           .delete_series = [this](auto matchers, auto from,
                                                   auto to) { return tsdb_->DeleteSeries(matchers, from, to); },
                           .clean_tombstones = [this] { return tsdb_->CleanTombstones(); }},
                 .retention = MakeRetentionApi(*tsdb_, options_, [this] { return CurrentConfig(); }),
                 .lifecycle = {.enabled = options_.enable_lifecycle,
                               .ready = [this] { return ready_ && !tsdb_->WritesStopped(); },
                               .stopping = [this] { return stopping_.load(); },
                               .reload = [this] { return Reload(); },
                               .quit =
                                   [this] {
                                     if (quit_) quit_();
                                   }}});
  HttpServerOptions web;
  web.listen = options_.listen_addresses;
  web.route_prefix = address_.route_prefix.empty() ? "/" : address_.route_prefix;
  web.cors_origin = options_.cors_origin;
  web.max_connections = static_cast<std::size_t>(options_.web_max_connections);
  web.read_timeout_ms = options_.web_read_timeout_ms;
  web.worker_threads =
      options_.query_max_concurrency + 4;  // Queries that wait for their turn must not hold up the rest.
  if (!options_.web_config_file.empty()) web.security = WebSecurityFromFile(options_.web_config_file);
  web_ = std::make_unique<HttpServer>(web, router_, registry_, log_.With({{"component", "web"}}));
  if (auto status = web_->Start(); status.has_error()) return status;
  const std::lock_guard reload_lock(reload_mu_);
  LoadedConfig loaded;
  {
    const std::lock_guard lock(config_mu_);
    loaded = loaded_;
  }
  if (auto status = Apply(loaded); status.has_error()) return status;
  rules_->Start();
  ready_ = true;
  ready_gauge_.Set(1);
  return {};
}

Status App::Apply(const LoadedConfig& loaded) {
  for (const std::string& warning : loaded.config->warnings) log_.Warn(warning);
  // The only step that may refuse what was read and checked comes first.
  if (auto status = rules_->Update(loaded.rule_files, loaded.config->global); status.has_error()) return status;
  const Retention retention = RetentionOf(options_, *loaded.config);
  auto kept = tsdb_->SetRetention(retention.time_ms, retention.size_bytes, PoliciesOf(*loaded.config));
  if (kept.has_error()) log_.Error("retention policies are not in force: " + kept.error().what);
  const auto downsampled = tsdb_->SetDownsampling(DownsamplingOf(*loaded.config));
  if (downsampled.has_error()) log_.Error("rules of downsampling are not in force: " + downsampled.error().what);
  retention_percentage_.Set(retention.percentage);
  tsdb_->SetOutOfOrderWindow(loaded.config->storage.out_of_order_time_window_ms());
  if (auto resized = tsdb_->SetMaxExemplars(MaxExemplars(options_, *loaded.config)); resized.has_error()) {
    log_.Error("Exemplars could not be rewritten", {{"err", resized.error().what}});
  }
  engine_->SetDefaultSubqueryStep(loaded.config->global.evaluation_interval_ms);
  ApplyQueryLog(loaded.config->global.query_log_file);
  // Before the jobs: what they bring is sent.
  Status remotes = sender_->Apply(*loaded.config);
  if (auto reading = remote_reads_->Apply(*loaded.config); reading.has_error()) remotes = reading;
  auto scraping = scrape_->Apply(loaded.config);
  std::map<std::string, config::DiscoveryConfig> jobs;
  for (const config::ScrapeConfig& job : loaded.config->scrape_configs) jobs.emplace(job.job_name, job.discovery);
  scrape_discovery_->Apply(jobs);
  notifications_->Apply(loaded.config);
  {
    const std::lock_guard lock(config_mu_);
    loaded_ = loaded;
  }
  Status status = scraping.has_error() ? scraping : remotes;
  reload_ok_.Set(status.has_error() ? 0 : 1);
  notices_.Set(NoticeBoard::kReloadFailed, status.has_error());
  if (status.has_value()) reload_seconds_.Set(static_cast<double>(clock_()) / 1000);
  return status;
}

// A log that cannot be opened must not keep a good configuration from taking effect.
void App::ApplyQueryLog(const std::string& path) {
  if (path.empty()) {
    engine_->SetQueryLog(nullptr);
    return;
  }
  auto opened = OpenQueryLog(path, clock_);
  if (opened.has_error()) {
    log_.Error("Cannot open the query log", {{"file", path}, {"err", opened.error().what}});
    return;
  }
  engine_->SetQueryLog(std::move(*opened));
}

Status App::Reload() {
  const std::lock_guard reload_lock(reload_mu_);
  if (stopping_) return Error{Errc::kUnavailable, "the server is stopping"};
  auto loaded = LoadAll(options_.config_file, options_.parser(), options_.load());
  Status status = loaded.has_error() ? Status(loaded.error()) : Apply(*loaded);
  if (status.has_error()) reload_ok_.Set(0);
  notices_.Set(NoticeBoard::kReloadFailed, status.has_error());
  return status;
}

Status App::Stop() {
  if (stopping_.exchange(true)) return {};
  ready_ = false;
  ready_gauge_.Set(0);
  notices_.Set(NoticeBoard::kStopping, true);
  const std::lock_guard reload_lock(reload_mu_);
  if (scrape_discovery_) scrape_discovery_->Stop();
  if (scrape_) scrape_->Stop();
  if (rules_) rules_->Stop();
  if (notifications_) notifications_->Stop();
  if (web_) web_->Stop();
  if (sender_) sender_->Stop();
  if (written_metadata_) {
    if (auto saved = written_metadata_->Save(); saved.has_error()) log_.Error(saved.error().what);
  }
  return tsdb_ ? tsdb_->Close() : Status();
}

config::ConfigPtr App::CurrentConfig() const {
  const std::lock_guard lock(config_mu_);
  return loaded_.config;
}

RuntimeStatus App::Runtime() const {
  RuntimeStatus status;
  status.start_time_ms = start_ms_;
  std::error_code error;
  status.working_directory = std::filesystem::current_path(error).string();
  status.host_name = HostName();
  status.reload_ok = reload_ok_.value() == 1;
  status.last_config_ms = static_cast<storage::TimestampMs>(reload_seconds_.value() * 1000);
  status.storage_retention = ToString(RetentionOf(options_, *CurrentConfig()));
  return status;
}

// The name is that of the reference: the time in UTC and sixteen hexadecimal digits that make it unique.
storage::Result<std::string> App::TakeSnapshot() {
  const auto now_s = static_cast<std::time_t>(clock_() / 1000);
  std::tm utc{};
  gmtime_r(&now_s, &utc);
  char time[32] = {};
  std::strftime(time, sizeof(time), "%Y%m%dT%H%M%SZ", &utc);
  std::random_device random;
  const std::string name = fmt::format("{}-{:08x}{:08x}", time, random(), random());
  const std::filesystem::path folder = std::filesystem::path(options_.storage_path) / "snapshots";
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (error) return Error{Errc::kIo, fmt::format("{}: {}", folder.string(), error.message())};
  if (auto status = tsdb_->Snapshot((folder / name).string()); status.has_error()) return status.error();
  return name;
}

std::vector<BlockStatus> App::Blocks() const {
  std::vector<BlockStatus> out;
  for (const storage::RunStats& run : tsdb_->Runs()) {
    out.push_back({run.id, run.tier + 1, run.min_t, run.max_t, run.samples, run.series, run.groups});
  }
  return out;
}

TsdbStatus App::TsdbInfo(std::size_t limit) const {
  const storage::TsdbStats stats = tsdb_->Stats(limit);
  const auto counts = [](const auto& list) {
    std::vector<NamedCount> out;
    out.reserve(list.size());
    for (const auto& entry : list) out.push_back({entry.name, entry.value});
    return out;
  };
  TsdbStatus status;
  status.series = stats.series;
  status.label_pairs = stats.label_pairs;
  status.chunks = stats.chunks;
  status.min_time_ms = stats.min_time_ms;
  status.max_time_ms = stats.max_time_ms;
  status.series_by_metric_name = counts(stats.series_by_metric_name);
  status.values_by_label_name = counts(stats.label_values_by_label_name);
  status.bytes_by_label_name = counts(stats.memory_bytes_by_label_name);
  status.series_by_label_pair = counts(stats.series_by_label_pair);
  return status;
}

}  // namespace vigia::server
