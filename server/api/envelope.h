// The envelope of every answer below /api/v1 (surface.md 1.1).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "promql/value/value.h"
#include "server/http/message.h"
#include "server/json/writer.h"
#include "storage/model/error.h"

namespace vigia::server {

enum class ApiErrorType { kBadData, kExecution, kCanceled, kTimeout, kInternal, kUnavailable, kNotFound };

Response ApiError(ApiErrorType type, std::string_view text);
// «invalid parameter "NAME": CAUSE», bad_data.
Response InvalidParameter(std::string_view name, std::string_view cause);
// A failure of storage or of the engine.
Response ApiError(const storage::Error& error);

// {"status":"success","data":<data>, "warnings":[…], "infos":[…]}; `data` is finished JSON. At most ten annotations of
// a level are shown, then one line says how many were left out.
Response ApiSuccess(std::string_view data, const promql::Annotations& annotations = {});

// The two ends of a success envelope, for bodies that are written piece by piece.
std::string_view SuccessHead();
void AppendSuccessTail(std::string& out, const promql::Annotations& annotations);
// The answer whose body so far is the head and the data: what ApiSuccess() gives, without a copy of the data.
Response FinishSuccess(std::string body, const promql::Annotations& annotations = {});

// 204 without a body.
Response NoContent();

inline constexpr std::string_view kTruncatedWarning = "results truncated due to limit";

}  // namespace vigia::server
