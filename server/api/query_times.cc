#include "server/api/query_times.h"

#include <fmt/format.h>

#include "server/api/parameters.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Result;
using storage::Status;

constexpr storage::DurationMs kMaxPoints = 11'000;

// A required time; the error is a whole text.
Result<storage::TimestampMs> RequiredTime(const Params& params, std::string_view name) {
  auto time = ParseTime(params.Get(name));
  if (time.has_error()) {
    return Error{Errc::kInvalid, fmt::format("invalid parameter \"{}\": {}", name, time.error().what)};
  }
  return *time;
}

}  // namespace

Status ReadInstant(const Params& params, storage::TimestampMs now_ms, promql::QueryRequest& request) {
  const auto at = OptionalTime(params, "time", now_ms);
  if (at.has_error()) return at.error();
  request.start_ms = request.end_ms = *at;
  request.step_ms = 0;
  return {};
}

Status ReadRange(const Params& params, promql::QueryRequest& request) {
  const auto start = RequiredTime(params, "start");
  if (start.has_error()) return start.error();
  const auto end = RequiredTime(params, "end");
  if (end.has_error()) return end.error();
  if (*end < *start) {
    return Error{Errc::kInvalid, "invalid parameter \"end\": end timestamp must not be before start time"};
  }
  const auto step = ParseDurationSeconds(params.Get("step"));
  if (step.has_error()) return Error{Errc::kInvalid, "invalid parameter \"step\": " + step.error().what};
  if (*step <= 0) {
    return Error{Errc::kInvalid,
                 "invalid parameter \"step\": zero or negative query resolution step widths are not accepted. Try a "
                 "positive integer"};
  }
  if ((*end - *start) / *step > kMaxPoints) {
    return Error{Errc::kInvalid,
                 "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query resolution "
                 "(?step=XX)"};
  }
  request.start_ms = *start;
  request.end_ms = *end;
  request.step_ms = *step;
  return {};
}

}  // namespace vigia::server
