#include "server/api/admin_api.h"

#include "server/api/envelope.h"

namespace vigia::server {
namespace {

Response Snapshot(const AdminApiDeps& deps) {
  const auto name = deps.snapshot();
  if (name.has_error()) return ApiError(name.error());
  std::string data;
  JsonWriter(data).BeginObject().Field("name", *name).EndObject();
  return ApiSuccess(data);
}

Response Compact(const AdminApiDeps& deps) {
  const auto status = deps.compact();
  return status.has_error() ? ApiError(status.error()) : NoContent();
}

Response NoDeletes() {
  return ApiError(ApiErrorType::kExecution, "deleting series is not supported yet; retention removes old samples");
}

}  // namespace

void RegisterAdminApi(Router& router, AdminApiDeps deps) {
  const auto add = [&](const char* path, std::function<Response()> handler) {
    router.Add({"POST", "PUT"}, std::string("/api/v1/admin/tsdb/") + path,
               [enabled = deps.enabled, handler = std::move(handler)](const Request&) {
                 return enabled ? handler() : ApiError(ApiErrorType::kUnavailable, "admin APIs disabled");
               });
  };
  add("snapshot", [deps] { return Snapshot(deps); });
  add("compact", [deps] { return Compact(deps); });
  add("delete_series", &NoDeletes);
  add("clean_tombstones", &NoDeletes);
}

}  // namespace vigia::server
