#include "server/api/query_log_file.h"

#include <filesystem>
#include <fstream>

#include <nlohmann/json.hpp>
#include <unistd.h>

#include "promql/engine/engine.h"
#include "server/api/slow_query_log.h"
#include "tests/support/catch.h"

using namespace vigia;
using namespace vigia::server;
using nlohmann::json;

namespace {

promql::QueryRequest RangeRequest() {
  promql::QueryRequest request;
  request.text = "rate(x[5m]) > 1";
  request.start_ms = 1'767'225'600'000;  // 2026-01-01T00:00:00Z
  request.end_ms = 1'767'225'660'500;
  request.step_ms = 15'000;
  request.origin.kind = promql::OriginKind::kApi;
  request.origin.client_ip = "10.1.2.3";
  request.origin.method = "POST";
  request.origin.path = "/api/v1/query_range";
  return request;
}

class TempDir {
 public:
  TempDir() : path_(std::filesystem::temp_directory_path() / ("query_log_test." + std::to_string(getpid()))) {
    std::filesystem::create_directories(path_);
  }
  ~TempDir() { std::filesystem::remove_all(path_); }
  std::string File(const std::string& name) const { return (path_ / name).string(); }

 private:
  const std::filesystem::path path_;
};

std::vector<std::string> LinesOf(const std::string& path) {
  std::vector<std::string> lines;
  std::ifstream in(path);
  for (std::string line; std::getline(in, line);) lines.push_back(line);
  return lines;
}

storage::Clock FixedClock() {
  return [] { return storage::TimestampMs{1'767'225'700'123}; };
}

}  // namespace

TEST_CASE("a line of the query log has the keys of the reference") {
  const promql::QueryRequest request = RangeRequest();
  promql::QueryStats stats;
  stats.total_samples = 7;
  const std::string line = QueryLogLine({request, stats, nullptr}, 1'767'225'700'123);
  CHECK(line.starts_with(R"({"time":"2026-01-01T00:01:40.123Z","level":"INFO","source":)"));
  CHECK(line.find(R"("rate(x[5m]) > 1")") != std::string::npos);  // Not escaped for HTML.
  const json parsed = json::parse(line);
  CHECK(parsed["msg"] == "promql query logged");
  CHECK(parsed["params"] == json({{"query", "rate(x[5m]) > 1"},
                                  {"start", "2026-01-01T00:00:00.000Z"},
                                  {"end", "2026-01-01T00:01:00.500Z"},
                                  {"step", 15}}));
  CHECK(parsed["httpRequest"] == json({{"clientIP", "10.1.2.3"}, {"method", "POST"}, {"path", "/api/v1/query_range"}}));
  CHECK(parsed["stats"]["samples"]["totalQueryableSamples"] == 7);
  CHECK(parsed["stats"]["timings"].size() == 6);
  CHECK_FALSE(parsed.contains("error"));
  CHECK_FALSE(parsed.contains("ruleGroup"));
}

TEST_CASE("queries of rules name their group, and failed ones their error") {
  promql::QueryRequest request = RangeRequest();
  request.origin = {};
  request.origin.kind = promql::OriginKind::kRule;
  request.origin.rule_file = "/etc/rules.yml";
  request.origin.rule_group = "node";
  const storage::Error error{storage::Errc::kTimeout, "query timed out in expression evaluation"};
  const json parsed = json::parse(QueryLogLine({request, {}, &error}, 0));
  CHECK(parsed["ruleGroup"] == json({{"file", "/etc/rules.yml"}, {"name", "node"}}));
  CHECK(parsed["error"] == "query timed out in expression evaluation");
  CHECK_FALSE(parsed.contains("httpRequest"));
}

TEST_CASE("lines are appended, and a file opened again follows one that was moved") {
  const TempDir dir;
  const std::string path = dir.File("query.log");
  const promql::QueryRequest request = RangeRequest();
  auto log = OpenQueryLog(path, FixedClock());
  REQUIRE(log.has_value());
  CHECK((*log)->Write({request, {}, nullptr}).has_value());
  CHECK((*log)->Write({request, {}, nullptr}).has_value());
  CHECK(LinesOf(path).size() == 2);
  std::filesystem::rename(path, dir.File("query.log.1"));
  log = OpenQueryLog(path, FixedClock());
  REQUIRE(log.has_value());
  CHECK((*log)->Write({request, {}, nullptr}).has_value());
  CHECK(LinesOf(path).size() == 1);
  CHECK(LinesOf(dir.File("query.log.1")).size() == 2);
  CHECK(OpenQueryLog(dir.File("missing/query.log"), FixedClock()).error().code == storage::Errc::kIo);
}

TEST_CASE("a full disk is an error of the log") {
  auto log = OpenQueryLog("/dev/full", FixedClock());
  REQUIRE(log.has_value());
  CHECK((*log)->Write({RangeRequest(), {}, nullptr}).error().code == storage::Errc::kIo);
}

TEST_CASE("a slow query is one warning with its cost and its sender") {
  std::string out;
  const promql::QueryListener listener =
      SlowQueryLog(Logger::ToString(&out, LogLevel::kInfo, LogFormat::kJson, FixedClock()));
  promql::QueryRequest request = RangeRequest();
  request.origin.headers = {{"X-Dashboard-Uid", "abc"}};
  promql::QueryStats stats;
  stats.total_seconds = 12.5;
  stats.peak_samples = 9;
  listener({request, stats, nullptr});
  const json line = json::parse(out);
  CHECK(line["level"] == "WARN");
  CHECK(line["msg"] == "Slow query");
  CHECK(line["query"] == "rate(x[5m]) > 1");
  CHECK(line["duration_seconds"] == 12.5);
  CHECK(line["peak_samples"] == 9);
  CHECK(line["sender"] == "client=10.1.2.3 X-Dashboard-Uid=abc");
}
