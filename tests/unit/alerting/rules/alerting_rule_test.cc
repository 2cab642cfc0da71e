// Expected states: surface.md 6.4 and 6.5.
#include "alerting/rules/alerting_rule.h"

#include "tests/support/catch.h"
#include "tests/unit/alerting/rules/fakes.h"

namespace vigia::alerting {
namespace {

using storage::Labels;

config::RuleConfig Config(storage::DurationMs for_s, storage::DurationMs keep_s = 0) {
  config::RuleConfig config;
  config.alert = "Down";
  config.expr = "up == 0";
  config.for_ms = for_s * 1000;
  config.keep_firing_for_ms = keep_s * 1000;
  config.labels = {{"severity", "page"}};
  config.annotations = {{"summary", "{{ $labels.instance }} is {{ $value }}"}};
  return config;
}

struct Fixture {
  explicit Fixture(const config::RuleConfig& config, bool restored = true) : deps(world.Deps()), metrics(registry) {
    auto created =
        AlertingRule::Create(config, "up == 0", "r.yml", "g", deps, Labels{{"region", "eu"}}, metrics, restored);
    REQUIRE(created.has_value());
    rule = std::move(*created);
  }

  std::string At(std::int64_t seconds, std::int64_t limit = 0) {
    const auto samples = rule->Evaluate({seconds * 1000, seconds * 1000, {}}, limit);
    rule->SetEvaluated(seconds * 1000, 0);
    if (!samples) return "error: " + samples.error().what;
    const RuleSnapshot snapshot = rule->Snapshot();
    std::string out(ToString(snapshot.state.value()));
    for (const AlertSnapshot& alert : snapshot.alerts) {
      out += " " + std::string(ToString(alert.state)) + "@" + std::to_string(alert.active_at_ms / 1000);
      if (alert.keep_firing_since_ms) out += "~" + std::to_string(*alert.keep_firing_since_ms / 1000);
    }
    return out;
  }

  // "firing", "resolved" or nothing, per alert that is told about.
  std::string Due(std::int64_t seconds) {
    std::string out;
    for (const FiredAlert& alert : rule->TakeDue(seconds * 1000, 15'000, 60'000)) {
      out += alert.ends_at_ms <= seconds * 1000 ? "resolved" : "firing";
      out += ":" + std::to_string(alert.starts_at_ms / 1000) + "-" + std::to_string(alert.ends_at_ms / 1000) + " ";
    }
    return out;
  }

  FakeWorld world;
  RuleDeps deps;
  storage::Registry registry;
  RuleMetrics metrics;
  std::unique_ptr<AlertingRule> rule;
};

const Labels kUpA{{"__name__", "up"}, {"instance", "a"}};
const Labels kUpB{{"__name__", "up"}, {"instance", "b"}};

TEST_CASE("pending, firing, inactive") {
  Fixture f(Config(60));
  CHECK_FALSE(f.rule->Snapshot().state.has_value());
  CHECK(f.At(0) == "inactive");
  f.world.Return({{kUpA, 0}});
  CHECK(f.At(15) == "pending pending@15");
  CHECK(f.At(30) == "pending pending@15");
  CHECK(f.At(74) == "pending pending@15");
  CHECK(f.At(75) == "firing firing@15");
  f.world.Return({{kUpA, 0}, {kUpB, 0}});
  CHECK(f.At(90) == "firing firing@15 pending@90");
  f.world.Return({{kUpB, 0}});
  CHECK(f.At(105) == "pending pending@90");  // The resolved one is not shown.
  f.world.Return({{kUpA, 0}, {kUpB, 0}});
  CHECK(f.At(120) == "pending pending@120 pending@90");  // A new alert.
  f.world.Return({});
  CHECK(f.At(135) == "inactive");
}

TEST_CASE("without for an alert fires at once") {
  Fixture f(Config(0));
  f.world.Return({{kUpA, 0}});
  CHECK(f.At(15) == "firing firing@15");
}

TEST_CASE("keep_firing_for") {
  Fixture f(Config(0, 60));
  f.world.Return({{kUpA, 0}});
  CHECK(f.At(0) == "firing firing@0");
  f.world.Return({});
  CHECK(f.At(15) == "firing firing@0~15");
  CHECK(f.At(60) == "firing firing@0~15");
  f.world.Return({{kUpA, 0}});
  CHECK(f.At(70) == "firing firing@0");
  f.world.Return({});
  CHECK(f.At(80) == "firing firing@0~80");
  CHECK(f.At(139) == "firing firing@0~80");
  CHECK(f.At(140) == "inactive");
}

TEST_CASE("labels, annotations and values of an alert") {
  Fixture f(Config(60));
  f.world.Return({{kUpA, 0.25}});
  f.At(0);
  RuleSnapshot snapshot = f.rule->Snapshot();
  REQUIRE(snapshot.alerts.size() == 1);
  CHECK(snapshot.alerts[0].labels == Labels{{"alertname", "Down"}, {"instance", "a"}, {"severity", "page"}});
  CHECK(snapshot.alerts[0].annotations == config::StringMap{{"summary", "a is 0.25"}});
  CHECK(snapshot.alerts[0].value == "2.5e-01");
  CHECK(snapshot.annotations == config::StringMap{{"summary", "{{ $labels.instance }} is {{ $value }}"}});
  CHECK(snapshot.query == "up == 0");
  f.world.Return({{kUpA, 1}});
  f.At(15);
  snapshot = f.rule->Snapshot();
  CHECK(snapshot.alerts[0].annotations == config::StringMap{{"summary", "a is 1"}});
  CHECK(snapshot.alerts[0].value == "1e+00");
}

TEST_CASE("a template that fails shows in its place") {
  config::RuleConfig config = Config(0);
  config.annotations = {{"summary", "{{ humanize $labels.instance }}"}};
  Fixture f(config);
  f.world.Return({{kUpA, 0}});
  CHECK(f.At(0) == "firing firing@0");
  CHECK(f.rule->Snapshot().alerts[0].annotations[0].second ==
        "<error expanding template: error executing template __alert_Down: template: __alert_Down:1:115: executing "
        "\"__alert_Down\" at <humanize $labels.instance>: error calling humanize: strconv.ParseFloat: parsing \"a\": "
        "invalid syntax>");
  CHECK(f.metrics.template_failures.value() == 1);
}

TEST_CASE("a template that does not parse is refused") {
  FakeWorld world;
  const RuleDeps deps = world.Deps();
  storage::Registry registry;
  RuleMetrics metrics(registry);
  config::RuleConfig config = Config(0);
  config.annotations = {{"summary", "{{ $nope }}"}};
  const auto rule = AlertingRule::Create(config, "up", "r.yml", "g", deps, {}, metrics, true);
  REQUIRE_FALSE(rule.has_value());
  CHECK(rule.error().what == "annotation \"summary\": template: __alert_Down:1: undefined variable \"$nope\"");
}

TEST_CASE("two results with the same labels are an error") {
  config::RuleConfig config = Config(0);
  config.labels = {{"instance", ""}};
  Fixture f(config);
  f.world.Return({{kUpA, 0}, {kUpB, 0}});
  CHECK(f.At(0) == "error: vector contains metrics with the same labelset after applying alert labels");
}

TEST_CASE("a limit that is passed resets the alerts") {
  Fixture f(Config(60));
  f.world.Return({{kUpA, 0}});
  CHECK(f.At(0, 1) == "pending pending@0");
  f.world.Return({{kUpA, 0}, {kUpB, 0}});
  CHECK(f.At(15, 1) == "error: exceeded limit of 1 with 2 alerts");
  f.world.Return({{kUpA, 0}});
  CHECK(f.At(30, 1) == "pending pending@30");
}

TEST_CASE("a failing query leaves the alerts as they are") {
  Fixture f(Config(30));
  f.world.Return({{kUpA, 0}});
  f.At(0);
  f.world.error = "boom";
  CHECK(f.At(15) == "error: boom");
  f.world.error.clear();
  CHECK(f.At(30) == "firing firing@0");
}

TEST_CASE("series of alerts") {
  Fixture f(Config(30));
  f.world.Return({{kUpA, 0}});
  const auto pending = f.rule->Evaluate({15'000, 14'000, {}}, 0);
  REQUIRE(pending.has_value());
  REQUIRE(pending->size() == 2);
  const Labels alerts{{"__name__", "ALERTS"},
                      {"alertname", "Down"},
                      {"alertstate", "pending"},
                      {"instance", "a"},
                      {"severity", "page"}};
  CHECK((*pending)[0].metric == alerts);
  CHECK((*pending)[0].v == 1);
  CHECK((*pending)[0].t == 14'000);
  const Labels state{{"__name__", "ALERTS_FOR_STATE"}, {"alertname", "Down"}, {"instance", "a"}, {"severity", "page"}};
  CHECK((*pending)[1].metric == state);
  CHECK((*pending)[1].v == 15);
}

TEST_CASE("telling, telling again, and resolving") {
  Fixture f(Config(30));
  f.world.Return({{kUpA, 0}});
  f.At(0);
  CHECK(f.Due(0) == "");
  f.At(30);
  CHECK(f.Due(30) == "firing:30-270 ");  // Valid for 4 * max(interval 15 s, resend delay 60 s).
  CHECK(f.Due(45) == "");
  CHECK(f.Due(90) == "");  // Strictly later than the delay.
  CHECK(f.Due(91) == "firing:30-331 ");
  f.world.Return({});
  f.At(100);
  CHECK(f.Due(100) == "resolved:30-100 ");
  CHECK(f.Due(115) == "");
  CHECK(f.Due(161) == "resolved:30-100 ");
  f.At(1000);  // 900 s after: still kept.
  CHECK(f.Due(1000) == "resolved:30-100 ");
  f.At(1001);
  CHECK(f.Due(1100) == "");
}

TEST_CASE("what is told has the query's page as its source") {
  Fixture f(Config(0));
  f.world.Return({{kUpA, 0}});
  f.At(0);
  const auto due = f.rule->TakeDue(0, 15'000, 60'000);
  REQUIRE(due.size() == 1);
  CHECK(due[0].generator_url == "http://vigia:9090/prom/graph?g0.expr=up+%3D%3D+0&g0.tab=1");
}

TEST_CASE("pending time after an outage") {
  constexpr std::int64_t kFor = 30 * 60'000;
  constexpr std::int64_t kGrace = 10 * 60'000;
  constexpr std::int64_t kNow = 100'000'000;
  const auto restored = [](std::int64_t active_ago_ms, std::int64_t down_ago_ms) {
    return kNow -
           RestoredActiveAt(kNow - down_ago_ms, static_cast<double>((kNow - active_ago_ms) / 1000), kFor, kGrace, kNow);
  };
  // It was firing when the server went down: goes on firing.
  CHECK(restored(40 * 60'000, 5 * 60'000) == 40 * 60'000);
  CHECK(restored(35 * 60'000, 5 * 60'000) == 35 * 60'000);
  // 25 of 30 minutes were over: less than the grace period remains, so it gets the whole grace period.
  CHECK(restored(30 * 60'000, 5 * 60'000) == kFor - kGrace);
  // 10 of 30 minutes were over: the five minutes of the outage do not count.
  CHECK(restored(15 * 60'000, 5 * 60'000) == 10 * 60'000);
}

TEST_CASE("restoring from the series of an earlier run") {
  config::RuleConfig config = Config(1800);
  config.labels = {{"severity", "page"}, {"who", "{{ $labels.instance }}"}};
  Fixture f(config, false);
  f.world.Return({{kUpA, 0}, {kUpB, 0}});
  f.At(100'000);
  const auto nothing = f.rule->Evaluate({100'015'000, 100'015'000, {}}, 0);
  REQUIRE(nothing.has_value());
  CHECK(nothing->empty());
  const auto series = [](std::string_view instance) {
    return Labels{{"__name__", "ALERTS_FOR_STATE"},
                  {"alertname", "Down"},
                  {"severity", "page"},
                  {"instance", instance},
                  {"who", instance}};
  };
  f.world.last_samples = {{series("a"), 99'700'000, 99'100}, {series("b"), 99'700'000, storage::kStaleNan}};
  REQUIRE(f.rule->Restore({}, 100'000'000).has_value());
  CHECK(f.world.restore_query == "__name__=\"ALERTS_FOR_STATE\" alertname=\"Down\" severity=\"page\" ");
  // a was active for 600 s when the server went down 300 s ago; b had ended.
  CHECK(f.At(100'030) == "pending pending@99400 pending@100000");
  const auto samples = f.rule->Evaluate({100'045'000, 100'045'000, {}}, 0);
  REQUIRE(samples.has_value());
  CHECK(samples->size() == 4);
}

TEST_CASE("an outage longer than the tolerance, and a short for, restore nothing") {
  const Labels series{{"__name__", "ALERTS_FOR_STATE"}, {"alertname", "Down"}, {"severity", "page"}, {"instance", "a"}};
  {
    Fixture f(Config(1800), false);
    f.world.Return({{kUpA, 0}});
    f.world.last_samples = {{series, 100'000'000 - 3'600'001, 96'000}};
    f.At(100'000);
    REQUIRE(f.rule->Restore({}, 100'000'000).has_value());
    CHECK(f.At(100'015) == "pending pending@100000");
  }
  {
    Fixture f(Config(599), false);
    f.world.Return({{kUpA, 0}});
    f.world.last_samples = {{series, 99'990'000, 99'000}};
    f.At(100'000);
    REQUIRE(f.rule->Restore({}, 100'000'000).has_value());
    CHECK(f.rule->restored());
    CHECK(f.At(100'015) == "pending pending@100000");
  }
}

}  // namespace
}  // namespace vigia::alerting
