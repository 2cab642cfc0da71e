#include "server/api/slow_query_log.h"

#include <string>
#include <utility>

#include "promql/engine/engine.h"
#include "promql/engine/text_cut.h"
#include "server/json/rfc3339.h"

namespace vigia::server {
namespace {

constexpr std::size_t kMaxTextBytes = 4096;

// "client=10.0.0.1 X-Dashboard-Uid=abc" or "file=a.yml group=g".
std::string SenderOf(const promql::QueryOrigin& origin) {
  std::string text;
  const auto add = [&](std::string_view name, std::string_view value) {
    if (value.empty()) return;
    text.append(text.empty() ? "" : " ").append(name).append("=").append(value);
  };
  add("client", origin.client_ip);
  for (const auto& [name, value] : origin.headers) add(name, value);
  add("file", origin.rule_file);
  add("group", origin.rule_group);
  return text;
}

}  // namespace

promql::QueryListener SlowQueryLog(Logger log) {
  return [log = std::move(log)](const promql::FinishedQuery& query) {
    const promql::QueryRequest& request = query.request;
    const promql::QueryStats& stats = query.stats;
    log.Warn("Slow query", {{"query", promql::CutText(request.text, kMaxTextBytes)},
                            {"duration_seconds", stats.total_seconds},
                            {"queue_seconds", stats.queue_seconds},
                            {"start", FormatRfc3339FixedMs(request.start_ms)},
                            {"end", FormatRfc3339FixedMs(request.end_ms)},
                            {"step_seconds", static_cast<double>(request.step_ms) / 1000},
                            {"samples", stats.total_samples},
                            {"samples_read", stats.samples_read},
                            {"peak_samples", stats.peak_samples},
                            {"peak_bytes", stats.peak_bytes},
                            {"origin", promql::ToString(request.origin.kind)},
                            {"sender", SenderOf(request.origin)},
                            {"err", query.error == nullptr ? "" : query.error->what}});
  };
}

}  // namespace vigia::server
