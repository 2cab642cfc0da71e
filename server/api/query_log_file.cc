#include "server/api/query_log_file.h"

#include <cerrno>
#include <cstring>
#include <mutex>

#include <fcntl.h>
#include <unistd.h>

#include "promql/engine/engine.h"
#include "server/api/result_json.h"
#include "server/json/rfc3339.h"
#include "server/json/writer.h"

namespace vigia::server {
namespace {

using storage::Errc;
using storage::Error;
using storage::Status;

class QueryLogFile : public promql::QueryLog {
 public:
  QueryLogFile(int file, storage::Clock clock) : file_(file), clock_(std::move(clock)) {}
  ~QueryLogFile() override { close(file_); }
  QueryLogFile(const QueryLogFile&) = delete;
  QueryLogFile& operator=(const QueryLogFile&) = delete;

  Status Write(const promql::FinishedQuery& query) override {
    std::string line = QueryLogLine(query, clock_());
    line.push_back('\n');
    const std::lock_guard lock(mu_);
    for (std::size_t done = 0; done < line.size();) {
      const ssize_t written = write(file_, line.data() + done, line.size() - done);
      if (written < 0 && errno == EINTR) continue;
      if (written <= 0) return Error{Errc::kIo, std::string("writing the query log failed: ") + std::strerror(errno)};
      done += static_cast<std::size_t>(written);
    }
    return {};
  }

 private:
  const int file_;
  const storage::Clock clock_;
  std::mutex mu_;  // Keeps lines whole.
};

void AppendOrigin(JsonWriter& json, const promql::QueryOrigin& origin) {
  switch (origin.kind) {
    case promql::OriginKind::kUnknown: return;
    case promql::OriginKind::kApi:
      json.Key("httpRequest").BeginObject().Field("clientIP", origin.client_ip);
      json.Field("method", origin.method).Field("path", origin.path).EndObject();
      return;
    case promql::OriginKind::kRule:
      json.Key("ruleGroup").BeginObject().Field("file", origin.rule_file).Field("name", origin.rule_group).EndObject();
      return;
  }
}

}  // namespace

std::string QueryLogLine(const promql::FinishedQuery& query, storage::TimestampMs now_ms) {
  std::string line;
  JsonWriter json(line, JsonEscape::kPlain);
  json.BeginObject().Field("time", FormatRfc3339FixedMs(now_ms)).Field("level", "INFO");
  json.Field("source", "query_log_file.cc").Field("msg", "promql query logged");
  json.Key("params").BeginObject().Field("end", FormatRfc3339FixedMs(query.request.end_ms));
  json.Field("query", query.request.text).Field("start", FormatRfc3339FixedMs(query.request.start_ms));
  json.Key("step").Int(query.request.step_ms / 1000).EndObject();
  if (query.error != nullptr) json.Field("error", query.error->what);
  std::string stats;
  AppendStatsJson(stats, query.stats);
  json.Key("stats").Raw(stats);
  AppendOrigin(json, query.request.origin);
  json.EndObject();
  return line;
}

storage::Result<std::shared_ptr<promql::QueryLog>> OpenQueryLog(const std::string& path, storage::Clock clock) {
  const int file = open(path.c_str(), O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0666);
  if (file < 0) {
    return Error{Errc::kIo, "opening the query log " + path + " failed: " + std::strerror(errno)};
  }
  return std::shared_ptr<promql::QueryLog>(std::make_shared<QueryLogFile>(file, std::move(clock)));
}

}  // namespace vigia::server
