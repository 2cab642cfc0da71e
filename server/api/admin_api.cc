#include "server/api/admin_api.h"

#include <utility>

#include "server/api/envelope.h"
#include "server/api/parameters.h"

namespace vigia::server {
namespace {

Response Snapshot(const AdminApiDeps& deps, const Request&) {
  const auto name = deps.snapshot();
  if (name.has_error()) return ApiError(name.error());
  std::string data;
  JsonWriter(data).BeginObject().Field("name", *name).EndObject();
  return ApiSuccess(data);
}

Response Finished(const storage::Status& status) { return status.has_error() ? ApiError(status.error()) : NoContent(); }

// A failure of storage is `internal` here, as with Prometheus, unless it only means "not now".
Response FinishedOrInternal(const storage::Status& status) {
  if (!status.has_error() || status.error().code == storage::Errc::kUnavailable) return Finished(status);
  return ApiError(ApiErrorType::kInternal, status.error().what);
}

// All selectors are checked before anything is deleted. A range that ends before it starts has no samples.
Response DeleteSeries(const AdminApiDeps& deps, const Request& http) {
  if (!http.params.Has("match[]")) return ApiError(ApiErrorType::kBadData, "no match[] parameter provided");
  const auto range = ParseTimeRange(http.params);
  if (range.has_error()) return ApiError(range.error());
  const auto sets = ParseMatcherSets(http.params);
  if (sets.has_error()) return InvalidParameter("match[]", sets.error().what);
  for (const auto& matchers : *sets) {
    const auto status = deps.delete_series(matchers, range->start_ms, range->end_ms);
    if (status.has_error()) return FinishedOrInternal(status);
  }
  return NoContent();
}

}  // namespace

void RegisterAdminApi(Router& router, AdminApiDeps deps) {
  const auto add = [&](const char* path, std::function<Response(const Request&)> handler) {
    router.Add({"POST", "PUT"}, std::string("/api/v1/admin/tsdb/") + path,
               [enabled = deps.enabled, handler = std::move(handler)](const Request& http) {
                 return enabled ? handler(http) : ApiError(ApiErrorType::kUnavailable, "admin APIs disabled");
               });
  };
  add("snapshot", [deps](const Request& http) { return Snapshot(deps, http); });
  add("compact", [deps](const Request&) { return Finished(deps.compact()); });
  add("delete_series", [deps](const Request& http) { return DeleteSeries(deps, http); });
  add("clean_tombstones", [deps](const Request&) { return FinishedOrInternal(deps.clean_tombstones()); });
}

}  // namespace vigia::server
