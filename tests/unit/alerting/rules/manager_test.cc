// Groups over a simulated clock: what is written, what is marked stale, what survives a reload (surface.md 6.2-6.4).
#include "alerting/rules/manager.h"

#include <atomic>
#include <chrono>
#include <thread>

#include "alerting/rules/check.h"
#include "tests/support/catch.h"
#include "tests/unit/alerting/rules/fakes.h"

namespace vigia::alerting {
namespace {

using storage::Labels;

config::RuleConfig Record(std::string name, std::string expr, config::StringMap labels = {}) {
  config::RuleConfig rule;
  rule.record = std::move(name);
  rule.expr = std::move(expr);
  rule.labels = std::move(labels);
  return rule;
}

config::RuleConfig AlertRule(std::string name, std::string expr, storage::DurationMs for_s) {
  config::RuleConfig rule;
  rule.alert = std::move(name);
  rule.expr = std::move(expr);
  rule.for_ms = for_s * 1000;
  return rule;
}

config::RuleFile File(std::vector<config::RuleConfig> rules, std::string group = "g") {
  config::RuleGroupConfig config;
  config.name = std::move(group);
  config.interval_ms = 15'000;
  config.rules = std::move(rules);
  return {"rules.yml", {config}};
}

struct Fixture {
  Fixture() : manager(world.Deps(), {}, registry) {}

  void Load(const config::RuleFile& file) {
    const auto status = manager.Update(std::span(&file, 1), {});
    REQUIRE(status.has_value());
  }
  void At(std::int64_t seconds) {
    world.now_ms = seconds * 1000;
    manager.groups().at(0)->EvaluateAt(seconds * 1000);
  }
  double Metric(std::string_view name) {
    for (const auto& family : registry.Collect()) {
      if (family.name == name) return family.points.at(0).value;
    }
    return -1;
  }

  FakeWorld world;
  storage::Registry registry;
  RuleManager manager;
};

const Labels kInA{{"__name__", "in"}, {"job", "a"}};
const Labels kInB{{"__name__", "in"}, {"job", "b"}};
const Labels kOutA{{"__name__", "out"}, {"job", "a"}, {"team", "x"}};
const Labels kOutB{{"__name__", "out"}, {"job", "b"}, {"team", "x"}};

TEST_CASE("a recording rule writes under its name, and ends series that vanish") {
  Fixture f;
  f.Load(File({Record("out", "sum by (job) (in)", {{"team", "x"}, {"gone", ""}})}));
  f.world.Return({{kInA, 1}, {kInB, 2}});
  f.At(15);
  f.world.Return({{kInA, 3}});
  f.At(30);
  f.At(45);
  CHECK(f.world.storage.Text(kOutA) == "15=1 30=3 45=3");
  CHECK(f.world.storage.Text(kOutB) == "15=2 30=stale");
  CHECK(f.world.asked[0] == std::make_pair(std::string("sum by (job) (in)"), std::int64_t{15'000}));
  const auto groups = f.manager.Snapshot();
  REQUIRE(groups.size() == 1);
  CHECK(groups[0].name == "g");
  CHECK(groups[0].interval_ms == 15'000);
  CHECK(groups[0].last_evaluation_ms == 45'000);
  CHECK(groups[0].rules[0].health == RuleHealth::kOk);
  CHECK(groups[0].rules[0].type == RuleType::kRecording);
  CHECK(f.Metric("prometheus_rule_evaluations_total") == 3);
  CHECK(f.Metric("prometheus_rule_group_iterations_total") == 3);
  CHECK(f.Metric("prometheus_rule_group_last_evaluation_samples") == 1);
  CHECK(f.Metric("prometheus_rule_group_rules") == 1);
  CHECK(f.Metric("prometheus_rule_group_interval_seconds") == 15);
}

TEST_CASE("a scalar is one series") {
  Fixture f;
  f.Load(File({Record("answer", "42")}));
  f.world.scalar = true;
  f.At(15);
  CHECK(f.world.storage.Text(Labels{{"__name__", "answer"}}) == "15=42");
}

TEST_CASE("query_offset shifts the query and the samples") {
  Fixture f;
  config::RuleFile file = File({Record("out", "in", {{"team", "x"}})});
  file.groups[0].query_offset_ms = 5'000;
  f.Load(file);
  f.world.Return({{kInA, 1}});
  f.At(15);
  CHECK(f.world.asked[0].second == 10'000);
  CHECK(f.world.storage.Text(kOutA) == "10=1");
}

TEST_CASE("a failing rule is reported, does not end its series, and does not stop the others") {
  Fixture f;
  config::RuleFile file = File({Record("out", "in", {{"team", "x"}}), Record("other", "in")});
  f.Load(file);
  f.world.Return({{kInA, 1}});
  f.At(15);
  f.world.error = "query timed out";
  f.At(30);
  auto rules = f.manager.Snapshot()[0].rules;
  CHECK(rules[0].health == RuleHealth::kErr);
  CHECK(rules[0].last_error == "query timed out");
  CHECK(f.Metric("prometheus_rule_evaluation_failures_total") == 2);
  f.world.error.clear();
  f.At(45);
  rules = f.manager.Snapshot()[0].rules;
  CHECK(rules[0].health == RuleHealth::kOk);
  CHECK(rules[0].last_error.empty());
  CHECK(f.world.storage.Text(kOutA) == "15=1 45=1");
  CHECK(f.world.storage.Text(Labels{{"__name__", "other"}, {"job", "a"}}) == "15=1 45=1");
}

TEST_CASE("limits, duplicates and a full disk are errors of the rule") {
  Fixture f;
  config::RuleFile file = File({Record("out", "in", {{"job", "same"}})});
  f.Load(file);
  f.world.Return({{kInA, 1}, {kInB, 2}});
  f.At(15);
  CHECK(f.manager.Snapshot()[0].rules[0].last_error ==
        "vector contains metrics with the same labelset after applying rule labels");
  file = File({Record("out", "in")});
  file.groups[0].limit = 1;
  f.Load(file);
  f.At(30);
  CHECK(f.manager.Snapshot()[0].rules[0].last_error == "exceeded limit of 1 with 2 series");
  file.groups[0].limit = 2;
  f.Load(file);
  f.world.storage.fail_commits = true;
  f.At(45);
  CHECK(f.manager.Snapshot()[0].rules[0].last_error == "disk full");
  CHECK(f.world.storage.series.empty());
}

TEST_CASE("alerts are written once their state is restored, and end with a marker") {
  Fixture f;
  f.Load(File({AlertRule("Down", "up == 0", 30)}));
  f.world.Return({{Labels{{"__name__", "up"}, {"job", "a"}}, 0}});
  const Labels pending{{"__name__", "ALERTS"}, {"alertname", "Down"}, {"alertstate", "pending"}, {"job", "a"}};
  const Labels firing{{"__name__", "ALERTS"}, {"alertname", "Down"}, {"alertstate", "firing"}, {"job", "a"}};
  const Labels state{{"__name__", "ALERTS_FOR_STATE"}, {"alertname", "Down"}, {"job", "a"}};
  f.At(15);
  f.At(30);  // Restoration follows the second evaluation.
  CHECK(f.world.storage.series.empty());
  f.At(45);
  f.world.Return({});
  f.At(60);
  f.world.Return({{Labels{{"__name__", "up"}, {"job", "a"}}, 0}});
  f.At(75);
  CHECK(f.world.storage.Text(firing) == "45=1 60=stale");
  CHECK(f.world.storage.Text(state) == "45=15 60=stale 75=75");
  CHECK(f.world.storage.Text(pending) == "75=1");
  REQUIRE(f.world.told.size() == 2);
  CHECK(f.world.told[0].starts_at_ms == 45'000);
  CHECK(f.world.told[0].ends_at_ms == 45'000 + 240'000);
  CHECK(f.world.told[1].ends_at_ms == 60'000);
}

TEST_CASE("a day of one alert, every 15 seconds") {
  Fixture f;
  f.Load(File({AlertRule("Down", "up == 0", 300)}));
  f.world.Return({{Labels{{"__name__", "up"}, {"job", "a"}}, 0}});
  for (std::int64_t t = 0; t < 86'400; t += 15) f.At(t);
  // Fires at 300 s; told then and whenever more than a minute has passed, which is every 75 s.
  CHECK(f.world.told.size() == (86'385 - 300) / 75 + 1);
}

TEST_CASE("a reload carries alerts and series over, and ends those of rules that are gone") {
  Fixture f;
  f.Load(File({AlertRule("Down", "up == 0", 60), Record("out", "in", {{"team", "x"}})}));
  f.world.Return({{kInA, 1}});
  f.At(15);
  f.At(30);
  f.At(45);
  config::RuleFile changed = File({AlertRule("Down", "up < 1", 60), Record("new", "in")});
  f.Load(changed);
  CHECK(f.manager.Snapshot()[0].rules[0].alerts.at(0).active_at_ms == 15'000);
  CHECK(f.manager.Snapshot()[0].rules[0].query == "up < 1");
  f.At(60);
  CHECK(f.world.storage.Text(kOutA) == "15=1 30=1 45=1 60=stale");
  CHECK(f.world.storage.Text(Labels{{"__name__", "new"}, {"job", "a"}}) == "60=1");
  f.At(75);
  CHECK(f.manager.Snapshot()[0].rules[0].state == AlertState::kFiring);
  CHECK(f.manager.Snapshot()[0].rules[0].alerts.at(0).active_at_ms == 15'000);
}

TEST_CASE("an unchanged group is the same object after a reload") {
  Fixture f;
  const config::RuleFile file = File({Record("out", "in")});
  f.Load(file);
  const auto before = f.manager.groups().at(0);
  f.Load(file);
  CHECK(f.manager.groups().at(0) == before);
}

TEST_CASE("a group that is gone has its series ended after two intervals") {
  Fixture f;
  f.Load(File({Record("out", "in", {{"team", "x"}})}));
  f.world.Return({{kInA, 1}});
  f.At(15);
  f.world.now_ms = 20'000;
  REQUIRE(f.manager.Update({}, {}).has_value());
  CHECK(f.manager.Snapshot().empty());
  CHECK(f.Metric("prometheus_rule_evaluations_total") == -1);
  f.world.now_ms = 49'999;
  f.manager.MarkRetired();
  CHECK(f.world.storage.Text(kOutA) == "15=1");
  f.world.now_ms = 50'000;
  f.manager.MarkRetired();
  CHECK(f.world.storage.Text(kOutA) == "15=1 20=stale");
}

TEST_CASE("markers of a group that is gone do not come behind what another one wrote meanwhile") {
  Fixture f;
  f.world.storage.takes_late = true;
  f.Load(File({Record("out", "in", {{"team", "x"}})}, "old"));
  f.world.Return({{kInA, 1}});
  f.At(15);
  f.world.now_ms = 20'000;
  f.Load(File({Record("out", "in", {{"team", "x"}})}, "new"));
  f.At(30);
  f.world.now_ms = 50'000;
  f.manager.MarkRetired();
  CHECK(f.world.storage.Text(kOutA) == "15=1 30=1");
}

TEST_CASE("a renamed group goes on without a gap") {
  Fixture f;
  f.Load(File({Record("out", "in", {{"team", "x"}})}, "old"));
  f.world.Return({{kInA, 1}});
  f.At(15);
  f.world.now_ms = 20'000;
  f.Load(File({Record("out", "in", {{"team", "x"}})}, "new"));
  f.At(30);
  f.At(45);
  f.world.now_ms = 60'000;
  f.manager.MarkRetired();
  CHECK(f.world.storage.Text(kOutA) == "15=1 30=1 45=1");
}

TEST_CASE("an update that is refused changes nothing") {
  Fixture f;
  f.Load(File({Record("out", "in")}));
  config::RuleConfig bad = AlertRule("Bad", "up", 0);
  bad.annotations = {{"summary", "{{ end }}"}};
  bad.line = 7;
  config::RuleFile file = File({AlertRule("Good", "up", 0), bad}, "other");
  const auto status = f.manager.Update(std::span(&file, 1), {});
  REQUIRE_FALSE(status.has_value());
  CHECK(status.error().what ==
        "rules.yml:7: group \"other\", rule 2, \"Bad\": annotation \"summary\": template: __alert_Bad:1: unexpected "
        "{{end}}");
  CHECK(f.manager.Snapshot().at(0).name == "g");
  CHECK(f.registry.Collect().size() > 0);
  for (const auto& family : f.registry.Collect()) {
    for (const auto& point : family.points) CHECK(point.labels.Get("rule_group") != "rules.yml;other");
  }
  CHECK(CheckTemplates(file).error().what == status.error().what);
}

TEST_CASE("rules of later reloads are not restored") {
  Fixture f;
  f.Load(File({AlertRule("Down", "up == 0", 0)}, "first"));
  f.Load(File({AlertRule("Down", "up == 0", 0)}, "second"));
  f.world.Return({{Labels{{"__name__", "up"}}, 0}});
  f.At(15);
  CHECK(f.world.storage.series.size() == 2);
}

TEST_CASE("the rules that come with the server load") {
  for (const std::string path :
       {"/config/default/rules/server.yml", "/config/default/rules/targets.yml", "/docker/prometheus/alerts.yml"}) {
    const auto file = config::LoadRuleFile(VIGIA_SOURCE_DIR + path);
    REQUIRE(file.has_value());
    REQUIRE(CheckTemplates(*file).has_value());
    Fixture f;
    f.Load(*file);
    CHECK_FALSE(f.manager.Snapshot().empty());
  }
}

TEST_CASE("the scheduler evaluates each group on its own thread and stops promptly") {
  storage::Registry registry;
  FakeStorage fake;
  std::atomic<int> queries{0};
  std::atomic<int> blocked{0};
  RuleDeps deps;
  deps.appendable = &fake;
  deps.now = storage::SystemClock();
  deps.query = [&](const RuleQuery& query) -> storage::Result<promql::QueryResult> {
    if (query.group == "slow") {
      ++blocked;
      while (!query.cancel.stop_requested()) std::this_thread::sleep_for(std::chrono::milliseconds(1));
      return storage::Error{storage::Errc::kCancelled, "query was canceled"};
    }
    ++queries;
    promql::QueryResult out;
    out.value = promql::Vector{};
    return out;
  };
  RuleManager manager(deps, {}, registry);
  config::RuleFile file = File({Record("out", "in")}, "fast");
  file.groups[0].interval_ms = 5;
  file.groups.push_back(file.groups[0]);
  file.groups[1].name = "slow";
  REQUIRE(manager.Update(std::span(&file, 1), {}).has_value());
  manager.Start();
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while ((queries < 3 || blocked < 1) && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  manager.Stop();
  CHECK(queries >= 3);
  CHECK(blocked >= 1);
}

}  // namespace
}  // namespace vigia::alerting
