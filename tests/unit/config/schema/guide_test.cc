// The configuration of the monitoring guide: docker/prometheus/prometheus.yml and alerts.yml, against the guide's
// tables.
#include "config/schema/config.h"
#include "config/schema/rule_file.h"
#include "tests/support/catch.h"

using namespace vigia::config;

namespace {

const std::string kFolder = std::string(VIGIA_SOURCE_DIR) + "/docker/prometheus";

struct GuideAlert {
  std::string group, name, severity;
  vigia::storage::DurationMs for_ms;
};

constexpr vigia::storage::DurationMs kMinute = 60'000;

const std::vector<GuideAlert> kGuideAlerts{
    {"api", "HighAPIErrorRate", "critical", 5 * kMinute},
    {"api", "HighAPILatency", "warning", 5 * kMinute},
    {"api", "APIServiceDown", "critical", 1 * kMinute},
    {"websocket", "HighWebSocketErrors", "warning", 5 * kMinute},
    {"websocket", "NoActiveWebSocketConnections", "info", 10 * kMinute},
    {"llm", "HighLLMErrorRate", "critical", 5 * kMinute},
    {"llm", "LowLLMCacheHitRate", "info", 10 * kMinute},
    {"llm", "HighLLMCost", "warning", 0},
    {"databases", "HighPostgreSQLConnections", "warning", 5 * kMinute},
    {"databases", "LowPostgreSQLCacheHitRatio", "warning", 10 * kMinute},
    {"databases", "PostgreSQLDown", "critical", 1 * kMinute},
    {"databases", "HighRedisMemoryUsage", "warning", 5 * kMinute},
    {"databases", "RedisDown", "critical", 1 * kMinute},
    {"databases", "HighRedisEvictionRate", "warning", 5 * kMinute},
    {"rag", "HighRAGRetrievalLatency", "warning", 5 * kMinute},
    {"rag", "LowRAGCacheHitRate", "info", 10 * kMinute},
};

}  // namespace

TEST_CASE("the guide's configuration loads with its jobs and intervals") {
  const auto loaded = LoadConfig(kFolder + "/prometheus.yml");
  INFO((loaded ? "" : loaded.error().what));
  REQUIRE(loaded.has_value());
  const Config& config = **loaded;
  CHECK(config.warnings.empty());
  CHECK(config.global.scrape_interval_ms == 15'000);
  CHECK(config.global.evaluation_interval_ms == 15'000);
  struct Job {
    std::string name, target, path;
    vigia::storage::DurationMs interval_ms;
  };
  const std::vector<Job> jobs{{"prometheus", "localhost:9090", "/metrics", 15'000},
                              {"devmatrix-api", "api:8000", "/api/v1/metrics", 10'000},
                              {"postgres", "postgres-exporter:9187", "/metrics", 15'000},
                              {"redis", "redis-exporter:9121", "/metrics", 15'000},
                              {"chromadb", "chromadb:8000", "/metrics", 15'000}};
  REQUIRE(config.scrape_configs.size() == jobs.size());
  for (std::size_t i = 0; i < jobs.size(); ++i) {
    const ScrapeConfig& job = config.scrape_configs[i];
    CHECK(job.job_name == jobs[i].name);
    CHECK(job.discovery.static_configs.at(0).targets == std::vector<std::string>{jobs[i].target});
    CHECK(job.metrics_path == jobs[i].path);
    CHECK(job.scrape_interval_ms == jobs[i].interval_ms);
    CHECK(job.scrape_timeout_ms == 10'000);
  }
  CHECK(config.alerting.alertmanagers.at(0).discovery.static_configs.at(0).targets.at(0) == "alertmanager:9093");
  CHECK(ExpandGlobs(config.rule_files).value() == std::vector<std::string>{kFolder + "/alerts.yml"});
}

TEST_CASE("the guide's sixteen alerts load with its durations and severities") {
  const auto file = LoadRuleFile(kFolder + "/alerts.yml");
  INFO((file ? "" : file.error().what));
  REQUIRE(file.has_value());
  std::size_t next = 0;
  for (const RuleGroupConfig& group : file->groups) {
    for (const RuleConfig& rule : group.rules) {
      REQUIRE(next < kGuideAlerts.size());
      const GuideAlert& expected = kGuideAlerts[next++];
      INFO(expected.name);
      CHECK(group.name == expected.group);
      CHECK(rule.alert == expected.name);
      CHECK(rule.for_ms == expected.for_ms);
      CHECK(rule.labels == StringMap{{"severity", expected.severity}});
      REQUIRE(rule.annotations.size() == 2);
      CHECK(rule.annotations[0].first == "description");
      CHECK(rule.annotations[1].first == "summary");
    }
  }
  CHECK(next == kGuideAlerts.size());
}
