#include "server/api/status_api.h"

#include <algorithm>
#include <charconv>
#include <thread>

#include <fmt/format.h>

#include "server/api/envelope.h"
#include "server/json/rfc3339.h"

namespace vigia::server {
namespace {

constexpr std::size_t kDefaultTsdbLimit = 10;
constexpr std::size_t kMaxTsdbLimit = 10'000;

void AppendBuildInfo(JsonWriter& json) {
  // Clients gate features on the version of Prometheus that they talk to; ours stands in `revision`.
  json.BeginObject();
  json.Field("version", "3.14.0").Field("revision", "vigia-" VIGIA_VERSION).Field("branch", "main");
  json.Field("buildUser", "").Field("buildDate", "").Field("goVersion", "");
  json.EndObject();
}

Response BuildInfo() {
  std::string data;
  JsonWriter json(data);
  AppendBuildInfo(json);
  return ApiSuccess(data);
}

Response Config(const StatusApiDeps& deps) {
  std::string data;
  JsonWriter(data).BeginObject().Field("yaml", deps.config_yaml()).EndObject();
  return ApiSuccess(data);
}

Response Flags(const StatusApiDeps& deps) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  for (const auto& [name, value] : deps.flags()) json.Field(name, value);
  json.EndObject();
  return ApiSuccess(data);
}

Response RuntimeInfo(const StatusApiDeps& deps) {
  const RuntimeStatus runtime = deps.runtime();
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  json.Field("startTime", FormatRfc3339Ms(runtime.start_time_ms)).Field("CWD", runtime.working_directory);
  json.Field("hostname", runtime.host_name).Field("serverTime", FormatRfc3339Ms(deps.clock()));
  json.Key("reloadConfigSuccess").Bool(runtime.reload_ok);
  json.Field("lastConfigTime", FormatRfc3339Ms(runtime.last_config_ms));
  json.Key("corruptionCount").Uint(runtime.corruptions);
  // Keys that the reference has because of its language: the nearest thing here.
  json.Key("goroutineCount").Uint(0).Key("GOMAXPROCS").Uint(std::thread::hardware_concurrency());
  json.Key("GOMEMLIMIT").Uint(0).Field("GOGC", "").Field("GODEBUG", "");
  json.Field("storageRetention", runtime.storage_retention).EndObject();
  return ApiSuccess(data);
}

// Serving begins when the replay has ended.
Response WalReplay() { return ApiSuccess(R"({"min":0,"max":0,"current":0})"); }

Response Features(const StatusApiDeps& deps) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject();
  for (const auto& [category, features] : deps.features()) {
    json.Key(category).BeginObject();
    for (const auto& [name, on] : features) json.Key(name).Bool(on);
    json.EndObject();
  }
  json.EndObject();
  return ApiSuccess(data);
}

// 26 digits of base 32: 48 bits of time and 80 that make it unique (github.com/ulid/spec).
std::string Ulid(storage::TimestampMs t, std::uint64_t id) {
  constexpr char kDigits[] = "0123456789ABCDEFGHJKMNPQRSTVWXYZ";
  std::string out(26, '0');
  auto time = static_cast<std::uint64_t>(std::max<storage::TimestampMs>(0, t)) & ((std::uint64_t{1} << 48) - 1);
  for (std::size_t i = 10; i-- > 0; time >>= 5) out[i] = kDigits[time & 31];
  for (std::size_t i = 26; i-- > 10; id >>= 5) out[i] = kDigits[id & 31];
  return out;
}

// The end of a block is exclusive.
Response Blocks(const StatusApiDeps& deps) {
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("blocks").BeginArray();
  for (const BlockStatus& block : deps.blocks()) {
    const std::string ulid = Ulid(block.min_time_ms, block.id);
    json.BeginObject().Field("ulid", ulid);
    json.Key("minTime").Int(block.min_time_ms).Key("maxTime").Int(block.max_time_ms + 1);
    json.Key("stats").BeginObject().Key("numSamples").Uint(block.samples).Key("numSeries").Uint(block.series);
    json.Key("numChunks").Uint(block.chunks).EndObject();
    json.Key("compaction").BeginObject().Key("level").Int(block.level).Key("sources").BeginArray().String(ulid);
    json.EndArray().EndObject().Key("version").Int(1).EndObject();
  }
  json.EndArray().EndObject();
  return ApiSuccess(data);
}

void AppendCounts(JsonWriter& json, std::string_view key, const std::vector<NamedCount>& counts) {
  json.Key(key).BeginArray();
  for (const NamedCount& count : counts)
    json.BeginObject().Field("name", count.name).Key("value").Uint(count.value).EndObject();
  json.EndArray();
}

Response Tsdb(const StatusApiDeps& deps, const Request& http) {
  std::size_t limit = kDefaultTsdbLimit;
  if (const auto text = http.params.Get("limit"); !text.empty()) {
    const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), limit);
    if (error != std::errc() || end != text.data() + text.size() || limit < 1) {
      return ApiError(ApiErrorType::kBadData, "limit must be a positive number");
    }
    if (limit > kMaxTsdbLimit) {
      return ApiError(ApiErrorType::kBadData, fmt::format("limit must not exceed {}", kMaxTsdbLimit));
    }
  }
  const TsdbStatus status = deps.tsdb(limit);
  std::string data;
  JsonWriter json(data);
  json.BeginObject().Key("headStats").BeginObject();
  json.Key("numSeries").Uint(status.series).Key("numLabelPairs").Uint(status.label_pairs);
  json.Key("chunkCount")
      .Uint(status.chunks)
      .Key("minTime")
      .Int(status.min_time_ms)
      .Key("maxTime")
      .Int(status.max_time_ms);
  json.EndObject();
  AppendCounts(json, "seriesCountByMetricName", status.series_by_metric_name);
  AppendCounts(json, "labelValueCountByLabelName", status.values_by_label_name);
  AppendCounts(json, "memoryInBytesByLabelName", status.bytes_by_label_name);
  AppendCounts(json, "seriesCountByLabelValuePair", status.series_by_label_pair);
  json.EndObject();
  return ApiSuccess(data);
}

Response Text(int status, std::string text) {
  Response response;
  response.status = status;
  response.body = std::move(text);
  return response;
}

Response NotReady(const LifecycleDeps& deps) {
  Response response = Text(503, "Service Unavailable");
  response.headers.Set("X-Prometheus-Stopping", deps.stopping() ? "true" : "false");
  return response;
}

Response OnlyPost() {
  Response response = Text(405, "Only POST or PUT requests allowed");
  response.headers.Set("Allow", "POST, PUT");
  return response;
}

Handler Guarded(const LifecycleDeps& deps, Handler handler) {
  if (deps.enabled) return handler;
  return [](const Request&) { return Text(403, "Lifecycle API is not enabled."); };
}

}  // namespace

void RegisterStatusApi(Router& router, const StatusApiDeps& deps) {
  const std::vector<std::string> get = {"GET"};
  router.Add(get, "/api/v1/status/buildinfo", [](const Request&) { return BuildInfo(); });
  router.Add(get, "/api/v1/status/config", [deps](const Request&) { return Config(deps); });
  router.Add(get, "/api/v1/status/flags", [deps](const Request&) { return Flags(deps); });
  router.Add(get, "/api/v1/status/runtimeinfo", [deps](const Request&) { return RuntimeInfo(deps); });
  router.Add({"GET"}, "/api/v1/status/walreplay", [](const Request&) { return WalReplay(); });
  router.Add({"GET"}, "/api/v1/status/tsdb/blocks", [deps](const Request&) { return Blocks(deps); });
  router.Add({"GET"}, "/api/v1/features", [deps](const Request&) { return Features(deps); });
  router.Add(get, "/api/v1/status/tsdb", [deps](const Request& http) { return Tsdb(deps, http); });
  router.Add({"GET"}, "/version", [](const Request&) {
    Response response;
    response.content_type = "application/json";
    JsonWriter json(response.body);
    AppendBuildInfo(json);
    return response;
  });
}

void RegisterLifecycle(Router& router, const LifecycleDeps& deps) {
  router.Add({"GET"}, "/-/healthy", [](const Request&) { return Text(200, "Prometheus Server is Healthy.\n"); });
  router.Add({"GET"}, "/-/ready",
             WhenReady(deps, [](const Request&) { return Text(200, "Prometheus Server is Ready.\n"); }));
  const std::vector<std::string> change = {"POST", "PUT"};
  router.Add(change, "/-/reload", Guarded(deps, [deps](const Request&) {
               const auto status = deps.reload();
               return status.has_error() ? Text(500, "failed to reload config: " + status.error().what + "\n")
                                         : Text(200, "");
             }));
  router.Add(change, "/-/quit", Guarded(deps, [deps](const Request&) {
               deps.quit();
               return Text(200, "Requesting termination... Goodbye!");
             }));
  for (const char* path : {"/-/reload", "/-/quit"}) {
    router.Add({"GET"}, path, [](const Request&) { return OnlyPost(); });
  }
}

Handler WhenReady(const LifecycleDeps& deps, Handler handler) {
  return [deps, handler = std::move(handler)](const Request& http) {
    return deps.ready() ? handler(http) : NotReady(deps);
  };
}

}  // namespace vigia::server
