#include "server/app/options.h"

#include <algorithm>
#include <array>
#include <charconv>

#include <fmt/format.h>

#include "config/schema/scalar_text.h"
#include "promql/parser/parse.h"
#include "server/app/flag_set.h"

namespace vigia::server {
namespace {

using storage::DurationMs;
using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

// A name that --enable-feature knows (surface.md 2.2). No sentence: on by default here, or about a part that this
// server does not have; accepted, and changes nothing.
struct Feature {
  std::string_view name;
  std::string_view sentence;
};
constexpr std::array kKnownFeatures = {
    Feature{"auto-reload-config", "The same as --config.auto-reload."},
    Feature{"concurrent-rule-eval", ""},
    Feature{"created-timestamp-zero-ingestion", "A series begins with a sample of 0 where its counting began."},
    Feature{"delayed-compaction", ""},
    Feature{"exemplar-storage", "Exemplars are kept, as many as storage.exemplars.max_exemplars says."},
    Feature{"extra-scrape-metrics",
            "Default of `extra_scrape_metrics`: scrape_timeout_seconds, scrape_sample_limit and "
            "scrape_body_size_bytes are stored."},
    Feature{"fast-startup", ""},
    Feature{"histograms-st-encoding", ""},
    Feature{"memory-snapshot-on-shutdown", ""},
    Feature{"metadata-wal-records", "Metadata that comes by remote write is kept, for /api/v1/metadata."},
    Feature{"native-histograms", ""},
    Feature{"old-ui", ""},
    Feature{"ooo-native-histograms", ""},
    Feature{"otlp-deltatocumulative", "OTLP metrics with delta temporality are added up, in memory."},
    Feature{"otlp-native-delta-ingestion", "OTLP metrics with delta temporality are stored as they come."},
    Feature{"promql-binop-fill-modifiers", "fill(), fill_left(), fill_right() of binary operators."},
    Feature{"promql-delayed-name-removal", "Metric names are taken off at the end of a query."},
    Feature{"promql-duration-expr", ""},
    Feature{"promql-experimental-functions", "Functions and aggregations that Prometheus calls experimental."},
    Feature{"promql-extended-range-selectors", "anchored and smoothed ranges."},
    Feature{"promql-per-step-stats", "stats=all tells samples step by step."},
    Feature{"search-api", "Names that fit a few letters, at /api/v1/search/metric_names and its like."},
    Feature{"st-storage", "Start timestamps are kept with samples."},
    Feature{"st-synthesis", ""},
    Feature{"type-and-unit-labels",
            "Type and unit of scraped and OTLP metrics become the labels __type__ and __unit__."},
    Feature{"use-start-timestamps", "rate() and its like look at start timestamps; start_timestamp()."},
    Feature{"use-uncached-io", ""},
    Feature{"xor2-encoding", ""}};

bool IsKnownFeature(std::string_view name) {
  return std::any_of(kKnownFeatures.begin(), kKnownFeatures.end(), [&](const Feature& f) { return f.name == name; });
}

FlagSet::Setter Text(std::string& out) {
  return [&out](std::string_view value) -> Status {
    out = value;
    return {};
  };
}

FlagSet::Setter OneOf(std::string& out, std::vector<std::string> choices) {
  return [&out, choices = std::move(choices)](std::string_view value) -> Status {
    if (std::find(choices.begin(), choices.end(), value) == choices.end()) {
      std::string list;
      for (const std::string& choice : choices) list += (list.empty() ? "" : ", ") + choice;
      return Error{Errc::kInvalid, "expected one of " + list};
    }
    out = value;
    return {};
  };
}

FlagSet::Setter Switch(bool& out) {
  return [&out](std::string_view value) -> Status {
    if (value != "true" && value != "false") return Error{Errc::kInvalid, "expected true or false"};
    out = value == "true";
    return {};
  };
}

FlagSet::Setter Duration(DurationMs& out) {
  return [&out](std::string_view value) -> Status {
    const auto parsed = promql::ParseDuration(value);
    if (parsed.has_error()) return Error{Errc::kInvalid, "expected a duration such as 15d or 1h30m"};
    out = *parsed;
    return {};
  };
}

FlagSet::Setter Size(std::uint64_t& out) {
  return [&out](std::string_view value) -> Status {
    const auto parsed = config::ParseSizeBytes(value);
    if (!parsed) return Error{Errc::kInvalid, "expected a size with a unit such as 512MB or 10GB"};
    out = *parsed;
    return {};
  };
}

template <class T>
FlagSet::Setter Number(T& out, T smallest) {
  return [&out, smallest](std::string_view value) -> Status {
    T parsed{};
    const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
    if (error != std::errc() || end != value.data() + value.size() || parsed < smallest) {
      return Error{Errc::kInvalid, fmt::format("expected a whole number of at least {}", smallest)};
    }
    out = parsed;
    return {};
  };
}

// A repeatable flag whose values are some of `choices`; the first one replaces the default.
FlagSet::Setter SomeOf(std::vector<std::string>& out, std::vector<std::string> choices) {
  return [&out, choices = std::move(choices), first = true](std::string_view value) mutable -> Status {
    std::string choice;
    if (auto status = OneOf(choice, choices)(value); status.has_error()) return status;
    if (first) out.clear();
    first = false;
    out.push_back(std::move(choice));
    return {};
  };
}

FlagSet::Setter Ignored() {
  return [](std::string_view) -> Status { return {}; };
}

void AddWebFlags(FlagSet& flags, Options& o) {
  flags.Add({"web.listen-address", "0.0.0.0:9090",
             "Address to listen on for the API, the pages and own metrics. Repeatable.", false, true,
             [&o, first = true](std::string_view value) mutable -> Status {
               if (first) o.listen_addresses.clear();
               first = false;
               if (value.find(':') == std::string_view::npos)
                 return Error{Errc::kInvalid, "expected host:port or :port"};
               o.listen_addresses.emplace_back(value);
               return {};
             }});
  flags.Add({"web.config.file", "", "File with TLS, basic authentication and header settings of the web server.", false,
             false, Text(o.web_config_file)});
  flags.Add({"web.read-timeout", "5m", "How long a request may take to be read, and an idle connection is kept.", false,
             false, Duration(o.web_read_timeout_ms)});
  flags.Add({"web.max-connections", "512", "Most simultaneous connections over all listeners.", false, false,
             Number(o.web_max_connections, 1)});
  flags.Add({"web.max-notifications-subscribers", "16",
             "Most subscribers of /api/v1/notifications/live at the same time.", false, false,
             Number(o.max_notifications_subscribers, 0)});
  flags.Add({"web.search.max-limit", "10000", "Most results of one search; 0: no limit.", false, false,
             Number(o.search_max_limit, std::uint64_t{0})});
  flags.Add({"web.external-url", "",
             "URL, or only its path, under which the server is reached from outside: links in alerts and pages.", false,
             false, Text(o.external_url)});
  flags.Add({"web.route-prefix", "", "Prefix of all routes. Default: the path of --web.external-url.", false, false,
             Text(o.route_prefix)});
  flags.Add({"web.enable-lifecycle", "false", "Allow shutdown and reload by HTTP request.", true, false,
             Switch(o.enable_lifecycle)});
  flags.Add({"web.enable-admin-api", "false", "Allow the admin endpoints.", true, false, Switch(o.enable_admin_api)});
  flags.Add({"web.enable-remote-write-receiver", "false", "Accept remote write requests at /api/v1/write.", true, false,
             Switch(o.enable_remote_write_receiver)});
  flags.Add({"web.remote-write-receiver.accepted-protobuf-messages",
             fmt::format("{},{}", Options::kRemoteWriteV1, Options::kRemoteWriteV2),
             "Message that the remote write receiver accepts. Repeatable.", false, true,
             SomeOf(o.remote_write_messages, {Options::kRemoteWriteV1, Options::kRemoteWriteV2})});
  flags.Add({"web.enable-otlp-receiver", "false", "Accept OTLP metrics at /api/v1/otlp/v1/metrics.", true, false,
             Switch(o.enable_otlp_receiver)});
  flags.Add({"web.page-title", "Vigía", "Title of the pages.", false, false, Text(o.page_title)});
  flags.Add({"web.cors.origin", ".*", "Origins that may read the API from a browser; an anchored regular expression.",
             false, false, Text(o.cors_origin)});
}

void AddStorageFlags(FlagSet& flags, Options& o) {
  flags.Add({"storage.tsdb.path", "data/", "Folder of the data.", false, false, Text(o.storage_path)});
  flags.Add({"storage.tsdb.retention.time", "",
             "How long samples are kept, e.g. 30d. 15d when neither time nor size is given.", false, false,
             Duration(o.retention_time_ms)});
  flags.Add({"storage.tsdb.retention.size", "",
             "Most bytes that the data folder may hold, e.g. 10GB; the oldest go first.", false, false,
             Size(o.retention_size_bytes)});
  flags.Add({"storage.remote.flush-deadline", "1m",
             "How long a stop waits for remotes that take what is left to be sent; the rest is sent after the start.",
             false, false, Duration(o.remote_flush_deadline_ms)});
  flags.Add({"storage.remote.read-sample-limit", "50000000",
             "Most samples that one query of remote read may select, unless it is streamed; 0: no limit.", false, false,
             Number(o.remote_read_sample_limit, std::uint64_t{0})});
  flags.Add({"storage.remote.read-concurrent-limit", "10",
             "Most remote read requests that run at the same time; 0: no limit.", false, false,
             Number(o.remote_read_concurrent_limit, 0)});
  flags.Add({"storage.remote.read-max-bytes-in-frame", "1048576",
             "Bytes after which a frame of a streamed remote read ends.", false, false,
             Number(o.remote_read_max_bytes_in_frame, std::uint64_t{1})});
  flags.Add({"storage.tsdb.no-lockfile", "false", "Do not lock the data folder.", true, false, Switch(o.no_lockfile)});
  flags.Add({"storage.wal.fsync", "interval",
             "When the log is forced to disk: interval (each second), always (each commit), never. Surviving a killed "
             "process "
             "needs none of them; they matter at a power failure.",
             false, false, OneOf(o.wal_fsync, {"interval", "always", "never"})});
  flags.Add(
      {"storage.min-free-space", "",
       "Samples are refused while the disk of the data has fewer free bytes. Default: 256MiB, but no more than 5 % "
       "of the disk.",
       false, false, [&o](std::string_view value) -> Status {
         std::uint64_t bytes = 0;
         if (auto status = Size(bytes)(value); status.has_error()) return status;
         o.min_free_bytes = bytes;
         return {};
       }});
}

void AddAlertFlags(FlagSet& flags, Options& o) {
  flags.Add({"rules.alert.for-outage-tolerance", "1h",
             "Longest outage after which the \"for\" state of alerts is restored.", false, false,
             Duration(o.alert_for_outage_tolerance_ms)});
  flags.Add({"rules.alert.for-grace-period", "10m",
             "Least time between an alert and its restored \"for\" state; only for alerts whose \"for\" is longer.",
             false, false, Duration(o.alert_for_grace_period_ms)});
  flags.Add({"rules.alert.resend-delay", "1m", "Least time before a firing alert is sent again.", false, false,
             Duration(o.alert_resend_delay_ms)});
  flags.Add({"alertmanager.notification-queue-capacity", "10000", "Alerts that may wait for one Alertmanager.", false,
             false, Number(o.notification_queue_capacity, 1)});
  flags.Add({"alertmanager.notification-batch-size", "256", "Most alerts in one request to an Alertmanager.", false,
             false, Number(o.notification_batch_size, 1)});
  flags.Add({"alertmanager.drain-notification-queue-on-shutdown", "true", "Send what is queued before stopping.", true,
             false, Switch(o.drain_notification_queue_on_shutdown)});
}

void AddQueryFlags(FlagSet& flags, Options& o) {
  flags.Add({"query.lookback-delta", "5m", "How far back a selector looks for its newest sample.", false, false,
             Duration(o.query_lookback_delta_ms)});
  flags.Add({"query.timeout", "2m", "Longest time a query may take.", false, false, Duration(o.query_timeout_ms)});
  flags.Add({"query.max-concurrency", "20", "Most queries that run at the same time; others wait.", false, false,
             Number(o.query_max_concurrency, 1)});
  flags.Add({"query.max-samples", "50000000", "Most samples that one query may hold in memory.", false, false,
             Number(o.query_max_samples, std::uint64_t{1})});
  flags.Add({"query.max-memory", "0B", "Most memory that all running queries may hold together; 0B: no limit.", false,
             false, Size(o.query_max_memory_bytes)});
  flags.Add({"query.range-cache-size", "64MB",
             "Memory for results of range queries, which dashboards ask for again and again; 0B: none are kept.", false,
             false, Size(o.query_range_cache_bytes)});
  flags.Add({"query.worker-threads", "-1",
             "Threads that help queries over many series, besides the one of each query; -1: one less than processors.",
             false, false, Number(o.query_worker_threads, -1)});
  flags.Add({"query.slow-log-threshold", "0s", "Queries that take at least so long are logged; 0s: none.", false, false,
             Duration(o.query_slow_log_ms)});
}

void AddGeneralFlags(FlagSet& flags, Options& o) {
  flags.Add({"help", "false", "Show this text.", true, false, Switch(o.help)});
  flags.Add({"version", "false", "Show the version.", true, false, Switch(o.version)});
  flags.Add({"config.file", "prometheus.yml", "The configuration.", false, false, Text(o.config_file)});
  flags.Add({"config.auto-reload", "false", "Reload when the configuration, or a file that it names, changes.", true,
             false, Switch(o.config_auto_reload)});
  flags.Add({"config.auto-reload-interval", "30s", "How often to look for such a change.", false, false,
             Duration(o.config_auto_reload_interval_ms)});
  flags.Add({"enable-feature", "", "Comma-separated names of features to enable. Repeatable.", false, true,
             [&o](std::string_view list) -> Status {
               while (!list.empty()) {
                 const std::size_t comma = std::min(list.find(','), list.size());
                 const std::string_view name = list.substr(0, comma);
                 list.remove_prefix(std::min(comma + 1, list.size()));
                 if (!name.empty()) (IsKnownFeature(name) ? o.features : o.unknown_features).emplace_back(name);
               }
               return {};
             }});
  flags.Add({"log.level", "info", "Least important messages to log: debug, info, warn, error.", false, false,
             OneOf(o.log_level, {"debug", "info", "warn", "error"})});
  flags.Add({"log.format", "logfmt", "logfmt or json.", false, false, OneOf(o.log_format, {"logfmt", "json"})});
}

// Accepted so that existing command lines start; they tune parts of Prometheus that have no counterpart here.
void AddIgnoredFlags(FlagSet& flags, Options& o) {
  flags.Add({"scrape.adjust-timestamps", "true", "Give a scrape that began close to its slot the time of the slot.",
             true, false, Switch(o.scrape_adjust_timestamps)});
  flags.Add({"scrape.timestamp-tolerance", "2ms", "How close is close.", false, false,
             Duration(o.scrape_timestamp_tolerance_ms)});
  constexpr std::pair<const char*, const char*> kValues[] = {{"scrape.discovery-reload-interval", "5s"},
                                                             {"rules.max-concurrent-evals", "4"},
                                                             {"storage.tsdb.min-block-duration", "2h"},
                                                             {"storage.tsdb.max-block-duration", ""},
                                                             {"storage.tsdb.wal-segment-size", "0B"},
                                                             {"storage.tsdb.wal-compression-type", "snappy"},
                                                             {"storage.tsdb.head-chunks-write-queue-size", "0"},
                                                             {"storage.tsdb.max-block-chunk-segment-size", "0B"},
                                                             {"storage.tsdb.samples-per-chunk", "120"},
                                                             {"storage.tsdb.block-reload-interval", "1m"},
                                                             {"storage.tsdb.delayed-compaction.max-percent", "10"},
                                                             {"storage.tsdb.delay-compact-file.path", ""},
                                                             {"web.user-assets", ""},
                                                             {"web.console.templates", "consoles"},
                                                             {"web.console.libraries", "console_libraries"},
                                                             {"auto-gomemlimit.ratio", "0.9"},
                                                             {"auto-gomemlimit.refresh-interval", "0s"}};
  for (const auto& [name, value] : kValues)
    flags.Add({name, value, "", false, false, Ignored(), FlagSet::Standing::kIgnored});
  constexpr std::pair<const char*, const char*> kSwitches[] = {{"auto-gomaxprocs", "true"},
                                                               {"auto-gomemlimit", "true"},
                                                               {"storage.tsdb.wal-compression", "true"},
                                                               {"storage.tsdb.allow-overlapping-compaction", "true"},
                                                               {"storage.tsdb.allow-overlapping-blocks", "true"}};
  for (const auto& [name, value] : kSwitches)
    flags.Add({name, value, "", true, false, Ignored(), FlagSet::Standing::kIgnored});
}

// Parts that do not exist yet are refused rather than silently left out.
void AddRefusedFlags(FlagSet& flags) {
  for (const char* name : {"agent"}) {
    flags.Add({name, "false", "", true, false,
               [](std::string_view value) -> Status {
                 if (value == "false") return {};
                 return Error{Errc::kInvalid, "this part is not supported yet"};
               },
               FlagSet::Standing::kRefused});
  }
}

void AddFlags(FlagSet& flags, Options& options) {
  AddGeneralFlags(flags, options);
  AddWebFlags(flags, options);
  AddStorageFlags(flags, options);
  AddAlertFlags(flags, options);
  AddQueryFlags(flags, options);
  AddIgnoredFlags(flags, options);
  AddRefusedFlags(flags);
}

}  // namespace

bool Options::HasFeature(std::string_view name) const {
  return std::find(features.begin(), features.end(), name) != features.end();
}

promql::ParserOptions Options::parser() const {
  return {.experimental_functions = HasFeature("promql-experimental-functions"),
          .extended_range_selectors = HasFeature("promql-extended-range-selectors"),
          .binop_fill_modifiers = HasFeature("promql-binop-fill-modifiers")};
}

config::LoadOptions Options::load() const { return {.extra_scrape_metrics = HasFeature("extra-scrape-metrics")}; }

storage::StartUse Options::start_use() const {
  return {.stored = HasFeature("st-storage"), .as_zeros = HasFeature("created-timestamp-zero-ingestion")};
}

Result<Options> ParseOptions(const std::vector<std::string>& arguments) {
  Options options;
  FlagSet flags;
  AddFlags(flags, options);
  if (auto status = flags.Parse(arguments); status.has_error()) return status.error();
  options.config_auto_reload = options.config_auto_reload || options.HasFeature("auto-reload-config");
  options.values = flags.Values();
  return options;
}

std::string UsageText() {
  Options options;
  FlagSet flags;
  AddFlags(flags, options);
  return "usage: vigia [<flags>]\n\nThe Vigía monitoring server\n\nFlags:\n" + flags.Help();
}

std::string FlagReference() {
  Options options;
  FlagSet flags;
  AddFlags(flags, options);
  std::string out = flags.Reference() + "\n`--enable-feature` knows these names:\n\n| name | meaning |\n|---|---|\n";
  std::string idle;
  for (const Feature& feature : kKnownFeatures) {
    if (feature.sentence.empty()) {
      idle += fmt::format("{}`{}`", idle.empty() ? "" : ", ", feature.name);
    } else {
      out += fmt::format("| `{}` | {} |\n", feature.name, feature.sentence);
    }
  }
  return out +
         "\nAccepted without effect, because they are on by default here or about parts that this server does not "
         "have: " +
         idle + ".\n";
}

std::string VersionText() { return fmt::format("vigia, version {} (Prometheus 3.14 compatible)\n", VIGIA_VERSION); }

}  // namespace vigia::server
